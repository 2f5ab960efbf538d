"""Everybody who needs to find a file reads whom to ask: a person or a post, named by a lead or an administrator."""

import pytest
from sqlmodel import col, update

from models import Person
from tests.client import Client
from tests.desk import Desk
from tests.page_forms import SeenPage

POST = {"post": "Performance team", "contact": "01632 960001"}
ADDRESS = "/api/v1/key-holder"


def named(client: Client, body: dict[str, str], version: int = 0) -> Client:
    assert client.put(ADDRESS, json=body, headers={"If-Match": f'"{version}"'}).status_code == 200
    return client


@pytest.mark.both_in_trials
def test_whom_to_ask_is_on_every_page_from_which_a_file_is_sought(desk: Desk, lena: Client) -> None:
    audit_id = desk.an_audit()
    found = desk.find(audit_id)
    named(lena, POST)
    pages = ["/case-files", f"/case-files/{found.case_file.id}/edit", f"/rounds/{desk.round_id}/allocate", "/notices"]
    for page in [*pages, f"/rounds/{desk.round_id}/proposal", f"/audits/{audit_id}", "/key-holder"]:
        assert "01632 960001" in lena.get(page).text, page
    asha = desk.browser(desk.cast.asha)
    for page in (f"/audits/{audit_id}", "/notices", "/key-holder"):
        assert "01632 960001" in asha.get(page).text, page
    # Administrators read nothing of cases, and so look for no file.
    assert "01632 960001" not in desk.browser(desk.cast.ada).get("/notices").text
    assert desk.browser(desk.cast.omar).get(ADDRESS).json()["name"] == ""


@pytest.mark.both_databases
def test_an_administrator_or_a_lead_names_a_person_or_a_post_and_others_do_not(desk: Desk, lena: Client) -> None:
    ada, asha = desk.browser(desk.cast.ada), desk.browser(desk.cast.asha)
    assert ada.get(ADDRESS).headers["etag"] == '"0"'
    named(ada, {"person_id": str(desk.cast.mo.id)})
    assert asha.get(ADDRESS).json() == {
        "name": desk.cast.mo.name,
        "contact": desk.cast.mo.email,
        "person_id": str(desk.cast.mo.id),
        "has_left": False,
    }
    assert lena.put(ADDRESS, json=POST, headers={"If-Match": '"0"'}).status_code == 412
    named(lena, POST, version=1)
    assert asha.put(ADDRESS, json=POST, headers={"If-Match": '"2"'}).status_code == 403
    assert asha.get("/key-holder/edit").status_code == 403
    assert desk.events().count("key-holder.named") == 2


@pytest.mark.both_in_trials
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"post": "Performance team"}, "contact"),
        ({"contact": "01632 960001"}, "post"),
        ({"post": "NHS 943 476 5919", "contact": "x"}, "post"),
        ({"person_id": "0" * 8 + "-0000-4000-8000-" + "0" * 12}, "person_id"),
    ],
)
def test_a_key_holder_who_cannot_be_asked_is_refused_at_the_field(
    lena: Client, body: dict[str, str], field: str
) -> None:
    refused = lena.put(ADDRESS, json=body, headers={"If-Match": '"0"'})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"].lstrip("#/")) == (422, field)


@pytest.mark.both_in_trials
def test_the_page_names_a_person_keeps_what_was_typed_and_says_when_they_have_left(desk: Desk, lena: Client) -> None:
    form = SeenPage(lena.get("/key-holder/edit")).form("/key-holder/edit")
    refused = lena.post("/key-holder/edit", data={**form, "kind": "post", "post": "Performance team"})
    assert refused.status_code == 422
    assert SeenPage(refused).form("/key-holder/edit")["post"] == "Performance team"
    saved = lena.post("/key-holder/edit", data={**form, "kind": "person", "person_id": str(desk.cast.mo.id)})
    assert (saved.status_code, saved.headers["location"]) == (303, "/key-holder")
    stale = lena.post("/key-holder/edit", data={**form, "kind": "post", **POST})
    assert "Someone else has changed the key-holder" in SeenPage(stale).words
    with desk.database.writing() as session:
        session.execute(update(Person).where(col(Person.id) == desk.cast.mo.id).values(active=False))
    assert "no longer has access to this service" in SeenPage(lena.get("/key-holder")).words
