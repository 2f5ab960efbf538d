"""What may be said of a theme between two rounds, and of two versions of a template."""

from collections.abc import Sequence
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklists.change import Change, template_changes, theme_changes
from checklists.gaps import DEFAULT_TARGET, Gap, theme_gaps
from checklists.intervals import newcombe_difference
from checklists.library import load_library_template
from checklists.template import Template

TEMPLATE = load_library_template("scr-themes")
NEGLECT, VOICE = "neglect", "childrens-lived-experience"


def gaps(**counts: tuple[int, int]) -> tuple[Gap, ...]:
    """The gaps of every theme, from (meeting, below) for some."""
    tallies = {}
    for theme, (meeting, below) in counts.items():
        tallies[theme.replace("_", "-"), "good"] = meeting
        tallies[theme.replace("_", "-"), "inadequate"] = below
    return theme_gaps(TEMPLATE, tallies, audits=500, target=DEFAULT_TARGET, minimum=5)


# R. G. Newcombe, Statistics in Medicine 17 (1998), 873-890, table II, method 10.
@pytest.mark.parametrize(
    ("counts", "interval"),
    [
        ((56, 70, 48, 80), (0.0524, 0.3339)),
        ((9, 10, 3, 10), (0.1705, 0.8090)),
        ((6, 7, 2, 7), (0.0582, 0.8062)),
        ((5, 56, 0, 29), (-0.0381, 0.1926)),
        ((0, 10, 0, 20), (-0.1611, 0.2775)),
        ((0, 10, 0, 10), (-0.2775, 0.2775)),
        ((10, 10, 0, 20), (0.6791, 1.0000)),
        ((10, 10, 0, 10), (0.6075, 1.0000)),
    ],
)
def test_the_interval_of_a_difference_is_the_published_one(
    counts: tuple[int, int, int, int], interval: Sequence[float]
) -> None:
    assert newcombe_difference(*counts) == pytest.approx(interval, abs=5e-5)


COUNTS = st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(COUNTS, COUNTS)
def test_the_interval_holds_the_difference_and_turns_round_with_it(now: tuple[int, int], then: tuple[int, int]) -> None:
    low, high = newcombe_difference(*now, *then)
    assert -1 <= low <= now[0] / now[1] - then[0] / then[1] <= high <= 1
    assert newcombe_difference(*then, *now) == pytest.approx((-high, -low))


@pytest.mark.parametrize(
    ("now", "before", "change"),
    [
        ((56, 14), (48, 32), Change.IMPROVED),
        ((48, 32), (56, 14), Change.WORSE),
        ((50, 20), (48, 22), Change.NO_CLEAR_CHANGE),
        ((4, 0), (0, 80), Change.TOO_FEW),
        ((80, 0), (0, 4), Change.TOO_FEW),
    ],
)
def test_a_change_is_said_by_its_interval(now: tuple[int, int], before: tuple[int, int], change: Change) -> None:
    found = {each.key: each for each in theme_changes(gaps(neglect=now), gaps(neglect=before), minimum=5)}[NEGLECT]
    assert found.change is change
    assert found.difference == Fraction(now[0], sum(now)) - Fraction(before[0], sum(before))


def test_a_theme_that_only_one_side_asks_is_listed_and_not_compared() -> None:
    now = [gap for gap in gaps(neglect=(9, 1)) if gap.key != VOICE]
    before = [gap for gap in gaps(neglect=(9, 1)) if gap.key != NEGLECT]
    changes = {each.key: each for each in theme_changes(now, before, minimum=5)}
    assert set(changes) == set(TEMPLATE.theme_keys)
    assert changes[NEGLECT].before is None
    assert changes[VOICE].now is None
    assert {changes[NEGLECT].change, changes[VOICE].change} == {Change.TOO_FEW}


def changed(**entries: object) -> Template:
    return Template.model_validate({**TEMPLATE.model_dump(), **entries})


def test_templates_that_ask_the_same_have_nothing_to_say() -> None:
    assert template_changes(TEMPLATE, TEMPLATE) == ()
    assert template_changes(changed(title="Another title"), TEMPLATE) == ()


def test_what_changed_between_templates_is_said() -> None:
    content = TEMPLATE.model_dump(mode="json")
    content["learning_domains"][0]["themes"][1]["title"] = "Neglect in all its forms"
    moved = content["learning_domains"][0]["themes"].pop(0)
    content["learning_domains"][1]["themes"].append(moved)
    gone = content["learning_domains"][2]["themes"].pop(0)
    content["scale"]["standard"] = "requires-improvement"
    content["not_evidenced"] = "left-out"
    said = " ".join(template_changes(Template.model_validate(content), TEMPLATE))
    assert f"Themes no longer asked: {gone['display_title'] or gone['title']}." in said
    assert "“Neglect” is now called “Neglect in all its forms”." in said
    assert "has moved to" in said
    assert "The standard was Good and is Requires improvement" in said
    assert "Not evidenced is now left out." in said
    assert "New themes" in " ".join(template_changes(TEMPLATE, Template.model_validate(content)))
