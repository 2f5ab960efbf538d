"""A calibration exercise in a real browser: made, scored blind, closed, agreed upon, and kept as exemplars."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import NewPage, look
from tests.desk import Desk, a_desk
from tests.site_in_browser import browse

PHONE = 320
CASE = "A made-up child of eight, whom no worker saw without a parent in the room."


@pytest.fixture
def desk(tmp_path: Path, migrated_sqlite_file: Path) -> Iterator[Desk]:
    file = tmp_path / "desk.sqlite3"
    file.write_bytes(migrated_sqlite_file.read_bytes())
    with a_desk(f"sqlite:///{file}") as made:
        yield made


def answer_all(page: Page, answer: str) -> None:
    for place in range(page.get_by_label("Your answer for").count()):
        page.get_by_label("Your answer for").nth(place).select_option(answer)
        page.get_by_label("Rationale for").nth(place).fill("She was seen with a parent in the room only.")


def test_a_practice_case_is_scored_by_two_and_agreed_upon(desk: Desk, address: str, new_page: NewPage) -> None:
    asha, mo, lena = (
        browse(new_page, desk, address, person, PHONE) for person in (desk.cast.asha, desk.cast.mo, desk.cast.lena)
    )
    title = "Seen alone"
    lena.goto(f"{address}/calibration")
    look(lena)
    lena.get_by_role("link", name="Create exercise").click()
    lena.get_by_label("Practice case").fill(CASE)
    lena.get_by_role("button", name="Create exercise").click()
    expect(lena.get_by_role("alert")).to_be_visible()
    expect(lena.get_by_label("Practice case")).to_have_value(CASE)
    look(lena)
    lena.get_by_label("Title").fill(title)
    for part, value in (("Day", "1"), ("Month", "12"), ("Year", "2099")):
        lena.get_by_label(part, exact=True).fill(value)
    for person in ("Asha", "Mo"):
        lena.get_by_role("checkbox", name=person).check()
    lena.get_by_role("button", name="Create exercise").click()
    expect(lena.get_by_text("0 of 2 people submitted")).to_be_visible()
    look(lena)

    for page, answer in ((asha, "Good"), (mo, "Inadequate")):
        page.goto(f"{address}/calibration")
        page.get_by_role("link", name=title).click()
        page.get_by_role("button", name="Save and submit answers").click()
        expect(page.get_by_role("alert")).to_be_visible()
        look(page)
        answer_all(page, answer)
        page.get_by_role("button", name="Save and submit answers").click()
        expect(page.get_by_text("You can see everyone’s answers when the exercise closes.")).to_be_visible()
        look(page)

    lena.reload()
    lena.get_by_role("button", name="Close exercise").click()
    expect(lena.get_by_role("heading", name="Agreement between participants")).to_be_visible()
    look(lena)
    lena.get_by_label("Agreed answer for").first.select_option("Inadequate")
    lena.get_by_label("Reason for the agreed answer for").first.fill("Nobody heard what she would have said alone.")
    lena.get_by_role("button", name="Save agreed answers").click()
    expect(lena.get_by_role("table", name="Comparison with the agreed answers")).to_be_visible()
    look(lena)
    asha.reload()
    expect(asha.get_by_text("Agreed: Inadequate.")).to_be_visible()
    look(asha)
    lena.get_by_role("button", name="Add exemplars to a new draft of the template").click()
    expect(lena.get_by_text("Exemplars added to a new draft of the template")).to_be_visible()
