"""Notices in a real browser: from the home page to what each is about, by keyboard, on a desk and on a phone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser import NewPage, look
from tests.desk import Desk, a_desk
from tests.signing import submitted
from tests.site_in_browser import browse

PHONE = 320


@pytest.fixture
def desk(tmp_path: Path, migrated_sqlite_file: Path) -> Iterator[Desk]:
    file = tmp_path / "desk.sqlite3"
    file.write_bytes(migrated_sqlite_file.read_bytes())
    with a_desk(f"sqlite:///{file}") as made:
        yield made


def test_a_notice_leads_to_what_it_is_about_and_is_then_read(desk: Desk, address: str, new_page: NewPage) -> None:
    audit_id = submitted(desk)
    desk.give_back(audit_id, "Look again at the visit.")
    asha = browse(new_page, desk, address, desk.cast.asha, PHONE)
    asha.goto(address)
    banner = asha.get_by_role("region", name="New notices")
    expect(banner).to_contain_text("(2)")
    look(asha)
    returned = banner.get_by_role("button", name="was returned to you")
    returned.focus()
    asha.keyboard.press("Enter")
    expect(asha.get_by_text("Look again at the visit.")).to_be_visible()
    assert asha.url == f"{address}/audits/{audit_id}"
    asha.goto(f"{address}/notices")
    expect(asha.get_by_role("heading", level=1)).to_have_text("Notices")
    expect(asha.get_by_text("New", exact=True)).to_have_count(1)
    look(asha)
    asha.get_by_role("button", name="Mark all as read").click()
    expect(asha.get_by_role("alert")).to_contain_text("All notices marked as read.")
    expect(asha.get_by_text("New", exact=True)).to_have_count(0)
    look(asha)
    asha.goto(f"{address}/account")
    look(asha)
    asha.get_by_label("Email me when I have new notices").uncheck()
    asha.get_by_role("button", name="Save").click()
    expect(asha.get_by_label("Email me when I have new notices")).not_to_be_checked()
    asha.goto(address)
    expect(banner).to_have_count(0)
    look(asha)
