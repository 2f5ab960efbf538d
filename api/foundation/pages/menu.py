"""What every page shows around its own content: the menu, banners and actions, which rooms provide."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from sqlmodel import Session

from api.foundation.hooks import REFUSING, Hook
from api.foundation.permissions import Actor, Permission


class Section(Enum):
    """The items of the top line of the menu, in order: what people come to do.

    A feature adds its pages to one of them, and cannot add another: the top line fits on one line.
    """

    HOME = "Home"
    MY_AUDITS = "My audits"
    CHECK = "Check audits"
    ROUNDS = "Rounds"
    REPORTS = "Reports"
    ORGANISATION = "Organisation"


_TITLES: Final = frozenset(section.value for section in Section)


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """A page of a section, for people with the permission. Entries of a section are ordered by `place`.

    `covers`: a regular expression of other paths that belong to the entry, such as its page of one round.
    `otherwise`: its section for people without the page that the section is named after.
    """

    text: str
    path: str
    permission: Permission
    section: Section
    place: int
    covers: str = ""
    otherwise: Section | None = None

    def rank(self, path: str) -> int:
        """How closely a path belongs to this entry; 0 where it does not."""
        if self.covers and re.match(self.covers, path):
            return len(path)
        is_within = path == self.path or (self.path != "/" and path.startswith(f"{self.path}/"))
        return len(self.path) if is_within else 0


@dataclass(frozen=True, slots=True)
class Link:
    """An item of the menu as a page shows it."""

    text: str
    path: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Navigation:
    """The menu of a page: the sections that the person may use, and the pages of the current section."""

    sections: tuple[Link, ...] = ()
    section: str = ""
    pages: tuple[Link, ...] = ()


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
BANNERS: Final = Hook[Callable[[PageContext], Fragment | None]]("banners", read_at=REFUSING)
# Shown at the top of a page as actions.
PAGE_ACTIONS: Final = Hook[Callable[[PageContext], Fragment | None]]("actions of pages", read_at=REFUSING)


def navigation(actor: Actor | None, path: str) -> Navigation:
    """The menu for this person; the current section and page are marked.

    A section with a single page for this person is called by the name of that page.
    """
    if actor is None:
        return Navigation()
    entries = sorted((entry for entry in MENU if actor.may(entry.permission)), key=lambda entry: entry.place)
    section_of = _sections_of(entries)
    current = max((entry for entry in entries if entry.rank(path)), key=lambda entry: entry.rank(path), default=None)
    current_section = None if current is None else section_of[current]
    of_sections = [(section, [entry for entry in entries if section_of[entry] is section]) for section in Section]
    sections = [
        Link(
            pages[0].text if len(pages) == 1 else section.value,
            pages[0].path,
            is_current=section is current_section,
        )
        for section, pages in of_sections
        if pages
    ]
    beside = [entry for entry in entries if section_of[entry] is current_section]
    return Navigation(
        tuple(sections),
        "" if current_section is None else current_section.value,
        tuple(Link(entry.text, entry.path, entry is current) for entry in beside) if len(beside) > 1 else (),
    )


def _sections_of(entries: Sequence[MenuEntry]) -> dict[MenuEntry, Section]:
    """The section of each entry that a person may use: its other one, where the page that the first is named after is
    not among them.
    """
    their_pages = {entry.text for entry in entries}
    without = {Section(entry.text) for entry in MENU if entry.text in _TITLES and entry.text not in their_pages}
    return {
        entry: entry.otherwise if entry.otherwise is not None and entry.section in without else entry.section
        for entry in entries
    }
