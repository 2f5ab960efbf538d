"""What a template asks beside its themes, in which words, and with which boxes."""

from enum import StrEnum
from functools import cached_property
from typing import Annotated, Final

from pydantic import Field, StrictBool, StrictInt, StringConstraints

from checklists.case_counts import MOST, CaseCount
from checklists.templates.conditions import AnswerText
from checklists.templates.part import Part
from checklists.templates.questions import LARGEST_NUMBER, MOST_CHOICES, Choice, QuestionText
from checklists.templates.scale import NOT_EVIDENCED
from checklists.templates.template_strings import Key, Label, Paragraph, Title

MOST_CASE_FACTS: Final = 20
MOST_OBSTACLES: Final = 20
MOST_FAMILY_QUESTIONS: Final = 6
MOST_COMPLIANCE_BANDS: Final = 6


class WhenAsked(StrEnum):
    """For which answers a text is asked or required."""

    ALWAYS = "always"
    BELOW_STANDARD = "below-standard"
    AT_STANDARD = "at-standard"
    NEVER = "never"

    @property
    def label(self) -> str:
        return {
            "always": "With every answer",
            "below-standard": "Below the standard, not evidenced or not applicable",
            "at-standard": "At the standard or above it",
            "never": "Never",
        }[self.value]


class TextRule(Part):
    """When a text of a theme is asked, and when an answer needs it."""

    asked: WhenAsked = Field(description="The answers its text box is shown with.")
    required: WhenAsked = Field(default=WhenAsked.NEVER, description="The answers that must have this text.")


class Texts(Part):
    """The texts that an answer to a theme may come with."""

    rationale: TextRule = Field(
        default=TextRule(asked=WhenAsked.ALWAYS, required=WhenAsked.BELOW_STANDARD),
        description="The reason for the answer.",
    )
    impact: TextRule = Field(
        default=TextRule(asked=WhenAsked.NEVER),
        description="The impact on the child or other person the audit is about.",
    )
    evidence: TextRule = Field(default=TextRule(asked=WhenAsked.AT_STANDARD), description="The place in the case file.")


FORMAT_1_TEXTS: Final = Texts(
    impact=TextRule(asked=WhenAsked.ALWAYS),
    evidence=TextRule(asked=WhenAsked.ALWAYS),
)
# Without ratings, the words are the answer.
WORDS_ONLY_TEXTS: Final = Texts(
    rationale=TextRule(asked=WhenAsked.ALWAYS, required=WhenAsked.ALWAYS),
)

Word = Annotated[str, StringConstraints(strict=True, strip_whitespace=True, min_length=1, max_length=40)]


class Words(Part):
    """What is audited, in the template's own words."""

    unit: Word = Field(default="case file", description="What one audit reads, such as a contact or an observation.")
    units: Word = Field(default="case files", description="The plural.")
    subject: Word = Field(default="child", description="Who the audit is about.")
    subjects: Word = Field(default="children", description="The plural.")
    impact: Label = Field(default="Impact on the child", description="The label for the impact text.")
    advice: Paragraph = Field(
        default="Judge what could have been known and done at the time. A bad outcome alone is not the lowest grade, "
        "nor a good outcome a good grade.",
        description="Advice shown to every auditor before they rate.",
    )


ADVICE_WITHOUT_RATINGS: Final = "Describe what could have been known and done at the time."


class Targets(Part):
    """The targets that a template proposes for a round."""

    meeting_percent: Annotated[StrictInt, Field(ge=1, le=100)] | None = Field(
        default=None, description="The share of applicable answers that should meet the standard, as a percentage."
    )
    lowest_percent: Annotated[StrictInt, Field(ge=0, le=99)] | None = Field(
        default=None, description="The largest share of applicable answers at the lowest rating, as a percentage."
    )


class ComplianceBand(Part):
    """A band of the compliance percentage."""

    at_least: Annotated[StrictInt, Field(ge=0, le=100)] = Field(description="The lowest percentage in the band.")
    label: Label = Field(description="The label people see.")


class Compliance(Part):
    """A percentage of all applicable answers to questions that meet their standard, with bands of the template's."""

    bands: tuple[ComplianceBand, ...] = Field(
        default=(), max_length=MOST_COMPLIANCE_BANDS, description="Its bands, best first."
    )

    def band_of(self, percent: float) -> str:
        """The label of the band that a percentage from 0 to 100 falls in; "" under the lowest."""
        return next((band.label for band in self.bands if percent >= band.at_least), "")


class Asks(Part):
    """What an audit asks beside themes, questions and facts."""

    conversation: StrictBool = Field(
        default=False,
        description=("The conversation with the practitioner: date, who took part and barriers to the work."),
    )
    sources: StrictBool = Field(default=False, description="Sources of each answer.")
    family_views: StrictBool = Field(default=False, description="Whether the family was asked, and their views.")
    synopsis: StrictBool = Field(default=False, description="A summary of the case in 150 words or fewer.")
    minutes: StrictBool = Field(default=False, description="Minutes spent on the audit.")
    strengths: StrictBool = Field(
        default=False, description="Strengths and areas for development of each theme, and exemplary practice."
    )


class Obstacle(Part):
    """What got in the way of the work."""

    key: Key = Field(description="The key that identifies this entry.")
    label: Label = Field(description="The label people see.")


class FamilyQuestion(Part):
    """A question that is put to the child, a parent or a carer."""

    key: Key = Field(description="The key that identifies the question.")
    text: QuestionText = Field(description="The text of the question.")
    choices: tuple[Choice, ...] = Field(
        min_length=2, max_length=MOST_CHOICES, description="The possible answers, best first."
    )


class FilledFrom(StrEnum):
    """What of a case list fills in a fact."""

    MONTHS_OPEN = "months-open"
    CATEGORY = "category"
    RE_REFERRAL = "re-referral"
    REFERRALS = "referrals"
    SECTION_47_ENQUIRIES = "section-47-enquiries"
    PLACEMENTS = "placements"
    TIMES_MISSING = "times-missing"

    @property
    def counted(self) -> CaseCount | None:
        """What of a case list is counted, in bands of the fact; None for what is no count."""
        return _COUNTS.get(self.value)


_COUNTS: Final = {count.value: count for count in CaseCount}


class FactChoice(Part):
    """A choice, or a band of a number, of a fact about the case."""

    key: AnswerText = Field(description="The key that identifies the choice.")
    label: Label = Field(description="The label people see.")
    at_least: Annotated[StrictInt, Field(ge=0, le=LARGEST_NUMBER)] | None = Field(
        default=None, description="The lowest number in the band."
    )
    below: Annotated[StrictInt, Field(ge=1, le=LARGEST_NUMBER)] | None = Field(
        default=None, description="The number that the band stops below. Without this, the band has no upper limit."
    )
    of_case_list: tuple[AnswerText, ...] = Field(
        default=(), max_length=MOST_OBSTACLES, description="The words of a case list that mean this choice."
    )


class CaseFact(Part):
    """A fact about the case: one of a few choices or bands, never a number or a date that could identify a child."""

    key: Key = Field(description="The key that identifies the case fact. Unique in the template.")
    title: Title = Field(description="The label people see.")
    hint: Paragraph = Field(default="", description="Guidance on how to answer.")
    choices: tuple[FactChoice, ...] = Field(min_length=2, max_length=MOST_CHOICES, description="The choices, in order.")
    filled_from: FilledFrom | None = Field(default=None, description="The case list value that answers this fact.")

    @cached_property
    def offered(self) -> tuple[FactChoice, ...]:
        """What can be chosen: the choices, and that the file does not say."""
        return (*self.choices, FactChoice(key=NOT_EVIDENCED, label="Not on file"))

    @cached_property
    def _labels(self) -> dict[str, str]:
        return {choice.key: choice.label for choice in self.offered}

    def is_answer(self, answer: str) -> bool:
        """Whether the fact has this choice."""
        return answer in self._labels

    def label_of(self, answer: str) -> str:
        """The choice as people read it. KeyError for one that the fact does not have."""
        return self._labels[answer]

    def choice_of_number(self, number: int) -> str:
        """The key of the band that a number falls in; "" for none."""
        for choice in self.choices:
            if choice.at_least is not None and choice.at_least <= number and (choice.below or number + 1) > number:
                return choice.key
        return ""

    def choice_of_count(self, number: int) -> str:
        """The key of the band that a count of a case list falls in; "" for none.

        MOST means so many or more: only a band without an end holds it for certain.
        """
        found = self.choice_of_number(number)
        has_end = any(choice.key == found and choice.below is not None for choice in self.choices)
        return "" if number >= MOST and has_end else found

    def choice_of_word(self, word: str) -> str:
        """The key of the choice that a word of a case list means; "" for none."""
        return next((choice.key for choice in self.choices if word in (choice.key, *choice.of_case_list)), "")
