"""Many case files are given out in one call, all or none, whatever others do between the look and the writing."""

import uuid
from typing import Any

import pytest

from api.allocation.actions import Allocation, allocate, prepare_allocations, store_allocations
from api.case_files import actions as case_files
from api.case_files.actions import NewCaseFile
from api.foundation.problems import Moved
from api.people import actions as people
from models import AgeBand, CaseStatus
from tests.client import Client
from tests.desk import Desk
from tests.factories import SETTINGS, a_key, an_actor

PATH = "/api/v1/audits"


@pytest.fixture
def cases(desk: Desk) -> list[uuid.UUID]:
    new = [NewCaseFile(desk.team_id, CaseStatus.CHILD_IN_NEED, AgeBand.FROM_5_TO_9) for _ in range(3)]
    with desk.database.writing() as session:
        made = case_files.create_case_files(session, case_files=new, by=an_actor(desk.cast.lena))
    return [each.case_file.id for each in made]


def body(desk: Desk, cases: list[uuid.UUID]) -> dict[str, Any]:
    asha = str(desk.cast.asha.id)
    return {
        "round_id": str(desk.round_id),
        "allocations": [{"case_file_id": str(case), "auditor_id": asha} for case in cases],
    }


def given_out(lena: Client) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = lena.get(PATH).json()["items"]
    return sorted(items, key=lambda each: str(each["id"]))


@pytest.mark.fast
@pytest.mark.both_databases
def test_what_allocating_answers_is_what_is_read_afterwards(desk: Desk, lena: Client, cases: list[uuid.UUID]) -> None:
    key = a_key()
    answer, again = (lena.post(f"{PATH}/batch", json=body(desk, cases), headers=key) for _ in range(2))
    assert (answer.status_code, again.content) == (201, answer.content)
    items = answer.json()["items"]
    assert [item["case_file_id"] for item in items] == [str(case) for case in cases]
    assert sorted(items, key=lambda each: str(each["id"])) == given_out(lena)
    assert desk.events().count("audit.allocated") == 3


def test_one_that_cannot_be_given_out_stops_them_all(desk: Desk, lena: Client, cases: list[uuid.UUID]) -> None:
    answer = lena.post(f"{PATH}/batch", json=body(desk, [*cases, uuid.uuid4()]), headers=a_key())
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/3/case_file_id")
    assert given_out(lena) == []


@pytest.mark.both_databases
@pytest.mark.parametrize("what", ["reading", "person", "round"])
def test_what_has_changed_since_it_was_looked_at_is_not_given_out(
    desk: Desk, lena: Client, cases: list[uuid.UUID], what: str
) -> None:
    by, asha = an_actor(desk.cast.lena), desk.cast.asha
    wanted = [Allocation(case, asha.id) for case in cases]
    with desk.database.reading() as session:
        prepared = prepare_allocations(session, round_id=desk.round_id, allocations=wanted, by=by)
    if what == "round":
        desk.close_round()
    with desk.database.writing() as session:
        if what == "reading":
            allocate(session, round_id=desk.round_id, allocation=Allocation(cases[1], desk.cast.ben.id), by=by)
        elif what == "person":
            ada = an_actor(desk.cast.ada)
            version = people.find_person(session, person_id=asha.id, by=ada).person.version
            people.change_person(
                session,
                person_id=asha.id,
                name=asha.name,
                roles=asha.roles,
                active=False,
                version=version,
                settings=SETTINGS,
                by=ada,
            )
    with pytest.raises(Moved), desk.database.writing() as session:
        store_allocations(session, prepared, by=by)
    assert len(given_out(lena)) == (1 if what == "reading" else 0)
