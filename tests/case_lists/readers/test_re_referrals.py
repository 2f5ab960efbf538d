"""Whether a case is a re-referral is read from each export that shows it, and left open where it does not."""

from collections.abc import Sequence
from datetime import date

import pytest

from api.case_lists.readers.reader import read
from tests.case_lists.exports import ON, Cell, MadeChild, annex_a_row, delimited, made_children, workbook, zipped
from tests.case_lists.readers.annex_a_headings import HEADINGS
from tests.case_lists.readers.test_formats import census, child_of_census

CHILDREN = made_children(40)
CHILD, OTHER = CHILDREN[0], CHILDREN[1]


def referrals(rows: Sequence[tuple[MadeChild, date, Cell]]) -> dict[str, bool | None]:
    """What list 3 of Annex A says of the children of these rows: child, date of referral, number of referrals."""
    table = [
        annex_a_row(
            3,
            child,
            {
                "Date of referral": day,
                "Referral NFA?": "b) No",
                "Number of Referrals in Last 12 Months": number,
            },
        )
        for child, day, number in rows
    ]
    cases = read(workbook({"List 3": [HEADINGS[3], *table]}), on=ON).cases
    return {case.child: case.re_referral for case in cases}


def of(child: MadeChild, rows: Sequence[tuple[MadeChild, date, Cell]]) -> bool | None:
    return referrals(rows)[child.identifier]


def test_two_referrals_within_a_year_are_a_re_referral_and_further_apart_say_nothing() -> None:
    assert of(CHILD, [(CHILD, date(2026, 6, 1), None), (CHILD, date(2025, 9, 1), None)]) is True
    assert of(CHILD, [(CHILD, date(2026, 6, 1), None), (CHILD, date(2024, 9, 1), None)]) is None
    assert of(CHILD, [(CHILD, date(2026, 6, 1), None)]) is None
    # The same referral twice is one.
    assert of(CHILD, [(CHILD, date(2026, 6, 1), None)] * 2) is None


@pytest.mark.parametrize(
    ("number", "expected"), [(0, False), (1, True), (2, True), (3.0, True), ("", None), ("some", None), (-1, None)]
)
def test_a_column_with_a_zero_counts_earlier_referrals_only(number: Cell, expected: bool | None) -> None:
    rows = [(CHILD, date(2026, 6, 1), number), (OTHER, date(2026, 6, 1), 0)]
    assert of(CHILD, rows) is expected


def test_a_long_column_without_a_zero_counts_the_referral_itself() -> None:
    others = [(child, date(2026, 6, 1), 1) for child in CHILDREN[1:]]
    assert of(CHILD, [(CHILD, date(2026, 6, 1), 1), *others]) is False
    assert of(CHILD, [(CHILD, date(2026, 6, 1), 2), *others]) is True


def test_in_a_short_column_without_a_zero_one_says_nothing() -> None:
    assert of(CHILD, [(CHILD, date(2026, 6, 1), 1), (OTHER, date(2026, 6, 1), 2)]) is None


def test_the_number_beside_the_latest_referral_counts() -> None:
    zero = (OTHER, date(2026, 6, 1), 0)
    assert of(CHILD, [(CHILD, date(2026, 6, 1), 0), (CHILD, date(2024, 6, 1), 3), zero]) is False
    assert of(CHILD, [(CHILD, date(2026, 6, 1), ""), (CHILD, date(2024, 6, 1), 3), zero]) is None


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (("2026-01-10",), None),
        (("2026-01-10", "2025-05-01"), True),
        (("2026-01-10", "2024-05-01"), None),
        (("2026-01-10", "someday"), None),
        (("2026-01-10", "2027-01-01"), None),
    ],
)
def test_the_episodes_of_a_census_show_re_referrals(days: Sequence[str], expected: bool | None) -> None:
    # The dates of the plans are those of the status; referrals are older.
    plan = "<CINPlanDates><CINPlanStartDate>2026-02-01</CINPlanStartDate></CINPlanDates>"
    episodes = "".join(f"<CINdetails><CINreferralDate>{day}</CINreferralDate>{plan}</CINdetails>" for day in days)
    (case,) = census(child_of_census(episodes)).cases
    assert case.re_referral is expected


def test_episodes_of_the_standard_dataset_show_re_referrals() -> None:
    rows = [
        ["cine_person_id", "cine_referral_date", "cine_close_date"],
        ["C1", "2026-05-01", ""],
        ["C1", "2025-08-01", "2025-09-01"],
        ["C2", "2026-05-01", ""],
    ]
    cases = read(zipped({"ssd_cin_episodes.csv": delimited(rows)}), on=ON).cases
    assert {case.child: case.re_referral for case in cases} == {"C1": True, "C2": None}


def test_a_councils_own_column_is_read_where_there_is_one_and_asked_about_nowhere() -> None:
    headings = ["Child ID", "Status", "DOB", "Category", "Team", "Worker", "Start date", "End date"]
    row = ["Child in need", "13/02/2015", "Neglect", "North", "Wren", "13/01/2026", ""]
    choices = {"column:age": ""}
    without = read(delimited([headings, ["C1", *row], ["C2", *row]]), on=ON, choices=choices)
    assert (without.questions, [case.re_referral for case in without.cases]) == ((), [None, None])
    rows = [[*headings, "Re-referral (Y/N)"], ["C1", *row, "Y"], ["C2", *row, "no"], ["C3", *row, ""]]
    told = read(delimited(rows), on=ON, choices=choices)
    assert [case.re_referral for case in told.cases] == [True, False, None]
    assert told.sheets[0].columns["Re-referral"] == "Re-referral (Y/N)"
