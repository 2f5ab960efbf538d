"""Estimates for the cases that a sample stands for, where its audits carry sampling weights."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy import select
from sqlmodel import Session, col

from api.access.blindness import visible_under_blind_reading
from api.foundation.permissions import Actor
from api.reports.tallies import counted_answers, is_counted
from checklists.reports.tallies import tally
from checklists.reports.weighting import WeightedShare, weighted_share
from checklists.templates.template import Template as TemplateContent
from models import Audit, Round


@dataclass(frozen=True, slots=True)
class WeightedReport:
    """How many counted audits carry a weight, how many do not and are left out, and the weighted share of themes."""

    audits: int
    unweighted: int
    themes: Mapping[str, WeightedShare]


def weighted_report(
    session: Session, audit_round: Round, template: TemplateContent, *, by: Actor
) -> WeightedReport | None:
    """Each theme's weighted share; None when no counted audit of the round carries a weight."""
    of_round = (
        col(Audit.organisation_id) == audit_round.organisation_id,
        col(Audit.round_id) == audit_round.id,
        visible_under_blind_reading(by.person_id),
    )
    carries = col(Audit.sampling_weight).is_not(None)
    if session.execute(select(col(Audit.id)).where(*of_round, carries).limit(1)).first() is None:
        return None
    lines: dict[Fraction | None, list[str]] = defaultdict(list)
    for weight, line in session.execute(
        select(col(Audit.sampling_weight), counted_answers()).where(*of_round, is_counted(Audit))
    ):
        lines[None if weight is None else Fraction(weight)].append(line)
    unweighted = len(lines.pop(None, []))
    if not lines:
        return None
    parts: dict[str, list[tuple[Fraction, int, int]]] = defaultdict(list)
    for weight, of_weight in lines.items():
        assert weight is not None  # noqa: S101 - those without one have been taken out
        meeting: dict[str, int] = defaultdict(int)
        applicable: dict[str, int] = defaultdict(int)
        for (theme, answer), number in tally(template, of_weight).items():
            if template.is_applicable(answer):
                applicable[theme] += number
                meeting[theme] += 0 if template.counts_below(answer) else number
        for theme, number in applicable.items():
            parts[theme].append((weight, meeting[theme], number))
    shares = {theme: share for theme, of_theme in parts.items() if (share := weighted_share(of_theme)) is not None}
    return WeightedReport(sum(map(len, lines.values())), unweighted, shares)
