"""Pages of case files and of allocation: added, pasted, changed, and given to auditors by a lead."""

import pytest
from sqlmodel import col, select

from api.case_files.paste_pages import read_lines
from models import Audit, CaseFile, CaseFileHarm
from tests.client import Client
from tests.desk import Desk
from tests.page_forms import SeenPage

NHS_NUMBER = "943 476 5919"


def a_case(desk: Desk, **changed: str) -> dict[str, str]:
    return {
        "key": "a-key-of-this-form",
        "team_id": str(desk.team_id),
        "status": "child-in-need",
        "age_band": "5-to-9",
        "forms_of_harm": "neglect",
        **changed,
    }


def case_files_of(desk: Desk) -> list[CaseFile]:
    with desk.database.reading() as session:
        return list(session.exec(select(CaseFile).order_by(col(CaseFile.id))))


@pytest.mark.fast
@pytest.mark.both_in_trials
def test_a_case_file_is_added_with_a_reference_that_tells_nothing_or_one_of_the_councils_own(
    desk: Desk, lena: Client
) -> None:
    assert lena.post("/case-files/new", data=a_case(desk)).status_code == 303
    own = lena.post("/case-files/new", data=a_case(desk, key="another", reference="nw-2026-014"))
    assert own.status_code == 303
    made, given = case_files_of(desk)
    assert made.reference.startswith("CF-")
    assert given.reference == "NW-2026-014"
    listed = SeenPage(lena.get("/case-files", params={"team": str(desk.team_id), "status": "child-in-need"}))
    assert "NW-2026-014 North locality Child in need 5 to 9 Neglect" in listed.words


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"team_id": ""}, "Select a team"),
        ({"status": "unknown"}, "Select a status: one of early-help"),
        ({"age_band": ""}, "Select an age band"),
        ({"forms_of_harm": "bad-luck"}, "not in any of your published templates"),
        ({"reference": NHS_NUMBER.replace(" ", "")}, "NHS number"),
        ({"reference": "Kim"}, "reference"),
    ],
)
def test_a_case_file_with_a_fault_is_given_back_with_what_was_typed_and_nothing_is_made(
    desk: Desk, lena: Client, changed: dict[str, str], words: str
) -> None:
    answer = lena.post("/case-files/new", data=a_case(desk, **changed))
    assert answer.status_code == 422
    assert words in answer.text
    assert case_files_of(desk) == []


@pytest.mark.both_in_trials
def test_of_two_leads_who_change_a_case_file_the_second_is_shown_what_the_first_did(desk: Desk, lena: Client) -> None:
    lena.post("/case-files/new", data=a_case(desk))
    (case_file,) = case_files_of(desk)
    path = f"/case-files/{case_file.id}/edit"
    seen = SeenPage(lena.get(path)).forms[-1].fields["version"]
    assert lena.post(path, data=a_case(desk, version=seen, status="closed")).status_code == 303
    second = lena.post(path, data=a_case(desk, version=seen, status="care-leaver"))
    assert second.status_code == 412
    assert "It is now closed" in second.text
    fresh = SeenPage(second).forms[-1].fields["version"]
    assert lena.post(path, data=a_case(desk, version=fresh, status="care-leaver")).status_code == 303
    assert case_files_of(desk)[0].status == "care-leaver"


LINES = """reference,Team,Status,age band,forms of harm
,North locality,Child in need,5 to 9,Neglect; sexual-abuse
NW-2026-015,north  LOCALITY,child-protection-plan,Under 1,
"""


@pytest.mark.both_in_trials
def test_a_pasted_list_is_shown_as_it_was_understood_and_then_made_once(desk: Desk, lena: Client) -> None:
    looked = lena.post("/case-files/list", data={"key": "k", "lines": LINES})
    assert looked.status_code == 200
    assert case_files_of(desk) == []
    posted = SeenPage(looked).forms[-2].fields | {"make": "yes"}
    for _ in range(2):
        assert lena.post("/case-files/list", data=posted).status_code == 303
    assert len(case_files_of(desk)) == 2
    with desk.database.reading() as session:
        assert set(session.exec(select(CaseFileHarm.form_of_harm))) == {"neglect", "sexual-abuse"}


def test_one_bad_line_stops_the_whole_list_and_each_fault_names_its_line(desk: Desk, lena: Client) -> None:
    bad = f"{LINES},Nowhere,Child in need,5 to 9,\n,North locality,lost,about ten,bad luck\n"
    answer = lena.post("/case-files/list", data={"key": "k", "lines": bad, "make": "yes"})
    assert answer.status_code == 422
    for words in ("Line 4: the team", "Line 5: the status", "Line 5: the age band", "Line 5: a form of harm"):
        assert words in answer.text
    assert "about ten" in answer.text, "what was pasted is still there to mend"
    assert case_files_of(desk) == []


def test_two_lines_with_one_reference_are_refused_by_line(desk: Desk, lena: Client) -> None:
    twice = "NW-2026-1,North locality,closed,1 to 4,\n" * 2
    answer = lena.post("/case-files/list", data={"key": "k", "lines": twice, "make": "yes"})
    assert answer.status_code == 422
    assert "Line 2: Another case file has this reference" in answer.text
    assert case_files_of(desk) == []


def test_a_preview_refuses_what_would_not_be_created_together_with_every_other_fault(desk: Desk, lena: Client) -> None:
    lines = [
        "JOHN-SMITH,North locality,closed,1 to 4,",
        ",Nowhere,closed,1 to 4,",
        "NW-2026-1,North locality,closed,1 to 4,",
        "NW-2026-1,North locality,closed,1 to 4,",
    ]
    answer = lena.post("/case-files/list", data={"key": "k", "lines": "\n".join(lines)})
    assert answer.status_code == 422
    faults = ("Line 1: Reference must include", "Line 2: the team", "Line 4: Another case file has this reference")
    places = [answer.text.index(words) for words in faults]
    assert places == sorted(places)


def test_a_cell_that_is_longer_than_any_sheet_holds_is_refused_in_words(lena: Client) -> None:
    answer = lena.post("/case-files/list", data={"key": "k", "lines": "x" * 140_000})
    assert answer.status_code == 422
    assert "A cell is too long" in answer.text


def test_lines_copied_from_a_spreadsheet_are_read_by_tab_and_empty_lines_are_passed_over() -> None:
    assert read_lines("A-01\tNorth, West\tClosed\t1 to 4\t\n\n\t\t\n\tEast\tClosed\t1 to 4") == [
        (1, ["A-01", "North, West", "Closed", "1 to 4", ""]),
        (4, ["", "East", "Closed", "1 to 4"]),
    ]


def readings(desk: Desk) -> list[tuple[int, str]]:
    names = {desk.cast.asha.id: "asha", desk.cast.ben.id: "ben"}
    with desk.database.reading() as session:
        return sorted((audit.reading, names[audit.auditor_id]) for audit in session.exec(select(Audit)))


@pytest.mark.fast
@pytest.mark.both_databases
def test_files_are_given_out_in_turn_and_a_second_reading_goes_to_somebody_else(desk: Desk, lena: Client) -> None:
    lena.post(
        "/case-files/list",
        data={"key": "k", "lines": f"{LINES}NW-2026-016,North locality,closed,1 to 4,", "make": "yes"},
    )
    files = [str(case_file.id) for case_file in case_files_of(desk)]
    path = f"/rounds/{desk.round_id}/allocate"
    posted = {"key": "k1", "mode": "with-practitioner", "auditors": [str(desk.cast.asha.id), str(desk.cast.ben.id)]}
    for _ in range(2):
        assert lena.post(path, data={**posted, "case_files": files}).status_code == 303
    assert readings(desk) == [(1, "asha"), (1, "asha"), (1, "ben")]
    assert "There are no case files to allocate" in lena.get(path).text
    again = {"key": "k2", "mode": "records-only", "auditors": [str(desk.cast.asha.id)], "case_files": files[:2]}
    refused = lena.post(f"{path}?reading=2", data=again)
    assert refused.status_code == 422
    assert "already reads this case" in refused.text
    assert len(readings(desk)) == 3, "all of them are given out, or none"
    given = lena.post(f"{path}?reading=2", data={**again, "auditors": [str(desk.cast.ben.id)], "case_files": files[0]})
    assert given.status_code == 303
    assert readings(desk)[-1] == (2, "ben")


@pytest.mark.parametrize(
    ("left_out", "words"),
    [
        ("case_files", "Select at least one case file"),
        ("auditors", "Select at least one auditor"),
        ("mode", "Select an audit method"),
    ],
)
def test_an_allocation_that_lacks_something_says_what(desk: Desk, lena: Client, left_out: str, words: str) -> None:
    lena.post("/case-files/new", data=a_case(desk))
    posted = {"key": "k", "mode": "records-only", "auditors": str(desk.cast.asha.id)}
    posted["case_files"] = str(case_files_of(desk)[0].id)
    del posted[left_out]
    answer = lena.post(f"/rounds/{desk.round_id}/allocate", data=posted)
    assert answer.status_code == 422
    assert words in answer.text
    assert readings(desk) == []
