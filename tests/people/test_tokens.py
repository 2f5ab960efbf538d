"""Tokens: shown once, scoped, expiring, revocable, and never the way to another token."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from fastapi import FastAPI
from sqlmodel import col, select

from api.foundation.identity.secrets import hash_of
from api.foundation.permissions import ALLOWED, INTEGRATION_SCOPES, RESULT_SCOPES, Actor, Permission
from api.people import actions as people
from models import Event, Role, Token, now
from models.storage.database import Database
from tests.client import Client
from tests.factories import (
    SETTINGS,
    Cast,
    MadePerson,
    MadeToken,
    a_key,
    a_person,
    a_token_for,
    an_actor,
    an_integration,
    client_for,
    program_for,
)

OWN, INTEGRATIONS = "/api/v1/me/tokens", "/api/v1/tokens"


def asking(*scopes: str, **more: Any) -> dict[str, Any]:
    return {"name": "Spreadsheet", "scopes": list(scopes), **more}


def made_by(client: Client, path: str, *scopes: str) -> MadeToken:
    answer = client.post(path, json=asking(*scopes), headers=a_key())
    assert answer.status_code == 201, answer.text
    return MadeToken(uuid.UUID(answer.json()["id"]), answer.json()["secret"])


@pytest.mark.fast
@pytest.mark.both_databases
def test_a_token_lets_a_program_in_as_its_person_with_its_scopes_and_no_more(app: FastAPI, cast: Cast) -> None:
    program = program_for(app, made_by(client_for(app, cast.lena), OWN, "account", "teams:read"))
    assert program.get("/api/v1/me").json()["name"] == "Lena"
    assert program.get("/api/v1/teams").status_code == 200
    assert program.get("/api/v1/people").status_code == 403


def test_a_token_is_stored_as_a_hash_and_begins_so_that_scanners_know_it(
    app: FastAPI, database: Database, cast: Cast
) -> None:
    made = made_by(client_for(app, cast.asha), OWN, "account")
    assert made.secret.startswith("caseaudit_")
    assert len(made.secret) >= 10 + 43
    with database.reading() as session:
        stored = session.exec(select(Token)).one()
    assert stored.secret_hash == hash_of(made.secret)
    assert made.secret not in repr(stored)


@pytest.mark.parametrize(("path", "page"), [(OWN, "/account/tokens"), (INTEGRATIONS, "/tokens")])
def test_a_secret_is_shown_once_and_never_again(app: FastAPI, cast: Cast, path: str, page: str) -> None:
    ada, key = client_for(app, cast.ada), a_key()
    first, second = (ada.post(path, json=asking("teams:read"), headers=key) for _ in range(2))
    secret = first.json()["secret"]
    assert second.json() == {**first.json(), "secret": None}
    listed = ada.get(path)
    assert len(listed.json()["items"]) == 1
    assert "secret" not in listed.json()["items"][0]
    form = {"name": "Form", "scopes": "teams:read", "days": "9", "key": "1"}
    shown, again = ada.post(f"{page}/new", data=form), ada.post(f"{page}/new", data=form)
    assert shown.text.count("caseaudit_") == 1
    assert (again.status_code, again.headers["location"]) == (303, page)
    whole = listed.text + ada.get(page).text
    assert secret not in whole
    assert "caseaudit_" not in whole


@pytest.mark.parametrize("role", Role)
def test_nobody_gives_a_token_more_than_they_may_do_themselves(
    app: FastAPI, database: Database, cast: Cast, role: Role
) -> None:
    client = client_for(app, a_person(database, cast.organisation, name="Kim", roles={role}))
    for scope in Permission:
        answer = client.post(OWN, json=asking(scope.value), headers=a_key())
        assert answer.status_code == (201 if scope in ALLOWED[role] else 422), scope


def test_a_role_that_is_taken_away_ends_the_tokens_of_its_person(app: FastAPI, database: Database, cast: Cast) -> None:
    program = program_for(app, a_token_for(database, cast.lena))
    assert program.get("/api/v1/people").status_code == 200
    with database.writing() as session:
        people.change_person(
            session,
            person_id=cast.lena.id,
            name="Lena",
            roles={Role.AUDITOR},
            active=True,
            version=1,
            settings=SETTINGS,
            by=an_actor(cast.ada),
        )
    assert program.get("/api/v1/people").status_code == 401


@pytest.mark.both_in_trials
def test_an_administrator_gives_an_integration_no_results_and_a_quality_lead_nothing_else(
    app: FastAPI, cast: Cast
) -> None:
    """Otherwise an administrator could read with it what is written about a child."""
    for person, may_give in ((cast.ada, INTEGRATION_SCOPES - RESULT_SCOPES), (cast.lena, RESULT_SCOPES)):
        browser = client_for(app, person)
        for scope in Permission:
            answer = browser.post(INTEGRATIONS, json=asking(scope.value), headers=a_key())
            assert answer.status_code == (201 if scope in may_give else 422), scope
        page = browser.get("/tokens/new").text
        assert {scope for scope in Permission if f'value="{scope.value}"' in page} == may_give


def test_an_integration_whose_token_holds_more_may_do_no_more() -> None:
    everything = Actor(1, token_id=uuid.uuid4(), scopes=frozenset(Permission))
    assert everything.permissions == INTEGRATION_SCOPES | {Permission.FOLLOW_JOBS}
    assert Actor(1, token_id=uuid.uuid4(), scopes=None).permissions == frozenset()


@pytest.mark.both_in_trials
def test_an_integration_is_nobody(app: FastAPI, database: Database, cast: Cast) -> None:
    program = program_for(app, an_integration(database, cast.organisation))
    assert program.get("/api/v1/teams").status_code == 200
    for path in ("/api/v1/me", OWN, INTEGRATIONS, "/api/v1/people", "/api/v1/events", "/account/tokens"):
        assert program.get(path).status_code == 403


def test_a_token_never_makes_tokens(app: FastAPI, database: Database, cast: Cast) -> None:
    program = program_for(app, a_token_for(database, cast.ada))
    for path in (OWN, INTEGRATIONS):
        refused = program.post(path, json=asking("teams:read"), headers=a_key())
        assert (refused.status_code, "token" in refused.json()["detail"]) == (403, True)
    for path in ("/account/tokens/new", "/tokens/new"):
        form = {"name": "More", "scopes": "teams:read", "days": "9", "key": "1"}
        assert program.post(path, data=form).status_code == 403
    with database.reading() as session:
        assert len(session.exec(select(Token)).all()) == 1


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": " "}, "/name"),
        ({"name": "of kim@example.org"}, "/name"),
        ({"scopes": []}, "/scopes"),
        ({"scopes": ["everything"]}, "/scopes/0"),
        ({"days": 0}, "/days"),
        ({"days": 91}, "/days"),
        ({"days": 366}, "/days"),
    ],
)
def test_a_token_that_is_asked_for_wrongly_is_refused_with_its_place(
    app: FastAPI, cast: Cast, wrong: dict[str, Any], field: str
) -> None:
    ada = client_for(app, cast.ada)
    for path in (OWN, INTEGRATIONS):
        refused = ada.post(path, json={**asking("teams:read"), **wrong}, headers=a_key())
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, field)


@pytest.mark.both_in_trials
def test_a_token_lives_as_long_as_it_was_given_and_no_longer(app: FastAPI, cast: Cast) -> None:
    ada = client_for(app, cast.ada)
    short = ada.post(INTEGRATIONS, json=asking("teams:read", days=2), headers=a_key()).json()
    long = ada.post(INTEGRATIONS, json=asking("teams:read"), headers=a_key()).json()
    programs = [program_for(app, MadeToken(uuid.UUID(each["id"]), each["secret"])) for each in (short, long)]
    start = now()
    for passed, answers in (
        (timedelta(days=2, seconds=-30), [200, 200]),
        (timedelta(days=2, seconds=1), [401, 200]),
        (timedelta(days=90, seconds=-30), [401, 200]),
        (timedelta(days=90, seconds=1), [401, 401]),
    ):
        with time_machine.travel(start + passed, tick=False):
            assert [program.get("/api/v1/teams").status_code for program in programs] == answers


@pytest.mark.both_in_trials
def test_a_revoked_token_is_dead_at_once_and_revoking_again_changes_nothing(
    app: FastAPI, database: Database, cast: Cast
) -> None:
    for person, path in ((cast.asha, OWN), (cast.ada, INTEGRATIONS)):
        client = client_for(app, person)
        made = made_by(client, path, "teams:read")
        program = program_for(app, made)
        assert program.get("/api/v1/teams").status_code == 200
        first, second = (client.post(f"{path}/{made.id}/revoke") for _ in range(2))
        assert first.json()["revoked_at"] == second.json()["revoked_at"] is not None
        assert program.get("/api/v1/teams").status_code == 401
        with database.reading() as session:
            kinds = select(col(Event.kind)).where(col(Event.subject_id) == made.id).order_by(col(Event.number))
            assert session.exec(kinds).all() == ["token.made", "token.revoked"]


def test_nobody_sees_or_revokes_the_token_of_somebody_else(app: FastAPI, database: Database, cast: Cast) -> None:
    of_asha, of_omar = a_token_for(database, cast.asha), a_token_for(database, cast.omar)
    of_ours, of_theirs = an_integration(database, cast.organisation), an_integration(database, cast.elsewhere)
    tries: list[tuple[MadePerson, str, MadeToken]] = [
        (cast.ben, OWN, of_asha),
        (cast.ada, OWN, of_asha),
        (cast.ada, INTEGRATIONS, of_asha),
        (cast.ada, OWN, of_ours),
        (cast.ada, OWN, of_omar),
        (cast.ada, INTEGRATIONS, of_theirs),
        (cast.ada, INTEGRATIONS, MadeToken(uuid.uuid4(), "")),
    ]
    for person, path, token in tries:
        client = client_for(app, person)
        assert client.post(f"{path}/{token.id}/revoke").status_code == 404
        assert str(token.id) not in client.get(path).text
        page = path.removeprefix("/api/v1").replace("/me/", "/account/")
        assert client.get(f"{page}/{token.id}/revoke").status_code == 404
        assert client.post(f"{page}/{token.id}/revoke").status_code == 404
    assert client_for(app, cast.asha).get(INTEGRATIONS).status_code == 403
    with database.reading() as session:
        assert {token.revoked_at for token in session.exec(select(Token))} == {None}


@pytest.mark.both_databases
def test_the_list_says_when_a_token_was_last_used_and_is_paged_newest_first(
    app: FastAPI, database: Database, cast: Cast
) -> None:
    made = [an_integration(database, cast.organisation, name=f"Program {number}") for number in range(3)]
    program_for(app, made[1]).get("/api/v1/teams")
    ada = client_for(app, cast.ada)
    first = ada.get(INTEGRATIONS, params={"limit": 2}).json()
    rest = ada.get(INTEGRATIONS, params={"limit": 2, "after": first["after"]}).json()
    listed = first["items"] + rest["items"]
    assert [token["name"] for token in listed] == ["Program 2", "Program 1", "Program 0"]
    assert [token["last_used_at"] is not None for token in listed] == [False, True, False]
    assert rest["after"] is None


@pytest.mark.fast
@pytest.mark.both_in_trials
@pytest.mark.parametrize("page", ["/account/tokens", "/tokens"])
def test_the_pages_make_and_revoke_a_token(app: FastAPI, database: Database, cast: Cast, page: str) -> None:
    ada = client_for(app, cast.ada)
    form = {"name": "Dashboard", "scopes": "teams:read", "days": "30", "key": "1"}
    shown = ada.post(f"{page}/new", data=form).text
    secret = "caseaudit_" + shown.partition("caseaudit_")[2].partition('"')[0]
    program = program_for(app, MadeToken(uuid.uuid4(), secret))
    assert program.get("/api/v1/teams").status_code == 200
    with database.reading() as session:
        token = session.exec(select(Token)).one()
    assert "Dashboard" in ada.get(f"{page}/{token.id}/revoke").text
    assert ada.post(f"{page}/{token.id}/revoke").status_code == 303
    assert "Revoked" in ada.get(page).text
    assert program.get("/api/v1/teams").status_code == 401


@pytest.mark.parametrize("page", ["/account/tokens", "/tokens"])
def test_the_pages_say_what_to_mend_and_keep_what_was_typed(app: FastAPI, cast: Cast, page: str) -> None:
    form = {"name": "Dashboard", "days": "many", "key": "1"}
    refused = client_for(app, cast.ada).post(f"{page}/new", data=form)
    assert refused.status_code == 422
    assert '<a href="#days">' in refused.text
    assert 'value="Dashboard"' in refused.text
    form = {"name": "Dashboard", "days": "9", "key": "1"}
    assert '<a href="#scopes">' in client_for(app, cast.ada).post(f"{page}/new", data=form).text
    chosen = {**form, "scopes": "everything"}
    assert '<a href="#scopes">' in client_for(app, cast.ada).post(f"{page}/new", data=chosen).text


def test_every_permission_has_words_for_the_page_of_tokens() -> None:
    assert all(permission.label for permission in Permission)
