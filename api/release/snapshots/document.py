"""A snapshot as a document: released cells only, for people who may not read the audits behind them."""

from collections.abc import Mapping, Sequence
from datetime import date

from api.documents.document import (
    NOTHING,
    Cell,
    Chart,
    Column,
    Document,
    Kind,
    Section,
    Table,
    count,
    percent,
    points,
    text,
)
from api.release.snapshots.queries import DIMENSIONS, ReleasedReport
from api.reports.gaps.chart import NARROW, WIDE, described, gap_chart
from api.reports.round_report.document import TONES, interval
from api.reports.sentences import headline, in_percent, strengths
from api.reports.tallies import Breakdown
from checklists.disclosure import HIDDEN, Filters, Released, ReleasedGroup
from checklists.gaps import Gap, by_widest_gap

CONCEALED = Cell(HIDDEN, Kind.HIDDEN)
# Of a hidden theme it must stay open whether few answers were applicable, or few below the standard, or few not.
UNSAID = "cannot be shown: the numbers are small"


def released_document(
    report: ReleasedReport, *, title: str, made_on: date, filters: Mapping[str, Sequence[str]] | None = None
) -> Document:
    """All that a snapshot shows: the whole and each breakdown, or the one cell that `filters` name. Raises Invalid."""
    wanted, group = report.group(filters or {})
    sections = [_summary(report, group), _themes(report, group)]
    if not wanted:
        sections += [_strengths(report, group), _domains(report, group)]
        sections += [_heat_map(report, breakdown) for breakdown in DIMENSIONS if report.labels[breakdown.value]]
        sections += [_counted(report, group)]
    return Document(
        title=title,
        subtitle=(
            f"{report.round_title}. Period under review {report.period_from:%d %B %Y} to {report.period_to:%d %B %Y}."
            f"{f' Only {in_words(report, wanted)}.' if wanted else ''}"
        ),
        marking=marking(report),
        made_on=made_on,
        sections=(*sections, _definitions(report)),
    )


def marking(report: ReleasedReport) -> str:
    """What stands at the head of every page of a snapshot."""
    rule = report.rule
    return (
        f"Released under disclosure control: numbers under {rule.smallest} are hidden ({HIDDEN}), others rounded to "
        "the "
        f"nearest {rule.rounding}."
    )


def in_words(report: ReleasedReport, filters: Filters) -> str:
    """What a cell is about: "team North locality and status Child in need"."""
    return " and ".join(f"{Breakdown(name).label.lower()} {report.labels[name][value]}" for name, value in filters)


def rounded_count(number: int | None) -> Cell:
    """A released number, or the sign that it is hidden."""
    return CONCEALED if number is None else count(number)


def _summary(report: ReleasedReport, group: ReleasedGroup) -> Section:
    if group.audits is None:
        return Section("In short", paragraphs=(f"Fewer than {report.rule.smallest} audits: nothing can be shown.",))
    about = f"About {group.audits:,} audits"
    return Section(
        "In short", paragraphs=(headline(report.gaps(group), audits=about, target=report.target, unsaid=UNSAID),)
    )


def _themes(report: ReleasedReport, group: ReleasedGroup) -> Section:
    gaps = report.gaps(group)
    cells = dict(zip(report.template.theme_keys, group.themes, strict=True))
    columns = (
        Column("Theme"),
        Column("State"),
        Column("Rank", numeric=True),
        Column("Gap (points)", numeric=True),
        Column("Meets the standard", numeric=True),
        Column("95% interval", numeric=True),
        Column("Below the standard", numeric=True),
        Column("Applicable", numeric=True),
    )
    title = "Share meeting the standard, with its 95% interval, against the target"
    shown = [gap for gap in gaps if gap.share_meeting is not None]
    wide, narrow = (gap_chart(shown, target=report.target, title=title, layout=each) for each in (WIDE, NARROW))
    chart = Chart(
        "themes", title, described(by_widest_gap(shown), report.target), wide, narrow, 4, float(report.target)
    )
    return Section(
        "Themes, widest gap first",
        chart=chart if shown else None,
        table=Table(
            "themes",
            "Every theme against the target",
            columns,
            tuple(_theme_row(gap, cells[gap.key]) for gap in by_widest_gap(gaps)),
        ),
        sheet="themes",
    )


def _theme_row(gap: Gap, cell: Released) -> tuple[Cell, ...]:
    applicable = rounded_count(cell.applicable)
    below = count(cell.below) if cell.below is not None else Cell(cell.below_text, Kind.HIDDEN)
    if gap.share_meeting is None:
        return (text(gap.label), CONCEALED, NOTHING, CONCEALED, CONCEALED, NOTHING, below, applicable)
    return (
        text(gap.label),
        text(gap.state.label, tone=TONES[gap.state]),
        NOTHING if gap.rank is None else count(gap.rank),
        points(gap.gap),
        percent(gap.share_meeting),
        text(interval(gap.meeting_interval)),
        below,
        applicable,
    )


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
                Column("Meets the standard", numeric=True),
                Column("Gap (points)", numeric=True),
            ),
            rows,
        ),
        sheet="themes",
    )


def _heat_map(report: ReleasedReport, breakdown: Breakdown) -> Section:
    values = report.labels[breakdown.value]
    groups = [(label, report.lattice.groups[((breakdown.value, value),)]) for value, label in values.items()]
    columns = (
        Column("Theme"),
        *(
            Column(f"{label} ({HIDDEN if group.audits is None else group.audits})", numeric=True)
            for label, group in groups
        ),
    )
    gaps = [report.gaps(group) for _, group in groups]
    rows = tuple(
        (
            text(theme.label),
            *(
                CONCEALED
                if of_group[place].share_meeting is None
                else percent(of_group[place].share_meeting, tone=TONES[of_group[place].state])
                for of_group in gaps
            ),
        )
        for place, theme in enumerate(report.template.themes)
    )
    label = breakdown.label.lower()
    return Section(
        f"By {label}",
        paragraphs=(f"Share meeting the standard. The rounded number of audits stands beside each {label}.",),
        table=Table(f"by-{breakdown.value}", f"Themes by {label}", columns, rows, heat=True),
        sheet="breakdowns",
    )


def _counted(report: ReleasedReport, group: ReleasedGroup) -> Section:
    rows = [
        (text("Counted"), rounded_count(group.audits)),
        *((text(f"Left out: {why.label.lower()}"), rounded_count(number)) for why, number in report.left_out.items()),
    ]
    return Section(
        "What was counted",
        paragraphs=("Submitted audits are counted; of two readings of a case, the first.",),
        table=Table("counted", "Audits of the round", (Column("Audits"), Column("Number", numeric=True)), tuple(rows)),
    )


def _definitions(report: ReleasedReport) -> Section:
    rule, template = report.rule, report.template
    return Section(
        "Method and definitions",
        points=(
            (
                f"Standard: {template.scale.label(template.scale.standard)} or better. "
                f"Target: {in_percent(report.target)} of applicable answers meeting it."
            ),
            (
                f"Hidden ({HIDDEN}): a number of audits or applicable answers under {rule.smallest}, nought included; "
                "a number "
                f"below the standard of {rule.small_gap} or fewer; and as few that are not below it (“less {HIDDEN}”)."
            ),
            (
                f"Every other number is rounded to the nearest {rule.rounding}, and every share, interval, gap, state "
                "and rank is "
                "worked out from rounded numbers."
            ),
            "Gap: the target less the share meeting the standard, in percentage points, never below 0.",
            "Interval: Wilson's 95% interval of a share (E. B. Wilson, 1927; R. G. Newcombe, 1998, method 3).",
            (
                "A snapshot never changes. It answers for the whole, for one value of team, status, age band, form "
                "of harm or "
                "audit mode, and for two values of different ones."
            ),
        ),
        sheet="definitions",
    )
