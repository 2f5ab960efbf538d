"""The lines of a document: headings, numbered lines, bullets and paragraphs, each with its place."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

MOST_LINES: Final = 250
LONGEST_LINE: Final = 2_000


class LineKind(StrEnum):
    """What a line looks like."""

    HEADING = "heading"
    NUMBERED = "numbered"
    BULLET = "bullet"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Line:
    """One line or paragraph. `depth`: 0 for the outermost heading or list; `number`: its place, from 1.

    `page`: the page that it begins on, from 1; 0 where the document has no pages.
    """

    text: str
    kind: LineKind = LineKind.TEXT
    depth: int = 0
    number: int = 0
    page: int = 0

    @property
    def place(self) -> str:
        """Where it is in the document, in words."""
        line = f"line {self.number}"
        return f"page {self.page}, {line}" if self.page else line


_HEADING: Final = re.compile(r"(#{1,6})\s+(.*)")
_NUMBERED: Final = re.compile(r"(?:\d{1,2}(?:\.\d{1,2})*[.):]|\d{1,2}(?:\.\d{1,2})+|[a-z]\))\s+(.+)", re.IGNORECASE)
_BULLET: Final = re.compile(r"[-*•·–▪◦o]\s+(.+)")
_EMPHASIS: Final = re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1|(?<![\w*])([*_])(?=\S)(.+?)(?<=\S)\3(?![\w*])")
_SPACES_OF_A_LEVEL: Final = 2


def lines_of_text(text: str) -> tuple[Line, ...]:
    """The lines of plain text, up to MOST_LINES. A line that goes on from the one above is joined to it.

    A short line of its own, with no full stop, above a list or a paragraph is a heading.
    """
    return numbered(with_headings(_joined(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))))


def numbered(lines: Iterable[Line]) -> tuple[Line, ...]:
    """The lines without empty ones, numbered from 1; long ones are cut, and no more than MOST_LINES are kept."""
    kept = [line for line in lines if line.text.strip()][:MOST_LINES]
    return tuple(
        Line(plain(line.text)[:LONGEST_LINE], line.kind, line.depth, number, line.page)
        for number, line in enumerate(kept, start=1)
        if plain(line.text)
    )


def plain(text: str) -> str:
    """The text without marks of emphasis, control characters and repeated spaces."""
    without = _EMPHASIS.sub(lambda found: found.group(2) or found.group(4), text)
    return " ".join("".join(each if each.isprintable() else " " for each in without).split())


def _joined(raw: Iterable[str]) -> Iterator[Line]:
    held: Line | None = None
    for row in raw:
        stripped = row.strip()
        found = own_line(row) if stripped else None
        if found is None and stripped and held is not None and held.kind is not LineKind.HEADING:
            held = Line(f"{held.text} {stripped}", held.kind, held.depth)
            continue
        if held is not None:
            yield held
        held = found or (Line(stripped) if stripped else None)
    if held is not None:
        yield held


def own_line(row: str) -> Line | None:
    """A heading or a line of a list; None for any other."""
    stripped = row.strip()
    depth = (len(row.expandtabs(4)) - len(row.expandtabs(4).lstrip())) // _SPACES_OF_A_LEVEL
    if found := _HEADING.fullmatch(stripped):
        return Line(found.group(2), LineKind.HEADING, len(found.group(1)) - 1)
    if found := _NUMBERED.fullmatch(stripped):
        parts = len(re.findall(r"\d+", stripped[: found.start(1)]))
        return Line(found.group(1), LineKind.NUMBERED, max(depth, parts - 1))
    if found := _BULLET.fullmatch(stripped):
        return Line(found.group(1), LineKind.BULLET, depth)
    return None


def with_headings(lines: Iterable[Line]) -> Iterator[Line]:
    """The lines, with a short one without a full stop above others as a heading, where nothing else marks headings."""
    every = list(lines)
    for place, line in enumerate(every):
        follows = every[place + 1] if place + 1 < len(every) else None
        if line.kind is LineKind.TEXT and follows is not None and _looks_like_heading(line.text):
            yield replace(line, kind=LineKind.HEADING, depth=0)
        else:
            yield line


def _looks_like_heading(text: str) -> bool:
    return len(text) <= 70 and len(text.split()) <= 9 and text[-1] not in ".;,?!"
