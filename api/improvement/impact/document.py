"""What changed because cases were audited, as a document: unrounded counts, for people who may read every audit."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Final

from sqlmodel import Session

from api.documents.document import (
    Cell,
    Column,
    Document,
    Origin,
    Section,
    Table,
    count,
    day_in_words,
    days,
    points,
    text,
)
from api.foundation.local_time import local_date
from api.foundation.permissions import Actor
from api.improvement.impact.chart import COLUMN, Link, chain_chart
from api.improvement.impact.closed_rounds import remembered_section
from api.improvement.impact.queries import MOST_ROUNDS, MOST_STUCK, Counted, ImpactReport, RoundChange
from api.reports.gaps.sections import MARKING
from api.reports.origins import name_of_organisation
from api.reports.round_report.comparison import CHANGE_TONES, interval_in_points
from checklists.actions.counting import ActionCounts
from checklists.reports.change import Change
from models import now

TITLE: Final = "What changed because we audited"
# How many re-audits have a chart on a page, which would take long to load with one for each.
MOST_CHARTS: Final = 4
COUNT_COLUMNS: Final = (
    Column("Planned", numeric=True),
    Column("Due", numeric=True),
    Column("Done in time", numeric=True),
    Column("Done late", numeric=True),
    Column("Not done", numeric=True),
    Column("Impact shown", numeric=True),
    Column("No impact seen", numeric=True),
    Column("Not pursued", numeric=True),
    Column("Median days", numeric=True),
)


@dataclass(frozen=True, slots=True)
class Charts:
    """Which re-audits of a report have a chart, by their places from 1: the newest comes first."""

    first: int = 1
    last: int = MOST_CHARTS

    @classmethod
    def of_page(cls, page: int) -> "Charts":
        return cls((page - 1) * MOST_CHARTS + 1, page * MOST_CHARTS)


EVERY_CHART: Final = Charts(1, MOST_ROUNDS)


def pages_of_charts(report: ImpactReport) -> list[Charts]:
    """The charts of each page, so that together they are those of all re-audits."""
    pages = (len(report.changes) + MOST_CHARTS - 1) // MOST_CHARTS
    every = [Charts.of_page(page) for page in range(1, pages + 1)]
    return [Charts(each.first, min(each.last, len(report.changes))) for each in every]


def document_of(session: Session, report: ImpactReport, *, by: Actor, charts: Charts = Charts()) -> Document:
    """The report, made today by this person, with the charts of some of its re-audits."""
    period = report.period
    origin = Origin(
        organisation=name_of_organisation(session, by.organisation_id),
        period=(period.first, period.last),
        made_by=", ".join([by.name, *sorted(role.label.lower() for role in by.roles)]) if by.name else "",
    )
    sections = (
        Section("Summary", paragraphs=tuple(summary_sentences(report))),
        _findings(report),
        _actions("Practice actions", "practice-actions", report.practice),
        _actions("Child-level actions", "child-level-actions", report.child_level),
        *_changes(session, report, charts),
        _stuck(report, local_date(now())),
        Section("Method and definitions", points=tuple(_definitions()), sheet="definitions"),
    )
    return Document(
        title=TITLE,
        subtitle=f"{day_in_words(period.first)} to {day_in_words(period.last)}.",
        marking=MARKING,
        made_on=local_date(now()),
        sections=sections,
        origin=origin,
        kind="what-changed",
    )


def summary_sentences(report: ImpactReport) -> Iterator[str]:
    """The report in a few sentences."""
    gaps = sum(len(each.gaps) for each in report.findings)
    answered = sum(len(each.answered) for each in report.findings)
    if not report.rounds_closed:
        yield "No round was closed in this period."
    else:
        yield (
            f"{_many(report.rounds_closed, 'round was', 'rounds were')} closed. "
            f"{_many(gaps, 'gap or possible gap was', 'gaps or possible gaps were')} found, and {answered:,} of them "
            f"{'has' if answered == 1 else 'have'} a practice action."
        )
    for name, counted in (("practice", report.practice), ("child-level", report.child_level)):
        yield _actions_in_words(name, counted.whole)
    yield _changes_in_words(report)
    of = report.recommendations
    if of.answered or of.unanswered:
        yield (
            f"{_many(of.answered, 'recommendation was', 'recommendations were')} answered. Due by the end of the "
            f"period and not answered yet: {of.unanswered:,}."
        )


def _actions_in_words(name: str, counts: ActionCounts) -> str:
    said = f"No {name} action was due."
    if counts.due:
        said = (
            f"{_many(counts.due, f'{name} action was', f'{name} actions were')} due: {counts.in_time:,} done in time, "
            f"{counts.late:,} done late and {counts.not_done:,} not done."
        )
    if counts.with_impact or counts.without_impact:
        said += (
            f" {counts.with_impact:,} closed with evidence of impact and {counts.without_impact:,} with no impact seen."
        )
    return said


def _changes_in_words(report: ImpactReport) -> str:
    if not report.changes:
        return "No re-audit was closed in this period, so no change was measured."
    every = [each.change for of_round in report.changes for each in of_round.change.themes]
    said = ", ".join(f"{every.count(kind):,} {kind.label.lower()}" for kind in Change if kind in every)
    return f"{_many(len(report.changes), 're-audit was', 're-audits were')} closed. Themes: {said}."


def _findings(report: ImpactReport) -> Section:
    rows = tuple(
        (
            text(each.round.title, href=f"/rounds/{each.round.id}/report"),
            text(day_in_words(local_date(each.round.closed_at)) if each.round.closed_at else ""),
            count(len(each.gaps)),
            count(len(each.answered)),
        )
        for each in report.findings
    )
    columns = (
        Column("Round"),
        Column("Closed on"),
        Column("Gaps and possible gaps", numeric=True),
        Column("With a practice action", numeric=True),
    )
    more = report.rounds_closed - len(report.findings)
    return Section(
        "Findings",
        paragraphs=(f"Shows the newest {MOST_ROUNDS} rounds. {more:,} more were closed.",) if more else (),
        table=Table("findings", "Gaps found in each round, and those with a practice action", columns, rows),
    )


def _actions(heading: str, key: str, counted: Counted) -> Section:
    rows = (
        (text("All"), *numbers_of(counted.whole)),
        *((text(name), *numbers_of(counts)) for name, counts in counted.teams.items()),
    )
    overdue = _many(counted.overdue, "action is", "actions are")
    return Section(
        heading,
        paragraphs=(f"{overdue} overdue today.",),
        table=Table(key, f"{heading} by team", (Column("Team"), *COUNT_COLUMNS), rows),
        sheet="breakdowns",
    )


def numbers_of(counts: ActionCounts) -> tuple[Cell, ...]:
    """The cells of COUNT_COLUMNS."""
    return (
        count(counts.planned),
        count(counts.due),
        count(counts.in_time),
        count(counts.late),
        count(counts.not_done),
        count(counts.with_impact),
        count(counts.without_impact),
        count(counts.not_pursued),
        days(counts.median_days),
    )


def _changes(session: Session, report: ImpactReport, charts: Charts) -> Iterator[Section]:
    """One section for each re-audit, with its chain of each theme."""
    if not report.changes:
        yield Section("Measured change", paragraphs=("No re-audit was closed in this period.",), sheet="themes")
    for place, of_round in enumerate(report.changes, start=1):
        change = of_round.change
        actions = tuple(report.actions_of.get((change.earlier_id, each.key), 0) for each in change.themes)
        drawn = charts.first <= place <= charts.last
        key = (of_round.round.organisation_id, of_round.round.id, place, actions, drawn)
        # Nothing else in it ever changes, and drawing takes as long as all the rest.
        yield remembered_section(session, key, partial(_change, of_round, actions, place, drawn=drawn))


def _change(of_round: RoundChange, actions: Sequence[int], place: int, *, drawn: bool) -> Section:
    change = of_round.change
    links = [
        Link(each, number)
        for each, number in zip(change.themes, actions, strict=True)
        if each.before is not None and each.now is not None
    ]
    rows = tuple(
        (
            text(link.change.label, href=f"/rounds/{of_round.round.id}/change"),
            link.before.share,
            count(link.actions),
            link.now.share,
            points(link.change.difference, signed=True),
            text(interval_in_points(link.change.interval)),
            text(link.change.change.label, tone=CHANGE_TONES[link.change.change]),
        )
        for link in links
    )
    columns = (
        Column("Theme"),
        Column("Met the standard then", numeric=True),
        Column("Practice actions", numeric=True),
        Column(COLUMN, numeric=True),
        Column("Difference (points)", numeric=True),
        Column("Interval", numeric=True),
        Column("Change"),
    )
    title = of_round.round.title
    return Section(
        f"Measured change: {title}",
        paragraphs=(f"Compared with {change.earlier_title}.",),
        chart=chain_chart(links, key=f"chain-{place}") if links and drawn else None,
        table=Table(f"changes-{place}", f"{title}: the share before, the actions, and the share now", columns, rows),
        sheet="themes",
    )


def _stuck(report: ImpactReport, today: date) -> Section:
    rows = tuple(
        (
            text(found.words, href=f"/actions/{found.id}"),
            text(found.owner),
            text(day_in_words(found.first_due_on)),
            count((today - found.due_on).days),
            count(found.due_moves),
        )
        for found in report.stuck
    )
    columns = (
        Column("Practice action"),
        Column("Owner"),
        Column("First due date"),
        Column("Days overdue", numeric=True),
        Column("Due date moved (times)", numeric=True),
    )
    more = report.practice.overdue - len(report.stuck)
    said = f"Shows the {MOST_STUCK} that have been overdue the longest. {more:,} more are overdue."
    return Section(
        "Overdue practice actions",
        paragraphs=(said,) if more > 0 else () if rows else ("No practice action is overdue.",),
        table=Table("stuck", "Practice actions that are overdue today, and their owners", columns, rows)
        if rows
        else None,
    )


def _definitions() -> Iterator[str]:
    yield "Gaps and possible gaps: themes under the target of their round, as its gap report says."
    yield (
        "With a practice action: a practice action names the round and the theme, and was not given up as not pursued. "
        "It may have been planned after the period."
    )
    yield "Due: the first due date is in the period. An action that was not pursued does not count as due."
    yield "Done in time: done by the first due date, even if the due date moved later."
    yield "Impact shown, no impact seen, not pursued: closed in the period."
    yield "Median days: from planning to done, of the actions done in the period."
    yield "A practice action about several teams counts once in each of them, and once in “All”."
    yield (
        "Measured change: improved or worse only if the whole interval is above or below 0 and the rounds can be "
        "compared. The report of each change says how."
    )
    yield (
        "Do not share this report: it has true counts. Child-level actions are few, and could identify a child. Share "
        "the released form instead."
    )


def _many(number: int, one: str, several: str) -> str:
    return f"{number:,} {one if number == 1 else several}"
