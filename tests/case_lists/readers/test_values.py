"""Dates, identifiers and ages: what can be read in two ways is asked about or refused, and never guessed."""

from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.case_lists.readers.cells.dates import DateColumn, MixedOrderError, order_of
from api.case_lists.readers.cells.values import (
    DateOrder,
    UnclearValueError,
    UnorderedDate,
    age_of,
    date_of,
    identifier_of,
    text_of,
)
from api.case_lists.readers.reader import read
from api.case_lists.readers.result import ExportContent
from api.documents.reading.refusals import UnreadableError
from checklists.cases import CaseStatus
from tests.case_lists.exports import ON, TABLE_CHOICES, Cell, delimited, workbook

DAYS = st.dates(date(1997, 1, 1), date(2026, 10, 31))
FORMATS = {DateOrder.DAY_FIRST: "%d/%m/%Y", DateOrder.MONTH_FIRST: "%m/%d/%Y"}
KNOWN = {"column:category": "", "column:age": "", "column:team": "", "column:worker": "", "column:closed": ""}


def written(day: date, order: DateOrder) -> UnorderedDate:
    found = date_of(day.strftime(FORMATS[order]))
    assert isinstance(found, UnorderedDate)
    return found


def births(*cells: Cell, choices: dict[str, str] | None = None) -> ExportContent:
    """A table of closed cases with these dates of birth, as text or as real dates of a workbook."""
    rows: list[Sequence[Cell]] = [
        ["Child ID", "Status", "Date of birth"],
        *([f"C{at}", "Closed", cell] for at, cell in enumerate(cells)),
    ]
    content = workbook({"Cases": rows})
    return read(content, on=ON, choices={**KNOWN, "column:started": "", **(choices or {})})


@given(st.lists(DAYS, min_size=1), st.sampled_from(DateOrder))
def test_an_order_that_is_told_is_the_one_in_which_the_dates_were_written(days: list[date], order: DateOrder) -> None:
    column = [written(day, order) for day in days]
    told = order_of(column)
    tells = any(day.day > 12 for day in days)
    needs_telling = any(day.day != day.month for day in days)
    assert (told == order) if tells else (told is None) == needs_telling
    if told:
        assert [it.in_order(told) for it in column] == days


@given(
    st.lists(DAYS.filter(lambda day: day.day > 12), min_size=1),
    st.lists(DAYS.filter(lambda day: day.day > 12), min_size=1),
)
def test_a_column_in_both_orders_is_never_read(day_first: list[date], month_first: list[date]) -> None:
    both = [written(it, DateOrder.DAY_FIRST) for it in day_first]
    both += [written(it, DateOrder.MONTH_FIRST) for it in month_first]
    with pytest.raises(MixedOrderError):
        order_of(both)


@given(st.lists(DAYS.filter(lambda day: day.day <= 12 and day.day != day.month), min_size=1))
def test_dates_that_could_be_either_are_asked_about_and_the_answer_is_kept_to(days: list[date]) -> None:
    texts = [day.strftime("%d/%m/%Y") for day in days]
    asked = births(*texts)
    assert [question.key for question in asked.questions] == ["date-order"]
    assert list(asked.cases) == []
    for order in DateOrder:
        read_so = births(*texts, choices={"date-order": order.value})
        assert [case.born for case in read_so.cases] == [
            day if order is DateOrder.DAY_FIRST else date(day.year, day.day, day.month) for day in days
        ]


def test_only_children_with_a_date_that_could_be_either_wait_for_the_answer() -> None:
    reading = births("03/04/2015", "2015-03-13", "05/05/2015", "")
    assert [question.key for question in reading.questions] == ["date-order"]
    assert [case.child for case in reading.cases] == ["C1", "C2", "C3"]


def test_what_a_column_tells_outweighs_an_answer_given_for_others() -> None:
    (first, second) = births("25/03/2015", "03/04/2015", choices={"date-order": "month-first"}).cases
    assert (first.born, second.born) == (date(2015, 3, 25), date(2015, 4, 3))


def test_a_mixture_of_orders_refuses_the_file_and_names_the_column() -> None:
    with pytest.raises(UnreadableError, match="“Date of birth” the day comes first in some dates"):
        births("25/03/2015", "03/25/2015")


def test_dates_that_a_spreadsheet_turned_round_where_it_could_are_refused() -> None:
    turned: list[Cell] = [date(2015, 3, day) for day in range(1, 7)]
    with pytest.raises(UnreadableError, match="may have changed some dates"):
        births("25/03/2015", "28/03/2015", *turned)
    told = births("25/03/2015", "28/03/2015", *turned, date(2015, 3, 14)).cases
    assert len(told) == 9


@given(st.lists(DAYS, min_size=5))
def test_real_dates_alone_are_what_they_are(days: list[date]) -> None:
    column = DateColumn()
    for day in days:
        column.add_real(day)
    assert column.order() is DateOrder.DAY_FIRST


def test_the_return_is_day_first_by_its_guide_and_refused_when_it_cannot_be() -> None:
    rows: list[Sequence[Cell]] = [
        ["CHILD", "DECOM", "RNE", "LS", "CIN", "DEC"],
        ["1", "03/04/2026", "S", "C2", "N1", ""],
    ]
    (case,) = read(delimited(rows), on=ON).cases
    assert case.started == date(2026, 4, 3)
    with pytest.raises(UnreadableError, match="export again"):
        read(delimited([*rows, ["2", "04/25/2026", "S", "C2", "N1", ""]]), on=ON)


@pytest.mark.parametrize(
    "text",
    [
        *("2015-03-25", "2015-03-25 00:00:00.000", "2015-03-25T00:00:00Z", "2015/03/25", "\u00a02015-03-25 "),
        *("25 March 2015", "25-MAR-2015", "25th Mar 2015"),
    ],
)
def test_a_date_that_can_mean_one_day_only_is_that_day(text: str) -> None:
    assert date_of(text) == date(2015, 3, 25)


@pytest.mark.parametrize(
    "text", ["25/03/15", "42088", "31/02/2015", "2015-13-01", "next week", "0000-01-01", "32/33/2015", "25 Foo 2015"]
)
def test_what_is_no_date_refuses_its_row_and_says_where(text: str) -> None:
    reading = births(text, "2015-03-25")
    assert [(it.place.sheet, it.place.row, it.column) for it in reading.refused] == [("Cases", 2, "Date of birth")]
    assert [case.child for case in reading.cases] == ["C1"]
    assert text not in reading.refused[0].words


@pytest.mark.parametrize("text", ["", "#N/A", " \u00a0", "NULL", "n/a", "#REF!"])
def test_what_says_nothing_is_blank(text: str) -> None:
    assert text_of(text) == ""
    assert date_of(text) is None
    assert age_of(text) is None


@pytest.mark.parametrize("text", ["1.23E+15", "12345.0", "6.5", "", "#N/A", "---", "x" * 61])
def test_an_identifier_that_a_spreadsheet_spoilt_is_refused(text: str) -> None:
    with pytest.raises(UnclearValueError):
        identifier_of(text)


def test_a_number_of_more_than_fifteen_digits_in_a_workbook_is_refused() -> None:
    rows: list[Sequence[Cell]] = [
        ["Child ID", "Status", "DOB"],
        [1234567890123456, "Closed", None],
        [12345, "Closed", None],
    ]
    reading = read(workbook({"Cases": rows}), on=ON, choices={**KNOWN, "column:started": ""})
    assert [case.child for case in reading.cases] == ["12345"]
    assert [(it.place.row, it.column) for it in reading.refused] == [(2, "Child ID")]
    assert "rounded number" in reading.refused[0].words


def test_leading_noughts_and_letters_of_an_identifier_stay() -> None:
    assert [identifier_of(it) for it in ("007 1", "LA\u00a0-12", "ａ１")] == ["0071", "LA-12", "a1"]


@pytest.mark.parametrize(("text", "age"), [("6.138", 6), ("0", 0), ("17", 17), ("-0.3", -1), ("0.99", 0)])
def test_an_age_is_in_completed_years(text: str, age: int) -> None:
    assert age_of(text) == age


@pytest.mark.parametrize("text", ["six", "6 years", "1500", "5m"])
def test_what_is_no_age_is_refused(text: str) -> None:
    with pytest.raises(UnclearValueError):
        age_of(text)


def test_a_child_not_born_yet_may_be_told_in_words_or_by_an_age_below_nought() -> None:
    rows: list[Sequence[Cell]] = [
        ["Child ID", "Status", "DOB", "Age"],
        ["A1", "CIN", "Unborn", ""],
        ["B1", "CIN", "", "-0.2"],
    ]
    rows.append(["C1", "CIN", ON + timedelta(days=40), ""])
    choices = {
        key: "" for key in TABLE_CHOICES if key not in {"column:child", "column:status", "column:born", "column:age"}
    }
    cases = read(workbook({"Cases": rows}), on=ON, choices=choices).cases
    assert [(case.unborn, case.age) for case in cases] == [(True, None), (True, None), (False, None)]
    assert cases[2].born == ON + timedelta(days=40)
    assert {case.status for case in cases} == {CaseStatus.CHILD_IN_NEED}
