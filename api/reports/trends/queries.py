"""Themes over many rounds: each round's share as a point of a control chart."""

import uuid
from dataclasses import dataclass
from typing import Final

from sqlmodel import Session

from api.foundation.permissions import Actor, Permission, check_may
from api.reports.gaps.queries import GapReport, gap_report
from api.reports.overall import KEY, LABEL
from api.rounds import actions as rounds
from checklists.reports.control_charts import ControlChart, p_chart
from models import Round, RoundState

MOST_ROUNDS: Final = 60


@dataclass(frozen=True, slots=True)
class ThemeTrend:
    key: str
    label: str
    chart: ControlChart


@dataclass(frozen=True, slots=True)
class Trend:
    """A round and those before it, oldest first.

    `themes` begins with the overall judgement; every theme of the newest round's template follows.
    """

    rounds: tuple[Round, ...]
    newest: GapReport
    themes: tuple[ThemeTrend, ...]


def trend(session: Session, *, round_id: uuid.UUID, by: Actor) -> Trend:
    """This round and the rounds before it, at most MOST_ROUNDS, against its target. Raises NotFound.

    Themes are matched by key; a round that did not ask a theme has no point on its chart.
    """
    check_may(by, Permission.READ_REPORTS)
    reports = [gap_report(session, round_ids=[audit_round.id], by=by) for audit_round in _chain(session, round_id, by)]
    newest = reports[-1]
    by_theme = [{gap.key: gap for gap in report.groups[0].themes} for report in reports]
    overall = [
        (report.rounds[0].title, report.groups[0].overall.meeting, report.groups[0].overall.judged)
        for report in reports
    ]
    themes = [ThemeTrend(KEY, LABEL, p_chart(overall, target=newest.target))]
    for theme in newest.template.themes:
        points = [
            (report.rounds[0].title, gaps[theme.key].meeting, gaps[theme.key].applicable)
            for report, gaps in zip(reports, by_theme, strict=True)
            if theme.key in gaps
        ]
        themes.append(ThemeTrend(theme.key, theme.label, p_chart(points, target=newest.target)))
    return Trend(tuple(report.rounds[0] for report in reports), newest, tuple(themes))


def _chain(session: Session, round_id: uuid.UUID, by: Actor) -> list[Round]:
    """The round and those before it, oldest first, without rounds that were never opened."""
    chain = [rounds.find_round(session, round_id=round_id, by=by)]
    seen = {round_id}
    while len(seen) < MOST_ROUNDS and (before := chain[0].follows_id) is not None and before not in seen:
        seen.add(before)
        chain.insert(0, rounds.find_round(session, round_id=before, by=by))
    return [audit_round for audit_round in chain if audit_round.state is not RoundState.PLANNED] or chain[-1:]
