"""A share followed over time: whether it changed by more than chance, by the rules of NHS England's Making Data Count.

The rules are those of the programme's SQL query 2.6 (January 2024) and of the checks published with its Single Chart
Tool 5.0. Under 13 points they draw neither limits nor verdicts; the R package NHSRplotthedots only warns, under 12. A
run or a trend may take 6 points or 7: 7 here, as in NHSRplotthedots, for fewer false alarms. Where the latest point is
marked both ways, its trend decides. The programme charts single values (XmR); the p-chart keeps its rules, with limits
from the numbers behind each share.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from math import sqrt
from typing import Final

MINIMUM_POINTS: Final = 13
POINTS_OF_A_RUN: Final = 7


class Signal(StrEnum):
    """A rule that marks a point as more than chance."""

    OUTSIDE_LIMITS = "outside-limits"
    RUN = "run"
    TREND = "trend"
    NEAR_LIMIT = "near-limit"

    @property
    def label(self) -> str:
        """The label for people."""
        return _SIGNAL_LABELS[self]


class Variation(StrEnum):
    """The variation of the whole series at its latest point; up is improvement."""

    IMPROVEMENT = "special-cause-improvement"
    CONCERN = "special-cause-concern"
    COMMON_CAUSE = "common-cause"
    NOT_ENOUGH_POINTS = "not-enough-points"

    @property
    def label(self) -> str:
        """The label for people."""
        return _VARIATION_LABELS[self]


class Assurance(StrEnum):
    """What to expect of the next points against the target, if nothing changes."""

    PASSES = "passes"
    FAILS = "fails"
    HIT_OR_MISS = "hit-or-miss"

    @property
    def label(self) -> str:
        """The label for people."""
        return _ASSURANCE_LABELS[self]


_SIGNAL_LABELS: Final[Mapping[Signal, str]] = {
    Signal.OUTSIDE_LIMITS: "Outside the limits",
    Signal.RUN: f"Part of a run of {POINTS_OF_A_RUN} or more on one side of the mean",
    Signal.TREND: f"Part of {POINTS_OF_A_RUN} or more that all rise or all fall",
    Signal.NEAR_LIMIT: "One of 2 in 3 points beyond two thirds of the distance to a limit",
}
_VARIATION_LABELS: Final[Mapping[Variation, str]] = {
    Variation.IMPROVEMENT: "Improving by more than chance",
    Variation.CONCERN: "Getting worse by more than chance",
    Variation.COMMON_CAUSE: "No change beyond chance",
    Variation.NOT_ENOUGH_POINTS: "Not enough points to show change",
}
_ASSURANCE_LABELS: Final[Mapping[Assurance, str]] = {
    Assurance.PASSES: "Likely to meet the target",
    Assurance.FAILS: "Likely to miss the target",
    Assurance.HIT_OR_MISS: "May meet or miss the target by chance",
}


@dataclass(frozen=True, slots=True)
class ChartPoint:
    """The share at one point in time, of `n` applicable answers; limits are None with too few points overall."""

    label: str
    value: Fraction
    n: int
    lower: float | None
    upper: float | None
    signals: tuple[Signal, ...]


@dataclass(frozen=True, slots=True)
class ControlChart:
    """The points in the order given. `mean` is None without points; `assurance` is None with too few of them, or
    without a target."""

    points: tuple[ChartPoint, ...]
    mean: Fraction | None
    variation: Variation
    assurance: Assurance | None


@dataclass(frozen=True, slots=True)
class Place:
    """The position of a point: how far above the mean, and the squared distance of the limits; both exact."""

    label: str
    value: Fraction
    n: int
    above: Fraction
    reach_squared: Fraction

    @property
    def side(self) -> int:
        return _sign(self.above)

    def is_beyond(self, part: Fraction) -> bool:
        """Whether the point is further from the mean than this fraction of the way to the limit."""
        return self.above**2 > part**2 * self.reach_squared


def p_chart(points: Sequence[tuple[str, int, int]], *, target: Fraction | None) -> ControlChart:
    """The chart of shares: each point is a label, how many met the standard, and how many were applicable.

    The mean is that of all answers together; limits are 3 standard deviations of a share of the point's own n away,
    shown no further than 0 and 1 (M. A. Mohammed, P. Worthington, W. H. Woodall, "Plotting basic control charts",
    Quality and Safety in Health Care 17 (2008), 137-145). Points with nothing applicable are left out. With a very
    small n the limits are wide and rough. ValueError for meeting outside 0..applicable.
    """
    if any(not 0 <= meeting <= n for _, meeting, n in points):
        raise ValueError("meeting must lie between 0 and applicable")
    counted = [point for point in points if point[2]]
    if not counted:
        return ControlChart((), None, Variation.NOT_ENOUGH_POINTS, None)
    mean = Fraction(sum(meeting for _, meeting, _ in counted), sum(n for _, _, n in counted))
    places = [
        Place(label, Fraction(meeting, n), n, Fraction(meeting, n) - mean, 9 * mean * (1 - mean) / n)
        for label, meeting, n in counted
    ]
    return chart_of_places(places, mean, target)


def chart_of_places(places: Sequence[Place], mean: Fraction, target: Fraction | None) -> ControlChart:
    """The chart of points around a mean, with the programme's rules."""
    if len(places) < MINIMUM_POINTS:
        bare = tuple(ChartPoint(place.label, place.value, place.n, None, None, ()) for place in places)
        return ControlChart(bare, mean, Variation.NOT_ENOUGH_POINTS, None)
    trends = _trends(places)
    marked = {
        Signal.OUTSIDE_LIMITS: {at for at, place in enumerate(places) if place.is_beyond(Fraction(1))},
        Signal.RUN: _runs(places),
        Signal.TREND: set(trends),
        Signal.NEAR_LIMIT: _near_limits(places),
    }
    points = []
    for at, place in enumerate(places):
        lower, upper = _limits(mean, place.reach_squared)
        signals = tuple(signal for signal, marks in marked.items() if at in marks)
        points.append(ChartPoint(place.label, place.value, place.n, lower, upper, signals))
    variation = Variation.COMMON_CAUSE
    if points[-1].signals:
        direction = trends.get(len(places) - 1, places[-1].side)
        variation = Variation.IMPROVEMENT if direction > 0 else Variation.CONCERN
    return ControlChart(tuple(points), mean, variation, _assurance(mean, places[-1].reach_squared, target))


def _limits(mean: Fraction, reach_squared: Fraction) -> tuple[float, float]:
    """A share is never below 0 or above 1, and its limits are drawn no further."""
    reach = sqrt(reach_squared)
    return max(0.0, float(mean) - reach), min(1.0, float(mean) + reach)


def _assurance(mean: Fraction, reach_squared: Fraction, target: Fraction | None) -> Assurance | None:
    """By the limits of the latest point, before cutting off at 0 and 1; a target on a limit is beyond it."""
    if target is None:
        return None
    above = target - mean
    if above**2 < reach_squared:
        return Assurance.HIT_OR_MISS
    return Assurance.FAILS if above > 0 else Assurance.PASSES


def _runs(places: Sequence[Place]) -> set[int]:
    """Every point of each run on one side of the mean. A point on the mean ends a run."""
    marks: set[int] = set()
    for start in range(len(places) - POINTS_OF_A_RUN + 1):
        window = range(start, start + POINTS_OF_A_RUN)
        if abs(sum(places[at].side for at in window)) == POINTS_OF_A_RUN:
            marks.update(window)
    return marks


def _trends(places: Sequence[Place]) -> dict[int, int]:
    """Every point of each trend, with 1 where it rises and -1 where it falls. Two equal points end a trend."""
    steps = [_sign(place.value - before.value) for before, place in pairwise(places)]
    marks: dict[int, int] = {}
    for start in range(len(places) - POINTS_OF_A_RUN + 1):
        total = sum(steps[start : start + POINTS_OF_A_RUN - 1])
        if abs(total) == POINTS_OF_A_RUN - 1:
            marks |= dict.fromkeys(range(start, start + POINTS_OF_A_RUN), _sign(total))
    return marks


def _near_limits(places: Sequence[Place]) -> set[int]:
    """In any three points in a row on one side of the mean, the two or three beyond two thirds of the way to the limit.

    Points beyond the limit itself count too, as they have since SQL query 2.6.
    """
    marks: set[int] = set()
    for start in range(len(places) - 2):
        window = range(start, start + 3)
        far = [at for at in window if places[at].is_beyond(Fraction(2, 3))]
        if len(far) >= 2 and abs(sum(places[at].side for at in window)) == 3:
            marks.update(far)
    return marks


def _sign(number: Fraction | int) -> int:
    return (number > 0) - (number < 0)
