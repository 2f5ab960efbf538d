"""What is asked beside the themes, in a real browser: without a barrier, on a telephone, and without JavaScript."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from api.foundation.http.security import cookie_name
from api.foundation.settings import Settings
from tests.audits.beside_template import a_beside_template
from tests.browser import NewPage, look
from tests.desk import Desk, a_desk
from tests.factories import MadePerson, signed_in
from tests.site_in_browser import served

SYNOPSIS = "A boy of primary age,\nseen at school."


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite_file: Path) -> Iterator[Desk]:
    file = tmp_path_factory.mktemp("beside") / "desk.sqlite3"
    file.write_bytes(migrated_sqlite_file.read_bytes())
    with a_desk(f"sqlite:///{file}", template=a_beside_template()) as made:
        yield made


@pytest.fixture(scope="module")
def address(desk: Desk) -> Iterator[str]:
    with served(desk.database) as found:
        yield found


def sign_in(page: Page, desk: Desk, address: str, person: MadePerson) -> Page:
    secret = signed_in(desk.database, person)
    page.context.add_cookies([{"name": cookie_name(Settings()), "value": secret, "url": address}])
    return page


@pytest.fixture(scope="module")
def audit(desk: Desk) -> uuid.UUID:
    return desk.an_audit()


PAGES = {
    "case": "/audits/{audit}/case",
    "conversation": "/audits/{audit}/conversation",
    "family views": "/audits/{audit}/family-views",
    "notes on themes": "/audits/{audit}/theme-notes",
    "conclusion with minutes": "/audits/{audit}/conclusion",
    "theme with sources": "/audits/{audit}/themes/voice",
    "theme list": "/audits/{audit}",
    "check": "/audits/{audit}/check",
    "blank checklist": "/audits/{audit}/print?blank=1",
    "exemplary practice of a round": "/rounds/{round}/exemplary",
    "voices of a round": "/rounds/{round}/voices",
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_barrier_and_fits_a_phone(
    desk: Desk, address: str, audit: uuid.UUID, page: Page, name: str
) -> None:
    person = desk.cast.lena if "/rounds/" in PAGES[name] else desk.cast.asha
    sign_in(page, desk, address, person).goto(address + PAGES[name].format(audit=audit, round=desk.round_id))
    look(page)


def test_a_case_is_described_and_the_family_written_down_without_javascript(
    desk: Desk, address: str, new_page: NewPage
) -> None:
    audit = desk.an_audit()
    page = sign_in(new_page(javascript=False), desk, address, desk.cast.asha)
    page.goto(f"{address}/audits/{audit}")
    page.get_by_role("link", name="Case facts").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Case facts")
    page.get_by_role("group", name="How long the case has been open").get_by_label("6 months or more").check()
    page.get_by_label("Synopsis", exact=True).fill(SYNOPSIS)
    page.get_by_role("button", name="Save and return to theme list").click()
    page.get_by_role("link", name="Family views").click()
    child = page.get_by_role("region", name="The child")
    child.get_by_label("Visit").check()
    child.get_by_text("Their views: The child", exact=True).click()
    child.get_by_label("Summary of their views").fill("Wants to be asked.")
    page.get_by_role("button", name="Save and return to theme list").click()
    page.get_by_role("link", name="Strengths and areas for development").click()
    page.get_by_text("Voice of the child", exact=True).click()
    page.get_by_label("Strengths").first.fill("Patient.")
    page.get_by_role("button", name="Save and check your answers").click()
    expect(page.get_by_text("Category: select an option")).to_be_visible()
    expect(page.get_by_text("Wants to be asked.")).to_be_visible()
    found = desk.find(audit)
    assert (found.case.facts, found.case.synopsis) == ({"open-for": "long"}, SYNOPSIS)
    assert found.family_views["child"].words == "Wants to be asked."
    assert [note.strengths for note in found.theme_notes.values()] == ["Patient."]
