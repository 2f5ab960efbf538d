"""The report of a programme's year as a document: unrounded counts, for people who may read every audit."""

from collections.abc import Iterator
from datetime import timedelta
from fractions import Fraction
from typing import Final

from sqlmodel import Session

from api.documents.document import (
    NOTHING,
    Cell,
    Column,
    Document,
    Origin,
    Section,
    Table,
    Tone,
    count,
    day_in_words,
    percent,
    text,
)
from api.follow_ups.document import section_of
from api.foundation.local_time import local_date
from api.foundation.permissions import Actor
from api.programme.year.queries import Quarter, Series, YearReport
from api.reports.gaps.columns import interval
from api.reports.gaps.queries import GapReport
from api.reports.gaps.sections import MARKING
from api.reports.origins import name_of_organisation
from api.reports.overall import meets_in_words, overall_sentence
from api.reports.sentences import gap_share, share_in_words
from checklists.audits.scoring import overall_label
from checklists.plurals import plural
from checklists.programme.expected import Expectation
from checklists.reports.carried_over import CarriedOver, Course
from checklists.reports.gaps import Gap
from checklists.statistics.intervals import wilson
from models import now

TITLE: Final = "Audits of the year"
_TONES: Final = {
    Course.ON_TARGET: Tone.GOOD,
    Course.IMPROVED: Tone.GOOD,
    Course.CONTINUES: Tone.NONE,
    Course.WORSE: Tone.BAD,
    Course.NEW: Tone.BAD,
    Course.TOO_FEW: Tone.FEW,
    Course.NOT_COMPARABLE: Tone.UNSURE,
}


def document_of(session: Session, report: YearReport, *, by: Actor) -> Document:
    """The report, made today by this person."""
    programme = report.programme
    origin = Origin(
        organisation=name_of_organisation(session, by.organisation_id),
        period=(programme.first_day, programme.last_day),
        made_by=", ".join([by.name, *sorted(role.label.lower() for role in by.roles)]) if by.name else "",
    )
    sections = (
        Section("Summary", paragraphs=tuple(_summary(report))),
        *_completion(report),
        *(section for place, series in enumerate(report.series, start=1) for section in _of_series(series, place)),
        *_follow_ups(report),
        Section("Method and definitions", points=tuple(_definitions()), sheet="definitions"),
    )
    return Document(
        title=f"{TITLE}: {programme.title}",
        subtitle=f"{day_in_words(programme.first_day)} to {day_in_words(programme.last_day)}.",
        marking=MARKING,
        made_on=local_date(now()),
        sections=sections,
        origin=origin,
        kind="audits-of-the-year",
    )


def _summary(report: YearReport) -> Iterator[str]:
    whole = report.progress.table.whole
    yield (
        f"{whole.done:,} of {_audits(whole.expected)} {'is' if whole.done == 1 else 'are'} done, {whole.late:,} of the "
        f"expected ones late. {plural(whole.exempt, 'was', 'were')} exempt."
    )
    if report.progress.deleted:
        yield report.progress.deleted
    if not report.series:
        yield "No round of this programme is closed yet, so nothing is said of practice."
        return
    rounds = plural(report.closed, "round is closed", "rounds are closed")
    if report.not_closed:
        more = plural(report.not_closed, "more is", "more are")
        yield f"{rounds}. {more} planned or open, and not counted below."
    else:
        yield f"{rounds}."
    for series in (each for each in report.series if each.whole.template.graded):
        yield f"{series.title}: {overall_sentence(series.whole.groups[0].overall, series.whole.template.scale)}"


def _audits(number: int) -> str:
    return plural(number, "expected audit")


def _completion(report: YearReport) -> Iterator[Section]:
    """How many audits were expected and done, by month and by team."""
    found = report.progress.table
    by_month = {f"{month:%B %Y}": counts for month, counts in found.by_month.items()}
    by_team = {
        team or "Team not known yet": counts for team, counts in found.by_team.items() if team or not counts.is_empty
    }
    for key, first, heading, counted in (
        ("completion", "Month", "Audits expected and done, by the month in which their round begins", by_month),
        ("completion-by-team", "Team", "Audits expected and done, by the team of the case", by_team),
    ):
        rows = [(text(name), *_numbers(counts)) for name, counts in counted.items()]
        rows.append((text("Whole programme"), *_numbers(found.whole)))
        columns = (Column(first), *(Column(name, numeric=True) for name in ("Expected", "Done", "Late", "Exempt")))
        yield Section(f"Audits expected and done, by {first.lower()}", table=Table(key, heading, columns, tuple(rows)))


def _numbers(counts: Expectation) -> tuple[Cell, ...]:
    return tuple(count(number) for number in (counts.expected, counts.done, counts.late, counts.exempt))


def _of_series(series: Series, place: int) -> Iterator[Section]:
    if not series.whole.template.graded:
        said = "This template has no ratings, so there are no judgements and no shares to report."
        yield Section(series.title, paragraphs=(said,), sheet="themes")
        return
    yield _judgements(series, place)
    yield _themes(series, place)
    yield _points(series, place)


def _quarter(quarter: Quarter) -> str:
    """Jan to Mar 2026, which fits above a column; with days where it is not whole months."""
    first, last = quarter.first_day, quarter.last_day
    if first.day > 1 or (last + timedelta(days=1)).day > 1:
        return f"{day_in_words(first)} to {day_in_words(last)}"
    from_month = f"{first:%b}" if first.year == last.year else f"{first:%b %Y}"
    return f"{last:%b %Y}" if (first.year, first.month) == (last.year, last.month) else f"{from_month} to {last:%b %Y}"


def _judgements(series: Series, place: int) -> Section:
    """How audits were judged overall, quarter by quarter, with the intervals of the two shares that have targets."""
    template = series.whole.template
    scale = template.scale
    ratings = list(series.whole.groups[0].overall.counts)
    quarters = [(_quarter(each), each.report) for each in series.quarters]
    shows_none = series.whole.groups[0].overall.not_judged > 0
    rows = tuple(
        _judged(name, report, ratings, shows_none=shows_none)
        for name, report in [*quarters, ("Whole year", series.whole)]
    )
    columns = (
        Column("Quarter"),
        *(Column(overall_label(template, rating), numeric=True) for rating in ratings),
        *([Column("No judgement", numeric=True)] if shows_none else []),
        Column(meets_in_words(scale), numeric=True),
        Column("95% interval", numeric=True),
        Column(f"Share {scale.label(scale.worst)}", numeric=True),
        Column(f"95% interval, {scale.label(scale.worst)}", numeric=True),
    )
    table = Table(f"judgements-{place}", f"{series.title}: audits by overall judgement", columns, rows)
    return Section(
        f"Overall judgements by quarter: {series.title}",
        paragraphs=(overall_sentence(series.whole.groups[0].overall, scale), *_of_lowest(series.whole)),
        table=table,
        sheet="breakdowns",
    )


def _of_lowest(report: GapReport) -> Iterator[str]:
    found, scale = report.groups[0].overall, report.template.scale
    if report.lowest is not None and found.judged:
        lowest = found.counts.get(scale.worst, 0)
        yield (
            f"{lowest:,} of {found.judged:,} audits ({percent(Fraction(lowest, found.judged)).text}) were judged "
            f"{scale.label(scale.worst)} overall. The target is at most {percent(report.lowest).text}."
        )


def _judged(name: str, report: GapReport | None, ratings: list[str], *, shows_none: bool) -> tuple[Cell, ...]:
    """`shows_none`: whether any audit of the year has no judgement."""
    if report is None:
        return (text(name), *[count(0)] * (len(ratings) + shows_none), *[NOTHING] * 4)
    found, worst = report.groups[0].overall, report.template.scale.worst
    lowest = found.counts.get(worst, 0)
    return (
        text(name),
        *(count(found.counts.get(rating, 0)) for rating in ratings),
        *([count(found.not_judged)] if shows_none else []),
        percent(found.share_meeting),
        text(interval(found.meeting_interval)) if found.meeting_interval else NOTHING,
        percent(Fraction(lowest, found.judged) if found.judged else None),
        text(interval(wilson(lowest, found.judged))) if found.judged else NOTHING,
    )


def _themes(series: Series, place: int) -> Section:
    """Each theme's share meeting the standard, quarter by quarter and over the year."""
    quarters = [quarter for quarter in series.quarters if quarter.report is not None]
    by_quarter = [
        {gap.key: gap for gap in quarter.report.groups[0].themes} for quarter in quarters if quarter.report is not None
    ]
    rows = tuple(
        (
            text(gap.label),
            *(_share(of_quarter.get(gap.key)) for of_quarter in by_quarter),
            gap_share(gap),
            text(interval(gap.meeting_interval)) if gap.meeting_interval else NOTHING,
            text(gap.state.label),
        )
        for gap in series.whole.groups[0].themes
    )
    columns = (
        Column("Theme"),
        *(Column(_quarter(quarter), numeric=True) for quarter in quarters),
        Column("Whole year", numeric=True),
        Column("95% interval", numeric=True),
        Column("State"),
    )
    table = Table(f"themes-{place}", f"{series.title}: share of applicable answers meeting the standard", columns, rows)
    return Section(f"Themes over the year: {series.title}", table=table, sheet="themes")


def _share(gap: Gap | None) -> Cell:
    return NOTHING if gap is None else gap_share(gap)


def _points(series: Series, place: int) -> Section:
    """The points for development of the year before, and how each has changed, in a sentence."""
    heading = f"Points for development, last year and this year: {series.title}"
    if series.why_not_compared:
        return Section(heading, paragraphs=(f"Not compared. {series.why_not_compared}",), sheet="changes")
    if not series.areas:
        said = "No theme was below the target last year or this year."
        if series.whole.target is None or (series.before is not None and series.before.target is None):
            said = "The rounds of one of the years share no target, so no theme is a point for development."
        return Section(heading, paragraphs=(said,), sheet="changes")
    rows = tuple(
        (text(each.change.label), text(each.course.label, tone=_TONES[each.course]), text(_in_words(each)))
        for each in series.areas
    )
    columns = (Column("Theme"), Column("This year"), Column("In words"))
    table = Table(f"points-{place}", f"{series.title}: points for development", columns, rows)
    return Section(heading, table=table, sheet="changes")


def _in_words(area: CarriedOver) -> str:
    before, this = area.change.before, area.change.now
    if before is None or this is None:
        return ""
    shares = f"{share_in_words(before)} met the standard last year, and {share_in_words(this)} this year."
    return f"{shares} {area.change.why}".rstrip()


def _follow_ups(report: YearReport) -> Iterator[Section]:
    """Audits at the lowest rating and their follow-ups, quarter by quarter and over the year."""
    if report.follow_ups:
        rows = [(_quarter(each) if each else "Whole year", counts) for each, counts in report.follow_ups]
        yield section_of(rows, first="Quarter", deleted=report.progress.deleted)


def _definitions() -> Iterator[str]:
    yield (
        "Counted are the closed rounds that were planned from the lines of the programme, each in the quarter in which "
        "it begins."
    )
    yield (
        "Expected, done, late, exempt: a late audit was submitted after its due date, or is due and not submitted. "
        "Exempt audits are not expected."
    )
    yield "Overall judgement: the agreed judgement of each audit, or the auditor’s where it was not agreed."
    yield "Intervals are Wilson 95% intervals. They say how far chance alone reaches, not how cases were chosen."
    yield (
        "Last year: the closed rounds with the same template that were due in the twelve months before the programme. "
        "A theme is a point for development when its share is below the target in all rounds of a year together."
    )
    yield (
        "Improved or worse: the whole 95% interval of the difference is above or below 0 (Newcombe). The two years are "
        "compared by their answers. The page of the change of each round says whether it was audited in the same way."
    )
    yield "Each template version has its own tables."
    yield "Do not share this report: it has true counts. Share snapshots instead."
