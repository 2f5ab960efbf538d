"""A round's report: its gaps, where they sit, and what has changed since the round it follows."""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from sqlalchemy import func, select
from sqlmodel import Session, col

from api.permissions import Actor
from api.problems import NotFound
from api.reports.gaps import GapReport, Group, gap_report
from api.reports.tallies import Breakdown, counted
from api.reports.weighted import WeightedReport, weighted_report
from checklists.change import ThemeChange, template_changes, theme_changes
from models import Audit, AuditMode, Round

SPLITS: Final = tuple(breakdown for breakdown in Breakdown if breakdown is not Breakdown.WHOLE)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A round against the one that it follows."""

    earlier: Round
    changes: tuple[ThemeChange, ...]
    template_changes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RoundReport:
    """True counts of one round, for people who may read every audit behind them."""

    whole: GapReport
    splits: Mapping[Breakdown, GapReport]
    modes: Mapping[str, int]
    comparison: Comparison | None
    weighted: WeightedReport | None

    @property
    def standing(self) -> Round:
        return self.whole.rounds[0]

    @property
    def all_audits(self) -> Group:
        return self.whole.groups[0]

    @property
    def target(self) -> Fraction:
        return self.whole.target


def round_report(session: Session, *, round_id: uuid.UUID, splits: Collection[Breakdown], by: Actor) -> RoundReport:
    """The report of a round, broken down by each of `splits`. Raises NotFound."""
    whole = gap_report(session, round_ids=[round_id], by=by)
    return RoundReport(
        whole=whole,
        splits={
            breakdown: gap_report(session, round_ids=[round_id], breakdown=breakdown, by=by)
            for breakdown in SPLITS
            if breakdown in splits
        },
        modes=_modes(session, whole.rounds[0]),
        comparison=_comparison(session, whole, by),
        weighted=weighted_report(session, whole.rounds[0], whole.template),
    )


def _modes(session: Session, standing: Round) -> Mapping[str, int]:
    rows = session.execute(
        select(col(Audit.mode), func.count())
        .where(
            col(Audit.organisation_id) == standing.organisation_id, col(Audit.round_id) == standing.id, counted(Audit)
        )
        .group_by(col(Audit.mode))
    ).all()
    numbers = dict(rows)
    return {mode.label: numbers[mode] for mode in AuditMode if mode in numbers}


def _comparison(session: Session, whole: GapReport, by: Actor) -> Comparison | None:
    standing = whole.rounds[0]
    if standing.follows_id is None:
        return None
    try:
        before = gap_report(session, round_ids=[standing.follows_id], by=by)
    except NotFound:
        return None
    return Comparison(
        earlier=before.rounds[0],
        changes=theme_changes(
            whole.groups[0].themes, before.groups[0].themes, minimum=max(whole.minimum, before.minimum)
        ),
        template_changes=template_changes(whole.template, before.template),
    )
