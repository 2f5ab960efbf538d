"""What the service does by itself, beside answering requests: each a loop that outlives whatever fails once."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

import anyio
from starlette.concurrency import run_in_threadpool

from api.actions import attempts, checkpoints, concerns, exports, jobs, lifetimes, reminders
from api.actions.notary import Notary
from api.doing_jobs import do_due
from api.replies import forget_old_answers
from api.sending import send_due
from api.settings import Settings
from models import now
from models.clock import steady
from models.database import Database

HOUSEKEEPING_SECONDS: Final = 3600
EXPORTING_SECONDS: Final = 2
JOBS_SECONDS: Final = 0.5
JOBS_AT_ONCE: Final = 2
SIGNING_SECONDS: Final = 5
LOG_SECONDS: Final = 1
REMINDING_SECONDS: Final = 3600
ESCALATING_SECONDS: Final = 20
SENDING_SECONDS: Final = 10
MARKING_SECONDS: Final = 60


@asynccontextmanager
async def forgetting(database: Database) -> AsyncIterator[None]:
    """While the block runs: once an hour, delete what has served its time."""

    def forget() -> None:
        forget_old_answers(database)
        exports.forget_old(database)
        jobs.forget_old(database)
        attempts.forget_old(database)

    async with anyio.create_task_group() as loops:
        loops.start_soon(_every, HOUSEKEEPING_SECONDS, forget)
        yield
        loops.cancel_scope.cancel()


@asynccontextmanager
async def at_work(database: Database, settings: Settings) -> AsyncIterator[None]:
    """While the block runs: write the exports and do the jobs that wait, sign the trails, escalate urgent concerns,
    send e-mails, mark what has run out, keep the log of SQLite short.

    Of several server processes one signs a trail, and whichever is free takes the next export or job. What is being
    done when the block ends is finished first: it uses the database.
    """
    async with anyio.create_task_group() as loops:
        loops.start_soon(_every, EXPORTING_SECONDS, lambda: _write_exports(database))
        # Two, so that a short job does not wait for a long one.
        for _ in range(JOBS_AT_ONCE):
            loops.start_soon(_every, JOBS_SECONDS, lambda: do_due(database, settings))
        loops.start_soon(_every, LOG_SECONDS, database.shorten_log)
        loops.start_soon(_every, SIGNING_SECONDS, lambda: _sign(database, settings))
        loops.start_soon(_every, MARKING_SECONDS, lambda: lifetimes.mark_what_is_over(database, settings))
        # Escalating needs no mail server: whoever is told sees it on the next page.
        loops.start_soon(_every, ESCALATING_SECONDS, lambda: concerns.escalate_due(database, moment=now()))
        if settings.smtp_host:
            loops.start_soon(_every, REMINDING_SECONDS, lambda: _remind(database, settings))
            loops.start_soon(_every, SENDING_SECONDS, lambda: send_due(database, settings))
        yield
        loops.cancel_scope.cancel()


async def _every(seconds: float, work: Callable[[], Any]) -> None:
    while True:
        await asyncio.sleep(seconds)
        try:
            await run_in_threadpool(work)
        except Exception:
            # The database may be away or the disk full; requests say so, and the next time it may be back.
            logging.getLogger("caseaudit").exception("work in the background failed")


def _write_exports(database: Database) -> None:
    while (claimed := exports.claim(database)) is not None:
        exports.write(database, claimed)


def _remind(database: Database, settings: Settings) -> None:
    reminders.put_due(database, today=steady().date(), days_before=settings.reminder_days)


def _sign(database: Database, settings: Settings) -> None:
    notary = Notary.of(settings)
    while checkpoints.write_due(database, notary):
        pass
