"""The parts of a template that hold no rule of their own: themes and their domains, sources, tags, contradictions."""

import re
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Final

from pydantic import BeforeValidator, Field, StrictBool
from pydantic_core import PydanticCustomError

from checklists.templates.conditions import AnswerText, Condition
from checklists.templates.part import Part
from checklists.templates.questions import MOST_QUESTIONS_OF_A_THEME, Question
from checklists.templates.rules import (
    MOST_ANSWERS,
    MOST_FORMS_OF_HARM,
    MOST_PROMPTS,
    MOST_RATINGS,
    MOST_THEMES,
)
from checklists.templates.scale import RatingKey
from checklists.templates.template_strings import Address, Key, Label, Paragraph, Place, Prompt, Title

MOST_EXEMPLARS: Final = 20
MOST_CATEGORIES_OF_A_TAG: Final = 20


_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _whole_date(value: object) -> object:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    # Python reads a week and its day as a date too.
    if isinstance(value, str) and _DAY.fullmatch(value.strip()):
        try:
            return date.fromisoformat(value.strip())
        except ValueError:
            pass
    raise PydanticCustomError("not_a_date", "not a date")


WholeDate = Annotated[date, BeforeValidator(_whole_date)]


class NotEvidencedRule(StrEnum):
    """How "not evidenced" counts in the sums."""

    BELOW_STANDARD = "below-standard"
    LEFT_OUT = "left-out"


class TagKind(StrEnum):
    """What a tag of a case says: a harm to the child, a parent's circumstance, the relationship, or the context."""

    HARM = "harm"
    PARENT = "parent"
    RELATIONSHIP = "relationship"
    CONTEXT = "context"

    @property
    def label(self) -> str:
        return {
            "harm": "Harm to the child",
            "parent": "Circumstances of a parent or carer",
            "relationship": "Relationship with services",
            "context": "Context",
        }[self.value]


class FormOfHarm(Part):
    """A tag that case files of this template may carry: a form of harm, or something else that the case involves."""

    key: Key = Field(description="The key that identifies the tag on case files.")
    label: Label = Field(description="The label people see.")
    description: Paragraph = Field(default="", description="Guidance on when to use the tag.")
    kind: TagKind = Field(default=TagKind.HARM, description="Whether the tag is a harm or another type. Format 2.")
    of_case_list: tuple[AnswerText, ...] = Field(
        default=(),
        max_length=MOST_CATEGORIES_OF_A_TAG,
        description="The categories of a case list that give a case this tag; without any, its own key. Format 2.",
    )

    @property
    def categories(self) -> tuple[str, ...]:
        """The categories of a case list that give a case this tag."""
        return self.of_case_list or (self.key,)


class Source(Part):
    """A published document that a template comes from."""

    title: Title = Field(description="The document's title.")
    published: WholeDate | None = Field(default=None, description="The day it was published, as year-month-day.")
    note: Paragraph = Field(default="", description="What the document covers and how the template uses it.")
    address: Address = Field(default="", description="The web address of the document, starting with https. Format 2.")


class Exemplar(Part):
    """An answer that people agreed on together, kept beside the descriptor of its rating."""

    rating: RatingKey = Field(description="The key of the rating that was agreed.")
    words: Paragraph = Field(min_length=1, description="Why this rating was right for the practice case.")


class Theme(Part):
    """One thing that an audit scores."""

    key: Key = Field(description="The key that identifies the theme. Unique in the template.")
    title: Title = Field(description="The theme's name in its source.")
    display_title: Title | None = Field(
        default=None, description="The name to display if the source's name is disputed."
    )
    source_place: Place = Field(default="", description="The theme's place in the source.")
    finding: Paragraph = Field(default="", description="What the source found.")
    prompts: tuple[Prompt, ...] = Field(
        min_length=1, max_length=MOST_PROMPTS, description="Questions that tell the auditor what to look for."
    )
    descriptors: dict[RatingKey, Paragraph] = Field(
        default_factory=dict,
        max_length=MOST_RATINGS,
        description="Descriptor for each rating for this theme, by the rating's key.",
    )
    exemplars: tuple[Exemplar, ...] = Field(
        default=(), max_length=MOST_EXEMPLARS, description="Agreed answers to practice cases, as examples of a rating."
    )
    where_to_look: Paragraph = Field(default="", description="Where evidence is usually found in the case file.")
    not_applicable_when: Paragraph = Field(
        default="", description='When the answer "not applicable" is right, and when it is not.'
    )
    forms_of_harm: tuple[Key, ...] = Field(
        default=(), max_length=MOST_FORMS_OF_HARM, description="Keys of the most relevant forms of harm."
    )
    limiting: StrictBool = Field(
        default=False,
        description="Whether the lowest rating here keeps the overall judgement below the standard. Format 1 only: "
        'format 2 has caps under "overall".',
    )
    addition: StrictBool = Field(
        default=False, description="True if the theme is not in the source document. Format 2."
    )
    bears_on_all: StrictBool = Field(
        default=False, description="Whether the theme is equally relevant to every case. Format 2."
    )
    applies_when: Condition | None = Field(
        default=None, description="The cases it applies to. Without this, it applies to all cases. Format 2."
    )
    questions: tuple[Question, ...] = Field(
        default=(),
        max_length=MOST_QUESTIONS_OF_A_THEME,
        description="Questions asked alongside the rating, in order. Format 2.",
    )

    @property
    def label(self) -> str:
        """The name to show: the gentler one where there is one."""
        return self.display_title or self.title


class LearningDomain(Part):
    """A group of themes."""

    key: Key = Field(description="The key that identifies the learning domain. Unique in the template.")
    title: Title = Field(description="The label people see.")
    summary: Paragraph = Field(default="", description="A summary of its themes.")
    applies_when: Condition | None = Field(
        default=None, description="The cases its themes apply to. Without this, they apply to all cases. Format 2."
    )
    themes: tuple[Theme, ...] = Field(min_length=1, max_length=MOST_THEMES, description="Its themes, in order.")


class AnswersOf(Part):
    """Answers that a theme may be given."""

    theme: Key = Field(description="The key of a theme.")
    answers: tuple[RatingKey, ...] = Field(
        min_length=1,
        max_length=MOST_ANSWERS,
        description="Keys of ratings, or `not-evidenced`, or `not-applicable`.",
    )


class Contradiction(Part):
    """Answers of two themes that contradict each other: the auditor is asked to check them."""

    one: AnswersOf = Field(description="A theme, and answers to it.")
    other: AnswersOf = Field(description="Another theme, and the answers to it that contradict those.")
    why: Prompt = Field(description="Why the answers contradict each other. Shown to the auditor.")
