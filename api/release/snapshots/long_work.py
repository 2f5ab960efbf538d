"""Making a snapshot, as work that may be long."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar, Final

from sqlalchemy import func, select
from sqlmodel import Session, col

from api.foundation.apart.computing import computing_apart
from api.foundation.jobs.long_work import StoredAtOnce, count_own
from api.foundation.permissions import Actor
from api.foundation.systems.limits import return_memory
from api.release.snapshots import actions as snapshots
from api.release.snapshots.actions import NewSnapshot, PreparedSnapshot
from api.reports.tallies import is_counted
from checklists.release.copied_counts import Copies, copy_parts
from models import Audit, JobKind, Snapshot, SnapshotAudit
from models.storage.joins import linked

# From this many audits on, computing their altered copy takes longer than starting a process for it.
COPIED_APART: Final = 1_500


@dataclass(frozen=True, slots=True)
class MakeSnapshot(StoredAtOnce):
    """A snapshot to be made."""

    kind: ClassVar[JobKind] = JobKind.SNAPSHOT
    # Audits, with those of the round's earlier snapshots: 20 MB while it is computed.
    most_at_once: ClassVar[int] = 25_000

    round_id: uuid.UUID
    snapshot: NewSnapshot

    def size(self, session: Session, by: Actor) -> int:
        return count_own(session, func.count(), Audit, by, col(Audit.round_id) == self.round_id, is_counted())

    def is_long(self, session: Session, by: Actor, size: int) -> bool:
        return size > self.most_at_once or size + self._counted_before(session, by) > self.most_at_once

    def _counted_before(self, session: Session, by: Actor) -> int:
        """How many audits the round's earlier snapshots count, all of them together."""
        of_round = (col(Snapshot.organisation_id) == by.organisation_id, col(Snapshot.round_id) == self.round_id)
        counted = (
            select(func.count())
            .select_from(Snapshot)
            .join(SnapshotAudit, linked(SnapshotAudit.snapshot_id, Snapshot.id))
            .where(*of_round)
        )
        return int(session.execute(counted).scalar_one())

    def prepare(self, session: Session, by: Actor) -> PreparedSnapshot:
        return snapshots.prepare_snapshot(session, round_id=self.round_id, snapshot=self.snapshot, by=by)

    def prepare_at_once(self, session: Session, by: Actor) -> PreparedSnapshot:
        """The same in a request: the altered copy of many audits is computed in a process of its own."""
        with self._copies(session, by) as copies:
            return snapshots.prepare_snapshot(
                session, round_id=self.round_id, snapshot=self.snapshot, by=by, copies=copies
            )

    @contextmanager
    def _copies(self, session: Session, by: Actor) -> Iterator[Copies]:
        own = (col(Audit.organisation_id) == by.organisation_id, col(Audit.round_id) == self.round_id)
        if session.scalar(select(col(Audit.id)).where(*own).offset(COPIED_APART - 1).limit(1)) is None:
            yield copy_parts
        else:  # it is ready when the audits have been read
            with computing_apart(copy_parts) as copies:
                yield copies
            return_memory()

    @staticmethod
    def store(session: Session, prepared: PreparedSnapshot, by: Actor) -> uuid.UUID:
        return snapshots.store_snapshot(session, prepared, by=by).id

    @staticmethod
    def path_of(made_id: uuid.UUID) -> str:
        return f"/snapshots/{made_id}"
