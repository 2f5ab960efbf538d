"""When a joint audit is closed, the people of an agency read what their own agency answered, and nothing before."""

import io
from typing import Any

import pytest
from pypdf import PdfReader

from checklists.templates.template_file import check_template
from models import Role
from tests.desk import SMALL, Desk, a_desk
from tests.factories import MadePerson, a_person
from tests.joint_rounds.joining import Partnership, a_colleague, a_joint_round, every_get
from tests.page_forms import SeenPage

CANARY = "zqxvcanary"
NAMES = ("Police", "Health", "Schools")


def a_closed_one(desk: Desk) -> Partnership:
    """Three cases: the first answered by all, the second not known to the schools, the third not known to the police,
    and each with words that only those who saw the case may read.
    """
    made = a_joint_round(desk, cases=3, names=NAMES)
    first, second, third = made.cases
    made.answer("Police", first, voice="inadequate")
    made.answer("Health", first)
    made.answer("Schools", first, planning="not-applicable")
    made.answer("Police", second, voice="inadequate")
    made.answer("Health", second)
    made.answer("Schools", second, known=False)
    made.answer("Police", third, known=False)
    made.answer("Health", third, word=CANARY, voice="inadequate")
    made.answer("Schools", third, word=CANARY)
    for case_id in (first, second, third):
        made.open_panel(case_id)
        made.finish_panel(case_id)
    return made


def tables_of(desk: Desk, made: Partnership, person: MadePerson) -> dict[str, list[list[str]]]:
    answer = desk.browser(person).get(f"/api/v1/joint-rounds/{made.round_id}/agency-report")
    assert answer.status_code == 200, answer.text
    tables = [each["table"] for each in answer.json()["sections"] if each["table"]]
    return {each["key"]: [[cell["text"] for cell in row] for row in each["rows"]] for each in tables}


@pytest.mark.both_databases
def test_an_agency_reads_its_own_answers_beside_all_in_the_cases_that_its_auditor_saw(desk: Desk) -> None:
    made = a_closed_one(desk)
    made.close()
    shown = tables_of(desk, made, made.people["Police"])
    assert shown["returns"] == [["Police", "3", "3", "0", "1"]]
    # Of the third case, which the police do not know, nothing of health or schools is counted.
    assert shown["themes"] == [
        ["Voice of the child", "0 of 2", "0 of 2", "3 of 5"],
        ["Daily life", "2 of 2", "2 of 2", "5 of 5"],
        ["Planning", "2 of 2", "2 of 2", "4 of 4"],
        ["Challenge", "2 of 2", "2 of 2", "5 of 5"],
    ]
    assert {row[0] for row in shown["agencies"]} == {"Police"}
    assert len(shown["cases"]) == 2
    assert shown["agreement"] == [["Health and Police", "6 of 8"], ["Police and Schools", "2 of 3"]]
    assert len(shown["findings"]) == 2
    of_schools = tables_of(desk, made, made.people["Schools"])
    assert of_schools["themes"][0][1:] == ["2 of 2", "2 of 2", "3 of 5"]
    assert [pair for pair, _ in of_schools["agreement"]] == ["Health and Schools", "Police and Schools"]


def test_nothing_is_there_before_the_joint_audit_is_closed(desk: Desk) -> None:
    made = a_closed_one(desk)
    pat = desk.browser(made.people["Police"])
    paths = [f"{start}/joint-rounds/{made.round_id}/agency-report" for start in ("", "/api/v1")]
    for path in (*paths, *(f"{each}.csv" for each in paths)):
        assert pat.get(path).status_code == 404
    assert pat.get("/api/v1/agency-reports").json()["items"] == []
    assert "Reports of closed joint audits" not in SeenPage(pat.get("/joint-parts")).words
    made.close()
    for path in (*paths, *(f"{each}.csv" for each in paths)):
        assert pat.get(path).status_code == 200
    assert [each["id"] for each in pat.get("/api/v1/agency-reports").json()["items"]] == [str(made.round_id)]
    assert paths[0] in SeenPage(pat.get("/joint-parts")).links
    lena = desk.browser(desk.cast.lena)
    assert lena.get(paths[1]).status_code == 403, "quality leads have the joint report"


def test_a_case_whose_panel_never_opened_is_in_no_number_even_when_the_joint_audit_is_closed(desk: Desk) -> None:
    made = a_joint_round(desk, cases=2, names=NAMES)
    first, second = made.cases
    for agency in NAMES:
        made.answer(agency, first)
        made.answer(agency, second, voice="inadequate", word=CANARY)
    made.open_panel(first)
    made.finish_panel(first)
    made.close("The second case cannot be discussed yet.")
    shown = tables_of(desk, made, made.people["Police"])
    assert shown["themes"][0] == ["Voice of the child", "1 of 1", "1 of 1", "3 of 3"]
    assert len(shown["cases"]) == 1


@pytest.mark.both_databases
def test_a_colleague_who_answered_nothing_reads_the_numbers_of_their_agency_alone(desk: Desk) -> None:
    made = a_closed_one(desk)
    contact = a_colleague(made, "Police")
    made.close()
    shown = tables_of(desk, made, contact)
    assert shown["themes"][0] == ["Voice of the child", "0 of 2"]
    assert shown.keys() == {"returns", "themes", "agencies"}
    page = desk.browser(contact).get(f"/joint-rounds/{made.round_id}/agency-report")
    words = SeenPage(page).words
    assert "You saw no case with the answers of other agencies" in words
    for others in ("Health", "Schools", "CF-", "Seen alone by the nurse"):
        assert others not in words, others


def test_whoever_left_the_agency_or_is_of_another_that_was_not_asked_reads_nothing(desk: Desk) -> None:
    made = a_closed_one(desk)
    stranger = a_person(desk.database, desk.cast.organisation, name="Stranger", roles={Role.AGENCY_AUDITOR})
    made.close()
    path = f"/joint-rounds/{made.round_id}/agency-report"
    assert desk.browser(stranger).get(path).status_code == 404
    made.belong("Police")
    assert desk.browser(made.people["Police"]).get(path).status_code == 404
    assert desk.browser(made.people["Police"]).get("/api/v1/agency-reports").json()["items"] == []


def test_after_closing_nobody_is_told_a_word_of_a_case_that_they_did_not_see(desk: Desk, record_property: Any) -> None:
    made = a_closed_one(desk)
    made.close()
    third, asked = made.cases[2], 0
    ids = [str(third), str(made.round_id)]
    for path, _, text in every_get(desk, desk.browser(made.people["Police"]), ids):
        asked += 1
        assert CANARY not in text, path
    record_property("figure", f"Closed joint audit: {asked:,} answers to an agency, 0 of a case that it did not see")


def test_the_report_is_downloaded_and_reading_it_is_recorded(desk: Desk) -> None:
    made = a_closed_one(desk)
    made.close()
    pat = desk.browser(made.people["Police"])
    path = f"/joint-rounds/{made.round_id}/agency-report"
    pdf = pat.get(f"{path}.pdf")
    said = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf.content)).pages)
    assert "Internal: true counts of a few children" in said
    for kind in ("csv", "xlsx", "docx"):
        assert pat.get(f"{path}.{kind}").status_code == 200
    kinds = desk.events()
    assert "joint-round.report-fetched" in kinds
    assert kinds.count("joint-case.read") >= 2


def test_not_evidenced_is_left_out_where_the_template_leaves_it_out(database_url: str) -> None:
    with a_desk(database_url, template=check_template({**SMALL, "not_evidenced": "left-out"})) as desk:
        made = a_joint_round(desk, cases=1, names=NAMES)
        (case_id,) = made.cases
        made.answer("Police", case_id, voice="not-evidenced", planning="inadequate")
        made.answer("Health", case_id, voice="not-applicable")
        made.answer("Schools", case_id)
        made.open_panel(case_id)
        document = desk.browser(desk.cast.lena).get(f"/api/v1/joint-rounds/{made.round_id}/report").json()
    (table,) = (each["table"] for each in document["sections"] if each["table"] and each["table"]["key"] == "themes")
    shown = {row[0]["text"]: [cell["text"] for cell in row[1:]] for row in table["rows"]}
    assert shown["Voice of the child"] == ["", "", "1 of 1"]
    assert shown["Planning"] == ["0 of 1", "1 of 1", "1 of 1"]
    assert "Not evidenced and not applicable are left out." in document["sections"][-1]["points"][1]
