"""Jobs: what this room registers."""

from api.foundation.background import BACKGROUND_WORK, HOUSEKEEPING, BackgroundWork
from api.foundation.feature import Feature
from api.foundation.jobs import queue
from api.foundation.jobs.doing import run_next_job
from api.foundation.pages.menu import MENU, MenuEntry, Section
from api.foundation.permissions import Permission
from api.jobs import pages, routes

FEATURE = Feature(
    routes=(routes.router,),
    pages=(pages.router,),
    provides=(
        MENU.by(MenuEntry("Jobs", "/jobs", Permission.FOLLOW_JOBS, Section.HOME, place=40)),
        # Two, so that a short job does not wait for a long one.
        BACKGROUND_WORK.by(
            BackgroundWork("jobs", 0.5, run_next_job, at_start=queue.requeue_interrupted),
            BackgroundWork("more jobs", 0.5, run_next_job),
        ),
        HOUSEKEEPING.by(queue.delete_old_jobs),
    ),
)
