"""Signing out: here, at the provider, and because the provider says that somebody is out."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from api.foundation.permissions import Permission
from models import Role
from tests.cast import Site
from tests.people.single_sign_on.made_provider import (
    CLIENT_ID,
    LOGOUT_EVENT,
    MadeProvider,
    a_key,
    allow,
    sign_in,
    unsigned,
)


def told(site: Site, token: str) -> int:
    """The status with which a logout token is answered."""
    answer = site.program().post("/sign-in/provider/logout", data={"logout_token": token})
    assert answer.headers["cache-control"] == "no-store"
    return answer.status_code


@pytest.mark.both_databases
def test_the_provider_ends_the_session_that_began_there_and_no_other(site: Site, provider: MadeProvider) -> None:
    person = site.person(Role.AUDITOR)
    allow(site, person)
    there, elsewhere, by_password = site.browser(), site.browser(), site.browser(person)
    assert sign_in(there, provider, sid="one") == "/"
    assert sign_in(elsewhere, provider, sid="two") == "/"
    assert told(site, provider.signed(provider.logout_token(sid="one"))) == 200
    assert [browser.get("/account").status_code for browser in (there, elsewhere, by_password)] == [303, 200, 200]
    assert told(site, provider.signed(provider.logout_token(sid="two", sub=None, jti="logout-2"))) == 200
    assert elsewhere.get("/account").status_code == 303
    assert site.events()[-2:] == ["person.signed-out-by-provider"] * 2


@pytest.mark.both_in_trials
def test_somebody_disabled_there_is_out_at_once_with_every_session_and_token(
    site: Site, provider: MadeProvider
) -> None:
    person = site.person(Role.AUDITOR)
    allow(site, person)
    program = site.program(site.token(person, Permission.READ_ROUNDS))
    there, by_password = site.browser(), site.browser(person)
    assert sign_in(there, provider) == "/"
    assert program.get("/api/v1/rounds").status_code == 200
    assert told(site, provider.signed(provider.logout_token())) == 200
    assert [browser.get("/account").status_code for browser in (there, by_password)] == [303, 303]
    assert program.get("/api/v1/rounds").status_code == 401


def test_a_logout_token_works_once(site: Site, provider: MadeProvider) -> None:
    allow(site, site.person(Role.AUDITOR))
    token = provider.signed(provider.logout_token())
    assert told(site, token) == 200
    browser = site.browser()
    assert sign_in(browser, provider) == "/"
    assert told(site, token) == 400
    assert browser.get("/account").status_code == 200


def test_of_somebody_unknown_nothing_is_said(site: Site, provider: MadeProvider) -> None:
    allow(site, site.person(Role.AUDITOR))
    assert told(site, provider.signed(provider.logout_token(sub="nobody"))) == 200
    assert site.events() == []


FORGED: Mapping[str, Mapping[str, Any]] = {
    "audience": {"aud": "another-service"},
    "issuer": {"iss": "https://other.example"},
    "nonce": {"nonce": "any"},
    "no event": {"events": None},
    "another event": {"events": {"https://other.example/event": {}}},
    "an event that is none": {"events": {LOGOUT_EVENT: []}},
    "no identifier": {"jti": None},
    "nobody": {"sub": None},
    "long ago": {"iat": 1_700_000_000, "exp": None},
    "expired": {"exp": 1_700_000_000},
    "no time": {"iat": None},
    "empty session": {"sid": ""},
}


@pytest.mark.parametrize("kind", FORGED)
def test_a_forged_logout_token_ends_nothing(site: Site, provider: MadeProvider, kind: str) -> None:
    allow(site, site.person(Role.AUDITOR))
    browser = site.browser()
    assert sign_in(browser, provider) == "/"
    assert told(site, provider.signed(provider.logout_token(**FORGED[kind]))) == 400
    assert browser.get("/account").status_code == 200


def test_an_id_token_and_tokens_that_nobody_signed_end_nothing(site: Site, provider: MadeProvider) -> None:
    allow(site, site.person(Role.AUDITOR))
    browser = site.browser()
    assert sign_in(browser, provider) == "/"
    right = provider.logout_token()
    for token in (
        provider.signed(provider.claims(nonce="any")),
        unsigned(right),
        provider.signed(right, key=a_key("forger")),
        "",
        "x",
    ):
        assert told(site, token) == 400
    assert browser.get("/account").status_code == 200


def test_after_signing_out_here_the_way_out_of_the_provider_is_shown(site: Site, provider: MadeProvider) -> None:
    person = site.person(Role.AUDITOR)
    allow(site, person)
    browser = site.browser()
    assert sign_in(browser, provider) == "/"
    location = browser.post("/sign-out").headers["location"]
    assert location == "/sign-in/provider/signed-out"
    assert "You are still signed in with Northshire account" in browser.get(location).text
    out = urlsplit(browser.get("/sign-in/provider/out").headers["location"])
    assert f"{out.scheme}://{out.netloc}{out.path}" == f"{provider.address}/out"
    asked = {"client_id": [CLIENT_ID], "post_logout_redirect_uri": ["http://127.0.0.1/sign-in"]}
    assert parse_qs(out.query) == asked
    by_password = site.browser(person)
    assert by_password.post("/sign-out").headers["location"] == "/sign-in"


def test_a_provider_without_a_way_out_leads_back_here(site: Site, provider: MadeProvider) -> None:
    provider.metadata["end_session_endpoint"] = None
    assert site.browser().get("/sign-in/provider/out").headers["location"] == "/sign-in"
