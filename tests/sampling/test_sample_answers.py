"""What a program is answered when it draws or mends a sample is what it reads afterwards, though it is made before."""

import csv
import io
import random
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from pypdf import PdfReader

from api.case_lists import actions as case_lists
from api.case_lists.pseudonyms.lookup import references_of_file
from checklists.case_list import CaseList as CaseListContent
from checklists.case_list import ListedCase
from checklists.cases import AgeBand, CaseStatus
from checklists.privacy.references import reference_from
from tests.client import Client
from tests.desk import Desk, a_desk
from tests.factories import a_key, a_team, an_actor
from tests.importing import import_list
from tests.page_forms import SeenPage

TODAY = date(2026, 5, 4)
REPLACED = {"reason": "Moved away."}


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with a_desk(database_url) as made:
        a_team(made.database, made.cast.organisation, "South")
        yield made


@pytest.fixture
def plan(desk: Desk) -> dict[str, Any]:
    """Eight of forty cases, with some that cannot be drawn."""
    cases = tuple(
        ListedCase(
            reference_from(random.Random(place).randbytes(10)),
            "North locality" if place % 3 else "South",
            CaseStatus.CLOSED if place % 8 == 0 else CaseStatus.CHILD_IN_NEED,
            AgeBand.FROM_5_TO_9,
            closed=date(2026, 3, 1) if place % 8 == 0 else None,
        )
        for place in range(40)
    )
    lead = an_actor(desk.cast.lena)
    with desk.database.writing() as session:
        checked = case_lists.check_list(CaseListContent(TODAY, "1a2b3c4d", "annex-a", cases), by=lead)
        made = import_list(session, checked=checked, by=lead)
    return {"case_list_id": str(made.id), "size": 8, "strata": ["team", "status"], "smallest_stratum": 1}


def drawn(desk: Desk, lena: Client, plan: dict[str, Any], key: dict[str, str] | None = None) -> Any:
    answer = lena.post(f"/api/v1/rounds/{desk.round_id}/samples", json=plan, headers=key or a_key())
    assert answer.status_code == 201, answer.text
    return answer


@pytest.mark.fast
@pytest.mark.both_databases
def test_what_drawing_answers_is_what_is_read_afterwards(desk: Desk, lena: Client, plan: dict[str, Any]) -> None:
    key = a_key()
    answer = drawn(desk, lena, plan, key)
    read = lena.get(answer.headers["location"])
    assert len(read.json()["cases"]) == 8
    assert (answer.json(), answer.headers["etag"]) == (read.json(), read.headers["etag"])
    again = drawn(desk, lena, plan, key)
    assert (again.content, again.headers["etag"]) == (answer.content, answer.headers["etag"])
    assert len(lena.get(f"/api/v1/rounds/{desk.round_id}/samples").json()["items"]) == 1


@pytest.mark.both_databases
def test_what_replacing_answers_is_what_is_read_afterwards(desk: Desk, lena: Client, plan: dict[str, Any]) -> None:
    sample = f"/api/v1/samples/{drawn(desk, lena, plan).json()['id']}"
    selected: list[dict[str, Any]] = []
    for version in (1, 2):
        selected = [case for case in lena.get(sample).json()["cases"] if case["state"] == "selected"]
        case = selected[version]["case_file_id"]
        body = {"case_file_id": case, **REPLACED}
        answer = lena.post(f"{sample}/replace", json=body, headers={"If-Match": f'"{version}"'})
        assert answer.status_code == 200, answer.text
        read = lena.get(sample)
        assert (answer.json(), answer.headers["etag"]) == (read.json(), read.headers["etag"])
        assert [each["reason"] for each in read.json()["cases"] if each["case_file_id"] == case] == ["Moved away."]
    body = {"case_file_id": selected[0]["case_file_id"], **REPLACED}
    stale = lena.post(f"{sample}/replace", json=body, headers={"If-Match": '"2"'})
    assert stale.status_code == 412


def test_a_page_that_replaces_keeps_what_was_typed_when_it_is_refused(
    desk: Desk, lena: Client, plan: dict[str, Any]
) -> None:
    made = drawn(desk, lena, plan).json()
    path = f"/samples/{made['id']}/cases/{made['cases'][0]['case_file_id']}/replace"
    refused = lena.post(path, data={"reason": "On file: 943 476 5919.", "version": "1"})
    assert refused.status_code == 422
    assert SeenPage(refused).form(path)["reason"] == "On file: 943 476 5919."
    done = lena.post(path, data={"reason": "Moved away.", "version": "1"}, follow_redirects=False)
    assert (done.status_code, done.headers["location"]) == (303, f"/samples/{made['id']}")
    assert lena.post(path, data={"reason": "Moved away.", "version": "1"}).status_code in {409, 412}


@pytest.mark.both_in_trials
def test_a_sample_is_downloaded_for_the_key_holder_to_find_its_files(
    desk: Desk, lena: Client, plan: dict[str, Any]
) -> None:
    holder = {"post": "Performance team", "contact": "01632 960001"}
    lena.put("/api/v1/key-holder", json=holder, headers={"If-Match": '"0"'})
    sample = drawn(desk, lena, plan).json()
    page = f"/samples/{sample['id']}"
    assert "01632 960001" in lena.get(page).text
    references = [case["reference"] for case in sample["cases"]]
    listed = lena.get(f"{page}/cases.csv")
    lines = list(csv.DictReader(io.StringIO(listed.content.decode("utf-8-sig"))))
    assert [line["Case file"] for line in lines] == references
    assert {line["Team"] for line in lines} == {"North locality", "South"}
    assert {line["State"] for line in lines} == {"In the sample"}
    for kind in ("xlsx", "csv"):
        content = lena.get(f"/api/v1{page}/cases.{kind}").content
        assert references_of_file(content) == references
    printed = lena.get(f"{page}/cases.pdf")
    assert printed.headers["content-type"] == "application/pdf"
    text = " ".join(each.extract_text() for each in PdfReader(io.BytesIO(printed.content)).pages)
    assert "File found" in text
    assert "01632 960001" in text
    assert desk.events().count("sample.fetched") == 1  # once an hour for each person
    assert desk.browser(desk.cast.asha).get(f"{page}/cases.csv").status_code == 403
    assert desk.browser(desk.cast.omar).get(f"{page}/cases.csv").status_code == 404
