"""Work that takes long when there is much of it: each kind with what was asked, how it is computed and how stored."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Protocol

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, func, select
from sqlmodel import Session, SQLModel, col

from api.actions import proposals, samples, snapshots
from api.actions.frames import SamplePlan
from api.actions.proposals import PreparedAllocation, ProposalAsked
from api.actions.samples import PreparedSample
from api.actions.snapshots import NewSnapshot, PreparedSnapshot
from api.permissions import Actor, Permission
from api.reports.tallies import counted
from models import Audit, CaseList, JobKind, Sample, SampledCase, SampledState


class LongWork(Protocol):
    """What somebody asked for. `prepare` only reads; `store` writes what was prepared, whole, in one transaction.

    Both raise the Problem of what cannot be done, and `store` raises Moved when what was prepared holds no longer.
    """

    kind: ClassVar[JobKind]
    # What may be asked for by whoever waits for the answer; more is done as a job.
    most_at_once: ClassVar[int]

    @property
    def round_id(self) -> uuid.UUID: ...

    def size(self, session: Session, by: Actor) -> int:
        """How many cases or audits it goes through."""

    def prepare(self, session: Session, by: Actor) -> Any: ...

    def store(self, session: Session, prepared: Any, by: Actor) -> uuid.UUID:
        """The identifier of what was made; of an allocation, the round."""


@dataclass(frozen=True, slots=True)
class DrawSample:
    """A sample to be drawn."""

    kind: ClassVar[JobKind] = JobKind.SAMPLE
    most_at_once: ClassVar[int] = 4_000

    round_id: uuid.UUID
    plan: SamplePlan
    seed: str

    def size(self, session: Session, by: Actor) -> int:
        return _count(
            session,
            func.coalesce(func.sum(CaseList.cases), 0),
            CaseList,
            by,
            col(CaseList.id) == self.plan.case_list_id,
        )

    def prepare(self, session: Session, by: Actor) -> PreparedSample:
        return samples.prepare_sample(session, round_id=self.round_id, plan=self.plan, seed=self.seed, by=by)

    def store(self, session: Session, prepared: PreparedSample, by: Actor) -> uuid.UUID:
        return samples.store_sample(session, prepared, round_id=self.round_id, by=by).id


@dataclass(frozen=True, slots=True)
class ConfirmProposal:
    """A proposal to be allocated."""

    kind: ClassVar[JobKind] = JobKind.ALLOCATION
    most_at_once: ClassVar[int] = 500

    round_id: uuid.UUID
    asked: ProposalAsked
    mark: str

    def size(self, session: Session, by: Actor) -> int:
        of_round = select(col(Sample.id)).where(
            col(Sample.organisation_id) == by.organisation_id, col(Sample.round_id) == self.round_id
        )
        selected = col(SampledCase.state) == SampledState.SELECTED
        return _count(session, func.count(), SampledCase, by, selected, col(SampledCase.sample_id).in_(of_round))

    def prepare(self, session: Session, by: Actor) -> PreparedAllocation:
        return proposals.prepare_confirmation(session, round_id=self.round_id, asked=self.asked, mark=self.mark, by=by)

    def store(self, session: Session, prepared: PreparedAllocation, by: Actor) -> uuid.UUID:
        proposals.store_confirmation(session, prepared, round_id=self.round_id, by=by)
        return self.round_id


@dataclass(frozen=True, slots=True)
class MakeSnapshot:
    """A snapshot to be made."""

    kind: ClassVar[JobKind] = JobKind.SNAPSHOT
    most_at_once: ClassVar[int] = 4_000

    round_id: uuid.UUID
    snapshot: NewSnapshot

    def size(self, session: Session, by: Actor) -> int:
        return _count(session, func.count(), Audit, by, col(Audit.round_id) == self.round_id, counted())

    def prepare(self, session: Session, by: Actor) -> PreparedSnapshot:
        return snapshots.prepare_snapshot(session, round_id=self.round_id, snapshot=self.snapshot, by=by)

    def store(self, session: Session, prepared: PreparedSnapshot, by: Actor) -> uuid.UUID:
        return snapshots.store_snapshot(session, prepared, by=by).id


PERMISSIONS: Final[Mapping[JobKind, Permission]] = {
    JobKind.SAMPLE: Permission.ALLOCATE_AUDITS,
    JobKind.ALLOCATION: Permission.ALLOCATE_AUDITS,
    JobKind.SNAPSHOT: Permission.WRITE_SNAPSHOTS,
}
_READERS: Final[Mapping[JobKind, TypeAdapter[Any]]] = {
    work.kind: TypeAdapter(work) for work in (DrawSample, ConfirmProposal, MakeSnapshot)
}


def is_long(session: Session, work: LongWork, by: Actor) -> bool:
    """Whether the work takes longer than anybody should wait for an answer."""
    return work.size(session, by) > work.most_at_once


def written(work: LongWork) -> str:
    """What was asked for, as JSON."""
    return _READERS[work.kind].dump_json(work).decode()


def read(kind: JobKind, asked: str) -> LongWork:
    """What `written` wrote."""
    work: LongWork = _READERS[kind].validate_json(asked)
    return work


def _count(
    session: Session, what: ColumnElement[int], model: type[SQLModel], by: Actor, *of: ColumnElement[bool]
) -> int:
    own = col(model.organisation_id) == by.organisation_id  # type: ignore[attr-defined]
    return int(session.execute(select(what).select_from(model).where(own, *of)).scalar_one())
