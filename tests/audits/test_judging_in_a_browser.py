"""Judging the whole of an audit in a real browser: before the calculated judgement is shown, and above a cap."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from checklists.templates.template_file import check_template
from tests.audits.test_in_a_browser import sign_in
from tests.audits.test_judged_overall import JUDGED, SAFE, WHY, scored
from tests.browser import axe, scrolls_sideways
from tests.desk import Desk, a_desk

PHONE = 375


@pytest.fixture
def desk(tmp_path: Path, migrated_sqlite_file: Path) -> Iterator[Desk]:
    file = tmp_path / "desk.sqlite3"
    file.write_bytes(migrated_sqlite_file.read_bytes())
    with a_desk(f"sqlite:///{file}", template=check_template(JUDGED)) as made:
        yield made


def test_an_auditor_judges_first_and_says_why_a_failed_theme_does_not_fail_the_case(
    desk: Desk, address: str, page: Page
) -> None:
    audit_id = scored(desk, voice="inadequate")
    sign_in(page, desk, address)
    page.set_viewport_size({"width": PHONE, "height": 800})
    page.goto(f"{address}/audits/{audit_id}/check")
    expect(page.get_by_text("Give your own judgement first")).to_be_visible()
    assert (axe(page), scrolls_sideways(page)) == ([], False)
    page.get_by_label("Good", exact=True).check()
    page.get_by_label("Reason for your overall judgement").fill(WHY)
    page.get_by_role("button", name="Submit audit").click()
    error = page.locator("#cap_reason-error")
    expect(error).to_contain_text("Say why the child is safe")
    expect(page.get_by_label("Reason for your overall judgement")).to_have_value(WHY)
    expect(page.get_by_text("so a moderator will check the audit")).to_be_visible()
    assert (axe(page), scrolls_sideways(page)) == ([], False)
    page.get_by_role("link", name="Say why the child is safe").click()
    expect(page.locator("#cap_reason")).to_be_focused()
    page.locator("#cap_reason").fill(SAFE)
    page.get_by_role("button", name="Submit audit").click()
    expect(page).to_have_url(f"{address}/audits/{audit_id}/submitted")
    assert desk.find(audit_id).audit.cap_reason == SAFE
