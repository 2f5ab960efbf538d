"""The data of a round's report: gaps, breakdowns, and changes since the round before."""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction

from sqlmodel import Session

from api.foundation.permissions import Actor
from api.foundation.problems import NotFound
from api.reports.breakdowns import SPLITS, Breakdown
from api.reports.conclusions.queries import ConclusionCounts, count_conclusions
from api.reports.gaps.queries import GapReport, Group, gap_report, gap_reports
from api.reports.round_report.completion import Completion, completion_of
from api.reports.weighted import WeightedReport, weighted_report
from checklists.reports.change import ThemeChange, template_changes, theme_changes
from models import Round


@dataclass(frozen=True, slots=True)
class Comparison:
    """The changes from the round before."""

    earlier: Round
    changes: tuple[ThemeChange, ...]
    template_changes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RoundReport:
    """Unrounded counts of one round, for people who may read every audit."""

    whole: GapReport
    splits: Mapping[Breakdown, GapReport]
    modes: Mapping[str, int]
    comparison: Comparison | None
    weighted: WeightedReport | None
    completion: Completion
    conclusions: ConclusionCounts

    @property
    def audit_round(self) -> Round:
        return self.whole.rounds[0]

    @property
    def all_audits(self) -> Group:
        return self.whole.groups[0]

    @property
    def target(self) -> Fraction:
        return self.whole.target


def round_report(session: Session, *, round_id: uuid.UUID, splits: Collection[Breakdown], by: Actor) -> RoundReport:
    """The report of a round, broken down by each of `splits`. Raises NotFound."""
    found = gap_reports(session, round_ids=[round_id], breakdowns={Breakdown.WHOLE, Breakdown.MODE, *splits}, by=by)
    whole = found[Breakdown.WHOLE]
    return RoundReport(
        whole=whole,
        splits={breakdown: found[breakdown] for breakdown in SPLITS if breakdown in splits},
        modes={group.label: group.audits for group in found[Breakdown.MODE].groups},
        comparison=_comparison(session, whole, by),
        weighted=weighted_report(session, whole.rounds[0], whole.template, by=by),
        completion=completion_of(session, whole.rounds[0], by=by),
        conclusions=count_conclusions(session, whole.rounds[0], by=by),
    )


def _comparison(session: Session, whole: GapReport, by: Actor) -> Comparison | None:
    audit_round = whole.rounds[0]
    if audit_round.follows_id is None:
        return None
    try:
        before = gap_report(session, round_ids=[audit_round.follows_id], by=by)
    except NotFound:
        return None
    return Comparison(
        earlier=before.rounds[0],
        changes=theme_changes(
            whole.groups[0].themes, before.groups[0].themes, minimum=max(whole.minimum, before.minimum)
        ),
        template_changes=template_changes(whole.template, before.template),
    )
