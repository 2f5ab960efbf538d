"""What the service does by itself, beside answering requests: each a loop that outlives a database that is away."""

import asyncio
import logging
from typing import Final

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from api.actions import checkpoints, exports
from api.actions.notary import Notary
from api.problems import Problem
from api.reminding import remind
from api.replies import forget_old_answers
from api.settings import Settings
from models import now
from models.database import Database
from models.trail import TrailUnwritable

HOUSEKEEPING_SECONDS: Final = 3600
EXPORTING_SECONDS: Final = 2
SIGNING_SECONDS: Final = 5
REMINDING_SECONDS: Final = 3600


async def keep_house(database: Database) -> None:
    """Once an hour, delete what has served its time."""
    while True:
        await asyncio.sleep(HOUSEKEEPING_SECONDS)
        try:
            await run_in_threadpool(forget_old_answers, database)
            await run_in_threadpool(exports.forget_old, database)
        except SQLAlchemyError:
            # The database is away; requests say so, and in an hour it will be back.
            logging.getLogger("caseaudit").warning("housekeeping failed")


async def keep_exporting(database: Database) -> None:
    """Write the exports that wait, one at a time; whichever server process is free takes the next."""
    while True:
        await asyncio.sleep(EXPORTING_SECONDS)
        try:
            while (claimed := await run_in_threadpool(exports.claim, database)) is not None:
                await run_in_threadpool(exports.write, database, claimed)
        except (SQLAlchemyError, Problem):
            logging.getLogger("caseaudit").warning("an export failed")


async def keep_signing(database: Database, settings: Settings) -> None:
    """Sign the trails when it is time; of several server processes one does it."""
    while True:
        try:
            notary = await run_in_threadpool(Notary.of, settings)
            while await run_in_threadpool(checkpoints.write_due, database, notary):
                pass
        except (SQLAlchemyError, TrailUnwritable, OSError, ValueError):
            logging.getLogger("caseaudit").exception("the trail could not be signed")
        await asyncio.sleep(SIGNING_SECONDS)


async def keep_reminding(database: Database, settings: Settings) -> None:
    """Once an hour, send the reminders that are due."""
    while True:
        await asyncio.sleep(REMINDING_SECONDS)
        try:
            await run_in_threadpool(lambda: remind(database, settings, today=now().date()))
        except SQLAlchemyError:
            logging.getLogger("caseaudit").warning("reminding failed")
