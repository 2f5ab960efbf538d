"""Reallocating open audits: to one person, or spread by the rules; with the answers so far, or afresh."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from api.access.seen import carry_over, hand_over
from api.allocation.actions import Allocation, allocated_events, audit_row, notify_auditors
from api.allocation.proposals.actions import new_seed
from api.allocation.reallocation.queries import OpenAudit, open_audits_of
from api.allocation.rules import auditors_for, cases_for
from api.audits.actions import active_auditors
from api.audits.submission import actions as submissions
from api.foundation import events
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Conflict, Fault, Invalid, Moved, is_allowed
from api.foundation.text.free_text import KeepReason, NameCheck, raise_if_any
from api.notices import actions as notices
from api.people import actions as people
from api.rounds import actions as rounds
from checklists.allocation import Auditor, CaseToRead, allocate, breaches
from checklists.audits.audit_states import Step, state_after
from models import Audit, Consensus, NoticeKind, Round, RoundState, now
from models.storage.bulk import insert_ready, make_ready

_Details = dict[str, str | int | bool | None]
CLOSED: Final = "This round is closed, so no more audits can be allocated."


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
        raise Conflict(
            "You can only reallocate an audit that is not submitted, or an audit whose auditor can no longer act."
        )


@dataclass(frozen=True, slots=True)
class PreparedReallocation:
    """Who is given which audits, and the data that this depends on."""

    round_id: uuid.UUID
    asked: ReallocationRequest
    names: NameCheck
    seed: str
    basis: "_Basis"
    chosen: Mapping[uuid.UUID, uuid.UUID]
    left: "_Left"


def prepare_reallocation(
    session: Session, *, round_id: uuid.UUID, asked: ReallocationRequest, by: Actor
) -> PreparedReallocation:
    """Choose who gets a person's audits; writes nothing. For one person: all or none; spread: as many as the rules
    allow.

    Nobody gets a case of their own team or caseload, a case that they read or review in this round, or a case whose
    other reading they have seen. Raises Conflict, Invalid, NotFound.
    """
    check_may(by, Permission.ALLOCATE_AUDITS)
    audit_round = rounds.find_round(session, round_id=round_id, by=by)
    _check_open(audit_round)
    people.find_person(session, person_id=asked.auditor_id, by=by)
    wanted = open_audits_of(session, audit_round, asked.auditor_id, by=by, only=asked.audits)
    if not wanted or (asked.audits and len(wanted) < len(set(asked.audits))):
        raise Invalid.at("/audits", "Select unfinished audits for this person")
    names = _check_reason(session, asked, wanted, by)
    basis, seed = _Basis.of(session, audit_round, wanted, asked, by), new_seed()
    chosen, left = _to_one(wanted, basis, asked.to) if asked.to is not None else _spread(wanted, basis, seed)
    chosen, left = _without_settled(session, chosen, left, by=by)
    if not chosen:
        raise Conflict(
            left[0][1]
            if left
            else ("No available auditor can be allocated any of these cases under the allocation rules.")
        )
    return PreparedReallocation(round_id, asked, names, seed, basis, {each.audit.id: to for each, to in chosen}, left)


def store_reallocation(session: Session, prepared: PreparedReallocation, *, by: Actor) -> Reallocation:
    """Give the audits to the people who were chosen for them.

    An audit that is submitted, by somebody who can no longer act, is returned with the reason to its new auditor.
    Raises Moved when the audits, people or cases have changed since, and Conflict when the round is closed.
    """
    asked = prepared.asked
    check_may(by, Permission.ALLOCATE_AUDITS)
    audit_round = rounds.lock_for_planning(session, round_id=prepared.round_id, by=by)
    _check_open(audit_round)
    every = list(prepared.basis.versions)
    wanted = open_audits_of(session, audit_round, asked.auditor_id, by=by, only=every, lock=True)
    if _Basis.of(session, audit_round, wanted, asked, by) != prepared.basis:
        raise Moved
    chosen = [(each, prepared.chosen[each.audit.id]) for each in wanted if each.audit.id in prepared.chosen]
    if len(_without_settled(session, chosen, [], by=by)[0]) < len(chosen):
        raise Moved
    try:
        with session.begin_nested():
            _forget_proposals(session, chosen, asked)
            moved = (_begin_afresh if asked.afresh else _move)(session, audit_round, chosen, asked, by)
    except IntegrityError:
        # A complete audit used the same reading between our check and our write.
        raise Moved from None
    notify_auditors(session, audit_round, [{"auditor_id": each.auditor_id} for each in moved], by=by)
    if audit_round.state is RoundState.OPEN:
        taken = {asked.auditor_id: len(moved)}
        notices.give_notices(session, NoticeKind.TAKEN_AWAY, subject_id=audit_round.id, numbers=taken, by=by)
    prepared.names.record(session, prepared.round_id, by=by)
    details: _Details = {
        "from": str(asked.auditor_id),
        "seed": prepared.seed,
        "audits": len(moved),
        "left_over": len(prepared.left),
    }
    events.record(session, "round.reallocated", prepared.round_id, by=by, details=details)
    return Reallocation(tuple(moved), tuple(prepared.left))


def reallocate(session: Session, *, round_id: uuid.UUID, asked: ReallocationRequest, by: Actor) -> Reallocation:
    """Prepare and store in one transaction. Raises what the two parts raise."""
    prepared = prepare_reallocation(session, round_id=round_id, asked=asked, by=by)
    return store_reallocation(session, prepared, by=by)


_Chosen = list[tuple[OpenAudit, uuid.UUID]]
_Left = list[tuple[OpenAudit, str]]


@dataclass(frozen=True, slots=True)
class _Basis:
    """The audits as they are, who may be given them, and each case with the people who may not read it."""

    versions: Mapping[uuid.UUID, int]
    auditors: Mapping[uuid.UUID, Auditor]
    cases: Mapping[uuid.UUID, CaseToRead]

    @classmethod
    def of(
        cls,
        session: Session,
        audit_round: Round,
        wanted: Sequence[OpenAudit],
        asked: ReallocationRequest,
        by: Actor,
    ) -> "_Basis":
        active = active_auditors(session, by)
        if asked.to is not None and (asked.to not in active or asked.to == asked.auditor_id):
            raise Invalid.at("/to", "Select a different active person with the auditor role")
        able = {asked.to} if asked.to is not None else active.keys() - {asked.auditor_id}
        case_files, own = [each.audit.case_file_id for each in wanted], [each.audit.id for each in wanted]
        cases = cases_for(session, audit_round, case_files, by=by, apart_from=own)
        return cls(
            {each.audit.id: each.audit.version for each in wanted},
            auditors_for(session, audit_round, able, by=by),
            {
                case_file_id: replace(case, readers=case.readers - {str(asked.auditor_id)})
                for case_file_id, case in cases.items()
            },
        )


def _check_open(audit_round: Round) -> None:
    if audit_round.state is RoundState.CLOSED:
        raise Conflict(CLOSED)


def _check_reason(session: Session, asked: ReallocationRequest, wanted: Sequence[OpenAudit], by: Actor) -> NameCheck:
    names = NameCheck.of(session, by)
    faults = names.check("/reason", asked.reason, keep=asked.keep_names)
    if not asked.reason.strip():
        if asked.afresh:
            faults.append(Fault("/reason", "Enter why the audits must start again"))
        elif not all(each.is_with_auditor for each in wanted):
            faults.append(
                Fault("/reason", "Enter what the new auditor should review. At least one audit is submitted.")
            )
    raise_if_any(faults)
    return names


def _to_one(wanted: Sequence[OpenAudit], basis: _Basis, to: uuid.UUID) -> tuple[_Chosen, _Left]:
    auditor = basis.auditors[to]
    for each in wanted:
        if broken := breaches(basis.cases[each.audit.case_file_id], auditor):
            words = " and ".join(rule.words for rule in broken)
            raise Invalid.at("/to", f"{each.reference}: select another auditor. This person {words}.")
        auditor = replace(auditor, load=auditor.load + 1)
    return [(each, to) for each in wanted], []


def _spread(wanted: Sequence[OpenAudit], basis: _Basis, seed: str) -> tuple[_Chosen, _Left]:
    by_case = {str(each.audit.case_file_id): each for each in wanted}
    proposal = allocate(basis.cases.values(), basis.auditors.values(), seed=seed)
    chosen = [(by_case[each.case], uuid.UUID(each.auditor)) for each in proposal.allocated]
    left = [
        (
            by_case[each.case],
            "No available auditor can read this case: "
            + ("; ".join(f"{number} {rule.words}" for rule, number in each.because.items()) or "there are no auditors")
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
    words = "The 2 readings of this case are agreed. Reopen the first reading before you do this."
    return possible, [*left, *((each, words) for each, _ in chosen if each.audit.id not in kept)]


def _forget_proposals(session: Session, chosen: _Chosen, asked: ReallocationRequest) -> None:
    """Delete what the person proposed for cases read twice: their successor could confirm it for the same reading."""
    own, round_id = chosen[0][0].audit.organisation_id, chosen[0][0].audit.round_id
    readings = select(Audit.id).where(
        col(Audit.organisation_id) == own,
        col(Audit.round_id) == round_id,
        col(Audit.case_file_id).in_([each.audit.case_file_id for each, _ in chosen]),
    )
    session.execute(
        delete(Consensus).where(
            col(Consensus.organisation_id) == own,
            col(Consensus.audit_id).in_(readings),
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
    audits = [each.audit.id for each, _ in chosen]
    hand_over(session, by.organisation_id, audits, former=asked.auditor_id)
    carry_over(session, by.organisation_id, audits)
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
    carry_over(session, by.organisation_id, [row["id"] for row in made])
    events.record_many(session, [*withdrawn, *allocated_events(made, by=by)])
    return [
        ReallocatedAudit(each.audit.id, row["id"], to, each.reference)
        for (each, to), row in zip(chosen, made, strict=True)
    ]
