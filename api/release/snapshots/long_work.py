"""A snapshot to be made, as work that may be long."""

import uuid
from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy import func
from sqlmodel import Session, col

from api.foundation.jobs.long_work import StoredAtOnce, count_own
from api.foundation.permissions import Actor
from api.release.snapshots import actions as snapshots
from api.release.snapshots.actions import NewSnapshot, PreparedSnapshot
from api.reports.tallies import is_counted
from models import Audit, JobKind


@dataclass(frozen=True, slots=True)
class MakeSnapshot(StoredAtOnce):
    """A snapshot to be made."""

    kind: ClassVar[JobKind] = JobKind.SNAPSHOT
    most_at_once: ClassVar[int] = 4_000

    round_id: uuid.UUID
    snapshot: NewSnapshot

    def size(self, session: Session, by: Actor) -> int:
        return count_own(session, func.count(), Audit, by, col(Audit.round_id) == self.round_id, is_counted())

    def prepare(self, session: Session, by: Actor) -> PreparedSnapshot:
        return snapshots.prepare_snapshot(session, round_id=self.round_id, snapshot=self.snapshot, by=by)

    @staticmethod
    def store(session: Session, prepared: PreparedSnapshot, by: Actor) -> uuid.UUID:
        return snapshots.store_snapshot(session, prepared, by=by).id

    @staticmethod
    def path_of(made_id: uuid.UUID) -> str:
        return f"/snapshots/{made_id}"
