"""A snapshot as a document: released cells only, for people who may not read the audits behind them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from api.documents.document import (
    Column,
    Document,
    Origin,
    Section,
    Table,
    count,
    percent,
    points,
    text,
)
from api.release.snapshots.queries import ReleasedReport
from api.reports.breakdowns import SPLITS, Breakdown
from api.reports.gaps.columns import CONCEALED, MEETS, THEME_COLUMNS, TONES, gap_table, interval, rounded_count
from api.reports.gaps.sections import (
    GAP_DEFINITION,
    INTERVAL_DEFINITION,
    counted_section,
    heat_map,
    share_chart,
    standard_definition,
    themes_section,
)
from api.reports.overall import HEADING, meets_in_words
from api.reports.sentences import headline, in_percent, strengths
from checklists.release.disclosure import HIDDEN, Filters, ReleasedGroup
from checklists.reports.gaps import by_widest_gap
from checklists.statistics.intervals import wilson
from models import Snapshot

# Must not tell whether few answers were applicable, few below the standard, or few not below it.
UNSAID = "cannot be shown: the numbers are small"


def released_document(
    report: ReleasedReport, *, title: str, made_on: date, filters: Mapping[str, Sequence[str]] | None = None
) -> Document:
    """The snapshot in all and by each breakdown, or only the cell that `filters` name. Raises Invalid."""
    wanted, group = report.group(filters or {})
    sections = [_summary(report, group), *_overall(report, group), _themes(report, group)]
    if not wanted:
        sections += [_strengths(report, group), _domains(report, group)]
        sections += [_heat_map(report, breakdown) for breakdown in report.splits]
        sections += [_counted(report, group)]
    return Document(
        title=title,
        subtitle=f"Only {in_words(report, wanted)}." if wanted else "",
        marking=marking(report),
        made_on=made_on,
        sections=(*sections, _definitions(report)),
        origin=released_origin(report, group),
        kind="snapshot-part" if wanted else "snapshot",
    )


def released_origin(report: ReleasedReport, group: ReleasedGroup) -> Origin:
    """Where a released document comes from: rounded counts, and the role of its author instead of a name."""
    rule = report.rule
    counted = (
        f"Fewer than {rule.smallest} audits."
        if group.audits is None
        else f"About {group.audits:,} audits, rounded to the nearest {rule.rounding}."
    )
    return Origin(
        organisation=report.organisation,
        rounds=(report.round_title,),
        period=(report.period_from, report.period_to),
        made_by="A quality lead",
        counted=counted,
    )


def document_of(
    snapshot: Snapshot, report: ReleasedReport, filters: Mapping[str, Sequence[str]] | None = None
) -> Document:
    """What a snapshot shows, under its title and the day it was made. Raises Invalid for filters that ask for more."""
    return released_document(report, title=snapshot.title, made_on=snapshot.made_at.date(), filters=filters)


def marking(report: ReleasedReport) -> str:
    """The marking on every page of a snapshot."""
    rule = report.rule
    return (
        f"Released under disclosure control: numbers under {rule.smallest} are hidden ({HIDDEN}), others rounded to "
        "the "
        f"nearest {rule.rounding}."
    )


def in_words(report: ReleasedReport, filters: Filters) -> str:
    """Filters in words: "team North locality and status Child in need"."""
    return " and ".join(f"{Breakdown(name).label.lower()} {report.labels[name][value]}" for name, value in filters)


def _summary(report: ReleasedReport, group: ReleasedGroup) -> Section:
    if group.audits is None:
        return Section("In short", paragraphs=(f"Fewer than {report.rule.smallest} audits: nothing can be shown.",))
    opening = f"About {group.audits:,} audits counted"
    return Section(
        "In short", paragraphs=(headline(report.gaps(group), opening=opening, target=report.target, unsaid=UNSAID),)
    )


def _overall(report: ReleasedReport, group: ReleasedGroup) -> list[Section]:
    """The share of audits judged to meet the standard overall, from rounded numbers; none in an older snapshot."""
    shown = report.overall(group)
    if shown is None:
        return []
    scale = report.template.scale
    meets = meets_in_words(scale)
    if shown.applicable is None or shown.below is None:
        words, cells = f"The share judged {meets} overall {UNSAID}.", (CONCEALED, CONCEALED, CONCEALED)
    else:
        meeting, share = shown.applicable - shown.below, shown.share_meeting
        ends = interval(wilson(meeting, shown.applicable))
        words = (
            f"About {meeting:,} of {shown.applicable:,} audits ({in_percent(share)}, 95% interval {ends}) were judged "
            f"{meets} overall."
        )
        cells = (count(meeting), percent(share), text(ends))
    columns = (
        Column("Overall judgement"),
        Column("Audits judged", numeric=True),
        Column("Audits", numeric=True),
        Column("Of those judged", numeric=True),
        Column("95% interval", numeric=True),
    )
    row = (text(meets), rounded_count(shown.applicable), *cells)
    return [
        Section(
            HEADING,
            paragraphs=(words,),
            table=Table("overall", "Audits that meet the standard overall", columns, (row,)),
            sheet="themes",
        )
    ]


def _themes(report: ReleasedReport, group: ReleasedGroup) -> Section:
    gaps = report.gaps(group)
    released = report.themes(group)
    shown = [gap for gap in gaps if gap.share_meeting is not None]
    table = gap_table("themes", "Every theme against the target", by_widest_gap(gaps), THEME_COLUMNS, released=released)
    return themes_section(table, share_chart(shown, report.target) if shown else None)


def _strengths(report: ReleasedReport, group: ReleasedGroup) -> Section:
    found = strengths(report.gaps(group))
    if not found:
        return Section("Strengths", paragraphs=("No theme that can be shown reached the target.",))
    return Section(
        "Strengths",
        paragraphs=("Themes on target, the strongest first.",),
        points=tuple(f"{gap.label}: {in_percent(gap.share_meeting)}" for gap in found),
    )


def _domains(report: ReleasedReport, group: ReleasedGroup) -> Section:
    rows = tuple(
        (text(gap.label), percent(gap.share_meeting), points(gap.gap))
        if gap.share_meeting is not None
        else (text(gap.label), CONCEALED, CONCEALED)
        for gap in report.domains(group)
    )
    return Section(
        "Learning domains",
        table=Table(
            "domains",
            "The themes of each that are shown, pooled",
            (
                Column("Learning domain"),
                Column(MEETS, numeric=True),
                Column("Gap (points)", numeric=True),
            ),
            rows,
        ),
        sheet="themes",
    )


def _heat_map(report: ReleasedReport, breakdown: Breakdown) -> Section:
    """The values and themes of which anything is shown; sentences name the others.

    A value without audits and one with few are named alike.
    """
    label = breakdown.label.lower()
    groups, hidden = [], []
    for value, name in report.labels[breakdown.value].items():
        group = report.lattice.groups[((breakdown.value, value),)]
        gaps = report.gaps(group)
        heading = name if group.audits is None else f"{name} ({group.audits})"
        if all(gap.share_meeting is None for gap in gaps):
            hidden.append(heading)
            continue
        cells = [
            CONCEALED if gap.share_meeting is None else percent(gap.share_meeting, tone=TONES[gap.state])
            for gap in gaps
        ]
        groups.append((heading if group.audits is not None else f"{name} ({HIDDEN})", cells))
    left_out = [f"Hidden, because the numbers are small or 0: {'; '.join(hidden)}."] if hidden else []
    if not groups:
        return Section(f"By {label}", paragraphs=tuple(left_out), sheet="breakdowns")
    of_themes = zip(report.template.themes, *(cells for _, cells in groups), strict=True)
    unseen = [theme.label for theme, *cells in of_themes if all(cell is CONCEALED for cell in cells)]
    if unseen:
        left_out.append(f"Hidden in every {label}: {'; '.join(unseen)}.")
    words = f"Share meeting the standard. The rounded number of audits is beside each {label}."
    made = heat_map(breakdown, report.template, groups, (words, *left_out))
    assert made.table is not None  # noqa: S101 - a heat map is a table
    rows = tuple(row for row in made.table.rows if not all(cell is CONCEALED for cell in row[1:]))
    return replace(made, table=replace(made.table, rows=rows))


def _counted(report: ReleasedReport, group: ReleasedGroup) -> Section:
    left_out = report.left_out.items()
    return counted_section(
        [
            ("Counted", rounded_count(group.audits)),
            *((f"Left out: {why.label.lower()}", rounded_count(number)) for why, number in left_out),
        ]
    )


def _definitions(report: ReleasedReport) -> Section:
    rule = report.rule
    return Section(
        "Method and definitions",
        points=(
            standard_definition(report.template, report.target),
            (
                f"Hidden ({HIDDEN}): a number of audits or applicable answers under {rule.smallest}, 0 included; "
                "a number "
                f"below the standard of {rule.small_gap} or fewer; and as few that are not below it (“less {HIDDEN}”)."
            ),
            (
                f"Every other number is rounded to the nearest {rule.rounding}, and every share, interval, gap, state "
                "and rank is "
                "worked out from rounded numbers."
            ),
            GAP_DEFINITION,
            INTERVAL_DEFINITION,
            (
                f"A snapshot never changes. It answers for the whole, for one value of {_one_of(SPLITS)}, and for two "
                "values of different ones."
            ),
        ),
        sheet="definitions",
    )


def _one_of(breakdowns: Sequence[Breakdown]) -> str:
    """ "team, status or age band"."""
    *others, last = (breakdown.label.lower() for breakdown in breakdowns)
    return f"{', '.join(others)} or {last}"
