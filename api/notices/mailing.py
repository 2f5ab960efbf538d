"""The emails about notices: that there is something new, of which kind, and where to sign in; never about what."""

from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import and_, or_, update
from sqlmodel import Session, col, select

from api.foundation.identity.actors import current_actor
from api.foundation.outbox import queue as outbox
from api.foundation.outbox.letters import Letter
from api.foundation.outbox.queue import Claim
from api.foundation.permissions import Actor
from api.foundation.problems import NotAllowed
from api.foundation.settings import Settings
from api.notices.kinds import KINDS
from api.notices.queries import visible_notices
from models import Notice, NoticeKind, Person, now
from models.clock import AHEAD
from models.storage.database import Database
from models.storage.joins import linked

# What happens within this time after a person's first unsent notice is in the same email.
COMBINED_FOR: Final = timedelta(minutes=5)
# Older notices are on the home page only: for example those from before there was a mail server.
MAILED_FOR: Final = timedelta(days=2)
MOST_PEOPLE: Final = 200


def queue_mail(database: Database, *, moment: datetime) -> int:
    """Queue one email for each person who has unread notices that no email has mentioned; returns how many.

    Not for people who switched these emails off. Urgent concerns have an email of their own.
    """
    due = (
        col(Notice.read_at).is_(None),
        col(Notice.mailed_at).is_(None),
        col(Notice.kind) != NoticeKind.CONCERN,
        or_(
            and_(col(Notice.made_at) <= moment - COMBINED_FOR, col(Notice.made_at) > moment - MAILED_FOR),
            # Made before the clock was put back: nobody can say how long it has waited.
            col(Notice.made_at) > moment + AHEAD,
        ),
    )
    query = (
        select(Notice.organisation_id, Notice.person_id)
        .join(Person, linked(Person.id, Notice.person_id))
        .where(*due, col(Person.active), col(Person.notice_mail))
        .distinct()
        .order_by(col(Notice.organisation_id), col(Notice.person_id))
        .limit(MOST_PEOPLE)
    )
    with database.reading() as session:
        found = session.exec(query).all()
    for organisation_id, person_id in found:
        with database.writing() as session:
            session.execute(
                update(Notice)
                .where(
                    col(Notice.organisation_id) == organisation_id,
                    col(Notice.person_id) == person_id,
                    col(Notice.read_at).is_(None),
                    col(Notice.mailed_at).is_(None),
                )
                .values(mailed_at=moment)
            )
            outbox.queue_notice_mail(session, organisation_id=organisation_id, person_id=person_id)
    return len(found)


def queue_mail_now(database: Database, _: Settings) -> None:
    """Queue what is due now, as background work."""
    queue_mail(database, moment=now())


def write(session: Session, claimed: Claim, settings: Settings, today: date) -> Letter | None:  # noqa: ARG001 - the signature of all letters
    """The letter; None when the person has read everything, switched these emails off, or no longer has access."""
    person = session.get(Person, (claimed.organisation_id, claimed.person_id))
    if person is None or not person.notice_mail:
        return None
    kinds = _kinds_unread(session, claimed)
    return Letter("You have new notices in Case Audit", _body(kinds, settings)) if kinds else None


def _kinds_unread(session: Session, claimed: Claim) -> list[NoticeKind]:
    try:
        actor: Actor = current_actor(
            session, organisation_id=claimed.organisation_id, person_id=claimed.person_id, token_id=None
        )
    except NotAllowed:
        return []
    unread = {each.notice.kind for each in visible_notices(session, by=actor, unread=True)}
    return [kind for kind in KINDS if kind in unread and kind is not NoticeKind.CONCERN]


def _body(kinds: list[NoticeKind], settings: Settings) -> str:
    address = settings.public_address.rstrip("/")
    lines = "\n".join(f"- {KINDS[kind].mail}." for kind in kinds)
    return (
        f"You have new notices in Case Audit:\n\n{lines}\n\nSign in to read them: {address}/notices\n\nFor security, "
        "this message contains no other details.\nTo stop these emails, change your account settings: "
        f"{address}/account\n"
    )
