"""Shares from audits that represent different numbers of cases."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from checklists.statistics.intervals import wilson


@dataclass(frozen=True, slots=True)
class WeightedShare:
    """A share in parts of 1 with its 95% interval, and how many equally weighted audits would say as much."""

    share: Fraction
    interval: tuple[float, float]
    effective_n: float


def weighted_share(parts: Sequence[tuple[Fraction, int, int]]) -> WeightedShare | None:
    """The share meeting the standard among the cases that weighted audits represent; None with nothing applicable.

    Each part is a weight (how many cases each of its audits represents, or anything in proportion), and how many of its
    audits meet the standard and are applicable. The share is the ratio estimate of J. Hájek (1971): weights of those
    meeting over weights of those applicable. Its interval is Wilson's on the effective sample size of L. Kish, Survey
    Sampling (1965): the square of the sum of the weights over the sum of their squares, which reduces n by the cost of
    weighting and gives no credit for strata. ValueError for a weight of 0 or less, or for meeting outside
    0..applicable.
    """
    for weight, meeting, applicable in parts:
        if weight <= 0:
            raise ValueError("a weight is more than 0")
        if not 0 <= meeting <= applicable:
            raise ValueError("meeting must lie between 0 and applicable")
    whole = sum((weight * applicable for weight, _, applicable in parts), Fraction(0))
    if not whole:
        return None
    share = sum((weight * meeting for weight, meeting, _ in parts), Fraction(0)) / whole
    size = whole**2 / sum((weight**2 * applicable for weight, _, applicable in parts), Fraction(0))
    return WeightedShare(share, wilson(share * size, size), float(size))
