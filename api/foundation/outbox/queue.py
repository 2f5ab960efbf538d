"""The outbox: waiting emails, each claimed by one process at a time, retried, parked, or given up by a person."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, case, delete, func, or_, update
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from api.foundation import events
from api.foundation.permissions import Actor, Permission, check_may, operator_of
from api.foundation.problems import Conflict, NotFound
from models import About, MailState, OutboxMessage, Person, WhyParked, new_id, now
from models.storage.bulk import table_of
from models.storage.database import Database, rows_changed
from models.storage.dialects import insert_new
from models.storage.joins import linked

# With the pauses below: about three hours until an email that the mail server refuses is parked.
MOST_TRIES: Final = 10
FIRST_PAUSE: Final = timedelta(seconds=30)
LONGEST_PAUSE: Final = timedelta(hours=1)
# Several times as long as one message may take: the process that claimed it is assumed to have stopped.
CLAIM_LASTS: Final = timedelta(minutes=10)
_OPEN: Final = (MailState.WAITING, MailState.SENDING)
_MESSAGES: Final = table_of(OutboxMessage)


@dataclass(frozen=True, slots=True)
class DueMail:
    """That an organisation has emails to send now, urgent ones or others, and since when."""

    organisation_id: int
    urgent: bool
    since: datetime


@dataclass(frozen=True, slots=True)
class Claim:
    """An email that this process sends. Nobody else does until the claim ends."""

    organisation_id: int
    id: uuid.UUID
    about: About
    subject_id: uuid.UUID
    person_id: uuid.UUID
    attempts: int
    was_due_at: datetime


@dataclass(frozen=True, slots=True)
class ParkedMessage:
    """An email that somebody has to deal with, and its recipient."""

    message: OutboxMessage
    name: str
    email: str


def queue_concern_notice(
    session: Session, *, organisation_id: int, concern_id: uuid.UUID, person_id: uuid.UUID
) -> None:
    """Queue a notification of an urgent concern to the person, in the transaction that creates or moves the concern.

    A notification of this concern that was sent to them before is sent again.
    """
    again = {"state": MailState.WAITING, "why_parked": None, "attempts": 0, "settled_at": None}
    known = update(OutboxMessage).where(*_of_concern(organisation_id, concern_id, person_id))
    if not rows_changed(session, known.values(**again, made_at=now(), due_at=now())):
        session.add(
            OutboxMessage(
                organisation_id=organisation_id, about=About.CONCERN, subject_id=concern_id, person_id=person_id
            )
        )
        session.flush()


def cancel_concern_notice(
    session: Session, *, organisation_id: int, concern_id: uuid.UUID, person_id: uuid.UUID
) -> None:
    """Cancel the notification of this concern to the person."""
    session.execute(delete(OutboxMessage).where(*_of_concern(organisation_id, concern_id, person_id)))


def queue_reminders(
    session: Session, *, organisation_id: int, round_id: uuid.UUID, about: About, people: Sequence[uuid.UUID]
) -> None:
    """Queue reminders of a round to these people: each once of each kind, also when another process does the same."""
    at = now()
    rows = [
        {
            "organisation_id": organisation_id,
            "id": new_id(),
            "about": about,
            "subject_id": round_id,
            "person_id": person_id,
            "state": MailState.WAITING,
            "attempts": 0,
            "made_at": at,
            "due_at": at,
        }
        for person_id in people
    ]
    if rows:
        session.connection().execute(insert_new(session.connection().dialect.name, _MESSAGES), rows)


def queue_notice_mail(session: Session, *, organisation_id: int, person_id: uuid.UUID) -> None:
    """Queue the one email about a person's notices; one that was sent before is sent again.

    One that is parked stays so: a person has to look at its address first.
    """
    again = {"state": MailState.WAITING, "attempts": 0, "made_at": now(), "due_at": now(), "settled_at": None}
    this = (
        col(OutboxMessage.organisation_id) == organisation_id,
        col(OutboxMessage.about) == About.NOTICE,
        col(OutboxMessage.person_id) == person_id,
    )
    not_parked = col(OutboxMessage.state) != MailState.PARKED
    session.execute(update(OutboxMessage).where(*this, not_parked).values(**again, why_parked=None))
    new = {"organisation_id": organisation_id, "id": new_id(), "about": About.NOTICE, "subject_id": person_id}
    row = {**new, **again, "person_id": person_id}
    session.connection().execute(insert_new(session.connection().dialect.name, _MESSAGES), [row])


def list_due_mail(database: Database) -> list[DueMail]:
    """Which organisations have emails to send now: at most two entries for each, the urgent ones and the others."""
    urgent = case((col(OutboxMessage.about) == About.CONCERN, 1), else_=0)
    query = (
        select_columns(col(OutboxMessage.organisation_id), urgent, func.min(col(OutboxMessage.due_at)))
        .where(_to_be_sent())
        .group_by(col(OutboxMessage.organisation_id), urgent)
    )
    with database.reading() as session:
        return [DueMail(own, bool(urgently), since) for own, urgently, since in session.execute(query)]


def claim_message(database: Database, turn: DueMail) -> Claim | None:
    """Claim the next email; None when there is none any more. Two processes never claim the same.

    An email whose claim was never settled is claimed again after CLAIM_LASTS, and parked after MOST_TRIES such claims.
    """
    about = col(OutboxMessage.about) == About.CONCERN
    query = (
        select(OutboxMessage)
        .where(
            col(OutboxMessage.organisation_id) == turn.organisation_id,
            about if turn.urgent else ~about,
            _to_be_sent(),
        )
        .order_by(col(OutboxMessage.due_at), col(OutboxMessage.id))
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    with database.writing() as session:
        found = session.exec(query).first()
        if found is None:
            return None
        claimed = Claim(
            found.organisation_id,
            found.id,
            found.about,
            found.subject_id,
            found.person_id,
            found.attempts + 1,
            found.due_at,
        )
        if found.attempts >= MOST_TRIES:
            found.state, found.why_parked, found.settled_at = MailState.PARKED, WhyParked.NOT_TAKEN, now()
            _note_parked(session, claimed, WhyParked.NOT_TAKEN)
        else:
            found.state, found.attempts, found.due_at = MailState.SENDING, claimed.attempts, now() + CLAIM_LASTS
        session.add(found)
        return claimed if found.state is MailState.SENDING else None


def settle_sent(database: Database, claimed: Claim) -> None:
    """The mail server accepted it."""
    _settle(database, claimed, state=MailState.SENT, settled_at=now())


def settle_unneeded(database: Database, claimed: Claim) -> None:
    """The notification is no longer needed. It may be queued again."""
    with database.writing() as session:
        session.execute(delete(OutboxMessage).where(*_is_claimed(claimed)))


def return_untried(database: Database, claimed: Claim) -> None:
    """Sending was not tried, since the mail server is unavailable: it keeps its place and its count of tries."""
    _settle(database, claimed, state=MailState.WAITING, attempts=claimed.attempts - 1, due_at=claimed.was_due_at)


def try_later(database: Database, claimed: Claim) -> None:
    """The mail server refused it this time: try again after a pause that doubles; park it after MOST_TRIES."""
    if claimed.attempts >= MOST_TRIES:
        park_message(database, claimed, why=WhyParked.NOT_TAKEN)
    else:
        _settle(database, claimed, state=MailState.WAITING, due_at=now() + pause_after(claimed.attempts))


def pause_after(attempts: int) -> timedelta:
    """The pause after this many tries."""
    return min(FIRST_PAUSE * float(2 ** (attempts - 1)), LONGEST_PAUSE)


def park_message(database: Database, claimed: Claim, *, why: WhyParked) -> None:
    """Do not try again until a person requests it. The trail records that it was parked."""
    with database.writing() as session:
        values = {"state": MailState.PARKED, "why_parked": why, "settled_at": now()}
        if rows_changed(session, update(OutboxMessage).where(*_is_claimed(claimed)).values(**values)):
            _note_parked(session, claimed, why)


def list_parked(session: Session, *, by: Actor, limit: int, after: uuid.UUID | None = None) -> list[ParkedMessage]:
    """The parked emails of the organisation with their recipients, from the one that follows `after`."""
    check_may(by, Permission.WRITE_OUTBOX)
    query = (
        select(OutboxMessage, Person.name, Person.email)
        .join(Person, linked(Person.id, OutboxMessage.person_id))
        .where(col(OutboxMessage.organisation_id) == by.organisation_id, col(OutboxMessage.state) == MailState.PARKED)
    )
    if after is not None:
        query = query.where(col(OutboxMessage.id) > after)
    return [ParkedMessage(*row) for row in session.exec(query.order_by(col(OutboxMessage.id)).limit(limit))]


def count_parked(session: Session, *, by: Actor) -> int:
    """How many emails of the organisation are parked."""
    check_may(by, Permission.WRITE_OUTBOX)
    own = (col(OutboxMessage.organisation_id) == by.organisation_id, col(OutboxMessage.state) == MailState.PARKED)
    return session.exec(select(func.count()).select_from(OutboxMessage).where(*own)).one()


def waiting_since(session: Session, *, by: Actor) -> datetime | None:
    """Since when the oldest waiting email of this organisation has waited; None when none is waiting."""
    check_may(by, Permission.WRITE_OUTBOX)
    return session.exec(
        select(func.min(OutboxMessage.made_at)).where(
            col(OutboxMessage.organisation_id) == by.organisation_id, col(OutboxMessage.state).in_(_OPEN)
        )
    ).one()


def try_again(session: Session, *, message_id: uuid.UUID, by: Actor) -> None:
    """Try a parked email again from the beginning. Raises NotFound, and Conflict for one not parked."""
    found = _parked(session, message_id, by)
    found.state, found.why_parked, found.attempts = MailState.WAITING, None, 0
    found.due_at, found.settled_at = now(), None
    _note(session, "mail.tried-again", found, by)


def give_up_message(session: Session, *, message_id: uuid.UUID, by: Actor) -> None:
    """Never send a parked email. Raises NotFound, and Conflict for one that is not parked."""
    found = _parked(session, message_id, by)
    found.state, found.why_parked, found.settled_at = MailState.GIVEN_UP, None, now()
    _note(session, "mail.given-up", found, by)


def notice_failed(session: Session, *, organisation_id: int, concern_id: uuid.UUID, person_id: uuid.UUID) -> bool:
    """Whether this person's notification of a concern was parked or given up: somebody has to call them."""
    lost = col(OutboxMessage.state).in_((MailState.PARKED, MailState.GIVEN_UP))
    query = select(OutboxMessage.id).where(*_of_concern(organisation_id, concern_id, person_id), lost)
    return session.exec(query).first() is not None


def _to_be_sent() -> ColumnElement[bool]:
    """Waiting, or claimed by a process that stopped; and it is due.

    A due time further away than any pause was set before the clock was set back.
    """
    moment = now()
    due = or_(col(OutboxMessage.due_at) <= moment, col(OutboxMessage.due_at) > moment + LONGEST_PAUSE)
    return and_(col(OutboxMessage.state).in_(_OPEN), due)


def _of_concern(organisation_id: int, concern_id: uuid.UUID, person_id: uuid.UUID) -> tuple[ColumnElement[bool], ...]:
    return (
        col(OutboxMessage.organisation_id) == organisation_id,
        col(OutboxMessage.about) == About.CONCERN,
        col(OutboxMessage.subject_id) == concern_id,
        col(OutboxMessage.person_id) == person_id,
    )


def _is_claimed(claimed: Claim) -> tuple[ColumnElement[bool], ...]:
    """It is still this claim: nobody has queued it again or claimed it since."""
    return (
        col(OutboxMessage.organisation_id) == claimed.organisation_id,
        col(OutboxMessage.id) == claimed.id,
        col(OutboxMessage.state) == MailState.SENDING,
        col(OutboxMessage.attempts) == claimed.attempts,
    )


def _settle(database: Database, claimed: Claim, **values: Any) -> None:
    with database.writing() as session:
        session.execute(update(OutboxMessage).where(*_is_claimed(claimed)).values(**values))


def _parked(session: Session, message_id: uuid.UUID, by: Actor) -> OutboxMessage:
    check_may(by, Permission.WRITE_OUTBOX)
    found = session.exec(
        select(OutboxMessage)
        .where(col(OutboxMessage.organisation_id) == by.organisation_id, col(OutboxMessage.id) == message_id)
        .with_for_update()
    ).one_or_none()
    if found is None:
        raise NotFound("email")
    if found.state is not MailState.PARKED:
        raise Conflict("This email is no longer on hold: it was sent again or discarded.")
    return found


def _note(session: Session, kind: str, message: OutboxMessage, by: Actor) -> None:
    session.add(message)
    session.flush()
    details = {"message": str(message.id), "about": message.about.value}
    events.record(session, kind, message.person_id, by=by, details=details)


def _note_parked(session: Session, claimed: Claim, why: WhyParked) -> None:
    details = {"message": str(claimed.id), "about": claimed.about.value, "why": why.value}
    by = operator_of(claimed.organisation_id)
    events.record(session, "mail.parked", claimed.person_id, by=by, details=details)
