"""Jobs: what this room registers."""

from api.foundation.background import BACKGROUND_WORK, HOUSEKEEPING, BackgroundWork
from api.foundation.feature import Feature, RoutesAt
from api.foundation.jobs import queue
from api.foundation.jobs.doing import run_next_job
from api.foundation.pages.menu import MENU, MenuEntry, Section
from api.foundation.permissions import Permission

FEATURE = Feature(
    routes=(RoutesAt("api.jobs.routes", "/jobs"),),
    pages=(RoutesAt("api.jobs.pages", "/jobs"),),
    provides=(
        MENU.by(MenuEntry("Jobs", "/jobs", Permission.FOLLOW_JOBS, Section.HOME, place=40)),
        BACKGROUND_WORK.by(
            BackgroundWork(queue.WORKERS[0], 0.5, run_next_job, at_start=queue.requeue_interrupted),
            *(BackgroundWork(name, 0.5, run_next_job) for name in queue.WORKERS[1:]),
        ),
        HOUSEKEEPING.by(queue.delete_old_jobs),
    ),
)
