"""What changed because cases were audited, for sharing: under disclosure control, from snapshots, without any child.

Actions about practice are about no child, so that their numbers are true. Actions for single children are few and each
is about a child, so that nothing of them is released, not even that there are none. Figures of audits come from
snapshots alone: what they release already is all that can be known.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from sqlmodel import Session

from api.documents.document import Column, Document, Origin, Section, Table, day_in_words, percent, points, text
from api.foundation.local_time import local_date
from api.foundation.permissions import Actor, Permission, check_may
from api.improvement.impact.document import COUNT_COLUMNS, TITLE, numbers_of
from api.improvement.impact.queries import ImpactReport
from api.release.snapshots.changes import ReleasedChange, newest_snapshots, released_change
from api.release.snapshots.document import marking
from api.release.snapshots.queries import ReleasedReport, read_released
from api.reports.origins import name_of_organisation
from models import Round, now

NO_SNAPSHOTS: Final = "Released: numbers of actions about practice only. No figure of an audit is shown."


def released_document(session: Session, report: ImpactReport, *, by: Actor) -> Document:
    """The report without anything of single children, with what snapshots of the re-audits and of the rounds before
    them show.
    """
    check_may(by, Permission.READ_REPORTS)
    shown, hidden = _shown(session, [each.round for each in report.changes])
    period = report.period
    sections = (
        Section("Summary", paragraphs=tuple(_summary(report, len(shown), hidden))),
        _practice(report),
        *(_change(place, *each) for place, each in enumerate(shown, start=1)),
        Section("Method and definitions", points=tuple(_definitions()), sheet="definitions"),
    )
    return Document(
        title=TITLE,
        subtitle=f"{day_in_words(period.first)} to {day_in_words(period.last)}.",
        marking=marking(shown[0][1]) if shown else NO_SNAPSHOTS,
        made_on=local_date(now()),
        sections=sections,
        origin=Origin(
            organisation=name_of_organisation(session, by.organisation_id), period=(period.first, period.last)
        ),
        kind="what-changed-released",
    )


Shown = tuple[str, ReleasedReport, Sequence[ReleasedChange]]


def _shown(session: Session, rounds: Sequence[Round]) -> tuple[list[Shown], int]:
    """The re-audits of which both rounds have a snapshot, each with the round before; and how many others there are."""
    if not rounds:
        return [], 0
    snapshots = newest_snapshots(session, rounds[0].organisation_id, [each.id for each in rounds])
    found: list[Shown] = []
    for each in rounds:
        if each.id in snapshots:
            report = read_released(session, snapshots[each.id])
            before, changes = released_change(session, each, report)
            if changes:
                found.append((before, report, changes))
    return found, len(rounds) - len(found)


def _summary(report: ImpactReport, shown: int, hidden: int) -> Iterator[str]:
    whole = report.practice.whole
    yield (
        f"Actions about practice: {whole.planned:,} planned, {whole.due:,} due, {whole.in_time:,} done in time, "
        f"{whole.with_impact:,} closed with evidence of impact and {whole.without_impact:,} with no impact seen."
    )
    of = report.recommendations
    if of.answered or of.unanswered:
        yield f"Recommendations: {of.answered:,} answered, {of.unanswered:,} due and not answered yet."
    if shown:
        yield f"Re-audits with a released change: {shown:,}."
    if hidden:
        yield f"Re-audits without a snapshot of both rounds, which are not shown: {hidden:,}."


def _practice(report: ImpactReport) -> Section:
    counted = report.practice
    rows = (
        (text("All"), *numbers_of(counted.whole)),
        *((text(name), *numbers_of(counts)) for name, counts in counted.teams.items()),
    )
    table = Table("practice-actions", "Practice actions by team", (Column("Team"), *COUNT_COLUMNS), rows)
    return Section("Practice actions", table=table, sheet="breakdowns")


def _change(place: int, before: str, report: ReleasedReport, changes: Sequence[ReleasedChange]) -> Section:
    rows = tuple(
        (
            text(each.label),
            percent(each.before.share_meeting),
            percent(each.now.share_meeting),
            text(" to ".join(points(end, signed=True).text for end in each.between)),
            text("Rose" if each.between[0] > 0 else "Fell" if each.between[1] < 0 else "Cannot be told"),
        )
        for each in changes
    )
    columns = (
        Column("Theme"),
        Column("Met the standard then", numeric=True),
        Column("Meets the standard now", numeric=True),
        Column("True difference (points)", numeric=True),
        Column("Share of the audited cases"),
    )
    return Section(
        f"Re-audit: {report.round_title}",
        paragraphs=(f"Compared with {before}. A share that rose or fell may have done so by chance.",),
        table=Table(f"released-{place}", f"{report.round_title}: shares then and now", columns, rows),
        sheet="themes",
    )


def _definitions() -> Iterator[str]:
    yield "Actions about practice concern a team, several or the whole service, and no child. Their numbers are true."
    yield "Actions for single children are not released: they are few, and each is about a child."
    yield (
        "Shares come from the snapshots of both rounds. The true difference certainly lies between the two numbers "
        "that are given for it."
    )
    yield (
        "Rose, fell: the share of the audited cases certainly rose or fell. Whether practice has changed also "
        "depends on chance and on how the rounds were audited, which the report for people who read every audit says."
    )
