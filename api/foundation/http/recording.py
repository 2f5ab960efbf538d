"""Records of views and of last use, written together: sixty views at once make one transaction, not sixty."""

import asyncio
import logging
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Executable

from api.foundation.access_log import AccessRecorder
from api.foundation.http.capacity import Capacity
from api.foundation.http.security import CredentialUse
from api.foundation.http.turns import await_turn
from models.storage.database import Database
from models.storage.trail import Row, TrailUnwritable


@dataclass(slots=True)
class _Batch:
    rows: list[Row] = field(default_factory=list)
    uses: dict[str, Executable] = field(default_factory=dict)
    written: "asyncio.Future[None]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Recorder:
    """Writes rows for requests, one transaction at a time for each organisation, with all that arrived meanwhile."""

    def __init__(self, database: Database, reads: AccessRecorder, capacity: Capacity) -> None:
        self._database = database
        self._reads = reads
        self._capacity = capacity
        self._next: dict[Hashable, _Batch] = {}
        self._at_work: set[asyncio.Task[None]] = set()

    async def record(self, organisation_id: int, rows: Sequence[Row], uses: Sequence[CredentialUse]) -> None:
        """Return when the trail has the rows. Raises TrailUnwritable: what they show must not be shown then.

        When a time of last use cannot be written, nothing is raised.
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
        await await_turn()

    async def _write_next(self, organisation_id: int) -> None:
        batch = self._next[organisation_id]
        try:
            async with self._database.writer.hold_async(organisation_id):
                # Requests that arrived while this waited for the slot are included; later ones go into the next batch.
                del self._next[organisation_id]
                await self._capacity.run(lambda: self._write(batch))
        except Exception as error:  # noqa: BLE001 - the requests that wait for the batch get it
            if self._next.get(organisation_id) is batch:
                del self._next[organisation_id]
            logging.getLogger("caseaudit").warning("reads were not recorded: %s", type(error).__name__)
            unwritable = TrailUnwritable()
            unwritable.__cause__ = error
            batch.written.set_exception(error if isinstance(error, TrailUnwritable) else unwritable)
            batch.written.exception()  # there may be nobody waiting
        else:
            batch.written.set_result(None)

    def _write(self, batch: _Batch) -> None:
        with self._reads.recording(batch.rows), self._database.writing_in_held_slot() as session:
            for statement in batch.uses.values():
                session.execute(statement)
            self._reads.add(session, batch.rows)
