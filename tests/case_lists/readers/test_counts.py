"""How often a child was referred, enquired about, placed or missing is read from the column that says it."""

from collections.abc import Mapping, Sequence
from datetime import date

import pytest

from api.case_lists.readers.reader import read
from tests.case_lists.exports import ON, Cell, MadeChild, annex_a_row, delimited, made_children, workbook
from tests.case_lists.readers.annex_a_headings import HEADINGS

CHILDREN = made_children(40)
CHILD, OTHER = CHILDREN[0], CHILDREN[1]
Row = tuple[MadeChild, Mapping[str, Cell]]

MAY = date(2026, 5, 1)
REFERRED: Mapping[str, Cell] = {"Date of referral": MAY, "Referral NFA?": "b) No"}
ENQUIRED: Mapping[str, Cell] = {"Strategy discussion initiating Section 47 Enquiry Start Date": MAY}
IN_CARE: Mapping[str, Cell] = {"Date Started to be Looked After": MAY}
REFERRALS = "Number of Referrals in Last 12 Months"
ENQUIRIES = "Number of Section 47 Enquiries in the last 12 months"
PLACEMENTS = "Number of Placements in the Last 12 months"
MISSING = "Number of Episodes the Child has been 'Missing' from their Placement in the last 12 months"


def counts(number: int, rows: Sequence[Row]) -> str:
    """What a list of Annex A counts for CHILD."""
    table = [annex_a_row(number, child, dict(cells)) for child, cells in rows]
    cases = read(workbook({f"List {number}": [HEADINGS[number], *table]}), on=ON).cases
    return {case.child: case.counts for case in cases}[CHILD.identifier]


@pytest.mark.parametrize(
    ("number", "cells", "expected"),
    [
        (8, {**IN_CARE, PLACEMENTS: 3, MISSING: 0}, "placements:3 times-missing:0"),
        (8, {**IN_CARE, PLACEMENTS: 2.0, MISSING: 47}, "placements:2 times-missing:10"),
        (8, {**IN_CARE, PLACEMENTS: "", MISSING: "often"}, ""),
        # A single 2 may be two referrals, or three.
        (3, {**REFERRED, REFERRALS: 2}, ""),
        (5, {**ENQUIRED, ENQUIRIES: 1}, ""),
    ],
)
def test_a_number_counts_where_it_leaves_no_doubt(number: int, cells: Mapping[str, Cell], expected: str) -> None:
    assert counts(number, [(CHILD, cells)]) == expected


@pytest.mark.parametrize(
    ("number", "cells", "column", "count"),
    [(3, REFERRED, REFERRALS, "referrals"), (5, ENQUIRED, ENQUIRIES, "section-47-enquiries")],
)
def test_referrals_and_enquiries_are_counted_with_the_latest(
    number: int, cells: Mapping[str, Cell], column: str, count: str
) -> None:
    assert counts(number, [(CHILD, {**cells, column: 2}), (OTHER, {**cells, column: 0})]) == f"{count}:3"
    others: list[Row] = [(child, {**cells, column: 1}) for child in CHILDREN[1:]]
    assert counts(number, [(CHILD, {**cells, column: 2}), *others]) == f"{count}:2"


def test_the_number_of_the_newest_row_counts_and_of_one_day_the_largest() -> None:
    zero: Row = (OTHER, {**REFERRED, REFERRALS: 0})
    earlier: Row = (CHILD, {**REFERRED, REFERRALS: 4, "Date of referral": date(2026, 1, 1)})
    latest: Row = (CHILD, {**REFERRED, REFERRALS: 0})
    assert counts(3, [latest, earlier, zero]) == "referrals:1"
    assert counts(3, [latest, earlier, zero, (CHILD, {**REFERRED, REFERRALS: 1})]) == "referrals:2"


def test_a_councils_own_columns_are_read_where_there_are_any_and_asked_about_nowhere() -> None:
    headings = ["Child ID", "Status", "DOB", "Category", "Team", "Worker", "Start date", "End date"]
    row = ["Child in need", "13/02/2015", "Neglect", "North", "Wren", "13/01/2026", ""]
    more = ["Referrals in the last 12 months", "Times missing in the last 12 months"]
    rows = [[*headings, *more], ["C1", *row, "1", "2"], ["C2", *row, "0", ""]]
    found = read(delimited(rows), on=ON, choices={"column:age": ""})
    assert found.questions == ()
    assert [case.counts for case in found.cases] == ["referrals:2 times-missing:2", "referrals:1"]
    assert [case.re_referral for case in found.cases] == [True, False]
