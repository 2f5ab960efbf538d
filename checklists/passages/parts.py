"""The passages of an audit: the texts that people code, by theme or for the whole audit."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from checklists.audits.conclusion import FOR_REPORTS, ConclusionPart
from checklists.audits.family_views import FamilyMember
from checklists.templates.asks import Words

# Instead of a theme's key: what is said of the whole audit.
WHOLE_AUDIT: Final = ""


class ThemePart(StrEnum):
    """A text of one theme."""

    RATIONALE = "rationale"
    IMPACT = "impact"
    STRENGTHS = "strengths"
    DEVELOPMENT = "development"


class Place(NamedTuple):
    """Where a passage is: its theme, or WHOLE_AUDIT, and the part of it."""

    theme: str
    part: str


@dataclass(frozen=True, slots=True)
class Passage:
    """One text of one audit."""

    place: Place
    text: str


_FAMILY: Final = {f"family-{member.value}": member for member in FamilyMember}
_LABELS: Final[Mapping[str, str]] = {
    ThemePart.RATIONALE.value: "Rationale",
    ThemePart.STRENGTHS.value: "Strengths",
    ThemePart.DEVELOPMENT.value: "Area for development",
    **{part.value: part.label for part in FOR_REPORTS},
}
PARTS_OF_A_THEME: Final = tuple(part.value for part in ThemePart)
PARTS_OF_THE_WHOLE: Final = (*_FAMILY, *(part.value for part in FOR_REPORTS))


def label_of_part(part: str, words: Words) -> str:
    """The label of a part for people, in the template's own words. KeyError for one that does not exist."""
    if part == ThemePart.IMPACT:
        return words.impact
    if part in _FAMILY:
        member = _FAMILY[part].label_for(words.subject)
        return f"Family views: {member[0].lower()}{member[1:]}"
    return _LABELS[part]


def family_part(member: str) -> str:
    """The part with the views of this member of the family."""
    return f"family-{member}"


def conclusion_part(part: ConclusionPart) -> str:
    """The part with this text of the conclusion."""
    return part.value


def passages(theme: str, texts: Mapping[str, str]) -> Iterator[Passage]:
    """The passages of one theme or of the whole audit, in a fixed order, without empty ones."""
    for part in PARTS_OF_THE_WHOLE if theme == WHOLE_AUDIT else PARTS_OF_A_THEME:
        if text := texts.get(part, "").strip():
            yield Passage(Place(theme, part), text)
