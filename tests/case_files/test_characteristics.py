"""Characteristics of cases: added by leads, filled from case lists or typed, and seen by nobody else."""

from datetime import date
from typing import Any

import pytest
from sqlmodel import select

from api.case_files.characteristics.queries import characteristics_in_use
from api.case_lists import actions as case_lists
from api.foundation.problems import Invalid
from checklists.case_list import CaseList, ListedCase
from checklists.characteristics import read_file
from checklists.privacy.references import reference_from
from models import CaseFile
from tests.client import Client
from tests.desk import Desk
from tests.factories import an_actor
from tests.importing import import_list
from tests.page_forms import SeenPage

SEX = {
    "title": "Sex",
    "headings": ["Gender"],
    "groups": [{"label": "Girl", "words": ["F"]}, {"label": "Boy", "words": ["M"]}],
}
ADDRESS = "/api/v1/characteristics"


def once(key: str) -> dict[str, str]:
    return {"Idempotency-Key": key}


def a_characteristic(lena: Client, **other: Any) -> dict[str, Any]:
    made = lena.post(ADDRESS, json={**SEX, **other}, headers=once(f"made-{other.get('title')}"))
    assert made.status_code == 201, made.text
    found: dict[str, Any] = made.json()
    return found


def case_files_of(desk: Desk) -> list[CaseFile]:
    with desk.database.reading() as session:
        return list(session.exec(select(CaseFile).order_by(CaseFile.reference)))


def a_list(*groups: str, on: date = date(2026, 9, 1)) -> CaseList:
    cases = [
        ListedCase(reference_from(bytes([n]) * 10), "North locality", "child-in-need", "5-to-9", characteristics=said)
        for n, said in enumerate(groups)
    ]
    return CaseList(on, "1a2b3c4d", "table", tuple(cases))


def take(desk: Desk, content: CaseList) -> None:
    lena = an_actor(desk.cast.lena)
    with desk.database.writing() as session:
        known = characteristics_in_use(session, lena.organisation_id)
        checked = case_lists.check_list(content, characteristics=known, by=lena)
        import_list(session, checked=checked, by=lena)


@pytest.mark.both_databases
@pytest.mark.fast
def test_a_lead_adds_a_characteristic_and_sets_it_on_a_case_file(desk: Desk, lena: Client) -> None:
    made = a_characteristic(lena)
    assert [(group["key"], group["words"]) for group in made["groups"]] == [("girl", ["F"]), ("boy", ["M"])]
    desk.an_audit()
    (case,) = case_files_of(desk)
    address = f"/api/v1/case-files/{case.id}/characteristics"
    wanted = {"characteristics": {"sex": "girl"}}
    assert lena.put(address, json=wanted).status_code == 428
    assert lena.put(address, json=wanted, headers={"If-Match": '"7"'}).status_code == 412
    changed = lena.put(address, json=wanted, headers={"If-Match": f'"{case.version}"'})
    assert (changed.status_code, changed.json()["characteristics"]) == (200, {"sex": "girl"})
    wrong = lena.put(address, json={"characteristics": {"sex": "other"}}, headers={"If-Match": '"2"'})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/characteristics/sex")
    cleared = lena.put(address, json={"characteristics": {}}, headers={"If-Match": '"2"'})
    assert cleared.json()["characteristics"] == {}


@pytest.mark.both_databases
def test_a_case_list_fills_them_and_one_that_says_nothing_takes_nothing_away(desk: Desk, lena: Client) -> None:
    a_characteristic(lena)
    a_characteristic(lena, title="Disabled", groups=[{"label": "Yes"}, {"label": "No"}])
    take(desk, a_list("disabled=no sex=girl", "sex=boy", ""))
    assert [case.characteristics for case in case_files_of(desk)] == ["disabled=no sex=girl", "sex=boy", ""]
    take(desk, a_list("sex=boy", "", "disabled=yes", on=date(2026, 9, 2)))
    assert [case.characteristics for case in case_files_of(desk)] == ["disabled=no sex=boy", "sex=boy", "disabled=yes"]
    # The same again changes nothing.
    with desk.database.reading() as session:
        same = case_lists.check_list(
            a_list("sex=boy", "", "", on=date(2026, 9, 3)),
            characteristics=characteristics_in_use(session, desk.cast.organisation.id),
            by=an_actor(desk.cast.lena),
        )
        assert case_lists.effect_of(session, checked=same, by=an_actor(desk.cast.lena)).changed == 0


@pytest.mark.parametrize("said", ["ethnic-group=a", "sex=other", "nonsense"])
def test_a_list_with_a_group_that_is_not_the_organisations_is_not_imported(desk: Desk, lena: Client, said: str) -> None:
    a_characteristic(lena)
    with pytest.raises(Invalid) as refused:
        take(desk, a_list(said))
    assert refused.value.faults[0].pointer == "/cases/0/characteristics"
    body = {
        "listed_on": "2026-09-01",
        "key_id": "1a2b3c4d",
        "source": "table",
        "cases": [
            {
                "reference": reference_from(b"x" * 10),
                "team": "North locality",
                "status": "child-in-need",
                "age_band": "5-to-9",
                "characteristics": {"sex": "girl"},
            }
        ],
    }
    assert lena.post("/api/v1/case-lists", json=body, headers=once("list")).status_code == 201
    assert [case.characteristics for case in case_files_of(desk)] == ["sex=girl"]


def test_a_group_that_cases_are_in_stays_and_can_have_another_name(desk: Desk, lena: Client) -> None:
    made = a_characteristic(lena)
    take(desk, a_list("sex=girl"))
    others = {**SEX, "groups": [{"label": "Boy"}, {"label": "Other"}]}
    kept = lena.put(f"{ADDRESS}/sex", json=others, headers={"If-Match": f'"{made["version"]}"'})
    assert (kept.status_code, kept.json()["errors"][0]["pointer"]) == (422, "/groups")
    renamed = {**SEX, "groups": [{"key": "girl", "label": "Female"}, {"label": "Other"}], "active": False}
    changed = lena.put(f"{ADDRESS}/sex", json=renamed, headers={"If-Match": f'"{made["version"]}"'})
    assert changed.status_code == 200, changed.text
    assert [group["key"] for group in changed.json()["groups"]] == ["girl", "other"]
    assert lena.put(f"{ADDRESS}/sex", json=renamed, headers={"If-Match": '"1"'}).status_code == 412
    # Not in use: what is stored stays, and no list is read for it.
    assert [case.characteristics for case in case_files_of(desk)] == ["sex=girl"]
    with desk.database.reading() as session:
        assert characteristics_in_use(session, desk.cast.organisation.id) == ()


def test_there_are_ten_at_most_and_no_two_with_one_title(desk: Desk, lena: Client) -> None:
    a_characteristic(lena)
    again = lena.post(ADDRESS, json={**SEX, "title": "SEX"}, headers=once("again"))
    assert (again.status_code, again.json()["errors"][0]["pointer"]) == (422, "/title")
    for number in range(9):
        a_characteristic(lena, title=f"Kind {'abcdefghi'[number]}")
    assert lena.post(ADDRESS, json={**SEX, "title": "One more"}, headers=once("more")).status_code == 409


def test_people_who_do_not_manage_case_files_see_none(desk: Desk, lena: Client) -> None:
    a_characteristic(lena)
    audit_id = desk.an_audit()
    (case,) = case_files_of(desk)
    set_it = {"characteristics": {"sex": "girl"}}
    lena.put(f"/api/v1/case-files/{case.id}/characteristics", json=set_it, headers={"If-Match": '"1"'})
    for person in (desk.cast.asha, desk.cast.mo, desk.cast.ada):
        client = desk.browser(person)
        assert client.get(ADDRESS).status_code == 403
        assert client.get(f"/case-files/{case.id}/characteristics").status_code == 403
    asha = desk.browser(desk.cast.asha)
    for address in (f"/api/v1/case-files/{case.id}", f"/api/v1/audits/{audit_id}", f"/audits/{audit_id}"):
        found = asha.get(address)
        assert found.status_code == 200
        assert "girl" not in found.text.lower()


def test_the_pages_add_change_and_set_them_and_keep_what_was_typed(desk: Desk, lena: Client) -> None:
    typed = {"title": "Sex", "headings": "Gender\nSex at birth", "groups": "Girl: F, Female\nBoy: F"}
    empty = lena.post("/characteristics/new", data={**typed, "title": ""})
    assert (empty.status_code, empty.text.count('<a href="#title"')) == (422, 1)
    refused = lena.post("/characteristics/new", data=typed)
    assert refused.status_code == 422
    page = SeenPage(refused)
    assert "Two groups have the same word" in page.words
    assert "Boy: F" in refused.text
    added = lena.post("/characteristics/new", data={**typed, "groups": "Girl: F, Female\nBoy: M"})
    assert added.headers["Location"] == "/characteristics"
    assert "Gender, Sex at birth" in SeenPage(lena.get("/characteristics")).words
    assert [each.key for each in read_file(lena.get("/characteristics.json").content)] == ["sex"]
    change = {"title": "Sex", "headings": "", "groups": "Girl\nBoy\nOther", "active": "yes", "version": "1"}
    assert lena.post("/characteristics/sex/edit", data=change).status_code == 303
    assert lena.post("/characteristics/sex/edit", data=change).status_code == 412
    desk.an_audit()
    (case,) = case_files_of(desk)
    path = f"/case-files/{case.id}/characteristics"
    assert "Not known" in SeenPage(lena.get(path)).words
    assert lena.post(path, data={"version": "1", "group-sex": "nobody"}).status_code == 422
    assert lena.post(path, data={"version": "1", "group-sex": "other"}).status_code == 303
    assert case_files_of(desk)[0].characteristics == "sex=other"
    assert lena.post(path, data={"version": "1", "group-sex": "girl"}).status_code == 412
