"""Signing in with the provider: invited people, found once by a verified address and then by their account there."""

import base64
import json
import logging
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
import time_machine
from sqlmodel import col, select, update

from models import Event, Person, ProviderAccount, Role, WebSession, now
from tests.cast import PASSWORD, Site
from tests.people.single_sign_on.made_provider import (
    CLIENT_ID,
    MadeProvider,
    allow,
    begin,
    come_back,
    refused,
    sign_in,
)


def reasons(site: Site) -> list[str]:
    with site.database.reading() as session:
        found = session.exec(select(col(Event.details)).where(col(Event.kind) == "person.provider-refused"))
        return list(found)


@pytest.mark.fast
@pytest.mark.both_databases
def test_an_invited_person_signs_in_and_is_found_by_their_account_there_from_then_on(
    site: Site, provider: MadeProvider
) -> None:
    person = site.person(Role.AUDITOR)
    allow(site, person)
    assert sign_in(site.browser(), provider) == "/"
    with site.database.reading() as session:
        (account,) = session.exec(select(ProviderAccount)).all()
    assert (account.person_id, account.issuer, account.subject) == (person.id, provider.address, "ash-there")
    # Their address changes there, and is no longer verified: they are the same person.
    browser = site.browser()
    address = "ash.new@northshire.example"
    assert sign_in(browser, provider, "/sign-in/provider?next=/account", email=address, email_verified=False) == (
        "/account"
    )
    assert browser.get("/account").status_code == 200
    assert site.events() == ["person.provider-linked", "person.signed-in", "person.signed-in"]
    assert [row.by_provider for row in site.sessions()] == [True, True]


def test_the_provider_is_asked_with_pkce_state_and_nonce_and_gets_the_secret_of_the_file(
    site: Site, provider: MadeProvider
) -> None:
    allow(site, site.person(Role.AUDITOR))
    browser = site.browser()
    begun = begin(browser)
    assert begun.asked | {"state": "", "nonce": "", "code_challenge": ""} == {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "redirect_uri": "http://127.0.0.1/sign-in/provider/back",
        "scope": "openid email profile",
        "state": "",
        "nonce": "",
        "code_challenge": "",
        "code_challenge_method": "S256",
    }
    assert begin(browser).state != begun.state
    begun = begin(browser)
    provider.gives("code-1", provider.signed(provider.claims(nonce=begun.nonce)))
    come_back(browser, begun, "code-1")
    ((_, form, authorization),) = [each for each in provider.asked if each[0] == "/token"]
    challenge = base64.urlsafe_b64encode(sha256(form["code_verifier"].encode()).digest()).decode().rstrip("=")
    assert challenge == begun.asked["code_challenge"]
    assert form["redirect_uri"] == begun.asked["redirect_uri"]
    both = base64.b64decode(authorization.removeprefix("Basic ")).decode()
    assert both == "caseaudit:a%20secret%20of%20this%20test%20%2B%20%2F"


def test_the_secret_goes_into_the_form_where_the_provider_wants_it_there(site: Site, provider: MadeProvider) -> None:
    allow(site, site.person(Role.AUDITOR))
    provider.metadata["token_endpoint_auth_methods_supported"] = ["client_secret_post"]
    assert sign_in(site.browser(), provider) == "/"
    ((_, form, authorization),) = [each for each in provider.asked if each[0] == "/token"]
    assert (form["client_secret"], authorization) == ("a secret of this test + /", "")


@pytest.mark.both_in_trials
@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"email": "nobody@northshire.example"}, "not-invited"),
        ({"email_verified": False}, "address-not-verified"),
        ({"email_verified": None}, "address-not-verified"),
        ({"email_verified": "yes"}, "address-not-verified"),
        ({"email": None}, "address-not-verified"),
        ({"email": ["ash@northshire.example"]}, "address-not-verified"),
    ],
)
def test_nobody_gets_in_by_an_address_that_is_not_invited_or_not_verified(
    site: Site, provider: MadeProvider, said: dict[str, Any], reason: str
) -> None:
    allow(site, site.person(Role.AUDITOR))
    browser = site.browser()
    location = sign_in(browser, provider, **said)
    assert refused(location) == reason
    assert site.sessions() == []
    assert site.events() == ["person.provider-refused"]
    assert reasons(site) == [f'{{"reason":"{reason}"}}']
    page = browser.get(location)
    assert (page.status_code, 'href="#provider"' in page.text, "Northshire account" in page.text) == (422, True, True)
    assert "nobody@" not in page.text


@pytest.mark.parametrize("verified", [{"email_verified": "true"}, {"email_verified": None, "xms_edov": True}])
def test_an_address_is_verified_as_providers_say_it(
    site: Site, provider: MadeProvider, verified: dict[str, Any]
) -> None:
    allow(site, site.person(Role.AUDITOR))
    assert sign_in(site.browser(), provider, **verified) == "/"


def test_what_the_id_token_leaves_out_is_asked_for_about_the_same_person(site: Site, provider: MadeProvider) -> None:
    allow(site, site.person(Role.AUDITOR))
    said = {"email": "ash@northshire.example", "email_verified": True}
    for subject, wanted in (("somebody-else", "not-trusted"), ("ash-there", "")):
        provider.people["code-1"] = {"sub": subject, **said}
        assert refused(sign_in(site.browser(), provider, email=None, email_verified=None)) == wanted


def test_an_address_is_not_verified_by_what_is_said_of_another(site: Site, provider: MadeProvider) -> None:
    allow(site, site.person(Role.AUDITOR))
    provider.people["code-1"] = {"sub": "ash-there", "email": "other@northshire.example", "email_verified": True}
    assert refused(sign_in(site.browser(), provider, email_verified=None)) == "address-not-verified"


@pytest.mark.both_databases
def test_a_second_account_there_is_not_linked_to_the_same_person_until_the_link_is_removed(
    site: Site, provider: MadeProvider
) -> None:
    person, administrator = site.person(Role.AUDITOR), site.person(Role.ADMINISTRATOR, email="ada@northshire.example")
    allow(site, person)
    first = site.browser()
    assert sign_in(first, provider) == "/"
    assert refused(sign_in(site.browser(), provider, sub="ash-anew")) == "other-account"
    page = site.browser(administrator)
    assert "Remove link" in page.get(f"/people/{person.id}").text
    assert page.post(f"/people/{person.id}/single-sign-on/remove").status_code == 303
    assert first.get("/account").status_code == 303, "the sessions of the old account end"
    assert sign_in(site.browser(), provider, sub="ash-anew") == "/"
    assert "person.provider-unlinked" in site.events()


def test_nobody_removes_their_own_link(site: Site, provider: MadeProvider) -> None:
    person = site.person(Role.ADMINISTRATOR)
    allow(site, person)
    browser = site.browser(person)
    assert sign_in(site.browser(), provider) == "/"
    assert "Remove link" not in browser.get(f"/people/{person.id}").text
    browser.post(f"/people/{person.id}/single-sign-on/remove")
    assert sign_in(site.browser(), provider, email_verified=False) == "/"
    assert browser.post(f"/api/v1/people/{person.id}/single-sign-on/remove").status_code == 403


def test_somebody_deactivated_stays_out_and_an_organisation_that_does_not_allow_it_too(
    site: Site, provider: MadeProvider
) -> None:
    person = site.person(Role.AUDITOR)
    assert refused(sign_in(site.browser(), provider)) == "not-allowed"
    allow(site, person)
    assert sign_in(site.browser(), provider) == "/"
    with site.database.writing() as session:
        session.execute(update(Person).values(active=False))
    assert refused(sign_in(site.browser(), provider)) == "deactivated"


def test_people_of_several_organisations_are_each_found_in_their_own(site: Site, provider: MadeProvider) -> None:
    """And a refusal of somebody unknown is recorded in none of them."""
    ash = site.person(Role.AUDITOR)
    elsewhere = site.organisation("Southshire")
    bo = site.person(Role.AUDITOR, email="bo@southshire.example", organisation_id=elsewhere)
    allow(site, ash)
    assert refused(sign_in(site.browser(), provider, sub="bo", email=bo.email)) == "not-allowed"
    allow(site, bo)
    assert sign_in(site.browser(), provider, sub="bo", email=bo.email) == "/"
    assert [row.organisation_id for row in site.sessions()] == [elsewhere]
    before = site.events()
    assert refused(sign_in(site.browser(), provider, sub="x", email="nobody@northshire.example")) == "not-invited"
    assert site.events() == before


def test_the_provider_asks_for_the_second_factor_itself(site: Site, provider: MadeProvider) -> None:
    site.organisation(needs_second_factor=True)
    person = site.person(Role.ADMINISTRATOR)
    allow(site, person)
    browser = site.browser()
    assert sign_in(browser, provider) == "/"
    assert browser.get("/people").status_code == 200
    assert "Set up a second factor" not in browser.get("/").text


@pytest.mark.both_in_trials
def test_what_matters_needs_a_new_sign_in_there_and_the_provider_must_say_that_there_was_one(
    site: Site, provider: MadeProvider
) -> None:
    person = site.person(Role.ADMINISTRATOR)
    allow(site, person, passwords=False)
    browser = site.browser()
    long_ago = int((now() - timedelta(hours=1)).timestamp())
    assert sign_in(browser, provider, auth_time=long_ago) == "/"
    page = browser.post("/second-factor", data={"version": "1", "roles": "auditor"})
    assert (page.status_code, "Sign in with Northshire account" in page.text) == (403, True)
    assert 'name="password"' not in page.text, "no password is offered to somebody who may use none"
    again = "/sign-in/provider/again?next=/second-factor"
    for said, reason in (
        ({"auth_time": long_ago}, "not-signed-in-again"),
        ({"auth_time": None}, "not-signed-in-again"),
        ({"sub": "somebody-else"}, "other-person"),
    ):
        location = sign_in(browser, provider, again, **said)
        assert (location.partition("?")[0], refused(location)) == ("/sign-in/again", reason)
        assert "Northshire account" in browser.get(location).text
        assert browser.post("/second-factor", data={"version": "1"}).status_code == 403
    begun = begin(browser, again)
    assert (begun.asked["prompt"], begun.asked["max_age"]) == ("login", "0")
    assert sign_in(browser, provider, again) == "/second-factor"
    assert browser.post("/second-factor", data={"version": "1"}).status_code == 303
    assert "person.proved-again" in site.events()


def test_a_session_that_ends_while_its_person_is_with_the_provider_proves_nothing(
    site: Site, provider: MadeProvider
) -> None:
    allow(site, site.person(Role.ADMINISTRATOR))
    browser = site.browser()
    sign_in(browser, provider)
    begun = begin(browser, "/sign-in/provider/again?next=/second-factor")
    token = provider.signed(provider.claims(nonce=begun.nonce))

    def meanwhile() -> tuple[int, bytes]:
        with site.database.writing() as session:
            session.execute(update(WebSession).values(ended_at=now()))
        return 200, json.dumps({"id_token": token, "access_token": "access-code-1", "token_type": "Bearer"}).encode()

    provider.answers["/token"] = meanwhile
    answer = browser.get("/sign-in/provider/back", params={"code": "code-1", "state": begun.state})
    assert answer.status_code == 404
    assert "person.proved-again" not in site.events()


def test_a_sign_in_there_from_the_future_proves_nothing(site: Site, provider: MadeProvider) -> None:
    allow(site, site.person(Role.AUDITOR))
    later = int((now() + timedelta(minutes=5)).timestamp())
    assert refused(sign_in(site.browser(), provider, auth_time=later)) == "clocks-differ"


def test_a_state_works_once_for_its_own_browser_and_not_for_long(site: Site, provider: MadeProvider) -> None:
    allow(site, site.person(Role.AUDITOR))
    browser = site.browser()
    begun = begin(browser)
    held = browser.cookies["caseaudit-provider"]
    provider.gives("code-1", provider.signed(provider.claims(nonce=begun.nonce)))
    assert refused(come_back(site.browser(), begun, "code-1")) == "too-late", "another browser"
    other = begin(site.browser())
    assert refused(come_back(browser, other, "code-1")) == "too-late", "a state of another browser"
    browser.cookies.set("caseaudit-provider", held, domain="127.0.0.1", path="/")
    assert come_back(browser, begun, "code-1") == "/"
    provider.gives("code-2", provider.signed(provider.claims(nonce=begun.nonce)))
    browser.cookies.set("caseaudit-provider", held, domain="127.0.0.1", path="/")
    assert refused(come_back(browser, begun, "code-2")) == "too-late", "it was used"
    assert "code-2" in provider.tokens, "the provider is not even asked"
    with time_machine.travel(now(), tick=False) as clock:
        begun = begin(browser)
        clock.shift(timedelta(minutes=16))
        provider.gives("code-3", provider.signed(provider.claims(nonce=begun.nonce)))
        assert refused(come_back(browser, begun, "code-3")) == "too-late"


def test_a_code_that_was_used_is_refused(site: Site, provider: MadeProvider) -> None:
    allow(site, site.person(Role.AUDITOR))
    assert sign_in(site.browser(), provider) == "/"
    browser = site.browser()
    assert refused(come_back(browser, begin(browser), "code-1")) == "provider-refused"


@pytest.mark.parametrize(("error", "reason"), [("access_denied", "cancelled"), ("server_error", "provider-refused")])
def test_what_goes_wrong_at_the_provider_is_said_in_plain_words(
    site: Site, provider: MadeProvider, error: str, reason: str
) -> None:
    browser = site.browser()
    assert refused(come_back(browser, begin(browser), "", error=error, error_description="<b>x</b>")) == reason


def test_the_answer_of_another_provider_is_refused_before_its_code_is_used(site: Site, provider: MadeProvider) -> None:
    """A mix-up: RFC 9207."""
    allow(site, site.person(Role.AUDITOR))
    for announced in (None, True):
        provider.metadata["authorization_response_iss_parameter_supported"] = announced
        site.app.state.settings = site.app.state.settings.model_copy(update={"port": 8001 if announced else 8002})
        for issuer in ("https://other.example", *([""] if announced else [])):
            browser = site.browser()
            assert refused(come_back(browser, begin(browser), "code-1", iss=issuer)) == "not-trusted"
        browser = site.browser()
        begun = begin(browser)
        provider.gives("code-1", provider.signed(provider.claims(nonce=begun.nonce)))
        assert come_back(browser, begun, "code-1", iss=provider.address) == "/"
    assert [path for path, *_ in provider.asked].count("/token") == 2


def test_where_the_provider_is_away_a_password_still_signs_in(site: Site, provider: MadeProvider) -> None:
    person = site.person(Role.AUDITOR)
    allow(site, person)
    provider.answers["/.well-known/openid-configuration"] = lambda: (503, b"{}")
    browser = site.browser()
    location = browser.get("/sign-in/provider?next=/account").headers["location"]
    assert (refused(location), "cannot be reached" in browser.get(location).text) == ("provider-away", True)
    answer = browser.post("/sign-in", data={"email": person.email, "password": PASSWORD})
    assert answer.status_code == 303


def test_without_a_provider_nothing_of_it_is_shown(site: Site) -> None:
    site.app.state.settings = site.app.state.settings.model_copy(update={"oidc_issuer": ""})
    browser = site.browser()
    assert "provider" not in browser.get("/sign-in?refused=provider-away").text
    assert browser.get("/sign-in/provider").status_code == 404


def test_guessing_codes_is_slowed(site: Site, provider: MadeProvider) -> None:
    allow(site, site.person(Role.AUDITOR))
    with time_machine.travel(datetime(2026, 3, 2, 12, tzinfo=UTC), tick=False):
        browser = site.browser()
        for _ in range(50):
            assert refused(come_back(browser, begin(browser), "guess")) == "provider-refused"
        begun = begin(browser)
        provider.gives("code-1", provider.signed(provider.claims(nonce=begun.nonce)))
        assert refused(come_back(browser, begun, "code-1")) == "too-many-attempts"


def test_no_token_code_or_address_is_logged_or_recorded(
    site: Site, provider: MadeProvider, caplog: pytest.LogCaptureFixture
) -> None:
    allow(site, site.person(Role.AUDITOR))
    caplog.set_level(logging.DEBUG)
    assert refused(sign_in(site.browser(), provider, email="nobody@northshire.example")) == "not-invited"
    assert refused(sign_in(site.browser(), provider, aud="other")) == "not-trusted"
    assert sign_in(site.browser(), provider) == "/"
    provider.answers["/token"] = lambda: (400, b'{"error": "code-1 of Ash is not right"}')
    assert refused(sign_in(site.browser(), provider)) == "provider-refused"
    with site.database.reading() as session:
        said = [str(record.__dict__) for record in caplog.records if record.name.startswith("caseaudit")]
        said += [f"{event.kind} {event.details}" for event in session.exec(select(Event))]
        said += [row.provider_session for row in session.exec(select(WebSession))]
    for secret in ("code-1", "eyJ", "nobody@", "session-there", "Ash"):
        assert all(secret not in each for each in said), secret
