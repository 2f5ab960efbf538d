"""Drawing the sample of a joint round, as work that may be long."""

import uuid
from dataclasses import dataclass
from typing import ClassVar

from sqlmodel import Session

from api.foundation.jobs.long_work import StoredAtOnce
from api.foundation.permissions import Actor
from api.joint_rounds.samples import actions as samples
from api.sampling.actions import PreparedSample
from api.sampling.frames import SamplePlan
from api.sampling.long_work import DrawSample, cases_on_list
from models import JobKind


@dataclass(frozen=True, slots=True)
class DrawJointSample(StoredAtOnce):
    """A sample to be drawn for a joint round."""

    kind: ClassVar[JobKind] = JobKind.JOINT_SAMPLE
    most_at_once: ClassVar[int] = DrawSample.most_at_once

    joint_round_id: uuid.UUID
    plan: SamplePlan
    seed: str

    @property
    def round_id(self) -> None:
        """It is about no round."""

    def size(self, session: Session, by: Actor) -> int:
        return cases_on_list(session, self.plan.case_list_id, by)

    def prepare(self, session: Session, by: Actor) -> PreparedSample:
        return samples.prepare_joint_sample(
            session, joint_round_id=self.joint_round_id, plan=self.plan, seed=self.seed, by=by
        )

    @staticmethod
    def store(session: Session, prepared: PreparedSample, by: Actor) -> uuid.UUID:
        return samples.store_joint_sample(session, prepared, joint_round_id=prepared.planned.drawn_for.id, by=by).id

    @staticmethod
    def path_of(made_id: uuid.UUID) -> str:
        return f"/samples/{made_id}"
