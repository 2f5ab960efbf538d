"""Marks for the lines of a document, proposed by rule: nothing is decided until a person has seen every line."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from checklists.outlines.lines import Line, LineKind


class Mark(StrEnum):
    """What a line becomes."""

    DOMAIN = "domain"
    THEME = "theme"
    FINDING = "finding"
    PROMPT = "prompt"
    GOOD = "good"
    HARM = "harm"
    RECOMMENDATION = "recommendation"
    LEAVE_OUT = "leave-out"

    @property
    def label(self) -> str:
        """The label for people."""
        return _LABELS[self]


_LABELS: Final = {
    Mark.DOMAIN: "Learning domain",
    Mark.THEME: "Theme",
    Mark.FINDING: "What the source found",
    Mark.PROMPT: "Prompt",
    Mark.GOOD: "What good looks like",
    Mark.HARM: "Form of harm",
    Mark.RECOMMENDATION: "Recommendation",
    Mark.LEAVE_OUT: "Leave out",
}


@dataclass(frozen=True, slots=True)
class Marked:
    """A part of a document with its mark. `place` and `sentence` are those of the document, whatever is reworded."""

    text: str
    mark: Mark
    place: str
    sentence: str


# What the heading of a section says of the lines below it.
_OF_HARM: Final = re.compile(r"\bforms? of harm\b|\btypes? of harm\b|\bharms\b|\bkinds of harm\b", re.IGNORECASE)
_OF_ADVICE: Final = re.compile(
    r"\brecommend|\bwhat (?:to do|you can do|needs to|should)|\bactions?\b|\bnext steps?\b", re.IGNORECASE
)
_OF_GOOD: Final = re.compile(r"\bgood (?:practice|looks like)\b|\bwhat works\b", re.IGNORECASE)
_LEFT_OUT: Final = re.compile(
    r"\b(?:background|introduction|about this|contents|references?|further reading|contact|think about|reflect\w*|"
    r"questions? to|summary|foreword|acknowledge\w*|glossary)\b",
    re.IGNORECASE,
)
_ADVISES: Final = re.compile(
    r"\b(?:should|must|recommends?|recommended that|need(?:s)? to|make sure|ensure)\b", re.IGNORECASE
)
_NAMED: Final = re.compile(r"([^:.?!]{3,120}?)\s*(?::|\s[–—-]\s)\s*(.+)")
_ASIDE: Final = re.compile(r"\s*\([^)]*\)\s*")
_LONGEST_TITLE: Final = 90
# The depth of a section that begins with a numbered line: any heading ends it.
_BY_NUMBER: Final = 9
_MOST_WORDS_OF_A_HARM: Final = 8


def propose(lines: Sequence[Line]) -> tuple[Marked, ...]:
    """A mark for every part of the document, in its order; a line of a name and a sentence becomes two parts.

    A heading, or a numbered line with bullets below it, begins a section. What the section is about follows from its
    heading: forms of harm, advice, background, or else a learning domain whose items are themes.
    """
    found: list[Marked] = []
    section = _Section()
    first = next((place for place, line in enumerate(lines) if line.kind is LineKind.HEADING), -1)
    for place, line in enumerate(lines):
        if place == first and _is_title(line, lines[place + 1 :]):
            found.append(Marked(line.text, Mark.LEAVE_OUT, section.place(line), line.text))
            continue
        follows = lines[place + 1] if place + 1 < len(lines) else None
        if _begins_section(line, follows, section):
            section = _section_of(line, follows)
            found += section.heading(line)
        else:
            found += section.parts(line)
    return _without_loose_parts(_without_empty_domains(found))


def _is_title(first: Line, others: Sequence[Line]) -> bool:
    """Whether the first heading is the title of the document: above every other, or above numbered lines."""
    depths = [line.depth for line in others if line.kind is LineKind.HEADING]
    has_sections = any(line.kind in {LineKind.HEADING, LineKind.NUMBERED} for line in others)
    return has_sections and all(first.depth < depth for depth in depths)


@dataclass(frozen=True, slots=True)
class _Section:
    """What the lines below a heading become."""

    title: str = ""
    items: Mark = Mark.LEAVE_OUT
    depth: int = -1

    def place(self, line: Line) -> str:
        where = f"{self.title}, {line.place}" if self.title else line.place
        return f"{where[:1].upper()}{where[1:]}"

    def heading(self, line: Line) -> Iterator[Marked]:
        if self.items is Mark.HARM:
            listed = _listed(line.text.partition(":")[2])
            if listed:
                yield from (Marked(each, Mark.HARM, self.place(line), line.text) for each in listed)
                return
        if self.items is Mark.RECOMMENDATION:
            advice = [each.strip(" .") for each in line.text.partition(":")[2].split(";") if each.strip(" .")]
            yield from (Marked(each, Mark.RECOMMENDATION, self.place(line), line.text) for each in advice)
            if advice:
                return
        is_domain = self.items is Mark.THEME
        title = _ASIDE.sub(" ", line.text).strip(" :") if is_domain else line.text
        yield Marked(title, Mark.DOMAIN if is_domain else Mark.LEAVE_OUT, self.place(line), line.text)

    def parts(self, line: Line) -> Iterator[Marked]:
        said = Marked(line.text, self.items, self.place(line), line.text)
        if self.items is Mark.HARM:
            listed = _listed(line.text)
            yield from (replace(said, text=each) for each in listed) if listed else [replace(said, mark=Mark.LEAVE_OUT)]
        elif self.items is not Mark.THEME:
            yield said
        elif line.text.endswith("?"):
            yield replace(said, mark=Mark.PROMPT)
        elif line.kind is LineKind.TEXT:
            advises = _ADVISES.search(line.text) is not None
            yield replace(said, mark=Mark.RECOMMENDATION if advises else Mark.FINDING)
        else:
            yield from _theme(said)


def _theme(said: Marked) -> Iterator[Marked]:
    named = _NAMED.fullmatch(said.text)
    if named and len(named.group(1)) <= _LONGEST_TITLE:
        yield replace(said, text=named.group(1).strip())
        yield replace(said, text=named.group(2).strip(), mark=Mark.FINDING)
    elif len(said.text) <= _LONGEST_TITLE and not said.text.endswith("."):
        yield said
    else:
        advises = _ADVISES.search(said.text) is not None
        yield replace(said, mark=Mark.RECOMMENDATION if advises else Mark.FINDING)


def _begins_section(line: Line, follows: Line | None, section: _Section) -> bool:
    """Whether a line is the heading of a section; a smaller heading is an item of the section that it is in."""
    if line.kind is LineKind.HEADING:
        return section.depth < 0 or line.depth <= section.depth
    if line.kind is not LineKind.NUMBERED or line.depth:
        return False
    has_items = follows is not None and (follows.kind is LineKind.BULLET or _is_subnumber(follows))
    is_below_a_heading = 0 <= section.depth < _BY_NUMBER
    return has_items or (not is_below_a_heading and _says_what(line.text) is not None)


def _is_subnumber(line: Line) -> bool:
    return line.kind is LineKind.NUMBERED and line.depth > 0


def _section_of(line: Line, follows: Line | None) -> _Section:
    said = _says_what(line.text)
    title = _ASIDE.sub(" ", line.text.partition(":")[0]).strip()[:_LONGEST_TITLE]
    depth = line.depth if line.kind is LineKind.HEADING else _BY_NUMBER
    if said is None:
        said = Mark.THEME if follows is not None else Mark.LEAVE_OUT
    return _Section(title, said, depth)


def _says_what(text: str) -> Mark | None:
    """What a heading says that the lines below it are; None where it says nothing."""
    heading = text.partition(":")[0]
    for words, mark in (
        (_OF_HARM, Mark.HARM),
        (_LEFT_OUT, Mark.LEAVE_OUT),
        (_OF_GOOD, Mark.GOOD),
        (_OF_ADVICE, Mark.RECOMMENDATION),
    ):
        if words.search(heading):
            return mark
    return None


def _listed(text: str) -> list[str]:
    """The entries of a list on one line; none where it is a sentence."""
    without = _ASIDE.sub(" ", text).replace(" .", ".").strip().partition(". ")[0].rstrip(".")
    parts = [part.strip() for part in re.split(r"\s*[·•;|]\s*", without) if part.strip()]
    if len(parts) == 1:
        parts = [part.strip() for part in re.split(r",\s+|\s+and\s+", without) if part.strip()]
        if len(parts) > 1 and "." in without:
            return []
    return parts if parts and all(len(part.split()) <= _MOST_WORDS_OF_A_HARM for part in parts) else []


def _without_empty_domains(found: Sequence[Marked]) -> tuple[Marked, ...]:
    """A heading without any theme below it is no learning domain."""
    kept = list(found)
    last: int | None = None
    for place, each in enumerate([*found, Marked("", Mark.DOMAIN, "", "")]):
        if each.mark is Mark.DOMAIN:
            if last is not None:
                kept[last] = replace(kept[last], mark=Mark.LEAVE_OUT)
            last = place
        elif each.mark is Mark.THEME:
            last = None
    return tuple(kept)


def _without_loose_parts(found: Sequence[Marked]) -> tuple[Marked, ...]:
    """What is said of no theme is left out."""
    kept, below_a_theme = [], False
    for each in found:
        if each.mark in {Mark.THEME, Mark.DOMAIN}:
            below_a_theme = each.mark is Mark.THEME
        is_loose = each.mark in {Mark.FINDING, Mark.PROMPT, Mark.GOOD} and not below_a_theme
        kept.append(replace(each, mark=Mark.LEAVE_OUT) if is_loose else each)
    return tuple(kept)
