"""Long work: each kind with its request, how it is computed and how it is stored."""

import uuid
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, select
from sqlmodel import Session, SQLModel, col

from api.foundation.hooks import Hook, Later
from api.foundation.permissions import Actor

if TYPE_CHECKING:
    from models import JobKind

# The background work that runs jobs: two, so that a short job does not wait for a long one.
WORKERS: Final = ("jobs", "more jobs")

Piece = Callable[[Session, Actor], None]


class LongWork(Protocol):
    """What was requested. `prepare` only reads. `pieces` are stored first, each in a transaction of its own, and not
    visible to anybody; `store` writes the rest in one transaction, which makes all of it visible. `give_up` removes,
    also piece by piece, what was stored of unfinished work.

    Each raises the Problem of what cannot be done; pieces and `store` raise Moved when the prepared data is no longer
    valid.
    """

    kind: ClassVar["JobKind"]
    # The most that is done in the request; more is done as a job.
    most_at_once: ClassVar[int]

    @property
    def round_id(self) -> uuid.UUID | None: ...

    def size(self, session: Session, by: Actor) -> int:
        """How many cases or audits it goes through."""

    def is_long(self, session: Session, by: Actor, size: int) -> bool:
        """Whether this work, which goes through `size` things, is done as a job."""

    def prepare(self, session: Session, by: Actor) -> Any: ...

    @staticmethod
    def pieces(prepared: Any) -> Iterable[Piece]: ...

    @staticmethod
    def give_up(prepared: Any) -> Iterable[Piece]: ...

    @staticmethod
    def store(session: Session, prepared: Any, by: Actor) -> uuid.UUID:
        """The identifier of the result; of an allocation, the round."""

    @staticmethod
    def stored_so_far(session: Session, organisation_id: int) -> int:
        """How many cases of the organisation's work in progress are stored already."""

    @staticmethod
    def path_of(made_id: uuid.UUID) -> str:
        """The page of the result."""


class LongBySize:
    """Work that is done as a job when it goes through more than `most_at_once`."""

    most_at_once: ClassVar[int]

    def is_long(self, _: Session, __: Actor, size: int) -> bool:
        return size > self.most_at_once


class StoredAtOnce(LongBySize):
    """Work that is stored in one transaction: nothing is stored before it is complete."""

    @staticmethod
    def stored_so_far(_: Session, __: int) -> int:
        return 0

    @staticmethod
    def pieces(_: Any) -> Iterable[Piece]:
        return ()

    @staticmethod
    def give_up(_: Any) -> Iterable[Piece]:
        return ()


@dataclass(frozen=True, slots=True)
class WorkOfKind:
    """The work that jobs of a kind do; `kind` is a JobKind. No other work is imported to find it."""

    kind: str
    work: Later


WORKS: Final = Hook[WorkOfKind]("long work")


def work_of(kind: "JobKind") -> type[LongWork]:
    """The work that jobs of this kind do."""
    found: type[LongWork] = next(each.work for each in WORKS if each.kind == kind).there()
    return found


def encode_request(work: LongWork) -> bytes:
    """The request as compressed JSON."""
    return zlib.compress(_shape(type(work)).dump_json(work), 1)


def decode_request(work: type[LongWork], asked: bytes) -> LongWork:
    """Read a request of this kind of work, as `encode_request` wrote it."""
    found: LongWork = _shape(work).validate_json(zlib.decompress(asked))
    return found


@cache
def _shape(work: type[LongWork]) -> TypeAdapter[Any]:
    return TypeAdapter(work)


def count_own(
    session: Session, what: ColumnElement[int], model: type[SQLModel], by: Actor, *of: ColumnElement[bool]
) -> int:
    """Count rows of the actor's organisation."""
    own = col(model.organisation_id) == by.organisation_id  # type: ignore[attr-defined]
    return int(session.execute(select(what).select_from(model).where(own, *of)).scalar_one())
