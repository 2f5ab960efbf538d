"""What can be deduced from shown numbers by adding and subtracting: the check that nothing about few children is
revealed.

Hiding and rounding leave an interval around every number. Sometimes the intervals of a table determine a number, for
example when four groups of 13 or more make a whole of 52 or less: the fifth group is then 0. Intervals are narrowed
until nothing changes (bounds consistency over the sums of the tables), over one snapshot or several of overlapping
audits.

An audit may change between two snapshots: it is returned and submitted again, or moderated. Two snapshots share an
audit in a theme only where it counted alike in both: with the same bands, and with an answer that meets the standard,
or falls below it, or is left out. The true numbers are then within the bounds, and bounds never cross.

In a snapshot that does not say how it counted its audits, each is assumed to be unchanged. Where bounds cross, that was
wrong, and they are narrowed no further: in that theme nothing follows from sums over snapshots with an unknown overlap.
A new snapshot must also pass without the snapshots that do not say how they counted.

Uses only what is shown, how many audits each snapshot shares with each, and in each theme how many of those count
differently: never which audits they are, nor how they count.
"""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Final

from checklists.release.bounds import ContradictionError
from checklists.release.disclosure import STRICTER, ReleaseRule, ReleaseTable
from checklists.release.layers import Deduced, Overlap, Sums, Table
from checklists.release.shown import AsCounted, ShownCounts
from checklists.release.steps import Steps

MOST_STEPS: Final = 30_000_000


def deduce(
    shown: Sequence[ShownCounts], *, several: AbstractSet[str] = frozenset(), steps: Steps | None = None
) -> frozenset[Deduced]:
    """Every number about fewer than the smallest count that follows from all that is shown: how many audits or
    applicable answers a cell has, how many are below the standard, or that all are. A release needs an empty result.

    A record has one value in each dimension, and any number in those named in `several`. ValueError when the tables do
    not have the same themes, ContradictionError when no audits can give these numbers, OutOfStepsError when there are
    none left.
    """
    return frozenset(_Check(shown, several, steps or Steps(MOST_STEPS)).findings(shown[-1]))


def tighten_rule(
    asked: ReleaseRule,
    cells_under: Callable[[ReleaseRule], ReleaseTable],
    audits: AbstractSet[object],
    *,
    as_counted: Mapping[Any, AsCounted] | None = None,
    earlier: Sequence[ShownCounts] = (),
    several: AbstractSet[str] = frozenset(),
    steps: Steps | None = None,
) -> tuple[ReleaseTable, ReleaseRule] | None:
    """The cells under the requested rule, or under the next stricter one from which nothing about few follows, checked
    together with all that was shown earlier; None when no rule is strict enough for this many audits.

    Each snapshot of other audits begins one rule stricter than the one before it: three or more together reveal more
    than sums alone. Raises OutOfStepsError when it takes more than `steps`.
    """
    steps = steps or Steps(MOST_STEPS)
    rules = (asked, *(stricter for stricter in STRICTER if stricter.is_as_strict_as(asked)))
    before = len({each.audits for each in earlier} - {frozenset(audits)})
    checks: list[_Check] = []
    for rule in rules[min(before, len(rules) - 1) :]:
        if len(audits) >= rule.smallest:
            new = ShownCounts(cells_under(rule), rule, audits, as_counted or {})
            checks = checks or [_Check([*each, new], several, steps) for each in _held_beside(earlier)]
            if not any(check.findings(new) for check in checks):
                return new.lattice, rule
    return None


def _held_beside(earlier: Sequence[ShownCounts]) -> list[Sequence[ShownCounts]]:
    """The sets of snapshots that a new one is checked with, each in turn: all of the earlier ones; and where some do
    not say how they counted their audits, only the ones that do, because sums that assume it of others may be wrong.
    """
    certain = [each for each in earlier if each.says_how_it_counted]
    return [earlier] if len(certain) == len(earlier) else [certain, earlier]


class _Check:
    """Some snapshots checked together, the last of which may be shown under one rule after another."""

    def __init__(self, shown: Sequence[ShownCounts], several: AbstractSet[str], steps: Steps) -> None:
        widths = {len(group.themes) for each in shown for group in each.lattice.groups.values()}
        if len(widths) != 1:
            raise ValueError("only snapshots of the same themes can be held together")
        self._shown, self._steps = shown, steps
        self._overlap, self._table = Overlap(shown), Table(shown, several)
        self._themes: tuple[int | None, ...] = (None, *range(widths.pop()))
        self._is_certain = all(each.says_how_it_counted for each in shown)
        self._sums: dict[tuple[int | None, ...], Sums] = {}

    def findings(self, last: ShownCounts) -> set[Deduced]:
        """What follows about few when the last snapshot shows this."""
        themes = self._themes
        while themes:
            try:
                if themes not in self._sums:
                    self._sums[themes] = Sums(self._table, self._shown, self._overlap, themes, self._steps)
                self._sums[themes].show(last)
                return self._sums[themes].findings()
            except ContradictionError as error:
                if self._is_certain:
                    raise
                themes = tuple(theme for lane, theme in enumerate(themes) if lane not in error.lanes)
        return set()
