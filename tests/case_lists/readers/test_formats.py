"""Each export of a case system is read as what it is, and what it says of a child is not changed on the way."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta

import pytest

from api.case_lists.readers.reader import read
from api.case_lists.readers.result import ExportContent, Format, SourceCase
from api.documents.reading.refusals import UnreadableError
from checklists.cases import CaseStatus, Category
from tests.case_lists.exports import (
    ON,
    STATUSES,
    TABLE_CHOICES,
    Cell,
    MadeChild,
    annex_a,
    annex_a_row,
    annex_a_sheets,
    cin_census,
    delimited,
    made_children,
    ssda903,
    ssda903_xml,
    ssda903_zip,
    standard_dataset,
    standard_dataset_zip,
    table,
    table_csv,
    table_xlsx,
    workbook,
    zipped,
)
from tests.case_lists.readers.annex_a_headings import HEADINGS

CHILDREN = made_children(120)
CENSUS_STATUSES = (CaseStatus.CHILD_IN_NEED, CaseStatus.CHILD_PROTECTION_PLAN, CaseStatus.CLOSED)
RETURN_STATUSES = (CaseStatus.CHILD_LOOKED_AFTER, CaseStatus.CARE_LEAVER, CaseStatus.CLOSED)
EVERYTHING = frozenset({"status", "born", "category", "team", "worker", "started", "closed"})


def differences(cases: Sequence[SourceCase], children: Sequence[MadeChild], fields: frozenset[str]) -> list[str]:
    """Which fields of which children are not as they were made."""
    by_identifier = {case.child: case for case in cases}
    assert set(by_identifier) == {child.identifier for child in children}
    return [
        f"{child.status} {field}"
        for child in children
        for field in sorted(fields)
        if getattr(by_identifier[child.identifier], field) != getattr(child, field)
    ]


@pytest.mark.parametrize(
    ("make", "form", "statuses", "left_out"),
    [
        (cin_census, Format.CIN_CENSUS, CENSUS_STATUSES, {"team", "worker"}),
        (ssda903_zip, Format.SSDA903, RETURN_STATUSES[::2], {"team"}),
        (ssda903_xml, Format.SSDA903, RETURN_STATUSES[::2], {"team", "worker"}),
        (standard_dataset_zip, Format.STANDARD_SAFEGUARDING_DATASET, STATUSES[:4], set[str]()),
        (annex_a, Format.ANNEX_A, [it for it in STATUSES if it not in (STATUSES[0], STATUSES[4])], set[str]()),
        # A list of care leavers gives no start, and early help no team.
        (annex_a, Format.ANNEX_A, [CaseStatus.CARE_LEAVER], {"started"}),
        (annex_a, Format.ANNEX_A, [CaseStatus.EARLY_HELP], {"team", "worker"}),
    ],
)
def test_a_child_is_read_as_the_export_tells_it(
    make: Callable[[Sequence[MadeChild]], bytes], form: Format, statuses: Sequence[CaseStatus], left_out: set[str]
) -> None:
    children = made_children(60, statuses=statuses)
    reading = read(make(children), on=ON)
    assert (reading.format, list(reading.questions), list(reading.refused)) == (form, [], [])
    assert differences(reading.cases, children, EVERYTHING - left_out) == []


@pytest.mark.parametrize("make", [table_csv, table_xlsx])
def test_a_table_of_a_councils_own_is_read_once_its_columns_are_known(
    make: Callable[[Sequence[MadeChild]], bytes],
) -> None:
    first = read(make(CHILDREN), on=ON)
    assert (first.format, list(first.cases)) == (Format.TABLE, [])
    assert [question.key for question in first.questions] == list(TABLE_CHOICES)
    then = read(make(CHILDREN), on=ON, choices=TABLE_CHOICES)
    assert (list(then.questions), list(then.refused)) == ([], [])
    assert differences(then.cases, CHILDREN, EVERYTHING) == []


def test_one_status_may_be_given_for_all_rows_of_a_table() -> None:
    rows = [[row[0], row[2], row[4]] for row in table(CHILDREN)]
    choices = dict.fromkeys(TABLE_CHOICES, "") | {"column:child": "Person ref", "column:status": "all:early-help"}
    cases = read(delimited(rows), on=ON, choices=choices).cases
    assert {case.status for case in cases} == {CaseStatus.EARLY_HELP}
    assert len(cases) == len(CHILDREN)


def test_a_remembered_column_that_is_gone_is_asked_about_again() -> None:
    rows = [("Person ref", "Stands", *row[2:]) if at == 0 else row for at, row in enumerate(table(CHILDREN))]
    reading = read(delimited(rows), on=ON, choices=TABLE_CHOICES)
    assert [question.key for question in reading.questions] == ["column:status"]
    assert list(reading.cases) == []


def test_common_headings_of_a_table_are_not_asked_about() -> None:
    headings = ["Child ID", "Status", "DOB", "Age", "Primary need", "Team", "Social worker", "Start date", "End date"]
    rows = [headings, ["A1", "CIN", "2015-03-12", "", "N1", "North", "W. Adeyemi", "2026-01-05", ""]]
    (case,) = read(delimited(rows), on=ON).cases
    assert (case.status, case.category, case.born) == (
        CaseStatus.CHILD_IN_NEED,
        Category.ABUSE_OR_NEGLECT,
        date(2015, 3, 12),
    )


def test_of_two_headings_that_fit_neither_is_guessed() -> None:
    rows = [["Child ID", "Person ID", "Status"], ["A1", "B1", "CIN"]]
    assert "column:child" in {question.key for question in read(delimited(rows), on=ON).questions}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_table_is_read_in_every_encoding_that_spreadsheets_write(encoding: str, delimiter: str) -> None:
    rows: list[list[Cell]] = [["Child ID", "Status", "Allocated Team"], ["A1", "Closed", "Zoë’s team"]]
    nothing_else = {key: "" for key in TABLE_CHOICES if key not in {"column:child", "column:status", "column:team"}}
    content = delimited(rows, delimiter=delimiter, encoding=encoding)
    (case,) = read(content, on=ON, choices=nothing_else).cases
    assert (case.child, case.status, case.team) == ("A1", CaseStatus.CLOSED, "Zoë’s team")


def test_a_sheet_is_asked_about_where_several_could_hold_the_cases() -> None:
    content = workbook({"Notes": [["Made by", "us"]], "Cases": table(CHILDREN)})
    (question,) = read(content, on=ON).questions
    assert (question.key, list(question.options)) == ("sheet", ["Notes", "Cases"])
    reading = read(content, on=ON, choices={**TABLE_CHOICES, "sheet": "Cases"})
    assert len(reading.cases) == len(CHILDREN)


def test_adopters_are_not_cases() -> None:
    reading = read(annex_a(CHILDREN), on=ON)
    assert [(sheet.name, sheet.not_read) for sheet in reading.sheets if sheet.not_read] == [
        ("List 11", "This sheet lists adopters, who are not cases.")
    ]
    assert len(reading.cases) == len(CHILDREN)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("Age", "Age in years"),
        ("child  unique id ", "Child's identifier"),
        ("CHILD_UNIQUE_ID", "Child's identifier"),
        ("Date\u00a0of Birth", "Date of birth"),
        ("CIN Closure Date (dd/mm/yyyy))", "End date"),
    ],
)
def test_headings_may_drift_and_are_shown_as_they_stand(theirs: str, ours: str) -> None:
    usual = {
        "Age in years": "Age of Child (Years)",
        "Child's identifier": "Child Unique ID",
        "Date of birth": "Date of Birth",
        "End date": "CIN Closure Date",
    }[ours]
    sheets = annex_a_sheets(CHILDREN)
    sheets["List 6"][0] = [theirs if it == usual else it for it in HEADINGS[6]]
    reading = read(workbook({"Sheet of needs": sheets["List 6"]}), on=ON)
    (sheet,) = reading.sheets
    assert sheet.columns[ours] == " ".join(theirs.split())
    assert "Reason for Closure" in sheet.left_aside


def test_curly_quotation_marks_in_a_heading_are_straight_ones() -> None:
    sheets = annex_a_sheets(CHILDREN)
    sheets["List 8"][0] = [it.replace("'", "\u2019") for it in HEADINGS[8]]
    reading = read(workbook({"8": sheets["List 8"]}), on=ON)
    assert reading.sheets[0].columns["Category"] == "Child\u2019s Category of Need"


def test_a_heading_over_two_columns_is_refused() -> None:
    sheets = annex_a_sheets(CHILDREN)
    sheets["List 6"][0] = ["Allocated Team" if it == "Gender" else it for it in HEADINGS[6]]
    with pytest.raises(UnreadableError, match="appears above 2 columns"):
        read(workbook(sheets), on=ON)


def test_a_list_without_a_column_that_decides_is_refused() -> None:
    sheets = annex_a_sheets(CHILDREN)
    sheets["List 7"][0] = ["Ended?" if it == "Child Protection Plan End Date" else it for it in HEADINGS[7]]
    with pytest.raises(UnreadableError, match="Child Protection Plan End Date"):
        read(workbook(sheets), on=ON)


def test_a_sheet_named_as_a_list_is_never_passed_over() -> None:
    sheets = annex_a_sheets(CHILDREN)
    sheets["List 7"][0] = [f"Column {number}" for number, _ in enumerate(HEADINGS[7])]
    with pytest.raises(UnreadableError, match="List 7"):
        read(workbook(sheets), on=ON)


def test_titles_above_the_headings_do_no_harm() -> None:
    sheets = annex_a_sheets(CHILDREN)
    titled = {name: [["Ofsted"], [], *rows] for name, rows in sheets.items()}
    assert len(read(workbook(titled), on=ON).cases) == len(CHILDREN)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("a) Looked after child", CaseStatus.CHILD_LOOKED_AFTER),
        ("x) Looked after child", CaseStatus.CHILD_LOOKED_AFTER),
        ("b) CLOSED EPISODE", CaseStatus.CLOSED),
        ("d) Open assessment", CaseStatus.CHILD_IN_NEED),
        ("#N/A", CaseStatus.CHILD_IN_NEED),
        ("", CaseStatus.CHILD_IN_NEED),
    ],
)
def test_a_code_is_what_stands_after_its_letter(status: str, expected: CaseStatus) -> None:
    row = annex_a_row(6, CHILDREN[1], {"CIN Start Date": date(2026, 2, 1), "Case Status": status})
    (case,) = read(workbook({"List 6": [HEADINGS[6], row]}), on=ON).cases
    assert case.status == expected


def test_a_plan_is_over_from_the_day_it_ends() -> None:
    ends = {ON - timedelta(days=1): CaseStatus.CLOSED, ON: CaseStatus.CLOSED, ON + timedelta(days=1): None}
    for end, expected in ends.items():
        row = annex_a_row(7, CHILDREN[2], {"Child Protection Plan End Date": end})
        (case,) = read(workbook({"List 7": [HEADINGS[7], row]}), on=ON).cases
        assert case.status == (expected or CaseStatus.CHILD_PROTECTION_PLAN)


def test_an_eligible_care_leaver_is_still_looked_after() -> None:
    rows = [annex_a_row(9, CHILDREN[4], {"Eligibility Category": "d) Eligible"})]
    (case,) = read(workbook({"List 9": [HEADINGS[9], *rows]}), on=ON).cases
    assert case.status == CaseStatus.CHILD_LOOKED_AFTER


def test_an_adoption_order_ends_being_looked_after() -> None:
    entered: dict[str, Cell] = {"Date the Child Entered Care": date(2025, 3, 1)}
    for ordered, expected in ((None, CaseStatus.CHILD_LOOKED_AFTER), (date(2026, 5, 1), CaseStatus.CLOSED)):
        row = annex_a_row(10, CHILDREN[3], {**entered, "Date of Adoption Order": ordered})
        (case,) = read(workbook({"List 10": [HEADINGS[10], row]}), on=ON).cases
        assert case.status == expected


def test_dates_of_a_workbook_counted_from_1904_are_the_same_days() -> None:
    sheets = annex_a_sheets(CHILDREN)
    told = [(case.child, case.born) for case in read(workbook(sheets, dates_1904=True), on=ON).cases]
    assert told == [(case.child, case.born) for case in read(workbook(sheets), on=ON).cases]


def test_episodes_alone_say_who_is_looked_after_and_the_header_alone_does_not() -> None:
    modules = ssda903(made_children(30, statuses=RETURN_STATUSES[:1]))
    cases = read(modules["episodes.csv"], on=ON).cases
    assert [case.born for case in cases] == [None] * 30
    with pytest.raises(UnreadableError, match="does not give the status of cases"):
        read(modules["header.csv"], on=ON)


def test_a_child_of_the_return_without_an_episode_is_left_out_with_its_place() -> None:
    children = made_children(3, statuses=RETURN_STATUSES[:1])
    modules = ssda903(children)
    modules["episodes.csv"] = ssda903(children[1:])["episodes.csv"]
    reading = read(zipped(modules), on=ON)
    assert len(reading.cases) == 2
    assert [(it.place.sheet, it.place.row) for it in reading.refused] == [("header.csv", 2)]


def test_modules_are_known_by_their_columns_and_others_are_named() -> None:
    modules = ssda903(made_children(12, statuses=RETURN_STATUSES))
    renamed = {f"{number}.csv": content for number, content in enumerate(modules.values())}
    renamed["x.csv"] = b"CHILD,DOB,REVIEW,REVIEW_CODE\n1,01/01/2015,02/02/2026,PN1\n"
    reading = read(zipped(renamed), on=ON)
    assert len(reading.cases) == 12
    assert [sheet.not_read for sheet in reading.sheets if sheet.name == "x.csv"] == [
        "This module of the return does not give a status."
    ]


def test_a_table_of_the_dataset_may_come_alone() -> None:
    tables = standard_dataset(made_children(12, statuses=[CaseStatus.CHILD_IN_NEED]))
    reading = read(tables["ssd_cin_episodes.csv"], on=ON)
    assert {case.status for case in reading.cases} == {CaseStatus.CHILD_IN_NEED}
    assert len(reading.cases) == 12


def census(*children: str) -> ExportContent:
    return read(f"<Message><Children>{''.join(children)}</Children></Message>".encode(), on=ON)


def plan(*, ends: str = "") -> str:
    end = f"<CPPendDate>{ends}</CPPendDate>" if ends else ""
    return f"<ChildProtectionPlans><CPPstartDate>2026-02-01</CPPstartDate>{end}</ChildProtectionPlans>"


def child_of_census(details: str, *, born: str = "<PersonBirthDate>2015-03-12</PersonBirthDate>") -> str:
    who = f"<ChildIdentifiers>stray<LAchildID>C1</LAchildID>{born}<GenderCurrent>1</GenderCurrent></ChildIdentifiers>"
    return f"<Child>{who}<Unknown>1</Unknown>{details}</Child>"


@pytest.mark.parametrize(
    ("details", "expected"),
    [
        ("<ReferralNFA>true</ReferralNFA>", CaseStatus.CLOSED),
        ("<ReferralNFA>1</ReferralNFA>", CaseStatus.CLOSED),
        ("<ReferralNFA>false</ReferralNFA>", CaseStatus.CHILD_IN_NEED),
        ("<CINclosureDate>2026-05-01</CINclosureDate>", CaseStatus.CLOSED),
        ("<CINclosureDate>2027-05-01</CINclosureDate>", CaseStatus.CHILD_IN_NEED),
        (plan(), CaseStatus.CHILD_PROTECTION_PLAN),
        (plan(ends="2026-06-01"), CaseStatus.CHILD_IN_NEED),
        ("<CINclosureDate>2026-05-01</CINclosureDate>" + plan(), CaseStatus.CLOSED),
    ],
)
def test_a_census_is_read_leniently(details: str, expected: CaseStatus) -> None:
    episode = f"<CINdetails><CINreferralDate>2026-01-10</CINreferralDate>{details}</CINdetails>"
    (case,) = census(child_of_census(episode)).cases
    assert (case.status, case.born) == (expected, date(2015, 3, 12))


def test_a_child_expected_and_not_born_is_unborn() -> None:
    expected = "<ExpectedPersonBirthDate>2026-12-24</ExpectedPersonBirthDate>"
    episode = "<CINdetails><CINreferralDate>2026-09-10</CINreferralDate></CINdetails>"
    (case,) = census(child_of_census(episode, born=expected)).cases
    assert (case.unborn, case.born, case.age) == (True, None, None)


def test_a_census_in_utf_16_and_with_a_namespace_is_the_same() -> None:
    text = cin_census(CHILDREN).decode().replace('encoding="utf-8"', 'encoding="utf-16"')
    text = text.replace("<Message>", '<Message xmlns="urn:census">')
    assert len(read(text.encode("utf-16"), on=ON).cases) == len(CHILDREN)
