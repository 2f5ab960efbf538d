"""Teams: made, renamed, retired, and never lost."""

import threading
import uuid

import pytest
from fastapi import FastAPI
from sqlmodel import col, select

from api.foundation.problems import NotAllowed, Stale
from api.people.teams import actions as teams
from models import Event, Team
from models.storage.database import Database
from tests.factories import Cast, a_key, a_team, an_actor, an_integration, client_for, program_for


def kinds(database: Database) -> list[str]:
    """What was done to teams, in order."""
    with database.reading() as session:
        query = select(col(Event.kind)).where(col(Event.kind).startswith("team.")).order_by(col(Event.number))
        return list(session.exec(query))


@pytest.mark.fast
@pytest.mark.both_databases
def test_a_team_is_made_renamed_retired_and_put_back(app: FastAPI, database: Database, cast: Cast) -> None:
    ada = client_for(app, cast.ada)
    made = ada.post("/api/v1/teams", json={"name": "  North   locality "}, headers=a_key())
    path = made.headers["location"]
    assert (made.status_code, made.json()["name"], made.headers["etag"]) == (201, "North locality", '"1"')
    renamed = ada.put(path, json={"name": "North"}, headers={"If-Match": '"1"'})
    retired = ada.post(f"{path}/retire", headers={"If-Match": renamed.headers["etag"]})
    restored = ada.post(f"{path}/restore", headers={"If-Match": retired.headers["etag"]})
    assert [answer.json()["name"] for answer in (renamed, retired, restored)] == ["North"] * 3
    assert [answer.json()["active"] for answer in (renamed, retired, restored)] == [True, False, True]
    assert ada.get(path).headers["etag"] == '"4"'
    assert kinds(database) == ["team.made", "team.renamed", "team.retired", "team.restored"]


@pytest.mark.both_in_trials
def test_a_team_sent_again_is_made_once(app: FastAPI, database: Database, cast: Cast) -> None:
    ada, key = client_for(app, cast.ada), a_key()
    first, second = (ada.post("/api/v1/teams", json={"name": "North"}, headers=key) for _ in range(2))
    assert first.content == second.content
    assert kinds(database) == ["team.made"]
    assert ada.post("/api/v1/teams", json={"name": "North"}).status_code == 400


@pytest.mark.both_databases
def test_two_teams_of_an_organisation_never_have_one_name_and_other_organisations_do_not_matter(
    app: FastAPI, database: Database, cast: Cast
) -> None:
    a_team(database, cast.elsewhere, "North")
    ada = client_for(app, cast.ada)
    assert ada.post("/api/v1/teams", json={"name": "North"}, headers=a_key()).status_code == 201
    again = ada.post("/api/v1/teams", json={"name": "NORTH"}, headers=a_key())
    assert (again.status_code, again.json()["errors"][0]["pointer"]) == (409, "/name")
    south = a_team(database, cast.organisation, "South")
    assert ada.put(f"/api/v1/teams/{south.id}", json={"name": "north"}, headers={"If-Match": '"1"'}).status_code == 409
    same = ada.put(f"/api/v1/teams/{south.id}", json={"name": "SOUTH"}, headers={"If-Match": '"1"'})
    assert same.json()["name"] == "SOUTH"


@pytest.mark.parametrize("name", [" ", "x" * 81, "Nor\x00th", "Nor\x1bth", "For 943 476 5919", "kim@example.org"])
def test_a_name_that_cannot_be_shown_or_names_a_person_is_refused(app: FastAPI, cast: Cast, name: str) -> None:
    refused = client_for(app, cast.ada).post("/api/v1/teams", json={"name": name}, headers=a_key())
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/name")


def test_a_team_that_is_retired_twice_says_so(app: FastAPI, database: Database, cast: Cast) -> None:
    team, ada = a_team(database, cast.organisation), client_for(app, cast.ada)
    path = f"/api/v1/teams/{team.id}"
    assert ada.post(f"{path}/restore", headers={"If-Match": '"1"'}).status_code == 409
    assert ada.post(f"{path}/retire", headers={"If-Match": '"1"'}).status_code == 200
    assert ada.post(f"{path}/retire", headers={"If-Match": '"2"'}).status_code == 409


@pytest.mark.both_databases
def test_of_many_who_rename_a_team_from_one_version_one_wins(database: Database, cast: Cast) -> None:
    team, gate = a_team(database, cast.organisation), threading.Barrier(6)
    outcomes: list[str] = []

    def rename(place: int) -> None:
        gate.wait()
        try:
            with database.writing() as session:
                teams.rename_team(session, team_id=team.id, name=f"Team of {place}", version=1, by=an_actor(cast.ada))
            outcomes.append("renamed")
        except Stale:
            outcomes.append("stale")

    threads = [threading.Thread(target=rename, args=(place,)) for place in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcomes) == ["renamed", *["stale"] * 5]
    with database.reading() as session:
        stored = session.exec(select(Team).where(col(Team.id) == team.id)).one()
    assert stored.version == 2
    assert kinds(database) == ["team.made", "team.renamed"]


def test_a_change_without_a_version_or_from_an_old_one_is_refused(app: FastAPI, database: Database, cast: Cast) -> None:
    team, ada = a_team(database, cast.organisation, "North"), client_for(app, cast.ada)
    path = f"/api/v1/teams/{team.id}"
    assert ada.put(path, json={"name": "South"}).status_code == 428
    assert ada.put(path, json={"name": "South"}, headers={"If-Match": '"9"'}).status_code == 412
    assert ada.get(path).json()["name"] == "North"
    assert kinds(database) == ["team.made"]


def test_everybody_reads_teams_and_only_administrators_change_them(
    app: FastAPI, database: Database, cast: Cast
) -> None:
    team = a_team(database, cast.organisation, "North")
    for person in (cast.asha, cast.mo, cast.lena):
        client = client_for(app, person)
        assert [each["name"] for each in client.get("/api/v1/teams").json()["items"]] == ["North"]
        assert client.post("/api/v1/teams", json={"name": "South"}, headers=a_key()).status_code == 403
        assert client.post(f"/api/v1/teams/{team.id}/retire", headers={"If-Match": '"1"'}).status_code == 403
        with database.writing() as session, pytest.raises(NotAllowed):
            teams.create_team(session, name="South", by=an_actor(person))
    program = program_for(app, an_integration(database, cast.organisation))
    assert program.get(f"/api/v1/teams/{team.id}").json()["name"] == "North"


@pytest.mark.both_in_trials
def test_teams_of_another_organisation_answer_as_teams_that_do_not_exist(
    app: FastAPI, database: Database, cast: Cast
) -> None:
    theirs, ada = a_team(database, cast.elsewhere), client_for(app, cast.ada)
    version = {"If-Match": '"1"'}
    for team_id in (theirs.id, uuid.uuid4()):
        path = f"/api/v1/teams/{team_id}"
        answers = [
            ada.get(path),
            ada.put(path, json={"name": "Mine"}, headers=version),
            ada.post(f"{path}/retire", headers=version),
            ada.post(f"{path}/restore", headers=version),
            ada.get(f"/teams/{team_id}"),
        ]
        assert [answer.status_code for answer in answers] == [404] * 5
        assert answers[0].json()["detail"] == answers[1].json()["detail"]
    assert ada.get("/api/v1/teams").json()["items"] == []


@pytest.mark.both_databases
def test_the_list_is_paged_and_can_leave_out_retired_teams(app: FastAPI, database: Database, cast: Cast) -> None:
    made = [a_team(database, cast.organisation) for _ in range(5)]
    ada = client_for(app, cast.ada)
    ada.post(f"/api/v1/teams/{made[0].id}/retire", headers={"If-Match": '"1"'})
    first = ada.get("/api/v1/teams", params={"limit": 2, "active": "true"}).json()
    rest = ada.get("/api/v1/teams", params={"limit": 2, "active": "true", "after": first["after"]}).json()
    assert [team["id"] for team in first["items"] + rest["items"]] == [str(team.id) for team in made[1:]]
    assert rest["after"] is None


@pytest.mark.fast
@pytest.mark.both_in_trials
def test_the_pages_make_rename_and_retire_a_team(app: FastAPI, database: Database, cast: Cast) -> None:
    ada = client_for(app, cast.ada)
    for _ in range(2):
        assert ada.post("/teams", data={"name": "North", "key": "1"}).status_code == 303
    with database.reading() as session:
        team = session.exec(select(Team)).one()
    path = f"/teams/{team.id}"
    assert ada.post(path, data={"name": "South", "version": "1"}).status_code == 303
    assert ada.post(f"{path}/retire", data={"version": "2"}).status_code == 303
    page = ada.get("/teams").text
    assert "South" in page
    assert "Retired" in page
    assert ada.post(f"{path}/restore", data={"version": "3"}).status_code == 303


def test_the_pages_say_what_to_mend_and_keep_what_was_typed(app: FastAPI, database: Database, cast: Cast) -> None:
    team, ada = a_team(database, cast.organisation, "North"), client_for(app, cast.ada)
    for path, version in (("/teams", ""), (f"/teams/{team.id}", "1")):
        long = ada.post(path, data={"name": "n" * 90, "version": version, "key": "1"})
        assert long.status_code == 422
        assert "Name must be 80 characters or fewer" in long.text
        assert f'value="{"n" * 90}"' in long.text
    taken = ada.post("/teams", data={"name": "north", "key": "2"})
    assert taken.status_code == 409
    assert '<a href="#name">' in taken.text
    stale = ada.post(f"/teams/{team.id}/retire", data={"version": "7"})
    assert stale.status_code == 412
    assert "Someone else has changed this" in stale.text
    assert client_for(app, cast.lena).get("/teams").status_code == 403
