"""A person leaves, their audits go to others, and the round closes with a reason: in a real browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser import NewPage, look
from tests.desk import Desk, a_desk
from tests.rounds.test_closing import REASON, in_moderation, submitted
from tests.site_in_browser import browse
from tests.thorough import some_of

PHONE = 375


@pytest.fixture
def desk(tmp_path: Path, migrated_sqlite_file: Path) -> Iterator[Desk]:
    file = tmp_path / "desk.sqlite3"
    file.write_bytes(migrated_sqlite_file.read_bytes())
    with a_desk(f"sqlite:///{file}") as made:
        yield made


@pytest.mark.parametrize("javascript", some_of([True, False], 1, of="a round closed with a script or without"))
def test_a_person_leaves_and_the_round_closes_with_what_is_unfinished_stated(
    desk: Desk, address: str, new_page: NewPage, *, javascript: bool
) -> None:
    for reference in ("CF-7777", "CF-8888"):
        desk.an_audit(desk.cast.ben, reference=reference)
    submitted(desk)
    in_moderation(desk)
    ada, lena = (
        browse(new_page, desk, address, person, PHONE, javascript=javascript)
        for person in (desk.cast.ada, desk.cast.lena)
    )
    ada.goto(f"{address}/people/{desk.cast.ben.id}")
    look(ada, javascript=javascript)
    ada.get_by_label("Deactivated").check()
    ada.get_by_role("button", name="Save").click()
    expect(ada.get_by_role("heading", level=1)).to_have_text("Deactivate Ben?")
    look(ada, javascript=javascript)
    ada.get_by_role("button", name="Deactivate").click()
    expect(ada.get_by_text("Person saved.")).to_be_visible()

    lena.goto(f"{address}/rounds/{desk.round_id}")
    look(lena, javascript=javascript)
    lena.goto(f"{address}/rounds/{desk.round_id}/reallocate")
    look(lena, javascript=javascript)
    lena.get_by_role("link", name="Ben").click()
    look(lena, javascript=javascript)
    lena.get_by_label("CF-8888").uncheck()
    lena.get_by_role("button", name="Reallocate").click()
    expect(lena.get_by_role("alert")).to_contain_text("Select whether to keep the answers so far")
    expect(lena.get_by_label("CF-8888")).not_to_be_checked()
    look(lena, javascript=javascript)
    lena.get_by_label("Keep the answers so far").check()
    lena.get_by_role("button", name="Reallocate").click()
    expect(lena.get_by_text("1 audit reallocated.")).to_be_visible()

    lena.get_by_role("link", name="Close round").click()
    expect(lena.get_by_role("link", name="CF-8888, Ben")).to_be_visible()
    look(lena, javascript=javascript)
    lena.get_by_role("button", name="Close round").click()
    expect(lena.get_by_role("alert")).to_contain_text("Enter a reason for closing the round with unfinished work")
    look(lena, javascript=javascript)
    lena.get_by_label("Why are you closing the round with unfinished work?").fill(REASON)
    lena.get_by_role("button", name="Close round").click()
    expect(lena.get_by_text("Round closed.")).to_be_visible()
    look(lena, javascript=javascript)
    lena.goto(f"{address}/rounds/{desk.round_id}/report")
    expect(lena.get_by_text(f"Reason: {REASON}")).to_be_visible()
    look(lena, javascript=javascript)


def test_a_round_without_audits_says_what_to_do(desk: Desk, address: str, new_page: NewPage) -> None:
    planned = desk.a_round(title="Empty", opened=False)
    lena = browse(new_page, desk, address, desk.cast.lena, PHONE)
    lena.goto(f"{address}/rounds/{planned}/open")
    look(lena)
    lena.get_by_role("button", name="Open round").click()
    expect(lena.get_by_role("alert")).to_contain_text("Allocate case files first")
    look(lena)
    lena.get_by_label("Another system will record the audits of this round").check()
    lena.get_by_role("button", name="Open round").click()
    expect(lena.get_by_text("Round opened.")).to_be_visible()
