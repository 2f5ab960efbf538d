"""Intervals for a share counted in a small sample, and for the difference between two."""

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import sqrt


@lru_cache(maxsize=16)
def _standard_score(confidence: float) -> float:
    from statistics import NormalDist

    return NormalDist().inv_cdf(0.5 + confidence / 2)


def wilson(successes: int | Fraction, n: int | Fraction, *, confidence: float = 0.95) -> tuple[float, float]:
    """The score interval for a share, without continuity correction, both ends between 0 and 1.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927), 209-212;
    method 3 of R. G. Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine
    17 (1998), 857-872. No successes give a low end of exactly 0, and nothing but successes a high end of exactly 1.
    Both may be fractions: where a share is carried over to another n, or where n is an effective size of a weighted
    sample. ValueError if n is 0 or less, if successes lie outside 0..n, or if confidence is not between 0 and 1.
    """
    if n <= 0:
        raise ValueError("an interval needs at least one observation")
    if not 0 <= successes <= n:
        raise ValueError("successes must lie between 0 and n")
    if not 0 < confidence < 1:
        raise ValueError("confidence must lie between 0 and 1")
    z = _standard_score(confidence)
    # Both are the nearest to the exact share; of whole numbers it takes a tenth of the time.
    is_whole = isinstance(successes, int) and isinstance(n, int)
    share, size = successes / n if is_whole else float(Fraction(successes) / n), float(n)
    centre = share + z * z / (2 * size)
    reach = z * sqrt(share * (1 - share) / size + z * z / (4 * size * size))
    whole = 1 + z * z / size
    low = 0.0 if successes == 0 else max(0.0, (centre - reach) / whole)
    high = 1.0 if successes == n else min(1.0, (centre + reach) / whole)
    return low, high


def newcombe_difference(
    hits: int | Fraction,
    n: int | Fraction,
    hits_before: int | Fraction,
    n_before: int | Fraction,
    *,
    confidence: float = 0.95,
) -> tuple[float, float]:
    """The interval of a difference between two independent shares, now less before, both ends between -1 and 1.

    Square-and-add of the two Wilson intervals, without continuity correction: method 10 of R. G. Newcombe, "Interval
    estimation for the difference between independent proportions", Statistics in Medicine 17 (1998), 873-890.
    Numbers may be fractions, as for `wilson`. ValueError as `wilson`.
    """
    low, high = wilson(hits, n, confidence=confidence)
    low_before, high_before = wilson(hits_before, n_before, confidence=confidence)
    share, share_before = float(hits / n), float(hits_before / n_before)
    difference = float(Fraction(hits) / n - Fraction(hits_before) / n_before)
    down = sqrt((share - low) ** 2 + (high_before - share_before) ** 2)
    up = sqrt((high - share) ** 2 + (share_before - low_before) ** 2)
    return max(-1.0, difference - down), min(1.0, difference + up)


@dataclass(frozen=True, slots=True)
class Pairs:
    """Cases counted twice, by whether each was a hit now and before. Numbers may be fractions, all 0 or more."""

    both: int | Fraction
    only_now: int | Fraction
    only_before: int | Fraction
    neither: int | Fraction

    @property
    def number(self) -> int | Fraction:
        """How many cases there are."""
        return self.both + self.only_now + self.only_before + self.neither

    @property
    def now(self) -> int | Fraction:
        """How many were hits now."""
        return self.both + self.only_now

    @property
    def before(self) -> int | Fraction:
        """How many were hits before."""
        return self.both + self.only_before


def newcombe_paired(pairs: Pairs, *, confidence: float = 0.95) -> tuple[float, float]:
    """The interval of a difference between two shares of the same cases, now less before, between -1 and 1.

    Square-and-add of the two Wilson intervals with a term for the correlation of the pairs, whose numerator has half
    the number of pairs taken off where it is positive, to 0 at least: method 10 of R. G. Newcombe, "Improved confidence
    intervals for the difference between binomial proportions based on paired data", Statistics in Medicine 17 (1998),
    2635-2650. ValueError as `wilson`, and for a negative number.
    """
    if min(pairs.both, pairs.only_now, pairs.only_before, pairs.neither) < 0:
        raise ValueError("a number of pairs is never negative")
    n = pairs.number
    low, high = wilson(pairs.now, n, confidence=confidence)
    low_before, high_before = wilson(pairs.before, n, confidence=confidence)
    share, share_before = float(pairs.now / n), float(pairs.before / n)
    difference = float(Fraction(pairs.only_now - pairs.only_before) / n)
    phi = _correlation(pairs)
    down, up = share - low, high - share
    down_before, up_before = share_before - low_before, high_before - share_before
    under = sqrt(max(0.0, down**2 - 2 * phi * down * up_before + up_before**2))
    over = sqrt(max(0.0, up**2 - 2 * phi * up * down_before + down_before**2))
    return max(-1.0, difference - under), min(1.0, difference + over)


def _correlation(pairs: Pairs) -> float:
    n = pairs.number
    margins = pairs.now * (n - pairs.now) * pairs.before * (n - pairs.before)
    if not margins:
        return 0.0
    product = Fraction(pairs.both * pairs.neither - pairs.only_now * pairs.only_before)
    return float(max(product - Fraction(n) / 2, Fraction(0)) if product > 0 else product) / sqrt(margins)
