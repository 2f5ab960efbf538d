"""The gap report in a terminal."""

from fractions import Fraction

from rich import box
from rich.console import Console
from rich.table import Table

from api.reports.gaps.queries import GapReport, Group
from checklists.gaps import Gap, GapState, by_widest_gap

STYLES = {
    GapState.GAP: "bold red",
    GapState.POSSIBLE_GAP: "yellow",
    GapState.ON_TARGET: "green",
    GapState.TOO_FEW: "dim",
}


def print_gap_report(report: GapReport, console: Console) -> None:
    """Print what was counted, and a table for each group: learning domains, then themes with the widest gap first."""
    titles = ", ".join(audit_round.title for audit_round in report.rounds)
    left_out = ", ".join(f"{number} {reason.label.lower()}" for reason, number in report.left_out.items() if number)
    console.print(f"\n[bold]Gap report[/bold]: {titles}", highlight=False)
    console.print(
        f"{report.counted} audits counted; left out: {left_out or 'none'}. "
        f"Target {int(report.target * 100)}% meeting the standard "
        f"({report.template.scale.label(report.template.scale.standard)}).",
        highlight=False,
    )
    for group in report.groups:
        console.print(_table(group))
    for note in report.notes:
        console.print(f"Note: {note}", highlight=False)


def _table(group: Group) -> Table:
    table = Table(
        title=f"{group.label} ({group.audits} audits)",
        caption="n: applicable answers. Below: share below the standard. Gap: percentage points short of the target.",
        title_justify="left",
        caption_justify="left",
        box=box.SIMPLE,
        pad_edge=False,
    )
    table.add_column("Rank", justify="right")
    table.add_column("Theme")
    for heading in ("n", "Below", "95% interval", "Gap"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("State", no_wrap=True)
    for gap in group.domains:
        table.add_row(*_cells(gap), style="dim")
    table.add_section()
    for gap in by_widest_gap(group.themes):
        table.add_row(*_cells(gap))
    return table


def _cells(gap: Gap) -> tuple[str, ...]:
    low, high = gap.below_interval or (None, None)
    return (
        "" if gap.rank is None else str(gap.rank),
        gap.label,
        str(gap.applicable),
        _percent(gap.share_below),
        "" if low is None or high is None else f"{100 * low:.0f}% to {100 * high:.0f}%",
        "" if gap.gap is None else f"{float(100 * gap.gap):.1f}",
        f"[{STYLES[gap.state]}]{gap.state.label}[/]",
    )


def _percent(share: Fraction | None) -> str:
    return "" if share is None else f"{float(100 * share):.1f}%"
