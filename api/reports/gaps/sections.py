"""Sections that the round report and snapshots have in common: themes with their chart, heat maps, what was counted."""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Final

from api.documents.document import Cell, Chart, Column, Section, Table, text
from api.reports.breakdowns import NamedSplit
from api.reports.gaps.chart import NARROW, STATES, WIDE, described, gap_chart
from api.reports.gaps.columns import MEETS, TONES
from api.reports.sentences import in_percent, lowered
from checklists.reports.gaps import Gap, GapState, by_widest_gap
from checklists.templates.template import Template as TemplateContent

MARKING: Final = (
    "Internal: true counts, for people who can read all audits. Do not share this report; share a snapshot instead."
)
INTERVAL_DEFINITION: Final = (
    "Interval: Wilson's 95% interval of a share (E. B. Wilson, 1927; R. G. Newcombe, 1998, method 3)."
)
GAP_DEFINITION: Final = "Gap: the target minus the share meeting the standard, in percentage points, never below 0."


def standard_definition(template: TemplateContent, target: Fraction | None) -> str:
    """What the standard is, and the target."""
    scale = template.scale
    aim = (
        "No target yet"
        if target is None
        else f"Target: {in_percent(target)} of applicable answers meeting the standard"
    )
    return f"Standard: {scale.label(scale.standard)} or better. {aim}."


def share_chart(
    gaps: Sequence[Gap],
    target: Fraction | None,
    *,
    key: str = "themes",
    states: Mapping[GapState, str] = STATES,
) -> Chart:
    """The chart of shares meeting the standard with their intervals, beside the table that has them."""
    title = "Share meeting the standard, with its 95% interval"
    title += "" if target is None else ", against the target"
    wide, narrow = (
        gap_chart(gaps, target=target, title=title, layout=layout, identifier=f"chart-{key}", states=states)
        for layout in (WIDE, NARROW)
    )
    return Chart(
        key,
        title,
        described(by_widest_gap(gaps), target, states),
        wide,
        narrow,
        MEETS,
        None if target is None else float(target),
    )


def themes_section(table: Table, chart: Chart | None, *, heading: str = "Themes, largest gap first") -> Section:
    """Every theme, widest gap first, with the chart of `table`."""
    return Section(heading, chart=chart, table=table, sheet="themes")


def heat_map(
    breakdown: NamedSplit,
    template: TemplateContent,
    groups: Iterable[tuple[str, Sequence[Cell]]],
    paragraphs: tuple[str, ...],
    *,
    states: Mapping[GapState, str] = STATES,
    hidden: Cell | None = None,
) -> Section:
    """Themes by the groups of a breakdown: each group's heading, and its cell for every theme in template order.

    A theme whose cells are all `hidden` has no row.
    """
    of_groups = list(groups)
    label = lowered(breakdown.label_in(template))
    columns = (Column("Theme"), *(Column(heading, numeric=True) for heading, _ in of_groups))
    of_themes = zip(template.themes, *(cells for _, cells in of_groups), strict=True)
    rows = tuple(
        (text(theme.label), *cells)
        for theme, *cells in of_themes
        if hidden is None or not all(cell is hidden for cell in cells)
    )
    return Section(
        f"By {label}",
        paragraphs=paragraphs,
        table=Table(
            f"by-{breakdown.value}",
            f"Themes by {label}",
            columns,
            rows,
            heat=True,
            meanings=tuple((TONES[state], states[state].lower()) for state in states),
        ),
        sheet="breakdowns",
    )


def counted_section(numbers: Iterable[tuple[str, Cell]]) -> Section:
    """Which audits are counted and which are left out, each kind with its number."""
    rows = tuple((text(label), number) for label, number in numbers)
    return Section(
        "Audits counted",
        paragraphs=("Submitted audits are counted. If a case has 2 readings, the first is counted.",),
        table=Table("counted", "Audits of the round", (Column("Audits"), Column("Number", numeric=True)), rows),
    )
