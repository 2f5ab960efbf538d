"""How areas for development of the previous round have changed."""

from dataclasses import replace
from fractions import Fraction

import pytest

from checklists.reports.carried_over import Course, areas_carried_over
from checklists.reports.change import Change, theme_changes
from checklists.reports.gaps import Gap, theme_gaps
from tests.checklists.small_template import a_template

TEMPLATE = a_template()
THEME = TEMPLATE.theme_keys[0]


def gap(meeting: int, below: int) -> Gap:
    standard, worst = TEMPLATE.scale.standard, TEMPLATE.scale.worst
    tallies = {(THEME, standard): meeting, (THEME, worst): below}
    return theme_gaps(TEMPLATE, tallies, audits=meeting + below, target=Fraction(8, 10), minimum=5)[0]


@pytest.mark.parametrize(
    ("before", "now", "course"),
    [
        ((20, 40), (57, 3), Course.ON_TARGET),
        ((10, 50), (40, 20), Course.IMPROVED),
        ((20, 40), (22, 38), Course.CONTINUES),
        ((40, 20), (10, 50), Course.WORSE),
        ((57, 3), (20, 40), Course.NEW),
        ((20, 40), (1, 2), Course.TOO_FEW),
        ((57, 3), (58, 2), None),
        ((1, 2), (1, 2), None),
    ],
)
def test_each_area_for_development_has_one_course(
    before: tuple[int, int], now: tuple[int, int], course: Course | None
) -> None:
    found = areas_carried_over(theme_changes([gap(*now)], [gap(*before)], minimum=5))
    assert [each.course for each in found] == ([] if course is None else [course])


def test_a_theme_that_only_one_round_asks_is_left_out() -> None:
    assert areas_carried_over(theme_changes([gap(20, 40)], [], minimum=5)) == ()


def test_an_area_of_a_round_that_cannot_be_compared_is_not_called_on_target() -> None:
    (change,) = theme_changes([gap(40, 40)], [gap(20, 40)], minimum=5)
    (found,) = areas_carried_over([replace(change, change=Change.NOT_COMPARABLE)])
    assert found.course is Course.NOT_COMPARABLE


def test_every_course_has_a_label() -> None:
    assert [course.label for course in Course] == [
        *("Now on target", "Improved, but still below target", "Continues", "Worse", "New", "Too few to say"),
        "Not comparable",
    ]
