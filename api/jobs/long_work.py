"""Work that takes long when there is much of it: each kind with what was asked, how it is computed and how stored."""

import uuid
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Protocol

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, func, select
from sqlmodel import Session, SQLModel, col

from api.allocation import actions as proposals
from api.allocation.actions import PreparedAllocation, ProposalAsked
from api.case_lists import actions as case_lists
from api.case_lists import choices as reading_choices
from api.case_lists import drafts as case_list_drafts
from api.case_lists import takings
from api.case_lists.takings import Piece, PreparedTaking
from api.foundation.permissions import Actor
from api.release.snapshots import actions as snapshots
from api.release.snapshots.actions import NewSnapshot, PreparedSnapshot
from api.reports.tallies import counted
from api.sampling import actions as samples
from api.sampling.actions import PreparedSample
from api.sampling.frames import SamplePlan
from checklists.case_list import CaseList as CaseListContent
from models import Audit, CaseList, JobKind, Sample, SampledCase, SampledState


class LongWork(Protocol):
    """What somebody asked for. `prepare` only reads. `pieces` are stored first, each in a transaction of its own, and
    seen by nobody; `store` writes the rest in one transaction, from which on all of it is seen. `give_up` takes out,
    piece by piece too, what was stored of work that is not finished.

    Each raises the Problem of what cannot be done; pieces and `store` raise Moved when what was prepared holds no
    longer.
    """

    kind: ClassVar[JobKind]
    # What may be asked for by whoever waits for the answer; more is done as a job.
    most_at_once: ClassVar[int]

    @property
    def round_id(self) -> uuid.UUID | None: ...

    def size(self, session: Session, by: Actor) -> int:
        """How many cases or audits it goes through."""

    def prepare(self, session: Session, by: Actor) -> Any: ...

    @staticmethod
    def pieces(prepared: Any) -> Iterable[Piece]: ...

    @staticmethod
    def give_up(prepared: Any) -> Iterable[Piece]: ...

    @staticmethod
    def store(session: Session, prepared: Any, by: Actor) -> uuid.UUID:
        """The identifier of what was made; of an allocation, the round."""


class _AtOnce:
    """Work that is stored in one transaction."""

    @staticmethod
    def pieces(_: Any) -> Iterable[Piece]:
        return ()

    @staticmethod
    def give_up(_: Any) -> Iterable[Piece]:
        return ()


@dataclass(frozen=True, slots=True)
class TakeCaseList:
    """A case list to be taken in, with what was said of its teams and answered about its table."""

    kind: ClassVar[JobKind] = JobKind.CASE_LIST
    most_at_once: ClassVar[int] = 2_000
    round_id: ClassVar[uuid.UUID | None] = None

    content: CaseListContent
    teams: Mapping[str, uuid.UUID | str] = field(default_factory=dict)
    choices: Mapping[str, str] = field(default_factory=dict)

    def size(self, session: Session, by: Actor) -> int:  # noqa: ARG002 - as of every work
        return len(self.content.cases)

    def prepare(self, session: Session, by: Actor) -> "PreparedList":
        checked = case_lists.checked(self.content, by=by)
        taking = takings.prepare_taking(session, checked=checked, teams=self.teams, by=by)
        return PreparedList(taking, dict(self.choices))

    @staticmethod
    def pieces(prepared: "PreparedList") -> Iterable[Piece]:
        return takings.pieces_of(prepared.taking)

    @staticmethod
    def give_up(prepared: "PreparedList") -> Iterable[Piece]:
        return takings.give_up_pieces(prepared.taking)

    @staticmethod
    def store(session: Session, prepared: "PreparedList", by: Actor) -> uuid.UUID:
        made = takings.complete(session, prepared.taking, by=by)
        reading_choices.remember(session, choices=prepared.choices, by=by)
        case_list_drafts.forget(session, digest=made.digest, by=by)
        return made.id


@dataclass(frozen=True, slots=True)
class PreparedList:
    """A list that is ready to be taken in, and what to remember with it."""

    taking: PreparedTaking
    choices: dict[str, str]


@dataclass(frozen=True, slots=True)
class DrawSample(_AtOnce):
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

    @staticmethod
    def store(session: Session, prepared: PreparedSample, by: Actor) -> uuid.UUID:
        return samples.store_sample(session, prepared, round_id=prepared.row["round_id"], by=by).id


@dataclass(frozen=True, slots=True)
class ConfirmProposal(_AtOnce):
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

    @staticmethod
    def store(session: Session, prepared: PreparedAllocation, by: Actor) -> uuid.UUID:
        round_id: uuid.UUID = prepared.audits_made[0]["round_id"]
        proposals.store_confirmation(session, prepared, round_id=round_id, by=by)
        return round_id


@dataclass(frozen=True, slots=True)
class MakeSnapshot(_AtOnce):
    """A snapshot to be made."""

    kind: ClassVar[JobKind] = JobKind.SNAPSHOT
    most_at_once: ClassVar[int] = 4_000

    round_id: uuid.UUID
    snapshot: NewSnapshot

    def size(self, session: Session, by: Actor) -> int:
        return _count(session, func.count(), Audit, by, col(Audit.round_id) == self.round_id, counted())

    def prepare(self, session: Session, by: Actor) -> PreparedSnapshot:
        return snapshots.prepare_snapshot(session, round_id=self.round_id, snapshot=self.snapshot, by=by)

    @staticmethod
    def store(session: Session, prepared: PreparedSnapshot, by: Actor) -> uuid.UUID:
        return snapshots.store_snapshot(session, prepared, by=by).id


WORKS: Final[Mapping[JobKind, type[LongWork]]] = {
    work.kind: work for work in (TakeCaseList, DrawSample, ConfirmProposal, MakeSnapshot)
}
_READERS: Final[Mapping[JobKind, TypeAdapter[Any]]] = {kind: TypeAdapter(work) for kind, work in WORKS.items()}


def written(work: LongWork) -> bytes:
    """What was asked for, as JSON, compressed."""
    return zlib.compress(_READERS[work.kind].dump_json(work), 1)


def read(kind: JobKind, asked: bytes) -> LongWork:
    """What `written` wrote."""
    work: LongWork = _READERS[kind].validate_json(zlib.decompress(asked))
    return work


def _count(
    session: Session, what: ColumnElement[int], model: type[SQLModel], by: Actor, *of: ColumnElement[bool]
) -> int:
    own = col(model.organisation_id) == by.organisation_id  # type: ignore[attr-defined]
    return int(session.execute(select(what).select_from(model).where(own, *of)).scalar_one())
