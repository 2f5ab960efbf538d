"""Extension points of the page of an audit: parts of it, and links to other rooms' pages of the audit."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlmodel import Session

from api.audits.actions import ReadAudit
from api.foundation.hooks import Hook
from api.foundation.pages.menu import Fragment
from api.foundation.permissions import Actor


@dataclass(frozen=True, slots=True)
class ShownAudit:
    """An audit as its page shows it, and the viewer."""

    session: Session
    found: ReadAudit
    actor: Actor


@dataclass(frozen=True, slots=True)
class AuditLink:
    """A link to another page of the audit: a button, or one of the list at the end."""

    text: str
    path: str
    is_button: bool = False
    is_secondary: bool = False


PARTS: Final = Hook[Callable[[ShownAudit], Fragment | None]]("parts of an audit's page")
LINKS: Final = Hook[Callable[[ShownAudit], AuditLink | None]]("links of an audit's page")
