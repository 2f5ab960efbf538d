"""The template of an uploaded XLSForm with what it cannot say, or every fault with its sheet and cell."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from api.audit_templates.workbooks.reading import CellFault, WorkbookTemplate
from api.audit_templates.xlsforms import beside, layout
from api.audit_templates.xlsforms.form import Form
from api.audit_templates.xlsforms.reading import FormReader
from api.audit_templates.xlsforms.rows import survey_of
from checklists.templates.faults import TemplateRefused, pointer_to
from checklists.templates.template import Template
from checklists.templates.template_file import check_template


@dataclass(frozen=True, slots=True)
class FormTemplate:
    """What a form gives: a template or none, its faults, and what of the form a template cannot say."""

    template: Template | None
    faults: tuple[CellFault, ...]
    left_out: tuple[CellFault, ...]


def template_of_form(form: Form, *, derived: Sequence[str] = layout.SURVEY_COLUMNS) -> FormTemplate:
    """The template of a form, with what is beside it in an exported one.

    `derived`: the columns in which a row that follows from the template is as the template has it.
    """
    reader = FormReader(form)
    made = reader.read()
    _put_beside(form, made)
    faults = [*form.faults, *made.faults]
    template = None
    try:
        template = check_template(made.plain)
    except TemplateRefused as refused:
        told = {(fault.sheet, fault.cell) for fault in faults}
        of_template = [made.at(fault.pointer, fault.message) for fault in refused.faults]
        faults += [fault for fault in of_template if (fault.sheet, fault.cell) not in told]
    if template is not None:
        _name_changed_rows(form, reader, template, derived)
    return FormTemplate(template, tuple(faults), tuple(form.left_out))


def plain_of_form(form: Form) -> dict[str, Any]:
    """What the survey, choices and settings of an exported form say of its template, without what is beside them."""
    return FormReader(form).read().plain


def _put_beside(form: Form, made: WorkbookTemplate) -> None:
    path_column, _, value_column = (heading.casefold().replace(" ", "_") for heading in layout.BESIDE_HEADINGS)
    for row in form.beside:
        if not row.text(path_column):
            continue
        try:
            value = json.loads(row.text(value_column))
            at = beside.put(made.plain, row.text(path_column).split("/"), value)
        except beside.NoSuchPart:
            form.fault(row, path_column, "The form has no part of this name. Remove this row.")
        except (ValueError, RecursionError):
            form.fault(row, value_column, "This is not a value. Undo your change to this cell, or remove this row.")
        else:
            made.places[pointer_to(at)] = (row.sheet, row.cell(value_column))


def _name_changed_rows(form: Form, reader: FormReader, template: Template, columns: Sequence[str]) -> None:
    """Name each derived row that says anything else than the template would: its change has no effect."""
    wanted = {row.get("name"): [row.get(column, "") for column in columns] for row in survey_of(template)}
    for row in reader.derived:
        if wanted.get(row.text("name")) != [row.text(column) for column in columns]:
            words = "Its text follows from the rest of the template. A change to it has no effect."
            form.leave_out(row, "name", words)
