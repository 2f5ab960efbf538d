"""Questions under a theme: facts asked beside the grade, and never part of it."""

import re
from calendar import month_name
from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Final

from pydantic import AfterValidator, Field, StrictBool, StrictInt, StringConstraints

from checklists.templates.conditions import AnswerText, Condition
from checklists.templates.part import Part
from checklists.templates.scale import NOT_APPLICABLE, NOT_EVIDENCED, RESERVED_LABELS
from checklists.templates.template_strings import Key, Label, Paragraph, on_one_line

MOST_QUESTIONS_OF_A_THEME: Final = 20
MOST_QUESTIONS: Final = 120
MOST_CHOICES: Final = 12
LARGEST_NUMBER: Final = 9999

QuestionText = Annotated[
    str,
    StringConstraints(strict=True, strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(on_one_line),
]


class QuestionKind(StrEnum):
    """What a question is answered with."""

    YES_NO = "yes-no"
    YES_PARTLY_NO = "yes-partly-no"
    CHOICE = "choice"
    NUMBER = "number"
    DAYS = "days"
    MONTH = "month"

    @property
    def label(self) -> str:
        return {
            "yes-no": "Yes or no",
            "yes-partly-no": "Yes, partly or no",
            "choice": "One of several choices",
            "number": "A number",
            "days": "A number of days",
            "month": "A month",
        }[self.value]

    @property
    def is_chosen(self) -> bool:
        """Whether it is answered by choosing, and not by typing."""
        return self in _CHOSEN

    @property
    def is_number(self) -> bool:
        """Whether the answer is a number, so that it can have bounds and a median."""
        return self in {QuestionKind.NUMBER, QuestionKind.DAYS}


class Choice(Part):
    """One of several choices."""

    key: AnswerText = Field(description="Names the choice in answers.")
    label: Label = Field(description="The label people see.")


_YES, _PARTLY, _NO = (Choice(key=key, label=key.capitalize()) for key in ("yes", "partly", "no"))
_CHOSEN: Final[Mapping[QuestionKind, tuple[Choice, ...]]] = {
    QuestionKind.YES_NO: (_YES, _NO),
    QuestionKind.YES_PARTLY_NO: (_YES, _PARTLY, _NO),
    QuestionKind.CHOICE: (),
}
_NUMBER = re.compile(r"0|[1-9][0-9]{0,3}")
_MONTH = re.compile(r"(19|20)[0-9]{2}-(0[1-9]|1[0-2])")


def fixed_choices(kind: str) -> tuple[Choice, ...]:
    """The choices that every question of this kind has; none for a kind with choices of its own, or with none."""
    return _CHOSEN.get(QuestionKind(kind), ()) if kind in set(QuestionKind) else ()


class Question(Part):
    """A fact that an audit asks beside the grade of a theme."""

    key: Key = Field(
        description=(
            "The key that identifies the question. Must differ from all other question and theme keys in the template."
        )
    )
    text: QuestionText = Field(description="The text of the question.")
    kind: QuestionKind = Field(description="Type of answer.")
    hint: Paragraph = Field(default="", description="Guidance on how to answer, if the question needs explanation.")
    choices: tuple[Choice, ...] = Field(
        default=(), max_length=MOST_CHOICES, description="The choices, in order. For the kind `choice` only."
    )
    not_applicable: StrictBool = Field(default=False, description='Whether auditors can answer "not applicable".')
    meets: tuple[AnswerText, ...] = Field(
        default=(),
        max_length=MOST_CHOICES,
        description="The answers that meet the standard, for questions answered by choosing. Without any, and without "
        "`at_least` or `at_most`, the question only describes.",
    )
    at_least: StrictInt | None = Field(
        default=None, ge=0, le=LARGEST_NUMBER, description="The smallest number that meets the standard."
    )
    at_most: StrictInt | None = Field(
        default=None, ge=0, le=LARGEST_NUMBER, description="The largest number that meets the standard."
    )
    applies_when: Condition | None = Field(
        default=None, description="The cases it applies to. Without this, it applies to all cases."
    )

    @cached_property
    def offered(self) -> tuple[Choice, ...]:
        """What can be chosen; nothing for a question that is answered by typing."""
        return self.choices if self.kind is QuestionKind.CHOICE else _CHOSEN.get(self.kind, ())

    @cached_property
    def _labels(self) -> Mapping[str, str]:
        return {choice.key: choice.label for choice in self.offered}

    @property
    def has_standard(self) -> bool:
        """Whether some of its answers meet a standard and others do not."""
        return bool(self.meets) or self.at_least is not None or self.at_most is not None

    def is_answer(self, answer: str) -> bool:
        """Whether an auditor may give this answer."""
        if answer == NOT_EVIDENCED:
            return True
        if answer == NOT_APPLICABLE:
            return self.not_applicable
        if self.kind.is_chosen:
            return answer in self._labels
        return bool((_MONTH if self.kind is QuestionKind.MONTH else _NUMBER).fullmatch(answer))

    def is_applicable(self, answer: str) -> bool:
        """Whether the answer counts in the share that meets the standard."""
        return self.has_standard and answer != NOT_APPLICABLE

    def meets_standard(self, answer: str) -> bool:
        """Whether the answer meets the standard; "not evidenced" does not. False where there is no standard."""
        if answer in RESERVED_LABELS:
            return False
        if self.kind.is_chosen:
            return answer in self.meets
        if not self.has_standard:
            return False
        number = int(answer)
        return (self.at_least or 0) <= number <= (LARGEST_NUMBER if self.at_most is None else self.at_most)

    def label_of(self, answer: str) -> str:
        """The answer as people read it. KeyError for a choice that the question does not have."""
        reserved = RESERVED_LABELS.get(answer)
        if reserved is not None:
            return reserved
        if self.kind.is_chosen:
            return self._labels[answer]
        if self.kind is QuestionKind.DAYS:
            return f"{answer} day{'' if answer == '1' else 's'}"
        if self.kind is QuestionKind.MONTH:
            year, month = answer.split("-")
            return f"{month_name[int(month)]} {year}"
        return answer

    @property
    def standard_in_words(self) -> str:
        """Which answers meet the standard, as people read it; "" where none is set."""
        if not self.has_standard:
            return ""
        if self.kind.is_chosen:
            return " or ".join(self.label_of(answer) for answer in self.meets)
        unit = " days" if self.kind is QuestionKind.DAYS else ""
        if self.at_most is None:
            return f"{self.at_least}{unit} or more"
        if self.at_least is None:
            return f"{self.at_most}{unit} or fewer"
        return f"{self.at_least} to {self.at_most}{unit}"
