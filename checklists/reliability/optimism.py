"""How generous auditors are: their answers compared with those agreed afterwards."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from math import cos, pi, sin, sqrt, tan
from typing import Final

from checklists.statistics.intervals import wilson

MINIMUM_TO_NAME: Final = 10


class ShiftState(StrEnum):
    """How the shift of an auditor, of a team, or about a theme may be interpreted."""

    GENEROUS = "generous"
    SEVERE = "severe"
    NO_CLEAR_SHIFT = "no-clear-shift"
    TOO_FEW = "too-few-to-say"
    NO_DATA = "no-data"

    @property
    def label(self) -> str:
        """The label for people."""
        return _STATE_LABELS[self]


_STATE_LABELS: Final = {
    ShiftState.GENEROUS: "Higher than agreed",
    ShiftState.SEVERE: "Lower than agreed",
    ShiftState.NO_CLEAR_SHIFT: "No clear shift",
    ShiftState.TOO_FEW: "Too few to say",
    ShiftState.NO_DATA: "No data",
}


@dataclass(frozen=True, slots=True)
class Shift:
    """How far auditors' answers are from the agreed ones, in grades; above 0 the auditor was more generous.

    `lowered`, `same` and `raised` count answers whose agreed grade is under the auditor's, equal to it, and over it.
    `n_cases` is how many audits the `n_answers` come from. `mean` is exact, None without answers; `interval` is of 95%,
    None with too few audits. Nobody is named where `state` is too few to say: see `may_name`.
    """

    mean: Fraction | None
    n_answers: int
    n_cases: int
    lowered: int
    same: int
    raised: int
    interval: tuple[float, float] | None
    state: ShiftState

    @property
    def may_name(self) -> bool:
        """Whether there is enough data to show this beside a person's name, or to rank it."""
        return self.state not in {ShiftState.TOO_FEW, ShiftState.NO_DATA}

    def share(self, count: int) -> Fraction | None:
        """One of the three counts as a part of 1; None without answers."""
        return Fraction(count, self.n_answers) if self.n_answers else None


def shift(
    answers: Sequence[tuple[int | None, int | None]],
    *,
    cases: Sequence[Hashable] | None = None,
    minimum: int = MINIMUM_TO_NAME,
) -> Shift:
    """The mean of the agreed place less the auditor's, with its 95% interval.

    Each pair is the auditor's place on the scale and the agreed one, as `agreement.place` gives them: not evidenced is
    under the lowest rating, so that a good grade without evidence on file counts as generous. Pairs with None are left
    out.

    `cases` names the audit that each pair comes from: grades given in one sitting are not independent, so an audit is
    one observation, and the number of audits is compared with `minimum`. Without it, each pair is an audit of its own.
    The interval is Student's, of a ratio estimate where audits differ in their number of answers (W. G. Cochran,
    Sampling Techniques, 3rd edition 1977, chapter 6). It names fewer people by mistake than resampling does. Where all
    audits shift alike it would show no variation at all: then it reaches as far as if as many audits as Wilson's low
    end leaves open were a grade off. ValueError for a place under 0, for `cases` of another length than `answers`, or
    for a minimum under 2.
    """
    if minimum < 2:
        raise ValueError("a minimum is at least 2")
    if cases is not None and len(cases) != len(answers):
        raise ValueError("each pair of answers belongs to one audit")
    if any(place is not None and place < 0 for pair in answers for place in pair):
        raise ValueError("a place on the scale is never under 0")
    by_case: dict[Hashable, list[int]] = {}
    for number, (given, agreed) in enumerate(answers):
        if given is not None and agreed is not None:
            by_case.setdefault(number if cases is None else cases[number], []).append(agreed - given)
    shifts = [steps for audit in by_case.values() for steps in audit]
    mean = Fraction(sum(shifts), len(shifts)) if shifts else None
    interval = None
    if mean is not None and len(by_case) >= minimum:
        interval = _interval(list(by_case.values()), mean)
    return Shift(
        mean=mean,
        n_answers=len(shifts),
        n_cases=len(by_case),
        lowered=sum(steps > 0 for steps in shifts),
        same=sum(steps == 0 for steps in shifts),
        raised=sum(steps < 0 for steps in shifts),
        interval=interval,
        state=_state(len(by_case), minimum, interval),
    )


def _interval(audits: Sequence[Sequence[int]], mean: Fraction) -> tuple[float, float]:
    size = sum(map(len, audits))
    squares = sum(((sum(audit) - mean * len(audit)) ** 2 for audit in audits), Fraction(0))
    if squares:
        reach = student_score(len(audits) - 1) * sqrt(squares * len(audits) / (len(audits) - 1)) / size
    else:
        reach = 1 - wilson(len(audits), len(audits))[0]
    return float(mean) - reach, float(mean) + reach


@lru_cache(maxsize=1024)
def student_score(freedom: int) -> float:
    """How many standard errors on either side hold 95% of Student's distribution.

    Found by bisection from the finite series for whole degrees of freedom: M. Abramowitz and I. A. Stegun, Handbook of
    Mathematical Functions (1964), 26.7.3 and 26.7.4.
    """
    low, high = 0.0, pi / 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _within(middle, freedom) < 0.95 else (low, middle)
    return sqrt(freedom) * tan(low)


def _within(angle: float, freedom: int) -> float:
    """The share of Student's distribution within plus or minus sqrt(freedom) times the tangent of the angle."""
    odd = freedom % 2
    term = total = (cos(angle) if freedom > 1 else 0.0) if odd else 1.0
    for place in range(2 + odd, freedom, 2):
        term *= (place - 1) / place * cos(angle) ** 2
        total += term
    return 2 / pi * (angle + sin(angle) * total) if odd else sin(angle) * total


def _state(audits: int, minimum: int, interval: tuple[float, float] | None) -> ShiftState:
    if audits == 0:
        return ShiftState.NO_DATA
    if audits < minimum:
        return ShiftState.TOO_FEW
    if interval is not None and interval[0] > 0:
        return ShiftState.GENEROUS
    return ShiftState.SEVERE if interval is not None and interval[1] < 0 else ShiftState.NO_CLEAR_SHIFT
