"""Dependencies of routes: the actor and transaction, a page of a list, a version, an idempotency key."""

import base64
import hashlib
import re
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

from fastapi import Depends, Header, Query, Request, params
from sqlmodel import Session
from starlette.responses import Response

from api.foundation.http.admission import Asked, admit
from api.foundation.jobs.long_work import LongWork
from api.foundation.permissions import Actor, Permission
from api.foundation.problems import BadRequest, IdempotencyKeyMissing, Invalid, Problem, VersionMissing
from api.foundation.settings import Settings
from api.foundation.text.free_text import refused_events
from models.storage.database import Database
from models.storage.trail import pending_events

if TYPE_CHECKING:
    from models import Job


@dataclass(frozen=True, slots=True)
class Transaction:
    """One request's unit of work: the actor, in the one transaction that commits before the response is sent."""

    actor: Actor
    session: Session
    settings: Settings
    # What the request is about, for the event when a text is refused.
    subject_id: uuid.UUID

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """A nested transaction that is rolled back when it raises, so that a page can respond with what was typed."""
        try:
            with self.session.begin_nested():
                yield
        except Invalid as problem:
            pending_events(self.session).extend(refused_events(problem, self.subject_id, by=self.actor))
            raise


@dataclass(frozen=True, slots=True)
class ActorRequest:
    """The actor, for a route that computes: it has no transaction yet."""

    actor: Actor
    settings: Settings
    database: Database


Piece = Callable[[Session, Actor], None]


def _none(_: Any) -> Iterable[Piece]:
    return ()


@dataclass(frozen=True, slots=True)
class Computed:
    """What a route first computes, in a reading transaction, and then stores, in a short writing one.

    `prepare` reads and computes; if it returns a response, that is sent and nothing is stored. `store` checks that what
    was prepared is still valid, raises Moved if not, and writes. `key` gives the whole one effect, however often it is
    sent. `refused` makes a page's response to a refusal of either.

    What is too long for one short transaction is stored before that in `pieces`, which nobody may see until `store` has
    completed them: each runs in a writing transaction of its own, and the next is requested when it has committed. When
    a piece or `store` fails, or the request ends early, the pieces of `give_up` run and remove what was stored; they do
    nothing when `store` was committed. A killed process runs none of them: a background task must.

    `is_report`: `prepare` reads what is shown, and may be given a standby to read it from.
    """

    prepare: Callable[[Transaction], Any]
    store: Callable[[Transaction, Any], Any]
    key: "RequestKey | None" = None
    refused: Callable[[Transaction, Problem], Response] | None = None
    pieces: Callable[[Any], Iterable[Piece]] = _none
    give_up: Callable[[Any], Iterable[Piece]] = _none
    long: "Long | None" = None
    is_report: bool = False


@dataclass(frozen=True, slots=True)
class ComputedInParts:
    """Parts that are computed and stored one after another, each on its own, and how their responses make one.

    The next part is asked for when the one before it is stored.
    Others can write between two parts. When a part fails, the parts before it stay: the same request with the same key
    repeats their responses and goes on.

    `ahead`: the next part is computed while the one before it is stored, so it may not know of that one: `store` raises
    Moved where it would have to, and the part is computed again.
    """

    parts: Iterable[Computed]
    join: Callable[[Sequence[Response]], Response]
    ahead: bool = False


@dataclass(frozen=True, slots=True)
class Long:
    """The same for work that becomes a job when there is much of it.

    `work` says what to do, in the reading transaction that also measures how much it is. `asked` responds that a job
    was requested; `shown` shows the result, by its identifier, when it was ready while the client still waited. Without
    `shown`, `asked` shows the finished job.
    """

    work: Callable[[Transaction], LongWork]
    asked: Callable[[Transaction, "Job"], Response]
    shown: Callable[[Transaction, uuid.UUID], Response] | None = None


class Needs(Enum):
    """What a route needs while it runs: it gets that, and holds nothing else."""

    READING = "a reading transaction"
    HEAVY_READING = "a reading transaction, for long: a file, a large report"
    WRITING = "a writing transaction, and so the writer"
    COMPUTING = "a reading transaction to compute in, and a short writing one after it"
    PASSWORD = "time to hash a password, and transactions of its own"  # noqa: S105 - not a password

    OUTSIDE = "an answer of another service, and transactions of its own"


def database_of(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


class Allow:
    """The permission that a route declares, and what it needs; without one it is not served.

    Identifies the actor before anything else is checked. `api.foundation.http.routing` runs the route.
    """

    def __init__(self, permission: Permission, needs: Needs, **proof: bool) -> None:
        self.asked: Final = Asked(permission, **proof)
        self.permission: Final = permission
        self.needs: Final = needs

    async def __call__(self, request: Request) -> "AdmittedRequest":
        return AdmittedRequest(request, self.asked, self.needs, await admit(request, self.asked))


@dataclass(frozen=True, slots=True)
class AdmittedRequest:
    """An admitted request, and what its route needs."""

    request: Request
    asked: Asked
    needs: Needs
    actor: Actor


class Public:
    """Declares that a route is public, and why."""

    def __init__(self, reason: str, needs: Needs) -> None:
        self.reason: Final = reason
        self.needs: Final = needs

    # async, so that it uses no thread: a public route must respond when no thread is free.
    async def __call__(self) -> None:
        return None


def reading(permission: Permission, **proof: bool) -> Any:
    """`acting: Annotated[Acting, reading(Permission.X)]`: the route stores nothing, whatever its method.

    `recent=True`, here and below: a person signed in at most 10 minutes ago, or is asked for their password again.
    `without_second_factor=True`: also for a person who must set one up first.
    """
    return Depends(Allow(permission, Needs.READING, **proof))


def heavy_reading(permission: Permission) -> Any:
    """The same for slow reads: a file, a report over many audits. Few of these run at once."""
    return Depends(Allow(permission, Needs.HEAVY_READING))


def writing(permission: Permission, **proof: bool) -> Any:
    """`acting: Annotated[Acting, writing(Permission.X)]`: the route runs in one short writing transaction."""
    return Depends(Allow(permission, Needs.WRITING, **proof))


def computing(permission: Permission, **proof: bool) -> Any:
    """`asking: Annotated[Asking, computing(Permission.X)]`: the route returns Computed: what to compute and store."""
    return Depends(Allow(permission, Needs.COMPUTING, **proof))


def password(permission: Permission, **proof: bool) -> Any:
    """`asking: Annotated[Asking, password(Permission.X)]`: the route hashes a password, outside any transaction."""
    return Depends(Allow(permission, Needs.PASSWORD, **proof))


def outside(permission: Permission, **proof: bool) -> Any:
    """`asking: Annotated[Asking, outside(Permission.X)]`: the route asks another service, outside any transaction."""
    return Depends(Allow(permission, Needs.OUTSIDE, **proof))


def public(reason: str, *, needs: Needs = Needs.READING) -> params.Depends:
    """`dependencies=[public("why")]` on a route that anybody may call."""
    declared: params.Depends = Depends(Public(reason, needs))
    return declared


MOST_ITEMS_OF_A_PAGE = 100
# A number of 18 digits fits into every database.
_DIGITS_OF_NUMBER: Final = 18
Item = TypeVar("Item")
First = TypeVar("First")
Second = TypeVar("Second")


@dataclass(frozen=True, slots=True)
class PageQuery:
    """Which part of a list: at most `limit` items, after the item with the key `after`."""

    limit: int
    after: str | None

    @property
    def after_id(self) -> uuid.UUID | None:
        """The key, where items are listed by identifier. Raises Invalid for a malformed key."""
        if self.after is None:
            return None
        try:
            return uuid.UUID(self.after)
        except ValueError:
            raise Invalid.page_key() from None

    @property
    def after_number(self) -> int | None:
        """The key, where items are listed by number. Raises Invalid for a malformed key."""
        if self.after is None:
            return None
        if not (self.after.isascii() and self.after.isdecimal() and len(self.after) <= _DIGITS_OF_NUMBER):
            raise Invalid.page_key()
        return int(self.after)

    def after_values(
        self, first: Callable[[str], First], second: Callable[[str], Second]
    ) -> tuple[First, Second] | None:
        """The 2 values of a key made by `encode_key`, each read by its function, which raises ValueError.

        Raises Invalid for a malformed key.
        """
        if self.after is None:
            return None
        try:
            one, other = base64.urlsafe_b64decode(self.after + "=" * (-len(self.after) % 4)).decode().split("\x1f")
            return first(one), second(other)
        except ValueError:
            raise Invalid.page_key() from None

    @property
    def to_fetch(self) -> int:
        """How many items to fetch: one more than is shown, to know whether others follow."""
        return self.limit + 1

    def cut(self, found: Sequence[Item], key: Callable[[Item], object]) -> tuple[Sequence[Item], str | None]:
        """The items to show, and the key of the next page; None when this is the last."""
        shown = found[: self.limit]
        return shown, str(key(shown[-1])) if len(found) > self.limit else None


async def _page_query(
    limit: Annotated[int, Query(ge=1, le=MOST_ITEMS_OF_A_PAGE, description="Number of items on a page.")] = 50,
    after: Annotated[str | None, Query(max_length=300, description="The `after` value from the previous page.")] = None,
) -> PageQuery:
    return PageQuery(limit, after)


Page = Annotated[PageQuery, Depends(_page_query)]


def encode_key(first: str, second: str) -> str:
    """2 sort values as one opaque key of a page."""
    return base64.urlsafe_b64encode(f"{first}\x1f{second}".encode()).decode().rstrip("=")


async def _version_of_if_match(
    if_match: Annotated[
        str | None, Header(description='The ETag of the version you are changing, such as `"3"`.')
    ] = None,
) -> int:
    if if_match is None:
        raise VersionMissing
    # A proxy that compresses a response marks its ETag as weak. The version in it is the same.
    match = re.fullmatch(r'\s*(?:W/)?"?([0-9]{1,9})"?\s*', if_match, re.ASCII)
    if match is None:
        raise BadRequest('If-Match must be one ETag from this service, such as "3".')
    return int(match.group(1))


# The version that an edit replaces. Missing: 428. Whether it is stale is for the action to decide: 412.
IfMatch = Annotated[int, Depends(_version_of_if_match)]


@dataclass(frozen=True, slots=True)
class RequestKey:
    """The client's idempotency key of a request that creates, and the fingerprint of that request."""

    key: str
    fingerprint: str

    def of_part(self, number: int) -> "RequestKey":
        """The key of one part of the request, counted from 0; no client can send the key of a later part."""
        if number == 0:
            return self
        return RequestKey(f"{hashlib.sha256(self.key.encode()).hexdigest()}\n{number}", self.fingerprint)


async def _request_key(
    request: Request,
    idempotency_key: Annotated[
        str | None,
        Header(description="Your own text: a new one for each thing you create, and the same one when you try again."),
    ] = None,
) -> RequestKey:
    # Clients send the key unquoted as often as quoted; the draft standard quotes it.
    key = (idempotency_key or "").strip().removeprefix('"').removesuffix('"')
    if not 1 <= len(key) <= 200 or not key.isascii() or not key.isprintable():
        raise IdempotencyKeyMissing
    # For a large body it was computed while the body arrived.
    fingerprint: str | None = getattr(request.state, "fingerprint", None)
    if fingerprint is None:
        fingerprint = hashlib.sha256(fingerprint_begins_with(request) + await request.body()).hexdigest()
    return RequestKey(key, fingerprint)


def fingerprint_begins_with(request: Request) -> bytes:
    """What is hashed before the body: the same body sent elsewhere is another request."""
    return f"{request.method} {request.url.path}\n".encode()


IdempotencyKey = Annotated[RequestKey, Depends(_request_key)]
