"""What a route may ask for: who is acting and in which transaction, a page of a list, a version, a key."""

import base64
import binascii
import hashlib
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Header, Query, Request, params
from sqlmodel import Session

from api.actions.events import row
from api.actions.reads import Reads, noted
from api.actions.risky_terms import use_key_of
from api.actions.words import refused_events
from api.permissions import Actor, Permission, check_may
from api.problem_details import is_for_programs
from api.problems import BadRequest, IdempotencyKeyMissing, Invalid, NotAllowed, NotFound, VersionMissing
from api.security import SAFE_METHODS, actor_of
from api.settings import Settings
from models.database import Database
from models.trail import Row, waiting


@dataclass(frozen=True, slots=True)
class Acting:
    """One request's unit of work: who acts, in the one transaction that commits before the answer goes out."""

    actor: Actor
    session: Session
    settings: Settings
    # What the request is about, for the event of a text that is refused.
    subject_id: uuid.UUID

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """A part that leaves nothing behind when it raises, so that a page can answer with what was typed."""
        try:
            with self.session.begin_nested():
                yield
        except Invalid as problem:
            waiting(self.session).extend(refused_events(problem, self.subject_id, by=self.actor))
            raise


def settings_of(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


def database_of(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


def reads_of(request: Request) -> Reads:
    reads: Reads = request.app.state.reads
    return reads


class Allow:
    """The permission that a route declares; the service refuses to start when a route declares none.

    Opens the transaction, finds out who is asking, checks the permission, and commits; records what was read, and
    refusals of audits, before the answer goes out. It is one dependency and not three because each would be a trip of
    its own to another thread.
    """

    def __init__(self, permission: Permission) -> None:
        self.permission: Final = permission

    def __call__(self, request: Request) -> Iterator[Acting]:
        try:
            yield from self._work(request)
        except (NotAllowed, NotFound) as problem:
            reads_of(request).record(_refusal(request, problem))
            raise
        except Invalid as problem:
            _record_refused_words(request, problem)
            raise

    def _work(self, request: Request) -> Iterator[Acting]:
        database = database_of(request)
        safe = request.method in SAFE_METHODS
        with database.reading() if safe else database.writing() as session:
            actor = actor_of(request, session)
            check_may(actor, self.permission)
            if actor.person_id is None and not is_for_programs(request):
                # A page shows more than the one thing for which it asks a permission.
                raise NotAllowed("Pages are for people. A program uses /api/v1.")
            settings = settings_of(request)
            use_key_of(session, settings.risky_terms_key_path)
            yield Acting(actor, session, settings, _subject(request, actor))
            if not safe:
                reads_of(request).record_with(session)
        if safe:
            reads_of(request).record(noted(session))


def _record_refused_words(request: Request, problem: Invalid) -> None:
    """What was refused has been rolled back with its transaction, so its event needs one of its own."""
    actor: Actor | None = getattr(request.state, "actor", None)
    rows = refused_events(problem, _subject(request, actor), by=actor) if actor is not None else []
    if rows:
        with database_of(request).writing() as session:
            waiting(session).extend(rows)


def _subject(request: Request, actor: Actor) -> uuid.UUID:
    """The first thing that the address of the request names, or else whoever asks."""
    for value in request.path_params.values():
        try:
            return uuid.UUID(str(value))
        except ValueError:
            continue
    return actor.id


def _refusal(request: Request, problem: NotAllowed | NotFound) -> list[Row]:
    """The event of a refusal, where somebody known asked for an audit. One that does not exist is told of alike."""
    actor: Actor | None = getattr(request.state, "actor", None)
    asked = request.path_params.get("audit_id")
    if actor is None or asked is None or (isinstance(problem, NotFound) and problem.thing != "audit"):
        return []
    try:
        audit_id = uuid.UUID(str(asked))
    except ValueError:
        return []
    return [row("audit.refused", audit_id, by=actor, details={"status": int(problem.status)})]


class Public:
    """Declares that a route is for everybody, and why."""

    def __init__(self, reason: str) -> None:
        self.reason: Final = reason

    # async, so that it takes no thread: a public answer must come when there is none free.
    async def __call__(self) -> None:
        return None


def allow(permission: Permission) -> Allow:
    """`acting: Annotated[Acting, allow(Permission.X)]` in a route's signature."""
    # scope="function": commit *before* the answer goes out. With the default, the client has its 201
    # before the commit is tried.
    declared: Allow = Depends(Allow(permission), scope="function")
    return declared


def public(reason: str) -> params.Depends:
    """`dependencies=[public("why")]` on a route that anybody may call."""
    declared: params.Depends = Depends(Public(reason))
    return declared


MOST_ITEMS_OF_A_PAGE = 100


@dataclass(frozen=True, slots=True)
class PageQuery:
    """Which part of a list: what follows the item with the key `after`, at most `limit` items."""

    limit: int
    after: str | None

    @property
    def after_id(self) -> uuid.UUID | None:
        """The key, where items are listed by identifier. Raises Invalid when it is none."""
        if self.after is None:
            return None
        try:
            return uuid.UUID(self.after)
        except ValueError:
            raise Invalid.at("after", "This is not the key of a page. Use the one that the page before gave.") from None


async def _page_query(
    limit: Annotated[int, Query(ge=1, le=MOST_ITEMS_OF_A_PAGE, description="Items in a page.")] = 50,
    after: Annotated[str | None, Query(max_length=300, description="Where the page before ended: its `after`.")] = None,
) -> PageQuery:
    return PageQuery(limit, after)


Page = Annotated[PageQuery, Depends(_page_query)]


def encode_key(*parts: str) -> str:
    """Several sort values as one opaque key of a page."""
    return base64.urlsafe_b64encode("\x1f".join(parts).encode()).decode().rstrip("=")


def decode_key(key: str, parts: int) -> tuple[str, ...]:
    """What `encode_key` made. Raises Invalid for anything else."""
    try:
        values = base64.urlsafe_b64decode(key + "=" * (-len(key) % 4)).decode().split("\x1f")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        values = []
    if len(values) != parts:
        raise Invalid.at("after", "This is not the key of a page. Use the one that the page before gave.")
    return tuple(values)


async def _version_of_if_match(
    if_match: Annotated[
        str | None, Header(description='The ETag that came with what is being changed, such as `"3"`.')
    ] = None,
) -> int:
    if if_match is None:
        raise VersionMissing
    match = re.fullmatch(r'\s*"?([0-9]{1,9})"?\s*', if_match, re.ASCII)
    if match is None:
        raise BadRequest('If-Match takes one strong ETag of this service, such as "3".')
    return int(match.group(1))


# The version that an edit replaces. Missing: 428. Whether it is stale is for the action to say: 412.
IfMatch = Annotated[int, Depends(_version_of_if_match)]


@dataclass(frozen=True, slots=True)
class RequestKey:
    """The client's key of a request that creates, and the fingerprint of the very request."""

    key: str
    fingerprint: str


async def _request_key(
    request: Request,
    idempotency_key: Annotated[
        str | None,
        Header(description="A text of your own, new for each thing you make, and the same when you try again."),
    ] = None,
) -> RequestKey:
    # Clients send the key bare as often as quoted, as the draft standard has it.
    key = (idempotency_key or "").strip().removeprefix('"').removesuffix('"')
    if not 1 <= len(key) <= 200 or not key.isascii() or not key.isprintable():
        raise IdempotencyKeyMissing
    digest = hashlib.sha256(f"{request.method} {request.url.path}\n".encode())
    digest.update(await request.body())
    return RequestKey(key, digest.hexdigest())


IdempotencyKey = Annotated[RequestKey, Depends(_request_key)]
