"""Confirming a proposed allocation, as work that may be long."""

import uuid
from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy import func, select
from sqlmodel import Session, col

from api.allocation.proposals import actions as proposals
from api.allocation.proposals.actions import AllocationRequest, PreparedAllocation
from api.foundation.jobs.long_work import StoredAtOnce, count_own
from api.foundation.permissions import Actor
from models import JobKind, Sample, SampledCase, SampledState


@dataclass(frozen=True, slots=True)
class ConfirmProposal(StoredAtOnce):
    """A proposal to be allocated."""

    kind: ClassVar[JobKind] = JobKind.ALLOCATION
    most_at_once: ClassVar[int] = 500

    round_id: uuid.UUID
    asked: AllocationRequest
    mark: str

    def size(self, session: Session, by: Actor) -> int:
        of_round = select(col(Sample.id)).where(
            col(Sample.organisation_id) == by.organisation_id, col(Sample.round_id) == self.round_id
        )
        selected = col(SampledCase.state) == SampledState.SELECTED
        return count_own(session, func.count(), SampledCase, by, selected, col(SampledCase.sample_id).in_(of_round))

    def prepare(self, session: Session, by: Actor) -> PreparedAllocation:
        return proposals.prepare_confirmation(session, round_id=self.round_id, asked=self.asked, mark=self.mark, by=by)

    @staticmethod
    def store(session: Session, prepared: PreparedAllocation, by: Actor) -> uuid.UUID:
        round_id: uuid.UUID = prepared.audits_made[0]["round_id"]
        proposals.store_confirmation(session, prepared, round_id=round_id, by=by)
        return round_id

    @staticmethod
    def path_of(made_id: uuid.UUID) -> str:
        return f"/rounds/{made_id}"
