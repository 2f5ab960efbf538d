"""A passkey of Chromium's own authenticator, and one-time codes without JavaScript, from the first to the last page."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import parse_qs

import pyotp
import pytest
from playwright.sync_api import Page, Request, expect
from sqlmodel import select, update

from api.foundation.http.security import cookie_name
from api.foundation.problems import Invalid
from api.foundation.settings import Settings
from api.people.second_factor.passkeys import Site, read_proof
from api.people.second_factor.sealing import Owner
from api.people.sign_in.actions import choose_password
from api.people.sign_in.attempts import key_of
from models import Passkey, Token, WebSession, now
from models.storage.database import Database
from tests.browser import NewPage, look
from tests.cast import PASSWORD
from tests.client import Client
from tests.factories import Cast, MadePerson, signed_in
from tests.service import service_on
from tests.site_in_browser import served


@pytest.fixture
def address(database: Database, settings: Settings) -> Iterator[str]:
    """With a host name: browsers make no passkeys for a bare network address."""
    with served(database, settings) as found:
        yield found.replace("127.0.0.1", "localhost")


@pytest.fixture
def lena(database: Database, cast: Cast) -> MadePerson:
    choose_password(database, secret=cast.lena.secret_of_link, password=PASSWORD)
    return cast.lena


def with_authenticator(page: Page) -> None:
    """Give the page an authenticator that knows its person, as a phone with a fingerprint does."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )


def enter_password(page: Page, address: str, person: MadePerson) -> None:
    page.goto(f"{address}/sign-in?next=/account")
    page.get_by_label("Email address").fill(person.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def test_a_passkey_is_added_signs_in_and_proves_again_and_its_answer_works_once_on_this_site(
    new_page: NewPage, address: str, database: Database, settings: Settings, lena: MadePerson
) -> None:
    page = new_page(fresh=True)
    cookie = {"name": cookie_name(settings), "value": signed_in(database, lena), "url": address}
    page.context.add_cookies([cookie])  # type: ignore[list-item]
    with_authenticator(page)
    page.goto(f"{address}/account/second-factor")
    look(page)
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("name")
    page.get_by_label("Name of the passkey").fill("Work laptop")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Save your recovery codes")
    look(page)
    page.get_by_role("link", name="Continue").or_(page.get_by_role("button", name="Continue")).click()

    page.context.clear_cookies()
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request) if request.url.endswith("/sign-in/code") else None)
    enter_password(page, address, lena)
    look(page)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your account")

    with database.writing() as session:
        session.execute(update(WebSession).values(proved_at=now() - timedelta(minutes=11)))
    page.goto(f"{address}/account/tokens/new")
    page.fill("#name", "Spreadsheet of the week")
    page.get_by_label("Read and change your account").check()
    page.get_by_role("button", name="Create token").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Enter your password again")
    look(page)
    page.get_by_role("button", name="Use a passkey").click()
    look(page)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Token Spreadsheet of the week created")
    with database.reading() as session:
        assert [token.name for token in session.exec(select(Token))] == ["Spreadsheet of the week"]
        (passkey,) = session.exec(select(Passkey)).all()

    form = {name: values[0] for name, values in parse_qs(sent[0].post_data or "").items()}
    again = Client(service_on(settings, database), base_url=address, headers={"Origin": address})
    assert again.post("/sign-in/code", data=form).status_code == 422, "no answer of a passkey works twice"
    owner, key = Owner(lena.organisation_id, lena.id), key_of(settings.trail_key_path)
    right = read_proof(key, owner, Site(address), form["credential"], [_before(passkey)])
    assert right.passkey.name == "Work laptop"
    other = json.loads(form["credential"])
    other["response"]["signature"] = other["response"]["signature"][:-6] + "AAAAAA"
    for site, whose, credential in (
        (Site("https://audit.example.org"), owner, form["credential"]),
        (Site(address), Owner(lena.organisation_id, passkey.id), form["credential"]),
        (Site(address), owner, json.dumps(other)),
        (Site(address), owner, "{}"),
        (Site(address), owner, "no JSON"),
    ):
        with pytest.raises(Invalid):
            read_proof(key, whose, site, credential, [_before(passkey)])


def _before(passkey: Passkey) -> Passkey:
    """The passkey as it was before it had signed anything."""
    return passkey.model_copy(update={"sign_count": 0})


def test_one_time_codes_need_no_javascript(
    new_page: NewPage, address: str, database: Database, settings: Settings, lena: MadePerson
) -> None:
    page = new_page(javascript=False)
    cookie = {"name": cookie_name(settings), "value": signed_in(database, lena), "url": address}
    page.context.add_cookies([cookie])  # type: ignore[list-item]
    page.goto(f"{address}/account/second-factor")
    look(page, javascript=False)
    page.get_by_role("button", name="Set up one-time codes").click()
    look(page, javascript=False)
    app = pyotp.TOTP(page.get_by_label("Key").input_value().replace(" ", ""))
    page.get_by_label("Code", exact=True).fill("000000")
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("alert")).to_contain_text("The code is not correct")
    page.get_by_label("Code", exact=True).fill(app.now())
    page.get_by_role("button", name="Confirm").click()
    recovery_codes = page.locator("main code").all_inner_texts()
    assert len(recovery_codes) == 10
    assert all(re.fullmatch(r"(\w{4}-){3}\w{4}", code) for code in recovery_codes)
    page.context.clear_cookies()
    enter_password(page, address, lena)
    page.get_by_label("Code", exact=True).fill(recovery_codes[0])
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your account")
    page.goto(f"{address}/account/sessions")
    look(page, javascript=False)
    expect(page.get_by_role("heading", level=2).first).to_contain_text("(this browser)")


def test_the_pages_of_administrators_read_well(
    new_page: NewPage, address: str, database: Database, settings: Settings, cast: Cast
) -> None:
    page = new_page()
    cookie = {"name": cookie_name(settings), "value": signed_in(database, cast.ada), "url": address}
    page.context.add_cookies([cookie])  # type: ignore[list-item]
    for path in ("/second-factor", "/account/sessions"):
        page.goto(f"{address}{path}")
        look(page)
