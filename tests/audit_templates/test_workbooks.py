"""A template goes into an Excel workbook and comes back as it was; a wrong workbook is refused by sheet and cell."""

import base64
import io
import re
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings

from api.audit_templates.workbooks.checking import template_in, template_of
from api.audit_templates.workbooks.layout import BY_SHEET, CONDITIONS, THEMES
from api.audit_templates.workbooks.writing import write_template_workbook
from api.documents.reading.sandbox import sheets_of
from api.foundation.problems import BadTemplate
from checklists.templates.library import library_keys, load_library_template, newest_number
from checklists.templates.template import Template
from checklists.templates.template_file import write_template
from tests.audit_templates.any_template import templates
from tests.audit_templates.template_cast import Cast, template_cast
from tests.audit_templates.test_pages import fields_of, words_of
from tests.case_lists.readers.hostile_files import HOSTILE_FILES
from tests.checklists.full_template import a_full_template, full_template

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PATH = "/templates/from-workbook"
HOSTILE = dict(HOSTILE_FILES)
SOME_HOSTILE = (
    "a bomb of 60 MB in a cell",
    "a million rows",
    "macros",
    "entities in a sheet",
    "a sheet nested deep",
    "a name that climbs out",
    "a zip in a zip",
    "a workbook cut short",
    "an old workbook",
)


@pytest.fixture
def cast(database_url: str) -> Iterator[Cast]:
    with template_cast(database_url) as made:
        yield made


def saved_by_openpyxl(content: bytes, change: Callable[[Any], None] = lambda _: None) -> bytes:
    """The workbook as another program opens, changes and saves it."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    change(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def refused(content: bytes) -> list[str]:
    with pytest.raises(BadTemplate) as problem:
        template_in(content)
    assert {fault.pointer for fault in problem.value.faults} == {"/file"}
    return [fault.detail for fault in problem.value.faults]


@settings(max_examples=25)
@given(templates())
def test_every_template_comes_back_from_its_workbook_as_it_was(template: Template) -> None:
    found = template_of(sheets_of(write_template_workbook(template))).content
    assert found == template
    assert write_template(found) == write_template(template)


@pytest.mark.parametrize("key", library_keys())
def test_built_in_templates_survive_another_program_too(key: str) -> None:
    template = load_library_template(key, newest_number(key))
    assert template_in(saved_by_openpyxl(write_template_workbook(template))).content == template


def test_a_workbook_has_notes_and_drop_downs_and_its_texts_are_no_formulas() -> None:
    template = a_full_template(title="=1+1", summary="@SUM(A1)")
    book: Any = openpyxl.load_workbook(io.BytesIO(write_template_workbook(template)))
    for sheet, table in BY_SHEET.items():
        columns = [column for column in table.columns if column.choices or column.among]
        assert len(book[sheet].data_validations.dataValidation) == len(columns), sheet
        assert [cell.value for cell in book[sheet][2]] == [column.note or None for column in table.columns]
    assert book["Template"]["B4"].value == "=1+1"
    assert book["Template"]["B4"].data_type == "s"
    empty: Any = openpyxl.load_workbook(io.BytesIO(write_template_workbook()))
    assert {sheet: empty[sheet].max_row for sheet in BY_SHEET} == dict.fromkeys(BY_SHEET, 2)


def test_an_empty_workbook_that_is_filled_in_is_a_template() -> None:
    def fill(book: Any) -> None:
        for cell, value in {"B3": "home-visits", "B4": "Home visits", "B8": "met"}.items():
            book["Template"][cell] = value
        lists: dict[str, list[tuple[str, ...]]] = {
            "Ratings": [("met", "Met"), ("not", "Not met")],
            "Learning domains": [("child", "The child")],
            "Themes": [("child", "seen", "Seen"), ("child", "2nd", "Second")],
            "Prompts": [("seen", "Was the child seen?"), ("2nd", "And then?")],
        }
        for sheet, rows in lists.items():
            for row in rows:
                book[sheet].append(row)
        book["Themes"]["B4"] = "again"
        book["Prompts"]["A4"] = "again"

    template = template_in(saved_by_openpyxl(write_template_workbook(), fill)).content
    assert template.theme_keys == ("seen", "again")
    assert not template.is_format_1
    assert template.scale.standard == "met"


def changed(sheet: str, cell: str, value: object) -> bytes:
    def change(book: Any) -> None:
        book[sheet][cell] = value

    return saved_by_openpyxl(write_template_workbook(a_full_template()), change)


@pytest.mark.parametrize(
    ("sheet", "cell", "value", "said"),
    [
        ("Themes", "B3", "Voice of the child", "This is not a key"),
        ("Themes", "A3", "nowhere", "There is no learning domain with this key"),
        ("Themes", "C3", None, "Enter “Title”"),
        ("Themes", "C3", "=1+1", "This cell has a formula"),
        ("Themes", "K3", "perhaps", "Select one of: Yes, No"),
        ("Themes", "I5", "fear, rain", "The template has no form of harm with this key"),
        ("Themes", "Z3", "stray", "This column has no heading"),
        ("Themes", "C1", "Name", "This heading is not known"),
        ("Template", "B8", "fine", "one of the ratings"),
        ("Template", "A3", "Keys", "This row is not known"),
        ("Template", "B10", "No", "Select Yes, or clear what belongs to it"),
        ("Template", "B25", "a lot", "Enter a whole number"),
        ("Questions", "I5", 1, "This must be at_least or more"),
        ("Questions", "D3", "An essay", "Select one of: Yes or no"),
        ("Choices", "B3", "nothing", "There is no question with this key"),
        ("Caps", "E3", "splendid", "This must be a rating of the scale"),
        ("Caps", "A3", "voice, rain", "The template has no theme with this key"),
        ("Conditions", "D3", "seen", "The template has no question asked before this with this key"),
        ("Conditions", "E4", "here", "The template has no status with this key"),
        ("Prompts", "B3", "?" * 601, "600 characters or fewer"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_sheet_and_cell(sheet: str, cell: str, value: object, said: str) -> None:
    assert any(
        fault.startswith(f"Sheet “{sheet}”, cell {cell}: ") and said in fault
        for fault in refused(changed(sheet, cell, value))
    ), refused(changed(sheet, cell, value))


def test_nothing_that_was_written_is_left_out_silently() -> None:
    def change(book: Any) -> None:
        book.create_sheet("Notes").append(["Remember"])
        book["Descriptors"].append(["voice", "good", "One"])
        book["Descriptors"].append(["voice", "good", "Two"])
        book["Sources"].append(["Main", "A second main source"])
        book[CONDITIONS].append(["Theme", "history", "Status", "voice", "closed"])

    told = " ".join(refused(saved_by_openpyxl(write_template_workbook(a_full_template()), change)))
    for words in (
        "Sheet “Notes”: This sheet is not part of a template.",
        "This theme has another descriptor for this rating.",
        "There is another main source.",
        "Only a case fact or an answer to a question has this.",
    ):
        assert words in told


def test_what_was_typed_is_not_repeated_in_faults() -> None:
    for cell in ("K3", "A3"):
        assert "Bloggs" not in " ".join(refused(changed(THEMES, cell, "Jo Bloggs of Acacia Avenue")))


@pytest.mark.parametrize("name", [*SOME_HOSTILE, "another workbook", "no workbook"])
def test_a_hostile_or_strange_file_is_refused_in_words_for_this_upload(name: str) -> None:
    other = openpyxl.Workbook()
    out = io.BytesIO()
    other.save(out)
    files = {"another workbook": out.getvalue(), "no workbook": b"hello"}
    (words,) = refused(files.get(name) or HOSTILE[name]())
    assert words.endswith(".")
    assert "Export" not in words


@pytest.mark.both_databases
def test_an_upload_shows_what_it_makes_then_makes_it_once(cast: Cast) -> None:
    lena = cast.lena
    file = write_template_workbook(a_full_template())
    shown = lena.browser.post(PATH, data={}, files={"file": ("t.xlsx", file)})
    assert shown.status_code == 200, shown.text
    assert "2 learning domains, 4 themes and 4 questions. It becomes a new template. Nothing is saved yet." in words_of(
        shown
    )
    assert "A template with everything" not in lena.browser.get("/templates").text
    posted = fields_of(shown)
    made = lena.browser.post(f"{PATH}/create", files={name: (None, value) for name, value in posted.items()})
    assert made.status_code == 303, made.text
    path = made.headers["location"]
    again = lena.browser.post(f"{PATH}/create", files={name: (None, value) for name, value in posted.items()})
    assert again.headers["location"] == path
    kept = lena.browser.get(f"{path}/workbook")
    assert kept.headers["content-type"] == WORKBOOK
    assert template_in(kept.content).content == a_full_template()


@pytest.mark.both_databases
def test_a_workbook_of_a_known_template_changes_its_draft_or_becomes_its_next_version(cast: Cast) -> None:
    lena = cast.lena
    made = lena.post("/templates", full_template()).json()["template_id"]

    def upload(summary: str) -> Any:
        file = write_template_workbook(a_full_template(summary=summary))
        return lena.browser.post(PATH, data={}, files={"file": ("t.xlsx", file)})

    def save(shown: Any) -> Any:
        fields = fields_of(shown)
        return lena.browser.post(f"{PATH}/create", files={name: (None, value) for name, value in fields.items()})

    first = upload("One")
    assert "It replaces the draft, version 1, of the template with the same key." in words_of(first)
    assert save(first).headers["location"] == f"/templates/{made}/versions/1"
    stale = save(upload("Two") if save(upload("Three")).status_code == 303 else first)
    assert stale.status_code == 303
    changed_meanwhile = save(first)
    assert changed_meanwhile.status_code == 303, "the same form sent again has one effect"
    seen = upload("Four")
    assert save(upload("Five")).status_code == 303
    refused_now = save(seen)
    assert refused_now.status_code == 412
    assert "The template changed after you uploaded the workbook." in words_of(refused_now)
    assert save(refused_now).status_code == 303
    lena.publish(f"/templates/{made}/versions/1")
    following = upload("Six")
    assert "It becomes version 2 of the template with the same key." in words_of(following)
    assert save(following).headers["location"] == f"/templates/{made}/versions/2"
    assert lena.get(f"/templates/{made}/versions/2").json()["content"]["summary"] == "Six"


@pytest.mark.both_in_trials
def test_faults_are_shown_beside_the_file_field_and_over_rest(cast: Cast) -> None:
    bad = changed(THEMES, "B3", "Voice of the child")
    page = cast.lena.browser.post(PATH, data={}, files={"file": ("t.xlsx", bad)})
    assert page.status_code == 422
    assert re.search(r'id="file-error"', page.text)
    assert "Sheet “Themes”, cell B3: This is not a key." in words_of(page)
    nothing = cast.lena.browser.post(PATH, data={}, files={"file": ("t.xlsx", b"")})
    assert "Select a workbook" in words_of(nothing)
    told = cast.lena.post("/template-workbooks", {"file": base64.b64encode(bad).decode()})
    assert told.status_code == 422
    assert any("cell B3" in fault["detail"] for fault in told.json()["errors"]), told.text
    good = write_template_workbook(a_full_template())
    read = cast.lena.post("/template-workbooks", {"file": base64.b64encode(good).decode()}).json()
    assert (read["newest"], read["is_draft"]) == (None, False)
    made = cast.lena.post("/templates", read["content"])
    assert made.status_code == 201, made.text
    file = cast.lena.browser.get(f"/api/v1/templates/{made.json()['template_id']}/versions/1/workbook")
    assert template_in(file.content).content == a_full_template()
    assert cast.asha.browser.post(PATH, data={}, files={"file": ("t.xlsx", good)}).status_code == 403
    elsewhere = cast.omar.browser.get(f"/api/v1/templates/{made.json()['template_id']}/versions/1/workbook")
    assert elsewhere.status_code == 404
    assert cast.lena.browser.get(f"/api/v1/templates/{uuid.uuid4()}/versions/1/workbook").status_code == 404
