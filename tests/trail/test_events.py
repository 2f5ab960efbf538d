"""The trail: administrators read who did what, newest first, and nobody else does."""

import uuid
from typing import Any

import pytest
from fastapi import FastAPI

from api.foundation import events
from api.foundation.permissions import Actor, Permission
from api.trail.in_words import details_in_words
from models.storage.database import Database
from tests.client import Client
from tests.factories import Cast, a_key, a_team, a_token_for, an_actor, an_integration, client_for, program_for
from tests.page_forms import SeenPage

PERSON, OTHER = uuid.UUID(int=1), uuid.UUID(int=2)
FOUND = ["Found: Rationale: nhs number; impact: phone"]


def all_events(client: Client, **filters: Any) -> list[dict[str, Any]]:
    """Every event, page by page."""
    found: list[dict[str, Any]] = []
    after = ""
    while after is not None:
        key = {"after": after} if after else {}
        page = client.get("/api/v1/events", params={"limit": 2, **filters, **key}).json()
        found += page["items"]
        after = page["after"]
    return found


@pytest.mark.fast
@pytest.mark.both_databases
def test_the_trail_is_read_newest_first_in_pages_that_neither_miss_nor_repeat(
    app: FastAPI, database: Database, cast: Cast
) -> None:
    teams = [a_team(database, cast.organisation) for _ in range(5)]
    ada = client_for(app, cast.ada)
    paged = all_events(ada)
    assert paged == ada.get("/api/v1/events", params={"limit": 100}).json()["items"]
    assert [event["subject_id"] for event in paged[:5]] == [str(team.id) for team in reversed(teams)]
    assert paged[-1]["kind"] == "organisation.made"
    assert len(paged) == 1 + 5 + 5  # the organisation, its people, the teams


@pytest.mark.both_databases
def test_the_trail_can_be_narrowed_to_a_kind_and_to_a_thing(app: FastAPI, database: Database, cast: Cast) -> None:
    team = a_team(database, cast.organisation)
    a_team(database, cast.organisation)
    ada = client_for(app, cast.ada)
    ada.post(f"/api/v1/teams/{team.id}/retire", headers={"If-Match": '"1"'})
    assert {event["kind"] for event in all_events(ada, kind="team.made")} == {"team.made"}
    assert [event["kind"] for event in all_events(ada, subject=str(team.id))] == ["team.retired", "team.made"]
    assert len(all_events(ada, kind="team.made", subject=str(team.id))) == 1
    assert all_events(ada, kind="team.lost") == []
    assert all_events(ada, subject=str(uuid.uuid4())) == []


@pytest.mark.both_databases
def test_an_event_says_by_whom_and_with_which_token(app: FastAPI, database: Database, cast: Cast) -> None:
    token = a_token_for(database, cast.ada)
    program_for(app, token).post("/api/v1/teams", json={"name": "North"}, headers=a_key())
    newest = all_events(client_for(app, cast.ada), kind="team.made")[0]
    assert (newest["person_id"], newest["token_id"]) == (str(cast.ada.id), str(token.id))


def test_the_trail_holds_identifiers_and_no_name_or_address(app: FastAPI, database: Database, cast: Cast) -> None:
    ada = client_for(app, cast.ada)
    ada.post("/api/v1/teams", json={"name": "Kingfisher"}, headers=a_key())
    ada.put(
        f"/api/v1/people/{cast.asha.id}",
        json={"name": "Peregrine", "roles": ["auditor"], "active": True},
        headers={"If-Match": '"1"'},
    )
    ada.post("/api/v1/tokens", json={"name": "Goshawk", "scopes": ["teams:read"]}, headers=a_key())
    trail = ada.get("/api/v1/events", params={"limit": 100}).text
    assert trail.count('"kind"') == 1 + 5 + 3
    assert [word in trail for word in ("Kingfisher", "Peregrine", "Goshawk", "Asha", "@", "Northshire")] == [False] * 6


def test_an_organisation_reads_its_own_trail_only(app: FastAPI, database: Database, cast: Cast) -> None:
    theirs = a_team(database, cast.elsewhere)
    ada = client_for(app, cast.ada)
    assert all_events(ada, subject=str(theirs.id)) == []
    people = {event["person_id"] for event in all_events(ada)}
    assert people == {None, str(cast.ada.id)}
    assert str(theirs.id) not in ada.get("/events").text


def test_only_administrators_read_the_trail(app: FastAPI, cast: Cast) -> None:
    for person in (cast.asha, cast.mo, cast.lena):
        client = client_for(app, person)
        assert [client.get(path).status_code for path in ("/api/v1/events", "/events")] == [403, 403]


@pytest.mark.parametrize("after", ["x", "!!!", "LTE", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk", "77-5", "wrI"])
def test_a_key_that_no_page_gave_is_refused(app: FastAPI, cast: Cast, after: str) -> None:
    ada = client_for(app, cast.ada)
    refused = ada.get("/api/v1/events", params={"after": after})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "query: after")
    assert ada.get("/events", params={"after": after}).status_code == 422


@pytest.mark.fast
@pytest.mark.both_in_trials
def test_the_page_shows_names_and_leads_on(app: FastAPI, database: Database, cast: Cast) -> None:
    token = a_token_for(database, cast.ada)
    program_for(app, token).post("/api/v1/teams", json={"name": "North"}, headers=a_key())
    ada = client_for(app, cast.ada)
    page = ada.get("/events", params={"limit": 3}).text
    assert "Ada, by token" in page
    assert "/events?after=" in page
    about_asha = ada.get("/events", params={"subject": str(cast.asha.id), "kind": " Person.Invited "}).text
    assert ">Asha</a>" in about_asha
    assert about_asha.count('Person invited by Ada <span class="app-quiet">person.invited</span>') == 1
    oldest = ada.get("/events", params={"kind": "organisation.made"}).text
    assert "The operator" in oldest
    assert "The organisation" in oldest
    assert "There are no events to show." in ada.get("/events", params={"kind": "<script>"}).text


def test_the_page_says_what_an_integration_did(app: FastAPI, database: Database, cast: Cast) -> None:
    token = an_integration(database, cast.organisation, scopes=frozenset({Permission.READ_SNAPSHOTS}))
    with database.writing() as session:
        events.record(session, "snapshot.read", uuid.uuid4(), by=Actor(cast.organisation.id, token_id=token.id))
    page = SeenPage(client_for(app, cast.ada).get("/events", params={"kind": "snapshot.read"})).words
    assert "An integration" in page
    assert "The operator" not in page


def test_administrators_read_in_the_trail_nothing_of_what_an_audit_says(
    app: FastAPI, database: Database, cast: Cast
) -> None:
    subject, by = uuid.uuid4(), an_actor(cast.mo)
    with database.writing() as session:
        events.record(session, "audit.moderated", subject, by=by, details={"themes": "voice"})
        events.record(session, "audit.agreed", subject, by=by, details={"themes": "planning", "overall": "inadequate"})
        events.record(session, "audit.signed-off", subject, by=by, details={"signature": "f" * 64})
    ada = client_for(app, cast.ada)
    found = all_events(ada, subject=str(subject))
    assert {event["kind"]: event["details"] for event in found} == {
        "audit.moderated": {"themes": "voice"},
        "audit.agreed": {},
        "audit.signed-off": {},
    }
    page = ada.get(f"/events?subject={subject}").text
    assert "; changed: not shown" in page
    assert not [word for word in ("inadequate", "planning", "f" * 64) if word in page]


@pytest.mark.parametrize(
    ("kind", "details", "shown"),
    [
        ("person.invited", {"roles": "quality-lead auditor"}, ["Roles: Quality lead, Auditor"]),
        ("token.made", {"scopes": "reports:read cases:gone"}, ["Permissions: Read reports, Cases: gone"]),
        ("audit.scored", {"themes": "daily-life voice"}, ["Themes: Daily life, Voice"]),
        ("audit.concluded", {"parts": "works_well needs_to_happen"}, ["Parts: Works well, Needs to happen"]),
        ("template.published", {"number": 2}, ["Version: 2"]),
        ("notice.all-read", {"number": 1200}, ["Number: 1,200"]),
        ("person.changed", {"active": False, "changed": "name"}, ["Active: No", "Changed: Name"]),
        ("person.password-chosen", {"link_by": "host"}, ["Link created by: The operator"]),
        ("round.closed", {"unfinished": "not-moderated:20"}, ["Unfinished: Not moderated: 20"]),
        ("sample.drawn", {"seed": "spring-1a", "size": 5}, ["Seed: spring-1a", "Size: 5"]),
        ("person.access-confirmed", {"asked_by": str(PERSON)}, ["Requested by: Lena"]),
        ("identifier.refused", {"found": "rationale: nhs-number; impact: phone"}, FOUND),
        ("briefing.made", {"snapshot": str(OTHER)}, [f"Snapshot: {OTHER}"]),
        (
            "template.made",
            {"library": "scr-themes", "copied": None},
            ["Built-in template: Scr themes", "Copied from: None"],
        ),
    ],
)
def test_details_are_shown_in_words(kind: str, details: dict[str, Any], shown: list[str]) -> None:
    assert details_in_words(kind, details, {PERSON: "Lena"}) == shown


def test_the_page_shows_the_details_of_events_in_words(app: FastAPI, database: Database, cast: Cast) -> None:
    ada = client_for(app, cast.ada)
    with database.writing() as session:
        by = an_actor(cast.ada)
        events.record(session, "person.changed", cast.asha.id, by=by, details={"roles": "action-owner", "active": True})
    page = ada.get("/events", params={"kind": "person.changed"}).text
    assert "Roles: Action owner<br>Active: Yes" in page
    assert "action-owner" not in page
