"""Themes over many rounds: each round's share as a point of a control chart."""

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlmodel import Session

from api.foundation.permissions import Actor, Permission, check_may
from api.reports.gaps.queries import GapReport, gap_report
from api.reports.overall import KEY, LABEL
from api.reports.tallies import ExclusionReason
from api.reports.trends.labels import full_labels
from api.rounds import actions as rounds
from api.rounds.queries import chain_of
from checklists.reports.comparability import overall_is_comparable
from checklists.reports.control_charts import ControlChart, Variation, p_chart
from checklists.reports.questions import QuestionCounts, is_measured_alike
from checklists.templates.questions import Question
from models import Round, RoundState

MOST_ROUNDS: Final = 60


@dataclass(frozen=True, slots=True)
class ThemeTrend:
    key: str
    label: str
    chart: ControlChart


@dataclass(frozen=True, slots=True)
class QuestionTrend:
    """One question of the newest round, and its counts in each round, oldest first; None where it was not asked alike.

    `chart` is None for a question without a standard.
    """

    question: Question
    counts: tuple[QuestionCounts | None, ...]
    chart: ControlChart | None


@dataclass(frozen=True, slots=True)
class Trend:
    """A round and those before it, oldest first.

    `themes` begins with the overall judgement; every theme of the newest round's template follows. Without ratings it
    is empty.
    """

    rounds: tuple[Round, ...]
    # What people call them: no two are alike.
    labels: tuple[str, ...]
    newest: GapReport
    themes: tuple[ThemeTrend, ...]
    # Of all its rounds together.
    counted: int
    left_out: Mapping[ExclusionReason, int]
    questions: tuple[QuestionTrend, ...] = ()

    @property
    def has_charts(self) -> bool:
        """Whether any theme has points enough for limits and verdicts."""
        return any(theme.chart.variation is not Variation.NOT_ENOUGH_POINTS for theme in self.themes)


def trend(session: Session, *, round_id: uuid.UUID, by: Actor) -> Trend:
    """This round and the rounds before it, at most MOST_ROUNDS, against its target. Raises NotFound.

    Themes are matched by key; a round that did not ask a theme has no point on its chart, and neither has the overall
    judgement of a round that uses other themes or another rule.
    """
    check_may(by, Permission.READ_REPORTS)
    reports = [gap_report(session, round_ids=[audit_round.id], by=by) for audit_round in _chain(session, round_id, by)]
    newest = reports[-1]
    by_theme = [{gap.key: gap for gap in report.groups[0].themes} for report in reports]
    rounds_seen = tuple(report.rounds[0] for report in reports)
    labels = full_labels(rounds_seen)
    overall = [
        (label, report.groups[0].overall.meeting, report.groups[0].overall.judged)
        for label, report in zip(labels, reports, strict=True)
        if overall_is_comparable(newest.template, report.template)
    ]
    is_graded = newest.template.graded
    themes = [ThemeTrend(KEY, LABEL, p_chart(overall, target=newest.target))] if is_graded else []
    for theme in newest.template.themes if is_graded else ():
        points = [
            (label, gaps[theme.key].meeting, gaps[theme.key].applicable)
            for label, gaps in zip(labels, by_theme, strict=True)
            if theme.key in gaps
        ]
        themes.append(ThemeTrend(theme.key, theme.label, p_chart(points, target=newest.target)))
    left_out: Counter[ExclusionReason] = Counter()
    for report in reports:
        left_out.update(report.left_out)
    counted = sum(report.counted for report in reports)
    questions = _questions(newest, reports, labels)
    return Trend(rounds_seen, tuple(labels), newest, tuple(themes), counted, left_out, questions)


def _questions(newest: GapReport, reports: Sequence[GapReport], labels: Sequence[str]) -> tuple[QuestionTrend, ...]:
    """Every question of the newest round, matched by key where answers and standard are the same."""
    by_key = [{each.question.key: each for each in report.groups[0].questions} for report in reports]
    found = []
    for now in newest.groups[0].questions:
        earlier = [of_round.get(now.question.key) for of_round in by_key]
        counts = [each if each and is_measured_alike(each.question, now.question) else None for each in earlier]
        points = [
            (label, each.meeting or 0, each.applicable)
            for label, each in zip(labels, counts, strict=True)
            if each is not None
        ]
        chart = None if now.meeting is None else p_chart(points, target=None)
        found.append(QuestionTrend(now.question, tuple(counts), chart))
    return tuple(found)


def _chain(session: Session, round_id: uuid.UUID, by: Actor) -> list[Round]:
    """The round and those before it, oldest first, without rounds that were never opened."""
    newest = rounds.find_round(session, round_id=round_id, by=by)
    chain = chain_of(session, audit_round=newest, most=MOST_ROUNDS)
    return [audit_round for audit_round in chain if audit_round.state is not RoundState.PLANNED] or chain[-1:]
