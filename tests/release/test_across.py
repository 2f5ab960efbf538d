"""Across organisations: released numbers of at least five, none of them over half; and snapshots in a terminal."""

import io
import random
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from api.audits.complete import actions as complete_audits
from api.audits.complete.routes import CompleteAuditIn
from api.cli import cli
from api.foundation.problems import NotFound
from api.release.across import across_organisations
from api.release.snapshots import actions as snapshots
from api.release.snapshots.actions import NewSnapshot
from api.release.snapshots.queries import read_released
from checklists.release.disclosure import LEAST_ORGANISATIONS, Released, ReleaseRule, sum_over_organisations
from models import Snapshot
from models.storage.database import Database
from tests.live import Ground, a_complete_audit, a_ground
from tests.writing_times import filling_for_a_test

A_CELL = st.one_of(
    st.builds(Released, st.sampled_from(range(10, 400, 5)), st.sampled_from((5, 10))),
    st.just(Released(None)),
    st.builds(Released, st.sampled_from(range(10, 400, 5))),
)


@given(st.lists(A_CELL, max_size=9))
def test_a_sum_is_shown_only_of_five_or_more_none_of_them_over_half(cells: list[Released]) -> None:
    shown = [cell for cell in cells if cell.applicable is not None and cell.below is not None]
    numbers = [cell.applicable or 0 for cell in shown]
    rule = ReleaseRule()
    found, possible = sum_over_organisations([(cell, rule.possible(cell)) for cell in cells])
    if len(shown) >= LEAST_ORGANISATIONS and 2 * max(numbers) <= sum(numbers):
        assert found == Released(sum(numbers), sum(cell.below or 0 for cell in shown))
        assert possible is not None
        assert possible.applicable == (sum(numbers) - 2 * len(shown), sum(numbers) + 2 * len(shown))
    else:
        assert (found, possible) == (Released(None), None)


def an_organisation_with_a_snapshot(database: Database, seed: int, *, publish: bool = True) -> tuple[Ground, Snapshot]:
    ground, chance = a_ground(database), random.Random(seed)
    audits = [CompleteAuditIn.model_validate(a_complete_audit(ground, chance)).to_complete() for _ in range(40)]
    with filling_for_a_test(), database.writing() as session:
        complete_audits.record_audits(session, audits=audits, by=ground.lead)
    with database.writing() as session:
        made = snapshots.make_snapshot(session, round_id=ground.round_id, snapshot=NewSnapshot("Ours"), by=ground.lead)
        if publish:
            snapshots.publish_snapshot(session, snapshot_id=made.id, by=ground.lead)
    return ground, made


@pytest.mark.both_databases
def test_published_snapshots_are_added_up_and_those_that_are_not_are_left_out(
    database: Database, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.reading() as session, pytest.raises(NotFound):
        across_organisations(session, template_key="scr-themes")
    made = [an_organisation_with_a_snapshot(database, seed)[1] for seed in range(4)]
    an_organisation_with_a_snapshot(database, 9, publish=False)
    with database.reading() as session:
        early = across_organisations(session, template_key="scr-themes")
    assert early.organisations == 4
    assert set(early.themes.values()) == {Released(None)}
    assert set(early.possible.values()) == {None}
    made.append(an_organisation_with_a_snapshot(database, 5)[1])
    with database.reading() as session:
        found = across_organisations(session, template_key="scr-themes")
        reports = [read_released(session, snapshot) for snapshot in made]
        cells = [
            (cell, report.rule.possible(cell)) for report in reports for cell in [report.lattice.groups[()].themes[0]]
        ]
        with pytest.raises(NotFound):
            across_organisations(session, template_key="another")
    assert found.organisations == 5
    assert found.themes["childrens-lived-experience"] == sum_over_organisations(cells)[0]
    gap = found.certain("childrens-lived-experience")
    assert gap is not None
    assert gap.share_meeting is not None
    assert gap.between[0] < gap.share_meeting < gap.between[1]
    assert found.themes["childrens-lived-experience"].applicable is not None
    monkeypatch.setenv("CASEAUDIT_DATABASE_URL", database_url)
    printed = CliRunner().invoke(cli, ["report", "across"])
    assert printed.exit_code == 0
    assert "5 organisations have published a snapshot" in printed.stdout
    file = tmp_path / "across.xlsx"
    assert CliRunner().invoke(cli, ["report", "across", "--output", str(file)]).exit_code == 0
    sheet = openpyxl.load_workbook(io.BytesIO(file.read_bytes()))["Themes"]
    assert any(cell.value == "Neglect" for row in sheet.iter_rows() for cell in row)


def test_a_snapshot_in_the_terminal_holds_what_its_page_holds(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, made = an_organisation_with_a_snapshot(database, 1)
    with database.reading() as session:
        cell = read_released(session, made).lattice.groups[()].themes[0]
    monkeypatch.setenv("CASEAUDIT_DATABASE_URL", database_url)
    monkeypatch.setenv("COLUMNS", "300")
    with database.reading() as session:
        email = next(iter(session.connection().exec_driver_sql("SELECT email FROM person WHERE name = 'Lena'")))[0]
    printed = CliRunner().invoke(cli, ["report", "snapshot", str(made.id), "--as", email])
    assert printed.exit_code == 0
    row = next(line for line in printed.stdout.splitlines() if "Children's lived experience" in line)
    assert f" {cell.applicable} " in row
    assert "Released under disclosure control" in printed.stdout
