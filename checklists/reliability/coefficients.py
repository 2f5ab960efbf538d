"""Agreement beyond chance: the formulas, in whole numbers, on sums over cases.

Every measure is 1 less observed over expected disagreement, and each formula returns that pair. They need only sums
over cases, so that a resample is a sum too, and no figure depends on a machine's arithmetic.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from math import lcm
from operator import mul
from typing import Final

Weights = tuple[int, ...]


class Measure(StrEnum):
    """A measure of agreement."""

    EXACT = "exact"
    WITHIN_ONE = "within-one"
    KAPPA = "kappa"
    KAPPA_LINEAR = "kappa-linear"
    KAPPA_QUADRATIC = "kappa-quadratic"
    ALPHA_NOMINAL = "alpha-nominal"
    ALPHA_ORDINAL = "alpha-ordinal"
    ALPHA_INTERVAL = "alpha-interval"
    AC1 = "ac1"
    AC2_LINEAR = "ac2-linear"
    AC2_QUADRATIC = "ac2-quadratic"
    AC2_ORDINAL = "ac2-ordinal"
    FLEISS = "fleiss"

    @property
    def label(self) -> str:
        """The label for people."""
        return _LABELS[self]

    @property
    def is_share(self) -> bool:
        """Whether it is a plain share of readings, not corrected for chance."""
        return self in {Measure.EXACT, Measure.WITHIN_ONE}

    @property
    def is_for_two(self) -> bool:
        """Whether it is defined for two readers only."""
        return self in {Measure.KAPPA, Measure.KAPPA_LINEAR, Measure.KAPPA_QUADRATIC}

    @property
    def is_gwet(self) -> bool:
        """Whether chance is defined as by K. L. Gwet."""
        return self in {Measure.AC1, Measure.AC2_LINEAR, Measure.AC2_QUADRATIC, Measure.AC2_ORDINAL}

    @property
    def counts_distance(self) -> bool:
        """Whether two answers far apart count as a greater disagreement than two neighbours."""
        return self not in {
            Measure.EXACT, Measure.KAPPA, Measure.ALPHA_NOMINAL, Measure.AC1, Measure.FLEISS
        }  # fmt: skip


_LABELS: Final[Mapping[Measure, str]] = {
    Measure.EXACT: "Same answer",
    Measure.WITHIN_ONE: "Same or next answer",
    Measure.KAPPA: "Cohen’s kappa",
    Measure.KAPPA_LINEAR: "Weighted kappa (linear)",
    Measure.KAPPA_QUADRATIC: "Weighted kappa (quadratic)",
    Measure.ALPHA_NOMINAL: "Krippendorff’s alpha (nominal)",
    Measure.ALPHA_ORDINAL: "Krippendorff’s alpha (ordinal)",
    Measure.ALPHA_INTERVAL: "Krippendorff’s alpha (interval)",
    Measure.AC1: "Gwet’s AC1",
    Measure.AC2_LINEAR: "Gwet’s AC2 (linear)",
    Measure.AC2_QUADRATIC: "Gwet’s AC2 (quadratic)",
    Measure.AC2_ORDINAL: "Gwet’s AC2 (ordinal)",
    Measure.FLEISS: "Fleiss’ kappa",
}


@dataclass(frozen=True, slots=True)
class Sums:
    """The sums that the formulas need of a set of units, each read by some readers who chose among k ordered answers.

    `rated` units have an answer, `paired` ones at least two. `shares` adds up the parts of each unit's answers; `used`
    counts the answers of paired units. The three k by k tables, row by row, add up over paired units: `apart` the part
    of a unit's pairs of readers that chose these two different answers; `coincident` how many such pairs, each weighed
    by 1/(r-1) where a unit has r readers; `table` how often the first of two readers chose one answer and the second
    another. `apart` and `coincident` use only the cells above the diagonal, and count a pair in both orders. `shares`,
    `apart` and `coincident` are multiplied by `unit`, which makes them whole.
    """

    k: int
    unit: int
    rated: int
    paired: int
    shares: Sequence[int]
    used: Sequence[int]
    apart: Sequence[int]
    coincident: Sequence[int]
    table: Sequence[int]

    @classmethod
    def of(cls, entries: Iterable[tuple[Mapping[int, int], int]], k: int, unit: int) -> "Sums":
        """The sum of entries as `unit_sums` makes them, each multiplied by the number with it."""
        flat = [0] * sums_length(k)
        for entry, times in entries:
            for place, amount in entry.items():
                flat[place] += amount * times
        return cls.from_flat(flat, k, unit)

    @classmethod
    def from_flat(cls, flat: Sequence[int], k: int, unit: int) -> "Sums":
        """The sums from their numbers in the order of the fields."""
        ends = [2 + k, 2 + 2 * k, 2 + 2 * k + k * k, 2 + 2 * k + 2 * k * k]
        return cls(
            k, unit, flat[0], flat[1], flat[2 : ends[0]], flat[ends[0] : ends[1]],
            flat[ends[1] : ends[2]], flat[ends[2] : ends[3]], flat[ends[3] :],
        )  # fmt: skip


def sums_length(k: int) -> int:
    """The length of the sums for k answers."""
    return 2 + 2 * k + 3 * k * k


def common_unit(readers: Iterable[int]) -> int:
    """The smallest whole number that r(r-1) divides, for every number r of readers of a unit."""
    return lcm(*(r * (r - 1) for r in set(readers) if r >= 2))


def unit_sums(answers: Sequence[int], k: int, unit: int, pair: tuple[int, int] | None) -> Mapping[int, int]:
    """What one unit adds to the sums, in the order of `Sums`; `pair` is the first and the second reader's answer."""
    r = len(answers)
    if r == 0:
        return {}
    chosen = [answers.count(answer) for answer in range(k)]
    added = {0: 1}
    for answer, times in enumerate(chosen):
        if times:
            added[2 + answer] = times * (unit // r)
    if r == 1:
        return added
    used, apart = 2 + k, 2 + 2 * k
    coincident, table = apart + k * k, apart + 2 * k * k
    added[1] = 1
    for one, times in enumerate(chosen):
        if not times:
            continue
        added[used + one] = times
        for other in range(one + 1, k):
            if chosen[other]:
                pairs = 2 * times * chosen[other]
                added[apart + one * k + other] = pairs * (unit // (r * (r - 1)))
                added[coincident + one * k + other] = pairs * (unit // (r - 1))
    if pair is not None:
        added[table + pair[0] * k + pair[1]] = 1
    return added


@cache
def nominal(k: int) -> Weights:
    """Any two different answers are equally far apart."""
    return tuple(int(one != other) for one in range(k) for other in range(k))


@cache
def beyond_one(k: int) -> Weights:
    """Neighbours on the scale count as the same."""
    return tuple(int(abs(one - other) > 1) for one in range(k) for other in range(k))


@cache
def linear(k: int) -> Weights:
    """The distance in steps."""
    return tuple(abs(one - other) for one in range(k) for other in range(k))


@cache
def quadratic(k: int) -> Weights:
    """The distance in steps, squared."""
    return tuple((one - other) ** 2 for one in range(k) for other in range(k))


@cache
def triangular(k: int) -> Weights:
    """Gwet's ordinal weights: the number of pairs of answers in the range from one to the other, both included."""
    return tuple(d * (d + 1) // 2 for d in linear(k))


def _dot(weights: Iterable[int], table: Iterable[int]) -> int:
    return sum(map(mul, weights, table))


def _crossed(rows: Sequence[int], columns: Sequence[int]) -> list[int]:
    return [row * column for row in rows for column in columns]


def share_apart(sums: Sums, weights: Weights) -> tuple[int, int]:
    """Pairs of readers that differ, as a share: the mean over units, so that each unit counts once."""
    return _dot(weights, sums.apart), sums.unit * sums.paired


def cohen(sums: Sums, weights: Weights) -> tuple[int, int]:
    """Weighted kappa: J. Cohen, Psychological Bulletin 70 (1968), 213-220. Chance: each reader's own distribution."""
    k, table = sums.k, sums.table
    first = [sum(table[row * k : row * k + k]) for row in range(k)]
    second = [sum(table[column::k]) for column in range(k)]
    return sum(first) * _dot(weights, table), _dot(weights, _crossed(first, second))


def krippendorff(sums: Sums, weights: Weights) -> tuple[int, int]:
    """Alpha: K. Krippendorff, Computing Krippendorff's Alpha-Reliability (2011).

    Chance: all answers of units with at least two of them, shuffled.
    """
    return (
        (sum(sums.used) - 1) * _dot(weights, sums.coincident),
        sums.unit * _dot(weights, _crossed(sums.used, sums.used)),
    )


def krippendorff_ordinal(sums: Sums, _: Weights) -> tuple[int, int]:
    """Alpha with Krippendorff's ordinal metric: two answers are as far apart as their mean ranks in these readings."""
    ranks, passed = [], 0
    for times in sums.used:
        ranks.append(2 * passed + times)
        passed += times
    return krippendorff(sums, tuple([(one - other) ** 2 for one in ranks for other in ranks]))


def gwet(sums: Sums, weights: Weights) -> tuple[int, int]:
    """AC1 and AC2: K. L. Gwet, Handbook of Inter-Rater Reliability (4th edition, 2014), chapters 4 and 5.

    Chance: readers guess only where a unit is hard to answer. All k answers of the scale count, used or not.
    """
    k, widest = sums.k, max(weights)
    whole = sums.unit * sums.rated
    spread = whole * whole - _dot(sums.shares, sums.shares)
    alike = k * k * widest - sum(weights)
    return (
        _dot(weights, sums.apart) * k * (k - 1) * sums.unit * sums.rated**2,
        sums.paired * (k * (k - 1) * widest * whole * whole - alike * spread),
    )


def fleiss(sums: Sums, weights: Weights) -> tuple[int, int]:
    """Kappa of J. L. Fleiss, Psychological Bulletin 76 (1971), 378-382, for units with readers missing as Gwet (2014).

    Chance: one distribution shared by all readers. For two readers without gaps it is W. A. Scott's pi.
    """
    return (
        _dot(weights, sums.apart) * sums.unit * sums.rated**2,
        sums.paired * _dot(weights, _crossed(sums.shares, sums.shares)),
    )


Formula = Callable[[Sums, Weights], tuple[int, int]]
FORMULAS: Final[Mapping[Measure, tuple[Formula, Callable[[int], Weights]]]] = {
    Measure.EXACT: (share_apart, nominal),
    Measure.WITHIN_ONE: (share_apart, beyond_one),
    Measure.KAPPA: (cohen, nominal),
    Measure.KAPPA_LINEAR: (cohen, linear),
    Measure.KAPPA_QUADRATIC: (cohen, quadratic),
    Measure.ALPHA_NOMINAL: (krippendorff, nominal),
    Measure.ALPHA_ORDINAL: (krippendorff_ordinal, nominal),
    Measure.ALPHA_INTERVAL: (krippendorff, quadratic),
    Measure.AC1: (gwet, nominal),
    Measure.AC2_LINEAR: (gwet, linear),
    Measure.AC2_QUADRATIC: (gwet, quadratic),
    Measure.AC2_ORDINAL: (gwet, triangular),
    Measure.FLEISS: (fleiss, nominal),
}
