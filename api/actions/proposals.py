"""Proposals: a round's sample given out by rule and by chance, looked at before it is allocated."""

import hashlib
import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from sqlmodel import Session, col, select

from api.actions import audits, events, rounds
from api.actions.allocation_rules import auditors_for, cases_for
from api.actions.audits import Allocation
from api.permissions import Actor, Permission, check_may
from api.problems import Conflict, Fault, Invalid, Stale
from checklists.allocation import Allocated, LeftOver, allocate
from models import Audit, AuditMode, AuditState, CaseFile, Round, RoundState, Sample, SampledCase, SampledState

MOST_READINGS: Final = 5_000


@dataclass(frozen=True, slots=True)
class ProposalAsked:
    """Who is to read a round's sample: these auditors, or all; so many percent of the cases twice; by this seed."""

    seed: str
    auditors: tuple[uuid.UUID, ...] = ()
    double_percent: int = 0
    mode: AuditMode = AuditMode.RECORDS_ONLY


@dataclass(frozen=True, slots=True)
class Proposed:
    """What would be allocated. `mark` names this very proposal: with another one, nothing is allocated."""

    asked: ProposalAsked
    allocated: tuple[Allocated, ...]
    left_over: tuple[LeftOver, ...]
    references: Mapping[str, str]
    auditors: Mapping[str, str]
    loads_before: Mapping[str, int]
    mark: str

    @property
    def loads(self) -> dict[str, int]:
        """How many audits each auditor would have in the round."""
        loads = dict(self.loads_before)
        for each in self.allocated:
            loads[each.auditor] += 1
        return loads


def new_seed() -> str:
    """A seed that nobody chose."""
    return secrets.token_hex(8)


def propose(session: Session, *, round_id: uuid.UUID, asked: ProposalAsked, by: Actor) -> Proposed:
    """Who would read what, of the round's sampled cases that nobody reads yet. Writes nothing.

    Raises Conflict when the round is closed or nothing waits, and Invalid for people who are not active auditors.
    """
    check_may(by, Permission.ALLOCATE_AUDITS)
    standing = rounds.find(session, round_id=round_id, by=by)
    if standing.state is RoundState.CLOSED:
        raise Conflict("This round is closed: no more audits can be allocated in it.")
    names = audits.active_auditors(session, by)
    _check(asked, names)
    waiting = waiting_cases(session, standing)
    if not waiting:
        raise Conflict(
            "Every case of the round's samples is allocated. Draw a sample first, or choose case files by hand."
        )
    chosen = asked.auditors or tuple(names)
    cases, people = cases_for(session, standing, waiting), auditors_for(session, standing, chosen)
    proposal = allocate(
        list(cases.values()),
        list(people.values()),
        seed=asked.seed,
        double_share=Fraction(asked.double_percent, 100),
    )
    return Proposed(
        asked,
        tuple(proposal.allocated),
        tuple(proposal.left_over),
        {str(case_id): reference for case_id, (reference, _) in waiting.items()},
        {str(person): names[person] for person in people},
        {str(person): auditor.load for person, auditor in people.items()},
        _mark(proposal.allocated),
    )


def confirm(session: Session, *, round_id: uuid.UUID, asked: ProposalAsked, mark: str, by: Actor) -> list[Audit]:
    """Allocate what was proposed, all or none. Raises Stale when the same question has another answer by now."""
    standing = rounds.find(session, round_id=round_id, by=by, lock=True)
    proposed = propose(session, round_id=round_id, asked=asked, by=by)
    if proposed.mark != mark:
        raise Stale("People, cases or allocations have changed since the proposal was made. Look at the new one.")
    weights = waiting_cases(session, standing)
    allocations = [
        Allocation(
            uuid.UUID(each.case),
            uuid.UUID(each.auditor),
            each.reading,
            asked.mode,
            weights[uuid.UUID(each.case)][1] if each.reading == 1 else None,
        )
        for each in sorted(proposed.allocated, key=lambda each: _by_chance(asked.seed, each))
    ]
    if not allocations:
        raise Conflict("The rules leave nobody who could read any of these cases.")
    made = audits.allocate_many(session, round_id=round_id, allocations=allocations, by=by)
    events.record(
        session,
        "round.allocated",
        round_id,
        by=by,
        details={"seed": asked.seed, "audits": len(made), "left_over": len(proposed.left_over)},
    )
    return made


def waiting_cases(session: Session, standing: Round) -> dict[uuid.UUID, tuple[str, float]]:
    """The sampled cases of a round that nobody reads yet: each with its reference and its sampling weight."""
    own = standing.organisation_id
    read = (
        select(Audit.id)
        .where(
            col(Audit.organisation_id) == own,
            col(Audit.round_id) == standing.id,
            col(Audit.case_file_id) == col(SampledCase.case_file_id),
            col(Audit.state) != AuditState.WITHDRAWN,
        )
        .exists()
    )
    rows = session.exec(
        select(SampledCase.case_file_id, CaseFile.reference, SampledCase.probability)
        .join(
            Sample,
            (col(Sample.organisation_id) == col(SampledCase.organisation_id))
            & (col(Sample.id) == col(SampledCase.sample_id)),
        )
        .join(
            CaseFile,
            (col(CaseFile.organisation_id) == col(SampledCase.organisation_id))
            & (col(CaseFile.id) == col(SampledCase.case_file_id)),
        )
        .where(
            col(SampledCase.organisation_id) == own,
            col(Sample.round_id) == standing.id,
            col(SampledCase.state) == SampledState.SELECTED,
            ~read,
        )
        .order_by(CaseFile.reference)
        .limit(MOST_READINGS)
    ).all()
    return {case_file_id: (reference, 1 / probability) for case_file_id, reference, probability in rows}


def _check(asked: ProposalAsked, names: Mapping[uuid.UUID, str]) -> None:
    faults = []
    for place, person in enumerate(asked.auditors):
        if person not in names:
            faults.append(Fault(f"/auditors/{place}", "Choose an active person who holds the role of auditor."))
    if not asked.auditors and not names:
        faults.append(Fault("/auditors", "There is no active auditor. Ask an administrator to invite one."))
    if not 0 <= asked.double_percent <= 100:
        faults.append(Fault("/double_percent", "Give the share to be read twice as a whole percentage from 0 to 100."))
    if not 1 <= len(asked.seed) <= 64 or not asked.seed.isascii() or not asked.seed.isalnum():
        faults.append(Fault("/seed", "A seed has 1 to 64 letters and digits."))
    if faults:
        raise Invalid(faults[0].detail, faults=tuple(faults))


def _by_chance(seed: str, each: Allocated) -> str:
    """An order that tells nothing: whoever got all second readings last could tell them from their identifiers."""
    return hashlib.sha256(f"{seed} {each.case} {each.auditor}".encode()).hexdigest()


def _mark(allocated: Sequence[Allocated]) -> str:
    lines = sorted(f"{each.case} {each.reading} {each.auditor}" for each in allocated)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
