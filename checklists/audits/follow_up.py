"""Follow-ups of audits at the lowest rating: when a round's rule asks for one, what it is about, and what came of them.

A theme has fallen short if its answer counts as below the standard; a follow-up is about these themes only.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from statistics import median
from typing import Final

from checklists.audits.feedback import fell_short
from checklists.templates.scale import NOT_APPLICABLE, NOT_ASKED
from checklists.templates.template import Template

SHORTEST_WEEKS: Final = 1
LONGEST_WEEKS: Final = 52
MOST_WORKING_DAYS: Final = 20


class FollowUpOutcome(StrEnum):
    """What a follow-up has found of a theme that fell short, or of a whole file."""

    CORRECTED = "corrected"
    PARTLY = "partly"
    NOT = "not"

    @property
    def label(self) -> str:
        return {"corrected": "Corrected", "partly": "Partly corrected", "not": "Not corrected"}[self.value]


class FollowUpState(StrEnum):
    """How far a follow-up has come."""

    WAITING = "waiting"
    ALLOCATED = "allocated"
    DONE = "done"
    NOT_NEEDED = "not-needed"

    @property
    def label(self) -> str:
        return {"waiting": "No reader yet", "not-needed": "Not needed"}.get(self.value, self.value.capitalize())


OPEN_FOLLOW_UPS: Final = frozenset({FollowUpState.WAITING, FollowUpState.ALLOCATED})


@dataclass(frozen=True, slots=True)
class LowestRule:
    """What needs a follow-up when it is at the lowest rating: the overall judgement, any of these themes, or both."""

    overall: bool = False
    themes: tuple[str, ...] = ()

    def __or__(self, other: "LowestRule") -> "LowestRule":
        """The rule that is met when either of the two is."""
        return LowestRule(self.overall or other.overall, tuple(dict.fromkeys((*self.themes, *other.themes))))

    def __bool__(self) -> bool:
        return self.overall or bool(self.themes)


def at_the_lowest(rule: LowestRule, template: Template, answers: Mapping[str, str], overall: str | None) -> LowestRule:
    """The part of the rule that an audit meets: empty if it meets none, or if the template has no ratings.

    `answers`: those in force, by theme. `overall`: the overall judgement in force, None where there is none.
    """
    if not template.graded:
        return LowestRule()
    worst = template.scale.worst
    themes = tuple(key for key in template.theme_keys if key in rule.themes and answers.get(key) == worst)
    return LowestRule(rule.overall and overall == worst, themes)


def themes_to_follow(template: Template, answers: Mapping[str, str]) -> tuple[str, ...]:
    """The themes that a follow-up is about: the ones that fell short. Where only the overall judgement is at the lowest
    rating, every theme that applies.
    """
    applying = (key for key in template.theme_keys if answers.get(key, NOT_ASKED) not in {NOT_ASKED, NOT_APPLICABLE})
    return fell_short(template, answers) or tuple(applying)


def outcome_of_file(outcomes: Iterable[FollowUpOutcome]) -> FollowUpOutcome:
    """The outcome of a whole file: corrected if every theme is, not corrected if none is even partly, else partly.

    ValueError without any theme.
    """
    found = set(outcomes)
    if not found:
        raise ValueError("a follow-up is about at least one theme")
    return found.pop() if len(found) == 1 else FollowUpOutcome.PARTLY


@dataclass(frozen=True, slots=True)
class FollowedUp:
    """One audit at the lowest rating. `notified_in_time`: None until somebody is. `outcomes`: of each theme, once its
    follow-up is done; `days`: from the day the audit was found to that of the follow-up.
    """

    notified_in_time: bool | None = None
    outcomes: tuple[FollowUpOutcome, ...] = ()
    days: int | None = None


@dataclass(frozen=True, slots=True)
class FollowUpCounts:
    """Audits at the lowest rating, and what came of them.

    `found` = `notified_in_time` + `notified_late` + `not_notified`. `files` and `themes`: by outcome, of the follow-ups
    that are done. `median_days`: of these; None without any.
    """

    found: int
    notified_in_time: int
    notified_late: int
    files: Mapping[FollowUpOutcome, int]
    themes: Mapping[FollowUpOutcome, int]
    median_days: Fraction | None

    @property
    def not_notified(self) -> int:
        return self.found - self.notified_in_time - self.notified_late

    @property
    def done(self) -> int:
        """How many follow-ups are done."""
        return sum(self.files.values())

    @property
    def themes_followed_up(self) -> int:
        return sum(self.themes.values())


def counts_of_follow_ups(found: Iterable[FollowedUp]) -> FollowUpCounts:
    """The counts of these audits; those whose follow-up is no longer needed are not among them."""
    every = list(found)
    done = [each for each in every if each.outcomes]
    files = [outcome_of_file(each.outcomes) for each in done]
    days = [Fraction(each.days) for each in done if each.days is not None]
    return FollowUpCounts(
        found=len(every),
        notified_in_time=sum(each.notified_in_time is True for each in every),
        notified_late=sum(each.notified_in_time is False for each in every),
        files=_numbers(files),
        themes=_numbers([outcome for each in done for outcome in each.outcomes]),
        median_days=Fraction(median(days)) if days else None,
    )


def _numbers(outcomes: Sequence[FollowUpOutcome]) -> Mapping[FollowUpOutcome, int]:
    return {kind: outcomes.count(kind) for kind in FollowUpOutcome}
