"""The gap report as text: its CSV file, its table in a terminal, and its columns, each described once."""

import io
import uuid
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from rich.console import Console

from api.documents.document import Chart, Column, Document, Origin, Section, Table, count, text
from api.documents.terminal import print_compactly
from api.documents.writers.csv import write_table
from api.reports.breakdowns import SPLITS, Breakdown
from api.reports.gaps import columns as gap_columns
from api.reports.gaps.columns import MEETS, THEME_COLUMNS, GapColumn, gap_table
from api.reports.gaps.document import flat_table, gap_document, terminal_document
from api.reports.gaps.queries import GapReport, Group
from api.reports.gaps.sections import share_chart, themes_section
from api.reports.tallies import ExclusionReason
from checklists.reports.gaps import theme_and_domain_gaps, theme_gaps
from checklists.reports.overall import distribution
from checklists.templates.template_file import check_template
from models import Round
from tests.desk import SMALL

TEMPLATE = check_template(SMALL)
TALLIES = {("voice", "good"): 1200, ("voice", "inadequate"): 300, ("planning", "inadequate"): 2}
CSV = """\
"Rounds","Team","Level","Key","Title","Audits","Applicable","Outstanding","Good","Requires improvement",\
"Inadequate","Not evidenced","Not applicable","Answers meeting","Answers below","Meets the standard (%)",\
"95% interval from (%)","95% interval to (%)","Target (%)","Gap (points)","State","Rank"
"'=Spring, round; Autumn","'=North","Learning domain","the-child","The child","1500","1500","0","1200","0",\
"300","0","0","1200","300","80.0","77.9","81.9","90","10.0","Gap","1"
"'=Spring, round; Autumn","'=North","Learning domain","practice","Practice","1500","2","0","0","0","2","0",\
"0","0","2","0.0","0.0","65.8","90","90.0","Too few to say",""
"'=Spring, round; Autumn","'=North","Theme","voice","Voice of the child","1500","1500","0","1200","0","300",\
"0","0","1200","300","80.0","77.9","81.9","90","10.0","Gap","1"
"'=Spring, round; Autumn","'=North","Theme","daily-life","Daily life","1500","0","0","0","0","0","0","0","0",\
"0","","","","90","","Too few to say",""
"'=Spring, round; Autumn","'=North","Theme","planning","Planning","1500","2","0","0","0","2","0","0","0","2",\
"0.0","0.0","65.8","90","90.0","Too few to say",""
"'=Spring, round; Autumn","'=North","Theme","challenge","Challenge","1500","0","0","0","0","0","0","0","0",\
"0","","","","90","","Too few to say",""
"""
TERMINAL = """
Gap report: =Spring, round, Autumn
Organisation: North Council
Counted: 1,500 of 1,503 audits.
Date: 31 March 2026
Target 90% meeting the standard (Good).
=North (1500 audits)

 Rank   Theme                 Meets   95% interval   Applicable    Gap   State
"""


def a_report() -> GapReport:
    themes, domains = theme_and_domain_gaps(TEMPLATE, TALLIES, audits=1500, target=Fraction(90, 100), minimum=5)
    day = date(2026, 3, 31)
    plan: dict[str, Any] = {"template_id": uuid.uuid4(), "template_version": 1, "organisation_id": 1}
    rounds = tuple(
        Round(title=title, period_from=day, period_to=day, due_on=day, **plan) for title in ("=Spring, round", "Autumn")
    )
    return GapReport(
        rounds=rounds,
        template=TEMPLATE,
        breakdown=Breakdown.TEAM,
        target=Fraction(90, 100),
        minimum=5,
        groups=(Group("north", "=North", 1500, themes, domains, distribution(TEMPLATE, {"good": 1500})),),
        counted=1500,
        left_out={ExclusionReason.RETURNED: 3, ExclusionReason.WITHDRAWN: 0},
        notes=("A note [of] the rounds.",),
    )


def printed(width: int) -> str:
    out = io.StringIO()
    origin = Origin("North Council", counted="1,500 of 1,503 audits.")
    shown = terminal_document(a_report(), made_on=date(2026, 3, 31), origin=origin)
    print_compactly(shown, Console(file=out, width=width))
    return out.getvalue()


def test_the_csv_file_is_an_interface_and_stays_as_it_is() -> None:
    assert write_table(flat_table(a_report())) == CSV.replace("\n", "\r\n")


def test_the_terminal_shows_what_was_counted_then_domains_then_themes_with_the_widest_gap_first() -> None:
    lines = [line.rstrip() for line in printed(120).splitlines()]
    assert lines[: len(TERMINAL.splitlines())] == TERMINAL.splitlines()
    order = ["The child", "Practice", "Voice of the child", "Daily life", "Planning", "Challenge"]
    assert [name for line in lines for name in order if f"  {name}  " in line] == order
    assert "    1   The child             80.0%     78% to 82%         1500   10.0   Gap" in lines
    assert lines[-1] == "Note: A note [of] the rounds."


def test_figures_stay_in_one_line_in_a_narrow_terminal() -> None:
    assert "78% to 82%" in printed(80)
    assert max(map(len, printed(80).splitlines())) <= 80


def shares_of(document: Document, name: str) -> set[str]:
    """What the tables of a document show under the heading of the share, for the theme or learning domain."""
    tables = [table for table in document.tables if any(column.label == MEETS for column in table.columns)]
    assert tables
    return {row[table.place_of(MEETS)].text for table in tables for row in table.rows if row[0].text == name}


def test_a_theme_has_one_share_and_it_is_the_one_that_meets_wherever_it_is_shown() -> None:
    report, day = a_report(), date(2026, 3, 31)
    document = gap_document(report, made_on=day, origin=Origin())
    assert shares_of(document, "Voice of the child") == {"80%"}
    heat = next(table for table in document.tables if table.heat)
    assert heat.rows[0][1].text == "80%"
    assert heat.mark_of(heat.rows[0][1]) == "■"
    assert heat.legend == "● on target, ■ gap, ◆ possible gap, ○ too few to say."
    flat = flat_table(report)
    row = next(row for row in flat.rows if row[3].text == "voice")
    assert row[flat.place_of("Meets the standard (%)")].text == "80.0"
    terminal = terminal_document(report, made_on=day, origin=Origin()).tables[0]
    assert {row[terminal.place_of("Meets")].text for row in terminal.rows if row[1].text == "The child"} == {"80.0%"}
    labels = {column.label.lower() for table in (*document.tables, flat, terminal) for column in table.columns}
    assert not {label for label in labels if "share" in label or label == "below"}


def test_a_chart_follows_its_column_wherever_it_stands() -> None:
    gaps = theme_gaps(TEMPLATE, TALLIES, audits=1500, target=Fraction(90, 100), minimum=5)
    chart = share_chart(gaps, Fraction(90, 100))
    added = GapColumn("Audits", lambda gap, _: count(gap.audits))
    for columns in (THEME_COLUMNS, (THEME_COLUMNS[0], added, *THEME_COLUMNS[1:])):
        section = themes_section(gap_table("themes", "Themes", gaps, columns), chart)
        assert section.table is not None
        assert section.table.columns[section.table.place_of(chart.column)].label == MEETS
        assert section.table.rows[0][section.table.place_of(chart.column)].text == "80%"


@pytest.mark.parametrize("labels", [("Theme", "Another"), ("Theme", MEETS, MEETS)])
def test_a_chart_of_no_column_or_of_one_of_two_is_refused(labels: tuple[str, ...]) -> None:
    table = Table("themes", "Themes", tuple(map(Column, labels)), (tuple(map(text, labels)),))
    with pytest.raises(ValueError, match="values to unpack"):
        Section("Themes", chart=Chart("themes", "Shares", "", "", "", MEETS), table=table)


def test_every_breakdown_is_described() -> None:
    assert {breakdown.value: breakdown.label for breakdown in Breakdown} == {
        "whole": "All audits together",
        "team": "Team",
        "status": "Status",
        "age-band": "Age band",
        "form-of-harm": "Form of harm",
        "mode": "Audit method",
    }
    assert [*SPLITS] == [breakdown for breakdown in Breakdown if breakdown.grouping.column is not None]


def test_no_two_columns_of_a_table_have_one_heading() -> None:
    labels = [column.label for column in THEME_COLUMNS]
    assert len(set(labels)) == len(labels)
    terminal = [column.label for column in gap_columns.TERMINAL_COLUMNS]
    assert len(set(terminal)) == len(terminal)
