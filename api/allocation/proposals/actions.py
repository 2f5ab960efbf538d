"""Proposals: a round's sample allocated by rule and at random, previewed before it is stored."""

import hashlib
import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final, NamedTuple

from sqlalchemy import Select
from sqlalchemy import select as select_columns
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from api.access.blindness import visible_under_blind_reading
from api.access.seen import carry_over, listed_by, people_who_saw
from api.allocation.actions import Allocation, allocated_events, audit_row, notify_auditors
from api.allocation.rules import auditors_for
from api.audits import actions as audits
from api.foundation import events
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Conflict, Fault, Invalid, Moved, Stale
from api.rounds import actions as rounds
from checklists.allocation import Allocated, Auditor, CaseToRead, Unallocated, allocate
from models import Audit, AuditMode, AuditState, CaseFile, Round, RoundState, Sample, SampledCase, SampledState
from models.storage.bulk import ReadyRows, insert_ready, make_ready
from models.storage.joins import linked

MOST_READINGS: Final = 5_000


@dataclass(frozen=True, slots=True)
class AllocationRequest:
    """The auditors of a round's sample, or all; the percentage of cases to be read twice; and the seed."""

    seed: str
    auditors: tuple[uuid.UUID, ...] = ()
    double_percent: int = 0
    mode: AuditMode = AuditMode.RECORDS_ONLY


@dataclass(frozen=True, slots=True)
class AllocationProposal:
    """A proposed allocation. `mark` identifies it: with another mark, nothing is allocated."""

    asked: AllocationRequest
    allocated: tuple[Allocated, ...]
    left_over: tuple[Unallocated, ...]
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
    """A random seed."""
    return secrets.token_hex(8)


def propose_allocation(
    session: Session, *, round_id: uuid.UUID, asked: AllocationRequest, by: Actor
) -> AllocationProposal:
    """Propose readers for the round's sampled cases that nobody reads yet. Writes nothing.

    Raises Conflict when the round is closed or no case is waiting, and Invalid for people who are not active auditors.
    """
    check_may(by, Permission.ALLOCATE_AUDITS)
    audit_round = rounds.find_round(session, round_id=round_id, by=by)
    return _proposed(asked, _read_basis(session, audit_round, asked, by))


@dataclass(frozen=True, slots=True)
class PreparedAllocation:
    """What a confirmed proposal allocates, ready to be stored, and the data that it depends on."""

    asked: AllocationRequest
    round_version: int
    # The number of the newest event when the basis was read.
    newest_event: int
    basis: "_Basis"
    left_over: int
    audits_made: tuple[dict[str, Any], ...]
    rows: ReadyRows
    events: list[dict[str, object]]

    @property
    def audits(self) -> tuple[uuid.UUID, ...]:
        """The identifiers of the audits that will be allocated."""
        return tuple(row["id"] for row in self.audits_made)


def prepare_confirmation(
    session: Session, *, round_id: uuid.UUID, asked: AllocationRequest, mark: str, by: Actor
) -> PreparedAllocation:
    """Prepare the proposed allocation for storing; writes nothing.

    Raises Stale when the same request now gives another proposal, and as `propose_allocation` does.
    """
    check_may(by, Permission.ALLOCATE_AUDITS)
    newest = events.number_of_newest(session, by.organisation_id)
    audit_round = rounds.find_round(session, round_id=round_id, by=by)
    basis = _read_basis(session, audit_round, asked, by)
    proposed = _proposed(asked, basis)
    if proposed.mark != mark:
        raise Stale(
            "People, cases or allocations have changed since this proposal was created. Check the new proposal."
        )
    weights = {str(case.id): 1 / case.probability for case in basis.cases}
    made = tuple(
        audit_row(
            audit_round,
            Allocation(
                uuid.UUID(each.case),
                uuid.UUID(each.auditor),
                each.reading,
                asked.mode,
                weights[each.case] if each.reading == 1 else None,
            ),
            each.reading,
        )
        for each in sorted(proposed.allocated, key=lambda each: _at_random(asked.seed, each))
    )
    if not made:
        raise Conflict("No available auditor can be allocated any of these cases under the allocation rules.")
    ready = make_ready(session, {Audit: made})
    allocated = allocated_events(made, by=by)
    return PreparedAllocation(
        asked, audit_round.version, newest, basis, len(proposed.left_over), made, ready, allocated
    )


def store_confirmation(
    session: Session, prepared: PreparedAllocation, *, round_id: uuid.UUID, by: Actor
) -> tuple[uuid.UUID, ...]:
    """Store the prepared allocation, all or none; returns the new audits.

    Raises Moved when the round, its cases, people or allocations have changed since, Conflict when it is closed.
    """
    check_may(by, Permission.ALLOCATE_AUDITS)
    audit_round = rounds.lock_for_planning(session, round_id=round_id, by=by)
    if (audit_round.id, audit_round.version) != (prepared.audits_made[0]["round_id"], prepared.round_version):
        raise Moved("The round has changed. Check the proposal again.")
    if _may_have_changed(session, prepared, by) and (
        _read_basis(session, audit_round, prepared.asked, by) != prepared.basis
    ):
        raise Moved("People, cases or allocations have changed. Check the proposal again.")
    try:
        with session.begin_nested():
            insert_ready(session, prepared.rows)
    except IntegrityError:
        # Another transaction has just used one of the readings for a complete audit.
        raise Moved("A case in the sample has been allocated. Check the proposal again.") from None
    if not listed_by(session, audit_round).isdisjoint(row["auditor_id"] for row in prepared.audits_made):
        carry_over(session, by.organisation_id, prepared.audits)
    events.record_prepared(session, prepared.events)
    notify_auditors(session, audit_round, prepared.audits_made, by=by)
    events.record(
        session,
        "round.allocated",
        round_id,
        by=by,
        details={"seed": prepared.asked.seed, "audits": len(prepared.audits_made), "left_over": prepared.left_over},
    )
    return prepared.audits


# Kinds of events that come all day, and change nothing that a proposal depends on: not who is free, not which cases are
# sampled or read, not who has seen what.
CHANGE_NO_PROPOSAL: Final = frozenset(
    {
        *("audit.questions-answered", "audit.score-cleared", "audit.scored"),
        *("audit.case-described", "audit.concluded", "audit.conversation-written"),
        *("audit.family-views-written", "audit.theme-notes-written"),
        *("case-file.made", "person.sign-in-failed", "person.signed-in", "person.signed-out"),
    }
)


def _may_have_changed(session: Session, prepared: PreparedAllocation, by: Actor) -> bool:
    """Whether what the proposal depends on may have changed since it was read. To read it again holds the writer."""
    newest = events.number_of_newest(session, by.organisation_id)
    return not events.has_only(
        session, by.organisation_id, CHANGE_NO_PROPOSAL, after=prepared.newest_event, up_to=newest
    )


class WaitingCase(NamedTuple):
    """A sampled case that nobody reads yet, and its probability of being drawn."""

    id: uuid.UUID
    reference: str
    probability: float
    team_id: uuid.UUID
    worker: str


def waiting_cases(session: Session, audit_round: Round) -> list[WaitingCase]:
    """The sampled cases of a round that nobody reads yet, by their references; at most MOST_READINGS.

    A case that was drawn twice appears once, as in the latest sample.
    """
    found = [WaitingCase(*row) for row in session.execute(_waiting(audit_round))]
    return list({case.id: case for case in found}.values())


@dataclass(frozen=True, slots=True)
class _Basis:
    """All that a proposal depends on: the same basis and request give the same proposal."""

    cases: tuple[WaitingCase, ...]
    read_last: Mapping[uuid.UUID, uuid.UUID]
    # Of each case, who has seen an audit of it that was withdrawn: they could not read it blind.
    saw: Mapping[uuid.UUID, frozenset[str]]
    auditors: Mapping[uuid.UUID, Auditor]
    names: Mapping[uuid.UUID, str]


def _read_basis(session: Session, audit_round: Round, asked: AllocationRequest, by: Actor) -> _Basis:
    """Reads with a fixed number of statements, whatever the number of cases: it is read again before storing."""
    if audit_round.state is RoundState.CLOSED:
        raise Conflict("This round is closed, so no more audits can be allocated.")
    names = audits.active_auditors(session, by)
    _check(asked, names)
    waiting = _waiting(audit_round).subquery()
    read_last = session.execute(
        select_columns(col(Audit.case_file_id), col(Audit.auditor_id))
        .where(
            col(Audit.organisation_id) == audit_round.organisation_id,
            col(Audit.case_file_id).in_(select_columns(waiting.c.id)),
            col(Audit.state) != AuditState.WITHDRAWN,
            col(Audit.round_id) != audit_round.id,
            col(Audit.reading) == 1,
            visible_under_blind_reading(by.person_id),
        )
        # In the order of allocation, so that the last one wins.
        .order_by(col(Audit.id))
    )
    cases = tuple(waiting_cases(session, audit_round))
    saw: dict[uuid.UUID, frozenset[str]] = {}
    for case_id, person_id in people_who_saw(session, audit_round, select_columns(waiting.c.id), withdrawn_too=True):
        saw[case_id] = saw.get(case_id, frozenset()) | {str(person_id)}
    return _Basis(
        cases=cases,
        read_last=dict(read_last.all()),
        saw=saw,
        auditors=auditors_for(session, audit_round, asked.auditors or tuple(names), by=by),
        names=names,
    )


def _proposed(asked: AllocationRequest, basis: _Basis) -> AllocationProposal:
    if not basis.cases:
        raise Conflict(
            "All sampled cases in this round are allocated. Draw another sample, or select case files yourself."
        )
    cases = [
        CaseToRead(
            str(case.id),
            str(case.team_id),
            case.worker,
            str(basis.read_last.get(case.id, "")),
            reviewers=basis.saw.get(case.id, frozenset()),
        )
        for case in basis.cases
    ]
    double_share = Fraction(asked.double_percent, 100)
    proposal = allocate(cases, list(basis.auditors.values()), seed=asked.seed, double_share=double_share)
    return AllocationProposal(
        asked,
        tuple(proposal.allocated),
        tuple(proposal.left_over),
        {str(case.id): case.reference for case in basis.cases},
        {str(person): basis.names[person] for person in basis.auditors},
        {str(person): auditor.load for person, auditor in basis.auditors.items()},
        _mark(proposal.allocated),
    )


def _waiting(audit_round: Round) -> Select[uuid.UUID, str, float, uuid.UUID, str]:
    own = audit_round.organisation_id
    read = (
        select(Audit.id)
        .where(
            col(Audit.organisation_id) == own,
            col(Audit.round_id) == audit_round.id,
            col(Audit.case_file_id) == col(SampledCase.case_file_id),
            col(Audit.state) != AuditState.WITHDRAWN,
        )
        .exists()
    )
    return (
        select_columns(
            col(SampledCase.case_file_id).label("id"),
            col(CaseFile.reference),
            col(SampledCase.probability),
            col(CaseFile.team_id),
            col(CaseFile.worker),
        )
        .join(Sample, linked(Sample.id, SampledCase.sample_id))
        .join(CaseFile, linked(CaseFile.id, SampledCase.case_file_id))
        .where(
            col(SampledCase.organisation_id) == own,
            col(Sample.round_id) == audit_round.id,
            col(SampledCase.state) == SampledState.SELECTED,
            ~read,
        )
        .order_by(col(CaseFile.reference), col(Sample.id))
        .limit(MOST_READINGS)
    )


def _check(asked: AllocationRequest, names: Mapping[uuid.UUID, str]) -> None:
    faults = []
    for place, person in enumerate(asked.auditors):
        if person not in names:
            faults.append(Fault(f"/auditors/{place}", "Select an active person with the auditor role"))
    if not asked.auditors and not names:
        faults.append(Fault("/auditors", "There are no active auditors. Ask an administrator to invite an auditor."))
    if not 0 <= asked.double_percent <= 100:
        faults.append(
            Fault("/double_percent", "Percentage of cases to read twice must be a whole number from 0 to 100")
        )
    if not 1 <= len(asked.seed) <= 64 or not asked.seed.isascii() or not asked.seed.isalnum():
        faults.append(Fault("/seed", "Seed must be 1 to 64 letters and digits."))
    if faults:
        raise Invalid(faults[0].detail, faults=tuple(faults))


def _at_random(seed: str, each: Allocated) -> str:
    """A random order, so that identifiers do not reveal which readings are second ones."""
    return hashlib.sha256(f"{seed} {each.case} {each.auditor}".encode()).hexdigest()


def _mark(allocated: Sequence[Allocated]) -> str:
    lines = sorted(f"{each.case} {each.reading} {each.auditor}" for each in allocated)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
