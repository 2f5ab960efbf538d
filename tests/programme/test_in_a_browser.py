"""The audit programme in a real browser: every page at the width of a small telephone, without a violation of axe."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from api.programme.making import make_rounds
from tests.browser import NewPage, look
from tests.desk import Desk, a_desk
from tests.programme.planning import FIRST, a_line, a_programme, another_lead
from tests.site_in_browser import browse, served

PHONE = 320


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite_file: Path) -> Iterator[Desk]:
    file = tmp_path_factory.mktemp("programme") / "desk.sqlite3"
    file.write_bytes(migrated_sqlite_file.read_bytes())
    with a_desk(f"sqlite:///{file}") as made:
        yield made


@pytest.fixture(scope="module")
def line(desk: Desk) -> uuid.UUID:
    made = a_line(desk, a_programme(desk), each_auditor=2)
    make_rounds(desk.database, today=FIRST)
    return made


@pytest.fixture(scope="module")
def address(desk: Desk) -> Iterator[str]:
    with served(desk.database) as found:
        yield found


def test_a_second_lead_approves_an_exemption_and_every_page_fits(
    desk: Desk, line: uuid.UUID, address: str, new_page: NewPage
) -> None:
    lena = browse(new_page, desk, address, desk.cast.lena, PHONE)
    lee = browse(new_page, desk, address, another_lead(desk), PHONE)
    lena.goto(f"{address}/programme-lines/{line}")
    look(lena)
    lena.get_by_role("button", name="Ask for exemption").click()
    expect(lena.get_by_role("alert")).to_contain_text("Select a round of this line")
    look(lena)
    lena.get_by_label("Round that begins on").select_option("1 June 2027")
    lena.get_by_label("Reason for exemption").fill("An inspection is expected in that month.")
    lena.get_by_role("button", name="Ask for exemption").click()
    expect(lena.get_by_text("Exemption asked for", exact=True)).to_be_visible()
    lee.goto(f"{address}/programme-lines/{line}")
    look(lee)
    lee.get_by_role("button", name="Approve exemption").click()
    expect(lee.get_by_text("Asked for by Lena, approved by Lee.")).to_be_visible()
    lee.get_by_role("link", name="Audit programme 2027 to 2028").click()
    look(lee)
    for name in ("Progress", "Calendar", "Report of the year", "Add a line", "Change programme"):
        here = lee.url
        lee.get_by_role("link", name=name).first.click()
        expect(lee.get_by_role("heading", level=1)).to_be_visible()
        look(lee)
        lee.goto(here)
    for path in ("/programmes", "/programmes/new", "/auditor-register", f"/programme-lines/{line}/edit"):
        lee.goto(f"{address}{path}")
        look(lee)
