"""Reallocating open audits: to one person, or spread by the rules; with the answers so far, or afresh."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from api.allocation.actions import Allocation, allocated_events, audit_row
from api.allocation.proposals.actions import new_seed
from api.allocation.reallocation.queries import OpenAudit, open_audits_of
from api.allocation.rules import auditors_for, cases_for
from api.audits.actions import active_auditors
from api.audits.submission import actions as submissions
from api.foundation import events
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Conflict, Fault, Invalid, Moved, is_allowed
from api.foundation.text.free_text import KeepReason, NameCheck, raise_if_any
from api.people import actions as people
from api.rounds import actions as rounds
from checklists.allocation import Auditor, CaseToRead, allocate, breaches
from checklists.audits.audit_states import Step, state_after
from models import Audit, AuditState, Consensus, Event, Round, RoundState, now
from models.storage.bulk import insert_ready, make_ready

_Details = dict[str, str | int | bool | None]
CLOSED: Final = "This round is closed: no more audits can be allocated in it."


@dataclass(frozen=True, slots=True)
class ReallocationRequest:
    """Whose audits are reallocated, which of them or all, and how.

    Without `to`, they are spread evenly among the auditors whom the rules of allocation allow. `afresh`: the audit is
    withdrawn with the reason, and another one begins empty; otherwise it moves with the answers so far.
    """

    auditor_id: uuid.UUID
    audits: tuple[uuid.UUID, ...] = ()
    to: uuid.UUID | None = None
    afresh: bool = False
    reason: str = ""
    keep_names: KeepReason | None = None


@dataclass(frozen=True, slots=True)
class ReallocatedAudit:
    """An audit that has another auditor now; begun afresh, it is another audit."""

    replaced: uuid.UUID
    audit_id: uuid.UUID
    auditor_id: uuid.UUID
    reference: str


@dataclass(frozen=True, slots=True)
class Reallocation:
    """What was reallocated, and the audits that stay where they are, each with why."""

    moved: tuple[ReallocatedAudit, ...]
    left: tuple[tuple[OpenAudit, str], ...]


def check_can_reallocate(session: Session, audit: Audit, *, by: Actor) -> None:
    """Raise the Problem for which this person cannot reallocate an audit now."""
    check_may(by, Permission.ALLOCATE_AUDITS)
    audit_round = session.get_one(Round, (audit.organisation_id, audit.round_id))
    _check_open(audit_round)
    if not open_audits_of(session, audit_round, audit.auditor_id, by=by, only=[audit.id]):
        raise Conflict("Only an audit that is not submitted is reallocated, or one whose auditor can no longer act.")


def reallocate(session: Session, *, round_id: uuid.UUID, asked: ReallocationRequest, by: Actor) -> Reallocation:
    """Give audits of one person to others. To one person: all or none; spread: as many as the rules allow.

    An audit that is submitted, by somebody who can no longer act, is returned with the reason to its new auditor.
    Nobody is given a case of their own team or caseload, one that they read or review in this round, or one of whose
    other reading they have looked at. Raises Conflict, Invalid, Moved, NotFound.
    """
    check_may(by, Permission.ALLOCATE_AUDITS)
    audit_round = rounds.lock_for_planning(session, round_id=round_id, by=by)
    _check_open(audit_round)
    people.find_person(session, person_id=asked.auditor_id, by=by)
    wanted = open_audits_of(session, audit_round, asked.auditor_id, by=by, only=asked.audits, lock=True)
    if not wanted or (asked.audits and len(wanted) < len(set(asked.audits))):
        raise Invalid.at("/audits", "Choose audits of this person that are not finished.")
    names = _check_reason(session, asked, wanted, by)
    readers = _readers(session, audit_round, wanted, asked, by)
    seed = new_seed()
    chosen, left = _to_one(wanted, readers, asked.to) if asked.to is not None else _spread(wanted, readers, seed)
    chosen, left = _without_settled(session, chosen, left, by=by)
    if not chosen:
        raise Conflict(left[0][1] if left else "The rules leave nobody who could read any of these cases.")
    try:
        with session.begin_nested():
            _forget_proposals(session, chosen, asked)
            moved = (_begin_afresh if asked.afresh else _move)(session, audit_round, chosen, asked, by)
    except IntegrityError:
        # A complete audit used the same reading between our check and our write.
        raise Moved from None
    names.record(session, round_id, by=by)
    details: _Details = {"from": str(asked.auditor_id), "seed": seed, "audits": len(moved), "left_over": len(left)}
    events.record(session, "round.reallocated", round_id, by=by, details=details)
    return Reallocation(tuple(moved), tuple(left))


_Chosen = list[tuple[OpenAudit, uuid.UUID]]
_Left = list[tuple[OpenAudit, str]]


@dataclass(frozen=True, slots=True)
class _Readers:
    """Who may be given audits, and each case with the people who may not read it."""

    auditors: Mapping[uuid.UUID, Auditor]
    cases: Mapping[uuid.UUID, CaseToRead]


def _check_open(audit_round: Round) -> None:
    if audit_round.state is RoundState.CLOSED:
        raise Conflict(CLOSED)


def _check_reason(session: Session, asked: ReallocationRequest, wanted: Sequence[OpenAudit], by: Actor) -> NameCheck:
    names = NameCheck.of(session, by)
    faults = names.check("/reason", asked.reason, keep=asked.keep_names)
    if not asked.reason.strip():
        if asked.afresh:
            faults.append(Fault("/reason", "Say why the audits are begun afresh."))
        elif not all(each.is_with_auditor for each in wanted):
            faults.append(Fault("/reason", "Say what the new auditor should look at again: an audit is submitted."))
    raise_if_any(faults)
    return names


def _readers(
    session: Session, audit_round: Round, wanted: Sequence[OpenAudit], asked: ReallocationRequest, by: Actor
) -> _Readers:
    active = active_auditors(session, by)
    if asked.to is not None and (asked.to not in active or asked.to == asked.auditor_id):
        raise Invalid.at("/to", "Choose another active person who holds the role of auditor.")
    able = {asked.to} if asked.to is not None else active.keys() - {asked.auditor_id}
    own = str(asked.auditor_id)
    viewers = _viewers(session, audit_round, wanted)
    cases = {
        case_file_id: replace(
            case, readers=case.readers - {own}, reviewers=case.reviewers | viewers.get(case_file_id, frozenset())
        )
        for case_file_id, case in cases_for(session, audit_round, [each.audit.case_file_id for each in wanted]).items()
    }
    return _Readers(auditors_for(session, audit_round, able), cases)


def _viewers(session: Session, audit_round: Round, wanted: Sequence[OpenAudit]) -> dict[uuid.UUID, frozenset[str]]:
    """Who has looked at another reading of each case: they would not read it blind."""
    rows = session.execute(
        select(col(Audit.case_file_id), col(Event.person_id))
        .join(
            Event, (col(Event.organisation_id) == col(Audit.organisation_id)) & (col(Event.subject_id) == col(Audit.id))
        )
        .where(
            col(Audit.organisation_id) == audit_round.organisation_id,
            col(Audit.round_id) == audit_round.id,
            col(Audit.case_file_id).in_([each.audit.case_file_id for each in wanted]),
            col(Audit.id).not_in([each.audit.id for each in wanted]),
            col(Audit.state) != AuditState.WITHDRAWN,
            col(Event.kind) == "audit.read",
            col(Event.person_id).is_not(None),
        )
        .distinct()
    )
    found: dict[uuid.UUID, frozenset[str]] = {}
    for case_file_id, person_id in rows:
        found[case_file_id] = found.get(case_file_id, frozenset()) | {str(person_id)}
    return found


def _to_one(wanted: Sequence[OpenAudit], readers: _Readers, to: uuid.UUID) -> tuple[_Chosen, _Left]:
    auditor = readers.auditors[to]
    for each in wanted:
        if broken := breaches(readers.cases[each.audit.case_file_id], auditor):
            words = " and ".join(rule.words for rule in broken)
            raise Invalid.at("/to", f"{each.reference}: this person {words}. Choose somebody else.")
        auditor = replace(auditor, load=auditor.load + 1)
    return [(each, to) for each in wanted], []


def _spread(wanted: Sequence[OpenAudit], readers: _Readers, seed: str) -> tuple[_Chosen, _Left]:
    by_case = {str(each.audit.case_file_id): each for each in wanted}
    proposal = allocate(readers.cases.values(), readers.auditors.values(), seed=seed)
    chosen = [(by_case[each.case], uuid.UUID(each.auditor)) for each in proposal.allocated]
    left = [
        (
            by_case[each.case],
            "Nobody may read this case: "
            + ("; ".join(f"{number} {rule.words}" for rule, number in each.because.items()) or "there is no auditor")
            + ".",
        )
        for each in proposal.left_over
    ]
    return chosen, left


def _without_settled(session: Session, chosen: _Chosen, left: _Left, *, by: Actor) -> tuple[_Chosen, _Left]:
    """Without second readings that are part of an agreement: those are neither returned nor withdrawn."""
    possible = [
        (each, to)
        for each, to in chosen
        if each.is_with_auditor or is_allowed(submissions.check_can_withdraw, session, each.audit, by=by)
    ]
    kept = {each.audit.id for each, _ in possible}
    words = "The two readings of this case are agreed. Have the first one reopened before."
    return possible, [*left, *((each, words) for each, _ in chosen if each.audit.id not in kept)]


def _forget_proposals(session: Session, chosen: _Chosen, asked: ReallocationRequest) -> None:
    """Delete what the person proposed for cases read twice: their successor could confirm it for the same reading."""
    for each, _ in chosen:
        first = select(Audit.id).where(
            col(Audit.organisation_id) == each.audit.organisation_id,
            col(Audit.round_id) == each.audit.round_id,
            col(Audit.case_file_id) == each.audit.case_file_id,
        )
        session.execute(
            delete(Consensus).where(
                col(Consensus.organisation_id) == each.audit.organisation_id,
                col(Consensus.audit_id).in_(first),
                col(Consensus.proposed_by_id) == asked.auditor_id,
                col(Consensus.settled_by_id).is_(None),
            )
        )


def _move(session: Session, _: Round, chosen: _Chosen, asked: ReallocationRequest, by: Actor) -> list[ReallocatedAudit]:
    rows = []
    for each, to in chosen:
        audit = each.audit
        if not each.is_with_auditor:
            audit.state, audit.return_reason = state_after(audit.state, Step.RETURN), asked.reason
            audit.agreed_answers, audit.agreed_at = "", None
        audit.auditor_id = to
        audit.version += 1
        session.add(audit)
        details: _Details = {
            "from": str(asked.auditor_id),
            "auditor": str(to),
            "returned": not each.is_with_auditor,
        }
        rows.append(events.row("audit.reallocated", audit.id, by=by, details=details))
    session.flush()
    events.record_many(session, rows)
    return [ReallocatedAudit(each.audit.id, each.audit.id, to, each.reference) for each, to in chosen]


def _begin_afresh(
    session: Session, audit_round: Round, chosen: _Chosen, asked: ReallocationRequest, by: Actor
) -> list[ReallocatedAudit]:
    withdrawn, made = [], []
    for each, to in chosen:
        audit = each.audit
        audit.state = state_after(audit.state, Step.WITHDRAW)
        audit.withdrawn_at, audit.withdrawal_reason = now(), asked.reason
        audit.version += 1
        session.add(audit)
        withdrawn.append(events.row("audit.withdrawn", audit.id, by=by))
        allocation = Allocation(audit.case_file_id, to, audit.reading, audit.mode, audit.sampling_weight)
        made.append(audit_row(audit_round, allocation, audit.reading))
    session.flush()
    insert_ready(session, make_ready(session, {Audit: made}))
    events.record_many(session, [*withdrawn, *allocated_events(made, by=by)])
    return [
        ReallocatedAudit(each.audit.id, row["id"], to, each.reference)
        for (each, to), row in zip(chosen, made, strict=True)
    ]
