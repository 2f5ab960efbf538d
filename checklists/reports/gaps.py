"""From tallies of answers to gaps: how far each theme falls short of the target. Exact until display."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import inf, lcm
from typing import Any, Final, NamedTuple

from checklists.statistics.intervals import wilson
from checklists.templates.template import Template


class GapState(StrEnum):
    """How a share compares with its target."""

    ON_TARGET = "on-target"
    GAP = "gap"
    POSSIBLE_GAP = "possible-gap"
    TOO_FEW = "too-few-to-say"
    NO_TARGET = "no-target"

    @property
    def label(self) -> str:
        """The label for people."""
        return _STATE_LABELS[self]


_STATE_LABELS: Final[Mapping[GapState, str]] = {
    GapState.ON_TARGET: "On target",
    GapState.GAP: "Gap",
    GapState.POSSIBLE_GAP: "Possible gap",
    GapState.TOO_FEW: "Too few to say",
    GapState.NO_TARGET: "No target yet",
}


@dataclass(frozen=True, slots=True)
class Gap:
    """The gap of one theme, or one learning domain, in a set of audits.

    `counts` holds every answer of the scale, the two reserved ones, and "not asked" where the template asks some cases
    less than others, in this order, zeros included; it is empty
    where they are not known. `applicable` = `meeting` + `below`. Shares, `gap` and the ends of the intervals are parts
    of 1. `gap` is the target less the share meeting the standard, never below 0. Shares, intervals and gap are None
    when nothing was applicable, and the gap without a target. `rank` is by gap, or by share below without a target; it
    is None for those too few to say.
    """

    key: str
    label: str
    audits: int
    counts: Mapping[str, int]
    applicable: int
    meeting: int
    below: int
    share_meeting: Fraction | None
    share_below: Fraction | None
    below_interval: tuple[float, float] | None
    meeting_interval: tuple[float, float] | None
    gap: Fraction | None
    state: GapState
    rank: int | None


class Numbers(NamedTuple):
    """How many answers were applicable, and how many of these below the standard."""

    applicable: int
    below: int


def theme_gaps(
    template: Template, tallies: Mapping[tuple[str, str], int], *, audits: int, target: Fraction | None, minimum: int
) -> tuple[Gap, ...]:
    """The gap of every theme, in template order, ranked with the largest gap first; ties share a rank (1, 2, 2, 4).

    `tallies` holds how many of the `audits` gave a theme (first of the pair) an answer (second); missing pairs are 0.
    `target` is the share, over 0 and at most 1, that should meet the standard; under `minimum` applicable answers a
    theme is too few to say. ValueError for tallies of themes or answers that are not in the template, or for numbers
    outside these ranges.
    """
    _check(template, tallies, target, minimum)
    counts = _counts(template, tallies)
    return _theme_gaps(template, _numbers(template, counts), counts, audits=audits, target=target, minimum=minimum)


def theme_and_domain_gaps(
    template: Template, tallies: Mapping[tuple[str, str], int], *, audits: int, target: Fraction | None, minimum: int
) -> tuple[tuple[Gap, ...], tuple[Gap, ...]]:
    """The gaps of `theme_gaps`, and the gap of every learning domain from the pooled answers of its themes, ranked
    among domains.

    Answers about one child are not independent of each other, so the pooled share does not justify the narrow interval
    of its many answers. Its interval is that of the same share among only as many observations as the domain's most
    applicable theme has, as if all answers of a case said the same: the widest interval that can be justified. The
    state uses that interval, and that number against `minimum`. The counts are of answers, not of audits.
    """
    _check(template, tallies, target, minimum)
    counts = _counts(template, tallies)
    numbers = _numbers(template, counts)
    return (
        _theme_gaps(template, numbers, counts, audits=audits, target=target, minimum=minimum),
        _domain_gaps(template, numbers, counts, audits=audits, target=target, minimum=minimum),
    )


def domain_gaps_of_numbers(
    template: Template, numbers: Mapping[str, Numbers], *, audits: int, target: Fraction | None, minimum: int
) -> tuple[Gap, ...]:
    """The gap of every learning domain where only the numbers of its themes are known; a theme that is left out has
    none. `counts` are empty.
    """
    return _domain_gaps(template, numbers, {}, audits=audits, target=target, minimum=minimum)


def state_of(numbers: Numbers, *, target: Fraction | None, minimum: int) -> GapState:
    """The state of a theme with these numbers."""
    applicable, below = numbers
    if applicable < minimum or not applicable:
        return GapState.TOO_FEW
    low, high = wilson(below, applicable)
    return _state(1 - Fraction(below, applicable), (1 - high, 1 - low), applicable, target=target, minimum=minimum)


def by_widest_gap(gaps: Iterable[Gap]) -> tuple[Gap, ...]:
    """By rank, ties in the order given, and after them the ones without a rank in the order given."""
    return tuple(sorted(gaps, key=lambda gap: inf if gap.rank is None else gap.rank))


def _check(template: Template, tallies: Mapping[tuple[str, str], int], target: Fraction | None, minimum: int) -> None:
    if target is not None and not 0 < target <= 1:
        raise ValueError("a target lies over 0 and at most at 1")
    if minimum < 1:
        raise ValueError("a minimum is at least 1")
    known = set(template.theme_keys)
    for (theme, answer), count in tallies.items():
        if theme not in known or answer not in template.counted_answers:
            raise ValueError("a tally of a theme or an answer that the template does not have")
        if count < 0:
            raise ValueError("a tally is never negative")


_Counts = Mapping[str, Mapping[str, int]]


def _counts(template: Template, tallies: Mapping[tuple[str, str], int]) -> _Counts:
    """How often each theme has each answer."""
    answers = template.counted_answers
    return {theme: {answer: tallies.get((theme, answer), 0) for answer in answers} for theme in template.theme_keys}


def _numbers(template: Template, counts: _Counts) -> dict[str, Numbers]:
    applicable = [answer for answer in template.counted_answers if template.is_applicable(answer)]
    below = [answer for answer in applicable if template.counts_below(answer)]
    return {
        theme: Numbers(sum([of_theme[answer] for answer in applicable]), sum([of_theme[answer] for answer in below]))
        for theme, of_theme in counts.items()
    }


def _theme_gaps(
    template: Template,
    numbers: Mapping[str, Numbers],
    counts: _Counts,
    *,
    audits: int,
    target: Fraction | None,
    minimum: int,
) -> tuple[Gap, ...]:
    gaps = []
    for theme in template.themes:
        of_theme = numbers[theme.key]
        named = {"key": theme.key, "label": theme.label, "audits": audits, "counts": counts[theme.key]}
        gaps.append(named | _sizes(of_theme, target=target, minimum=minimum, n=of_theme.applicable))
    return _ranked(gaps)


def _domain_gaps(
    template: Template,
    numbers: Mapping[str, Numbers],
    counts: _Counts,
    *,
    audits: int,
    target: Fraction | None,
    minimum: int,
) -> tuple[Gap, ...]:
    gaps = []
    for domain in template.learning_domains:
        of_themes = [numbers.get(theme.key, Numbers(0, 0)) for theme in domain.themes]
        pooled = Numbers(sum(each.applicable for each in of_themes), sum(each.below for each in of_themes))
        each_counts = [counts[theme.key] for theme in domain.themes] if counts else []
        together = {answer: sum([each[answer] for each in each_counts]) for answer in (each_counts or [{}])[0]}
        named = {"key": domain.key, "label": domain.title, "audits": audits, "counts": together}
        n = max(each.applicable for each in of_themes)
        gaps.append(named | _sizes(pooled, target=target, minimum=minimum, n=n))
    return _ranked(gaps)


def _sizes(numbers: Numbers, *, target: Fraction | None, minimum: int, n: int) -> dict[str, Any]:
    """What a gap says beside its name, its counts and its rank."""
    applicable, below = numbers
    meeting = applicable - below
    of_numbers = {"applicable": applicable, "meeting": meeting, "below": below}
    if applicable == 0:
        unknown = ("share_meeting", "share_below", "below_interval", "meeting_interval", "gap")
        return {**of_numbers, **dict.fromkeys(unknown), "state": GapState.TOO_FEW}
    share_meeting, share_below = Fraction(meeting, applicable), Fraction(below, applicable)
    low, high = wilson(below if n == applicable else share_below * n, n)
    meeting_interval = (1 - high, 1 - low)
    return {
        **of_numbers,
        "share_meeting": share_meeting,
        "share_below": share_below,
        "below_interval": (low, high),
        "meeting_interval": meeting_interval,
        "gap": None if target is None else max(Fraction(0), target - share_meeting),
        "state": _state(share_meeting, meeting_interval, n, target=target, minimum=minimum),
    }


def _state(
    share_meeting: Fraction, meeting_interval: tuple[float, float], n: int, *, target: Fraction | None, minimum: int
) -> GapState:
    if n < minimum:
        return GapState.TOO_FEW
    if target is None:
        return GapState.NO_TARGET
    if share_meeting >= target:
        return GapState.ON_TARGET
    return GapState.GAP if meeting_interval[1] < target else GapState.POSSIBLE_GAP


def _ranked(gaps: Sequence[Mapping[str, Any]]) -> tuple[Gap, ...]:
    """Competition ranking: a rank is one more than the number of larger gaps, or of larger shares below."""
    sizes = [_size(gap) for gap in gaps]
    known = [size for size in sizes if size is not None]
    # In parts of one whole, which are whole numbers: to compare many fractions takes many times as long.
    parts = lcm(*(size.denominator for size in known))
    first: dict[int, int] = {}
    for place, size in enumerate(sorted([_in_parts(size, parts) for size in known], reverse=True), start=1):
        first.setdefault(size, place)
    return tuple(
        Gap(**gap, rank=None if size is None else first[_in_parts(size, parts)])
        for gap, size in zip(gaps, sizes, strict=True)
    )


def _in_parts(size: Fraction, parts: int) -> int:
    return size.numerator * (parts // size.denominator)


def _size(gap: Mapping[str, Any]) -> Fraction | None:
    """What a gap is ranked by; None where it has no rank."""
    if gap["state"] is GapState.TOO_FEW:
        return None
    size: Fraction | None = gap["share_below"] if gap["state"] is GapState.NO_TARGET else gap["gap"]
    return size
