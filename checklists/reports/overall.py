"""The distribution of overall judgements over a set of audits, and the share that meets the standard."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from checklists.audits.scoring import meets_overall, overall_choices
from checklists.statistics.intervals import wilson
from checklists.templates.template import Template


@dataclass(frozen=True, slots=True)
class OverallDistribution:
    """How many audits were judged what.

    `counts` holds every rating in scale order, and last the audits that cannot be judged from the file where the
    template allows it, zeros included. They are among the judged, and do not meet the standard. `not_judged`: audits
    that give nothing to judge by, which leave the sums. `judged` = the sum of `counts`. The share meeting the standard
    and the ends of its Wilson 95% interval are parts of 1, and None when no audit was judged.
    """

    counts: Mapping[str, int]
    not_judged: int
    judged: int
    meeting: int
    share_meeting: Fraction | None
    meeting_interval: tuple[float, float] | None


def choices_over(templates: Iterable[Template]) -> tuple[str, ...]:
    """Every judgement that one of these templates of the same scale allows, ratings first."""
    return tuple(dict.fromkeys(overall for template in templates for overall in overall_choices(template)))


def distribution(
    template: Template, counts: Mapping[str, int], *, choices: tuple[str, ...] | None = None
) -> OverallDistribution:
    """The distribution of these numbers of audits by judgement; "" is for audits without one.

    `choices`: what may be judged where the audits are of several templates (`choices_over`); else what the
    template allows. ValueError for any other judgement, and for a negative number.
    """
    known = {overall: counts.get(overall, 0) for overall in choices or overall_choices(template)}
    if counts.keys() - known.keys() - {""}:
        raise ValueError("an overall judgement that the template does not have")
    if any(number < 0 for number in counts.values()):
        raise ValueError("numbers of audits are not negative")
    judged = sum(known.values())
    meeting = sum(number for overall, number in known.items() if meets_overall(template, overall))
    return OverallDistribution(
        counts=known,
        not_judged=counts.get("", 0),
        judged=judged,
        meeting=meeting,
        share_meeting=Fraction(meeting, judged) if judged else None,
        meeting_interval=wilson(meeting, judged) if judged else None,
    )
