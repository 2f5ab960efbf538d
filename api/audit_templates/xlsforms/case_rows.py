"""What an exported form says of cases and families: facts, words of cases, questions for a family."""

from typing import Any, Final

from api.audit_templates.workbooks.reading import WorkbookTemplate
from api.audit_templates.xlsforms import layout, lists
from api.audit_templates.xlsforms.form import Form, FormRow
from api.audit_templates.xlsforms.types import RowKind, RowType
from checklists.cases import CHILDRENS_WORDS, CLOSED, NOT_KNOWN
from checklists.templates.scale import RESERVED_LABELS

_NO_PART: Final = "A template has nothing of this kind here. Facts about the case are questions with one choice."
_CHOSEN: Final = (RowKind.SELECT_ONE, RowKind.SELECT_MULTIPLE)


class CaseRows:
    """Reads the rows of the groups “case” and “family”."""

    def __init__(self, form: Form, made: WorkbookTemplate) -> None:
        self._form, self._made = form, made

    def is_ours(self, group: str) -> bool:
        """Whether a group of this name is one that an exported form has."""
        names = [row.text("name") for row in self._form.survey]
        if group == layout.CASE:
            return layout.STATUS in names
        return group == layout.FAMILY and any(name.startswith(layout.FAMILY_OF) for name in names)

    def read(self, row: FormRow, found: RowType) -> str:
        """Put what a row says into the template. Returns the key of a fact; "" for anything else."""
        name = row.text("name")
        choices = self._form.lists.get(found.listed, [])
        if found.kind not in _CHOSEN or not choices:
            self._form.leave_out(row, "type", _NO_PART)
        elif name == layout.STATUS:
            self._words("statuses", lists.labels_of(choices, CHILDRENS_WORDS.statuses, CLOSED), choices[0])
        elif name == layout.AGE_BAND:
            self._words("age_bands", lists.labels_of(choices, CHILDRENS_WORDS.age_bands, NOT_KNOWN), choices[0])
        elif name == layout.INVOLVES:
            self._words("forms_of_harm", [_harm(choice) for choice in choices], choices[0])
        elif name.startswith(layout.FACT_OF):
            return self._fact(row, name.removeprefix(layout.FACT_OF), choices)
        elif name.startswith(layout.FAMILY_OF):
            asked = {"key": name.removeprefix(layout.FAMILY_OF), "text": lists.label_of(row)}
            self._append("family_questions", row, {**asked, "choices": [_plain(choice) for choice in choices]})
        else:
            self._form.leave_out(row, "type", _NO_PART)
        return ""

    def _words(self, entry: str, words: list[dict[str, Any]], first: FormRow) -> None:
        if words:
            self._made.plain[entry] = words
            self._made.places[f"/{entry}"] = (first.sheet, first.cell("name"))

    def _fact(self, row: FormRow, key: str, choices: list[FormRow]) -> str:
        own = [_plain(choice) for choice in choices if lists.name_of(choice) not in RESERVED_LABELS]
        fact = {"key": key, "title": lists.label_of(row), "hint": row.text("hint"), "choices": own}
        self._append("case_facts", row, fact)
        return key

    def _append(self, entry: str, row: FormRow, value: dict[str, Any]) -> None:
        listed = self._made.plain.setdefault(entry, [])
        listed.append({name: each for name, each in value.items() if each})
        self._made.places[f"/{entry}/{len(listed) - 1}"] = (row.sheet, row.cell("name"))


def _plain(choice: FormRow) -> dict[str, Any]:
    return {"key": lists.name_of(choice), "label": lists.label_of(choice)}


def _harm(choice: FormRow) -> dict[str, Any]:
    description = choice.text("description")
    return {**_plain(choice), **({"description": description} if description else {})}
