"""Answers of agencies: how far apart they are, which theme comes first, and how often two agencies agree."""

import pytest

from checklists.joint.comparing import Agreement, agreement_of, difference, differences_first
from checklists.templates.scale import RatingScale

SCALE = RatingScale.model_validate(
    {
        "ratings": [{"key": key, "label": key.capitalize()} for key in ("outstanding", "good", "poor", "inadequate")],
        "standard": "good",
    }
)


@pytest.mark.parametrize(
    ("answers", "steps"),
    [
        ([], 0),
        (["good"], 0),
        (["good", "good"], 0),
        (["good", "poor"], 1),
        (["outstanding", "good", "inadequate"], 3),
        (["not-evidenced", "not-evidenced"], 0),
        (["good", "not-evidenced"], 100),
        (["good", "poor", "not-evidenced"], 101),
        (["good", "not-applicable"], 0),
        (["not-evidenced", "not-applicable"], 0),
    ],
)
def test_the_difference_is_in_steps_of_the_scale(answers: list[str], steps: int) -> None:
    assert difference(SCALE, answers) == steps


def test_themes_that_differ_most_come_first_and_the_rest_stay_in_order() -> None:
    themes = [
        ("same", ["good", "good"]),
        ("one-step", ["good", "poor"]),
        ("also-the-same", ["poor"]),
        ("not-on-file", ["good", "not-evidenced"]),
        ("three-steps", ["outstanding", "inadequate"]),
    ]
    assert differences_first(SCALE, themes) == ["not-on-file", "three-steps", "one-step", "same", "also-the-same"]


def test_agreement_is_counted_for_each_two_agencies() -> None:
    themes = [
        {"police": "good", "health": "good", "schools": "poor"},
        {"health": "poor", "police": "good", "schools": "not-applicable"},
        {"police": "not-evidenced"},
    ]
    assert agreement_of(themes) == {
        ("health", "police"): Agreement(1, 2),
        ("health", "schools"): Agreement(0, 1),
        ("police", "schools"): Agreement(0, 1),
    }
    assert agreement_of([]) == {}
    assert Agreement(1, 2) + Agreement(0, 3) == Agreement(1, 5)
