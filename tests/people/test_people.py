"""People: invited by a link, given roles, shut out; and an organisation never loses its last administrator."""

import threading
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import inspect
from sqlmodel import Session, col, select, text

from api.foundation.permissions import Permission
from api.foundation.problems import AlreadyExists, Conflict, Invalid, NotAllowed, NotFound, Problem, Stale
from api.foundation.settings import Settings
from api.people import actions as people
from api.people import organisations
from api.people.role_changes import FoundPerson
from api.people.sign_in import actions as sign_in
from api.people.sign_in.starting import SignedIn
from models import Event, Person, Role, RoleGrant, SignInLink, Token, WebSession
from models.storage.database import Database
from tests.client import Client
from tests.factories import (
    SETTINGS,
    Cast,
    MadePerson,
    a_key,
    a_person,
    a_token_for,
    an_actor,
    an_organisation,
    client_for,
    program_for,
    signed_in,
    stranger_to,
)
from tests.page_forms import SeenPage

COMBINED = Settings(allow_combined_administrator=True)
PASSWORD = "violet harbour lantern"


def change(database: Database, person: MadePerson, *, by: MadePerson, **what: Any) -> FoundPerson:
    """Change a person as they were made, but for what is given."""
    wanted = {"name": person.name, "roles": person.roles, "active": True, "version": 1, "settings": SETTINGS, **what}
    with database.writing() as session:
        return people.change_person(session, person_id=person.id, by=an_actor(by), **wanted)


def kinds(database: Database, subject_id: uuid.UUID) -> list[str]:
    with database.reading() as session:
        query = (
            select(col(Event.kind))
            .where(col(Event.subject_id) == subject_id)
            .order_by(col(Event.at), col(Event.number))
        )
        return list(session.exec(query))


def asking(person: str = "Kim", email: str = "kim@example.org", *roles: str) -> dict[str, Any]:
    return {"name": person, "email": email, "roles": list(roles or ("auditor",))}


def everything_stored(database: Database) -> str:
    """Every value of every row of every table, as one text."""
    with Session(database.engine) as session:
        tables = inspect(database.engine).get_table_names()
        rows = (row for table in tables for row in session.execute(text(f'SELECT * FROM "{table}"')))
        return "\n".join(
            bytes(value).decode("utf-8", "replace") if isinstance(value, bytes | memoryview) else str(value)
            for row in rows
            for value in row
        )


@pytest.mark.fast
@pytest.mark.both_databases
def test_an_invited_person_chooses_a_password_with_the_link_and_is_in(app: FastAPI, cast: Cast) -> None:
    made = client_for(app, cast.ada).post("/api/v1/people", json=asking(), headers=a_key())
    assert made.status_code == 201
    assert made.json()["person"]["has_password"] is False
    browser = stranger_to(app)
    browser.headers["Sec-Fetch-Site"] = "same-origin"
    form = {"email": made.json()["person"]["email"], "password": PASSWORD}
    assert browser.post(made.json()["link"], data=form).status_code == 303
    assert browser.get("/api/v1/me").json()["name"] == "Kim"
    read = client_for(app, cast.ada).get(made.headers["location"])
    assert read.json()["has_password"] is True
    assert read.headers["etag"] == '"1"'


@pytest.mark.both_in_trials
def test_an_invitation_sent_again_makes_one_person_and_does_not_show_the_link_again(app: FastAPI, cast: Cast) -> None:
    ada, key = client_for(app, cast.ada), a_key()
    first, second = (ada.post("/api/v1/people", json=asking(), headers=key) for _ in range(2))
    assert second.status_code == 201
    assert second.headers["idempotency-replayed"] == "true"
    assert first.json()["link"].startswith("/link/")
    assert second.json() == {**first.json(), "link": None}


@pytest.mark.both_databases
def test_no_secret_of_a_link_or_token_is_anywhere_in_the_database(
    app: FastAPI, cast: Cast, database: Database, settings: Settings
) -> None:
    ada = client_for(app, cast.ada)
    token = {"name": "Case system", "scopes": ["rounds:read"]}
    secrets = [
        ada.post("/api/v1/people", json=asking(), headers=a_key()).json()["link"].removeprefix("/link/"),
        ada.post(f"/api/v1/people/{cast.asha.id}/link", headers=a_key()).json()["link"].removeprefix("/link/"),
        ada.post("/api/v1/tokens", json=token, headers=a_key()).json()["secret"],
        ada.post("/api/v1/me/tokens", json={**token, "scopes": ["account"]}, headers=a_key()).json()["secret"],
        secret_on(ada.post("/people/new", data={**asking(email="lu@example.org"), "key": "form-1"}).text),
        secret_on(ada.post(f"/people/{cast.ben.id}/link", data={"key": "form-2"}).text),
        secret_on(ada.post("/tokens/new", data={**token, "days": "9", "key": "form-3"}).text),
        secret_on(ada.post("/account/tokens/new", data={**token, "scopes": "account", "days": "9", "key": "4"}).text),
    ]
    stored = everything_stored(database)
    assert str(cast.asha.id).replace("-", "") in stored.replace("-", "")
    assert [len(secret) >= 43 for secret in secrets] == [True] * 8
    assert [secret in stored for secret in secrets] == [False] * 8
    if settings.sqlite_path is not None:
        files = b"".join(file.read_bytes() for file in Path(settings.sqlite_path).parent.glob("*.sqlite3*"))
        assert b"Case system" in files
        assert [secret.encode() in files for secret in secrets] == [False] * 8


def secret_on(page: str) -> str:
    """The secret in the field of a page that shows one."""
    _, _, rest = page.partition(' readonly value="')
    return rest.partition('"')[0].rpartition("/")[2]


@pytest.mark.both_in_trials
def test_a_form_that_is_sent_twice_shows_the_link_once(app: FastAPI, cast: Cast) -> None:
    ada = client_for(app, cast.ada)
    form = {**asking(), "key": "form-1"}
    first, second = ada.post("/people/new", data=form), ada.post("/people/new", data=form)
    assert "/link/" in first.text
    assert second.status_code == 303
    assert "/link/" not in ada.get(second.headers["location"]).text


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": "  "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"name": "Ki\x07m"}, "name"),
        ({"email": "kim"}, "email"),
        ({"email": "kim@localhost"}, "email"),
        ({"email": "kim@exämple.org"}, "email"),
        ({"email": "kim@example.org, mo@example.org"}, "email"),
        ({"email": f"{'k' * 65}@example.org"}, "email"),
        ({"roles": []}, "roles"),
        ({"roles": ["auditor", "administrator"]}, "roles"),
    ],
)
def test_a_wrong_invitation_is_refused_with_its_place_by_rest_and_on_the_page(
    app: FastAPI, cast: Cast, wrong: dict[str, Any], field: str
) -> None:
    ada = client_for(app, cast.ada)
    refused = ada.post("/api/v1/people", json={**asking(), **wrong}, headers=a_key())
    assert refused.status_code == 422
    assert [error["pointer"] for error in refused.json()["errors"]] == [f"/{field}"]
    page = ada.post("/people/new", data={**asking(), **wrong, "key": "1"})
    assert page.status_code == 422
    assert f'<a href="#{field}">' in page.text
    assert "/link/" not in page.text


@pytest.mark.both_in_trials
def test_an_address_in_use_is_answered_alike_wherever_it_is_in_use(app: FastAPI, cast: Cast) -> None:
    ada = client_for(app, cast.ada)
    answers = []
    for email in (cast.asha.email, cast.omar.email.upper()):
        answer = ada.post("/api/v1/people", json=asking(email=email), headers=a_key())
        answers.append((answer.status_code, {**answer.json(), "request_id": ""}))
    assert answers[0] == answers[1]
    assert answers[0][0] == 409
    assert answers[0][1]["detail"] == "This email address is already in use. Enter a different email address."


@pytest.mark.both_databases
def test_two_who_invite_the_same_address_at_the_same_moment_make_one_person(database: Database, cast: Cast) -> None:
    outcomes = at_once(
        lambda: invite(database, cast, "kim@example.org"), lambda: invite(database, cast, "KIM@example.org")
    )
    assert sorted(outcomes) == ["AlreadyExists", "done"]


def invite(database: Database, cast: Cast, email: str) -> None:
    a_person(database, cast.organisation, name="Kim", email=email)


def at_once(*calls: Any) -> list[str]:
    """Run these at the same moment, each in a thread; "done" or the name of the refusal for each."""
    gate, outcomes = threading.Barrier(len(calls)), ["" for _ in calls]

    def run(place: int) -> None:
        gate.wait()
        try:
            calls[place]()
            outcomes[place] = "done"
        except Problem as problem:
            outcomes[place] = type(problem).__name__

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return outcomes


@pytest.mark.both_in_trials
def test_leads_see_names_and_roles_and_no_address(app: FastAPI, cast: Cast) -> None:
    lena = client_for(app, cast.lena)
    listed = lena.get("/api/v1/people").json()["items"]
    assert [person["name"] for person in listed] == ["Ada", "Asha", "Ben", "Lena", "Mo"]
    assert {person["email"] for person in listed} == {None}
    assert lena.get(f"/api/v1/people/{cast.asha.id}").json()["email"] is None
    page = lena.get("/people").text
    assert "Asha" in page
    assert "@" not in page
    assert lena.get(f"/people/{cast.asha.id}").status_code == 403
    assert lena.post("/api/v1/people", json=asking(), headers=a_key()).status_code == 403


def test_auditors_and_moderators_do_not_see_the_list_of_people(app: FastAPI, cast: Cast) -> None:
    answers = [client_for(app, person).get("/api/v1/people").status_code for person in (cast.asha, cast.mo)]
    assert answers == [403, 403]


@pytest.mark.both_databases
def test_people_are_listed_by_name_in_pages_that_neither_miss_nor_repeat_anybody(
    app: FastAPI, database: Database, cast: Cast
) -> None:
    for name in ("asha", "Asha", "Åsa", "Zed"):
        a_person(database, cast.organisation, name=name, email=f"{uuid.uuid4()}@example.org")
    ada = client_for(app, cast.ada)
    names, after = [], ""
    while after is not None:
        page = ada.get("/api/v1/people", params={"limit": 2, **({"after": after} if after else {})}).json()
        names += [person["id"] for person in page["items"]]
        after = page["after"]
    assert len(names) == len(set(names)) == 9
    assert set(names) == {person["id"] for person in ada.get("/api/v1/people").json()["items"]}
    assert ada.get("/api/v1/people", params={"after": str(cast.omar.id)}).status_code == 422


@pytest.mark.both_in_trials
def test_people_can_be_listed_by_role_and_by_whether_they_may_come_in(
    app: FastAPI, database: Database, cast: Cast
) -> None:
    change(database, cast.ben, by=cast.ada, active=False)
    ada = client_for(app, cast.ada)
    listed = ada.get("/api/v1/people", params={"role": "auditor", "active": "true"}).json()["items"]
    assert [person["name"] for person in listed] == ["Asha"]


@pytest.mark.both_in_trials
def test_a_changed_person_has_their_new_name_and_roles_at_once(app: FastAPI, cast: Cast) -> None:
    ada, asha = client_for(app, cast.ada), client_for(app, cast.asha)
    wanted = {"name": "Asha K", "roles": ["moderator", "auditor"], "active": True}
    path = f"/api/v1/people/{cast.asha.id}"
    changed = ada.put(path, json=wanted, headers={"If-Match": '"1"'})
    assert changed.status_code == 200
    assert changed.json()["roles"] == ["auditor", "moderator"]
    assert changed.headers["etag"] == '"2"'
    assert asha.get("/api/v1/me").json()["roles"] == ["auditor", "moderator"]
    assert ada.put(path, json=wanted, headers={"If-Match": '"1"'}).status_code == 412
    assert ada.put(path, json=wanted).status_code == 428


def test_a_change_says_in_the_trail_what_changed_and_not_to_which_name(database: Database, cast: Cast) -> None:
    change(database, cast.asha, by=cast.ada, name="Asha Secret", roles={Role.MODERATOR})
    with database.reading() as session:
        event = session.exec(select(Event).order_by(col(Event.at).desc(), col(Event.number).desc())).first()
    assert event is not None
    assert (event.kind, event.subject_id, event.person_id) == ("person.changed", cast.asha.id, cast.ada.id)
    assert '"changed":"name roles"' in event.details
    assert "Secret" not in event.details


@pytest.mark.both_in_trials
def test_a_deactivated_person_is_out_at_once_and_their_tokens_and_links_stay_dead(
    app: FastAPI, database: Database, cast: Cast
) -> None:
    browser, program = client_for(app, cast.asha), program_for(app, a_token_for(database, cast.asha))
    assert (browser.get("/api/v1/me").status_code, program.get("/api/v1/me").status_code) == (200, 200)
    change(database, cast.asha, by=cast.ada, active=False)
    assert (browser.get("/api/v1/me").status_code, program.get("/api/v1/me").status_code) == (401, 401)
    with pytest.raises(NotFound):
        sign_in.open_link(database, secret=cast.asha.secret_of_link)
    change(database, cast.asha, by=cast.ada, version=2)
    assert (browser.get("/api/v1/me").status_code, program.get("/api/v1/me").status_code) == (401, 401)
    with pytest.raises(NotFound):
        sign_in.open_link(database, secret=cast.asha.secret_of_link)


def test_a_deactivated_person_makes_no_token_with_a_request_that_came_before(database: Database, cast: Cast) -> None:
    change(database, cast.asha, by=cast.ada, active=False)
    with pytest.raises(NotAllowed):
        a_token_for(database, cast.asha)


@pytest.mark.parametrize("what", [{"roles": {Role.MODERATOR}}, {"active": False}])
def test_nobody_changes_their_own_roles_or_shuts_themselves_out(
    database: Database, cast: Cast, what: dict[str, Any]
) -> None:
    a_person(database, cast.organisation, name="Ann", roles={Role.ADMINISTRATOR})
    with pytest.raises(NotAllowed):
        change(database, cast.ada, by=cast.ada, **what)
    assert kinds(database, cast.ada.id) == ["person.invited"]


@pytest.mark.both_in_trials
def test_administrators_change_their_own_name(app: FastAPI, cast: Cast) -> None:
    ada = client_for(app, cast.ada)
    saved = ada.post(f"/people/{cast.ada.id}", data={"name": "Ada B", "version": "1"})
    assert saved.status_code == 303
    assert "Ada B" in ada.get("/people").text


def test_the_form_offers_every_role_and_saving_it_unchanged_keeps_them(
    app: FastAPI, database: Database, cast: Cast
) -> None:
    olu = a_person(database, cast.organisation, name="Olu", roles={Role.ACTION_OWNER})
    ada = client_for(app, cast.ada)
    path = f"/people/{olu.id}"
    form = SeenPage(ada.get(path)).form(path)
    for where in (ada.get(path).text, ada.get("/people/new").text):
        assert all(f'name="roles" type="checkbox" value="{role.value}"' in where for role in Role)
    assert ada.post(path, data=form).status_code == 303
    with database.reading() as session:
        assert session.exec(select(RoleGrant.role).where(col(RoleGrant.person_id) == olu.id)).all() == ["action-owner"]


@pytest.mark.both_in_trials
@pytest.mark.parametrize("what", [{"roles": {Role.AUDITOR}}, {"active": False}])
def test_the_last_active_administrator_stays_one(database: Database, cast: Cast, what: dict[str, Any]) -> None:
    ann = a_person(database, cast.organisation, name="Ann", roles={Role.ADMINISTRATOR})
    change(database, ann, by=cast.ada, active=False)
    with pytest.raises(Conflict):
        change(database, cast.ada, by=ann, **what)


@pytest.mark.both_databases
def test_two_administrators_who_take_each_others_role_at_the_same_moment_leave_one(
    database: Database, cast: Cast
) -> None:
    for _ in range(5):
        organisation = an_organisation(database, administrator="Ada")
        ada = organisation.administrator
        ann = a_person(database, organisation, name="Ann", roles={Role.ADMINISTRATOR})
        outcomes = at_once(
            lambda ada=ada, ann=ann: change(database, ada, by=ann, active=False),
            lambda ada=ada, ann=ann: change(database, ann, by=ada, roles={Role.AUDITOR}),
        )
        assert sorted(outcomes) == ["Conflict", "done"]


@pytest.mark.both_databases
def test_of_two_changes_at_the_same_moment_none_is_lost(database: Database, cast: Cast) -> None:
    outcomes = at_once(
        lambda: change(database, cast.asha, by=cast.ada, name="First"),
        lambda: change(database, cast.asha, by=cast.ada, name="Second"),
    )
    assert sorted(outcomes) == ["Stale", "done"]


def test_administrator_goes_with_another_role_only_where_the_service_allows_it(database: Database, cast: Cast) -> None:
    both = {Role.ADMINISTRATOR, Role.QUALITY_LEAD}
    with pytest.raises(Invalid):
        change(database, cast.lena, by=cast.ada, roles=both)
    assert change(database, cast.lena, by=cast.ada, roles=both, settings=COMBINED).roles == (
        Role.QUALITY_LEAD,
        Role.ADMINISTRATOR,
    )


@pytest.mark.both_in_trials
def test_a_new_link_makes_the_older_ones_useless(database: Database, cast: Cast) -> None:
    with database.writing() as session:
        issued = people.issue_link(session, person_id=cast.asha.id, settings=SETTINGS, by=an_actor(cast.ada))
    with pytest.raises(NotFound):
        sign_in.open_link(database, secret=cast.asha.secret_of_link)
    assert sign_in.open_link(database, secret=issued.secret).email == cast.asha.email
    assert kinds(database, cast.asha.id) == ["person.invited", "person.link-issued"]


@pytest.mark.both_databases
def test_of_two_new_links_made_at_the_same_moment_one_works(database: Database, cast: Cast) -> None:
    def issue() -> None:
        with database.writing() as session:
            people.issue_link(session, person_id=cast.asha.id, settings=SETTINGS, by=an_actor(cast.ada))

    living = select(SignInLink).where(col(SignInLink.person_id) == cast.asha.id, col(SignInLink.used_at).is_(None))
    for _ in range(10):
        assert at_once(issue, issue, issue) == ["done"] * 3
        with database.reading() as session:
            assert len(session.exec(living).all()) == 1


def test_nobody_makes_a_link_for_themselves_or_for_somebody_shut_out(database: Database, cast: Cast) -> None:
    change(database, cast.ben, by=cast.ada, active=False)
    refusals: list[tuple[MadePerson, type[Problem]]] = [(cast.ada, NotAllowed), (cast.ben, Conflict)]
    for person, refusal in refusals:
        with database.writing() as session, pytest.raises(refusal):
            people.issue_link(session, person_id=person.id, settings=SETTINGS, by=an_actor(cast.ada))


def test_an_administrators_token_gives_nobody_a_way_in(app: FastAPI, database: Database, cast: Cast) -> None:
    program = program_for(app, a_token_for(database, cast.ada))
    assert program.get("/api/v1/people").status_code == 200
    assert program.post("/api/v1/people", json=asking(), headers=a_key()).status_code == 403
    assert program.post(f"/api/v1/people/{cast.asha.id}/link", headers=a_key()).status_code == 403
    with database.reading() as session:
        assert session.exec(select(Person).where(col(Person.email) == "kim@example.org")).first() is None


@pytest.mark.both_in_trials
def test_ending_sessions_signs_a_person_out_everywhere_and_ends_their_tokens(
    app: FastAPI, database: Database, cast: Cast
) -> None:
    browsers = [client_for(app, cast.asha) for _ in range(2)]
    program = program_for(app, a_token_for(database, cast.asha))
    ended = client_for(app, cast.ada).post(f"/api/v1/people/{cast.asha.id}/end-sessions")
    assert ended.json() == {"ended": 2}
    assert [browser.get("/api/v1/me").status_code for browser in browsers] == [401, 401]
    assert program.get("/api/v1/me").status_code == 401
    assert kinds(database, cast.asha.id)[-1] == "person.sessions-ended"


@pytest.mark.both_in_trials
def test_people_of_another_organisation_answer_as_people_who_do_not_exist(app: FastAPI, cast: Cast) -> None:
    ada = client_for(app, cast.ada)
    wanted = {"name": "Omar", "roles": ["auditor"], "active": False}
    for path in ("", "/link", "/end-sessions"):
        answers = []
        for person in (cast.omar.id, uuid.uuid4()):
            there = f"/api/v1/people/{person}{path}"
            read = ada.get(there) if not path else ada.post(there, headers=a_key())
            put = ada.put(f"/api/v1/people/{person}", json=wanted, headers={"If-Match": '"1"'})
            answers.append([{**each.json(), "instance": "", "request_id": ""} for each in (read, put)])
        assert answers[0] == answers[1]
        assert {answer["status"] for answer in answers[0]} == {404}


def test_a_form_says_who_has_changed_a_person_meanwhile_and_overwrites_nothing(app: FastAPI, cast: Cast) -> None:
    ada = client_for(app, cast.ada)
    form = {"name": "Asha K", "roles": "auditor", "active": "yes", "version": "1"}
    assert ada.post(f"/people/{cast.asha.id}", data=form).status_code == 303
    late = ada.post(f"/people/{cast.asha.id}", data={**form, "name": "Asha L"})
    assert late.status_code == 412
    assert "Someone else has changed this" in late.text
    assert "Saved now: Asha K, Auditor, active." in late.text
    assert 'value="Asha L"' in late.text
    assert 'name="version" value="2"' in late.text


def test_a_page_keeps_what_was_typed_wrong(app: FastAPI, cast: Cast) -> None:
    form = {"name": "", "roles": ["auditor", "administrator"], "active": "perhaps", "version": "1"}
    refused = client_for(app, cast.ada).post(f"/people/{cast.asha.id}", data=form)
    assert refused.status_code == 422
    assert refused.text.count(" checked") == 2


@pytest.mark.both_in_trials
def test_the_first_administrator_is_made_by_the_operator_and_gets_in_with_the_link(database: Database) -> None:
    with database.writing() as session:
        invited = people.first_administrator(
            session, organisation_name="Northshire", name="Ada", email="ada@example.org", settings=SETTINGS
        )
    signed = sign_in.choose_password(database, secret=invited.secret, password=PASSWORD)
    assert isinstance(signed, SignedIn)
    assert signed.person_id == invited.person.id
    with database.reading() as session:
        made = session.exec(select(Event).order_by(col(Event.at), col(Event.number))).all()[:2]
        roles = session.exec(select(col(RoleGrant.role))).all()
    assert [(event.kind, event.person_id, event.token_id) for event in made] == [
        ("organisation.made", None, None),
        ("person.invited", None, None),
    ]
    assert roles == [Role.ADMINISTRATOR]


def test_the_operator_has_no_permission_of_a_person(database: Database, cast: Cast) -> None:
    nobody = replace(an_actor(cast.ada), person_id=None)
    assert [permission for permission in Permission if nobody.may(permission)] == []
    with database.writing() as session, pytest.raises(NotAllowed):
        people.invite_person(
            session, name="K", email="k@example.org", roles={Role.AUDITOR}, settings=SETTINGS, by=nobody
        )


@pytest.mark.both_in_trials
def test_the_operator_lets_a_locked_out_administrator_in_again(database: Database, cast: Cast) -> None:
    with database.writing() as session:
        issued = people.issue_link_from_host(session, email=cast.ada.email.upper(), settings=SETTINGS)
    assert sign_in.open_link(database, secret=issued.secret).person_id == cast.ada.id
    with database.writing() as session, pytest.raises(NotFound):
        people.issue_link_from_host(session, email="nobody@example.org", settings=SETTINGS)


def test_a_sqlite_file_holds_one_organisation_unless_another_is_asked_for(database: Database) -> None:
    is_sqlite = database.engine.dialect.name == "sqlite"
    with database.writing() as session:
        organisations.create_organisation(session, name="Northshire")
    try:
        with database.writing() as session:
            organisations.create_organisation(session, name="Southshire")
        made = True
    except Conflict:
        made = False
    assert made is not is_sqlite
    with database.writing() as session:
        organisations.create_organisation(session, name="Westshire", allow_another=True)
        assert organisations.count_organisations(session) == (2 if is_sqlite else 3)
    with database.writing() as session, pytest.raises(AlreadyExists):
        organisations.create_organisation(session, name=" northshire ", allow_another=True)


@pytest.mark.both_databases
def test_a_refused_change_leaves_neither_a_trace_nor_an_event(database: Database, cast: Cast) -> None:
    before = everything_stored(database)
    refused: list[tuple[type[Problem], dict[str, Any]]] = [
        (Stale, {"version": 9}),
        (Invalid, {"name": ""}),
        (Invalid, {"roles": set()}),
    ]
    for problem, what in refused:
        with pytest.raises(problem):
            change(database, cast.asha, by=cast.ada, **what)
    for person in (cast.lena, cast.asha, cast.mo):
        with pytest.raises(NotAllowed):
            change(database, cast.ben, by=person, name="Benjamin")
    with pytest.raises(NotFound):
        change(database, cast.omar, by=cast.ada, active=False)
    assert everything_stored(database) == before


@pytest.mark.both_in_trials
def test_everybody_reads_who_they_are_and_what_a_token_narrows_that_to(
    app: FastAPI, database: Database, cast: Cast
) -> None:
    browser: Client = client_for(app, cast.asha)
    me = browser.get("/api/v1/me").json()
    assert (me["id"], me["name"], me["roles"], me["organisation"]) == (
        str(cast.asha.id),
        "Asha",
        ["auditor"],
        "Northshire",
    )
    assert "audits:score" in me["permissions"]
    token = a_token_for(database, cast.asha, scopes={Permission.OWN_ACCOUNT, Permission.READ_ROUNDS})
    assert program_for(app, token).get("/api/v1/me").json()["permissions"] == ["rounds:read", "account"]
    assert stranger_to(app).get("/api/v1/me").status_code == 401


def test_sessions_of_factories_are_stored_as_hashes_only(database: Database, cast: Cast) -> None:
    secret = signed_in(database, cast.asha)
    with database.reading() as session:
        assert len(session.exec(select(WebSession)).all()) == 1
        assert session.exec(select(Token)).all() == []
    assert secret not in everything_stored(database)


def test_a_refusal_says_the_missing_permission_in_words(cast: Cast, app: FastAPI) -> None:
    page = SeenPage(client_for(app, cast.asha).get("/people/new")).words
    assert "You need this permission: Change people’s roles and access (people:write)." in page
    assert "Go to your home page" in page
