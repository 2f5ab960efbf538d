"""Giving notices to the people concerned, withdrawing them when they are over, and marking them as read."""

import uuid
from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from functools import cache
from typing import Any, Final

from sqlalchemy import case, delete, update
from sqlmodel import Session, col

from api.foundation import events
from api.foundation.permissions import Actor, Permission, check_may
from api.notices.kinds import KINDS
from api.notices.queries import ShownNotice, find_notice, visible_notices
from models import Notice, NoticeKind, new_id, now
from models.clock import AHEAD, earliest, latest
from models.storage.bulk import table_of
from models.storage.database import Database, rows_changed
from models.storage.dialects import dialect_named

KEPT: Final = timedelta(days=90)
_NOTICES: Final = table_of(Notice)
_ONE_OF_EACH: Final = ("organisation_id", "person_id", "kind", "subject_id")


def give_notice(
    session: Session, kind: NoticeKind, *, subject_id: uuid.UUID, to: Collection[uuid.UUID], by: Actor, number: int = 1
) -> None:
    """Give these people a notice, in the transaction of the action that it is about. Nobody gets one of their own."""
    give_notices(session, kind, subject_id=subject_id, numbers=dict.fromkeys(to, number), by=by)


def give_notices(
    session: Session, kind: NoticeKind, *, subject_id: uuid.UUID, numbers: Mapping[uuid.UUID, int], by: Actor
) -> None:
    """The same with a number for each person."""
    give_many(session, kind, ((subject_id, person_id, number) for person_id, number in numbers.items()), by=by)


def give_many(
    session: Session, kind: NoticeKind, notices: Iterable[tuple[uuid.UUID, uuid.UUID, int]], *, by: Actor
) -> None:
    """The same about several subjects: each subject, with a person and a number.

    A second notice of the same kind, subject and person replaces the first, unread: where the kind is counted, what is
    unread is added up.
    """
    at = now()
    rows = [
        {
            "organisation_id": by.organisation_id,
            "id": new_id(),
            "person_id": person_id,
            "kind": kind,
            "subject_id": subject_id,
            "number": number,
            "made_at": at,
        }
        # Always in the same order, so that two transactions that notify the same people do not block each other.
        for subject_id, person_id, number in sorted(notices)
        if person_id != by.person_id
    ]
    if rows:
        session.flush()
        connection = session.connection()
        connection.execute(_upsert(connection.dialect.name, is_counted=KINDS[kind].is_counted), rows)


def withdraw_notices(
    session: Session,
    *kinds: NoticeKind,
    subject_ids: Collection[uuid.UUID],
    by: Actor,
    person_id: uuid.UUID | None = None,
) -> None:
    """Take back notices whose matter is over, read or not: of one person, or of everybody."""
    own = [
        col(Notice.organisation_id) == by.organisation_id,
        col(Notice.kind).in_(kinds),
        col(Notice.subject_id).in_(subject_ids),
    ]
    if person_id is not None:
        own.append(col(Notice.person_id) == person_id)
    session.execute(delete(Notice).where(*own))


def mark_read(session: Session, *, notice_id: uuid.UUID, by: Actor) -> ShownNotice:
    """Mark one's own notice as read; doing it again changes nothing. Raises NotFound."""
    check_may(by, Permission.OWN_ACCOUNT)
    found = find_notice(session, notice_id=notice_id, by=by)
    if found.notice.read_at is None:
        found.notice.read_at = now()
        session.add(found.notice)
        session.flush()
        events.record(session, "notice.read", found.notice.id, by=by)
    return found


def mark_all_read(session: Session, *, by: Actor) -> int:
    """Mark all one's own notices as read; returns how many were not."""
    check_may(by, Permission.OWN_ACCOUNT)
    unread = [each.notice.id for each in visible_notices(session, by=by, unread=True)]
    of_them = (col(Notice.organisation_id) == by.organisation_id, col(Notice.id).in_(unread))
    number = rows_changed(session, update(Notice).where(*of_them).values(read_at=now())) if unread else 0
    if number:
        events.record(session, "notice.all-read", by.id, by=by, details={"number": number})
    return number


def delete_old_notices(database: Database) -> None:
    """Delete the notices that are older than KEPT, read or not; one dated in the future is dated now."""
    with database.writing() as session:
        session.execute(update(Notice).where(col(Notice.made_at) > latest() + AHEAD).values(made_at=now()))
        session.execute(delete(Notice).where(col(Notice.made_at) < earliest() - KEPT))


@cache
def _upsert(dialect: str, *, is_counted: bool) -> Any:
    """Insert notices; of one that is there already, keep the identifier, which open pages have."""
    new = dialect_named(dialect).insert(_NOTICES)
    number: Any = new.excluded.number
    if is_counted:
        number = case((_NOTICES.c.read_at.is_(None), _NOTICES.c.number + new.excluded.number), else_=number)
    again = {"number": number, "made_at": new.excluded.made_at, "read_at": None, "mailed_at": None}
    return new.on_conflict_do_update(index_elements=[_NOTICES.c[name] for name in _ONE_OF_EACH], set_=again)
