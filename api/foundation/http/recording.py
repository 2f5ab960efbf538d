"""Records of what was read and of last use, appended together: sixty reads at once make one transaction, not sixty."""

import asyncio
import logging
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Executable

from api.foundation.access_log import AccessRecorder
from api.foundation.http.capacity import Capacity
from api.foundation.http.security import CredentialUse
from models.database import Database
from models.trail import Row, TrailUnwritable


@dataclass(slots=True)
class _Batch:
    rows: list[Row] = field(default_factory=list)
    uses: dict[str, Executable] = field(default_factory=dict)
    written: "asyncio.Future[None]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Recorder:
    """Writes what requests give it, for each organisation one transaction at a time, with all that came meanwhile."""

    def __init__(self, database: Database, reads: AccessRecorder, capacity: Capacity) -> None:
        self._database = database
        self._reads = reads
        self._capacity = capacity
        self._next: dict[Hashable, _Batch] = {}
        self._at_work: set[asyncio.Task[None]] = set()

    async def record(self, organisation_id: int, rows: Sequence[Row], uses: Sequence[CredentialUse]) -> None:
        """Return when the trail has the rows. Raises TrailUnwritable: what they show must not be shown then.

        That a use cannot be noted stops nobody.
        """
        if not uses and not self._reads.must_be_recorded(rows):
            return
        batch = self._next.get(organisation_id)
        if batch is None:
            batch = self._next[organisation_id] = _Batch()
            task = asyncio.create_task(self._write_next(organisation_id))
            self._at_work.add(task)
            task.add_done_callback(self._at_work.discard)
        batch.rows.extend(rows)
        batch.uses.update({use.secret_hash: use.statement for use in uses})
        try:
            await asyncio.shield(batch.written)
        except TrailUnwritable:
            if rows:
                raise

    async def _write_next(self, organisation_id: int) -> None:
        batch = self._next[organisation_id]
        try:
            async with self._database.writer.hold_async(organisation_id):
                # Whoever came while the slot was waited for is in it too; whoever comes from now on is in the next.
                del self._next[organisation_id]
                await self._capacity.run(lambda: self._write(batch))
        except Exception as error:  # noqa: BLE001 - whoever waits for the batch gets it
            if self._next.get(organisation_id) is batch:
                del self._next[organisation_id]
            logging.getLogger("caseaudit").warning("reads were not recorded: %s", type(error).__name__)
            unwritable = TrailUnwritable()
            unwritable.__cause__ = error
            batch.written.set_exception(error if isinstance(error, TrailUnwritable) else unwritable)
            batch.written.exception()  # nobody may be waiting
        else:
            batch.written.set_result(None)

    def _write(self, batch: _Batch) -> None:
        with self._reads.recording(batch.rows), self._database.writing_in_held_slot() as session:
            for statement in batch.uses.values():
                session.execute(statement)
            self._reads.add(session, batch.rows)
