"""What every page shows around its own content: the menu, banners and actions, which rooms provide."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlmodel import Session

from api.foundation.hooks import Hook
from api.foundation.permissions import Actor, Permission


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """A part of the site in the menu, for whoever has the permission. Entries stand in the order of `place`.

    `start`: how early the entry is chosen as the place where somebody's work begins; 0 is chosen first.
    """

    text: str
    path: str
    permission: Permission
    place: int
    start: int | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """An entry of the menu as a page shows it."""

    text: str
    path: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Fragment:
    """A part of a page: a template, and what it shows."""

    template: str
    context: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PageContext:
    """The page that is about to be shown: for whom, at which path, and with what. No session on a public page."""

    actor: Actor | None
    session: Session | None
    path: str
    context: Mapping[str, Any]


MENU: Final = Hook[MenuEntry]("the menu")
# What is shown above every page: what somebody must not miss.
BANNERS: Final = Hook[Callable[[PageContext], Fragment | None]]("banners")
# What is offered at the top of a page.
PAGE_ACTIONS: Final = Hook[Callable[[PageContext], Fragment | None]]("actions of pages")


def start_path(actor: Actor) -> str:
    """Where somebody's work begins: the first start that they may use, or else their account."""
    starts = [(entry.start, entry.path) for entry in MENU if entry.start is not None and actor.may(entry.permission)]
    return min(starts)[1] if starts else "/account"


def navigation(actor: Actor | None, path: str) -> list[Link]:
    """The parts of the site that this person may use; the one they are in is marked."""
    if actor is None:
        return []
    shown = [entry for entry in sorted(MENU, key=lambda entry: entry.place) if actor.may(entry.permission)]
    within = [entry.path for entry in shown if path == entry.path or path.startswith(f"{entry.path}/")]
    current = max(within, key=len, default="")
    return [Link(entry.text, entry.path, entry.path == current) for entry in shown]
