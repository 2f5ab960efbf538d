"""Background work beside answering requests; each room registers its jobs and how often they run."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import anyio

from api.foundation.hooks import Hook
from api.foundation.settings import Settings
from api.foundation.workers import Workers
from models.storage.database import Database

HOUSEKEEPING_SECONDS: Final = 3600

Work = Callable[[Database, Settings], object]


@dataclass(frozen=True, slots=True)
class BackgroundWork:
    """Work that runs every so many seconds, in a thread. With several server processes, each one runs it.

    `at_start` runs once before the first request, and only on SQLite, where no other process has the database open: it
    repairs what a stopped server left. `before_requests`: it also runs once before the first request, on both
    databases. `needs`: a setting, such as the mail server, without which it is skipped.
    """

    name: str
    seconds: float
    run: Work
    at_start: Callable[[Database], object] | None = None
    needs: str = ""
    before_requests: bool = False


BACKGROUND_WORK: Final = Hook[BackgroundWork]("background work")
# What deletes expired data, once an hour.
HOUSEKEEPING: Final = Hook[Callable[[Database], object]]("housekeeping")


@asynccontextmanager
async def housekeeping(database: Database, workers: Workers) -> AsyncIterator[None]:
    """While the block runs, delete expired data once an hour."""

    def delete_what_is_old() -> None:
        for delete in HOUSEKEEPING:
            delete(database)

    async with anyio.create_task_group() as loops:
        loops.start_soon(workers.every, HOUSEKEEPING_SECONDS, "housekeeping", delete_what_is_old)
        yield
        loops.cancel_scope.cancel()


@asynccontextmanager
async def background_work(database: Database, settings: Settings, workers: Workers) -> AsyncIterator[None]:
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
            loops.start_soon(workers.every, work.seconds, work.name, _bound(work.run, database, settings))
        yield
        loops.cancel_scope.cancel()


def _bound(work: Callable[..., object], *arguments: object) -> Callable[[], object]:
    return lambda: work(*arguments)
