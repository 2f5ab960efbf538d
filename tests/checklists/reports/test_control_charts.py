from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklists.reports.control_charts import (
    MINIMUM_POINTS,
    Assurance,
    ChartPoint,
    ControlChart,
    Place,
    Signal,
    Variation,
    chart_of_places,
    p_chart,
)

TARGET = Fraction(9, 10)
OUTSIDE, RUN, TREND, NEAR = Signal
SWAPPED = {
    Variation.IMPROVEMENT: Variation.CONCERN,
    Variation.CONCERN: Variation.IMPROVEMENT,
    Variation.COMMON_CAUSE: Variation.COMMON_CAUSE,
    Variation.NOT_ENOUGH_POINTS: Variation.NOT_ENOUGH_POINTS,
}

# Series from the checks that the Making Data Count team published with its Single Chart Tool 5.0.
FIFTEEN = (20, 24, 20, 26, 22, 16, 18, 16, 31, 28, 34, 26, 30, 19, 18)
THIRTEEN = (30, 31, 25, 35, 34, 15, 21, 23, 30, 26, 26, 22, 25)
DOWN_AND_UP = (43, 41, 37, 36, 31, 23, 15, 13, 15, 18, 23, 27, 31, 36, 27, 19, 17, 27, 15, 22)
THIRTY = [16, 24, 22, 19, 19, 18, 24, 25, 18, 17, 16, 25, 15, 23, 19]
THIRTY += [35, 32, 35, 31, 27, 33, 28, 38, 35, 30, 28, 29, 27, 24, 23]
SEVENTEEN = (16, 20, 22, 18, 21, 18, 26, 28, 24, 26, 19, 18, 25, 32, 43, 28, 22)
TWO_SIGMA = (42, 40, 39, 26, 39, 24, 22, 29, 32, 22, 20, 23, 25, 26, 22, 24, 27, 7, 19, 24, 7, 7, 32)
TWO_SIGMA_ACROSS = (42, 40, 39, 24, 39, 24, 22, 29, 32, 22, 20, 23, 25, 26, 22, 24, 27, 7, 19, 26, 7, 7, 32)
TWO_SIGMA_OUTSIDE = (42, 40, 39, 26, 39, 24, 22, 29, 32, 22, 20, 23, 25, 26, 22, 24, 27, 7, 19, 24, 7, 2, 32)

counted = st.integers(1, 40).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
shares = st.lists(counted, max_size=30)
values = st.lists(st.integers(0, 20), min_size=1, max_size=30)


def xmr(series: Sequence[int], target: Fraction | int = 30) -> ControlChart:
    """The published charts are of single values (XmR): limits 2.66 mean moving ranges from the mean. In hundredths."""
    values = [Fraction(value, 100) for value in series]
    mean = sum(values, Fraction(0)) / len(values)
    moves = [abs(value - before) for before, value in pairwise(values)]
    reach = Fraction("2.66") * sum(moves, Fraction(0)) / max(len(moves), 1)
    places = [Place(str(at), value, 1, value - mean, reach**2) for at, value in enumerate(values, 1)]
    return chart_of_places(places, mean, Fraction(target) / 100)


def p_of(series: Sequence[tuple[int, int]], target: Fraction = TARGET) -> ControlChart:
    return p_chart([(str(at), meeting, n) for at, (meeting, n) in enumerate(series, 1)], target=target)


def marked(chart: ControlChart, signal: Signal) -> list[int]:
    """Which points a rule marks, counted from 1."""
    return [at for at, point in enumerate(chart.points, 1) if signal in point.signals]


def limits(point: ChartPoint) -> tuple[float | None, float | None]:
    return point.lower, point.upper


def test_xmr_limits_are_those_published() -> None:
    chart = xmr(FIFTEEN)
    # The 14 moving ranges come to 76, so their mean is 5.43; 2.66 of them are 14.44; the mean of the points is 23.20.
    assert chart.mean == Fraction("0.232")
    assert limits(chart.points[0]) == pytest.approx((0.0876, 0.3764))
    assert {limits(point) for point in chart.points} == {limits(chart.points[0])}
    assert (chart.variation, chart.assurance) == (Variation.COMMON_CAUSE, Assurance.HIT_OR_MISS)
    assert [point.signals for point in chart.points] == [()] * 15
    assert chart.points[1] == ChartPoint("2", Fraction(24, 100), 1, *limits(chart.points[0]), ())


def test_twelve_points_get_no_verdict_and_thirteen_do() -> None:
    short = xmr(THIRTEEN[:12])
    assert (short.variation, short.assurance) == (Variation.NOT_ENOUGH_POINTS, None)
    assert short.mean == Fraction(318, 1200)
    assert {(limits(point), point.signals) for point in short.points} == {((None, None), ())}
    long = xmr(THIRTEEN)
    assert len(long.points) == MINIMUM_POINTS
    assert (long.variation, long.assurance) == (Variation.COMMON_CAUSE, Assurance.HIT_OR_MISS)
    assert None not in limits(long.points[0])
    assert p_of([(9, 10)] * 12).variation is Variation.NOT_ENOUGH_POINTS
    assert p_of([(9, 10), (10, 10)] * 7).variation is Variation.COMMON_CAUSE


def test_the_rules_mark_what_was_published_for_a_fall_and_a_rise() -> None:
    # Mean 25.80, limits 11.66 and 39.94, two thirds of the way 16.37 and 35.23.
    chart = xmr(DOWN_AND_UP)
    assert marked(chart, OUTSIDE) == [1, 2]
    assert marked(chart, TREND) == list(range(1, 15))
    # 36 is beyond 35.23, but no second in its three is; 15, 13 and 15 lie under 16.37.
    assert marked(chart, NEAR) == [1, 2, 3, 4, 7, 8, 9]
    # The six points under the mean, from the sixth to the eleventh, are one short of a run.
    assert marked(chart, RUN) == []


def test_two_of_three_must_lie_on_one_side_with_the_third() -> None:
    # Mean 25.13, two thirds of the way to the limits of 5.54 and 44.72: 12.07 and 38.19.
    assert marked(xmr(TWO_SIGMA), NEAR) == [1, 2, 3, 5, 21, 22]
    # Now the fourth point is under the mean, and the twentieth over it.
    assert marked(xmr(TWO_SIGMA_ACROSS), NEAR) == [1, 2, 3]


def test_a_point_outside_the_limits_counts_among_two_of_three() -> None:
    # Mean 24.91, lower limit 4.12.
    chart = xmr(TWO_SIGMA_OUTSIDE)
    assert marked(chart, OUTSIDE) == [22]
    assert marked(chart, NEAR) == [1, 2, 3, 5, 21, 22]


def test_seven_on_one_side_are_a_run_and_a_point_on_the_mean_ends_it() -> None:
    # The mean is 0 throughout: as much lies above as below.
    assert marked(xmr([1] * 7 + [-1] * 7), RUN) == list(range(1, 15))
    assert marked(xmr([*[1] * 7, 0, *[-1] * 7]), RUN) == [*range(1, 8), *range(9, 16)]
    assert marked(xmr([*[1] * 6, 0, 1, 0, *[-1] * 6, 0, -1]), RUN) == []


def test_seven_that_rise_are_a_trend_and_a_pause_ends_it() -> None:
    rest = [9, 1, 9, 1, 9, 1, 9]
    assert marked(xmr([1, 2, 3, 4, 5, 6, 7, *rest[1:]]), TREND) == list(range(1, 8))
    assert marked(xmr([1, 2, 3, 4, 5, 6, 6, 7, *rest[1:]]), TREND) == []
    assert marked(xmr([*rest, 7, 6, 5, 4, 3, 2]), TREND) == list(range(7, 14))


@pytest.mark.parametrize(
    ("latest", "variation"),
    [(45, Variation.IMPROVEMENT), (25, Variation.COMMON_CAUSE), (5, Variation.CONCERN)],
)
def test_the_latest_point_decides_the_variation(latest: int, variation: Variation) -> None:
    chart = xmr([*SEVENTEEN, latest])
    assert chart.variation is variation
    assert 15 in marked(chart, OUTSIDE)


def test_a_trend_decides_where_the_latest_point_is_marked_both_ways() -> None:
    # Mean 9.23: the last seven rise, and all lie under it.
    chart = xmr([18, 17, 16, 15, 14, 12, 1, 2, 3, 4, 5, 6, 7])
    assert set(chart.points[-1].signals) >= {RUN, TREND}
    assert chart.variation is Variation.IMPROVEMENT


@pytest.mark.parametrize(
    ("target", "assurance"), [(40, Assurance.FAILS), (30, Assurance.HIT_OR_MISS), (10, Assurance.PASSES)]
)
def test_assurance_is_by_the_limits(target: int, assurance: Assurance) -> None:
    # The points come to 755, mean 25.17; the 29 moving ranges to 129; limits 13.33 and 37.00 to two places.
    chart = xmr(THIRTY, target)
    assert chart.mean == Fraction(755, 3000)
    assert limits(chart.points[0]) == pytest.approx((0.133343, 0.369991), abs=5e-7)
    assert chart.assurance is assurance


def test_a_target_on_a_limit_lies_beyond_it() -> None:
    # 0, 10, 0, ..., 0: mean 60/13, moving ranges of 10, so limits 26.6 away.
    series, mean = [0, 10] * 6 + [0], Fraction(60, 13)
    assert xmr(series, mean + Fraction("26.6")).assurance is Assurance.FAILS
    assert xmr(series, mean - Fraction("26.6")).assurance is Assurance.PASSES


# T. Pyzdek and P. Keller, The Handbook for Quality Management, table 9.6: bruised peaches in crates of 250.
PEACHES = [(bruised, 250) for bruised in (47, 42, 55, 51, 46, 61, 39, 44, 41, 51)]
PEACHES += [(88, 500), (101, 500), (101, 500)]
PEACHES += [(bruised, 250) for bruised in (40, 48, 47, 50, 48, 57, 45, 43)]
PEACHES += [(105, 500), (98, 500), (100, 500), (96, 500)]


def test_the_limits_of_a_p_chart_follow_each_n() -> None:
    # 1544 of 8000 are 0.193. Three times the root of 0.193 x 0.807 / n: 0.0749 for 250, 0.0529 for 500.
    chart = p_of(PEACHES, Fraction(1, 5))
    assert chart.mean == Fraction(193, 1000)
    for point in chart.points:
        expected = (0.1181, 0.2679) if point.n == 250 else (0.1401, 0.2459)
        assert limits(point) == pytest.approx(expected, abs=5e-5)
    assert chart.points[10].value == Fraction(88, 500)
    assert [point.signals for point in chart.points] == [()] * 25
    assert (chart.variation, chart.assurance) == (Variation.COMMON_CAUSE, Assurance.HIT_OR_MISS)


def test_the_same_share_is_a_signal_only_with_enough_behind_it() -> None:
    # 0.5 among about 0.8: outside 0.8 - 3 x 0.4 / 8 = 0.65 with n = 64, inside 0.8 - 3 x 0.4 / 2 = 0.2 with n = 4.
    rest = [(79, 100), (81, 100)] * 6
    assert marked(p_of([*rest, (32, 64)]), OUTSIDE) == [13]
    assert marked(p_of([*rest, (2, 4)]), OUTSIDE) == []


def test_points_without_applicable_answers_are_left_out() -> None:
    series = [(9, 10), (10, 10)] * 7
    assert p_of([(0, 0), *series, (0, 0)]).points[0].label == "2"
    assert p_chart([("", 0, 0)] * 20, target=TARGET) == ControlChart((), None, Variation.NOT_ENOUGH_POINTS, None)
    assert p_of([]) == ControlChart((), None, Variation.NOT_ENOUGH_POINTS, None)
    assert len(p_of([*series, (0, 0)]).points) == 14


def test_limits_cut_off_at_everything_do_not_make_a_target_of_everything_unreachable() -> None:
    chart = p_of([(9, 10), (10, 10)] * 7, Fraction(1))
    assert chart.points[0].upper == 1
    assert p_of([(1, 10), (0, 10)] * 7).points[0].lower == 0
    assert chart.assurance is Assurance.HIT_OR_MISS


def test_assurance_is_by_the_limits_of_the_latest_point() -> None:
    few, many = (9, 10), (900, 1_000)
    assert p_of([*[few] * 13, many], Fraction(99, 100)).assurance is Assurance.FAILS
    assert p_of([many, *[few] * 13], Fraction(99, 100)).assurance is Assurance.HIT_OR_MISS


@pytest.mark.parametrize(("series", "assurance"), [((10, 10), Assurance.PASSES), ((0, 10), Assurance.FAILS)])
def test_all_or_nothing_throughout_is_sure(series: tuple[int, int], assurance: Assurance) -> None:
    chart = p_of([series] * 13, Fraction(1))
    assert (chart.variation, chart.assurance) == (Variation.COMMON_CAUSE, assurance)


@given(counted, st.integers(MINIMUM_POINTS, 40))
def test_a_share_that_never_changes_has_no_signal(count: tuple[int, int], length: int) -> None:
    chart = p_of([count] * length)
    assert {point.signals for point in chart.points} == {()}
    assert chart.variation is Variation.COMMON_CAUSE


@pytest.mark.parametrize(("target", "assurance"), [(40, Assurance.PASSES), (41, Assurance.FAILS)])
def test_a_value_that_never_changes_has_its_limits_on_itself(target: int, assurance: Assurance) -> None:
    chart = xmr([40] * MINIMUM_POINTS, target)
    assert {(point.signals, point.lower, point.upper) for point in chart.points} == {((), 0.4, 0.4)}
    assert chart.assurance is assurance


@given(values)
def test_single_values_upside_down_swap_improvement_and_concern(series: list[int]) -> None:
    chart, mirror = xmr(series), xmr([-value for value in series])
    assert [point.signals for point in mirror.points] == [point.signals for point in chart.points]
    assert mirror.variation is SWAPPED[chart.variation]


@given(shares)
def test_shares_upside_down_swap_improvement_and_concern(series: list[tuple[int, int]]) -> None:
    chart, mirror = p_of(series), p_of([(n - meeting, n) for meeting, n in series])
    assert [point.signals for point in mirror.points] == [point.signals for point in chart.points]
    assert mirror.variation is SWAPPED[chart.variation]


@given(shares)
def test_a_point_outside_the_limits_is_one_beyond_what_is_drawn(series: list[tuple[int, int]]) -> None:
    for point in p_of(series).points:
        if point.lower is not None and point.upper is not None:
            assert 0 <= point.lower <= point.upper <= 1
            if OUTSIDE in point.signals:
                assert not point.lower < point.value < point.upper
            else:
                assert point.lower - 1e-12 <= point.value <= point.upper + 1e-12


def test_every_word_has_a_label_for_people() -> None:
    words = [*Signal, *Variation, *Assurance]
    assert len({word.label for word in words}) == len(words)
    assert Variation.NOT_ENOUGH_POINTS.label == "Not enough points to show change"


@pytest.mark.parametrize(("meeting", "n"), [(3, 2), (-1, 2), (0, -1)])
def test_impossible_counts_are_refused(meeting: int, n: int) -> None:
    with pytest.raises(ValueError, match="between 0 and applicable"):
        p_of([(meeting, n)])


def test_a_fall_out_of_the_limits_right_after_a_trend_upwards_is_a_concern() -> None:
    rising = [30, 31, 29, 30, 31, 30, 29, 24, 25, 26, 27, 28, 29, 30, 31]
    chart = xmr([*rising, 5])
    assert len(rising) in marked(chart, Signal.TREND)
    assert marked(chart, Signal.OUTSIDE_LIMITS) == [len(rising) + 1]
    assert chart.variation is Variation.CONCERN
