"""The distribution of overall judgements over a set of audits, and the share that meets the standard."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from checklists.statistics.intervals import wilson
from checklists.templates.scale import RatingScale


@dataclass(frozen=True, slots=True)
class OverallDistribution:
    """How many audits were judged what.

    `counts` holds every rating in scale order, zeros included. `not_judged`: audits that give nothing to judge by,
    which leave the sums. `judged` = the sum of `counts`. The share meeting the standard and the ends of its Wilson 95%
    interval are parts of 1, and None when no audit was judged.
    """

    counts: Mapping[str, int]
    not_judged: int
    judged: int
    meeting: int
    share_meeting: Fraction | None
    meeting_interval: tuple[float, float] | None


def distribution(scale: RatingScale, counts: Mapping[str, int]) -> OverallDistribution:
    """The distribution of these numbers of audits by rating; "" is for those without a judgement.

    ValueError for a rating that the scale does not have, and for a negative number.
    """
    known = {rating.key: counts.get(rating.key, 0) for rating in scale.ratings}
    if counts.keys() - known.keys() - {""}:
        raise ValueError("an overall judgement is not a rating of the scale")
    if any(number < 0 for number in counts.values()):
        raise ValueError("numbers of audits are not negative")
    judged = sum(known.values())
    meeting = sum(number for rating, number in known.items() if scale.meets_standard(rating))
    return OverallDistribution(
        counts=known,
        not_judged=counts.get("", 0),
        judged=judged,
        meeting=meeting,
        share_meeting=Fraction(meeting, judged) if judged else None,
        meeting_interval=wilson(meeting, judged) if judged else None,
    )
