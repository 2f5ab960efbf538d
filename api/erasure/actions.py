"""Asking for a case to be erased, deciding on it as a second person, and legal holds."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, select
from sqlmodel import Session, col

from api.case_files.settling import hold_case_files, unsettled_list
from api.erasure.copies import has_new_jobs
from api.erasure.erasing import PreparedErasure, erase, prepare_erasure
from api.erasure.held import check_audits_elsewhere, check_can_read_whole, find_case, hold_of
from api.foundation import events
from api.foundation.permissions import Actor, Permission, check_in_person, check_may
from api.foundation.problems import Conflict, Moved, NotAllowed, NotFound, refusal_of
from models import (
    Audit,
    CaseFile,
    ConcernState,
    Erasure,
    ErasureReason,
    HoldReason,
    LegalHold,
    Person,
    UrgentConcern,
    now,
)
from models.storage.joins import linked, table_alias

MOST: Final = 200


@dataclass(frozen=True, slots=True)
class ShownErasure:
    """An erasure with the names of who asked and who decided.

    `reference`: of its case, while it waits; empty once the case is gone. `why_not_decide`: why this person cannot
    decide on it. `why_not_erase`: why nobody can confirm it now. Each is empty where they can.
    """

    erasure: Erasure
    asked_by: str
    decided_by: str
    reference: str
    why_not_decide: str
    why_not_erase: str

    @property
    def may_decide(self) -> bool:
        return not self.why_not_decide

    @property
    def state(self) -> str:
        if self.erasure.decided_at is None:
            return "Waiting"
        return "Erased" if self.erasure.confirmed else "Declined"


def check_can_erase(session: Session, case_file_id: uuid.UUID, *, by: Actor) -> None:
    """Raise the Problem for which nobody may erase this case now."""
    if hold_of(session, by.organisation_id, case_file_id) is not None:
        raise Conflict("This case is under a legal hold. Another quality lead must lift it first.")
    concerns = (
        select(col(UrgentConcern.id))
        .join(Audit, linked(Audit.id, UrgentConcern.audit_id))
        .where(
            col(Audit.organisation_id) == by.organisation_id,
            col(Audit.case_file_id) == case_file_id,
            col(UrgentConcern.state) != ConcernState.CLOSED,
        )
    )
    if session.execute(concerns.limit(1)).first() is not None:
        raise Conflict("An urgent concern about this case is open. It must be closed first.")
    if unsettled_list(session, by.organisation_id) is not None:
        raise Conflict("A case list is being imported. Try again when it is imported.")


def check_can_ask(session: Session, case_file_id: uuid.UUID, *, by: Actor) -> None:
    """Raise the Problem for which this person cannot ask for a case to be erased now."""
    check_can_read_whole(session, case_file_id, by=by)
    check_in_person(by)
    if waiting_erasure(session, by.organisation_id, case_file_id) is not None:
        raise Conflict("Somebody has already asked for this case to be erased. Another person must confirm it.")
    check_can_erase(session, case_file_id, by=by)


def ask(session: Session, *, case_file_id: uuid.UUID, reason: ErasureReason, by: Actor) -> Erasure:
    """Ask for a case to be erased; nothing is erased before another person confirms it.

    Raises NotFound, NotAllowed, Conflict.
    """
    check_may(by, Permission.ERASE_CASES)
    _lock(session, by)
    find_case(session, case_file_id, by=by)
    check_can_ask(session, case_file_id, by=by)
    asked = Erasure(
        organisation_id=by.organisation_id, case_file_id=case_file_id, reason=reason, asked_by_id=by.id, asked_at=now()
    )
    session.add(asked)
    session.flush()
    events.record(session, "erasure.asked", asked.id, by=by, details={"case_file": str(case_file_id)})
    return asked


def check_can_decide(session: Session, erasure: Erasure, *, by: Actor) -> None:
    """Raise the Problem for which this person cannot decide on an erasure now."""
    check_may(by, Permission.REDACT_AUDITS)
    check_in_person(by)
    if by.person_id == erasure.asked_by_id:
        raise NotAllowed("You asked for this erasure, so another quality lead or a moderator must decide.")
    if erasure.decided_at is not None:
        raise Conflict("Another person has already confirmed or declined this.")
    check_audits_elsewhere(session, erasure.case_file_id, by=by)


@dataclass(frozen=True, slots=True)
class PreparedConfirmation:
    """An erasure that may be confirmed, and what it deletes."""

    erasure_id: uuid.UUID
    erasure: PreparedErasure


def prepare_confirmation(session: Session, *, erasure_id: uuid.UUID, by: Actor) -> PreparedConfirmation:
    """Look for all that a confirmed erasure deletes, in a reading transaction.

    Raises NotFound, NotAllowed, and Conflict: also where a job in progress is about the case.
    """
    erasure = find_erasure(session, erasure_id, by=by)
    check_can_decide(session, erasure, by=by)
    check_can_erase(session, erasure.case_file_id, by=by)
    prepared = prepare_erasure(session, case_file_id=erasure.case_file_id, by=by)
    if prepared.copies.in_a_job:
        raise Conflict("A job in progress is about this case. Try again when it is finished.")
    return PreparedConfirmation(erasure_id, prepared)


def confirm(session: Session, prepared: PreparedConfirmation, *, by: Actor) -> Erasure:
    """Erase everything stored of the case. Not by the person who asked.

    Raises NotFound, NotAllowed, Conflict, and Moved when there is something that was not prepared.
    """
    erasure = _lock_to_decide(session, prepared.erasure_id, by)
    check_can_erase(session, erasure.case_file_id, by=by)
    if has_new_jobs(session, by.organisation_id, prepared.erasure.copies):
        raise Moved
    erased = erase(session, prepared.erasure, erasure_id=erasure.id, by=by)
    erasure.erased = json.dumps(erased, sort_keys=True, separators=(",", ":"))
    _decide(session, erasure, by, confirmed=True)
    details = {**_details_of(erasure), "audits": erased.get("audit", 0)}
    events.record(session, "erasure.confirmed", erasure.id, by=by, details=details)
    return erasure


def decline(session: Session, *, erasure_id: uuid.UUID, by: Actor) -> Erasure:
    """Erase nothing. Not by the person who asked. Raises NotFound, NotAllowed, Conflict."""
    erasure = _lock_to_decide(session, erasure_id, by)
    _decide(session, erasure, by, confirmed=False)
    events.record(session, "erasure.declined", erasure.id, by=by, details=_details_of(erasure))
    return erasure


def _lock_to_decide(session: Session, erasure_id: uuid.UUID, by: Actor) -> Erasure:
    check_may(by, Permission.REDACT_AUDITS)
    _lock(session, by)
    erasure = find_erasure(session, erasure_id, by=by)
    check_can_decide(session, erasure, by=by)
    return erasure


def _decide(session: Session, erasure: Erasure, by: Actor, *, confirmed: bool) -> None:
    erasure.decided_by_id, erasure.decided_at, erasure.confirmed = by.person_id, now(), confirmed
    session.add(erasure)
    session.flush()


def _details_of(erasure: Erasure) -> dict[str, str | int | bool | None]:
    return {
        "case_file": str(erasure.case_file_id),
        "asked_by": str(erasure.asked_by_id),
        "reason": erasure.reason.value,
    }


def place_hold(session: Session, *, case_file_id: uuid.UUID, reason: HoldReason, by: Actor) -> LegalHold:
    """Place a legal hold on a case: nobody can erase it until another person lifts the hold.

    Raises NotFound, NotAllowed, Conflict.
    """
    check_may(by, Permission.ERASE_CASES)
    check_in_person(by)
    _lock(session, by)
    find_case(session, case_file_id, by=by)
    check_can_read_whole(session, case_file_id, by=by)
    if hold_of(session, by.organisation_id, case_file_id) is not None:
        raise Conflict("This case is under a legal hold already.")
    placed = LegalHold(
        organisation_id=by.organisation_id,
        case_file_id=case_file_id,
        reason=reason,
        placed_by_id=by.id,
        placed_at=now(),
    )
    session.add(placed)
    session.flush()
    events.record(session, "legal-hold.placed", placed.id, by=by, details={"case_file": str(case_file_id)})
    return placed


def check_can_lift(session: Session, case_file_id: uuid.UUID, *, by: Actor) -> LegalHold:
    """The hold of a case. Raises the Problem for which this person cannot lift it now."""
    check_can_read_whole(session, case_file_id, by=by)
    check_in_person(by)
    hold = hold_of(session, by.organisation_id, case_file_id)
    if hold is None:
        raise Conflict("This case is under no legal hold.")
    if hold.placed_by_id == by.person_id:
        raise NotAllowed("You placed this legal hold, so another quality lead must lift it.")
    return hold


def lift_hold(session: Session, *, case_file_id: uuid.UUID, by: Actor) -> LegalHold:
    """Lift the legal hold of a case that another person placed. Raises NotFound, NotAllowed, Conflict."""
    check_may(by, Permission.ERASE_CASES)
    _lock(session, by)
    find_case(session, case_file_id, by=by)
    hold = check_can_lift(session, case_file_id, by=by)
    hold.lifted_by_id, hold.lifted_at = by.person_id, now()
    session.add(hold)
    session.flush()
    events.record(session, "legal-hold.lifted", hold.id, by=by, details={"case_file": str(case_file_id)})
    return hold


def find_erasure(session: Session, erasure_id: uuid.UUID, *, by: Actor) -> Erasure:
    """An erasure of the organisation, as it is stored now. Raises NotFound."""
    check_may(by, Permission.REDACT_AUDITS)
    found = session.get(Erasure, (by.organisation_id, erasure_id), populate_existing=True)
    if found is None:
        raise NotFound("erasure")
    return found


def waiting_erasure(session: Session, organisation_id: int, case_file_id: uuid.UUID) -> Erasure | None:
    """The erasure of a case that waits for a second person."""
    mine = (col(Erasure.organisation_id) == organisation_id, col(Erasure.case_file_id) == case_file_id)
    return session.execute(select(Erasure).where(*mine, col(Erasure.decided_at).is_(None))).scalar_one_or_none()


def list_erasures(session: Session, *, by: Actor) -> Sequence[ShownErasure]:
    """The newest erasures, waiting ones first; for everybody who may decide on one."""
    check_may(by, Permission.REDACT_AUDITS)
    query = _shown().where(col(Erasure.organisation_id) == by.organisation_id)
    order = (col(Erasure.decided_at).is_not(None), col(Erasure.id).desc())
    return [_with_names(session, row, by) for row in session.execute(query.order_by(*order).limit(MOST))]


def show_erasure(session: Session, *, erasure_id: uuid.UUID, by: Actor) -> ShownErasure:
    """One erasure. Raises NotFound."""
    check_may(by, Permission.REDACT_AUDITS)
    mine = (col(Erasure.organisation_id) == by.organisation_id, col(Erasure.id) == erasure_id)
    row = session.execute(_shown().where(*mine)).one_or_none()
    if row is None:
        raise NotFound("erasure")
    return _with_names(session, row, by)


_REQUESTER, _DECIDER = table_alias(Person), table_alias(Person)


def _shown() -> Any:
    # Not an outer join: case files are a view that has an outer join itself, and SQLite would go through all of them.
    reference = select(col(CaseFile.reference)).where(linked(CaseFile.id, Erasure.case_file_id)).correlate(Erasure)
    return (
        select(
            Erasure,
            col(_REQUESTER.name).label("asked_by"),
            col(_DECIDER.name).label("decided_by"),
            reference.scalar_subquery().label("reference"),
        )
        .join(_REQUESTER, linked(_REQUESTER.id, Erasure.asked_by_id))
        .outerjoin(_DECIDER, linked(_DECIDER.id, Erasure.decided_by_id))
        .execution_options(populate_existing=True)
    )


def _with_names(session: Session, row: Row[Any], by: Actor) -> ShownErasure:
    erasure = row[0]
    why_not_decide = refusal_of(check_can_decide, session, erasure, by=by)
    why_not_erase = "" if why_not_decide else refusal_of(check_can_erase, session, erasure.case_file_id, by=by)
    decided_by, reference = row.decided_by or "", row.reference or ""
    return ShownErasure(erasure, row.asked_by, decided_by, reference, why_not_decide, why_not_erase)


def _lock(session: Session, by: Actor) -> None:
    """Of several people who decide on cases at once, each sees the result of the one before; no list is imported."""
    hold_case_files(session, by.organisation_id)
