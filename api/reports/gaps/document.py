"""The gap report as a document for the terminal, and as one table for programs that read CSV."""

from dataclasses import replace
from datetime import date
from typing import Final

from api.documents.document import Cell, Column, Document, Section, Table, text
from api.reports.gaps.columns import TERMINAL_COLUMNS, csv_columns, gap_table, nowhere
from api.reports.gaps.queries import GapReport, Group
from api.reports.gaps.sections import MARKING
from checklists.reports.gaps import by_widest_gap

EXPLANATION: Final = (
    "n: applicable answers. Below: share below the standard. Gap: percentage points short of the target."
)


def gap_document(report: GapReport, *, made_on: date) -> Document:
    """What was counted, and a table for each group: learning domains, then themes with the widest gap first."""
    left_out = ", ".join(f"{number} {reason.label.lower()}" for reason, number in report.left_out.items() if number)
    scale = report.template.scale
    counted = (
        f"{report.counted} audits counted; left out: {left_out or 'none'}. "
        f"Target {int(report.target * 100)}% meeting the standard ({scale.label(scale.standard)})."
    )
    return Document(
        title="Gap report",
        subtitle=", ".join(audit_round.title for audit_round in report.rounds),
        marking=MARKING,
        made_on=made_on,
        sections=(
            Section("What was counted", paragraphs=(counted,)),
            *(Section(group.label, table=_table_of(group), sheet="themes") for group in report.groups),
            *([Section("Notes", paragraphs=tuple(f"Note: {note}" for note in report.notes))] if report.notes else []),
        ),
    )


def _table_of(group: Group) -> Table:
    gaps = (*group.domains, *by_widest_gap(group.themes))
    caption = f"{group.label} ({group.audits} audits)"
    table = gap_table(f"group-{group.key}", caption, gaps, TERMINAL_COLUMNS)
    return replace(table, note=EXPLANATION, faint=len(group.domains))


def flat_table(report: GapReport) -> Table:
    """Every learning domain and theme of every group as a row of one table."""
    rounds = text("; ".join(audit_round.title for audit_round in report.rounds))
    columns = csv_columns(report.template.scale, report.target)
    rows: list[tuple[Cell, ...]] = []
    for group in report.groups:
        for level, gaps in (("Learning domain", group.domains), ("Theme", group.themes)):
            said = (rounds, text(group.label), text(level))
            rows += [(*said, *(column.cell(gap, nowhere) for column in columns)) for gap in gaps]
    head = (Column("Rounds"), Column(report.breakdown.label), Column("Level"), *(column.head for column in columns))
    return Table("gaps", "Gap report", head, tuple(rows))
