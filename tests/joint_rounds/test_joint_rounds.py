"""Several agencies, one child: each answers for its own records, and sees no other before the panel opens."""

import re
import uuid
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api.foundation.problems import Conflict, Invalid, NotFound
from api.joint_rounds.agencies import actions as agencies
from api.joint_rounds.asked import actions as asked
from api.joint_rounds.asked.actions import AskedTheme
from api.joint_rounds.panels import actions as panels
from api.joint_rounds.parts.queries import read_own_part
from api.joint_rounds.planning import actions as planning
from api.trail.checkpoint_signer import CheckpointSigner
from api.trail.verifying.verification import verify
from models import JointCaseState, PartState, Role
from tests.desk import Desk
from tests.factories import MadePerson, a_key, a_person, an_actor
from tests.joint_rounds.joining import (
    AGENCIES,
    Partnership,
    a_joint_round,
    a_partnership,
    every_get,
    plan_of,
    references,
)
from tests.writing_times import filling_for_a_test

CANARY = "zqxvcanary"


def at(version: int) -> dict[str, str]:
    return {"If-Match": f'"{version}"'}


# ---------------------------------------------------------------- agencies, and what they are asked


def test_an_administrator_adds_agencies_and_says_who_belongs_to_them(desk: Desk) -> None:
    ada = desk.browser(desk.cast.ada)
    person = a_person(desk.database, desk.cast.organisation, name="Pat", roles={Role.AGENCY_AUDITOR})
    made = ada.post("/api/v1/agencies", json={"name": " Police "}, headers=a_key()).json()
    assert (made["name"], made["active"]) == ("Police", True)
    again = ada.post("/api/v1/agencies", json={"name": "police"}, headers=a_key())
    assert (again.status_code, "An agency has this name" in again.text) == (422, True)
    path = f"/api/v1/agencies/{made['id']}"
    body = {"name": "Police service", "active": False, "members": [str(person.id)]}
    assert ada.put(path, json=body, headers=at(made["version"])).json()["name"] == "Police service"
    assert ada.put(path, json=body, headers=at(made["version"])).status_code == 412
    stranger = {**body, "members": [str(desk.cast.asha.id)]}
    refused = ada.put(path, json=stranger, headers=at(made["version"] + 1))
    assert (refused.status_code, "role of agency auditor" in refused.text) == (422, True)
    assert "Pat" in ada.get(f"/agencies/{made['id']}").text


def test_a_person_belongs_to_one_agency(desk: Desk) -> None:
    made = a_partnership(desk, names=("Police", "Health"))
    ada = an_actor(desk.cast.ada)
    with desk.database.writing() as session:
        health = agencies.find_agency(session, agency_id=made.agencies["Health"], by=ada)
        both = [made.people["Police"].id, made.people["Health"].id]
        agencies.change_agency(
            session, agency_id=health.id, name="Health", active=True, members=both, version=health.version, by=ada
        )
        assert agencies.members_of(session, made.agencies["Police"], by=ada) == {}
        assert set(agencies.members_of(session, health.id, by=ada)) == set(both)


@pytest.mark.both_databases
def test_each_agency_is_asked_its_own_themes_in_its_own_words(desk: Desk) -> None:
    made, lena = a_partnership(desk, names=("Police", "Health")), an_actor(desk.cast.lena)
    police = made.agencies["Police"]
    themes = [AskedTheme("planning", asked=False), AskedTheme("voice", words="Did officers speak to the child alone?")]
    with desk.database.writing() as session:
        version = agencies.find_agency(session, agency_id=police, by=lena).version
        asked.write_asked(
            session, template_id=desk.template_id, agency_id=police, themes=themes, version=version, by=lena
        )
    known = references(desk, 1)
    with desk.database.writing() as session:
        planned = planning.create_joint_round(session, plan=plan_of(made), by=lena)
        planned = planning.set_cases(
            session, joint_round_id=planned.id, references=known, version=planned.version, by=lena
        )
        planning.open_joint_round(session, joint_round_id=planned.id, version=planned.version, by=lena)
        made.round_id = planned.id
        for name, agency_id in made.agencies.items():
            planning.allocate_parts(
                session, joint_round_id=planned.id, agency_id=agency_id, auditor_id=made.people[name].id, by=lena
            )
    with desk.database.writing() as session:
        # What is said afterwards is for the next round.
        asked.write_asked(
            session,
            template_id=desk.template_id,
            agency_id=police,
            themes=[AskedTheme("voice", words="Something else?")],
            version=version + 1,
            by=lena,
        )
    (case_id,) = made.cases
    found = {}
    for name, person in made.people.items():
        with desk.database.reading() as session:
            read = read_own_part(session, part_id=made.part(name, case_id).id, by=an_actor(person))
            found[name] = {each.theme.key: each.words for each in read.questions}
    assert found["Police"] == {
        "voice": "Did officers speak to the child alone?",
        "daily-life": "",
        "challenge": "",
    }
    assert list(found["Health"]) == ["voice", "daily-life", "planning", "challenge"]


# ---------------------------------------------------------------- planning


def test_a_joint_round_needs_agencies_and_cases_before_it_opens(desk: Desk) -> None:
    made, lena = a_partnership(desk, names=("Police", "Health")), an_actor(desk.cast.lena)
    one = (made.agencies["Police"],)
    with desk.database.writing() as session, pytest.raises(Invalid, match="2 agencies or more"):
        planning.create_joint_round(session, plan=plan_of(made, agencies=one), by=lena)
    with desk.database.writing() as session:
        planned = planning.create_joint_round(session, plan=plan_of(made), by=lena)
    with desk.database.writing() as session, pytest.raises(Conflict, match="Add the cases"):
        planning.open_joint_round(session, joint_round_id=planned.id, version=planned.version, by=lena)
    with desk.database.writing() as session, pytest.raises(Invalid, match="1 reference is not in your case files"):
        planning.set_cases(
            session, joint_round_id=planned.id, references=["CA-NOBODY"], version=planned.version, by=lena
        )
    known = references(desk, 2)
    with desk.database.writing() as session:
        planned = planning.set_cases(
            session, joint_round_id=planned.id, references=known, version=planned.version, by=lena
        )
        planned = planning.set_cases(
            session, joint_round_id=planned.id, references=known[:1], version=planned.version, by=lena
        )
        assert len(planning.cases_of(session, planned)) == 1
        planned = planning.open_joint_round(session, joint_round_id=planned.id, version=planned.version, by=lena)
    with desk.database.writing() as session, pytest.raises(Conflict, match="was opened"):
        planning.set_cases(session, joint_round_id=planned.id, references=[], version=planned.version, by=lena)


# ---------------------------------------------------------------- parts


@pytest.mark.both_databases
def test_an_empty_plan_is_told_everything_that_is_missing_at_once(desk: Desk) -> None:
    a_partnership(desk)
    page = desk.browser(desk.cast.lena).post("/joint-rounds/new", data={"title": ""})
    assert page.status_code == 422
    for field in ("title", "template_version", "period_from", "period_to", "due_on", "agencies"):
        assert f'href="#{field}' in page.text, field


def test_an_agency_answers_returns_and_the_panel_sees_all(desk: Desk) -> None:
    made = a_joint_round(desk, cases=1, names=("Police", "Health", "Schools"))
    (case_id,) = made.cases
    part = made.part("Police", case_id)
    pat, lena = desk.browser(made.people["Police"]), desk.browser(desk.cast.lena)
    (listed,) = pat.get("/api/v1/joint-parts").json()["items"]
    assert (listed["id"], listed["agency"], listed["state"]) == (str(part.id), "Police", "draft")
    body = {
        "known": True,
        "answers": [{"theme": "voice", "answer": "inadequate", "words": "Officers did not speak to the child."}],
        "entries": [{"month": "2026-03-17", "kind": "incident", "words": "Police were called to the home."}],
    }
    saved = pat.put(f"/api/v1/joint-parts/{part.id}", json=body, headers=at(part.version)).json()
    assert saved["entries"][0]["month"] == "2026-03-01", "only the month is stored"
    early = pat.post(f"/api/v1/joint-parts/{part.id}/submit", headers=at(saved["version"]))
    assert early.status_code == 422
    assert {fault["pointer"] for fault in early.json()["errors"]} == {
        f"/answers/{theme}/answer" for theme in ("daily-life", "planning", "challenge")
    }
    made.answer("Police", case_id, voice="inadequate")
    made.answer("Health", case_id)
    made.answer("Schools", case_id, known=False)
    shown = lena.get(f"/api/v1/joint-cases/{case_id}").json()
    assert (shown["state"], shown["themes"], shown["chronology"]) == ("collecting", [], [])
    assert {each["known"] for each in shown["agencies"]} == {None}
    opened = lena.post(f"/api/v1/joint-cases/{case_id}/open-panel", json={}, headers=at(shown["version"])).json()
    assert opened["themes"][0]["theme"] == "voice", "what differs comes first"
    assert [each["differs"] for each in opened["themes"]] == [True, False, False, False]
    said = {each["agency"]: each["answer"] or each["why_none"] for each in opened["themes"][0]["answers"]}
    assert said == {"Police": "inadequate", "Health": "good", "Schools": "Not known to us"}
    assert [each["agency"] for each in opened["chronology"]] == ["Police", "Health"]
    # Who knows the child sees all; an agency that does not sees its own part alone.
    assert pat.get(f"/api/v1/joint-cases/{case_id}").json()["themes"] == opened["themes"]
    sam = desk.browser(made.people["Schools"])
    assert sam.get(f"/api/v1/joint-cases/{case_id}").status_code == 404
    assert sam.get(f"/joint-cases/{case_id}").status_code == 404


def test_a_returned_part_stays_as_it_is_until_it_is_given_back(desk: Desk) -> None:
    made = a_joint_round(desk, cases=1, names=("Police", "Health"))
    (case_id,) = made.cases
    made.answer("Police", case_id)
    with pytest.raises(Conflict, match="was returned"):
        made.answer("Police", case_id)
    part = made.part("Police", case_id)
    lena = desk.browser(desk.cast.lena)
    assert lena.post(f"/api/v1/joint-parts/{part.id}/give-back", headers=at(part.version)).status_code == 204
    assert made.part("Police", case_id).state is PartState.DRAFT
    made.answer("Police", case_id)
    made.answer("Health", case_id)
    made.open_panel(case_id)
    part = made.part("Police", case_id)
    refused = lena.post(f"/api/v1/joint-parts/{part.id}/give-back", headers=at(part.version))
    assert (refused.status_code, "panel of this case is open" in refused.text) == (409, True)


def test_names_are_refused_in_answers_and_in_the_chronology(desk: Desk) -> None:
    made = a_joint_round(desk, cases=1, names=("Police", "Health"))
    (case_id,) = made.cases
    part, pat = made.part("Police", case_id), desk.browser(made.people["Police"])
    body: dict[str, Any] = {
        "known": True,
        "answers": [{"theme": "voice", "answer": "good", "words": "Mr Smith said so."}],
        "entries": [{"month": "2026-03-01", "kind": "visit", "words": "Mrs Jones was seen."}],
    }
    refused = pat.put(f"/api/v1/joint-parts/{part.id}", json=body, headers=at(part.version))
    assert refused.status_code == 422
    assert {fault["pointer"] for fault in refused.json()["errors"]} == {"/answers/voice/words", "/entries/0/words"}
    assert "Smith" not in refused.text


def test_the_panel_opens_without_an_agency_only_when_the_lead_says_so(desk: Desk) -> None:
    made = a_joint_round(desk, cases=1, names=("Police", "Health"))
    (case_id,) = made.cases
    with pytest.raises(Conflict, match="No agency has returned"):
        made.open_panel(case_id)
    made.answer("Police", case_id)
    with pytest.raises(Invalid, match="1 agency has not returned a part"):
        made.open_panel(case_id)
    made.answer("Health", case_id, submit=False)
    made.open_panel(case_id, without_missing=True)
    assert made.part("Health", case_id).state is PartState.NOT_RETURNED
    hal, lena = desk.browser(made.people["Health"]), desk.browser(desk.cast.lena)
    assert hal.get(f"/api/v1/joint-cases/{case_id}").status_code == 404
    with pytest.raises(Conflict, match="panel of this case is open"):
        made.answer("Health", case_id)
    shown = lena.get(f"/api/v1/joint-cases/{case_id}").json()
    assert "Health files" not in str(shown), "what was never returned is shown to nobody else"
    assert {each["why_none"] for theme in shown["themes"] for each in theme["answers"]} == {"", "Not returned"}


def test_a_panel_is_recorded_finished_and_then_never_changes(desk: Desk) -> None:
    made = a_joint_round(desk, cases=1, names=("Police", "Health"))
    (case_id,) = made.cases
    lena = an_actor(desk.cast.lena)
    for agency in made.agencies:
        made.answer(agency, case_id)
    made.open_panel(case_id)
    with desk.database.writing() as session, pytest.raises(Conflict, match="Record the day of the panel"):
        panels.finish_panel(session, joint_case_id=case_id, version=made.case(case_id).version, by=lena)
    made.record_panel(case_id)
    with desk.database.writing() as session:
        panels.finish_panel(session, joint_case_id=case_id, version=made.case(case_id).version, by=lena)
    with pytest.raises(Conflict, match="is finished"):
        made.record_panel(case_id)
    assert made.case(case_id).state is JointCaseState.FINISHED
    page = desk.browser(made.people["Police"]).get(f"/joint-cases/{case_id}").text
    for words in (
        "Requires improvement",
        "Agencies held different parts of the story.",
        "Inspector",
        "Agree who asks.",
    ):
        assert words in page
    with desk.database.writing() as session:
        found = planning.find_joint_round(session, joint_round_id=made.round_id, by=lena)
        planning.close_joint_round(session, joint_round_id=made.round_id, version=found.version, by=lena)


def test_texts_are_redacted_for_good_even_when_the_panel_is_finished(desk: Desk, tmp_path: Path) -> None:
    made = a_joint_round(desk, cases=1, names=("Police", "Health"))
    (case_id,) = made.cases
    lena = desk.browser(desk.cast.lena)
    for agency in made.agencies:
        made.answer(agency, case_id, word=CANARY)
    path, reason = f"/api/v1/joint-cases/{case_id}", "child-or-family"
    early = lena.post(
        f"{path}/redactions", json={"places": ["words"], "reason": reason}, headers=at(made.case(case_id).version)
    )
    assert early.status_code == 409
    made.open_panel(case_id)
    made.record_panel(case_id, words=f"It was {CANARY}.")
    with desk.database.writing() as session:
        actor = an_actor(desk.cast.lena)
        panels.finish_panel(session, joint_case_id=case_id, version=made.case(case_id).version, by=actor)
    page = lena.get(f"/joint-cases/{case_id}/redact").text
    shown = re.findall(r'name="places" type="checkbox" value="([^"]+)"', page)
    places = [each for each in shown if "took_part" not in each and "findings" not in each]
    assert len(places) == 1 + 2 * 4 + 2, "of the panel, of two agencies and four themes, and of two chronologies"
    sent = {"places": places, "reason": reason, "version": made.case(case_id).version}
    assert lena.post(f"/joint-cases/{case_id}/redact", data=sent).status_code == 303
    after = lena.get(path).text
    assert CANARY not in after
    assert after.count("[redacted]") == len(places)
    signer = CheckpointSigner(Ed25519PrivateKey.generate(), tmp_path / "checkpoints")
    assert not any(found.differences for found in verify(desk.database, signer)), "all of it is as events say"


def test_closing_with_unfinished_panels_needs_a_reason(desk: Desk) -> None:
    made, lena = a_joint_round(desk, cases=1, names=("Police", "Health")), an_actor(desk.cast.lena)
    with desk.database.reading() as session:
        version = planning.find_joint_round(session, joint_round_id=made.round_id, by=lena).version
    with desk.database.writing() as session, pytest.raises(Invalid, match="panel of 1 case is not finished"):
        planning.close_joint_round(session, joint_round_id=made.round_id, version=version, by=lena)
    with desk.database.writing() as session:
        closed = planning.close_joint_round(
            session, joint_round_id=made.round_id, reason="The health trust left.", version=version, by=lena
        )
        assert closed.closing_reason == "The health trust left."


def test_the_report_counts_cases_whose_panel_is_open_and_no_other(desk: Desk) -> None:
    made = a_joint_round(desk, cases=3, names=("Police", "Health", "Schools"))
    first, second, third = made.cases
    made.answer("Police", first, voice="inadequate")
    made.answer("Health", first)
    made.answer("Schools", first, known=False)
    made.answer("Police", second, voice="not-evidenced", planning="not-applicable")
    made.answer("Health", second, voice="not-evidenced")
    made.answer("Police", third, word=CANARY)
    made.open_panel(first)
    made.open_panel(second, without_missing=True)
    made.record_panel(first)
    lena = desk.browser(desk.cast.lena)
    found = lena.get(f"/api/v1/joint-rounds/{made.round_id}/report").json()
    tables = {each["table"]["key"]: each["table"]["rows"] for each in found["sections"] if each["table"]}
    shown = {key: [[cell["text"] for cell in row] for row in rows] for key, rows in tables.items()}
    assert shown["returns"] == [
        ["Police", "3", "3", "0", "0"],
        ["Health", "3", "2", "0", "0"],
        ["Schools", "3", "1", "1", "1"],
    ]
    assert shown["themes"] == [
        ["Voice of the child", "0 of 2", "1 of 2", ""],
        ["Daily life", "2 of 2", "2 of 2", ""],
        ["Planning", "1 of 1", "2 of 2", ""],
        ["Challenge", "2 of 2", "2 of 2", ""],
    ]
    # 8 themes of 2 cases, without the one that does not apply: they differ on the voice of the first child alone.
    assert shown["agreement"] == [["Health and Police", "6 of 7"]]
    assert [row[3] for row in shown["cases"]] == ["1", "0"]
    assert shown["findings"][0][2:] == ["Seen alone by the nurse.", "Say who heard the child.", "Agree who asks."]
    for kind in ("csv", "xlsx", "docx"):
        assert lena.get(f"/joint-rounds/{made.round_id}/report.{kind}").status_code == 200
    assert CANARY not in lena.get(f"/joint-rounds/{made.round_id}/report").text
    assert desk.browser(made.people["Police"]).get(f"/joint-rounds/{made.round_id}/report").status_code == 403


def test_who_leaves_an_agency_sees_nothing_of_it(desk: Desk) -> None:
    made, ada = a_joint_round(desk, cases=1, names=("Police", "Health")), an_actor(desk.cast.ada)
    (case_id,) = made.cases
    for agency in made.agencies:
        made.answer(agency, case_id)
    made.open_panel(case_id)
    pat = desk.browser(made.people["Police"])
    assert pat.get(f"/api/v1/joint-cases/{case_id}").status_code == 200
    with desk.database.writing() as session:
        police = agencies.find_agency(session, agency_id=made.agencies["Police"], by=ada)
        agencies.change_agency(
            session, agency_id=police.id, name="Police", active=True, members=[], version=police.version, by=ada
        )
    assert pat.get(f"/api/v1/joint-cases/{case_id}").status_code == 404
    assert pat.get("/api/v1/joint-parts").json()["items"] == []


# ---------------------------------------------------------------- blindness


def test_neither_an_outsider_nor_a_blind_agency_is_told_anything(desk: Desk, record_property: Any) -> None:
    """Five agencies and 15 cases: four have answered all, each with a word of its own; the fifth has answered nothing,
    and a sixth is not in the round.
    """
    made = a_joint_round(desk, cases=15)
    outsider = a_person(desk.database, desk.cast.organisation, name="Outsider", roles={Role.AGENCY_AUDITOR})
    ada = an_actor(desk.cast.ada)
    with desk.database.writing() as session:
        sixth = agencies.add_agency(session, name="Housing", by=ada)
        agencies.change_agency(
            session,
            agency_id=sixth.id,
            name="Housing",
            active=True,
            members=[outsider.id],
            version=sixth.version,
            by=ada,
        )
    others, blind = AGENCIES[:4], AGENCIES[4]
    cases = made.cases
    with filling_for_a_test():
        for case_id in cases:
            for agency in others:
                made.answer(agency, case_id, word=CANARY)
        for case_id in cases[:5]:
            made.open_panel(case_id, without_missing=True)
            made.record_panel(case_id, words=f"The panel agreed, {CANARY}.")
    of_others = [str(made.part(agency, cases[0]).id) for agency in others]
    ids = [str(cases[0]), str(cases[-1]), str(made.round_id), *of_others, str(made.agencies["Police"])]
    own = {str(made.part(blind, case_id).id) for case_id in cases}
    asked_for = 0
    for person in (made.people[blind], outsider):
        client = desk.browser(person)
        for path, status, text in every_get(desk, client, ids):
            asked_for += 1
            assert CANARY not in text, path
            assert not ("/joint-" in path and status == 200 and any(each in path for each in ids)), path
        assert {each["id"] for each in client.get("/api/v1/joint-parts").json()["items"]} <= own
    record_property("figure", f"Joint audits: {asked_for:,} answers to an outsider and a blind agency, 0 told")
    lena = desk.browser(desk.cast.lena)
    assert CANARY in lena.get(f"/joint-cases/{cases[0]}").text, "a lead sees a case whose panel is open"
    collecting = [str(cases[-1]), of_others[0], str(made.case(cases[-1]).case_file_id), str(made.round_id)]
    for path, _, text in every_get(desk, lena, collecting):
        assert CANARY not in text, path


def writes(made: Partnership, case_id: uuid.UUID, part_id: uuid.UUID) -> list[tuple[str, str, dict[str, Any]]]:
    """Every request that changes something of a joint round."""
    case, joint_round = f"/api/v1/joint-cases/{case_id}", f"/api/v1/joint-rounds/{made.round_id}"
    allocation = {"agency_id": str(made.agencies["Police"]), "auditor_id": str(made.people["Probation"].id)}
    return [
        ("PUT", f"/api/v1/joint-parts/{part_id}", {"known": False}),
        ("POST", f"/api/v1/joint-parts/{part_id}/submit", {}),
        ("POST", f"/api/v1/joint-parts/{part_id}/give-back", {}),
        ("POST", f"{case}/open-panel", {}),
        ("PUT", f"{case}/panel", {"panel_on": None, "grade": "", "words": "x"}),
        ("PUT", f"{case}/themes/voice", {"strengths": "x"}),
        ("POST", f"{case}/finish", {}),
        ("PUT", f"{joint_round}/cases", {"references": []}),
        ("POST", f"{joint_round}/auditors", allocation),
        ("POST", f"{joint_round}/open", {}),
        ("POST", f"{joint_round}/close", {}),
    ]


def test_nobody_changes_another_agencys_part_or_the_panel(desk: Desk) -> None:
    made = a_joint_round(desk, cases=1)
    (case_id,) = made.cases
    part_id = made.answer("Police", case_id, submit=False)
    for person in (made.people["Probation"], desk.cast.asha, desk.cast.mo, desk.cast.ada):
        client = desk.browser(person)
        for method, path, body in writes(made, case_id, part_id):
            answer = client.request(method, path, json=body, headers=at(2))
            assert answer.status_code in {403, 404}, (person, path, answer.status_code)
    assert made.part("Police", case_id).state is PartState.DRAFT


def test_a_lead_who_answers_for_an_agency_reads_no_other_part_before_the_panel(desk: Desk) -> None:
    made = a_joint_round(desk, cases=1, names=("Police", "Health"))
    (case_id,) = made.cases
    part_id = made.answer("Police", case_id, word=CANARY)
    lena: MadePerson = desk.cast.lena
    assert desk.browser(lena).get(f"/api/v1/joint-parts/{part_id}").status_code == 403
    assert CANARY not in desk.browser(lena).get(f"/joint-cases/{case_id}").text
    with desk.database.reading() as session, pytest.raises(NotFound):
        read_own_part(session, part_id=part_id, by=an_actor(made.people["Health"]))


def test_a_page_with_faults_says_error_once_in_its_title(desk: Desk) -> None:
    ada = desk.browser(desk.cast.ada)
    assert "<title>Error: Agencies – " in ada.post("/agencies", data={"name": ""}).text
