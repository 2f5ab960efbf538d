"""Who reads the data feed: a token of a person, as far as the person may read now, and every pull is recorded."""

import uuid

import pytest
from sqlmodel import Session, col, delete, select

from api.allocation.actions import Allocation, allocate
from api.foundation.http.limits import Limiter
from api.foundation.permissions import Permission
from api.odata import limiting
from api.odata.catalogue import TABLES
from api.people.tokens import actions as tokens
from models import Event, HasListed, Role, RoleGrant
from tests.client import Client
from tests.concerns.test_concerns import raised
from tests.desk import Desk
from tests.factories import a_person, a_token_for, an_actor, an_integration, client_for
from tests.filling import fill_round, teams_of
from tests.improvement.acting import a_plan, planned
from tests.odata.feed import RECORDS, RELEASED, a_feed, ask, basic, rows
from tests.release.test_snapshots import make as make_snapshot

RECORD_TABLES = sorted(name for name, table in TABLES.items() if table.permission is Permission.READ_FEED_RECORDS)


def statuses(feed: Client) -> dict[str, int]:
    return {name: ask(feed, name).status_code for name in TABLES}


def listed(feed: Client) -> list[str]:
    return [table["name"] for table in feed.get("/odata/").json()["value"]]


@pytest.mark.both_databases
def test_records_are_for_people_who_may_read_every_audit_and_released_cells_for_the_others(desk: Desk) -> None:
    records = a_feed(desk)
    assert set(statuses(records).values()) == {200}
    assert listed(records) == list(TABLES)
    for feed in (
        a_feed(desk, desk.cast.asha, RELEASED),
        a_feed(desk, desk.cast.mo, RELEASED),
        a_feed(desk, scopes=RELEASED),
    ):
        assert statuses(feed) == dict.fromkeys(RECORD_TABLES, 403) | {"Cells": 200}
        assert listed(feed) == ["Cells"]
        assert feed.get("/odata/$metadata").text == records.get("/odata/$metadata").text


def test_a_token_reads_what_its_person_may_read_now(desk: Desk) -> None:
    feed = a_feed(desk)
    assert ask(feed, "Answers").status_code == 200
    with desk.database.writing() as session:
        lead = (col(RoleGrant.person_id) == desk.cast.lena.id, col(RoleGrant.role) == Role.QUALITY_LEAD)
        session.execute(delete(RoleGrant).where(*lead))
    assert set(statuses(feed).values()) == {403}


def test_nobody_gives_a_token_a_scope_that_they_do_not_have(desk: Desk) -> None:
    for person, scopes in ((desk.cast.asha, RECORDS), (desk.cast.ada, RELEASED)):
        with pytest.raises(Exception, match="can have these scopes only"):
            a_token_for(desk.database, person, scopes=scopes)


def test_only_a_token_of_a_person_reads_the_feed_and_it_reads_nothing_else(desk: Desk) -> None:
    token = a_token_for(desk.database, desk.cast.lena, scopes=RECORDS)
    feed = Client(desk.app, headers=basic(token.secret, "any name: at all"))
    assert feed.get("/odata/Answers").status_code == 401, "the first colon ends the name (RFC 7617)"
    feed = Client(desk.app, headers=basic(token.secret))
    assert feed.get("/odata/Answers").status_code == 200
    assert (
        Client(desk.app, headers={"Authorization": f"Bearer {token.secret}"}).get("/odata/Answers").status_code == 200
    )
    for path in ("/api/v1/rounds", "/api/v1/me", "/rounds"):
        assert feed.get(path).status_code in {302, 303, 401}
        bearer = Client(desk.app, headers={"Authorization": f"Bearer {token.secret}"})
        assert bearer.get(path).status_code == 403
    for refused in (
        client_for(desk.app, desk.cast.lena),
        Client(desk.app, headers=basic(an_integration(desk.database, desk.cast.organisation).secret)),
        a_feed(desk, desk.cast.lena, [Permission.READ_REPORTS, Permission.READ_AUDITS]),
    ):
        assert refused.get("/odata/Answers").status_code == 403
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert feed.request(method, "/odata/Answers").status_code == 405
    with desk.database.writing() as session:
        tokens.revoke_own_token(session, token_id=token.id, by=an_actor(desk.cast.lena))
    assert feed.get("/odata/Answers").status_code == 401


def test_whoever_sends_no_valid_token_is_asked_for_one_as_a_password(desk: Desk) -> None:
    for headers in (
        {},
        basic("caseaudit_wrong"),
        basic(""),
        {"Authorization": "Basic"},
        {"Authorization": "Basic ####"},
        {"Authorization": "Basic w6k="},
        {"Authorization": "Negotiate abc"},
    ):
        answer = Client(desk.app, headers=headers).get("/odata/Answers")
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Basic ")
        assert answer.headers["odata-version"] == "4.0"
        assert answer.json()["error"]["code"] == "not-signed-in"


def test_what_is_not_supported_is_said_and_what_does_not_exist_is_not_found(desk: Desk) -> None:
    feed = a_feed(desk)
    for path in (
        *(
            "Answers?$expand=Audit",
            "Answers?$apply=groupby((ThemeKey))",
            "Answers?$search=voice",
            "Answers?$format=atom",
        ),
        *(
            "Answers(1)",
            "Answers/AuditId",
            "Answers/$ref",
            "$batch",
            "$entity",
            "$crossjoin(Audits,Teams)",
            "$all",
            "$me",
        ),
        *("Cells?$orderby=Theme", "Answers?$filter=year(x) eq 1", "?$top=1", "$metadata?$select=x"),
    ):
        answer = feed.get(f"/odata/{path}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (501, "not-supported"), path
    for path in (
        "Answers?$filter=Rationale eq 'x'",
        "Answers?top=1",
        "Answers?$select=Rationale",
        "Answers?$top=-1",
        "Answers/$count?$top=1",
    ):
        assert feed.get(f"/odata/{path}").status_code == 400, path
    assert feed.get("/odata/Unknown").status_code == 404
    assert feed.get("/odatax").status_code != 200


def test_who_reads_a_case_learns_nothing_of_its_other_reading(desk: Desk) -> None:
    """A lead who audits too, and has a reading of the case open."""
    reader = a_person(desk.database, desk.cast.organisation, name="Rae", roles={Role.AUDITOR, Role.QUALITY_LEAD})
    audit_id = desk.an_audit()
    desk.answer(audit_id)
    desk.submit(audit_id)
    raised(desk, audit_id)
    case = desk.find(audit_id).audit.case_file_id
    with desk.database.writing() as session:
        again = Allocation(case, reader.id, 2)
        allocate(session, round_id=desk.round_id, allocation=again, by=an_actor(desk.cast.lena))
    blind, sees = a_feed(desk, reader), a_feed(desk)
    for table in ("Audits", "Answers", "Concerns"):
        assert rows(sees, table), table
        assert rows(blind, table) == [], table
        assert ask(blind, f"{table}/$count").text == "0"
        assert rows(blind, table, filter=f"RoundId eq {desk.round_id}") == []
        assert ask(blind, table, count="true", top="0").json()["@odata.count"] == 0


def test_nothing_of_another_organisation_is_in_the_feed(desk: Desk) -> None:
    fill_round(desk, teams_of(desk), audits=12, seed=1)
    make_snapshot(desk)
    other = a_feed(desk, desk.cast.omar)
    assert {name: rows(other, name) for name in TABLES} == {name: [] for name in TABLES}
    for name, table in TABLES.items():
        assert rows(a_feed(desk), name) or name in {"Actions", "Concerns"}, table


def events(desk: Desk, *kinds: str) -> list[tuple[str, uuid.UUID, str]]:
    with desk.database.reading() as session:
        found = session.exec(select(Event).where(col(Event.kind).in_(kinds)).order_by(col(Event.number))).all()
        return [(each.kind, each.subject_id, each.details) for each in found]


@pytest.mark.both_databases
def test_every_pull_is_an_event_and_its_pages_are_one_pull(desk: Desk) -> None:
    fill_round(desk, teams_of(desk), audits=6, seed=1)
    token = a_token_for(desk.database, desk.cast.lena, scopes=RECORDS)
    feed = Client(desk.app, headers=basic(token.secret))
    assert len(rows(feed, "Answers", 5)) == 24
    rows(feed, "Answers")
    ask(feed, "Teams/$count")
    pulls = events(desk, "feed.pulled")
    assert [kind for kind, _, _ in pulls] == ["feed.pulled"] * 3
    assert ["Answers" in pulls[0][2], "Answers" in pulls[1][2], "Teams" in pulls[2][2]] == [True, True, True]
    assert [subject for _, subject, _ in events(desk, "round.feed-read")] == [desk.round_id]
    with desk.database.reading() as session:
        assert [row.how for row in _listed(session, desk)] == ["listed"]


def _listed(session: Session, desk: Desk) -> list[HasListed]:
    return list(session.exec(select(HasListed).where(col(HasListed.person_id) == desk.cast.lena.id)).all())


def test_who_filters_the_answers_has_seen_those_of_every_open_round(desk: Desk) -> None:
    fill_round(desk, teams_of(desk), audits=1, seed=1)
    assert rows(a_feed(desk), "Answers", filter="CountedAnswer eq 'nothing'") == []
    assert [subject for _, subject, _ in events(desk, "round.feed-read")] == [desk.round_id]


def test_a_page_that_is_asked_for_by_itself_is_recorded(desk: Desk) -> None:
    fill_round(desk, teams_of(desk), audits=2, seed=1)
    following = ask(a_feed(desk), "Answers", 3).json()["@odata.nextLink"]
    other = a_feed(desk)
    assert other.get(following).status_code == 200
    assert len(events(desk, "feed.pulled")) == 2


def test_a_token_that_asks_too_often_is_told_how_long_to_wait(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limiting, "_LIMITER", Limiter(rate=1 / 60, burst=2))
    feed, other = a_feed(desk), a_feed(desk)
    assert [ask(feed, "Teams").status_code for _ in range(3)] == [200, 200, 429]
    refused = ask(feed, "Teams")
    assert (refused.json()["error"]["code"], int(refused.headers["retry-after"]) > 0) == ("too-many-requests", True)
    assert ask(other, "Teams").status_code == 200


def test_the_name_beside_a_token_changes_no_limit(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limiting, "_LIMITER", Limiter(rate=1 / 60, burst=2))
    token = a_token_for(desk.database, desk.cast.lena, scopes=RECORDS)
    asked = [Client(desk.app, headers=basic(token.secret, name)).get("/odata/Teams").status_code for name in "abc"]
    assert asked == [200, 200, 429]


@pytest.mark.both_databases
def test_actions_come_without_text_and_concerns_as_numbers(desk: Desk) -> None:
    action_id = planned(desk, a_plan(desk.cast.asha))
    for _ in range(2):
        raised(desk, desk.an_audit())
    (action,) = rows(a_feed(desk), "Actions")
    assert (action["ActionId"], action["Kind"], action["State"], action["AuditId"]) == (
        *(str(action_id), "practice", "proposed", None),
    )
    assert rows(a_feed(desk), "Concerns") == [
        {"RoundId": str(desk.round_id), "TeamId": str(desk.team_id), "State": "raised", "Concerns": 2}
    ]
