"""Which cases a learning domain, theme or question is asked of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Final

from pydantic import Field, StringConstraints

from checklists.cases import CaseKey
from checklists.templates.part import Part
from checklists.templates.template_strings import Key

MOST_OF_A_CONDITION: Final = 20

AnswerText = Annotated[
    str, StringConstraints(strict=True, strip_whitespace=True, max_length=60, pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
]


class FactIs(Part):
    """A fact about the case that has one of these answers."""

    fact: Key = Field(description="The key of a case fact.")
    answers: tuple[AnswerText, ...] = Field(
        min_length=1, max_length=MOST_OF_A_CONDITION, description="Keys of its choices: any of them."
    )


class QuestionIs(Part):
    """An earlier question that has one of these answers."""

    question: Key = Field(description="The key of a question that is asked earlier.")
    answers: tuple[AnswerText, ...] = Field(
        min_length=1, max_length=MOST_OF_A_CONDITION, description="Answers to it: any of them."
    )


@dataclass(frozen=True, slots=True)
class CaseAsAudited:
    """What conditions are asked of: a case and what its audit says so far.

    `facts`: the choice by the key of the fact; `answers`: the answer by the key of the question.
    """

    status: str
    age_band: str
    involves: frozenset[str] = frozenset()
    facts: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict)


class Condition(Part):
    """Which cases something is asked of. Every entry given must hold; in each, any one of the list is enough."""

    statuses: tuple[CaseKey, ...] = Field(
        default=(), max_length=MOST_OF_A_CONDITION, description="The case has one of these statuses, by key."
    )
    age_bands: tuple[CaseKey, ...] = Field(
        default=(),
        max_length=MOST_OF_A_CONDITION,
        description="The person is in one of these age bands, by key.",
    )
    involves: tuple[Key, ...] = Field(
        default=(), max_length=MOST_OF_A_CONDITION, description="The case is tagged with one of these forms of harm."
    )
    facts: tuple[FactIs, ...] = Field(
        default=(), max_length=MOST_OF_A_CONDITION, description="Each of these facts has one of its answers."
    )
    answers: tuple[QuestionIs, ...] = Field(
        default=(), max_length=MOST_OF_A_CONDITION, description="Each of these questions has one of its answers."
    )

    def holds(self, case: CaseAsAudited) -> bool:
        """Whether it holds for this case. A fact or question without an answer so far has none of its answers."""
        return (
            (not self.statuses or case.status in self.statuses)
            and (not self.age_bands or case.age_band in self.age_bands)
            and (not self.involves or not case.involves.isdisjoint(self.involves))
            and all(case.facts.get(each.fact) in each.answers for each in self.facts)
            and all(case.answers.get(each.question) in each.answers for each in self.answers)
        )
