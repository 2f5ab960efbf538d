"""Who is asking, and from where: cookies, origins, headers. Nothing here decides what they may do."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Executable, and_, bindparam
from sqlmodel import Session, col, select, update
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request, cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.actions.lifetimes import is_valid, mark_session, mark_token, still_signed_in
from api.credentials import hash_of
from api.permissions import Actor, Permission
from api.problems import NotSignedIn
from api.settings import Settings
from models import Person, Role, RoleGrant, Token, WebSession, now
from models.clock import AHEAD
from models.database import Database

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
# How stale the time of last use may be: a write for every page read would cost more than it tells.
LAST_SEEN_GRAIN = timedelta(minutes=1)


CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)


class SecurityHeaders:
    """Puts the same protective headers on every reply, whatever made it."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.headers = {
            "Content-Security-Policy": CONTENT_SECURITY_POLICY,
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
            "Referrer-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
        }
        self.behind_https = settings.behind_https
        if self.behind_https:
            self.headers["Strict-Transport-Security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(self.headers)
                if not scope["path"].startswith("/static/") or message["status"] >= 400:
                    headers["Cache-Control"] = "no-store"
                if self.behind_https:
                    _mark_cookies_secure(message)
            await send(message)

        await self.app(scope, receive, send_protected)


def _mark_cookies_secure(message: Message) -> None:
    message["headers"] = [
        (name, value + b"; Secure" if name == b"set-cookie" and b"; secure" not in value.lower() else value)
        for name, value in message["headers"]
    ]


def cookie_name(settings: Settings) -> str:
    """The name of the session's cookie. Browsers hold `__Host-` ones to HTTPS and to this very host."""
    return "__Host-caseaudit" if settings.behind_https else "caseaudit"


def is_of_this_site(method: str, headers: Headers, settings: Settings) -> bool:
    """Whether a browser sent this request from a page of our own, or no browser sent it at all.

    Sec-Fetch-Site decides where the browser sends it; Origin where it does not, as over plain HTTP
    (OWASP, Cross-Site Request Forgery Prevention). Programs that show a token are never tricked: a
    browser does not add one by itself. The Host header is good enough to compare with: another site
    can make a browser send a request, but not with a Host of its choosing.
    """
    if method in SAFE_METHODS or headers.get("authorization", "").lower().startswith("bearer "):
        return True
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site == "same-origin":
        return True
    if site is not None and site != "none":
        return False
    if origin is not None:
        scheme, _, host = origin.partition("://")
        return host == headers.get("host", "") and scheme in ({"https"} if settings.behind_https else {"http", "https"})
    return site is None and cookie_name(settings) not in cookie_parser(headers.get("cookie", ""))


def actor_of(request: Request, session: Session) -> Actor:
    """The person or program behind the request. Raises NotSignedIn."""
    actor = _actor_of_credential(request, session)
    request.state.actor = actor  # for the log, and for the page that says what went wrong
    return actor


def peek_actor(request: Request, database: Database) -> Actor | None:
    """The same for a page that anybody may see: None when nobody is signed in."""
    try:
        with database.reading() as session:
            return actor_of(request, session)
    except NotSignedIn:
        return None


def _actor_of_credential(request: Request, session: Session) -> Actor:
    header = request.headers.get("authorization")
    if header is not None:
        scheme, _, secret = header.partition(" ")
        if scheme.lower() != "bearer" or not secret.isascii():
            raise NotSignedIn
        return _actor_of_token(session, hash_of(secret.strip()), request.app.state.database)
    settings: Settings = request.app.state.settings
    secret = request.cookies.get(cookie_name(settings), "")
    if not secret:
        raise NotSignedIn("Sign in to go on.")
    return _actor_of_web_session(session, hash_of(secret), settings, request.app.state.database)


def _actor_of_token(session: Session, secret_hash: str, database: Database) -> Actor:
    rows = session.connection().execute(_TOKEN_WITH_ROLES, {"secret_hash": secret_hash}).all()
    moment = now()
    if not rows:
        raise NotSignedIn
    row = rows[0]
    if not is_valid(row, moment):
        if row.revoked_at is None and row.ended_at is None:
            _end(session, database, mark_token(secret_hash, moment))
        raise NotSignedIn
    if row.person_id is not None and not row.active:
        raise NotSignedIn
    if not _is_within(row.last_used_at, moment, timedelta(hours=1)):
        _touch(
            session,
            database,
            update(Token).where(col(Token.secret_hash) == secret_hash).values(last_used_at=moment),
        )
    return Actor(
        organisation_id=row.organisation_id,
        person_id=row.person_id,
        token_id=row.id,
        name=row.person_name or row.token_name,
        roles=frozenset(role for (*_, role) in rows if role is not None),
        scopes=frozenset(Permission(scope) for scope in row.scopes.split()),
    )


_TOKEN_WITH_ROLES = (
    select(
        col(Token.organisation_id),
        col(Token.id),
        col(Token.name).label("token_name"),
        col(Token.person_id),
        col(Token.scopes),
        col(Token.created_at),
        col(Token.expires_at),
        col(Token.revoked_at),
        col(Token.ended_at),
        col(Token.early_until),
        col(Token.last_used_at),
        col(Person.active),
        col(Person.name).label("person_name"),
        col(RoleGrant.role),
    )  # type: ignore[call-overload]
    .join(
        Person,
        and_(col(Person.organisation_id) == col(Token.organisation_id), col(Person.id) == col(Token.person_id)),
        isouter=True,
    )
    .join(
        RoleGrant,
        and_(
            col(RoleGrant.organisation_id) == col(Token.organisation_id),
            col(RoleGrant.person_id) == col(Token.person_id),
        ),
        isouter=True,
    )
    .where(col(Token.secret_hash) == bindparam("secret_hash"))
)


def _actor_of_web_session(session: Session, secret_hash: str, settings: Settings, database: Database) -> Actor:
    moment = now()
    rows = session.execute(
        _WEB_SESSION_WITH_ROLES.where(
            col(WebSession.secret_hash) == secret_hash,
            col(Person.active),
            still_signed_in(settings, moment),
        )
    ).all()
    if not rows:
        unmarked = select(WebSession.person_id).where(
            col(WebSession.secret_hash) == secret_hash, col(WebSession.ended_at).is_(None)
        )
        if session.exec(unmarked).first() is not None:
            _end(session, database, mark_session(secret_hash, settings, moment))
        raise NotSignedIn("Your session has ended. Sign in again to go on.")
    row = rows[0]
    if not _is_within(row.last_seen_at, moment, LAST_SEEN_GRAIN):
        _touch(
            session,
            database,
            update(WebSession).where(col(WebSession.secret_hash) == secret_hash).values(last_seen_at=moment),
        )
    return Actor(
        organisation_id=row.organisation_id,
        person_id=row.person_id,
        name=row.name,
        roles=frozenset(Role(role) for (*_, role) in rows if role is not None),
    )


_WEB_SESSION_WITH_ROLES = (
    select(
        col(WebSession.organisation_id),
        col(WebSession.person_id),
        col(WebSession.last_seen_at),
        col(Person.name),
        col(RoleGrant.role),
    )  # type: ignore[call-overload]
    .join(
        Person,
        and_(
            col(Person.organisation_id) == col(WebSession.organisation_id),
            col(Person.id) == col(WebSession.person_id),
        ),
    )
    .join(
        RoleGrant,
        and_(
            col(RoleGrant.organisation_id) == col(WebSession.organisation_id),
            col(RoleGrant.person_id) == col(WebSession.person_id),
        ),
        isouter=True,
    )
)


def _is_within(noted: datetime | None, moment: datetime, grain: timedelta) -> bool:
    """Whether this was noted lately: what is dated in the future was noted before the clock was put back."""
    return noted is not None and moment - grain <= noted <= moment + AHEAD


def _end(session: Session, database: Database, statement: Executable) -> None:
    """Mark as over what was found to be over. The request ends with that: of a transaction that writes, it is all."""
    if session.get_bind().get_execution_options().get("writes"):
        session.execute(statement)
        session.commit()
        return
    session.rollback()
    with database.writing() as writer:
        writer.execute(statement)


def _touch(session: Session, database: Database, statement: Executable) -> None:
    """Note a use: in the request's own transaction if it writes, in a short one of its own if it reads."""
    if session.get_bind().get_execution_options().get("writes"):
        session.execute(statement)
        return
    session.rollback()  # on SQLite a reader must let go before its own process can commit
    with database.writing() as writer:
        writer.execute(statement)
