"""From tallies of answers to gaps: how far each theme falls short of the target. Exact until display."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from typing import Final, NamedTuple

from checklists.statistics.intervals import wilson
from checklists.templates.template import Template

MINIMUM_APPLICABLE: Final = 5
DEFAULT_TARGET: Final = Fraction(90, 100)


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
    counts = {theme: _counts(template, tallies, [theme]) for theme in template.theme_keys}
    found = theme_gaps_of_numbers(template, _numbers(template, counts), audits=audits, target=target, minimum=minimum)
    return tuple(replace(gap, counts=counts[gap.key]) for gap in found)


def theme_gaps_of_numbers(
    template: Template, numbers: Mapping[str, Numbers], *, audits: int, target: Fraction | None, minimum: int
) -> tuple[Gap, ...]:
    """The same where only the numbers are known, by theme; a theme that is left out has none. `counts` are empty."""
    gaps = []
    for theme in template.themes:
        of_theme = numbers.get(theme.key, Numbers(0, 0))
        n = of_theme.applicable
        gaps.append(_gap(theme.key, theme.label, of_theme, audits, target=target, minimum=minimum, n=n))
    return _ranked(gaps)


def domain_gaps(
    template: Template, tallies: Mapping[tuple[str, str], int], *, audits: int, target: Fraction | None, minimum: int
) -> tuple[Gap, ...]:
    """The gap of every learning domain from the pooled answers of its themes, ranked among domains.

    Has the parameters of `theme_gaps`. Answers about one child are not independent of each other, so the pooled share
    does not justify the narrow interval of its many answers. Its interval is that of the same share among only as many
    observations as the domain's most applicable theme has, as if all answers of a case said the same: the widest
    interval that can be justified. The state uses that interval, and that number against `minimum`. The counts are of
    answers, not of audits.
    """
    _check(template, tallies, target, minimum)
    counts = {theme: _counts(template, tallies, [theme]) for theme in template.theme_keys}
    found = domain_gaps_of_numbers(template, _numbers(template, counts), audits=audits, target=target, minimum=minimum)
    keys = {domain.key: [theme.key for theme in domain.themes] for domain in template.learning_domains}
    return tuple(replace(gap, counts=_counts(template, tallies, keys[gap.key])) for gap in found)


def domain_gaps_of_numbers(
    template: Template, numbers: Mapping[str, Numbers], *, audits: int, target: Fraction | None, minimum: int
) -> tuple[Gap, ...]:
    """The same where only the numbers are known, by theme; a theme that is left out has none. `counts` are empty."""
    gaps = []
    for domain in template.learning_domains:
        of_themes = [numbers.get(theme.key, Numbers(0, 0)) for theme in domain.themes]
        pooled = Numbers(sum(each.applicable for each in of_themes), sum(each.below for each in of_themes))
        n = max(each.applicable for each in of_themes)
        gaps.append(_gap(domain.key, domain.title, pooled, audits, target=target, minimum=minimum, n=n))
    return _ranked(gaps)


def state_of(numbers: Numbers, *, target: Fraction | None, minimum: int) -> GapState:
    """The state of a theme with these numbers."""
    applicable, below = numbers
    if applicable < minimum or not applicable:
        return GapState.TOO_FEW
    low, high = wilson(below, applicable)
    return _state(1 - Fraction(below, applicable), (1 - high, 1 - low), applicable, target=target, minimum=minimum)


def by_widest_gap(gaps: Iterable[Gap]) -> tuple[Gap, ...]:
    """By rank, ties in the order given, and after them the ones without a rank in the order given."""
    return tuple(sorted(gaps, key=lambda gap: (gap.rank is None, gap.rank or 0)))


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


def _counts(template: Template, tallies: Mapping[tuple[str, str], int], keys: Sequence[str]) -> Mapping[str, int]:
    answers = template.counted_answers
    return {answer: sum(tallies.get((key, answer), 0) for key in keys) for answer in answers}


def _numbers(template: Template, counts: Mapping[str, Mapping[str, int]]) -> dict[str, Numbers]:
    numbers = {}
    for theme, of_theme in counts.items():
        applicable = sum(count for answer, count in of_theme.items() if template.is_applicable(answer))
        meeting = sum(
            count
            for answer, count in of_theme.items()
            if template.is_applicable(answer) and not template.counts_below(answer)
        )
        numbers[theme] = Numbers(applicable, applicable - meeting)
    return numbers


def _gap(key: str, label: str, numbers: Numbers, audits: int, *, target: Fraction | None, minimum: int, n: int) -> Gap:
    applicable, below = numbers
    meeting = applicable - below
    if applicable == 0:
        return Gap(
            key, label, audits, {}, applicable, meeting, below, None, None, None, None, None, GapState.TOO_FEW, None
        )
    share_meeting, share_below = Fraction(meeting, applicable), Fraction(below, applicable)
    low, high = wilson(below if n == applicable else share_below * n, n)
    meeting_interval = (1 - high, 1 - low)
    return Gap(
        key=key,
        label=label,
        audits=audits,
        counts={},
        applicable=applicable,
        meeting=meeting,
        below=below,
        share_meeting=share_meeting,
        share_below=share_below,
        below_interval=(low, high),
        meeting_interval=meeting_interval,
        gap=None if target is None else max(Fraction(0), target - share_meeting),
        state=_state(share_meeting, meeting_interval, n, target=target, minimum=minimum),
        rank=None,
    )


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


def _ranked(gaps: Sequence[Gap]) -> tuple[Gap, ...]:
    """Competition ranking: a rank is one more than the number of larger gaps, or of larger shares below."""
    known = [size for gap in gaps if (size := _size(gap)) is not None]
    sizes = sorted(known, reverse=True)
    first: dict[Fraction, int] = {}
    for place, size in enumerate(sizes, start=1):
        first.setdefault(size, place)
    return tuple(gap if (size := _size(gap)) is None else replace(gap, rank=first[size]) for gap in gaps)


def _size(gap: Gap) -> Fraction | None:
    """What a gap is ranked by; None where it has no rank."""
    if gap.state is GapState.TOO_FEW:
        return None
    return gap.share_below if gap.state is GapState.NO_TARGET else gap.gap
