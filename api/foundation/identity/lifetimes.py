"""Lifetimes of web sessions, links and tokens; what has expired stays expired, however the clock is changed.

Each lifetime is measured by the current clock, from creation; time before the creation date does not count. A session
dated in the future expires at once: signing in again takes seconds. A link or token dated in the future keeps the
length of its lifetime, counted from when it was first found: a clock that is set back must not stop a council's
programs.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ColumnElement, Update, and_, bindparam, not_, or_, update
from sqlmodel import col, select

from api.foundation.events import doubted_since
from models import SignInLink, Token, WebSession, now
from models.clock import AHEAD, earliest
from models.storage.database import Database

if TYPE_CHECKING:  # the process of a job needs no settings, and starts quicker without
    from api.foundation.settings import Settings

LONGEST_LIFE: Final = timedelta(days=366)  # longer than any setting allows for a link or a token
# How many of those dated in the future get a new end in one transaction; the rest follow next time.
MOST_AT_ONCE: Final = 200


def _session_is_valid(idle_since: Any, started_since: Any, until: Any) -> ColumnElement[bool]:
    return and_(
        col(WebSession.ended_at).is_(None),
        col(WebSession.last_seen_at) > idle_since,
        col(WebSession.last_seen_at) <= until,
        col(WebSession.started_at) > started_since,
        col(WebSession.started_at) <= until,
    )


# The condition under which a web session is valid at the time of `session_times`: for statements that are made once.
SESSION_IS_VALID: Final = _session_is_valid(bindparam("idle_since"), bindparam("started_since"), bindparam("until"))


def session_times(settings: "Settings", at: datetime) -> dict[str, datetime]:
    """The values of SESSION_IS_VALID for this time."""
    return {
        "idle_since": at - settings.idle_limit,
        "started_since": at - settings.absolute_limit,
        "until": at + AHEAD,
    }


def session_is_valid(settings: "Settings", at: datetime) -> ColumnElement[bool]:
    """The condition under which a web session is valid at this time."""
    return _session_is_valid(**session_times(settings, at))


def link_is_valid(at: datetime) -> ColumnElement[bool]:
    """The condition under which a one-time link works now."""
    return and_(col(SignInLink.used_at).is_(None), not_(col(SignInLink.waits)), _is_within_lifetime(SignInLink, at))


def is_valid(token: Any, at: datetime) -> bool:
    """Whether a token, of which this row has been read, is valid at a moment."""
    runs = token.created_at <= at + AHEAD or token.early_until is None or token.early_until > at
    return token.revoked_at is None and token.ended_at is None and token.expires_at > at and runs


def mark_session(secret_hash: str, settings: "Settings", at: datetime) -> Update:
    """Marks this web session as expired, if it is."""
    return _mark(WebSession, _session_has_expired(settings, at), at).where(col(WebSession.secret_hash) == secret_hash)


def mark_link(secret_hash: str, at: datetime) -> Update:
    """Marks this link as expired, if it is."""
    return _mark(SignInLink, _link_has_expired(at), at).where(col(SignInLink.secret_hash) == secret_hash)


def mark_token(secret_hash: str, at: datetime) -> Update:
    """Marks this token as expired, if it is."""
    return _mark(Token, _token_has_expired(at), at).where(col(Token.secret_hash) == secret_hash)


def mark_expired(database: Database, settings: "Settings") -> None:
    """Mark every expired session, link and token, and give those dated in the future their end.

    Background work, every minute. What only a jump of the clock within the last hour has expired is not marked here,
    and neither is what a machine finds expired that started with a wrong year: the clock may be corrected again.
    Anybody who tries to use it meanwhile is refused, and from then on it stays expired.
    """
    moment, sure = now(), earliest()
    with database.reading() as session:
        sure = doubted_since(session, sure) or sure
    for table, is_over in (
        (WebSession, _session_has_expired(settings, sure)),
        (SignInLink, _link_has_expired(sure)),
        (Token, _token_has_expired(sure)),
    ):
        with database.reading() as session:
            found = session.execute(select(col(table.secret_hash)).where(is_over).limit(1)).first()
        if found is not None:
            with database.writing() as session:
                session.execute(_mark(table, is_over, sure))
    for table in (SignInLink, Token):
        _give_an_end(database, table, moment)


def _session_has_expired(settings: "Settings", at: datetime) -> ColumnElement[bool]:
    return and_(col(WebSession.ended_at).is_(None), not_(session_is_valid(settings, at)))


def _link_has_expired(at: datetime) -> ColumnElement[bool]:
    return and_(
        col(SignInLink.used_at).is_(None), col(SignInLink.ended_at).is_(None), not_(_is_within_lifetime(SignInLink, at))
    )


def _token_has_expired(at: datetime) -> ColumnElement[bool]:
    return and_(col(Token.revoked_at).is_(None), col(Token.ended_at).is_(None), not_(_is_within_lifetime(Token, at)))


def _mark(table: Any, is_over: ColumnElement[bool], at: datetime) -> Update:
    return update(table).where(is_over).values(ended_at=at)


def _is_within_lifetime(table: Any, at: datetime) -> ColumnElement[bool]:
    return and_(
        col(table.ended_at).is_(None),
        col(table.expires_at) > at,
        # `mark_expired` finds one dated in the future within a minute.
        or_(col(table.created_at) <= at + AHEAD, col(table.early_until).is_(None), col(table.early_until) > at),
    )


def _give_an_end(database: Database, table: Any, at: datetime) -> None:
    early = (
        select(col(table.secret_hash), col(table.created_at), col(table.expires_at))
        .where(
            col(table.ended_at).is_(None),
            col(table.created_at) > at + AHEAD,
            # The second condition: the clock has been put back again since.
            or_(col(table.early_until).is_(None), col(table.early_until) > at + LONGEST_LIFE),
        )
        .limit(MOST_AT_ONCE)
    )
    with database.reading() as session:
        found = session.execute(early).all()
    if found:
        with database.writing() as session:
            for row in found:
                end = at + (row.expires_at - row.created_at)
                session.execute(update(table).where(col(table.secret_hash) == row.secret_hash).values(early_until=end))
