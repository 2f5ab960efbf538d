"""How a template comes to the overall judgement of an audit, and what it can be at best."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field, StrictInt

from checklists.templates.part import Part
from checklists.templates.rules import MOST_CAPS, MOST_THEMES
from checklists.templates.scale import RatingKey
from checklists.templates.template_strings import Key, Paragraph

CANNOT_BE_JUDGED: Final = "cannot-be-judged"
CANNOT_BE_JUDGED_LABEL: Final = "Cannot be judged from the file"


class HowJudged(StrEnum):
    """Who comes to the overall judgement."""

    CALCULATED = "calculated"
    JUDGED = "judged"

    @property
    def label(self) -> str:
        return {
            "calculated": "Calculated from the ratings",
            "judged": "Chosen by the auditor, with reasons, before the calculated judgement is shown",
        }[self.value]


class CappedAnswer(StrEnum):
    """The answers that a cap counts."""

    LOWEST = "lowest"
    NOT_EVIDENCED = "not-evidenced"


class Cap(Part):
    """What the overall judgement can be at best, when enough themes have an answer."""

    themes: tuple[Key, ...] = Field(
        default=(), max_length=MOST_THEMES, description="The keys of the themes that count. If empty, all themes count."
    )
    answer: CappedAnswer = Field(
        default=CappedAnswer.LOWEST, description='The answer that counts: the lowest rating, or "not evidenced".'
    )
    in_at_least: Annotated[StrictInt, Field(ge=1, le=MOST_THEMES)] | None = Field(
        default=None, description="The minimum number of themes with this answer. If neither number is given, 1."
    )
    in_at_least_percent: Annotated[StrictInt, Field(ge=1, le=100)] | None = Field(
        default=None, description="The minimum percentage of these applicable themes with this answer."
    )
    at_best: RatingKey = Field(description=f"The best overall judgement allowed: a rating, or `{CANNOT_BE_JUDGED}`.")
    unless: Paragraph = Field(
        default="",
        description="What the auditor must explain to give a better judgement. Without this, the cap always applies.",
    )

    def is_reached(self, answering: int, applicable: int) -> bool:
        """Whether this many themes with the answer, of the applicable ones among the themes that count, reach the cap.

        If the cap gives two numbers, reaching either is enough.
        """
        if self.in_at_least_percent is not None and 0 < applicable * self.in_at_least_percent <= answering * 100:
            return True
        if self.in_at_least is None:
            return self.in_at_least_percent is None and answering >= 1
        return answering >= self.in_at_least


class OverallRule(Part):
    """How the overall judgement of an audit comes about."""

    how: HowJudged = Field(
        default=HowJudged.CALCULATED,
        description="`judged`: the auditor chooses it, with reasons, before the calculated judgement "
        "is shown. `calculated`: it is calculated from the ratings, and an auditor who "
        "chooses a different judgement gives a reason.",
    )
    caps: tuple[Cap, ...] = Field(
        default=(),
        max_length=MOST_CAPS,
        description=("Limits on the overall judgement. If more than one cap is reached, the strictest applies."),
    )

    @property
    def auditor_chooses(self) -> bool:
        return self.how == HowJudged.JUDGED


def limiting_caps(themes: Sequence[str], at_best: str) -> tuple[Cap, ...]:
    """The caps of format 1: limiting themes keep it at or under the best rating below the standard."""
    return (Cap(themes=tuple(themes), at_best=at_best, unless=_FORMAT_1_UNLESS),) if themes else ()


_FORMAT_1_UNLESS: Final = "Explain why the overall judgement is better than these ratings allow."
