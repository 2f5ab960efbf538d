"""A template as an XLSForm workbook: the form, and on a sheet of its own what a form cannot say."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from api.audit_templates.xlsforms import layout
from api.audit_templates.xlsforms.beside import Beside, differences
from api.audit_templates.xlsforms.checking import plain_of_form
from api.audit_templates.xlsforms.form import read_form
from api.audit_templates.xlsforms.rows import choices_of, shown, survey_of
from api.documents.reading.sandbox import ReadSheet
from api.documents.writers.form_workbook import FormWorkbook, form_workbook
from checklists.templates.template import Template
from checklists.templates.template_file import write_template

_WIDTHS: Final[Mapping[str, int]] = {"label": 60, "hint": 40, "relevant": 40, "description": 50} | dict(
    zip(layout.BESIDE_HEADINGS, (50, 60, 80), strict=True)
)


def write_xlsform(template: Template, *, number: int) -> bytes:
    """The workbook of a version of a template."""
    with form_workbook(template.title) as (book, out):
        for name, columns, rows in _sheets(template, number):
            _write(book, name, columns, rows)
        rows = [
            dict(zip(layout.BESIDE_HEADINGS, (each.pointer, each.in_words, each.written), strict=True))
            for each in left(template)
        ]
        _write(book, layout.BESIDE, layout.BESIDE_HEADINGS, rows)
    return out.getvalue()


def left(template: Template) -> tuple[Beside, ...]:
    """Every part of a template that its form does not say: what differs when the form is read back."""
    sheets = [ReadSheet(name, tuple(_cells(columns, rows))) for name, columns, rows in _sheets(template, 1)]
    said = plain_of_form(read_form(sheets))
    return tuple(differences(plain_of(template), said))


def plain_of(template: Template) -> dict[str, Any]:
    """The entries of a template, as its file has them."""
    plain: dict[str, Any] = json.loads(write_template(template))
    return plain


def _sheets(template: Template, number: int) -> list[tuple[str, Sequence[str], Sequence[Mapping[str, str | int]]]]:
    settings = {"form_title": shown(template.title), "form_id": template.key, "version": str(number)}
    return [
        (layout.SURVEY, layout.SURVEY_COLUMNS, survey_of(template)),
        (layout.CHOICES, layout.CHOICE_COLUMNS, choices_of(template)),
        (layout.SETTINGS, layout.SETTING_COLUMNS, [settings]),
    ]


def _cells(columns: Sequence[str], rows: Sequence[Mapping[str, str | int]]) -> list[tuple[int, list[Any]]]:
    listed: list[list[Any]] = [list(columns), *([str(row.get(name, "")) for name in columns] for row in rows)]
    return list(enumerate(listed, start=1))


def _write(book: FormWorkbook, name: str, columns: Sequence[str], rows: Sequence[Mapping[str, str | int]]) -> None:
    sheet = book.sheet(name)
    for place, column in enumerate(columns):
        sheet.set_column(place, place, _WIDTHS.get(column, 24))
        book.write(sheet, 0, place, column, book.heading)
    for number, row in enumerate(rows, start=1):
        for place, column in enumerate(columns):
            book.write(sheet, number, place, row.get(column, ""))
    sheet.freeze_panes(1, 0)
