"""Which questions a sheet asks, and which feedback was given in time."""

from datetime import date, timedelta

import pytest

from checklists.actions.working_days import is_working_day
from checklists.audits.feedback import (
    Given,
    counts_of_feedback,
    feedback_due,
    fell_short,
    first_day_not_overdue,
    questions_of,
)
from checklists.templates.library import load_library_template
from checklists.templates.template_file import check_template
from tests.desk import SMALL


def test_feedback_is_due_ten_working_days_after_submission_across_bank_holidays() -> None:
    # Christmas Day and Boxing Day 2025 were a Thursday and a Friday, and New Year's Day a Thursday.
    assert feedback_due(date(2025, 12, 19)) == date(2026, 1, 7)
    assert feedback_due(date(2024, 2, 26)) == date(2024, 3, 11)


@pytest.mark.parametrize("today", [date(2026, 1, 7), date(2026, 4, 7), date(2026, 11, 29), date(2028, 2, 29)])
def test_the_first_day_that_is_not_overdue_is_the_boundary(today: date) -> None:
    first = first_day_not_overdue(today)
    assert feedback_due(first) >= today
    assert feedback_due(first - timedelta(days=1)) < today


def test_counts_tell_in_time_from_late_and_overdue_from_not_due() -> None:
    day = date(2026, 3, 2)
    last = feedback_due(day)
    assert is_working_day(last)
    found = counts_of_feedback(
        [Given(day, last, reflected=True), Given(day, last + timedelta(days=1)), Given(day, day - timedelta(days=1))],
        overdue=2,
        not_due=4,
    )
    assert (found.in_time, found.late, found.not_given, found.not_due) == (2, 1, 2, 4)
    assert (found.due, found.reflected) == (5, 1)
    nothing = counts_of_feedback([], overdue=0, not_due=3)
    assert (nothing.due, nothing.reflected) == (0, 0)


def test_themes_fall_short_by_rating_and_without_evidence_and_in_the_order_of_the_template() -> None:
    template = check_template(SMALL)
    answers = {
        "challenge": "not-evidenced",
        "planning": "not-applicable",
        "voice": "requires-improvement",
        "daily-life": "good",
    }
    assert fell_short(template, answers) == ("voice", "challenge")
    assert fell_short(template, {}) == ()


def test_every_theme_asks_its_first_question_before_any_asks_its_second() -> None:
    template = load_library_template("scr-themes", 2)
    themes = template.themes[:3]
    few = questions_of(themes, 4)
    assert [theme for theme, _ in few].count(themes[0].label) == 2
    assert {theme for theme, _ in few} == {theme.label for theme in themes}
    assert few[0] == (themes[0].label, themes[0].prompts[0])
    assert len(questions_of(template.themes)) == 8
    assert questions_of([]) == ()
