"""Allocating case files of a round to auditors, as a first or second reading."""

import uuid
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import bindparam
from sqlalchemy import select as select_columns
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from api.access.blindness import check_is_not_reader
from api.access.seen import carry_over
from api.allocation.rules import auditors_for, cases_for, unfit_cases
from api.audits.actions import active_auditors
from api.foundation import events
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import AlreadyExists, Conflict, Invalid, Moved
from api.notices import actions as notices
from api.rounds import actions as rounds
from checklists.allocation import Auditor, CaseToRead, breaches
from models import (
    Audit,
    AuditMode,
    AuditState,
    CaseFile,
    NoticeKind,
    Round,
    RoundState,
    new_id,
    now,
)
from models.storage.bulk import ReadyRows, insert_ready, make_ready
from models.storage.dialects import is_among
from models.storage.portions import in_portions

_TAKEN: Final = "This reading of the case file is already allocated in this round."
_READINGS: Final = select_columns(col(Audit.case_file_id), col(Audit.reading), col(Audit.auditor_id)).where(
    col(Audit.organisation_id) == bindparam("own"),
    col(Audit.round_id) == bindparam("round"),
    is_among(col(Audit.case_file_id), "cases"),
    col(Audit.state) != AuditState.WITHDRAWN,
)


@dataclass(frozen=True, slots=True)
class Allocation:
    """An allocation of a case file to a person. Without a reading it is the first, or the second if one exists."""

    case_file_id: uuid.UUID
    auditor_id: uuid.UUID
    reading: int | None = None
    mode: AuditMode = AuditMode.RECORDS_ONLY
    # How many cases of the sampling frame the case represents.
    sampling_weight: float | None = None


def allocate(session: Session, *, round_id: uuid.UUID, allocation: Allocation, by: Actor) -> Audit:
    """Allocate a case file to an auditor. A second reading goes to another person than the first.

    Raises Conflict when the round is closed, AlreadyExists when that reading is allocated, Invalid, NotFound.
    """
    return allocate_many(session, round_id=round_id, allocations=[allocation], by=by)[0]


def allocate_many(
    session: Session, *, round_id: uuid.UUID, allocations: Sequence[Allocation], by: Actor
) -> list[Audit]:
    """Allocate many case files of one round, all or none: prepared and stored in one transaction."""
    check_may(by, Permission.ALLOCATE_AUDITS)
    audit_round = rounds.lock_for_planning(session, round_id=round_id, by=by)
    prepared = _prepared(session, audit_round, allocations, by)
    _write(session, prepared, by)
    notify_auditors(session, audit_round, prepared.audits, by=by)
    return _insert(session, prepared.audits)


@dataclass(frozen=True, slots=True)
class PreparedAllocations:
    """Audits that will be allocated, and the data that their preparation used."""

    round_id: uuid.UUID
    round_version: int
    allocations: tuple[Allocation, ...]
    basis: "_Basis"
    audits: list[dict[str, Any]]
    rows: ReadyRows
    events: list[dict[str, object]]


def prepare_allocations(
    session: Session, *, round_id: uuid.UUID, allocations: Sequence[Allocation], by: Actor
) -> PreparedAllocations:
    """Check many allocations of one round, and prepare them for storing; writes nothing. Raises as `allocate`."""
    check_may(by, Permission.ALLOCATE_AUDITS)
    return _prepared(session, rounds.find_round(session, round_id=round_id, by=by), allocations, by)


def store_allocations(session: Session, prepared: PreparedAllocations, *, by: Actor) -> None:
    """Store the prepared allocations, all or none.

    Raises Moved when the round, its people, cases or readings have changed since.
    """
    check_may(by, Permission.ALLOCATE_AUDITS)
    audit_round = rounds.lock_for_planning(session, round_id=prepared.round_id, by=by)
    if audit_round.version != prepared.round_version:
        raise Moved
    if _Basis.of(session, audit_round, prepared.allocations, by) != prepared.basis:
        raise Moved
    _write(session, prepared, by)
    notify_auditors(session, audit_round, prepared.audits, by=by)


@dataclass(frozen=True, slots=True)
class _Basis:
    """The data that allocations depend on: who may read, which cases, and who reads them already."""

    auditors: dict[uuid.UUID, Auditor]
    cases: dict[uuid.UUID, CaseToRead]
    readings: dict[uuid.UUID, dict[int, uuid.UUID]]

    @classmethod
    def of(cls, session: Session, audit_round: Round, allocations: Sequence[Allocation], by: Actor) -> "_Basis":
        active = active_auditors(session, by)
        wanted = {each.case_file_id for each in allocations}
        return cls(
            auditors_for(session, audit_round, {each.auditor_id for each in allocations} & active.keys(), by=by),
            cases_for(session, audit_round, wanted, by=by),
            readings_of(session, audit_round, wanted),
        )


def _prepared(
    session: Session, audit_round: Round, allocations: Sequence[Allocation], by: Actor
) -> PreparedAllocations:
    if audit_round.state is RoundState.CLOSED:
        raise Conflict("This round is closed, so no more audits can be allocated.")
    basis = _Basis.of(session, audit_round, allocations, by)
    auditors, cases = dict(basis.auditors), dict(basis.cases)
    readings = {case: dict(of_case) for case, of_case in basis.readings.items()}
    for read in cases.values():
        check_is_not_reader(by, read.readers)
    unfit = unfit_cases(session, audit_round, cases)
    rows = []
    for place, allocation in enumerate(allocations):
        prefix = f"/{place}" if len(allocations) > 1 else ""
        auditor, case = auditors.get(allocation.auditor_id), cases.get(allocation.case_file_id)
        if auditor is None:
            raise Invalid.at(f"{prefix}/auditor_id", "Select an active person with the auditor role")
        if case is None:
            raise Invalid.at(f"{prefix}/case_file_id", "Select a case file in your organisation")
        if allocation.case_file_id in unfit:
            raise Invalid.at(f"{prefix}/case_file_id", unfit[allocation.case_file_id])
        broken = breaches(case, auditor)
        if broken:
            words = " and ".join(rule.words for rule in broken)
            raise Invalid.at(f"{prefix}/auditor_id", f"Select another auditor. This person {words}.")
        taken = readings.setdefault(allocation.case_file_id, {})
        reading = allocation.reading or (1 if 1 not in taken else 2)
        if reading not in {1, 2}:
            raise Invalid.at(f"{prefix}/reading", "Reading must be 1 or 2.")
        if reading in taken:
            raise AlreadyExists(_TAKEN)
        rows.append(audit_row(audit_round, allocation, reading))
        taken[reading] = allocation.auditor_id
        auditors[allocation.auditor_id] = replace(auditor, load=auditor.load + 1)
        cases[allocation.case_file_id] = replace(case, readers=case.readers | {auditor.id})
    ready = make_ready(session, {Audit: rows})
    made = allocated_events(rows, by=by)
    return PreparedAllocations(audit_round.id, audit_round.version, tuple(allocations), basis, rows, ready, made)


def _write(session: Session, prepared: PreparedAllocations, by: Actor) -> None:
    try:
        with session.begin_nested():
            insert_ready(session, prepared.rows)
    except IntegrityError:
        # A complete audit used the same reading between our check and our write.
        raise AlreadyExists(_TAKEN) from None
    carry_over(session, by.organisation_id, [row["id"] for row in prepared.audits])
    events.record_prepared(session, prepared.events)


def audit_row(audit_round: Round, allocation: Allocation, reading: int) -> dict[str, Any]:
    """A new audit as a row. The caller has checked that this person may be given this reading."""
    return {
        "organisation_id": audit_round.organisation_id,
        "id": new_id(),
        "round_id": audit_round.id,
        "case_file_id": allocation.case_file_id,
        "auditor_id": allocation.auditor_id,
        "reading": reading,
        "sampling_weight": allocation.sampling_weight,
        "mode": allocation.mode,
        "state": AuditState.DRAFT,
        "version": 1,
        "created_at": now(),
        "withdrawal_reason": "",
        "return_reason": "",
        "answers": "",
        "overall_calculated": "",
        "overall_override": "",
        "override_reason": "",
        "cap_reason": "",
    }


def _insert(session: Session, rows: Sequence[dict[str, Any]]) -> list[Audit]:
    found = {
        audit.id: audit
        for some in in_portions([row["id"] for row in rows])
        for audit in session.exec(
            select(Audit).where(col(Audit.organisation_id) == rows[0]["organisation_id"], col(Audit.id).in_(some))
        )
    }
    return [found[row["id"]] for row in rows]


def references_of(session: Session, audits: Sequence[dict[str, Any]]) -> dict[uuid.UUID, str]:
    """The reference of the case file of each of these new audits of one organisation."""
    own = audits[0]["organisation_id"]
    found: dict[uuid.UUID, str] = {}
    for some in in_portions([row["case_file_id"] for row in audits]):
        query = select(CaseFile.id, CaseFile.reference)
        found.update(session.exec(query.where(col(CaseFile.organisation_id) == own, col(CaseFile.id).in_(some))).all())
    return found


def allocated_events(rows: Sequence[dict[str, Any]], *, by: Actor) -> list[dict[str, object]]:
    """The events of these new audits."""
    return [
        events.row("audit.allocated", row["id"], by=by, details={"auditor": str(row["auditor_id"])}) for row in rows
    ]


def notify_auditors(session: Session, audit_round: Round, rows: Sequence[Mapping[str, Any]], *, by: Actor) -> None:
    """Notify each auditor of these new audits, once with their number; until the round is open, nobody."""
    if audit_round.state is RoundState.OPEN:
        numbers = Counter(row["auditor_id"] for row in rows)
        notices.give_notices(session, NoticeKind.ALLOCATED, subject_id=audit_round.id, numbers=numbers, by=by)


def readings_of(
    session: Session, audit_round: Round, case_files: Collection[uuid.UUID]
) -> dict[uuid.UUID, dict[int, uuid.UUID]]:
    """Who has the first and the second reading of each of these cases in a round; withdrawn audits do not count."""
    found: dict[uuid.UUID, dict[int, uuid.UUID]] = {}
    for some in in_portions(case_files):
        named = {"own": audit_round.organisation_id, "round": audit_round.id, "cases": some}
        for case_file_id, reading, auditor_id in session.execute(_READINGS, named):
            found.setdefault(case_file_id, {})[reading] = auditor_id
    return found
