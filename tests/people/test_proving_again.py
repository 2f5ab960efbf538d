"""What matters most needs a sign-in at most 10 minutes old: the password is asked for, and what was typed is kept."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pyotp
import pytest
import time_machine
from fastapi.routing import iter_route_contexts
from sqlmodel import select, update

from api.app import every_route
from api.foundation.http.dependencies import Allow
from api.foundation.http.routing import Route
from api.foundation.permissions import PROOF_LASTS
from models import Event, Person, Role, Token, WebSession, now
from tests.cast import PASSWORD, Site, hidden_fields
from tests.people.test_second_factor import NOON, SECRET, with_codes

RECENT = {
    # Exporting every answer.
    *("POST /rounds/{round_id}/export", "POST /api/v1/exports"),
    *("GET /exports/{export_id}/file", "GET /api/v1/exports/{export_id}/file"),
    # Signing and reopening.
    *("POST /audits/{audit_id}/sign-off", "POST /api/v1/audits/{audit_id}/sign-off"),
    *("POST /audits/{audit_id}/reopenings", "POST /api/v1/audits/{audit_id}/reopenings"),
    "POST /audits/{audit_id}/reopenings/{reopening_id}",
    "POST /api/v1/audits/{audit_id}/reopenings/{reopening_id}/decide",
    # Making tokens.
    *("POST /account/tokens/new", "POST /tokens/new", "POST /api/v1/me/tokens", "POST /api/v1/tokens"),
    # Giving roles, or a way to sign in.
    *("POST /people/new", "POST /people/invite", "POST /people/{person_id}", "POST /people/{person_id}/link"),
    *("POST /api/v1/people", "POST /api/v1/people/batch", "PUT /api/v1/people/{person_id}"),
    *("POST /api/v1/people/{person_id}/link", "POST /access/{request_id}"),
    "POST /api/v1/access-requests/{request_id}/decision",
    # The second factor.
    "GET /account/second-factor/codes",
    *("POST /account/second-factor/codes", "POST /account/second-factor/codes/confirm"),
    *("POST /account/second-factor/codes/remove", "POST /account/second-factor/recovery-codes"),
    *("POST /account/second-factor/passkeys", "POST /account/second-factor/passkeys/{passkey_id}/remove"),
    *("POST /second-factor", "PUT /api/v1/second-factor-rule", "POST /people/{person_id}/second-factor/remove"),
    *("POST /api/v1/me/second-factor/codes", "POST /api/v1/me/second-factor/codes/confirm"),
    *("POST /api/v1/me/second-factor/codes/remove", "POST /api/v1/me/second-factor/recovery-codes"),
    "POST /api/v1/me/second-factor/passkeys/{passkey_id}/remove",
    "POST /api/v1/people/{person_id}/second-factor/remove",
    # Single sign-on.
    *("POST /single-sign-on", "PUT /api/v1/single-sign-on"),
    *("POST /people/{person_id}/single-sign-on/remove", "POST /api/v1/people/{person_id}/single-sign-on/remove"),
    # Where messages of the service go.
    *("POST /webhooks/new", "POST /webhooks/{webhook_id}/change", "POST /webhooks/{webhook_id}/switch-on"),
    *("POST /api/v1/webhooks", "PUT /api/v1/webhooks/{webhook_id}", "POST /api/v1/webhooks/{webhook_id}/switch-on"),
    *("POST /webhooks/{webhook_id}/secret", "POST /api/v1/webhooks/{webhook_id}/secret"),
}
FORM = {"name": "Spreadsheet of the week", "scopes": "account", "days": "30"}


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def test_these_routes_ask_for_a_recent_sign_in_and_no_others(site: Site) -> None:
    found = set()
    for context in iter_route_contexts(every_route(site.app)):
        route = context.original_route
        if isinstance(route, Route) and isinstance(route.declared, Allow) and route.declared.asked.recent:
            found |= {f"{method} {context.path}" for method in context.methods or ()}
    assert found == RECENT


@pytest.mark.fast
@pytest.mark.both_in_trials
def test_after_ten_minutes_the_password_is_asked_for_and_then_what_was_typed_is_done(
    site: Site, clock: time_machine.Traveller
) -> None:
    browser = site.browser(site.person(Role.AUDITOR))
    page = browser.get("/account/tokens/new")
    form = {**hidden_fields(page.text), **FORM}
    clock.shift(PROOF_LASTS + timedelta(seconds=1))
    asked = browser.post("/account/tokens/new", data=form)
    assert (asked.status_code, "Enter your password again" in asked.text) == (403, True)
    wrong = browser.post("/sign-in/again", data={**hidden_fields(asked.text), "password": "not it"})
    assert (wrong.status_code, 'href="#password"' in wrong.text, "not it" in wrong.text) == (422, True, False)
    with site.reading() as session:
        assert session.exec(select(Token)).all() == []
    go_on = browser.post("/sign-in/again", data={**hidden_fields(wrong.text), "password": PASSWORD})
    assert "You can continue" in go_on.text
    assert re.search(r'<form action="/account/tokens/new" method="post">', go_on.text)
    kept = hidden_fields(go_on.text)
    assert kept == form
    assert browser.post("/account/tokens/new", data=kept).status_code == 200
    with site.reading() as session:
        assert [token.name for token in session.exec(select(Token))] == [FORM["name"]]
    assert site.events().count("person.proved-again") == 1
    assert len(site.sessions()) == 1


def test_within_ten_minutes_nothing_is_asked(site: Site, clock: time_machine.Traveller) -> None:
    browser = site.browser(site.person(Role.AUDITOR))
    clock.shift(PROOF_LASTS)
    assert browser.post("/account/tokens/new", data=FORM).status_code == 200


def test_somebody_with_a_second_factor_proves_with_it_too(site: Site, clock: time_machine.Traveller) -> None:
    person = with_codes(site, Role.AUDITOR)
    browser = site.browser()
    step = browser.post("/sign-in", data={"email": person.email, "password": PASSWORD})
    browser.post("/sign-in/code", data={**hidden_fields(step.text), "code": pyotp.TOTP(SECRET).at(now())})
    clock.shift(PROOF_LASTS + timedelta(seconds=1))
    asked = browser.post("/account/tokens/new", data=FORM)
    fields = {**hidden_fields(asked.text), "password": PASSWORD}
    without = browser.post("/sign-in/again", data=fields)
    assert (without.status_code, 'href="#code"' in without.text) == (422, True)
    right = browser.post("/sign-in/again", data={**fields, "code": pyotp.TOTP(SECRET).at(now())})
    assert hidden_fields(right.text)["name"] == FORM["name"]
    assert browser.post("/account/tokens/new", data=hidden_fields(right.text)).status_code == 200


def test_a_request_of_a_browser_over_rest_is_refused_and_a_token_is_not_asked(
    site: Site, clock: time_machine.Traveller
) -> None:
    ada = site.person(Role.ADMINISTRATOR)
    browser, program = site.browser(ada), site.program(site.token(ada, "people:write"))  # type: ignore[arg-type]
    clock.shift(PROOF_LASTS + timedelta(seconds=1))
    body = {"name": "Ash", "roles": ["administrator"], "active": True}
    refused = browser.put(f"/api/v1/people/{ada.id}", json=body, headers={"If-Match": '"1"'})
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/prove-again")
    assert program.put(f"/api/v1/people/{ada.id}", json=body, headers={"If-Match": '"1"'}).status_code == 200
    with site.reading() as session:
        assert session.exec(select(Person.version)).one() == 2


def test_a_file_is_asked_for_on_the_page_with_its_link(site: Site, clock: time_machine.Traveller) -> None:
    browser = site.browser(site.person(Role.QUALITY_LEAD))
    clock.shift(PROOF_LASTS + timedelta(seconds=1))
    export = "/exports/0196a5f0-0000-7000-8000-000000000000"
    referer = {"Referer": f"http://127.0.0.1{export}"}
    asked = browser.get(f"{export}/file", headers=referer)
    assert asked.status_code == 403
    done = browser.post("/sign-in/again", data={**hidden_fields(asked.text), "password": PASSWORD})
    assert (done.status_code, done.headers["location"]) == (303, export)


def test_what_another_person_typed_is_not_shown_to_who_proves(site: Site, clock: time_machine.Traveller) -> None:
    ash, bo = site.person(Role.AUDITOR), site.person(Role.AUDITOR, email="bo@northshire.example")
    browser = site.browser(ash)
    clock.shift(PROOF_LASTS + timedelta(seconds=1))
    asked = browser.post("/account/tokens/new", data=FORM)
    browser.post("/sign-in", data={"email": bo.email, "password": PASSWORD})
    page = browser.post("/sign-in/again", data={**hidden_fields(asked.text), "password": PASSWORD})
    assert "another person has unsaved changes" in page.text


def test_what_was_typed_is_kept_where_the_session_ends_before_the_password_is_entered(
    site: Site, clock: time_machine.Traveller
) -> None:
    person = site.person(Role.AUDITOR)
    browser = site.browser(person)
    clock.shift(PROOF_LASTS + timedelta(seconds=1))
    asked = browser.post("/account/tokens/new", data=FORM)
    with site.database.writing() as session:
        session.execute(update(WebSession).values(ended_at=now()))
    form = {**hidden_fields(asked.text), "password": PASSWORD, "code": "123 456"}
    ended = browser.post("/sign-in/again", data=form)
    assert (ended.status_code, "123 456" in ended.text) == (401, False)
    fields = {**hidden_fields(ended.text), "email": person.email, "password": PASSWORD}
    back = browser.post("/sign-in", data=fields)
    assert hidden_fields(back.text)["name"] == FORM["name"]
    assert '<form action="/account/tokens/new" method="post">' in back.text


def test_an_address_that_no_browser_sends_as_the_page_before_does_no_harm(
    site: Site, clock: time_machine.Traveller
) -> None:
    browser = site.browser(site.person(Role.QUALITY_LEAD))
    clock.shift(PROOF_LASTS + timedelta(seconds=1))
    path = "/exports/0196a5f0-0000-7000-8000-000000000000/file"
    assert browser.get(path, headers={"Referer": "http://["}).status_code == 403


def test_guessing_the_password_there_is_slowed(site: Site, clock: time_machine.Traveller) -> None:
    browser = site.browser(site.person(Role.AUDITOR))
    tried = [browser.post("/sign-in/again", data={"password": "wrong"}).status_code for _ in range(11)]
    assert tried == [422] * 10 + [429]
    with site.reading() as session:
        failed = session.exec(select(Event).where(Event.kind == "person.sign-in-failed")).all()
    assert [event.person_id for event in failed] == [None] * 10
