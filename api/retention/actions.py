"""Setting retention periods: a longer one at once, a shorter one when a second person confirms it."""

import uuid
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, select
from sqlmodel import Session, col

from api.case_files.settling import hold_case_files
from api.foundation import events
from api.foundation.local_time import local_date
from api.foundation.permissions import Actor, Permission, check_in_person, check_may
from api.foundation.problems import Conflict, NotAllowed, NotFound, refusal_of
from api.retention.queries import period_of_kind
from checklists.retention import RetentionKind, is_shortening
from models import Person, RetentionChange, now
from models.storage.joins import linked, table_alias

MOST_LISTED: Final = 100


@dataclass(frozen=True, slots=True)
class ShownChange:
    """A change with the names of who asked and who decided. `why_not_decide`: empty where this person can decide."""

    change: RetentionChange
    asked_by: str
    decided_by: str
    why_not_decide: str

    @property
    def state(self) -> str:
        if self.change.decided_at is None:
            return "Waiting"
        if not self.change.confirmed:
            return "Declined"
        return "Confirmed" if self.decided_by else "Lengthened"


def check_can_set(by: Actor) -> None:
    """Raise NotAllowed for a person or program that cannot set a retention period."""
    check_may(by, Permission.ERASE_CASES)
    check_in_person(by)


def set_period(session: Session, *, kind: RetentionKind, months: int, by: Actor) -> RetentionChange:
    """Set how many months a kind of record is kept. A shorter period waits until another person confirms it.

    Raises NotAllowed, and Conflict where it applies already or another change waits.
    """
    check_can_set(by)
    hold_case_files(session, by.organisation_id)
    period = period_of_kind(session, by.organisation_id, kind, local_date(now()))
    shortens = is_shortening(period, months)
    if months == period.months and period.shorter is None:
        raise Conflict(f"{kind.label} are kept for this long already.")
    if shortens and _waiting(session, by, kind) is not None:
        raise Conflict("A shorter period is waiting for a second person. They must confirm or decline it first.")
    at = now()
    change = RetentionChange(
        organisation_id=by.organisation_id,
        kind=kind,
        months=months,
        asked_by_id=by.id,
        asked_at=at,
        decided_at=None if shortens else at,
        confirmed=not shortens,
    )
    session.add(change)
    session.flush()
    said: dict[str, str | int | bool | None] = {"kind": kind.value, "months": months}
    events.record(session, "retention.asked" if shortens else "retention.lengthened", change.id, by=by, details=said)
    return change


def check_can_decide(change: RetentionChange, *, by: Actor) -> None:
    """Raise the Problem for which this person cannot decide on a change."""
    check_may(by, Permission.REDACT_AUDITS)
    check_in_person(by)
    if by.person_id == change.asked_by_id:
        raise NotAllowed("You asked for this period, so another quality lead or a moderator must decide.")
    if change.decided_at is not None:
        raise Conflict("Another person has already confirmed or declined this.")


def decide(session: Session, *, change_id: uuid.UUID, confirmed: bool, by: Actor) -> RetentionChange:
    """Confirm or decline a shorter period that another person asked for. Raises NotFound, NotAllowed, Conflict."""
    check_may(by, Permission.REDACT_AUDITS)
    hold_case_files(session, by.organisation_id)
    change = session.get(RetentionChange, (by.organisation_id, change_id), populate_existing=True)
    if change is None:
        raise NotFound("change of a retention period")
    check_can_decide(change, by=by)
    change.decided_by_id, change.decided_at, change.confirmed = by.person_id, now(), confirmed
    session.add(change)
    session.flush()
    said: dict[str, str | int | bool | None] = {
        "kind": change.kind.value,
        "months": change.months,
        "asked_by": str(change.asked_by_id),
    }
    events.record(session, "retention.confirmed" if confirmed else "retention.declined", change.id, by=by, details=said)
    return change


_REQUESTER, _DECIDER = table_alias(Person), table_alias(Person)


def list_changes(session: Session, *, by: Actor) -> list[ShownChange]:
    """The newest changes, waiting ones first."""
    check_may(by, Permission.REDACT_AUDITS)
    query: Any = (
        select(RetentionChange, col(_REQUESTER.name).label("asked_by"), col(_DECIDER.name).label("decided_by"))
        .join(_REQUESTER, linked(_REQUESTER.id, RetentionChange.asked_by_id))
        .outerjoin(_DECIDER, linked(_DECIDER.id, RetentionChange.decided_by_id))
        .where(col(RetentionChange.organisation_id) == by.organisation_id)
        .order_by(col(RetentionChange.decided_at).is_not(None), col(RetentionChange.id).desc())
        .limit(MOST_LISTED)
        .execution_options(populate_existing=True)
    )
    return [_shown(row, by) for row in session.execute(query)]


def _shown(row: Row[Any], by: Actor) -> ShownChange:
    return ShownChange(row[0], row.asked_by, row.decided_by or "", refusal_of(check_can_decide, row[0], by=by))


def _waiting(session: Session, by: Actor, kind: RetentionKind) -> RetentionChange | None:
    mine = (col(RetentionChange.organisation_id) == by.organisation_id, col(RetentionChange.kind) == kind)
    query = select(RetentionChange).where(*mine, col(RetentionChange.decided_at).is_(None))
    return session.execute(query).scalar_one_or_none()
