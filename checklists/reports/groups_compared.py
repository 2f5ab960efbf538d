"""Two groups of cases side by side: whether they differ in a theme, allowing for how many comparisons can be made."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import comb
from typing import Final

from checklists.reports.gaps import Gap
from checklists.statistics.fisher import fisher_two_sided
from checklists.statistics.intervals import newcombe_difference

CHANCE_OF_ERROR: Final = 0.05


class Difference(StrEnum):
    """What a comparison of two groups says."""

    CLEAR = "clear-difference"
    POSSIBLE = "possible-difference"
    NONE = "no-clear-difference"
    TOO_FEW = "too-few-to-say"

    @property
    def label(self) -> str:
        """The label for people."""
        return {
            "clear-difference": "Clear difference",
            "possible-difference": "Possible difference",
            "no-clear-difference": "No clear difference",
            "too-few-to-say": "Too few to say",
        }[self.value]


@dataclass(frozen=True, slots=True)
class GroupsCompared:
    """One theme or learning domain in two groups. `interval`: 95%, of the first group's share less the second's."""

    key: str
    label: str
    one: Gap
    other: Gap
    interval: tuple[float, float] | None
    says: Difference

    @property
    def difference(self) -> Fraction | None:
        """The share of the first group less that of the second, in parts of 1; None where either has no answer."""
        if self.one.share_meeting is None or self.other.share_meeting is None:
            return None
        return self.one.share_meeting - self.other.share_meeting


def comparisons_possible(themes: int, sizes: Iterable[Sequence[int]], *, minimum: int) -> int:
    """How many comparisons of two groups can be made: of each theme, for each pair of groups of each characteristic.

    `sizes`: the audits in each group, for each characteristic; a group of fewer than `minimum` is compared with none.
    """
    return themes * sum(comb(sum(size >= minimum for size in of_one), 2) for of_one in sizes)


def limit_of_family(comparisons: int) -> float:
    """The p-value under which a difference is called clear: of so many comparisons none is so called by chance, 95
    times in 100 at least, whatever the dependence between them.

    Bonferroni's inequality with equal parts (O. J. Dunn, "Multiple comparisons among means", JASA 56 (1961), 52-64).
    """
    return CHANCE_OF_ERROR / max(1, comparisons)


def compare_groups(
    one: Sequence[Gap], other: Sequence[Gap], *, minimum: int, comparisons: int
) -> tuple[GroupsCompared, ...]:
    """Every theme that both groups have, in the order of the first: which group's share is higher, and how surely.

    Possible: the 95% interval of the difference, Newcombe's for independent shares, is on one side of 0, as one in
    twenty would be by chance. Clear: so it is, and Fisher's exact test is at most `limit_of_family`; that interval
    misses far more often than it says where it has to be very sure. Too few to say: fewer than `minimum` applicable
    answers in either group. ValueError for a minimum under 1.
    """
    if minimum < 1:
        raise ValueError("a minimum is at least 1")
    others = {gap.key: gap for gap in other}
    return tuple(_compared(gap, others[gap.key], minimum, comparisons) for gap in one if gap.key in others)


def _compared(one: Gap, other: Gap, minimum: int, comparisons: int) -> GroupsCompared:
    if not one.applicable or not other.applicable:
        return GroupsCompared(one.key, one.label, one, other, None, Difference.TOO_FEW)
    shares = one.meeting, one.applicable, other.meeting, other.applicable
    interval = newcombe_difference(*shares)
    if min(one.applicable, other.applicable) < minimum:
        says = Difference.TOO_FEW
    elif not _is_off_zero(interval):
        says = Difference.NONE
    elif fisher_two_sided(*shares) <= limit_of_family(comparisons):
        says = Difference.CLEAR
    else:
        says = Difference.POSSIBLE
    return GroupsCompared(one.key, one.label, one, other, interval, says)


def _is_off_zero(interval: tuple[float, float]) -> bool:
    return interval[0] > 0 or interval[1] < 0
