"""Extension point of documents: who keeps the recommendations that a person marks in one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final, Protocol

from sqlmodel import Session

from api.foundation.hooks import WRITING, Hook
from api.foundation.permissions import Actor

if TYPE_CHECKING:
    from checklists.outlines.tree import OutlinedRecommendation
    from models import SourceKind


@dataclass(frozen=True, slots=True)
class MarkedRecommendations:
    """The recommendations of a document, its title, kind and date, and by when they should be done."""

    entries: Sequence["OutlinedRecommendation"]
    source: str
    source_kind: "SourceKind"
    source_on: date
    due_on: date


class KeepRecommendations(Protocol):
    """Stores them in the transaction that creates the draft; raises Invalid at `/parts/<number>`."""

    def __call__(self, session: Session, marked: MarkedRecommendations, *, by: Actor) -> None: ...


KEEP_RECOMMENDATIONS: Final = Hook[KeepRecommendations]("keeping of recommendations from documents", read_at=WRITING)
