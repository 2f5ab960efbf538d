"""Extension point of moderation: what else limits who moderates an audit."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import ColumnElement
from sqlmodel import Session

from api.foundation.hooks import WRITING, Hook
from api.foundation.permissions import Actor

if TYPE_CHECKING:
    from models import Audit


@dataclass(frozen=True, slots=True)
class ModerationLimit:
    """A limit of who moderates an audit: `check` raises the Problem, `allows` is the same in SQL."""

    check: Callable[[Session, "Audit", Actor], None]
    allows: Callable[[Actor], ColumnElement[bool]]


LIMITS: Final = Hook[ModerationLimit]("limits of who moderates an audit", read_at=WRITING)
