"""What the service does by itself, beside answering requests, and how often."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import anyio

from api.allocation import reminders
from api.case_lists import drafts as case_list_drafts
from api.case_lists import settling
from api.concerns import actions as concerns
from api.foundation import lifetimes
from api.foundation.http.replies import forget_old_answers
from api.foundation.settings import Settings
from api.foundation.workers import Workers
from api.jobs import actions as jobs
from api.jobs.doing import do_next
from api.outbox.sending import send_due
from api.people.sign_in import attempts
from api.reports.exports import actions as exports
from api.trail import checkpoints
from api.trail.notary import Notary
from models import now
from models.clock import steady
from models.database import Database

HOUSEKEEPING_SECONDS: Final = 3600
EXPORTING_SECONDS: Final = 2
JOBS_SECONDS: Final = 0.5
SIGNING_SECONDS: Final = 5
LOG_SECONDS: Final = 1
REMINDING_SECONDS: Final = 3600
ESCALATING_SECONDS: Final = 20
SENDING_SECONDS: Final = 10
MARKING_SECONDS: Final = 60
SETTLING_SECONDS: Final = 2


@asynccontextmanager
async def forgetting(database: Database, workers: Workers) -> AsyncIterator[None]:
    """While the block runs: once an hour, delete what has served its time."""

    def forget() -> None:
        forget_old_answers(database)
        exports.forget_old(database)
        jobs.forget_old(database)
        case_list_drafts.forget_old(database)
        attempts.forget_old(database)

    async with anyio.create_task_group() as loops:
        loops.start_soon(workers.every, HOUSEKEEPING_SECONDS, "forgetting", forget)
        yield
        loops.cancel_scope.cancel()


@asynccontextmanager
async def at_work(database: Database, settings: Settings, workers: Workers) -> AsyncIterator[None]:
    """While the block runs: write the exports and do the jobs that wait, settle case lists, sign the trails, escalate
    urgent concerns, send e-mails, mark what has run out, keep the log of SQLite short.

    Of several server processes one signs a trail, and whichever is free takes the next export or job. What is being
    done when the block ends is finished first: it uses the database.
    """
    if database.is_sqlite:  # which no other server process has open
        workers.add("settling", SETTLING_SECONDS)
        await workers.one_round("settling", lambda: settling.give_up_interrupted(database))
        workers.add("jobs", JOBS_SECONDS)
        await workers.one_round("jobs", lambda: jobs.put_back_interrupted(database))
    watch = settling.Watch(database)
    async with anyio.create_task_group() as loops:
        loops.start_soon(workers.every, SETTLING_SECONDS, "settling", lambda: _settle(database, watch))
        loops.start_soon(workers.every, EXPORTING_SECONDS, "exports", lambda: _write_export(database))
        # Two, so that a short job does not wait for a long one.
        for name in ("jobs", "more jobs"):
            loops.start_soon(workers.every, JOBS_SECONDS, name, lambda: do_next(database, settings))
        loops.start_soon(workers.every, LOG_SECONDS, "log of SQLite", database.shorten_log)
        loops.start_soon(workers.every, SIGNING_SECONDS, "signing", lambda: _sign(database, settings))
        loops.start_soon(
            workers.every, MARKING_SECONDS, "marking", lambda: lifetimes.mark_what_is_over(database, settings)
        )
        # Escalating needs no mail server: whoever is told sees it on the next page.
        loops.start_soon(
            workers.every, ESCALATING_SECONDS, "escalating", lambda: concerns.escalate_due(database, moment=now())
        )
        if settings.smtp_host:
            loops.start_soon(workers.every, REMINDING_SECONDS, "reminders", lambda: _remind(database, settings))
            loops.start_soon(workers.every, SENDING_SECONDS, "e-mails", lambda: send_due(database, settings))
        yield
        loops.cancel_scope.cancel()


def _settle(database: Database, watch: settling.Watch) -> None:
    watch.look()
    settling.clear_all(database)


def _write_export(database: Database) -> None:
    """One of those that wait, so that a round ends in time however many they are."""
    claimed = exports.claim(database)
    if claimed is not None:
        exports.write(database, claimed)


def _remind(database: Database, settings: Settings) -> None:
    reminders.put_due(database, today=steady().date(), days_before=settings.reminder_days)


def _sign(database: Database, settings: Settings) -> None:
    notary = Notary.of(settings)
    while checkpoints.write_due(database, notary):
        pass
