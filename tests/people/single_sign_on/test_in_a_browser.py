"""A certified provider, a real browser, and every page between them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlmodel import col, select, update

from api.foundation.settings import Settings
from models import Event, Person, ProviderAccount, SingleSignOn, WebSession, now
from models.storage.database import Database
from tests.browser import look
from tests.cast import stored_password
from tests.factories import Cast, a_cast, an_actor
from tests.people.single_sign_on.certified import certified_provider
from tests.people.single_sign_on.made_provider import SECRET
from tests.service import service_on
from tests.site_in_browser import served_app
from tests.site_in_browser import sign_in as give_session


@dataclass
class Stage:
    """The service and the provider, each at its address, and the people of the cast."""

    address: str
    there: str
    database: Database
    cast: Cast


@pytest.fixture
def stage(database: Database, database_url: str, secret_file: Path) -> Iterator[Stage]:
    cast = a_cast(database)
    with database.writing() as session:
        session.execute(update(Person).where(col(Person.id) == cast.ada.id).values(password_hash=stored_password()))
        session.add(SingleSignOn(organisation_id=cast.organisation.id, allowed=True, changed_by_id=cast.ada.id))
    app = service_on(Settings(database_url=database_url), database)
    people = {
        "asha": {"email": cast.asha.email, "email_verified": True, "groups": []},
        "lena": {"email": cast.lena.email, "email_verified": True, "groups": []},
        "stranger": {"email": "stranger@elsewhere.example", "email_verified": True},
        "unverified": {"email": cast.ben.email, "email_verified": False},
    }
    with served_app(app) as address, certified_provider(address, SECRET, people) as there:
        app.state.settings = Settings(
            oidc_issuer=there,
            oidc_client_id="caseaudit",
            oidc_client_secret_file=secret_file,
            oidc_name="Northshire account",
            oidc_on_this_machine=True,
            public_address=address,
        )
        yield Stage(address, there, database, cast)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that goes to two hosts, and complains of anything else in its console."""
    context = browser.new_context(locale="en-GB")
    complaints: list[str] = []
    opened = context.new_page()
    opened.on("console", lambda said: complaints.append(said.text) if _is_complaint(said.text, said.type) else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    context.close()
    assert complaints == []


def _is_complaint(text: str, kind: str) -> bool:
    return kind == "error" and not text.startswith("Failed to load resource")


def sign_in(page: Page, stage: Stage, login: str, path: str = "/sign-in") -> None:
    page.goto(f"{stage.address}{path}")
    page.get_by_role("button", name="Sign in with Northshire account").click()
    there(page, login)


def there(page: Page, login: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in there")
    page.get_by_label("Login").fill(login)
    page.get_by_role("button", name="Sign in").click()


def heading(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(text)


@pytest.mark.both_in_trials
def test_a_certified_provider_signs_people_in_proves_them_again_and_signs_them_out(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.address}/account/tokens/new")
    heading(page, "Sign in")
    look(page)
    page.get_by_role("button", name="Sign in with Northshire account").click()
    there(page, "lena")
    heading(page, "Create a token")
    assert page.url == f"{stage.address}/account/tokens/new"

    # What matters, an hour later: what was typed is kept while she signs in in another tab.
    with stage.database.writing() as session:
        session.execute(update(WebSession).values(proved_at=now() - timedelta(hours=1)))
    page.fill("#name", "Spreadsheet of the week")
    page.get_by_label("Read and change your account").check()
    page.get_by_role("button", name="Create token").click()
    heading(page, "Enter your password again")
    look(page)
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Sign in with Northshire account").click()
    there(opened.value, "lena")
    expect(opened.value.get_by_role("heading", level=1)).not_to_have_text("Sign in there")
    opened.value.close()
    page.get_by_role("button", name="I have signed in in the other tab").click()
    look(page)
    page.get_by_role("button", name="Save changes").click()
    heading(page, "Token Spreadsheet of the week created")

    page.get_by_role("button", name="Sign out").click()
    heading(page, "You have signed out of Case Audit")
    look(page)
    page.get_by_role("button", name="Sign out of Northshire account").click()
    heading(page, "Sign out there?")
    page.get_by_role("button", name="Yes").click()
    heading(page, "Sign in")
    assert page.url.startswith(f"{stage.address}/sign-in")
    with stage.database.reading() as session:
        (account,) = session.exec(select(ProviderAccount)).all()
        kinds = session.exec(select(col(Event.kind)).where(col(Event.subject_id) == stage.cast.lena.id)).all()
    assert (account.subject, account.person_id) == ("lena", stage.cast.lena.id)
    assert {"person.provider-linked", "person.signed-in", "person.proved-again", "person.signed-out"} <= set(kinds)


def test_signing_out_at_the_provider_ends_the_session_here(browser: Browser, page: Page, stage: Stage) -> None:
    sign_in(page, stage, "asha", "/sign-in?next=/account")
    heading(page, "Your account")
    page.goto(f"{stage.there}/session/end?client_id=caseaudit")
    page.get_by_role("button", name="Yes").click()
    expect(page.get_by_role("button", name="Yes")).to_have_count(0)
    page.goto(f"{stage.address}/account")
    heading(page, "Sign in")
    with stage.database.reading() as session:
        kinds = session.exec(select(col(Event.kind))).all()
    assert "person.signed-out-by-provider" in kinds


def test_who_cannot_sign_in_is_told_why(page: Page, stage: Stage) -> None:
    for login, words in (
        ("", "You did not finish signing in"),
        ("stranger", "You have not been invited to this service"),
        ("unverified", "does not say that your email address was verified"),
    ):
        page.context.clear_cookies()
        page.goto(f"{stage.address}/sign-in")
        page.get_by_role("button", name="Sign in with Northshire account").click()
        if login:
            there(page, login)
        else:
            page.get_by_role("button", name="Cancel").click()
        expect(page.get_by_role("alert")).to_contain_text(words)
        assert ("code=" in page.url, "error=" in page.url) == (False, False)
    look(page)


def test_an_administrator_tests_the_settings_and_turns_passwords_off(page: Page, stage: Stage) -> None:
    give_session(page, stage.address, stage.database, an_actor(stage.cast.ada))
    page.goto(f"{stage.address}/single-sign-on")
    heading(page, "Single sign-on")
    look(page)
    page.get_by_role("button", name="Test the settings").click()
    heading(page, "People can sign in with Northshire account")
    look(page)
    page.goto(f"{stage.address}/single-sign-on")
    page.get_by_label("Only the people named below").check()
    page.get_by_label("Roles by group").fill("Auditors = auditor")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Name at least 1 administrator")
    look(page)
    page.get_by_label("People who keep a password").fill(stage.cast.ada.email)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(page.get_by_label("Roles by group")).to_have_value("Auditors = auditor")
