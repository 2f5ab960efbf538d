"""Imports while requests are served: in a thread, one at a time. Who waits for one holds no thread."""

from typing import Final

from starlette.concurrency import run_in_threadpool

from api.foundation.hooks import Moment
from models.storage.slots import Slots

LONGEST_IMPORT_SECONDS: Final = 30
IMPORTING: Final = Slots("importing", 1, longest_wait=LONGEST_IMPORT_SECONDS)


async def prepare_for(moment: Moment) -> None:
    """Do what must be done before this moment, unless it is done. Raises Busy where others import for too long."""
    if not moment.is_prepared:
        async with IMPORTING.hold_async():
            if not moment.is_prepared:
                await run_in_threadpool(moment.prepare)
