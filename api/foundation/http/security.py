"""Authentication, same-site checks and security headers. Permissions are checked elsewhere."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy import Executable, bindparam
from sqlmodel import Session, col, select, update
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request, cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.foundation.identity.actors import TOKENS_WITH_ROLES, actor_of_token, is_usable
from api.foundation.identity.lifetimes import SESSION_IS_VALID, is_valid, mark_session, mark_token, session_times
from api.foundation.identity.protocols import token_in
from api.foundation.identity.secrets import hash_of
from api.foundation.permissions import Actor, Proof
from api.foundation.problems import NotSignedIn
from api.foundation.settings import Settings
from models import Person, Role, RoleGrant, Token, WebSession, now
from models.clock import AHEAD
from models.storage.database import Database
from models.storage.joins import linked
from models.storage.prepared import Prepared

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
# How stale the time of last use may be: a write for every page view would cost more than it is worth.
LAST_SEEN_GRAIN = timedelta(minutes=1)


CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "form-action 'self'; object-src 'none'; "
    "frame-ancestors 'none'; base-uri 'none'"
)


class SecurityHeaders:
    """Puts the same protective headers on every response."""

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
    """The name of the session's cookie. Browsers restrict `__Host-` cookies to HTTPS and to this exact host.

    Such a cookie goes to every path, so below a path of a shared host it is a `__Secure-` one, for HTTPS and this path.
    """
    if not settings.behind_https:
        return "caseaudit"
    return "__Secure-caseaudit" if settings.public_path else "__Host-caseaudit"


def is_same_site(method: str, headers: Headers, settings: Settings) -> bool:
    """Whether a browser sent this request from a page of our own, or no browser sent it at all.

    Sec-Fetch-Site decides where the browser sends it; Origin where it does not, as over plain HTTP (OWASP, Cross-Site
    Request Forgery Prevention). Requests with a token need no check: a browser does not add one by itself. The Host
    header is safe to compare with: another site can make a browser send a request, but cannot choose its Host.
    """
    if method in SAFE_METHODS or headers.get("authorization", "").lower().startswith("bearer "):
        return True
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site == "same-origin":
        return True
    if site is not None and site != "none":
        return False
    if origin is not None:
        return _is_own_origin(origin, headers.get("host", ""), settings)
    return site is None and cookie_name(settings) not in cookie_parser(headers.get("cookie", ""))


_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


def _is_own_origin(origin: str, host: str, settings: Settings) -> bool:
    """Whether an origin is this service: at the address of the request, or at the configured public address.

    A proxy may replace the Host header by its own name for this service, but a browser states the public address.
    """
    own = [f"{scheme}://{host}" for scheme in (["https"] if settings.behind_https else ["http", "https"]) if host]
    stated = _origin(origin)
    return stated is not None and stated in {_origin(address) for address in [*own, settings.public_address]}


def _origin(address: str) -> tuple[str, str, int] | None:
    """Scheme, host name in lower case and port of an address; None for text without them."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return None
    default = _DEFAULT_PORTS.get(parts.scheme)
    if default is None or not parts.hostname or parts.username is not None:
        return None
    return parts.scheme, parts.hostname.rstrip("."), default if port is None else port


@dataclass(frozen=True, slots=True)
class CredentialUse:
    """Use of a token or session, or its expiry, and the statement that stores it."""

    secret_hash: str
    statement: Executable


@dataclass(frozen=True, slots=True)
class SessionLeft:
    """In how many seconds a web session ends: when it is not used from now on, and in any case."""

    idle: int
    absolute: int

    @classmethod
    def of(cls, settings: Settings, started_at: datetime, moment: datetime) -> "SessionLeft":
        """Without the time by which the stored last use may be stale, so that a warning never comes too late."""
        absolute = settings.absolute_limit - (moment - started_at)
        return cls(int((settings.idle_limit - LAST_SEEN_GRAIN).total_seconds()), int(absolute.total_seconds()))


def actor_of(request: Request, session: Session) -> Actor:
    """The person or program behind the request. Raises NotSignedIn.

    Only reads: when the use of the credential must be stored, `uses_of(request)` has it.
    """
    actor = _actor_of_credential(request, session)
    request.state.actor = actor  # for the log, and for the page that says what went wrong
    return actor


def uses_of(request: Request) -> list[CredentialUse]:
    """The uses of credentials that this request has still to store."""
    uses: list[CredentialUse] = getattr(request.state, "uses", [])
    return uses


def actor_or_none(request: Request, database: Database) -> Actor | None:
    """The same for a public page: None when nobody is signed in."""
    try:
        with database.reading() as session:
            return actor_of(request, session)
    except NotSignedIn:
        return None


def credential_of(request: Request) -> str:
    """The hash of the token or session in the request, whether or not it is valid; "" without one."""
    token = token_in(request.headers, request.url.path)
    if token is not None:
        return hash_of(token)
    cookie = request.cookies.get(cookie_name(request.app.state.settings), "")
    return hash_of(cookie) if cookie else ""


def _actor_of_credential(request: Request, session: Session) -> Actor:
    if "authorization" in request.headers:
        token = token_in(request.headers, request.url.path)
        if token is None or not token.isascii():
            raise NotSignedIn
        return _actor_of_token(request, session, hash_of(token))
    settings: Settings = request.app.state.settings
    secret = request.cookies.get(cookie_name(settings), "")
    if not secret:
        raise NotSignedIn("Sign in to continue.")
    return _actor_of_web_session(request, session, hash_of(secret), settings)


def _actor_of_token(request: Request, session: Session, secret_hash: str) -> Actor:
    rows = _TOKEN_WITH_ROLES.rows(session, {"secret_hash": secret_hash})
    moment = now()
    if not rows:
        raise NotSignedIn
    row = rows[0]
    if not is_valid(row, moment) and row.revoked_at is None and row.ended_at is None:
        _note_use(request, secret_hash, mark_token(secret_hash, moment))
    if not is_usable(row, moment):
        raise NotSignedIn
    if not _is_recent(row.last_used_at, moment, timedelta(hours=1)):
        _note_use(
            request,
            secret_hash,
            update(Token).where(col(Token.secret_hash) == secret_hash).values(last_used_at=moment),
        )
    return actor_of_token(rows)


_TOKEN_WITH_ROLES: Final = Prepared(TOKENS_WITH_ROLES.where(col(Token.secret_hash) == bindparam("secret_hash")))


def _actor_of_web_session(request: Request, session: Session, secret_hash: str, settings: Settings) -> Actor:
    moment = now()
    wanted = {"secret_hash": secret_hash, **session_times(settings, moment)}
    rows = _WEB_SESSION_WITH_ROLES.rows(session, wanted)
    if not rows:
        unmarked = select(WebSession.person_id).where(
            col(WebSession.secret_hash) == secret_hash, col(WebSession.ended_at).is_(None)
        )
        if session.exec(unmarked).first() is not None:
            _note_use(request, secret_hash, mark_session(secret_hash, settings, moment))
        raise NotSignedIn("Your session has ended. Sign in again to continue.")
    row = rows[0]
    if not _is_recent(row.last_seen_at, moment, LAST_SEEN_GRAIN):
        _note_use(
            request,
            secret_hash,
            update(WebSession).where(col(WebSession.secret_hash) == secret_hash).values(last_seen_at=moment),
        )
    request.state.session_left = SessionLeft.of(settings, row.started_at, moment)
    return Actor(
        organisation_id=row.organisation_id,
        person_id=row.person_id,
        name=row.name,
        roles=frozenset(Role(role) for (*_, role) in rows if role is not None),
        proof=Proof(secret_hash, row.proved_at, row.needs_second_factor, row.by_provider),
    )


_WEB_SESSION_WITH_ROLES: Final = Prepared(
    select(
        col(WebSession.organisation_id),
        col(WebSession.person_id),
        col(WebSession.last_seen_at),
        col(WebSession.started_at),
        col(WebSession.proved_at),
        col(WebSession.needs_second_factor),
        col(WebSession.by_provider),
        col(Person.name),
        col(RoleGrant.role),
    )  # type: ignore[call-overload]
    .join(Person, linked(Person.id, WebSession.person_id))
    .join(
        RoleGrant,
        linked(RoleGrant.person_id, WebSession.person_id),
        isouter=True,
    )
    .where(col(WebSession.secret_hash) == bindparam("secret_hash"), col(Person.active), SESSION_IS_VALID)
)


def _note_use(request: Request, secret_hash: str, statement: Executable) -> None:
    if all(use.secret_hash != secret_hash for use in uses_of(request)):
        request.state.uses = [*uses_of(request), CredentialUse(secret_hash, statement)]


def _is_recent(noted: datetime | None, moment: datetime, grain: timedelta) -> bool:
    """Whether this was stored recently; a time in the future was stored before the clock was set back."""
    return noted is not None and moment - grain <= noted <= moment + AHEAD
