"""The tree of a template from marked parts of a document, and what is wrong with them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from checklists.outlines.proposing import Mark, Marked
from checklists.templates.rules import MOST_PROMPTS

PROMPT_FOR_NONE: Final = "What does the file show?"
LONGEST_TITLE: Final = 200
LONGEST_PLACE: Final = 200
LONGEST_TEXT: Final = 2_000


@dataclass(slots=True)
class OutlinedTheme:
    """A theme with everything that was marked below it. `place` and `finding` say why it is asked."""

    title: str
    place: str
    finding: str = ""
    prompts: list[str] = field(default_factory=list)
    good: str = ""


@dataclass(frozen=True, slots=True)
class OutlinedRecommendation:
    """A recommendation with the sentence and the place that it comes from. `part`: which part it is, from 0."""

    words: str
    place: str
    sentence: str
    part: int


@dataclass(slots=True)
class Outline:
    """The learning domains with their themes, the forms of harm and the recommendations; `faults`: by part, from 0."""

    domains: list[tuple[str, list[OutlinedTheme]]] = field(default_factory=list)
    harms: list[str] = field(default_factory=list)
    recommendations: list[OutlinedRecommendation] = field(default_factory=list)
    faults: dict[int, str] = field(default_factory=dict)

    @property
    def themes(self) -> list[OutlinedTheme]:
        """Every theme, in order."""
        return [theme for _, themes in self.domains for theme in themes]

    @property
    def without_prompts(self) -> int:
        """How many themes have no prompt of their own."""
        return sum(not theme.prompts for theme in self.themes)


def outline_of(parts: Sequence[Marked]) -> Outline:
    """The tree of these parts, in their order. Each theme keeps the sentence and the place that it comes from."""
    found = Outline()
    for place, part in enumerate(parts):
        fault = "Enter some text, or leave this out." if not part.text.strip() else _add(found, part, place)
        if fault and part.mark is not Mark.LEAVE_OUT:
            found.faults[place] = fault
    return found


def _add(found: Outline, part: Marked, number: int) -> str:
    """Add one part; returns what is wrong with it."""
    text = part.text.strip()
    match part.mark:
        case Mark.DOMAIN:
            found.domains.append((text, []))
            return _too_long(text)
        case Mark.THEME:
            if not found.domains:
                return "Mark a line above as a learning domain first."
            found.domains[-1][1].append(OutlinedTheme(text, part.place[:LONGEST_PLACE]))
            return _too_long(text)
        case Mark.HARM:
            if text.casefold() not in {each.casefold() for each in found.harms}:
                found.harms.append(text)
            return "Use 80 characters or fewer for a form of harm." if len(text) > 80 else ""
        case Mark.RECOMMENDATION:
            source = part.place[:LONGEST_PLACE], part.sentence[:LONGEST_TEXT]
            found.recommendations.append(OutlinedRecommendation(text, *source, number))
        case Mark.FINDING | Mark.PROMPT | Mark.GOOD:
            return _add_to_theme(found, part.mark, text)
        case Mark.LEAVE_OUT:
            pass
    return ""


def _add_to_theme(found: Outline, mark: Mark, text: str) -> str:
    if not found.domains or not found.domains[-1][1]:
        return "Mark a line above as a theme first."
    theme = found.domains[-1][1][-1]
    if mark is Mark.PROMPT:
        theme.prompts.append(text)
        return f"A theme has up to {MOST_PROMPTS} prompts." if len(theme.prompts) > MOST_PROMPTS else ""
    name = "finding" if mark is Mark.FINDING else "good"
    together = "\n".join(filter(None, (getattr(theme, name), text)))
    setattr(theme, name, together)
    return f"Use {LONGEST_TEXT:,} characters or fewer for a theme." if len(together) > LONGEST_TEXT else ""


def _too_long(text: str) -> str:
    return f"Use {LONGEST_TITLE} characters or fewer." if len(text) > LONGEST_TITLE else ""
