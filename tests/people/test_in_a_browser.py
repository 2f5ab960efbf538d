"""Administering in a real browser: every page readable at every width, and a person invited and let in."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlmodel import select

from api.foundation.http.security import cookie_name
from api.foundation.settings import Settings
from api.people.sign_in.actions import choose_password
from models import Team, Token
from models.storage.database import Database, open_database
from tests.browser import NewPage, look, scrolls_sideways
from tests.factories import Cast, MadePerson, a_cast, a_team, a_token_for, an_integration, signed_in
from tests.site_in_browser import served
from tests.thorough import some_of

PASSWORD = "violet harbour lantern"
PHONE = 320


@pytest.fixture
def settings(tmp_path: Path, migrated_sqlite_file: Path) -> Settings:
    file = tmp_path / "council.sqlite3"
    file.write_bytes(migrated_sqlite_file.read_bytes())
    return Settings(database_url=f"sqlite:///{file}")


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    opened = open_database(settings.database_url)
    yield opened
    opened.close()


@pytest.fixture
def cast(database: Database) -> Cast:
    made = a_cast(database)
    a_team(database, made.organisation, "North locality")
    an_integration(database, made.organisation, name="Case system")
    a_token_for(database, made.ada, name="Spreadsheet")
    return made


@pytest.fixture
def address(database: Database) -> Iterator[str]:
    with served(database) as found:
        yield found


def sign_in(page: Page, address: str, database: Database, person: MadePerson) -> None:
    cookie = {"name": cookie_name(Settings()), "value": signed_in(database, person), "url": address}
    page.context.add_cookies([cookie])  # type: ignore[list-item]


def paths(database: Database, cast: Cast) -> list[str]:
    """Every page of the administrator."""
    with database.reading() as session:
        team = session.exec(select(Team.id)).one()
        integration = session.exec(select(Token.id).where(Token.name == "Case system")).one()
        own = session.exec(select(Token.id).where(Token.name == "Spreadsheet")).one()
    return [
        *("/people", "/people?limit=2", "/people/new", f"/people/{cast.asha.id}", f"/people/{cast.ada.id}"),
        *("/teams", f"/teams/{team}", "/tokens", "/tokens/new", f"/tokens/{integration}/revoke"),
        *("/account/tokens", "/account/tokens/new", f"/account/tokens/{own}/revoke"),
        "/risky-terms",
        *("/events", "/events?limit=2", f"/events?subject={cast.asha.id}&kind=person.invited", "/events?kind=none"),
    ]


def test_every_page_is_accessible_and_fits_its_window(
    new_page: NewPage, address: str, database: Database, cast: Cast
) -> None:
    """Half of them, the others on other days."""
    page = new_page(width=PHONE)
    sign_in(page, address, database, cast.ada)
    every = paths(database, cast)
    for path in some_of(every, len(every) // 2, of="pages of an administrator"):
        answer = page.goto(f"{address}{path}")
        assert answer is not None
        assert (path, answer.status) == (path, 200)
        look(page)
    sign_in(page, address, database, cast.lena)
    page.goto(f"{address}/people")
    look(page)


def test_pages_with_something_to_mend_and_with_a_secret_are_accessible_and_fit(
    new_page: NewPage, address: str, database: Database, cast: Cast
) -> None:
    page = new_page(width=PHONE)
    sign_in(page, address, database, cast.ada)
    for path, button in (
        ("/people/new", "Create invitation link"),
        ("/teams", "Add team"),
        ("/tokens/new", "Create token"),
        ("/account/tokens/new", "Create token"),
    ):
        page.goto(f"{address}{path}")
        page.get_by_role("button", name=button).click()
        expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()
        assert page.title().startswith("Error: ")
        look(page)
    page.goto(f"{address}/tokens/new")
    page.get_by_label("Name of the token").fill("Dashboard")
    page.get_by_label("Read rounds").check()
    page.get_by_role("button", name="Create token").click()
    expect(page.get_by_label("Token")).to_have_value(matching_secret())
    look(page)
    page.goto(f"{address}/people/{cast.asha.id}")
    page.get_by_role("button", name="Create new link").click()
    expect(page.get_by_label("One-time link")).to_be_visible()
    look(page)


def test_a_lead_confirms_a_link_without_javascript_and_reads_the_verifications(
    new_page: NewPage, address: str, database: Database, cast: Cast
) -> None:
    choose_password(database, secret=cast.lena.secret_of_link, password=PASSWORD)
    ada, lena = new_page(width=PHONE), new_page(width=PHONE, javascript=False)
    sign_in(ada, address, database, cast.ada)
    ada.goto(f"{address}/people/{cast.asha.id}")
    ada.get_by_role("button", name="Create new link").click()
    look(ada)
    sign_in(lena, address, database, cast.lena)
    for path in ("/access", "/verifications"):
        answer = lena.goto(f"{address}{path}")
        assert answer is not None
        assert (path, answer.status, scrolls_sideways(lena)) == (path, 200, False)
    lena.goto(f"{address}/access")
    expect(lena.locator("main")).to_contain_text("Asha")
    lena.get_by_role("button", name=re.compile("^Confirm")).click()
    expect(lena.locator("main")).not_to_contain_text("a new sign-in link")
    seen = new_page(width=PHONE)
    sign_in(seen, address, database, cast.lena)
    for path in ("/access", "/verifications"):
        seen.goto(f"{address}{path}")
        look(seen)


def matching_secret() -> re.Pattern[str]:
    return re.compile(r"^caseaudit_[\w-]{43}$")


@pytest.mark.parametrize("javascript", some_of([True, False], 1, of="an invitation with a script or without"))
def test_a_person_is_invited_chooses_a_password_and_is_shut_out_again(
    new_page: NewPage, address: str, database: Database, cast: Cast, javascript: bool
) -> None:
    page, theirs = new_page(javascript=javascript), new_page(javascript=javascript)
    sign_in(page, address, database, cast.ada)
    page.goto(f"{address}/people")
    page.get_by_role("button", name="Invite a person").or_(page.get_by_role("link", name="Invite a person")).click()
    page.get_by_label("Name").fill("Kim")
    page.get_by_label("Email address").fill("kim@example.org")
    page.get_by_label("Auditor", exact=True).check()
    page.get_by_role("button", name="Create invitation link").click()
    link = page.get_by_label("One-time link").input_value()
    theirs.goto(link)
    theirs.get_by_label("Email address").fill("kim@example.org")
    theirs.get_by_label("password").first.fill(PASSWORD)
    theirs.locator("main button[type=submit]").click()
    expect(theirs.get_by_text("You are signed in")).to_be_visible()
    page.get_by_role("link", name="Continue to Kim").click()
    page.get_by_label("Deactivated").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Person saved.")).to_be_visible()
    theirs.goto(f"{address}/account")
    expect(theirs.get_by_role("heading", name="Sign in")).to_be_visible()
