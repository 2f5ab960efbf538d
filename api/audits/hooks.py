"""Extension points of audits: parts and links of an audit's page, and what its auditor has to do after submission."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlmodel import Session

from api.foundation.hooks import Hook
from api.foundation.pages.menu import Fragment
from api.foundation.permissions import Actor

if TYPE_CHECKING:
    from api.audits.actions import ReadAudit
    from models import Audit


@dataclass(frozen=True, slots=True)
class ShownAudit:
    """An audit as its page shows it, and the viewer."""

    session: Session
    found: "ReadAudit"
    actor: Actor


@dataclass(frozen=True, slots=True)
class AuditLink:
    """A link to another page of the audit: a button, or one of the list at the end."""

    text: str
    path: str
    is_button: bool = False
    is_secondary: bool = False


@dataclass(frozen=True, slots=True)
class OwnStep:
    """What an auditor has to do with a submitted audit of theirs, and where; not due while others have to act."""

    text: str
    path: str
    is_due: bool = True


@dataclass(frozen=True, slots=True)
class BesideScore:
    """A text beside a score: what it is called, and who wrote it and when. `path`: where somebody may act on it."""

    called: str
    text: str
    by: str = ""
    path: str = ""


PARTS: Final = Hook[Callable[[ShownAudit], Fragment | None]]("parts of an audit's page")
# By theme, what is shown beside its score wherever the audit is read: its page, moderation and print.
BESIDE_SCORES: Final = Hook[Callable[[Session, "ReadAudit", Actor], Mapping[str, Sequence[BesideScore]]]](
    "what is shown beside the scores of an audit"
)
LINKS: Final = Hook[Callable[[ShownAudit], AuditLink | None]]("links of an audit's page")
# Given the actor's own submitted audits; returns a step for each audit that has one.
OWN_STEPS: Final = Hook[Callable[[Session, Sequence["Audit"], Actor], Mapping[uuid.UUID, OwnStep]]](
    "what auditors do with submitted audits"
)
