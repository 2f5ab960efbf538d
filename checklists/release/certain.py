"""What is certain of released figures: what holds for every true table that may be behind them.

More answers that meet the standard, and fewer below it, never make a share or an end of its interval smaller. So
whatever holds for the worst possible table and for the best one holds for all between.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from checklists.release.disclosure import Possible, Released, Span
from checklists.reports.gaps import GapState, Numbers, state_of
from checklists.statistics.intervals import wilson


@dataclass(frozen=True, slots=True)
class CertainGap:
    """What released figures say of a theme's gap.

    Shares, gap and interval are parts of 1. `share_meeting` and `gap` are of the released numbers, None where they are
    hidden; the true share lies in `between`, and its true 95% interval within `interval`. `state` is None where it
    is not certain, and `ranks` are all that the theme may have; None where it may have none.
    """

    key: str
    label: str
    shown: Released
    possible: Possible
    share_meeting: Fraction | None
    between: tuple[Fraction, Fraction]
    interval: tuple[float, float] | None
    gap: Fraction | None
    state: GapState | None
    ranks: Span | None = None

    @property
    def rank(self) -> int | None:
        """The rank, where it is certain."""
        return self.ranks.least if self.ranks is not None and self.ranks.least == self.ranks.most else None


@dataclass(frozen=True, slots=True)
class Theme:
    """What is released of a theme, and what may be behind it."""

    key: str
    label: str
    shown: Released
    possible: Possible


def worst_and_best(possible: Possible) -> tuple[Numbers, Numbers]:
    """The tables with the smallest and the largest share. ValueError when no table is possible."""
    applicable, below, meeting = possible
    most_below = min(below.most, applicable.most - meeting.least)
    meets = max(meeting.least, applicable.least - most_below)
    most_meeting = min(meeting.most, applicable.most - below.least)
    least_below = max(below.least, applicable.least - most_meeting)
    if most_below < below.least or meets > meeting.most or most_meeting < meeting.least or least_below > below.most:
        raise ValueError("no numbers are between these")
    return Numbers(meets + most_below, most_below), Numbers(most_meeting + least_below, least_below)


def applicable_span(possible: Possible) -> Span:
    """How many applicable answers there may be."""
    applicable, below, meeting = possible
    return Span(max(applicable.least, below.least + meeting.least), min(applicable.most, below.most + meeting.most))


def cut_to(possible: Possible, most: int | None) -> Possible:
    """The same, with no number larger than this one."""
    if most is None:
        return possible
    return Possible(*(Span(min(each.least, most), min(each.most, most)) for each in possible))


def certain_gaps(themes: Sequence[Theme], *, target: Fraction | None, minimum: int) -> tuple[CertainGap, ...]:
    """What is certain of each theme's gap, in the order given.

    `target` and `minimum` are those of the report of true figures: under `minimum` applicable answers a theme is too
    few to say, and has no rank. Without a target themes are ranked by their share below the standard.
    """
    aim = Fraction(1) if target is None else target
    gaps, ranges = [], []
    for theme in themes:
        worst, best = worst_and_best(theme.possible)
        span = applicable_span(theme.possible)
        between = (_share(worst, Fraction(0)), _share(best, Fraction(1)))
        share = theme.shown.share_meeting
        gaps.append(
            CertainGap(
                key=theme.key,
                label=theme.label,
                shown=theme.shown,
                possible=theme.possible,
                share_meeting=share,
                between=between,
                interval=None if share is None else interval_around(worst, best),
                gap=None if share is None or target is None else max(Fraction(0), target - share),
                state=_state(worst, best, span, target=target, minimum=minimum),
            )
        )
        reach = (max(Fraction(0), aim - between[1]), max(Fraction(0), aim - between[0]))
        ranges.append((reach, span.least >= minimum, span.most >= minimum))
    return tuple(_with_ranks(gap, at, ranges) for at, gap in enumerate(gaps))


def interval_around(worst: Numbers, best: Numbers) -> tuple[float, float] | None:
    """What holds the 95% interval of every table between two; None when one of them has no applicable answer."""
    if not worst.applicable or not best.applicable:
        return None
    _, high_below = wilson(worst.below, worst.applicable)
    low_below, _ = wilson(best.below, best.applicable)
    return 1 - high_below, 1 - low_below


def _share(numbers: Numbers, without: Fraction) -> Fraction:
    return 1 - Fraction(numbers.below, numbers.applicable) if numbers.applicable else without


def _state(worst: Numbers, best: Numbers, span: Span, *, target: Fraction | None, minimum: int) -> GapState | None:
    if span.most < minimum:
        return GapState.TOO_FEW
    if span.least < minimum:
        return None
    states = {state_of(numbers, target=target, minimum=minimum) for numbers in (worst, best)}
    return states.pop() if len(states) == 1 else None


Reach = tuple[tuple[Fraction, Fraction], bool, bool]
"""The least and the largest gap of a theme; whether it has a rank for certain; whether it may have one."""


def _with_ranks(gap: CertainGap, at: int, ranges: Sequence[Reach]) -> CertainGap:
    (least, most), has_rank, _ = ranges[at]
    if not has_rank:
        return gap
    others = [each for place, each in enumerate(ranges) if place != at]
    before = sum(has and low > most for (low, _), has, _ in others)
    may_be_before = sum(may and high > least for (_, high), _, may in others)
    return replace(gap, ranks=Span(1 + before, 1 + may_be_before))


def by_released_gap(gaps: Sequence[CertainGap]) -> tuple[CertainGap, ...]:
    """The widest released gap first, without a target the lowest share; hidden themes last, ties in the order given."""

    def size(gap: CertainGap) -> Fraction:
        return (gap.share_meeting or Fraction(0)) if gap.gap is None else -gap.gap

    return tuple(sorted(gaps, key=lambda gap: (gap.share_meeting is None, size(gap))))


def may_be_widest(gaps: Sequence[CertainGap], *, minimum: int) -> list[CertainGap]:
    """The themes that may have the widest gap: whichever table is behind the figures, one of them has it."""
    lowest = min((gap.between[1] for gap in gaps if has_enough(gap, minimum)), default=Fraction(1))
    return [gap for gap in gaps if _may_have_enough(gap, minimum) and gap.between[0] <= lowest]


def may_be_strongest(gaps: Sequence[CertainGap], *, minimum: int) -> list[CertainGap]:
    """The themes that may have the largest share: whichever table is behind the figures, one of them has it."""
    highest = max((gap.between[0] for gap in gaps if has_enough(gap, minimum)), default=Fraction(0))
    return [gap for gap in gaps if _may_have_enough(gap, minimum) and gap.between[1] >= highest]


def has_enough(gap: CertainGap, minimum: int) -> bool:
    """Whether the theme has this many applicable answers for certain."""
    return applicable_span(gap.possible).least >= minimum


def _may_have_enough(gap: CertainGap, minimum: int) -> bool:
    return applicable_span(gap.possible).most >= minimum
