"""An urgent concern from raising to closing, and an oddity from its warning to its mend, in a real browser."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser import DESKTOP_WIDTH, NewPage, look
from tests.desk import Desk, a_desk
from tests.site_in_browser import browse, served

PHONE = 390
SEEN = "The child was left alone overnight on page 3."
DONE = "The duty team visited and the child is with an aunt."


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite_file: Path) -> Iterator[Desk]:
    file = tmp_path_factory.mktemp("concerns") / "desk.sqlite3"
    file.write_bytes(migrated_sqlite_file.read_bytes())
    with a_desk(f"sqlite:///{file}") as made:
        yield made


@pytest.fixture(scope="module")
def address(desk: Desk) -> Iterator[str]:
    with served(desk.database) as found:
        yield found


def test_a_concern_is_raised_acknowledged_and_closed(desk: Desk, address: str, new_page: NewPage) -> None:
    audit_id = desk.an_audit()
    asha, mo, lena = (
        browse(new_page, desk, address, person, PHONE) for person in (desk.cast.asha, desk.cast.mo, desk.cast.lena)
    )
    asha.goto(f"{address}/audits/{audit_id}/themes/voice")
    button = asha.get_by_role("button", name="Raise an urgent concern").or_(
        asha.get_by_role("link", name="Raise an urgent concern")
    )
    for width in (DESKTOP_WIDTH, PHONE):
        asha.set_viewport_size({"width": width, "height": 900})
        box = button.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] < 600, "in sight before anything is scrolled"
    button.focus()
    asha.keyboard.press("Enter")
    expect(asha.get_by_role("heading", level=1)).to_have_text("Raise an urgent concern")
    expect(asha.get_by_text("call 999")).to_be_visible()
    look(asha)
    asha.get_by_role("button", name="Raise urgent concern").click()
    expect(asha.get_by_role("alert")).to_contain_text("Select the person who should act")
    look(asha)
    asha.get_by_label("Who should act?").select_option("Mo")
    asha.get_by_label("What is your concern?").fill(SEEN)
    asha.get_by_role("button", name="Raise urgent concern").click()
    expect(asha.get_by_text(SEEN)).to_be_visible()
    look(asha)
    mo.goto(f"{address}/templates")
    look(mo)
    mo.get_by_role("link", name="Read urgent concern").click()
    expect(mo.get_by_text(SEEN)).to_be_visible()
    look(mo)
    lena.goto(f"{address}/rounds/{desk.round_id}")
    expect(lena.get_by_role("region", name="Urgent concerns")).to_contain_text("Not acknowledged")
    look(lena)
    lena.goto(f"{address}/rounds/{desk.round_id}/close")
    expect(lena.get_by_text("Record what was done and close the concern first")).to_be_visible()
    look(lena)
    lena.goto(f"{address}/audits/{audit_id}")
    look(lena)
    mo.get_by_role("button", name="Acknowledge concern and act on it").click()
    look(mo)
    mo.get_by_role("button", name="Close urgent concern").click()
    expect(mo.get_by_role("alert")).to_contain_text("Select the outcome")
    look(mo)
    mo.get_by_label("Passed to the duty team, the police or another agency").check()
    mo.get_by_label("What was done?").fill(DONE)
    mo.get_by_role("button", name="Close urgent concern").click()
    expect(mo.get_by_text(DONE)).to_be_visible()
    look(mo)
    lena.goto(f"{address}/concerns")
    expect(lena.get_by_role("region", name="Closed concerns, newest first")).to_be_visible()
    look(lena)


def test_an_oddity_is_one_step_from_its_mend(desk: Desk, address: str, new_page: NewPage) -> None:
    audit_id: uuid.UUID = desk.an_audit()
    desk.answer(audit_id, "good", rationale="The worker saw the child alone at school and wrote down what was said.")
    page = browse(new_page, desk, address, desk.cast.asha, PHONE)
    page.goto(f"{address}/audits/{audit_id}/check")
    odd = page.get_by_role("region", name="Possible inconsistencies")
    expect(odd).to_contain_text("Same text in several themes")
    look(page)
    odd.get_by_role("link", name="Correct Voice of the child").first.click()
    expect(page.get_by_label("Evidence", exact=True)).to_be_in_viewport()
    page.get_by_label("Evidence", exact=True).fill("Case note of the visit, page 3")
    page.get_by_role("button", name="Save and return to your answers").click()
    expect(page.get_by_text("Voice of the child is Good without evidence.")).to_have_count(0)
    look(page)
    page.get_by_role("button", name="Submit audit").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("ubmitted")
    mo = browse(new_page, desk, address, desk.cast.mo, PHONE)
    mo.goto(f"{address}/audits/{audit_id}")
    expect(mo.get_by_role("region", name="Possible inconsistencies")).to_be_visible()
    look(mo)
