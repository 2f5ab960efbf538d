"""Jobs: what this room adds to the whole."""

from api.foundation.background import BACKGROUND_WORK, HOUSEKEEPING, BackgroundWork
from api.foundation.feature import Feature
from api.foundation.jobs import queue
from api.foundation.jobs.doing import run_next_job
from api.jobs import pages, routes

FEATURE = Feature(
    routes=(routes.router,),
    pages=(pages.router,),
    provides=(
        # Two, so that a short job does not wait for a long one.
        BACKGROUND_WORK.by(
            BackgroundWork("jobs", 0.5, run_next_job, at_start=queue.requeue_interrupted),
            BackgroundWork("more jobs", 0.5, run_next_job),
        ),
        HOUSEKEEPING.by(queue.delete_old_jobs),
    ),
)
