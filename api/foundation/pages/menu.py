"""What every page shows around its own content: the menu, banners and actions, which rooms provide."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlmodel import Session

from api.foundation.hooks import Hook
from api.foundation.permissions import Actor, Permission


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """A menu entry, for people with the permission. Entries are ordered by `place`.

    `start`: the rank of the entry as a person's start page; 0 comes first.
    """

    text: str
    path: str
    permission: Permission
    place: int
    start: int | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A menu entry as a page shows it."""

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
    """The page about to be rendered: for whom, at which path, and with what. No session on a public page."""

    actor: Actor | None
    session: Session | None
    path: str
    context: Mapping[str, Any]


MENU: Final = Hook[MenuEntry]("the menu")
# Shown above the content of every page: what a person must not miss.
BANNERS: Final = Hook[Callable[[PageContext], Fragment | None]]("banners")
# Shown at the top of a page as actions.
PAGE_ACTIONS: Final = Hook[Callable[[PageContext], Fragment | None]]("actions of pages")


def start_path(actor: Actor) -> str:
    """A person's start page: the first one that they may use, or else their account."""
    starts = [(entry.start, entry.path) for entry in MENU if entry.start is not None and actor.may(entry.permission)]
    return min(starts)[1] if starts else "/account"


def navigation(actor: Actor | None, path: str) -> list[Link]:
    """The menu for this person; the current entry is marked."""
    if actor is None:
        return []
    shown = [entry for entry in sorted(MENU, key=lambda entry: entry.place) if actor.may(entry.permission)]
    within = [entry.path for entry in shown if path == entry.path or path.startswith(f"{entry.path}/")]
    current = max(within, key=len, default="")
    return [Link(entry.text, entry.path, entry.path == current) for entry in shown]
