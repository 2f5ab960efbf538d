"""Passages are coded by keyboard, counted and written up as a finding, in a real browser."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser import NewPage, look
from tests.coding.test_coding import NO_CHRONOLOGY, written
from tests.desk import Desk, a_desk
from tests.site_in_browser import browse, served

PHONE = 375


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite_file: Path) -> Iterator[Desk]:
    file = tmp_path_factory.mktemp("coding") / "desk.sqlite3"
    file.write_bytes(migrated_sqlite_file.read_bytes())
    with a_desk(f"sqlite:///{file}") as made:
        written(made, *((NO_CHRONOLOGY, f"Visit {number} was late.") for number in range(12)))
        yield made


@pytest.fixture(scope="module")
def address(desk: Desk) -> Iterator[str]:
    with served(desk.database) as found:
        yield found


def test_passages_become_a_finding(desk: Desk, address: str, new_page: NewPage) -> None:
    lena = browse(new_page, desk, address, desk.cast.lena, PHONE)
    lena.goto(f"{address}/rounds/{desk.round_id}")
    lena.get_by_role("link", name="Findings from what was written").click()
    look(lena)
    lena.get_by_role("link", name="Planning", exact=True).click()
    lena.get_by_label("New code").fill("No chronology")
    lena.get_by_role("button", name="Save codes").click()
    lena.get_by_label("New code").fill("Late visit")
    lena.get_by_role("button", name="Save codes").click()
    look(lena)
    first = lena.get_by_role("group", name=re.compile("Rationale")).first
    first.get_by_label("No chronology").focus()
    for key in ("2", "n", "1"):  # codes are by name: late visit, no chronology
        lena.keyboard.press(key)
    expect(first.get_by_label("No chronology")).to_be_checked()
    expect(lena.get_by_role("group", name=re.compile("Impact")).first.get_by_label("Late visit")).to_be_checked()
    lena.get_by_role("button", name="Save and show next").click()
    expect(lena.get_by_role("alert")).to_contain_text("Codes saved.")
    expect(lena.get_by_role("group", name=re.compile("Rationale"))).to_have_count(2)
    lena.get_by_role("button", name="Finish this theme").click()
    look(lena)
    expect(lena.get_by_role("row", name="No chronology")).to_contain_text("1 of 12")
    lena.get_by_role("link", name="Write a finding").click()
    lena.get_by_label("Finding", exact=True).fill("Bad")
    lena.get_by_role("button", name="Write finding").click()
    expect(lena.get_by_role("alert")).to_contain_text("Enter the finding in one sentence")
    look(lena)
    lena.get_by_label("Finding", exact=True).fill("The chronology was not used in planning.")
    lena.get_by_label("Code", exact=True).select_option("No chronology")
    lena.get_by_role("button", name="Write finding").click()
    expect(lena.get_by_text("In 1 of 12 audits.")).to_be_visible()
    lena.get_by_role("link", name=re.compile("Change this finding")).click()
    look(lena)
    lena.goto(f"{address}/rounds/{desk.round_id}/findings")
    lena.get_by_role("link", name=re.compile("Change or merge Late visit")).click()
    lena.get_by_label("Merge into").select_option("No chronology")
    look(lena)
    lena.get_by_role("button", name="Merge codes").click()
    expect(lena.get_by_role("alert")).to_contain_text("Codes merged.")
