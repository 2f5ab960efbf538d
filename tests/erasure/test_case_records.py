"""Everything held about a case is shown to a quality lead and written as a file, and that they saw it is recorded."""

import io
import uuid
import zipfile
from typing import Any

import pytest
from sqlmodel import SQLModel, col, select

from api.access.seen import people_who_saw
from api.erasure.document import TITLES
from models import Audit, Event, HasSeen, Role, Round
from models.evidence.erasing import CASE, EMPTIED, belongings
from tests.client import Client
from tests.desk import Desk
from tests.erasure.full_case import CANARY, REFERENCE, SENTENCE, FullCase, a_full_case, another_lead, erase
from tests.factories import a_person, a_token_for, program_for
from tests.page_forms import SeenPage


def cells_of(client: Client, case: FullCase) -> dict[str, list[tuple[str, ...]]]:
    """The rows of each section."""
    answer = client.get(f"/api/v1/case-records/{case.case_file_id}")
    assert answer.status_code == 200, answer.text
    return {
        section["heading"]: [tuple(cell["text"] for cell in row) for row in section["table"]["rows"]]
        for section in answer.json()["sections"]
        if section["table"]
    }


def test_every_table_that_belongs_to_a_case_has_words_and_no_other_table() -> None:
    assert set(TITLES) == {CASE, *(each.table for each in belongings())}


def test_whatever_names_a_case_or_an_audit_belongs_to_it_or_is_known_not_to() -> None:
    """By the names of columns, so that a reference without a foreign key is noticed too."""
    named = {
        (name, column.name)
        for name, table in SQLModel.metadata.tables.items()
        for column in table.columns
        if column.name in {"audit_id", "case_file_id", "stands_for_id"}
    }
    belonging = {(each.table, each.column) for each in belongings()}
    # Erased by their audit, kept without any word of the case, or counted again without it.
    others = {("has_seen", "case_file_id"), ("erasure", "case_file_id"), ("legal_hold", "case_file_id")}
    others |= {("counted_audit", "audit_id"), ("changed_audit", "audit_id"), ("audit", "case_file_id"), *EMPTIED}
    assert named - belonging - others == set()


@pytest.mark.both_databases
def test_everything_is_there_in_words(desk: Desk, lena: Client) -> None:
    case = a_full_case(desk)
    found = cells_of(lena, case)
    assert ("Case file", "Reference", REFERENCE) in found["Case file"]
    assert ("Case file", "Team", "North locality") in found["Case file"]
    assert ("Audit 1", "Auditor", "Asha") in found["Audits"]
    assert ("Audit 1", "Round", "Spring round") in found["Audits"]
    assert ("Audit 1: Voice of the child", "Answer", "Good") in found["Answers to themes"]
    assert ("Audit 1: Voice of the child", "Rationale", SENTENCE) in found["Answers to themes"]
    assert ("Audit 1", "Worries", SENTENCE) in found["Conclusion"]
    assert ("Audit 1", "Text", SENTENCE) in found["Urgent concerns"]
    assert ("Audit 1: Voice of the child", "Text", SENTENCE) in found["Comments"]
    assert any(SENTENCE in row for row in found["Child-level actions"])
    assert ("Submitted", "1") in found["Events about it"] if "Events about it" in found else found["Events"]
    written = [cell for rows in found.values() for row in rows for cell in row if CANARY in cell]
    assert len(written) >= 12


@pytest.mark.parametrize("kind", ["docx", "xlsx", "csv"])
def test_it_is_downloaded_as_a_file_that_can_be_read(desk: Desk, lena: Client, kind: str) -> None:
    case = a_full_case(desk)
    for path in ("/case-records", "/api/v1/case-records"):
        answer = lena.get(f"{path}/{case.case_file_id}/held.{kind}")
        assert answer.status_code == 200
        content = answer.content
        if kind != "csv":
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                content = b"".join(archive.read(name) for name in archive.namelist())
        assert CANARY.encode() in content
    assert desk.events().count("case-file.downloaded") == 1


@pytest.mark.both_databases
def test_who_reads_it_has_seen_the_audits(desk: Desk, lena: Client) -> None:
    case = a_full_case(desk)
    assert lena.get(f"/case-records/{case.case_file_id}").status_code == 200
    with desk.database.reading() as session:
        seen = select(HasSeen.person_id).where(col(HasSeen.audit_id) == case.audit_id)
        assert desk.cast.lena.id in session.exec(seen).all()
        told = select(Event.subject_id).where(col(Event.kind) == "audit.disclosed")
        assert session.exec(told).all() == [case.audit_id]
        audit_round = session.get_one(Round, (desk.cast.organisation.id, desk.round_id))
        assert (case.case_file_id, desk.cast.lena.id) in set(people_who_saw(session, audit_round, [case.case_file_id]))


def test_who_audits_the_case_is_refused_whether_or_not_anybody_else_reads_it(desk: Desk) -> None:
    kim = a_person(desk.database, desk.cast.organisation, name="Kim", roles={Role.AUDITOR, Role.QUALITY_LEAD})
    audit_id = desk.an_audit(kim, reference=REFERENCE)
    case_file_id = desk.find(audit_id).case_file.id
    for path in (f"/case-records/{case_file_id}", f"/api/v1/case-records/{case_file_id}"):
        answer = desk.browser(kim).get(path)
        assert answer.status_code == 403
        assert "You audit this case in a round that is not closed" in answer.text
    assert desk.browser(desk.cast.lena).get(f"/case-records/{case_file_id}").status_code == 200
    desk.close_round()
    assert desk.browser(kim).get(f"/case-records/{case_file_id}").status_code == 200


def test_only_leads_look_up_a_case_and_nobody_one_of_another_organisation(desk: Desk) -> None:
    case = a_full_case(desk)
    for person in (desk.cast.asha, desk.cast.mo, desk.cast.ada):
        assert desk.browser(person).get("/case-records").status_code == 403
        assert desk.browser(person).get(f"/case-records/{case.case_file_id}").status_code == 403
    omar = desk.browser(desk.cast.omar)
    assert omar.get(f"/api/v1/case-records/{case.case_file_id}").status_code == 404
    answer = omar.get("/case-records", params={"reference": REFERENCE})
    assert answer.status_code == 422
    assert "No case file has this reference" in answer.text


def test_a_case_is_found_by_its_reference_however_it_is_typed(desk: Desk, lena: Client) -> None:
    case = a_full_case(desk)
    for typed in (REFERENCE, f" {REFERENCE.lower()} "):
        answer = lena.get("/case-records", params={"reference": typed}, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/case-records/{case.case_file_id}")
    assert lena.get("/case-records", params={"reference": "NO-0000"}).status_code == 422


@pytest.mark.both_in_trials
def test_from_the_request_to_the_certificate_by_pages(desk: Desk, lena: Client) -> None:
    case = a_full_case(desk)
    path = f"/case-records/{case.case_file_id}"
    fields = SeenPage(lena.get(path)).form(f"{path}/erasure")
    refused = lena.post(f"{path}/erasure", data=fields)
    assert refused.status_code == 422
    assert "Select why" in refused.text
    assert lena.post(f"{path}/erasure", data={**fields, "reason": "asked"}, follow_redirects=False).status_code == 303
    assert "already asked" in lena.get(path).text
    assert "another quality lead or a moderator must decide" in lena.get("/erasures").text
    mo = desk.browser(desk.cast.mo)
    assert "1 erasure to confirm" in mo.get("/").text
    page = mo.get("/erasures")
    assert REFERENCE in page.text
    (erasure,) = mo.get("/api/v1/erasures").json()["items"]
    assert mo.post(f"/erasures/{erasure['id']}", data={}).status_code == 422
    done = mo.post(f"/erasures/{erasure['id']}", data={"decision": "confirm"})
    assert (done.status_code, done.headers["location"]) == (303, "/erasures")
    assert REFERENCE not in mo.get("/erasures").text
    assert lena.get(path).status_code == 404
    certificate = lena.get(f"/erasures/{erasure['id']}/certificate.csv")
    assert certificate.status_code == 200
    for words in (
        "Requested by Lena, confirmed by Mo",
        "The person asked for it",
        '"Audits","1"',
        str(case.case_file_id),
    ):
        assert words in certificate.text
    assert CANARY not in certificate.text
    assert REFERENCE not in certificate.text


def an_erasure(desk: Desk, lena: Client, case_file_id: uuid.UUID) -> str:
    asked = lena.post(
        f"/api/v1/case-records/{case_file_id}/erasure", json={"reason": "mistake"}, headers={"Idempotency-Key": "asked"}
    )
    return str(asked.json()["id"])


def test_what_prevents_an_erasure_stands_instead_of_the_button_that_confirms_it(desk: Desk, lena: Client) -> None:
    case = a_full_case(desk)
    erasure = an_erasure(desk, lena, case.case_file_id)
    lena.post(f"/case-records/{case.case_file_id}/hold", data={"hold_reason": "inquiry"})
    mo = desk.browser(desk.cast.mo)
    page = mo.get("/erasures").text
    assert "This case is under a legal hold" in page
    assert 'value="confirm"' not in page
    assert mo.post(f"/erasures/{erasure}", data={"decision": "confirm"}).status_code == 409
    assert mo.post(f"/erasures/{erasure}", data={"decision": "decline"}).status_code == 303


def test_a_person_who_audits_the_case_does_not_decide_on_its_erasure(desk: Desk, lena: Client) -> None:
    roles = {Role.AUDITOR, Role.MODERATOR}
    reader = a_person(desk.database, desk.cast.organisation, name="Rae", roles=roles)
    audit_id = desk.an_audit(reader, reference=REFERENCE)
    with desk.database.reading() as session:
        case_file_id = session.get_one(Audit, (desk.cast.organisation.id, audit_id)).case_file_id
    erasure = an_erasure(desk, lena, case_file_id)
    rae = desk.browser(reader)
    (shown,) = rae.get("/api/v1/erasures").json()["items"]
    assert (shown["may_decide"], shown["why_not_erase"]) == (False, "")
    assert "You audit this case in a round that is not closed" in shown["why_not_decide"]
    assert 'name="decision"' not in rae.get("/erasures").text
    assert "erasure to confirm" not in rae.get("/").text
    for choice in ("confirm", "decline"):
        assert rae.post(f"/erasures/{erasure}", data={"decision": choice}).status_code == 403


@pytest.mark.both_in_trials
def test_the_same_over_rest_and_once_however_often_it_is_sent(desk: Desk, lena: Client) -> None:
    case = a_full_case(desk)
    asked: dict[str, Any] = {"headers": {"Idempotency-Key": "one"}, "json": {"reason": "mistake"}}
    first, second = (lena.post(f"/api/v1/case-records/{case.case_file_id}/erasure", **asked) for _ in range(2))
    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()
    erasure = first.json()["id"]
    confirm: dict[str, Any] = {"headers": {"Idempotency-Key": "two"}, "json": {"confirmed": True}}
    refused = lena.post(f"/api/v1/erasures/{erasure}/decision", **confirm)
    assert (refused.status_code, refused.headers["content-type"]) == (403, "application/problem+json")
    mo = desk.browser(desk.cast.mo)
    again = [mo.post(f"/api/v1/erasures/{erasure}/decision", **confirm) for _ in range(2)]
    assert [each.status_code for each in again] == [200, 200]
    shown = mo.get(f"/api/v1/erasures/{erasure}").json()
    assert (shown["confirmed"], shown["reference"], shown["decided_by"]) == (True, "", "Mo")
    assert lena.get(f"/api/v1/case-records/{case.case_file_id}").status_code == 404


@pytest.mark.parametrize(
    ("body", "status"), [({"reason": "because"}, 422), ({}, 422), ({"reason": "asked", "x": 1}, 422)]
)
def test_bad_input_is_refused_with_its_place(desk: Desk, lena: Client, body: dict[str, object], status: int) -> None:
    case = a_full_case(desk)
    for part in ("erasure", "hold"):
        answer = lena.post(
            f"/api/v1/case-records/{case.case_file_id}/{part}", json=body, headers={"Idempotency-Key": "one"}
        )
        assert answer.status_code == status
        assert answer.json()["errors"]
    unknown = lena.post(
        f"/api/v1/case-records/{uuid.uuid4()}/erasure", json={"reason": "asked"}, headers={"Idempotency-Key": "two"}
    )
    assert unknown.status_code == 404


def test_a_token_neither_asks_nor_confirms(desk: Desk) -> None:
    case = a_full_case(desk)
    token = a_token_for(desk.database, desk.cast.lena)
    program = program_for(desk.app, token)
    asked = program.post(
        f"/api/v1/case-records/{case.case_file_id}/erasure",
        json={"reason": "asked"},
        headers={"Idempotency-Key": "one"},
    )
    assert asked.status_code == 403
    assert "Sign in to do it yourself" in asked.text


def test_a_hold_is_placed_and_lifted_on_the_page(desk: Desk, lena: Client) -> None:
    case = a_full_case(desk)
    path = f"/case-records/{case.case_file_id}"
    assert lena.post(f"{path}/hold", data={}).status_code == 422
    assert lena.post(f"{path}/hold", data={"hold_reason": "inquiry"}).status_code == 303
    placed = lena.get(path)
    assert "under a legal hold: an inquiry or review" in placed.text
    assert f'action="{path}/erasure"' not in placed.text
    assert lena.post(f"{path}/lift", data={}).status_code == 403
    ola = desk.browser(another_lead(desk))
    assert ola.post(f"{path}/lift", data={}).status_code == 303
    assert f'action="{path}/erasure"' in ola.get(path).text
    assert ola.post(f"{path}/lift", data={}).status_code == 409


def test_an_erased_case_is_not_found_again(desk: Desk, lena: Client) -> None:
    case = a_full_case(desk)
    erase(desk, case.case_file_id)
    assert lena.get("/case-records", params={"reference": REFERENCE}).status_code == 422
    assert lena.get(f"/audits/{case.audit_id}").status_code == 404
