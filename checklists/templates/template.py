"""An audit template: its structure, its file, and every fault that a file can have."""

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError

from checklists.templates.faults import (
    BETWEEN_ENTRIES,
    Fault,
    Path,
    TemplateRefused,
    in_plain_words,
    pointer_to,
    refuse,
)
from checklists.templates.rules import (
    MOST_ANSWERS,
    MOST_CONTRADICTIONS,
    MOST_DOMAINS,
    MOST_FORMS_OF_HARM,
    MOST_PROMPTS,
    MOST_RATINGS,
    MOST_THEMES,
    size_faults,
    template_faults,
)
from checklists.templates.scale import NOT_APPLICABLE, NOT_EVIDENCED, Rating, RatingKey, RatingScale
from checklists.templates.template_reading import MAX_TEMPLATE_BYTES, plain_value
from checklists.templates.template_strings import Label, Paragraph, Place, Question, Title

__all__ = [
    "FORMAT",
    "MAX_TEMPLATE_BYTES",
    "AnswersOf",
    "Contradiction",
    "Fault",
    "FormOfHarm",
    "Key",
    "LearningDomain",
    "NotEvidencedRule",
    "Source",
    "Template",
    "TemplateRefused",
    "Theme",
    "check_template",
    "read_template",
    "template_json_schema",
    "write_template",
]

FORMAT: Final = "caseaudit-template/1"
MOST_EXEMPLARS: Final = 20

Key = Annotated[
    str,
    StringConstraints(strict=True, strip_whitespace=True, max_length=60, pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"),
]


def _whole_date(value: object) -> object:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and len(value.strip()) == 10:
        try:
            return date.fromisoformat(value.strip())
        except ValueError:
            pass
    raise PydanticCustomError("not_a_date", "not a date")


WholeDate = Annotated[date, BeforeValidator(_whole_date)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class NotEvidencedRule(StrEnum):
    """How "not evidenced" counts in the sums."""

    BELOW_STANDARD = "below-standard"
    LEFT_OUT = "left-out"


class FormOfHarm(_Part):
    """A tag that case files of this template may carry."""

    key: Key = Field(description="Names the form of harm on case files.")
    label: Label = Field(description="What people read.")
    description: Paragraph = Field(default="", description="What counts as this form of harm.")


class Source(_Part):
    """The published document that a template comes from."""

    title: Title = Field(description="The document's title.")
    published: WholeDate | None = Field(default=None, description="The day it was published, as year-month-day.")
    note: Paragraph = Field(default="", description="What the document covers and how the template uses it.")


class Exemplar(_Part):
    """An answer that people agreed on together, kept beside the descriptor of its rating."""

    rating: RatingKey = Field(description="The key of the rating that was agreed.")
    words: Paragraph = Field(min_length=1, description="Why this rating was right for what the practice case told.")


class Theme(_Part):
    """One thing that an audit scores."""

    key: Key = Field(description="Names the theme in scores. Unique in the template.")
    title: Title = Field(description="The theme's name, as its source has it.")
    display_title: Title | None = Field(
        default=None, description="The name to show instead, where the source's own is contested."
    )
    source_place: Place = Field(default="", description="Where in the source the theme stands.")
    finding: Paragraph = Field(default="", description="What the source found.")
    prompts: tuple[Question, ...] = Field(
        min_length=1, max_length=MOST_PROMPTS, description="Questions that tell the auditor what to look for."
    )
    descriptors: dict[RatingKey, Paragraph] = Field(
        default_factory=dict,
        max_length=MOST_RATINGS,
        description="What each rating looks like for this theme, by the rating's key.",
    )
    exemplars: tuple[Exemplar, ...] = Field(
        default=(), max_length=MOST_EXEMPLARS, description="Agreed answers to practice cases, as examples of a rating."
    )
    where_to_look: Paragraph = Field(default="", description="Where on file the evidence is usually found.")
    not_applicable_when: Paragraph = Field(
        default="", description='When the answer "not applicable" is right, and when it is not.'
    )
    forms_of_harm: tuple[Key, ...] = Field(
        default=(), max_length=MOST_FORMS_OF_HARM, description="Keys of the forms of harm it bears on most."
    )
    limiting: StrictBool = Field(
        default=False, description="Whether the lowest rating here keeps the overall judgement below the standard."
    )

    @property
    def label(self) -> str:
        """The name to show: the gentler one where there is one."""
        return self.display_title or self.title


class LearningDomain(_Part):
    """A group of themes."""

    key: Key = Field(description="Names the learning domain. Unique in the template.")
    title: Title = Field(description="What people read.")
    summary: Paragraph = Field(default="", description="What its themes have in common.")
    themes: tuple[Theme, ...] = Field(min_length=1, max_length=MOST_THEMES, description="Its themes, in order.")


class AnswersOf(_Part):
    """Answers that a theme may be given."""

    theme: Key = Field(description="The key of a theme.")
    answers: tuple[RatingKey, ...] = Field(
        min_length=1,
        max_length=MOST_ANSWERS,
        description="Keys of ratings, or `not-evidenced`, or `not-applicable`.",
    )


class Contradiction(_Part):
    """Answers of two themes that contradict each other: the auditor is asked to check them."""

    one: AnswersOf = Field(description="A theme, and answers to it.")
    other: AnswersOf = Field(description="Another theme, and the answers to it that do not go with those.")
    why: Question = Field(description="Why they do not go together, for the auditor to read.")


class Template(_Part):
    """Learning domains with their themes, a rating scale with its standard, and forms of harm."""

    format: Literal["caseaudit-template/1"] = Field(description="What kind of file this is.")
    key: Key = Field(description="Names the template; its versions share it.")
    title: Title = Field(description="The template's name.")
    summary: Paragraph = Field(default="", description="What the template is for.")
    source: Source | None = Field(default=None, description="The document it comes from.")
    scale: RatingScale = Field(description="The ratings of every theme, and the standard.")
    not_evidenced: NotEvidencedRule = Field(
        default=NotEvidencedRule.BELOW_STANDARD,
        description='Whether "not evidenced" counts as below the standard or is left out of the sums.',
    )
    forms_of_harm: tuple[FormOfHarm, ...] = Field(
        default=(), max_length=MOST_FORMS_OF_HARM, description="The forms of harm that case files may be tagged with."
    )
    learning_domains: tuple[LearningDomain, ...] = Field(
        min_length=1, max_length=MOST_DOMAINS, description="The learning domains, in order."
    )
    contradictions: tuple[Contradiction, ...] = Field(
        default=(), max_length=MOST_CONTRADICTIONS, description="Answers of two themes that do not go together."
    )

    @model_validator(mode="after")
    def _keeps_its_rules(self) -> Self:
        plain = self.model_dump()
        refuse(size_faults(plain) or template_faults(plain))
        return self

    @cached_property
    def themes(self) -> tuple[Theme, ...]:
        """Every theme, in the order an auditor meets them."""
        return tuple(theme for domain in self.learning_domains for theme in domain.themes)

    @cached_property
    def theme_keys(self) -> tuple[str, ...]:
        """The keys of every theme, in the same order."""
        return tuple(theme.key for theme in self.themes)

    @cached_property
    def _by_key(self) -> Mapping[str, tuple[Theme, LearningDomain]]:
        return {theme.key: (theme, domain) for domain in self.learning_domains for theme in domain.themes}

    @cached_property
    def _harm_labels(self) -> Mapping[str, str]:
        return {harm.key: harm.label for harm in self.forms_of_harm}

    def theme(self, key: str) -> Theme:
        """The theme of that key. KeyError if there is none."""
        return self._by_key[key][0]

    def domain_of(self, theme_key: str) -> LearningDomain:
        """The learning domain of the theme. KeyError if there is no such theme."""
        return self._by_key[theme_key][1]

    def harm_label(self, key: str) -> str:
        """The label of a form of harm. KeyError if there is none of that key."""
        return self._harm_labels[key]

    @cached_property
    def _below(self) -> Mapping[str, bool]:
        """Every answer that a theme may be given, and whether it counts as below the standard."""
        reserved = {NOT_EVIDENCED: self.not_evidenced is NotEvidencedRule.BELOW_STANDARD, NOT_APPLICABLE: False}
        return {rating.key: not self.scale.meets_standard(rating.key) for rating in self.scale.ratings} | reserved

    def has_theme(self, key: str) -> bool:
        """Whether there is a theme of that key."""
        return key in self._by_key

    def is_answer(self, answer: str) -> bool:
        """Whether a theme may be given this answer."""
        return answer in self._below

    def counts_below(self, answer: str) -> bool:
        """Whether the answer counts as below the standard. KeyError for anything that is not an answer."""
        return self._below[answer]

    def is_applicable(self, answer: str) -> bool:
        """Whether the answer counts in the denominator. KeyError for anything that is not an answer."""
        return self._below[answer] or (answer not in {NOT_EVIDENCED, NOT_APPLICABLE})

    def needs_rationale(self, answer: str) -> bool:
        """Whether the auditor must give a reason: below the standard, or not applicable. KeyError for anything else."""
        return self._below[answer] or answer == NOT_APPLICABLE


# The part of a template at each path, with every number read as "*".
_PARTS: Final[Mapping[Path, type[BaseModel]]] = {
    (): Template,
    ("source",): Source,
    ("scale",): RatingScale,
    ("scale", "ratings", "*"): Rating,
    ("forms_of_harm", "*"): FormOfHarm,
    ("learning_domains", "*"): LearningDomain,
    ("learning_domains", "*", "themes", "*"): Theme,
    ("contradictions", "*"): Contradiction,
    ("contradictions", "*", "one"): AnswersOf,
    ("contradictions", "*", "other"): AnswersOf,
}


def _allowed_at(path: Path) -> Iterable[str]:
    part = _PARTS.get(tuple("*" if isinstance(step, int) else step for step in path))
    return part.model_fields if part else ()


def check_template(value: object) -> Template:
    """The template in a value already parsed from JSON or TOML. Raises TemplateRefused with every fault."""
    template, faults = _checked(value)
    if template is None:
        raise TemplateRefused(faults)
    return template


def _checked(value: object) -> tuple[Template | None, list[Fault]]:
    too_big = size_faults(value)
    if too_big:
        return None, [Fault(pointer_to(path), words) for path, words in too_big]
    try:
        return Template.model_validate(value), []
    except ValidationError as error:
        errors = [
            each for each in error.errors(include_url=False, include_input=False) if each["type"] != BETWEEN_ENTRIES
        ]
    except RecursionError:
        return None, [Fault("", "The template is nested more deeply than any template. Take the nesting out.")]
    # Pydantic marks a fault in the name of an entry with a step of its own, and counts only the valid entries: a list
    # with a bad entry is not too short for that reason.
    paths = [tuple(step for step in each["loc"] if step != "[key]") for each in errors]
    parents = {path[:size] for path in paths for size in range(len(path))}
    faults = [
        Fault(pointer_to(path), in_plain_words({**each, "loc": path}, _allowed_at))
        for path, each in zip(paths, errors, strict=True)
        if not (each["type"] == "too_short" and path in parents)
    ]
    pointed = {fault.pointer for fault in faults}
    between = [Fault(pointer_to(path), words) for path, words in template_faults(value)]
    return None, faults + [fault for fault in between if fault.pointer not in pointed]


def read_template(content: bytes, *, kind: Literal["json", "toml"]) -> Template:
    """The template in a file. Raises TemplateRefused with every fault and its place."""
    value, repeats = plain_value(content, kind=kind)
    template, faults = _checked(value)
    if template is None or repeats:
        raise TemplateRefused(repeats + faults)
    return template


def write_template(template: Template) -> bytes:
    """The template as a JSON file: UTF-8, entries in the order of the schema, empty ones left out.

    The same template gives the same bytes, and reading them gives the same template.
    """
    written = template.model_dump(mode="json", exclude_defaults=True)
    order = [rating.key for rating in template.scale.ratings]
    for domain in written["learning_domains"]:
        for theme in domain["themes"]:
            if "descriptors" in theme:
                theme["descriptors"] = {key: theme["descriptors"][key] for key in order if key in theme["descriptors"]}
    return (json.dumps(written, ensure_ascii=False, indent=2) + "\n").encode()


def template_json_schema() -> dict[str, Any]:
    """The structure of a template file as JSON Schema 2020-12. Rules between entries are checked on reading only."""
    schema = Template.model_json_schema(mode="validation")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "Case Audit template",
        "description": "Learning domains with their themes, a rating scale with its standard, and forms of harm.",
    }
