"""Case files over REST: pseudonymous references with bands, made once, changed with care, listed by key."""

import re
import threading
import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from sqlmodel import col, select

from api.case_files import actions as case_files
from api.case_files.actions import NewCaseFile
from api.foundation.problems import Moved
from api.people.teams import actions as teams
from checklists.privacy.references import check_reference
from models import AgeBand, CaseFile, CaseStatus, Event
from models.storage.database import Database
from tests.client import Client
from tests.desk import Desk
from tests.factories import a_key, a_team, a_token_for, an_actor, an_integration, client_for, program_for

PATH = "/api/v1/case-files"
# Nobody's: the examples that the NHS, HMRC and Royal Mail print, and a date.
IDENTIFIERS = ("9434765919", "NHS9434765919", "943-476-5919", "AB123456C", "SW1A1AA", "2014-03-09")


def a_case(desk: Desk, **changed: Any) -> dict[str, Any]:
    return {
        "team_id": str(desk.team_id),
        "status": "child-in-need",
        "age_band": "5-to-9",
        "forms_of_harm": ["neglect"],
        **changed,
    }


def make(client: Client, body: Any, path: str = PATH, **headers: str) -> httpx2.Response:
    answer: httpx2.Response = client.post(path, json=body, headers=headers or a_key())
    return answer


def pointers(answer: httpx2.Response) -> list[str]:
    return [error["pointer"] for error in answer.json()["errors"]]


def references(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.exec(select(CaseFile.reference).order_by(col(CaseFile.id))))


def kinds(database: Database) -> list[str]:
    """What was done to case files, in order."""
    with database.reading() as session:
        query = select(col(Event.kind)).where(col(Event.kind).startswith("case-file.")).order_by(col(Event.number))
        return list(session.exec(query))


@pytest.mark.fast
@pytest.mark.both_databases
def test_a_case_file_is_made_read_and_changed(desk: Desk, lena: Client) -> None:
    made = make(lena, a_case(desk, forms_of_harm=["sexual-abuse", "neglect", "neglect"]))
    path = made.headers["location"]
    assert (made.status_code, made.headers["etag"]) == (201, '"1"')
    assert made.json()["forms_of_harm"] == ["neglect", "sexual-abuse"]
    read = lena.get(path)
    assert (read.json(), read.headers["etag"]) == (made.json(), '"1"')
    elsewhere = a_team(desk.database, desk.cast.organisation)
    wanted = a_case(desk, team_id=str(elsewhere.id), status="closed", age_band="10-to-15", forms_of_harm=[])
    changed = lena.put(path, json=wanted, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    assert changed.json() == {**wanted, "id": made.json()["id"], "reference": made.json()["reference"], "version": 2}
    assert lena.get(path).json() == changed.json()
    assert kinds(desk.database) == ["case-file.made", "case-file.changed"]


def test_a_reference_that_the_service_makes_tells_nothing(desk: Desk, lena: Client) -> None:
    made = [make(lena, a_case(desk)).json()["reference"] for _ in range(20)]
    assert len(set(made)) == 20, "the same bands never give the same reference"
    assert all(re.fullmatch(r"CF(-[A-Z0-9]{4}){4}", reference) for reference in made)
    assert [check_reference(reference) for reference in made] == [None] * 20


@pytest.mark.both_databases
def test_a_case_file_sent_again_is_made_once_and_answered_alike(desk: Desk, lena: Client) -> None:
    key = a_key()
    first, again = (make(lena, a_case(desk), **key) for _ in range(2))
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert [again.headers[name] for name in ("location", "etag")] == [first.headers["location"], '"1"']
    other = make(lena, a_case(desk, status="closed"), **key)
    assert (other.status_code, other.json()["type"]) == (422, "/problems/idempotency-key-reused")
    assert len(references(desk.database)) == 1


@pytest.mark.parametrize("path", [PATH, f"{PATH}/batch"])
@pytest.mark.parametrize("key", [None, "", "x" * 201, "caf\u00e9", "with\ttab"])
def test_making_without_a_key_that_fits_is_refused(desk: Desk, lena: Client, path: str, key: str | None) -> None:
    headers = {} if key is None else {b"Idempotency-Key": key.encode()}
    body = a_case(desk) if path == PATH else [a_case(desk)]
    refused = lena.post(path, json=body, headers=headers)
    assert (refused.status_code, refused.json()["type"]) == (400, "/problems/idempotency-key-missing")
    assert references(desk.database) == []


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"team_id": "0192a3b4-0000-7000-8000-000000000000"}, "/team_id"),
        ({"team_id": "North locality"}, "/team_id"),
        ({"status": "child in need"}, "/status"),
        ({"status": None}, "/status"),
        ({"age_band": "5"}, "/age_band"),
        ({"forms_of_harm": ["neglect", "bad-luck"]}, "/forms_of_harm/1"),
        ({"forms_of_harm": "neglect"}, "/forms_of_harm"),
        ({"forms_of_harm": ["neglect"] * 61}, "/forms_of_harm"),
        ({"reference": ""}, "/reference"),
        ({"reference": "Robin"}, "/reference"),
        ({"reference": "ROBIN"}, "/reference"),
        ({"reference": "NW 2026 1"}, "/reference"),
        ({"reference": "NW-2026-1" * 8}, "/reference"),
        ({"date_of_birth": "2014-03-09"}, "/date_of_birth"),
    ],
)
def test_a_case_file_with_a_fault_is_refused_with_its_place_and_not_made(
    desk: Desk, lena: Client, changed: dict[str, Any], pointer: str
) -> None:
    refused = make(lena, a_case(desk, **changed))
    assert (refused.status_code, pointers(refused)) == (422, [pointer])
    assert references(desk.database) == []
    assert kinds(desk.database) == []


@pytest.mark.parametrize("identifier", IDENTIFIERS)
def test_a_reference_that_identifies_somebody_is_refused_and_never_said_again(
    desk: Desk, lena: Client, identifier: str
) -> None:
    for reference in (identifier, f"NW-{identifier}"):
        refused = make(lena, a_case(desk, reference=reference))
        assert (refused.status_code, pointers(refused)) == (422, ["/reference"])
        assert "looks like" in refused.json()["detail"]
        assert identifier not in refused.text
    assert references(desk.database) == []


@pytest.mark.both_in_trials
def test_every_fault_is_named_at_once(desk: Desk, lena: Client) -> None:
    everything = {"team_id": str(uuid.uuid4()), "forms_of_harm": ["a", "b"], "reference": "kim"}
    refused = make(lena, a_case(desk, **everything))
    assert pointers(refused) == ["/team_id", "/forms_of_harm/0", "/forms_of_harm/1", "/reference"]


@pytest.mark.both_databases
def test_a_reference_is_its_organisations_own_and_used_once(desk: Desk, lena: Client) -> None:
    other = a_team(desk.database, desk.cast.elsewhere)
    there = desk.browser(desk.cast.omar)
    taken = {"reference": "NW-2026-014"}
    assert make(there, a_case(desk, team_id=str(other.id), forms_of_harm=[], **taken)).status_code == 201
    assert make(lena, a_case(desk, **taken)).status_code == 201
    again = make(lena, a_case(desk, **taken))
    assert (again.status_code, pointers(again)) == (422, ["/reference"])
    foreign_team = make(lena, a_case(desk, team_id=str(other.id)))
    assert (foreign_team.status_code, pointers(foreign_team)) == (422, ["/team_id"])


@pytest.mark.both_in_trials
def test_a_retired_team_takes_no_new_case_files_and_keeps_those_it_has(desk: Desk, lena: Client) -> None:
    path = make(lena, a_case(desk)).headers["location"]
    with desk.database.writing() as session:
        teams.retire_team(session, team_id=desk.team_id, version=1, by=an_actor(desk.cast.ada))
    refused = make(lena, a_case(desk))
    assert (refused.status_code, pointers(refused)) == (422, ["/team_id"])
    kept = lena.put(path, json=a_case(desk, status="care-leaver"), headers={"If-Match": '"1"'})
    assert (kept.status_code, kept.json()["status"]) == (200, "care-leaver")


@pytest.mark.fast
@pytest.mark.both_databases
def test_a_list_is_made_whole(desk: Desk, lena: Client) -> None:
    wanted = [a_case(desk, reference=f"NW-{number:04d}") for number in range(1000)]
    key = a_key()
    made, again = (make(lena, wanted, f"{PATH}/batch", **key) for _ in range(2))
    assert (made.status_code, again.content) == (201, made.content)
    assert [item["reference"] for item in made.json()["items"]] == [item["reference"] for item in wanted]
    assert references(desk.database) == [item["reference"] for item in wanted]
    assert kinds(desk.database) == ["case-file.made"] * 1000


@pytest.mark.both_databases
@pytest.mark.parametrize("what", ["reference", "team"])
def test_a_list_that_rests_on_what_has_changed_meanwhile_is_not_made(desk: Desk, what: str) -> None:
    lena = an_actor(desk.cast.lena)
    team = a_team(desk.database, desk.cast.organisation, "South")
    wanted = NewCaseFile(team.id, CaseStatus.CHILD_IN_NEED, AgeBand.FROM_5_TO_9, reference="NW-2026-1")
    with desk.database.reading() as session:
        prepared = case_files.prepare_case_files(session, case_files=[wanted], by=lena)
    with desk.database.writing() as session:
        if what == "reference":
            case_files.create_case_file(session, case_file=replace(wanted, team_id=desk.team_id), by=lena)
        else:
            teams.retire_team(session, team_id=team.id, version=team.version, by=an_actor(desk.cast.ada))
    with pytest.raises(Moved), desk.database.writing() as session:
        case_files.store_case_files(session, prepared, by=lena)
    assert references(desk.database) == (["NW-2026-1"] if what == "reference" else [])


def test_one_fault_in_a_list_stops_it_all_and_each_is_named_with_its_place(desk: Desk, lena: Client) -> None:
    make(lena, a_case(desk, reference="NW-2026-1"))
    wanted = [
        a_case(desk),
        a_case(desk, forms_of_harm=["bad-luck"]),
        a_case(desk, reference="NW-2026-2"),
        a_case(desk, reference="NW-2026-2"),
        a_case(desk, reference="NW-2026-1", team_id=str(uuid.uuid4())),
    ]
    refused = make(lena, wanted, f"{PATH}/batch")
    assert refused.status_code == 422
    assert pointers(refused) == ["/1/forms_of_harm/0", "/3/reference", "/4/team_id", "/4/reference"]
    assert references(desk.database) == ["NW-2026-1"]


@pytest.mark.parametrize("number", [0, 1001])
def test_a_list_holds_one_to_a_thousand(desk: Desk, lena: Client, number: int) -> None:
    assert make(lena, [a_case(desk)] * number, f"{PATH}/batch").status_code == 422
    assert references(desk.database) == []


def test_a_change_without_a_version_or_from_an_old_one_is_refused(desk: Desk, lena: Client) -> None:
    path = make(lena, a_case(desk)).headers["location"]
    wanted = a_case(desk, status="closed")
    assert lena.put(path, json=wanted).status_code == 428
    assert lena.put(path, json=wanted, headers={"If-Match": "*"}).status_code == 400
    assert lena.put(path, json=wanted, headers={"If-Match": '"1"'}).status_code == 200
    stale = lena.put(path, json=a_case(desk, status="care-leaver"), headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["type"]) == (412, "/problems/stale")
    assert lena.get(path).json()["status"] == "closed"
    assert kinds(desk.database) == ["case-file.made", "case-file.changed"]


def test_a_change_with_a_fault_changes_nothing_and_a_reference_never_changes(desk: Desk, lena: Client) -> None:
    made = make(lena, a_case(desk))
    path, headers = made.headers["location"], {"If-Match": '"1"'}
    harm = lena.put(path, json=a_case(desk, status="closed", forms_of_harm=["bad-luck"]), headers=headers)
    renamed = lena.put(path, json=a_case(desk, reference="NW-2026-1"), headers=headers)
    assert [pointers(harm), pointers(renamed)] == [["/forms_of_harm/0"], ["/reference"]]
    assert lena.get(path).json() == made.json()


@pytest.mark.both_databases
def test_of_many_who_change_a_case_file_from_one_version_one_wins(desk: Desk, lena: Client) -> None:
    path, gate = make(lena, a_case(desk)).headers["location"], threading.Barrier(6)
    answers: dict[str, httpx2.Response] = {}

    def change(age_band: str) -> None:
        client = client_for(desk.app, desk.cast.lena)
        harms = ["sexual-abuse"] if age_band == "unborn" else ["neglect", "sexual-abuse"]
        gate.wait()
        body = a_case(desk, age_band=age_band, forms_of_harm=harms)
        answers[age_band] = client.put(path, json=body, headers={"If-Match": '"1"'})

    threads = [threading.Thread(target=change, args=(band.value,)) for band in list(AgeBand)[:6]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(answer.status_code for answer in answers.values()) == [200, *[412] * 5]
    (winner,) = (answer for answer in answers.values() if answer.status_code == 200)
    assert lena.get(path).json() == winner.json()
    assert winner.json()["version"] == 2


@pytest.mark.both_databases
def test_of_two_who_take_one_reference_at_the_same_moment_one_is_refused(desk: Desk) -> None:
    gate, statuses = threading.Barrier(4), []

    def take() -> None:
        client = client_for(desk.app, desk.cast.lena)
        gate.wait()
        statuses.append(make(client, a_case(desk, reference="NW-2026-1")).status_code)

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert statuses.count(201) == 1
    assert set(statuses) <= {201, 409, 422}
    assert references(desk.database) == ["NW-2026-1"]


def test_a_reference_may_have_the_words_of_the_council_and_its_teams(desk: Desk, lena: Client) -> None:
    made = make(lena, a_case(desk, reference="LOCALITY-2026-1"))
    assert made.status_code == 201, made.text
    refused = make(lena, a_case(desk, reference="ELSEWHERE-2026-1"))
    assert "it contains a name" in refused.json()["errors"][0]["detail"]


def pages(client: Client, **query: str) -> Iterator[list[str]]:
    """The references on each page of a list, two to a page."""
    after: str | None = None
    while True:
        page = client.get(PATH, params={"limit": "2", **query, **({"after": after} if after else {})}).json()
        yield [item["reference"] for item in page["items"]]
        after = page["after"]
        if after is None:
            return


@pytest.mark.both_databases
def test_a_list_is_read_page_by_page_and_by_team_and_status(desk: Desk, lena: Client) -> None:
    south = str(a_team(desk.database, desk.cast.organisation, "South").id)
    wanted = [
        a_case(
            desk,
            reference=f"NW-2026-{number}",
            status="closed" if number % 2 else "care-leaver",
            team_id=south if number > 4 else str(desk.team_id),
        )
        for number in range(7)
    ]
    make(lena, wanted, f"{PATH}/batch")
    everything = [f"NW-2026-{number}" for number in range(7)]
    assert list(pages(lena)) == [everything[0:2], everything[2:4], everything[4:6], everything[6:]]
    assert list(pages(lena, status="closed")) == [["NW-2026-1", "NW-2026-3"], ["NW-2026-5"]]
    assert list(pages(lena, team=south)) == [["NW-2026-5", "NW-2026-6"]]
    assert list(pages(lena, team=south, status="care-leaver")) == [["NW-2026-6"]]
    assert list(pages(lena, team=str(uuid.uuid4()))) == [[]]
    for query in ({"after": "2"}, {"limit": "0"}, {"limit": "101"}, {"status": "open"}, {"team": "South"}):
        assert lena.get(PATH, params=query).status_code == 422, query


@pytest.mark.both_databases
def test_a_page_begun_before_others_were_made_goes_on_where_it_ended(desk: Desk, lena: Client) -> None:
    make(lena, [a_case(desk, reference=f"NW-2026-{number}") for number in range(3)], f"{PATH}/batch")
    reading = pages(lena)
    assert next(reading) == ["NW-2026-0", "NW-2026-1"]
    make(lena, a_case(desk, reference="NW-2026-3"))
    assert list(reading) == [["NW-2026-2", "NW-2026-3"]]


@pytest.mark.both_in_trials
def test_auditors_see_the_case_files_behind_their_audits_and_no_others(desk: Desk, lena: Client) -> None:
    own, bens = (desk.find(desk.an_audit(auditor)).case_file for auditor in (desk.cast.asha, desk.cast.ben))
    asha = desk.browser(desk.cast.asha)
    assert list(pages(asha)) == [[own.reference]]
    assert asha.get(f"{PATH}/{own.id}").status_code == 200
    hidden, missing = (asha.get(f"{PATH}/{each}") for each in (bens.id, uuid.uuid4()))
    assert hidden.status_code == missing.status_code == 404
    assert hidden.json()["detail"] == missing.json()["detail"]
    assert desk.browser(desk.cast.ada).get(f"{PATH}/{own.id}").status_code == 403
    assert lena.get(f"{PATH}/{bens.id}").status_code == 200


@pytest.mark.both_in_trials
def test_a_case_file_of_another_organisation_is_as_one_that_does_not_exist(desk: Desk, lena: Client) -> None:
    path = make(lena, a_case(desk)).headers["location"]
    omar = desk.browser(desk.cast.omar)
    missing = f"{PATH}/{uuid.uuid4()}"
    for method in ("GET", "PUT"):
        sent: dict[str, Any] = {} if method == "GET" else {"json": a_case(desk), "headers": {"If-Match": '"1"'}}
        theirs, nobodys = (omar.request(method, at, **sent).json() for at in (path, missing))
        assert theirs["status"] == 404
        assert all(theirs[name] == nobodys[name] for name in ("type", "title", "status", "detail", "errors"))
    assert list(pages(omar)) == [[]]
    assert lena.get(path).json()["version"] == 1


def test_a_program_makes_case_files_but_does_not_read_what_others_brought(desk: Desk) -> None:
    program = program_for(desk.app, an_integration(desk.database, desk.cast.organisation))
    assert make(program, a_case(desk)).status_code == 201
    assert program.get(PATH).status_code == 403
    lead = program_for(desk.app, a_token_for(desk.database, desk.cast.lena))
    assert len(next(pages(lead))) == 1


@pytest.mark.both_in_trials
def test_every_status_and_age_band_is_taken(desk: Desk, lena: Client) -> None:
    wanted = [a_case(desk, status=status.value, age_band=band.value) for status in CaseStatus for band in AgeBand]
    made = make(lena, wanted, f"{PATH}/batch")
    assert made.status_code == 201
    shown = [(item["status"], item["age_band"]) for item in made.json()["items"]]
    assert shown == [(item["status"], item["age_band"]) for item in wanted]
