"""Jobs: what this room registers."""

from api.foundation.background import BACKGROUND_WORK, HOUSEKEEPING, BackgroundWork
from api.foundation.feature import Feature, RoutesAt
from api.foundation.hooks import Later
from api.foundation.jobs.long_work import WORKERS
from api.foundation.pages.menu import MENU, MenuEntry, Section
from api.foundation.permissions import Permission

FEATURE = Feature(
    routes=(RoutesAt("api.jobs.routes", "/jobs"),),
    pages=(RoutesAt("api.jobs.pages", "/jobs"),),
    provides=(
        MENU.by(MenuEntry("Jobs", "/jobs", Permission.FOLLOW_JOBS, Section.HOME, place=40)),
        BACKGROUND_WORK.by(
            BackgroundWork(
                WORKERS[0],
                0.5,
                Later("api.foundation.jobs.doing", "run_next_job"),
                at_start=Later("api.foundation.jobs.queue", "requeue_interrupted"),
                everywhere=True,
            ),
            *(
                BackgroundWork(name, 0.5, Later("api.foundation.jobs.doing", "run_next_job"), everywhere=True)
                for name in WORKERS[1:]
            ),
        ),
        HOUSEKEEPING.by(Later("api.foundation.jobs.queue", "delete_old_jobs")),
    ),
)
