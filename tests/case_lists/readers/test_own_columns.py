"""The organisation's own characteristics are read from the columns that it names, and from no other."""

from collections.abc import Sequence

import pytest

from api.case_lists.pseudonyms.list_file import read_case_list, write_case_list
from api.case_lists.pseudonyms.pseudonymising import pseudonymise
from api.case_lists.readers.reader import read
from api.case_lists.readers.result import ExportContent
from api.case_lists.readers.sandbox import read_in_sandbox
from api.documents.reading.refusals import UnreadableError
from checklists.characteristics import CaseGroup, Characteristic
from checklists.privacy.pseudonyms import Key
from tests.case_lists.exports import ON, annex_a_row, delimited, made_children, workbook
from tests.case_lists.readers.annex_a_headings import HEADINGS

SEX = Characteristic(
    "sex",
    "Sex",
    (CaseGroup("girl", "Girl", ("F", "b) Female")), CaseGroup("boy", "Boy", ("M", "a) Male"))),
    ("Gender",),
)
HOME = Characteristic(
    "placement", "Placement", (CaseGroup("foster", "Foster care"), CaseGroup("home", "At home")), ("Lives in", "Where")
)
OWN = (SEX, HOME)
TABLE = ("Child ID", "Status", "DOB", "Category", "Team", "Worker", "Start date", "End date", "Gender", "Where")
CHOICES = {
    **{f"column:{field}": "" for field in ("age", "category", "worker", "started", "closed")},
    "meaning:status:cin": "child-in-need",
}
KEY = Key(bytes(range(32)))


def a_table(*rows: tuple[str, str], headings: Sequence[str] = TABLE) -> bytes:
    """A council's own table: for each child a gender and where it lives."""
    lines = [
        (f"C{1000 + n}", "Child in need", "2015-03-04", "", "North", "", "", "", gender, home)
        for n, (gender, home) in enumerate(rows)
    ]
    return delimited([headings, *lines])


def read_table(content: bytes, own: Sequence[Characteristic] = OWN) -> ExportContent:
    return read(content, name="t.csv", choices=CHOICES, on=ON, characteristics=own)


def test_a_column_fills_the_characteristic_whose_heading_it_has() -> None:
    found = read_table(a_table(("F", "Foster care"), ("male", "at home"), ("M", "")))
    assert [case.characteristics for case in found.cases] == ["placement=foster sex=girl", "placement=home", "sex=boy"]
    assert found.sheets[0].columns["Sex"] == "Gender"
    assert found.sheets[0].columns["Placement"] == "Where"
    assert "Gender" not in found.sheets[0].left_aside


def test_a_value_in_no_group_leaves_it_not_known_and_is_not_repeated() -> None:
    found = read_table(a_table(("Zwxq", "At home")))
    assert [case.characteristics for case in found.cases] == ["placement=home"]
    said = [(each.place.row, each.column, each.words) for each in found.remarks if each.column == "Gender"]
    assert [(row, column) for row, column, _ in said] == [(2, "Gender")]
    assert "no group of “Sex”" in said[0][2]
    assert "Zwxq" not in repr(found.remarks)


def test_nothing_is_read_that_the_organisation_did_not_ask_for() -> None:
    found = read_table(a_table(("F", "Foster care")), own=())
    assert [case.characteristics for case in found.cases] == [""]
    assert {"Gender", "Where"} <= set(found.sheets[0].left_aside)


def test_a_heading_over_two_columns_is_refused() -> None:
    twice = [*TABLE[:-1], "Gender"]
    with pytest.raises(UnreadableError, match="“Gender” appears above 2 columns"):
        read_table(a_table(("F", "M"), headings=twice))


def test_lists_of_annex_a_are_read_for_them_too_and_the_list_that_counts_says_it() -> None:
    child = made_children(1)[0]
    rows = annex_a_row(6, child, {"Gender": "b) Female"})
    found = read(workbook({"List 6": [HEADINGS[6], rows]}), on=ON, characteristics=OWN)
    assert [case.characteristics for case in found.cases] == ["sex=girl"]


def test_the_confined_process_hands_on_groups_and_nothing_else() -> None:
    outcome = read_in_sandbox(
        a_table(("F", "Zwxq"), ("M", "At home")), name="t.csv", choices=CHOICES, on=ON, keys=[KEY], characteristics=OWN
    )
    assert outcome.case_list is not None
    assert sorted(case.characteristics for case in outcome.case_list.cases) == ["placement=home sex=boy", "sex=girl"]
    assert "Zwxq" not in repr(outcome)


def test_the_file_of_a_list_has_them_and_refuses_what_is_no_group() -> None:
    reading = read_table(a_table(("F", "Foster care")))
    listed = pseudonymise(reading, keys=[KEY], on=ON)
    written = write_case_list(listed)
    assert read_case_list(written) == listed
    assert listed.cases[0].characteristics == "placement=foster sex=girl"
    with pytest.raises(Exception, match="such as sex=girl"):
        read_case_list(written.replace(b"placement=foster sex=girl", b"lives with her aunt"))
