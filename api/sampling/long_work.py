"""Drawing a sample, as work that may be long."""

import uuid
from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy import func
from sqlmodel import Session, col

from api.foundation.jobs.long_work import StoredAtOnce, count_own
from api.foundation.permissions import Actor
from api.sampling import actions as samples
from api.sampling.actions import PreparedSample
from api.sampling.frames import SamplePlan
from models import CaseList, JobKind


def cases_on_list(session: Session, case_list_id: uuid.UUID, by: Actor) -> int:
    """How many cases a draw from a case list goes through."""
    cases = func.coalesce(func.sum(CaseList.cases), 0)
    return count_own(session, cases, CaseList, by, col(CaseList.id) == case_list_id)


@dataclass(frozen=True, slots=True)
class DrawSample(StoredAtOnce):
    """A sample to be drawn."""

    kind: ClassVar[JobKind] = JobKind.SAMPLE
    most_at_once: ClassVar[int] = 4_000

    round_id: uuid.UUID
    plan: SamplePlan
    seed: str

    def size(self, session: Session, by: Actor) -> int:
        return cases_on_list(session, self.plan.case_list_id, by)

    def prepare(self, session: Session, by: Actor) -> PreparedSample:
        return samples.prepare_sample(session, round_id=self.round_id, plan=self.plan, seed=self.seed, by=by)

    @staticmethod
    def store(session: Session, prepared: PreparedSample, by: Actor) -> uuid.UUID:
        return samples.store_sample(session, prepared, round_id=prepared.row["round_id"], by=by).id

    @staticmethod
    def path_of(made_id: uuid.UUID) -> str:
        return f"/samples/{made_id}"
