"""Writing the workbook: a sheet for each audit, with drop-downs, and locked but for the cells to fill in."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from api.audits.actions import ReadAudit
from api.audits.workbooks.content import (
    ANSWER,
    COLUMNS,
    KEEP,
    SOURCE_LABELS,
    SOURCES,
    Part,
    SheetRow,
    column_labels,
    parts_of,
    stored_cells,
    typed_hint,
)
from api.documents.document import day_in_words
from api.documents.writers.form_workbook import FormWorkbook, OfferedLists, form_workbook, offer
from api.foundation.text.free_text import KeepReason

READ_ME, LISTS = "Read me", "Lists"
# The row of the headings. The first cell holds the signature, and the first column the key of each row: both hidden.
HEADINGS_ROW: Final = 4
_FIRST_FILLED: Final = 3
_SEPARATOR: Final = "; "
_WIDTHS: Final = {ANSWER: 24, SOURCES: 24, KEEP: 24}
_READ_ME: Final = (
    "Each sheet is one of your audits. Fill in the white cells, save the file, and upload it on the page My audits.",
    "Nothing is saved before you upload, and you see first what will be saved.",
    "Answers have a drop-down. The descriptors are beside them.",
    "For several sources, put a semicolon between two.",
    "Do not write names, dates of birth or other identifiers. If a name must stay, say why in the last column.",
    "If you change an audit on the pages meanwhile, you choose what to keep when you upload.",
    "Enter on the pages, not here: the conversation with the practitioner, family views, strengths and development.",
    "Urgent concerns and actions are raised on the pages too, and an audit is submitted there.",
    "You may delete the sheet of an audit. Do not copy sheets or change hidden cells: each sheet is signed.",
    "This file holds what you wrote about cases. Keep it where case records may be kept. Delete it after the upload.",
)


@dataclass(frozen=True, slots=True)
class SheetToWrite:
    """One audit with the signature of its sheet."""

    found: ReadAudit
    token: str


def write_audit_workbook(sheets: Sequence[SheetToWrite]) -> bytes:
    """The workbook of these audits, in this order."""
    with form_workbook("My audits") as (book, out):
        book.read_me(READ_ME, "My audits", _READ_ME)
        lists = OfferedLists(book, LISTS)
        for number, each in enumerate(sheets, start=1):
            _Sheet(book, lists, each, number).write()
        lists.write()
    return out.getvalue()


def sheet_name(number: int, reference: str) -> str:
    """The name of a sheet: Excel allows 31 characters, and not all of them."""
    return f"{number} {re.sub(r'[^A-Za-z0-9 _-]', '-', reference)}"[:31].rstrip()


class _Sheet:
    """One audit, from the top down."""

    def __init__(self, book: FormWorkbook, lists: OfferedLists, each: SheetToWrite, number: int) -> None:
        self.book, self.lists, self.found, self.token = book, lists, each.found, each.token
        self.sheet: Any = book.sheet(sheet_name(number, each.found.case_file.reference))
        self.cells: Mapping[tuple[str, str], str] = stored_cells(each.found)
        self.row = 0

    def write(self) -> None:
        found, sheet, book = self.found, self.sheet, self.book
        sheet.set_column(0, 0, None, None, {"hidden": True})
        sheet.set_column(1, 2, 50)
        for place, column in enumerate(COLUMNS, start=_FIRST_FILLED):
            sheet.set_column(place, place, _WIDTHS.get(column, 44))
        book.write(sheet, 0, 0, self.token, book.given)
        book.write(sheet, 0, 1, f"Audit of {found.case_file.reference}", book.title)
        due = f"{found.round.title}. Due {day_in_words(found.round.due_on)}. {found.period_in_words}"
        book.write(sheet, 1, 1, due, book.plain)
        book.write(sheet, 2, 1, found.template.own_words.advice, book.plain)
        self.row = HEADINGS_ROW - 1
        labels = column_labels(found.template)
        for place, heading in enumerate(("Row", "What is asked", "Guidance", *labels.values())):
            book.write(sheet, self.row, place, heading, book.heading)
        sheet.freeze_panes(HEADINGS_ROW, _FIRST_FILLED - 1)
        sheet.repeat_rows(self.row)
        for part in parts_of(found.template):
            self._part(part)
        sheet.protect("", {"format_columns": True, "format_rows": True, "format_cells": True})

    def _part(self, part: Part) -> None:
        reasons = self.found.asked.reasons
        for row in part.rows:
            self.row += 1
            key = row.key.partition("/")[2]
            self._row(row, reasons.get(key, "") if part.theme is not None else "")

    def _row(self, row: SheetRow, not_asked: str) -> None:
        book, sheet = self.book, self.sheet
        book.write(sheet, self.row, 0, row.key, book.given)
        asked = f"{row.asked}\nNot asked now: {not_asked}" if not_asked else row.asked
        book.write(sheet, self.row, 1, asked, book.given_bold if row.is_heading else book.given)
        book.write(sheet, self.row, 2, self._guidance(row), book.given)
        for place, column in enumerate(COLUMNS, start=_FIRST_FILLED):
            if column not in row.columns:
                continue
            sheet.write_blank(self.row, place, None, book.text)
            book.write(sheet, self.row, place, self._shown(row, column))
            labels = self._offered(row, column)
            if labels:
                offer(sheet, (self.row, self.row), place, self.lists.source(labels))

    def _guidance(self, row: SheetRow) -> str:
        kind, _, key = row.key.partition("/")
        template = self.found.template
        if kind == "question" and row.choices is None:
            return f"{row.guidance} {typed_hint(template.question(key))}".strip()
        if kind == "fact" and self.found.case.is_filled(key):
            said = template.fact(key).label_of(self.found.case.filled[key])
            return f"{row.guidance} The case list says: {said}. Leave the cell empty if that is right.".strip()
        return row.guidance

    def _shown(self, row: SheetRow, column: str) -> str:
        stored = self.cells.get((row.key, column), "")
        if column == SOURCES:
            return _SEPARATOR.join(SOURCE_LABELS[source] for source in stored.split())
        if column != ANSWER or not stored:
            return stored
        kind, _, key = row.key.partition("/")
        if row.choices is not None:
            return row.choices.get(stored, stored)
        is_reserved = kind == "question" and not stored[:1].isdigit()
        return self.found.template.question(key).label_of(stored) if is_reserved else stored

    def _offered(self, row: SheetRow, column: str) -> tuple[str, ...]:
        if column == ANSWER and row.choices is not None:
            return tuple(row.choices.values())
        return tuple(reason.label for reason in KeepReason) if column == KEEP else ()
