"""Case lists as people really have them: rows that are no cases are named, and nothing is misread in silence."""

import io
from collections.abc import Callable, Sequence
from datetime import date

import pytest
import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from api.case_lists.readers.cells.values import UnclearValueError, date_of, identifier_of, text_of
from api.case_lists.readers.reader import read
from api.case_lists.readers.result import ExportContent
from api.documents.reading.refusals import UnreadableError
from checklists.cases import CaseStatus
from tests.case_lists.exports import Cell, delimited, workbook, zipped

ON = date(2026, 11, 1)
HEADINGS = ["Child ID", "Status", "Date of Birth", "Team", "Worker", "Start date", "End date"]
CHOICES = {"column:age": "", "column:category": ""}
LIST_7 = [
    "Child Unique ID",
    "Date of Birth",
    "Child Protection Plan Start Date",
    "Child Protection Plan End Date",
    "Latest Category of Abuse",
    "Allocated Team",
    "Allocated Worker",
]


def a_row(number: int, **other: Cell) -> list[Cell]:
    row: dict[str, Cell] = {
        "child": f"C{number:04}",
        "status": "CIN",
        "born": date(2014, 3, 10 + number),
        "team": "North",
        "worker": "W1",
        "started": date(2026, 5, 13),
        "closed": "",
    }
    return list({**row, **other}.values())


def read_rows(*rows: Sequence[Cell], above: Sequence[Sequence[Cell]] = (), **choices: str) -> ExportContent:
    return read(workbook({"Cases": [*above, HEADINGS, *rows]}), on=ON, choices={**CHOICES, **choices})


def made(write: Callable[[xlsxwriter.Workbook, Worksheet], object], *, name: str = "List 7", rows: int = 6) -> bytes:
    """A workbook with six plans in one sheet, changed by `write`."""
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"default_date_format": "dd/mm/yyyy"})
    sheet = book.add_worksheet(name)
    fill(sheet, rows)
    write(book, sheet)
    book.close()
    return content.getvalue()


def fill(sheet: Worksheet, rows: int) -> None:
    sheet.write_row(0, 0, LIST_7)
    for at in range(1, rows + 1):
        sheet.write_string(at, 0, f"700000{at}")
        sheet.write_datetime(at, 1, date(2014, 3, at))
        sheet.write_datetime(at, 2, date(2026, 5, at))
        sheet.write_row(at, 4, ["Neglect", "North", "W1"])


def notes(reading: ExportContent) -> list[tuple[int, str]]:
    return [(it.place.row, it.words) for it in reading.remarks]


def reasons(reading: ExportContent) -> list[tuple[int, str, str]]:
    return [(it.place.row, it.column, it.words) for it in reading.refused]


def test_totals_markings_notes_and_repeated_headings_are_no_cases_and_are_named() -> None:
    reading = read_rows(
        a_row(1), ["North team"], HEADINGS, a_row(2), ["OFFICIAL-SENSITIVE"], ["Total: 2"], ["Run by A Person"],
        ["Grand total", "", "", "", "", "", 45],
    )  # fmt: skip
    assert [case.child for case in reading.cases] == ["C0001", "C0002"]
    assert [row for row, _ in notes(reading)] == [3, 4, 6, 7, 8, 9]
    assert notes(reading)[1][1] == "This row repeats the headings."
    assert notes(reading)[3][1] == notes(reading)[5][1] == "This row is a total."
    assert reasons(reading) == []


def test_a_count_below_a_list_is_no_child_and_a_birth_may_be_unknown() -> None:
    child: list[Cell] = ["7000001", "TBC", date(2026, 5, 1), "", "Neglect", "North", "W1"]
    rows: list[Sequence[Cell]] = [LIST_7, child, ["45"], ["45 records"]]
    reading = read(workbook({"List 7": rows}), on=ON)
    assert [(case.child, case.born) for case in reading.cases] == [("7000001", None)]
    assert [(row, "one value" in words) for row, _, words in reasons(reading)] == [(3, True)]
    assert [row for row, _ in notes(reading)] == [4]


def test_a_person_who_is_over_thirty_now_and_was_not_when_the_case_closed_is_read() -> None:
    (case,) = read_rows(a_row(1, born=date(1990, 3, 1), started=date(2004, 1, 5), closed=date(2006, 1, 5))).cases
    assert case.closed == date(2006, 1, 5)


def test_an_age_over_that_of_any_child_leaves_the_row_out() -> None:
    headings = ["Child ID", "Status", "Age", "Team"]
    rows = [headings, ["C1", "CIN", "31", "North"], ["C2", "CIN", "30", "North"]]
    choices = {f"column:{name}": "" for name in ("born", "category", "worker", "started", "closed")}
    reading = read(workbook({"Cases": rows}), on=ON, choices=choices)
    assert [case.child for case in reading.cases] == ["C2"]
    assert reasons(reading) == [(2, "Age", "The age is over 30 years. Correct it in the case system.")]


def test_the_age_is_not_asked_for_where_there_is_a_date_of_birth() -> None:
    reading = read(workbook({"Cases": [HEADINGS, a_row(1)]}), on=ON)
    assert [it.key for it in reading.questions] == ["column:category"]


@pytest.mark.parametrize(
    "above",
    [
        [["Open cases report", "As at November"]],
        [["Report:", "Open cases"], ["Run by:", "A Person"], ["Run on:", "01/11/2026"]],
        [["Child", "", "", "Allocation", "", "Dates", ""]],
    ],
)
def test_titles_settings_and_group_headings_may_be_above_the_headings(above: list[list[Cell]]) -> None:
    assert len(read_rows(a_row(1), a_row(2), above=above).cases) == 2


@pytest.mark.parametrize(
    "identifier",
    [
        "Restricted",
        "unborn",
        "Unborn baby",
        "UNKNOWN",
        "Not known",
        "TBC",
        "n/k",
        "N/K",
        "0",
        "0000000",
        "xxx",
        "Withheld",
        "(unborn)",
        "N.K.",
        "Baby",
        "Pending",
        "No ID",
        "see notes",
        "99999999",
        "111111",
    ],
)
def test_a_word_in_place_of_an_identifier_never_joins_children(identifier: str) -> None:
    reading = read_rows(a_row(1, child=identifier), a_row(2, child=identifier), a_row(3))
    assert [case.child for case in reading.cases] == ["C0003"]
    assert [(row, column) for row, column, _ in reasons(reading)] == [(2, "Child ID"), (3, "Child ID")]


@pytest.mark.parametrize("identifier", ["UNBORN1234", "00001", "RESTRICTED-77", "X12", "TESTER9", "99998", "11111"])
def test_an_identifier_with_its_own_number_is_kept(identifier: str) -> None:
    assert identifier_of(identifier) == identifier


@pytest.mark.parametrize(
    ("cell", "identifier"), [('="00001"', "00001"), ("'00001", "00001"), ("12,345", "12345"), ("1,234,567", "1234567")]
)
def test_what_a_spreadsheet_wraps_round_an_identifier_is_taken_off(cell: str, identifier: str) -> None:
    assert identifier_of(cell) == identifier


def test_identifiers_that_differ_in_leading_zeros_are_two_children_with_a_warning() -> None:
    reading = read_rows(*(a_row(1, child=it) for it in ("0012345", "12345", "12,345")))
    assert [case.child for case in reading.cases] == ["0012345", "12345"]
    ((row, words),) = notes(reading)
    assert row == 3
    assert "the one in row 2 differ only in leading zeros or punctuation" in words
    assert "12345" not in words


@pytest.mark.parametrize(
    "cell",
    [
        *("01/01/1900", "1900-01-01", "31/12/1899", "1899-12-30", "1 January 1900", "01/01/1900 00:00:00"),
        *("31/12/9999", "9999-12-31T00:00:00", "31/12/2099", "01/01/1753", "0001-01-01"),
        *("00/00/0000", "0", "00:00:00", "--", "  /  /    ", "Ongoing", "current", "To date", "not closed", "None"),
    ],
)
def test_a_date_that_stands_for_none_is_none(cell: str) -> None:
    assert date_of(cell) is None


def test_an_end_date_that_stands_for_none_leaves_the_case_open() -> None:
    reading = read_rows(a_row(1, closed="01/01/1900"), a_row(2, closed=date(1900, 1, 1)), a_row(3, closed="31/12/9999"))
    assert [case.status for case in reading.cases] == [CaseStatus.CHILD_IN_NEED] * 3


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2014-03-13 12:00:00 AM", date(2014, 3, 13)),
        ("2014-03-13 11:59 p.m.", date(2014, 3, 13)),
        ("13 March 2014 12:00:00 AM", date(2014, 3, 13)),
        ("2014-06-12T23:00:00Z", date(2014, 6, 13)),
        ("2014-06-12T23:00:00.000+00:00", date(2014, 6, 13)),
        ("2014-01-12T23:00:00Z", date(2014, 1, 12)),
        ("2014-06-13T00:00:00+01:00", date(2014, 6, 13)),
        ("2014-06-13T00:00:00BST", date(2014, 6, 13)),
        ("2014-06-12 23:00:00+00", date(2014, 6, 13)),
    ],
)
def test_a_time_with_a_half_of_the_day_or_a_zone_gives_the_day_in_britain(cell: str, day: date) -> None:
    assert date_of(cell) == day


def test_a_date_with_a_zone_whose_order_is_unclear_is_left_out() -> None:
    with pytest.raises(UnclearValueError, match="time zone"):
        date_of("03/04/2014 23:00:00Z")


@pytest.mark.parametrize(
    ("other", "column", "words"),
    [
        ({"born": "13/03/2114"}, "Date of Birth", "in the future"),
        ({"born": "13/03/2926"}, "Date of Birth", "in the future"),
        ({"started": "13/03/2926"}, "Start date", "after the day of the list"),
        ({"started": date(2027, 1, 1)}, "Start date", "after the day of the list"),
        ({"closed": date(2020, 1, 1)}, "End date", "before the start date"),
        ({"closed": "unknown"}, "End date", "cannot be read"),
        ({"closed": "02/01/1900"}, "End date", "before 1901"),
        ({"started": date(2009, 5, 13)}, "Start date", "more than ten months before the date of birth"),
        ({"born": date(1926, 3, 13)}, "Date of Birth", "over 30 years old"),
        ({"born": date(1994, 3, 13), "closed": date(2026, 6, 1)}, "Date of Birth", "over 30 years old"),
    ],
)
def test_dates_that_cannot_be_true_leave_the_row_out_with_its_place(
    other: dict[str, Cell], column: str, words: str
) -> None:
    reading = read_rows(a_row(1, **other), a_row(2))
    assert [case.child for case in reading.cases] == ["C0002"]
    ((row, of_column, why),) = reasons(reading)
    assert (row, of_column) == (2, column)
    assert words in why


def test_hidden_rows_are_asked_about_and_read_or_left_out_as_was_answered() -> None:
    content = made(lambda _, sheet: [sheet.set_row(at, None, None, {"hidden": True}) for at in (2, 3)])
    (question,) = read(content, on=ON).questions
    assert (question.key, "are hidden" in question.words) == ("hidden-rows:List 7", True)
    assert len(read(content, on=ON, choices={question.key: "read"}).cases) == 6
    left_out = read(content, on=ON, choices={question.key: "leave-out"})
    assert len(left_out.cases) == 4
    assert notes(left_out) == [(0, "2 hidden rows were excluded.")]


def test_a_hidden_sheet_and_a_second_copy_of_a_list_are_asked_about() -> None:
    def old(book: xlsxwriter.Workbook, _: Worksheet) -> None:
        sheet = book.add_worksheet("old List 7")
        fill(sheet, 4)
        sheet.hide()

    content = made(old)
    hidden, copies = read(content, on=ON).questions
    assert (hidden.key, list(hidden.options)) == ("hidden-sheet:old List 7", ["read", "leave-out"])
    assert list(copies.options) == ["List 7", "old List 7", "all"]
    reading = read(content, on=ON, choices={hidden.key: "leave-out"})
    assert (len(reading.cases), list(reading.questions)) == (6, [])
    assert [it.not_read for it in reading.sheets] == ["", "Not read: the sheet is hidden."]
    chosen = read(content, on=ON, choices={hidden.key: "read", copies.key: "old List 7"})
    assert (len(chosen.cases), next(it.not_read for it in chosen.sheets)) == (
        4,
        "Not read: you selected another sheet for this list.",
    )


def test_a_hidden_column_is_read_and_named() -> None:
    reading = read(made(lambda _, sheet: sheet.set_column(5, 5, None, None, {"hidden": True})), on=ON)
    assert [(it.column, it.words) for it in reading.remarks] == [
        ("Allocated Team", "This column is hidden in the sheet. It was read.")
    ]
    assert {case.team for case in reading.cases} == {"North"}


def test_merged_cells_fill_the_rows_below() -> None:
    reading = read(made(lambda book, sheet: sheet.merge_range(1, 5, 4, 5, "South", book.add_format())), on=ON)
    assert [case.team for case in reading.cases] == ["South"] * 4 + ["North"] * 2


def test_drop_downs_sparklines_and_data_bars_do_not_refuse_a_workbook() -> None:
    def decorate(book: xlsxwriter.Workbook, sheet: Worksheet) -> None:
        book.add_worksheet("Lookups").write_column(0, 0, ["North", "South"])
        sheet.data_validation("F2:F7", {"validate": "list", "source": "=Lookups!$A$1:$A$2"})
        sheet.add_sparkline("K2", {"range": "Lookups!A1:A2"})
        sheet.conditional_format("A2:A7", {"type": "data_bar", "data_bar_2010": True})

    assert len(read(made(decorate), on=ON).cases) == 6


def test_a_formula_counts_only_where_a_case_is_read_from_it() -> None:
    def elsewhere(book: xlsxwriter.Workbook, sheet: Worksheet) -> None:
        sheet.write_formula(1, 12, "=1+1", None, 2)
        book.add_worksheet("Summary").write_formula(0, 0, "=COUNTA('List 7'!A:A)", None, 7)

    assert len(read(made(elsewhere), on=ON).cases) == 6
    with pytest.raises(
        UnreadableError, match="Row 3 of the sheet “List 7” has a formula in the column “Allocated Team”"
    ):
        read(made(lambda _, sheet: sheet.write_formula(2, 5, '="No"&"rth"', None, "North")), on=ON)


def test_a_hundred_thousand_formatted_rows_without_values_are_blank() -> None:
    def shade(book: xlsxwriter.Workbook, sheet: Worksheet) -> None:
        grey = book.add_format({"bg_color": "#eeeeee"})
        for at in range(10, 100_020):
            sheet.write_blank(at, 0, None, grey)

    assert len(read(made(shade), on=ON).cases) == 6


def test_too_many_rows_with_values_sheets_or_styles_are_refused_by_their_own_name() -> None:
    with pytest.raises(UnreadableError, match="more than 100,000 rows with values"):
        read(made(lambda _, sheet: write_many(sheet)), on=ON)
    with pytest.raises(UnreadableError, match="has 255 sheets; at most 100"):
        read(made(lambda book, _: [book.add_worksheet() for _ in range(254)]), on=ON)


def write_many(sheet: Worksheet) -> None:
    for at in range(1, 100_002):
        sheet.write_string(at, 0, f"{at:x}{at * 7919 % 100_003:x}")


@pytest.mark.parametrize(
    "content",
    [
        b"Open cases, all teams, as at November\nChild ID;Status;Team;Worker\nC1;CIN;North;W1\nC2;CIN;North;W1\n",
        b"Open cases; all teams\nChild ID,Status,Team,Worker\nC1,CIN,North,W1\nC2,CIN,North,W1\n",
        b'Child ID\tStatus\tTeam\tWorker\nC1\tCIN\t"North, East, West, South"\tW1\nC2\tCIN\tNorth\tW1\n',
    ],
)
def test_the_delimiter_is_that_of_most_rows(content: bytes) -> None:
    choices = {**CHOICES, "column:born": "", "column:started": "", "column:closed": ""}
    assert [case.worker for case in read(content, on=ON, choices=choices).cases] == ["W1", "W1"]


def test_mixed_encodings_are_refused_with_the_line() -> None:
    lines = [*(f"C{at},CIN,Équipe" for at in range(5))]
    content = b"\n".join([b"Child ID,Status,Team", *(it.encode() for it in lines), "C9,CIN,Équipe".encode("cp1252")])
    with pytest.raises(UnreadableError, match="mixes two encodings: line 7"):
        read(content, on=ON)
    whole = "\n".join(["Child ID,Status,Team", *lines]).encode("cp1252")
    choices = {f"column:{it}": "" for it in ("born", "age", "category", "worker", "started", "closed")}
    assert {case.team for case in read(whole, on=ON, choices=choices).cases} == {"Équipe"}


def test_a_character_that_no_table_has_is_named_with_its_line() -> None:
    content = delimited([HEADINGS, a_row(1), a_row(2)]).replace(b"C0002", b"C0\x00002")
    with pytest.raises(UnreadableError, match="Line 3 holds a character that no table has"):
        read(content, on=ON)


def test_guards_are_taken_off_other_cells_too() -> None:
    assert (text_of('="North"'), text_of("'North"), text_of("O'Brien")) == ("North", "North", "O'Brien")


@pytest.mark.parametrize("legal_status", ["V3", "V4"])
def test_a_child_on_a_series_of_short_breaks_is_in_need_and_not_looked_after(legal_status: str) -> None:
    header = "CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB\nA1,1,01/02/2014,WBRI,,0,\nA2,1,01/02/2014,WBRI,,0,\n"
    columns = "CHILD,DECOM,RNE,LS,CIN,PLACE,DEC,REC"
    episodes = f"{columns}\nA1,01/05/2026,S,{legal_status},N2,U1,,\nA2,01/05/2026,S,C2,N1,U1,,\n"
    content = zipped({"header.csv": header.encode(), "episodes.csv": episodes.encode()})
    assert {case.child: case.status for case in read(content, on=ON).cases} == {
        "A1": CaseStatus.CHILD_IN_NEED,
        "A2": CaseStatus.CHILD_LOOKED_AFTER,
    }
