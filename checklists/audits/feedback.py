"""Feedback to practitioners: which questions a sheet asks, and how much of it was given in time."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from checklists.actions.working_days import after_working_days
from checklists.templates.template import Template, Theme

# Working days from the submission of an audit within which its feedback should be given.
FEEDBACK_DAYS: Final = 10
MOST_QUESTIONS: Final = 8


def feedback_due(submitted_on: date) -> date:
    """The last day on which feedback on an audit that was submitted on this day is in time."""
    return after_working_days(submitted_on, FEEDBACK_DAYS)


def fell_short(template: Template, answers: Mapping[str, str]) -> tuple[str, ...]:
    """The themes whose answer counts as below the standard, in the order of the template."""
    if not template.graded:
        return ()
    return tuple(key for key in template.theme_keys if key in answers and template.counts_below(answers[key]))


def questions_of(themes: Iterable[Theme], most: int = MOST_QUESTIONS) -> tuple[tuple[str, str], ...]:
    """At most `most` of the themes' prompts, as pairs of a theme's label and a prompt, by theme.

    The first prompt of every theme is chosen before the second of any.
    """
    every = list(themes)
    longest = max((len(theme.prompts) for theme in every), default=0)
    by_turn = [
        (place, turn) for turn in range(longest) for place, theme in enumerate(every) if turn < len(theme.prompts)
    ]
    return tuple((every[place].label, every[place].prompts[turn]) for place, turn in sorted(by_turn[:most]))


def first_day_not_overdue(today: date) -> date:
    """The first day of submission from which feedback that is not given yet is not overdue today."""
    day = today
    while feedback_due(day - timedelta(days=1)) >= today:
        day -= timedelta(days=1)
    return day


@dataclass(frozen=True, slots=True)
class Given:
    """Feedback that was given on an audit, and whether its practitioner has reflected on it."""

    submitted_on: date
    given_on: date
    reflected: bool = False


@dataclass(frozen=True, slots=True)
class FeedbackCounts:
    """The submitted audits of a round. `due`: feedback was given on them, or should have been by today.

    `in_time` of them within FEEDBACK_DAYS working days of submission, `late` after that, `not_given` not at all.
    `reflected`: their practitioner wrote a reflection. `not_due`: the other submitted audits.
    """

    in_time: int
    late: int
    not_given: int
    reflected: int
    not_due: int

    @property
    def due(self) -> int:
        return self.in_time + self.late + self.not_given


def counts_of_feedback(given: Iterable[Given], *, overdue: int, not_due: int) -> FeedbackCounts:
    """The counts, with how many audits without feedback are overdue, and how many are not due yet."""
    every = list(given)
    in_time = sum(each.given_on <= feedback_due(each.submitted_on) for each in every)
    return FeedbackCounts(
        in_time=in_time,
        late=len(every) - in_time,
        not_given=overdue,
        reflected=sum(each.reflected for each in every),
        not_due=not_due,
    )
