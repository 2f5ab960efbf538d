"""Estimates for the cases that a sample stands for, where its audits carry sampling weights."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from api.reports.breakdowns import WEIGHT
from api.reports.round_counts import RoundCounts
from checklists.reports.weighting import WeightedShare, weighted_share
from checklists.templates.template import Template as TemplateContent

WeightedPart = tuple[Fraction, int, int]


@dataclass(frozen=True, slots=True)
class WeightedReport:
    """How many counted audits carry a weight, how many do not and are left out, and the weighted share of themes."""

    audits: int
    unweighted: int
    themes: Mapping[str, WeightedShare]


def weighted_report(counts: RoundCounts, template: TemplateContent) -> WeightedReport | None:
    """Each theme's weighted share; None when no counted audit of the round carries a weight."""
    tallies = counts.by(WEIGHT)
    parts = weighted_parts(counts, template)
    if not parts:
        return None
    shares = {theme: share for theme, of_theme in parts.items() if (share := weighted_share(of_theme)) is not None}
    audits = sum(number for group, number in tallies.audits.items() if group)
    return WeightedReport(audits, tallies.audits.get("", 0), shares)


def weighted_parts(counts: RoundCounts, template: TemplateContent) -> dict[str, list[WeightedPart]]:
    """The parts of each theme's weighted share: see `weighted_share`. Audits without a weight are in none."""
    tallies = counts.by(WEIGHT)
    weights = {group: Fraction(float(group)) for group in tallies.audits if group}
    parts: dict[str, list[WeightedPart]] = defaultdict(list)
    for group, weight in weights.items():
        meeting: dict[str, int] = defaultdict(int)
        applicable: dict[str, int] = defaultdict(int)
        for (theme, answer), number in tallies.answers[group].items():
            if template.is_applicable(answer):
                applicable[theme] += number
                meeting[theme] += 0 if template.counts_below(answer) else number
        for theme, number in applicable.items():
            parts[theme].append((weight, meeting[theme], number))
    return parts
