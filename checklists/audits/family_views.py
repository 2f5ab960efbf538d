"""Family views: whose, how they were asked for, and why not."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final

from checklists.templates.asks import FamilyQuestion
from checklists.templates.template import Template

_BETWEEN: Final = "|"


class FamilyMember(StrEnum):
    """Whose views they are."""

    CHILD = "child"
    PARENT = "parent"
    CARER = "carer"
    OTHER = "other"

    @property
    def label(self) -> str:
        return {
            "child": "The child",
            "parent": "A parent",
            "carer": "A carer",
            "other": "Another family member",
        }[self.value]

    def label_for(self, subject: str) -> str:
        """The label where an audit is about somebody else than a child, in the template's word for them."""
        return f"The {subject}" if self is FamilyMember.CHILD else self.label


class HowAsked(StrEnum):
    """How somebody of the family gave their views."""

    VISIT = "visit"
    PHONE = "phone"
    VIDEO = "video"
    FORM = "form"

    @property
    def label(self) -> str:
        return {
            "visit": "Visit",
            "phone": "Telephone call",
            "video": "Video call",
            "form": "Form",
        }[self.value]


class WhyNoView(StrEnum):
    """Why somebody of the family gave no views."""

    NOT_SAFE = "not-safe"
    REFUSED = "refused"
    NO_REPLY = "no-reply"
    TOO_YOUNG = "too-young"
    NOT_IN_TOUCH = "not-in-touch"
    NO_INTERPRETER = "no-interpreter"
    NO_TIME = "no-time"
    NOBODY = "nobody"

    @property
    def label(self) -> str:
        return {
            "not-safe": "Seeking their views would have been unsafe or would have disrupted the work",
            "refused": "They declined",
            "no-reply": "They did not reply",
            "too-young": "They are too young",
            "not-in-touch": "They are not in contact or could not be found",
            "no-interpreter": "No interpreter or communication support was available",
            "no-time": "There was not enough time",
            "nobody": "There is no such person",
        }[self.value]


def faults_of_answers(questions: Sequence[FamilyQuestion], answers: Mapping[str, str]) -> list[str]:
    """The keys of answers that are no choice of one of these questions."""
    choices = {question.key: {choice.key for choice in question.choices} for question in questions}
    return [key for key, answer in answers.items() if answer not in choices.get(key, set())]


def encode_family_answers(template: Template, answers: Mapping[str, str]) -> str:
    """The answers of one person as a line, in the order of the template's questions; "" where there are none."""
    line = [answers.get(question.key, "") for question in template.family_questions]
    return _BETWEEN.join(line) if any(line) else ""


def decode_family_answers(template: Template, line: str) -> dict[str, str]:
    """The answer by the key of the question: the input of `encode_family_answers`.

    ValueError for a line of another template.
    """
    if not line:
        return {}
    keys = [question.key for question in template.family_questions]
    return {key: answer for key, answer in zip(keys, line.split(_BETWEEN), strict=True) if answer}


def answer_label(question: FamilyQuestion, answer: str) -> str:
    """The answer as people read it. StopIteration for one that the question does not have."""
    return next(choice.label for choice in question.choices if choice.key == answer)
