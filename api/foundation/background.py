"""Background work beside answering requests; each room registers its jobs and how often they run.

Of all processes on one database, on any machine, one leads and runs it (`models.storage.postgresql.leading`).
"""

import logging
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import anyio

from api.foundation.events import doubted_since
from api.foundation.hooks import Hook
from api.foundation.settings import Settings
from api.foundation.workers import Workers
from models.clock import doubted_after, earliest
from models.storage.database import Database
from models.storage.failures import is_lost
from models.storage.postgresql.leading import RENEWED_EVERY_SECONDS, Leader, Leads

# Also the time after a start until its first run: a service that never runs for an hour deletes too.
HOUSEKEEPING_SECONDS: Final = 600
LEADING: Final = "leading"

Work = Callable[[Database, Settings], object]


@dataclass(frozen=True, slots=True)
class BackgroundWork:
    """Work that runs at an interval, in a thread of the process that leads.

    `everywhere`: in every process. For queues from which each process takes what no other has, and for work on this
    machine. `at_start` runs once before the first request, and only on SQLite, where no other process has the database
    open: it repairs what a stopped server left. `before_requests`: it also runs once before the first request, on both
    databases. `needs`: a setting, such as the mail server, without which it is skipped.
    """

    name: str
    seconds: float
    run: Work
    at_start: Callable[[Database], object] | None = None
    needs: str = ""
    before_requests: bool = False
    everywhere: bool = False


BACKGROUND_WORK: Final = Hook[BackgroundWork]("background work")
# What deletes expired data, every ten minutes.
HOUSEKEEPING: Final = Hook[Callable[[Database], object]]("housekeeping")


def total_of_each(do: Callable[..., int], each: Iterable[Iterable[Any]], *, failure: str) -> int:
    """Call `do` with each of these rows of arguments; returns the sum of its results.

    A row that fails is logged as `failure`, and does not delay the others.
    """
    total = 0
    for arguments in each:
        try:
            total += do(*arguments)
        except Exception:
            logging.getLogger("caseaudit").exception(failure)
    return total


@asynccontextmanager
async def leading(leader: Leader, workers: Workers) -> AsyncIterator[None]:
    """While the block runs, this process leads the background work when no other does."""
    workers.add(LEADING, RENEWED_EVERY_SECONDS)
    await workers.one_round(LEADING, leader.stand)
    try:
        async with anyio.create_task_group() as loops:
            loops.start_soon(workers.every, RENEWED_EVERY_SECONDS, LEADING, leader.stand)
            yield
            loops.cancel_scope.cancel()
    finally:
        leader.resign()


@asynccontextmanager
async def housekeeping(database: Database, workers: Workers, leader: Leads) -> AsyncIterator[None]:
    """While the block runs, delete expired data every ten minutes."""

    def delete_what_is_old() -> None:
        if leader.leads:
            delete_expired(database)

    async with anyio.create_task_group() as loops:
        loops.start_soon(workers.every, HOUSEKEEPING_SECONDS, "housekeeping", delete_what_is_old)
        yield
        loops.cancel_scope.cancel()


def delete_expired(database: Database) -> None:
    """Delete all expired data. What cannot be deleted is logged and keeps nothing else; it is raised at the end.

    While the clock may be wrong, only what was expired when it was right.
    """
    with database.reading() as session:
        known = doubted_since(session, earliest())
    with doubted_after(known):
        _delete_expired(database)


def _delete_expired(database: Database) -> None:
    failed: Exception | None = None
    for delete in HOUSEKEEPING:
        try:
            delete(database)
        except Exception as error:
            if is_lost(error):
                raise  # the others would only wait for the database too
            logging.getLogger("caseaudit").exception("expired data could not be deleted")
            failed = error
    if failed is not None:
        raise failed


@asynccontextmanager
async def background_work(
    database: Database, settings: Settings, workers: Workers, leader: Leads
) -> AsyncIterator[None]:
    """While the block runs, run the work that rooms registered. Work in progress at its end is finished first."""
    wanted = [work for work in BACKGROUND_WORK if not work.needs or getattr(settings, work.needs)]
    if database.is_sqlite:
        for work in wanted:
            if work.at_start is not None:
                workers.add(work.name, work.seconds)
                await workers.one_round(work.name, _bound(work.at_start, database))
    for work in wanted:
        if work.before_requests:
            workers.add(work.name, work.seconds)
            await workers.one_round(work.name, _bound(work.run, database, settings))
    async with anyio.create_task_group() as loops:
        for work in wanted:
            run = _bound(work.run, database, settings)
            loops.start_soon(workers.every, work.seconds, work.name, run if work.everywhere else _led(leader, run))
        yield
        loops.cancel_scope.cancel()


def _led(leader: Leads, run: Callable[[], object]) -> Callable[[], object]:
    """The workers, if this process leads; none if another does."""
    return lambda: run() if leader.leads else None


def _bound(work: Callable[..., object], *arguments: object) -> Callable[[], object]:
    return lambda: work(*arguments)
