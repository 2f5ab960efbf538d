"""Audits in Excel, in a real browser: downloaded, filled in, uploaded, chosen between, saved; without scripts too."""

from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest

from api.audits.scoring import actions as scores
from api.audits.scoring.actions import NewScore
from tests.audits.test_in_a_browser import sign_in
from tests.browser import NewPage, look
from tests.checklists.full_template import a_full_template
from tests.desk import Desk, a_desk
from tests.factories import an_actor
from tests.site_in_browser import served


@pytest.fixture
def desk(tmp_path: Path, migrated_sqlite_file: Path) -> Iterator[Desk]:
    file = tmp_path / "desk.sqlite3"
    file.write_bytes(migrated_sqlite_file.read_bytes())
    with a_desk(f"sqlite:///{file}", template=a_full_template()) as made:
        yield made


@pytest.mark.parametrize("javascript", [True, False])
def test_audits_go_away_and_come_back(desk: Desk, new_page: NewPage, tmp_path: Path, *, javascript: bool) -> None:
    audit_id = desk.an_audit(harms=(), reference="CASE-001")
    with served(desk.database) as address:
        page = sign_in(new_page(javascript=javascript), desk, address)
        page.goto(f"{address}/audits")
        page.get_by_role("link", name="Audit in Excel").click()
        if javascript:
            look(page)
        with page.expect_download() as downloading:
            page.get_by_role("link", name="Download my audits").click()
        file = tmp_path / "audits.xlsx"
        downloading.value.save_as(file)
        book = openpyxl.load_workbook(file)
        sheet = book["1 CASE-001"]
        rows = {cell.value: cell.row for cell in sheet["A"]}
        sheet.cell(rows["theme/voice"], 4).value = "Splendid"
        book.save(file)
        page.get_by_label("Workbook with your audits").set_input_files(file)
        page.get_by_role("button", name="Check workbook").click()
        if javascript:
            look(page)
        assert page.locator("#file-error").is_visible()
        sheet.cell(rows["theme/voice"], 4).value = "Good"
        sheet.cell(rows["theme/history"], 4).value = "Outstanding"
        book.save(file)
        meanwhile = [NewScore("voice", "inadequate", "Seen on the page.", version=0)]
        with desk.database.writing() as session:
            scores.score_themes(session, audit_id=audit_id, scores=meanwhile, by=an_actor(desk.cast.asha))
        page.get_by_label("Workbook with your audits").set_input_files(file)
        page.get_by_role("button", name="Check workbook").click()
        if javascript:
            look(page)
        page.get_by_role("button", name="Save changes").click()
        page.get_by_role("link", name="Select which version to keep").click()
        page.get_by_label("Keep the workbook").check()
        page.get_by_role("button", name="Save changes").click()
        page.get_by_text("1 audit saved from the workbook.").wait_for()
    assert {theme: texts[0] for theme, texts in desk.stored(audit_id).items()} == {
        "voice": "good",
        "history": "outstanding",
    }
