from fractions import Fraction
from itertools import combinations

import krippendorff
import numpy as np
import pytest

from checklists.reliability.agreement import place
from checklists.reliability.calibration import participant_result, spread
from checklists.reliability.optimism import ShiftState
from checklists.templates.library import load_library_template
from checklists.templates.scale import NOT_APPLICABLE, NOT_EVIDENCED

TEMPLATE = load_library_template("scr-themes", 2)
FIRST, SECOND, THIRD = (theme.key for theme in TEMPLATE.themes[:3])
SUBMITTED_STATES = {
    "one": {FIRST: "good", SECOND: "good", THIRD: "inadequate"},
    "two": {FIRST: "good", SECOND: "requires-improvement", THIRD: NOT_EVIDENCED},
    "three": {FIRST: "outstanding", SECOND: NOT_APPLICABLE},
}


def test_the_spread_counts_every_answer_of_every_theme_and_who_gave_none() -> None:
    found = spread(TEMPLATE, SUBMITTED_STATES)
    assert [theme.theme for theme in found.themes] == [theme.key for theme in TEMPLATE.themes]
    assert dict(found.themes[0].counts) == {
        "outstanding": 1, "good": 2, "requires-improvement": 0, "inadequate": 0, NOT_EVIDENCED: 0, NOT_APPLICABLE: 0,
    }  # fmt: skip
    assert all(sum(theme.counts.values()) + theme.unanswered == found.n_participants == 3 for theme in found.themes)
    assert found.themes[2].unanswered == 1


def test_answers_given_equally_often_are_all_the_most_common_one() -> None:
    first, second, _, nobody = spread(TEMPLATE, SUBMITTED_STATES).themes[:4]
    assert first.modes == ("good",)
    assert second.modes == ("good", "requires-improvement", NOT_APPLICABLE)
    assert nobody.modes == ()


def test_exact_agreement_is_the_share_of_all_pairs_of_readings_that_are_equal() -> None:
    found = spread(TEMPLATE, SUBMITTED_STATES)
    for theme in found.themes:
        read = [
            stands
            for answers in SUBMITTED_STATES.values()
            if (stands := place(TEMPLATE, answers.get(theme.theme))) is not None
        ]
        pairs = list(combinations(read, 2))
        assert theme.exact == (Fraction(sum(a == b for a, b in pairs), len(pairs)) if pairs else None)
    defined = [theme.exact for theme in found.themes if theme.exact is not None]
    assert found.exact == sum(defined, Fraction(0)) / len(defined) == Fraction(1, 9)


def test_alpha_over_themes_is_that_of_the_krippendorff_package() -> None:
    found = spread(TEMPLATE, SUBMITTED_STATES)
    table = np.array(
        [
            [
                np.nan if (stands := place(TEMPLATE, answers.get(theme.key))) is None else stands
                for theme in TEMPLATE.themes
            ]
            for answers in SUBMITTED_STATES.values()
        ]
    )
    assert found.alpha_nominal is not None
    assert found.alpha_ordinal is not None
    nominal = krippendorff.alpha(reliability_data=table, level_of_measurement="nominal", value_domain=range(5))
    ordinal = krippendorff.alpha(reliability_data=table, level_of_measurement="ordinal", value_domain=range(5))
    assert float(found.alpha_nominal) == pytest.approx(nominal)
    assert float(found.alpha_ordinal) == pytest.approx(ordinal)


def test_readers_who_all_gave_one_answer_agree_but_have_no_alpha() -> None:
    found = spread(TEMPLATE, {who: {theme.key: "good" for theme in TEMPLATE.themes} for who in "abc"})
    assert (found.exact, found.alpha_nominal, found.alpha_ordinal) == (Fraction(1), None, None)


@pytest.mark.parametrize("handed_in", [{}, {"alone": {FIRST: "good"}}])
def test_fewer_than_two_readers_have_no_agreement(handed_in: dict[str, dict[str, str]]) -> None:
    found = spread(TEMPLATE, handed_in)
    assert (found.exact, found.alpha_nominal, found.alpha_ordinal) == (None, None, None)
    assert {theme.exact for theme in found.themes} == {None}


def test_who_grades_better_than_agreed_stands_above_nought_and_is_never_named_for_one_case() -> None:
    agreed = {theme.key: "requires-improvement" for theme in TEMPLATE.themes}
    found = participant_result(TEMPLATE, {theme.key: "good" for theme in TEMPLATE.themes}, agreed)
    assert (found.n_compared, found.n_same, found.shift.mean) == (len(TEMPLATE.themes), 0, Fraction(1))
    assert (found.shift.state, found.shift.interval, found.shift.may_name) == (ShiftState.TOO_FEW, None, False)


def test_not_applicable_beside_a_rating_is_counted_but_is_no_number_of_grades() -> None:
    agreed = {FIRST: "good", SECOND: "good", THIRD: NOT_APPLICABLE}
    found = participant_result(TEMPLATE, {FIRST: "good", SECOND: NOT_APPLICABLE, THIRD: NOT_APPLICABLE}, agreed)
    assert (found.n_compared, found.n_same, found.n_apart_on_reading) == (3, 2, 1)
    assert (found.shift.n_answers, found.shift.mean) == (1, Fraction(0))


def test_nothing_in_common_with_the_agreed_answers_is_no_data() -> None:
    found = participant_result(TEMPLATE, {FIRST: "good"}, {SECOND: "good"})
    assert (found.n_compared, found.shift.mean, found.shift.state) == (0, None, ShiftState.NO_DATA)


def test_an_answer_or_a_theme_that_the_template_lacks_is_refused() -> None:
    with pytest.raises(KeyError):
        spread(TEMPLATE, {"one": {FIRST: "excellent"}})
    with pytest.raises(KeyError):
        spread(TEMPLATE, {"one": {"no-such-theme": "good"}})
    with pytest.raises(KeyError):
        participant_result(TEMPLATE, {FIRST: "good"}, {"no-such-theme": "good"})
