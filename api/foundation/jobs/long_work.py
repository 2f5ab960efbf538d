"""Work that takes long when there is much of it: each kind with what was asked, how it is computed and how stored."""

import uuid
import zlib
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, ClassVar, Final, Protocol

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, select
from sqlmodel import Session, SQLModel, col

from api.foundation.hooks import Hook
from api.foundation.permissions import Actor
from models import JobKind

Piece = Callable[[Session, Actor], None]


class LongWork(Protocol):
    """What somebody asked for. `prepare` only reads. `pieces` are stored first, each in a transaction of its own, and
    seen by nobody; `store` writes the rest in one transaction, from which on all of it is seen. `give_up` takes out,
    piece by piece too, what was stored of work that is not finished.

    Each raises the Problem of what cannot be done; pieces and `store` raise Moved when what was prepared holds no
    longer.
    """

    kind: ClassVar[JobKind]
    # What may be asked for by whoever waits for the answer; more is done as a job.
    most_at_once: ClassVar[int]

    @property
    def round_id(self) -> uuid.UUID | None: ...

    def size(self, session: Session, by: Actor) -> int:
        """How many cases or audits it goes through."""

    def prepare(self, session: Session, by: Actor) -> Any: ...

    @staticmethod
    def pieces(prepared: Any) -> Iterable[Piece]: ...

    @staticmethod
    def give_up(prepared: Any) -> Iterable[Piece]: ...

    @staticmethod
    def store(session: Session, prepared: Any, by: Actor) -> uuid.UUID:
        """The identifier of what was made; of an allocation, the round."""

    @staticmethod
    def stored_so_far(session: Session, organisation_id: int) -> int:
        """How many cases of the work that the organisation has in progress are stored already."""

    @staticmethod
    def path_of(made_id: uuid.UUID) -> str:
        """The page of what was made."""


class StoredAtOnce:
    """Work that is stored in one transaction: nothing of it is stored before it is done."""

    @staticmethod
    def stored_so_far(_: Session, __: int) -> int:
        return 0

    @staticmethod
    def pieces(_: Any) -> Iterable[Piece]:
        return ()

    @staticmethod
    def give_up(_: Any) -> Iterable[Piece]:
        return ()


WORKS: Final = Hook[type[LongWork]]("long work")


def work_of(kind: JobKind) -> type[LongWork]:
    """The work that jobs of this kind do."""
    return next(work for work in WORKS if work.kind is kind)


def encode_request(work: LongWork) -> bytes:
    """What was asked for, as JSON, compressed."""
    return zlib.compress(_shape(type(work)).dump_json(work), 1)


def decode_request(work: type[LongWork], asked: bytes) -> LongWork:
    """What `written` wrote of this kind of work."""
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
