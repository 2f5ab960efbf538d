"""The template of an uploaded workbook or XLSForm, or every fault with its sheet and cell."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from api.audit_templates.workbooks.reading import CellFault, assemble, is_template_workbook
from api.audit_templates.xlsforms.checking import template_of_form
from api.audit_templates.xlsforms.form import is_xlsform, read_form
from api.documents.reading.refusals import UnreadableError
from api.documents.reading.sandbox import ReadSheet, read_workbook
from api.foundation.problems import BadTemplate, Fault
from checklists.templates.faults import MOST_FAULTS
from checklists.templates.template import Template
from checklists.templates.template_file import MAX_TEMPLATE_BYTES, TemplateRefused, check_template, write_template

FILE: Final = "/file"
_NO_TEMPLATE: Final = (
    "This workbook has no sheets of a template. Download an empty template workbook, fill it in and upload it."
)
# More than a person would read.
_MOST_LEFT_OUT: Final = 500
_TOO_MUCH_LEFT_OUT: Final = (
    f"More than {_MOST_LEFT_OUT} parts of this form cannot be part of a template. Remove them from the form first."
)


@dataclass(frozen=True, slots=True)
class UploadedTemplate:
    """The template of a workbook, and each part of an XLSForm that it cannot have, with its sheet and cell."""

    content: Template
    left_out: tuple[str, ...] = ()


def template_in(content: bytes) -> UploadedTemplate:
    """The template in a workbook or XLSForm, which is read in a process of its own.

    Raises BadTemplate. Each fault is at the file, and begins with its sheet and cell.
    """
    try:
        sheets = read_workbook(content)
    except UnreadableError as refused:
        raise _refused(str(refused)) from None
    return template_of(sheets)


def template_of(sheets: Sequence[ReadSheet]) -> UploadedTemplate:
    """The template in the sheets of a workbook. Raises BadTemplate."""
    if is_template_workbook(sheets):
        return UploadedTemplate(_template_of_workbook(sheets))
    if not is_xlsform(sheets):
        raise _refused(_NO_TEMPLATE)
    found = template_of_form(read_form(sheets))
    template = _checked(found.template, found.faults)
    if len(found.left_out) > _MOST_LEFT_OUT:
        raise _refused(_TOO_MUCH_LEFT_OUT)
    return UploadedTemplate(template, tuple(map(str, found.left_out)))


def _template_of_workbook(sheets: Sequence[ReadSheet]) -> Template:
    made = assemble(sheets)
    template = None
    found = list(made.faults)
    try:
        template = check_template(made.plain)
    except TemplateRefused as refused:
        told = {(fault.sheet, fault.cell) for fault in found}
        of_template = [made.at(fault.pointer, fault.message) for fault in refused.faults]
        found += [fault for fault in of_template if (fault.sheet, fault.cell) not in told]
    return _checked(template, found)


def _checked(template: Template | None, found: Sequence[CellFault]) -> Template:
    """The template, when nothing is wrong and it fits into a file."""
    if template is None or found:
        raise _refused(*dict.fromkeys(map(str, found[:MOST_FAULTS])))
    if len(write_template(template)) > MAX_TEMPLATE_BYTES:
        raise _refused("The template has too much text: as a file it would be larger than 1 MB. Shorten it.")
    return template


def _refused(*words: str) -> BadTemplate:
    number = f"at least {MOST_FAULTS}" if len(words) == MOST_FAULTS else str(len(words))
    detail = words[0] if len(words) == 1 else f"There are {number} errors in this workbook."
    return BadTemplate(detail, faults=tuple(Fault(FILE, each) for each in words))
