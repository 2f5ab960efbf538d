"""An audit template: its structure, and what follows from it."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Final, Literal, Self

from pydantic import Field, StrictBool, model_validator

from checklists.cases import CaseWords
from checklists.templates.asks import (
    ADVICE_WITHOUT_RATINGS,
    FORMAT_1_TEXTS,
    MOST_CASE_FACTS,
    MOST_FAMILY_QUESTIONS,
    MOST_OBSTACLES,
    WORDS_ONLY_TEXTS,
    Asks,
    CaseFact,
    Compliance,
    FamilyQuestion,
    Obstacle,
    Targets,
    Texts,
    WhenAsked,
    Words,
)
from checklists.templates.case_words import MOST_CASE_WORDS, AgeBandWord, CaseWord, case_words_of
from checklists.templates.conditions import Condition
from checklists.templates.faults import (
    PlaceAndWords,
    refuse,
)
from checklists.templates.format_2 import FORMAT_1, FORMAT_2, format_2_faults
from checklists.templates.overall import OverallRule, limiting_caps
from checklists.templates.part import Part
from checklists.templates.parts import (
    AnswersOf,
    Contradiction,
    Exemplar,
    FormOfHarm,
    LearningDomain,
    NotEvidencedRule,
    Source,
    TagKind,
    Theme,
)
from checklists.templates.questions import Question, QuestionKind
from checklists.templates.rules import (
    MOST_CONTRADICTIONS,
    MOST_DOMAINS,
    MOST_FORMS_OF_HARM,
    size_faults,
    template_faults,
)
from checklists.templates.scale import NOT_APPLICABLE, NOT_ASKED, NOT_EVIDENCED, WORDS_ONLY, RatingScale
from checklists.templates.template_strings import Key, Paragraph, Title

__all__ = [
    "FORMAT",
    "FORMAT_1",
    "FORMAT_2",
    "AnswersOf",
    "Contradiction",
    "Exemplar",
    "FormOfHarm",
    "Key",
    "LearningDomain",
    "NotEvidencedRule",
    "Question",
    "QuestionKind",
    "Source",
    "TagKind",
    "Template",
    "TextName",
    "Theme",
]

TextName = Literal["rationale", "impact", "evidence"]
# The format of new templates.
FORMAT: Final = FORMAT_2
MOST_SOURCES: Final = 20
_STAND_INS: Final = (WORDS_ONLY.model_dump(), WORDS_ONLY.model_dump(mode="json"))


def _without_default(schema: dict[str, Any]) -> None:
    """A file says nothing of a scale that it does not have."""
    schema.pop("default", None)


class Template(Part):
    """Learning domains with their themes, a rating scale with its standard, and forms of harm."""

    format: Literal["caseaudit-template/1", "caseaudit-template/2"] = Field(
        description="What kind of file this is. Entries marked as format 2 need the second."
    )
    key: Key = Field(description="The key that identifies the template. All its versions share the key.")
    title: Title = Field(description="The template's name.")
    summary: Paragraph = Field(default="", description="What the template is for.")
    source: Source | None = Field(default=None, description="The source document.")
    graded: StrictBool = Field(
        default=True,
        description="Whether themes are rated. Without ratings, an answer is words, and there is no scale. Format 2.",
    )
    scale: RatingScale = Field(
        default=WORDS_ONLY,
        description="The ratings of every theme, and the standard. Required if themes are rated.",
        json_schema_extra=_without_default,
    )
    not_evidenced: NotEvidencedRule = Field(
        default=NotEvidencedRule.BELOW_STANDARD,
        description='Whether "not evidenced" counts as below the standard or is excluded from the calculations.',
    )
    forms_of_harm: tuple[FormOfHarm, ...] = Field(
        default=(), max_length=MOST_FORMS_OF_HARM, description="The forms of harm that case files may be tagged with."
    )
    learning_domains: tuple[LearningDomain, ...] = Field(
        min_length=1, max_length=MOST_DOMAINS, description="The learning domains, in order."
    )
    contradictions: tuple[Contradiction, ...] = Field(
        default=(), max_length=MOST_CONTRADICTIONS, description="Contradictory answers to 2 themes."
    )

    further_sources: tuple[Source, ...] = Field(
        default=(), max_length=MOST_SOURCES, description="Other documents that it draws on. Format 2."
    )
    words: Words | None = Field(default=None, description="What is audited, in the template's own words. Format 2.")
    overall: OverallRule | None = Field(
        default=None, description="How the overall judgement is reached. Without this, it is calculated. Format 2."
    )
    texts: Texts | None = Field(
        default=None, description="The texts that an answer to a theme can or must have. Format 2."
    )
    targets: Targets | None = Field(default=None, description="The targets it proposes for a round. Format 2.")
    compliance: Compliance | None = Field(
        default=None, description="A percentage of the answers to questions that meet their standard. Format 2."
    )
    asks: Asks | None = Field(default=None, description="Other parts of the audit. Format 2.")
    obstacles: tuple[Obstacle, ...] = Field(
        default=(), max_length=MOST_OBSTACLES, description="Possible barriers to the work of the work. Format 2."
    )
    family_questions: tuple[FamilyQuestion, ...] = Field(
        default=(),
        max_length=MOST_FAMILY_QUESTIONS,
        description="Questions for the family. Format 2.",
    )
    case_facts: tuple[CaseFact, ...] = Field(
        default=(), max_length=MOST_CASE_FACTS, description="Case facts, asked once. Format 2."
    )
    statuses: tuple[CaseWord, ...] = Field(
        default=(),
        max_length=MOST_CASE_WORDS,
        description="The statuses of its cases, the most serious last; without any, those of children's services. "
        "Format 2.",
    )
    age_bands: tuple[AgeBandWord, ...] = Field(
        default=(),
        max_length=MOST_CASE_WORDS,
        description="The age bands of its cases; without any, those of children's services. Format 2.",
    )
    categories: tuple[CaseWord, ...] = Field(
        default=(),
        max_length=MOST_CASE_WORDS,
        description="Why somebody is known to services; without any, the categories of children's services. Format 2.",
    )

    @model_validator(mode="before")
    @classmethod
    def _without_stand_in(cls, value: object) -> object:
        """A template without ratings that is written out whole has a scale that stands for none."""
        if isinstance(value, Mapping) and value.get("graded") is False and value.get("scale") in _STAND_INS:
            return {name: entry for name, entry in value.items() if name != "scale"}
        return value

    @model_validator(mode="after")
    def _keeps_its_rules(self) -> Self:
        plain = self.model_dump(exclude={"scale"} if self.scale == WORDS_ONLY else None)
        refuse(size_faults(plain) or faults_between(plain))
        return self

    @property
    def is_format_1(self) -> bool:
        return self.format == FORMAT_1

    @cached_property
    def own_words(self) -> Words:
        """What is audited, in words that fit this template."""
        if self.words is not None:
            return self.words
        return (
            Words(advice="") if self.is_format_1 else Words() if self.graded else Words(advice=ADVICE_WITHOUT_RATINGS)
        )

    @property
    def has_own_case_words(self) -> bool:
        """Whether its cases have statuses, age bands or categories other than those of children's services."""
        return bool(self.statuses or self.age_bands or self.categories)

    @cached_property
    def case_words(self) -> CaseWords:
        """The statuses, age bands and categories that its cases may have."""
        return case_words_of(self.statuses, self.age_bands, self.categories)

    def case_fault(self, status: str, age_band: str) -> str:
        """Why a case is none that this template is for; "" for one that is."""
        called = [
            name
            for name, known in (
                ("status", status in self.case_words.statuses),
                ("age band", age_band in self.case_words.age_bands),
            )
            if not known
        ]
        if not called:
            return ""
        return (
            f"The {' and the '.join(called)} of this case {'is' if len(called) == 1 else 'are'} not among those of the "
            f"template “{self.title}”. A quality lead corrects the case file, or chooses another case."
        )

    @cached_property
    def text_rules(self) -> Texts:
        """Which texts an answer may and must come with."""
        return self.texts or (FORMAT_1_TEXTS if self.is_format_1 else Texts() if self.graded else WORDS_ONLY_TEXTS)

    @cached_property
    def further(self) -> Asks:
        """What else an audit asks."""
        return self.asks or Asks()

    @cached_property
    def overall_rule(self) -> OverallRule:
        """How the overall judgement comes about. Limiting themes of format 1 are a cap that a reason lifts."""
        if not self.is_format_1:
            return self.overall or OverallRule()
        limiting = [theme.key for theme in self.themes if theme.limiting]
        return OverallRule(caps=limiting_caps(limiting, self.scale.best_below_standard))

    def limits_overall(self, theme_key: str) -> bool:
        """Whether an answer to this theme alone can limit the overall judgement."""
        return any(
            theme_key in cap.themes and (cap.in_at_least or cap.in_at_least_percent or 1) == 1
            for cap in self.overall_rule.caps
        )

    @cached_property
    def themes(self) -> tuple[Theme, ...]:
        """Every theme, in the order an auditor meets them."""
        return tuple(theme for domain in self.learning_domains for theme in domain.themes)

    @cached_property
    def theme_keys(self) -> tuple[str, ...]:
        """The keys of every theme, in the same order."""
        return tuple(theme.key for theme in self.themes)

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """Every question, in the order an auditor meets them."""
        return tuple(question for theme in self.themes for question in theme.questions)

    @cached_property
    def _questions_by_key(self) -> Mapping[str, tuple[Question, Theme]]:
        return {question.key: (question, theme) for theme in self.themes for question in theme.questions}

    def question(self, key: str) -> Question:
        """The question of that key. KeyError if there is none."""
        return self._questions_by_key[key][0]

    def theme_of(self, question_key: str) -> Theme:
        """The theme of a question. KeyError if there is no such question."""
        return self._questions_by_key[question_key][1]

    def has_question(self, key: str) -> bool:
        """Whether there is a question of that key."""
        return key in self._questions_by_key

    @cached_property
    def has_conditions(self) -> bool:
        """Whether some part of it is asked of some cases only."""
        return bool(self._conditions)

    @cached_property
    def _conditions(self) -> list[Condition]:
        conditions = [domain.applies_when for domain in self.learning_domains]
        conditions += [theme.applies_when for theme in self.themes]
        conditions += [question.applies_when for question in self.questions]
        return [condition for condition in conditions if condition is not None]

    @cached_property
    def facts_of_conditions(self) -> frozenset[str]:
        """The facts about the case on which it depends what is asked."""
        return frozenset(each.fact for condition in self._conditions for each in condition.facts)

    @cached_property
    def _facts_by_key(self) -> Mapping[str, CaseFact]:
        return {fact.key: fact for fact in self.case_facts}

    def fact(self, key: str) -> CaseFact:
        """The fact about the case of that key. KeyError if there is none."""
        return self._facts_by_key[key]

    def has_fact(self, key: str) -> bool:
        """Whether there is a fact about the case of that key."""
        return key in self._facts_by_key

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
        """Every answer that is counted, and whether it counts as below the standard."""
        reserved = {
            NOT_EVIDENCED: self.graded and self.not_evidenced is NotEvidencedRule.BELOW_STANDARD,
            NOT_APPLICABLE: False,
            NOT_ASKED: False,
        }
        return {rating.key: not self.scale.meets_standard(rating.key) for rating in self.scale.ratings} | reserved

    def has_theme(self, key: str) -> bool:
        """Whether there is a theme of that key."""
        return key in self._by_key

    def is_answer(self, answer: str) -> bool:
        """Whether a theme may be given this answer."""
        return answer in self._below and answer != NOT_ASKED

    @cached_property
    def counted_answers(self) -> tuple[str, ...]:
        """Every answer that is counted: those of the scale, and "not asked" where some cases are not asked all."""
        return (*self.scale.answers, NOT_ASKED) if self.has_conditions else self.scale.answers

    def counts_below(self, answer: str) -> bool:
        """Whether the answer counts as below the standard. KeyError for anything that is not an answer."""
        return self._below[answer]

    def is_applicable(self, answer: str) -> bool:
        """Whether the answer counts in the denominator; without ratings none does. KeyError for what is no answer."""
        return self._below[answer] or (self.graded and answer not in {NOT_EVIDENCED, NOT_APPLICABLE, NOT_ASKED})

    def asks_text(self, name: TextName, answer: str) -> bool:
        """Whether an answer may come with this text. KeyError for anything that is not an answer."""
        return self._is_for(getattr(self.text_rules, name).asked, answer)

    def needs_text(self, name: TextName, answer: str) -> bool:
        """Whether an answer must come with this text. KeyError for anything that is not an answer."""
        return self._is_for(getattr(self.text_rules, name).required, answer)

    def _is_for(self, when: WhenAsked, answer: str) -> bool:
        below = self._below[answer] or answer == NOT_APPLICABLE or (answer == NOT_EVIDENCED and not self.graded)
        at_standard = self.scale.meets_standard(answer)
        return {
            WhenAsked.ALWAYS: True,
            WhenAsked.BELOW_STANDARD: below,
            WhenAsked.AT_STANDARD: at_standard,
            WhenAsked.NEVER: False,
        }[when]

    def needs_rationale(self, answer: str) -> bool:
        """Whether the auditor must give a reason with this answer. KeyError for anything that is not an answer."""
        return self.needs_text("rationale", answer)


def faults_between(value: object) -> list[PlaceAndWords]:
    """The faults against rules between entries, in a value that may be malformed."""
    return template_faults(value) + (format_2_faults(value) if isinstance(value, Mapping) else [])
