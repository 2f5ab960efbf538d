"""What audits say beside their themes, for release: questions, facts about the case, recorded views, and sources.

Each is a column of the altered copy of a whole round. Nothing of it is released by part: nearly every audit answers all
of them, so their sums would be the number of audits of a part, which is not shown.

In the copy every line of letters must be one that an audit can have, or it could not be the truth. So a question that
is asked of some cases only is not released: who is asked it follows from other answers. For the same reason no
recording gaps are released, since only an answer that meets the standard can be one; but whether some answer has no
source but what people said, which is possible for any answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from typing import Final

from checklists.release.altered_copy import Column
from checklists.release.certain import interval_around, worst_and_best
from checklists.release.disclosure import Possible, Released, ReleaseRule, around
from checklists.templates.asks import CaseFact
from checklists.templates.questions import Question
from checklists.templates.scale import NOT_APPLICABLE, NOT_EVIDENCED
from checklists.templates.template import Template

LEFT_OUT: Final = "left-out"
"""The answers that leave the sums."""
MEETS, BELOW = "meets", "below"
WITH_VIEW, WITHOUT_VIEW = "with-view", "without-view"
YES, NO = "yes", "no"


class BesideKind(StrEnum):
    """What a column is about."""

    QUESTION = "question"
    FACT = "fact"
    FAMILY = "family"
    CONVERSATION = "conversation"
    SOURCES = "sources"
    OBSTACLE = "obstacle"


@dataclass(frozen=True)
class BesideColumn:
    """A column with one answer for each audit, as it is released: `names` are the answers; LEFT_OUT is left out of the
    sums.
    """

    kind: BesideKind
    key: str
    names: tuple[str, ...]
    question: Question | None = None
    fact: CaseFact | None = None
    label: str = ""

    @property
    def is_measured(self) -> bool:
        """Whether it is released as the share that meets the question's standard."""
        return self.names[0] == MEETS

    @property
    def counted(self) -> tuple[str, ...]:
        """The answers that are in the sums."""
        return tuple(name for name in self.names if name != LEFT_OUT)

    @property
    def column(self) -> Column:
        """The column of the altered copy."""
        return Column("".join(self._letters.values()))

    @cached_property
    def _letters(self) -> Mapping[str, str]:
        return {name: chr(ord("a") + at) for at, name in enumerate(self.names)}

    def letter(self, answer: str) -> str:
        """The letter of what an audit says. ValueError for what cannot be released."""
        name = answer
        if self.question is not None:
            if answer == NOT_APPLICABLE:
                name = LEFT_OUT
            elif self.is_measured and self.question.is_answer(answer):
                name = MEETS if self.question.meets_standard(answer) else BELOW
        try:
            return self._letters[name]
        except KeyError:
            raise ValueError("an answer that the column does not have") from None


def columns_beside(template: Template) -> tuple[BesideColumn, ...]:
    """The columns that a template's rounds release, in their order: it is the same for every snapshot of a round."""
    conditional = _conditional(template)
    questions = [
        BesideColumn(BesideKind.QUESTION, question.key, names, question=question)
        for question in template.questions
        if question.key not in conditional and (names := _names(question)) is not None
    ]
    facts = [
        BesideColumn(BesideKind.FACT, fact.key, tuple(choice.key for choice in fact.offered), fact=fact)
        for fact in template.case_facts
    ]
    family = (
        [BesideColumn(BesideKind.FAMILY, "views", (WITH_VIEW, WITHOUT_VIEW))] if template.further.family_views else []
    )
    return (*questions, *facts, *family)


def columns_of_work(template: Template) -> tuple[BesideColumn, ...]:
    """The columns about the work, in their order: whether there was a conversation, whether an answer has no source but
    what people said, and each barrier.

    They have an altered copy of their own, since the columns of a copy must be the same for every snapshot of a round.
    """
    asks = template.further
    columns = [
        *([BesideColumn(BesideKind.CONVERSATION, "held", (YES, NO))] if asks.conversation else []),
        *([BesideColumn(BesideKind.SOURCES, "told-only", (YES, NO))] if asks.sources else []),
    ]
    if asks.conversation:
        columns += [
            BesideColumn(BesideKind.OBSTACLE, each.key, (YES, NO), label=each.label) for each in template.obstacles
        ]
    return tuple(columns)


def not_released(template: Template) -> tuple[Question, ...]:
    """The questions that are not: asked of some cases only, or a number or month without a standard."""
    released = {each.key for each in columns_beside(template) if each.kind is BesideKind.QUESTION}
    return tuple(question for question in template.questions if question.key not in released)


def _conditional(template: Template) -> set[str]:
    return {
        question.key
        for domain in template.learning_domains
        for theme in domain.themes
        for question in theme.questions
        if domain.applies_when or theme.applies_when or question.applies_when
    }


def _names(question: Question) -> tuple[str, ...] | None:
    """The answers of a question as they are released; None for a number or month without a standard."""
    if question.has_standard:
        names: tuple[str, ...] = (MEETS, BELOW)
    elif question.kind.is_chosen:
        names = (*(choice.key for choice in question.offered), NOT_EVIDENCED)
    else:
        return None
    return (*names, LEFT_OUT) if question.not_applicable else names


def letters_of(columns: Sequence[BesideColumn], answers: Mapping[tuple[BesideKind, str], str]) -> str:
    """An audit's letters, by the kind and key of the column. ValueError when one is missing or cannot be released."""
    return "".join(each.letter(answers.get((each.kind, each.key), "")) for each in columns)


@dataclass(frozen=True, slots=True)
class ReleasedBeside:
    """What is shown of a column over a whole round with this many audits: how often the copy has each answer.

    `counts` is None where the copy has few applicable answers.
    """

    column: BesideColumn
    audits: int
    within: int
    counts: Mapping[str, int] | None

    @property
    def applicable(self) -> int | None:
        """The released number of answers that are in the sums."""
        return None if self.counts is None else sum(self.counts[name] for name in self.column.counted)

    def share(self, name: str) -> "CertainShare | None":
        """What is certain of the share of one answer; None where it is hidden."""
        if self.counts is None or not self.applicable:
            return None
        worst, best = worst_and_best(self._possible(self.counts, name))
        number, applicable = self.counts[name], self.applicable
        between = (1 - Fraction(worst.below, worst.applicable), 1 - Fraction(best.below, best.applicable))
        return CertainShare(number, applicable, between, interval_around(worst, best))

    def _possible(self, counts: Mapping[str, int], name: str) -> Possible:
        applicable, number = sum(counts[each] for each in self.column.counted), counts[name]
        others = len(self.column.counted) - 1
        can_leave = LEFT_OUT in self.column.names
        return Possible(
            around(applicable, self.within if can_leave else 0, self.audits),
            around(applicable - number, self.within * others, self.audits),
            around(number, self.within, self.audits),
        )


@dataclass(frozen=True, slots=True)
class CertainShare:
    """A released share: the true one lies `between` for certain, and its true 95% interval within `interval`."""

    number: int
    applicable: int
    between: tuple[Fraction, Fraction]
    interval: tuple[float, float] | None


def release_beside(
    rule: ReleaseRule, columns: Sequence[BesideColumn], counts: Sequence[Sequence[int]], *, audits: int
) -> tuple[ReleasedBeside, ...]:
    """What is shown for these numbers of the copy, in the order of the columns and of their answers."""
    found = []
    for column, numbers in zip(columns, counts, strict=True):
        named = dict(zip(column.names, numbers, strict=True))
        is_few = rule.release(sum(named[name] for name in column.counted), 0) == Released(None)
        found.append(ReleasedBeside(column, audits, rule.within, None if is_few else named))
    return tuple(found)
