"""Jobs: what this room registers."""

from api.foundation.background import BACKGROUND_WORK, HOUSEKEEPING, BackgroundWork
from api.foundation.feature import Feature
from api.foundation.jobs import queue
from api.foundation.jobs.doing import do_next
from api.jobs import pages, routes

FEATURE = Feature(
    routes=(routes.router,),
    pages=(pages.router,),
    provides=(
        # Two, so that a short job does not wait for a long one.
        BACKGROUND_WORK.by(
            BackgroundWork("jobs", 0.5, do_next, at_start=queue.put_back_interrupted),
            BackgroundWork("more jobs", 0.5, do_next),
        ),
        HOUSEKEEPING.by(queue.delete_old_jobs),
    ),
)
