"""An XLSForm as rows: its survey, lists of choices and settings, from the sheets of a workbook."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from xlsxwriter.utility import xl_col_to_name

from api.audit_templates.workbooks.reading import CellFault
from api.audit_templates.xlsforms import layout
from api.documents.reading.sandbox import ReadSheet
from api.documents.reading.sheets import Cell, Formula

MOST_ROWS: Final = 3_000
# Where forms have the scores of choices.
SCORE_COLUMNS: Final = ("score", "weight", "points", "ordinal", "value")
_READ: Final = frozenset({layout.SURVEY, layout.CHOICES, layout.SETTINGS, layout.BESIDE})
_ALIASES: Final[Mapping[str, str]] = {
    "caption": "label",
    "command": "type",
    "tag": "name",
    "relevance": "relevant",
    "calculate": "calculation",
    "set_form_title": "form_title",
    "set_form_id": "form_id",
}
_PREFIXES: Final = frozenset({"bind", "control", "media", "instance", "body"})
_OF_CHOICES: Final = frozenset({"list_name", "name", "value", "label", *SCORE_COLUMNS, "meets_standard", "description"})
_NAME: Final = re.compile(r"[^\W\d][\w.\-]*")
_YES: Final = frozenset({"yes", "true", "true()", "1"})


@dataclass(frozen=True, slots=True)
class FormRow:
    """A row of a sheet: its number, and the text and cell of every column that is filled."""

    sheet: str
    number: int
    texts: Mapping[str, str]
    cells: Mapping[str, str]

    def text(self, column: str) -> str:
        return self.texts.get(column, "")

    def cell(self, column: str) -> str:
        """The cell of a column; another of the row for one that it does not have."""
        return self.cells.get(column) or self.cells.get("type") or self.cells.get("name") or f"A{self.number}"


@dataclass(slots=True)
class Form:
    """A form, its faults, and what was found in it that a template cannot say."""

    survey: list[FormRow] = field(default_factory=list)
    lists: dict[str, list[FormRow]] = field(default_factory=dict)
    settings: FormRow = field(default_factory=lambda: FormRow(layout.SETTINGS, 2, {}, {}))
    beside: list[FormRow] = field(default_factory=list)
    faults: list[CellFault] = field(default_factory=list)
    left_out: list[CellFault] = field(default_factory=list)
    # Whether names follow the rules of forms: those of a FHIR questionnaire may be any text.
    has_form_names: bool = True

    def fault(self, row: FormRow, column: str, words: str) -> None:
        self.faults.append(CellFault(row.sheet, row.cell(column), words))

    def leave_out(self, row: FormRow, column: str, words: str) -> None:
        self.left_out.append(CellFault(row.sheet, row.cell(column), words))


def is_xlsform(sheets: Sequence[ReadSheet]) -> bool:
    """Whether a workbook has the sheet that every XLSForm has."""
    return any(sheet.name.strip().casefold() == layout.SURVEY for sheet in sheets)


def read_form(sheets: Sequence[ReadSheet]) -> Form:
    """The form in the sheets of a workbook."""
    form = Form()
    by_name: dict[str, ReadSheet] = {}
    for sheet in sheets:
        name = sheet.name.strip()
        known = layout.BESIDE if name == layout.BESIDE else name.casefold()
        if known in _READ:
            by_name[known] = sheet
        elif sheet.rows:
            form.left_out.append(CellFault(sheet.name, "", "This sheet is not part of a template."))
    language = ""
    for row in _rows(form, by_name.get(layout.SETTINGS), ""):
        form.settings, language = row, row.text("default_language")
        break
    form.survey = list(_rows(form, by_name.get(layout.SURVEY), language))
    if not form.survey:
        form.faults.append(CellFault(layout.SURVEY, "", "This sheet has no rows. Add the questions of the form."))
    for row in _rows(form, by_name.get(layout.CHOICES), language):
        _put_choice(form, row)
    _name_unread_columns(form)
    form.beside = list(_rows(form, by_name.get(layout.BESIDE), ""))
    return form


def _put_choice(form: Form, row: FormRow) -> None:
    listed = row.text("list_name")
    if not listed:
        if row.texts:
            form.fault(row, "name", "Enter the name of the list of this choice.")
        return
    choices = form.lists.setdefault(listed, [])
    name = row.text("name") or row.text("value")
    if not name:
        form.fault(row, "list_name", "Enter a name for this choice.")
    elif any(name == (each.text("name") or each.text("value")) for each in choices[:100]):
        form.fault(row, "name", "This list has another choice with this name.")
    choices.append(row)


def _name_unread_columns(form: Form) -> None:
    """Name each column of choices of which a template has nothing, once."""
    named: set[str] = set()
    for row in (choice for choices in form.lists.values() for choice in choices):
        for column in row.texts:
            if column not in _OF_CHOICES and column not in named:
                named.add(column)
                form.leave_out(row, column, f"A choice of a template has no “{column}”.")


def _rows(form: Form, sheet: ReadSheet | None, language: str) -> Iterator[FormRow]:
    if sheet is None or not sheet.rows:
        return
    (_, headings), *others = sheet.rows
    name = sheet.name.strip()
    if len(others) > MOST_ROWS:
        form.faults.append(CellFault(name, "", f"This sheet has too many rows. Remove some: the limit is {MOST_ROWS}."))
        return
    columns = _columns(form, name, headings, language)
    for number, cells in others:
        row = FormRow(name, number, {}, {})
        texts: Any = row.texts
        letters: Any = row.cells
        for place, column in columns.items():
            value = _text(form, name, number, place, cells)
            if value:
                texts[column], letters[column] = value, f"{xl_col_to_name(place)}{number}"
        if row.texts:
            yield row


def _text(form: Form, sheet: str, number: int, place: int, cells: Sequence[Cell]) -> str:
    cell = cells[place] if place < len(cells) else ""
    if isinstance(cell, Formula):
        words = "This cell has a formula. Enter its value instead."
        form.faults.append(CellFault(sheet, f"{xl_col_to_name(place)}{number}", words))
        return ""
    return cell.isoformat() if isinstance(cell, date) else cell.strip()


def _columns(form: Form, sheet: str, headings: Sequence[Cell], language: str) -> dict[int, str]:
    """The columns of a sheet by their place. Of texts in several languages one is read, and the others are named."""
    named = [_heading(str(heading)) for heading in headings]
    found: dict[int, str] = {}
    for place, (column, spoken) in enumerate(named):
        if not column:
            continue
        languages = [other for name, other in named if name == column]
        chosen = next((each for each in languages if _is_language(each, language)), languages[0])
        if spoken != chosen or column in found.values():
            words = "Only one language of a form is read. This column is in another, or is there twice."
            form.left_out.append(CellFault(sheet, f"{xl_col_to_name(place)}1", words))
        else:
            found[place] = column
    return found


def _is_language(spoken: str, wanted: str) -> bool:
    """Whether the texts of a column are in the wanted language, such as “English (en)”; without one, in none."""
    return spoken.casefold() == wanted.casefold() or bool(
        wanted and spoken.casefold().partition("(")[0].strip() == wanted.casefold().partition("(")[0].strip()
    )


def _heading(text: str) -> tuple[str, str]:
    """The column that a heading names, and the language of its texts."""
    steps = [step.strip() for step in re.split(r"::?", text.strip()) if step.strip()]
    if len(steps) > 1 and steps[0].casefold() in _PREFIXES:
        steps = steps[1:] if steps[1].casefold() != "jr" else steps[2:]
    if not steps:
        return "", ""
    name = re.sub(r"\s+", "_", steps[0].casefold())
    return _ALIASES.get(name, name), " ".join(steps[1:])


def is_name(text: str) -> bool:
    """Whether a form may use this name for a question."""
    return _NAME.fullmatch(text) is not None


def is_yes(text: str) -> bool:
    """Whether a cell of a form says yes."""
    return text.casefold() in _YES
