"""A template from an XLSForm: groups are learning domains, graded questions themes, and other questions theirs."""

from dataclasses import dataclass, field
from typing import Final

from api.audit_templates.workbooks.reading import WorkbookTemplate
from api.audit_templates.xlsforms import layout, lists
from api.audit_templates.xlsforms.building import Asked, TemplateBuilder
from api.audit_templates.xlsforms.case_rows import CaseRows
from api.audit_templates.xlsforms.form import Form, FormRow, is_name, is_yes
from api.audit_templates.xlsforms.types import RowKind, RowType, type_of
from checklists.templates.format_2 import FORMAT_2

_BEGINS: Final = (RowKind.BEGIN_GROUP, RowKind.BEGIN_REPEAT)
_ASKED: Final = (RowKind.SELECT_ONE, RowKind.INTEGER, RowKind.DATE)
_LEFT_OUT: Final = "left out"
_NO_TITLE: Final = "Form without a title"
_WORDS: Final = {
    RowKind.TEXT: "A template has no questions that are answered in words. Auditors write texts for each theme.",
    RowKind.SELECT_MULTIPLE: "A question of a template has one answer.",
    RowKind.CALCULATE: "Calculations are not evaluated.",
}


@dataclass(slots=True)
class _Group:
    """An open group: its first row, and what it is."""

    row: FormRow
    what: str
    names: set[str] = field(default_factory=set)


class FormReader:
    """Goes over the survey once, from the top."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self.made = WorkbookTemplate()
        # Rows that follow from the rest of an exported template, such as the texts of an answer.
        self.derived: list[FormRow] = []
        self._groups: list[_Group] = [_Group(FormRow(layout.SURVEY, 1, {}, {}), "form")]
        self._ratings = lists.list_of_ratings(form)
        self._case = CaseRows(form, self.made)
        self._builder = TemplateBuilder(form, self.made, self._ratings)

    def read(self) -> WorkbookTemplate:
        """The template as a plain value, which may have faults."""
        self._settings()
        if self._ratings:
            self.made.plain["scale"] = lists.scale_of(self.form, self._ratings)
            first = self.form.lists[self._ratings][0]
            self.made.places["/scale"] = (first.sheet, first.cell("name"))
        for row in self.form.survey:
            self._row(row)
        for group in self._groups[1:]:
            self.form.fault(group.row, "type", "This group has no end. Add a row that ends it.")
        self._builder.finish()
        self._name_unused_lists()
        return self.made

    def _name_unused_lists(self) -> None:
        used = {type_of(row.text("type")).listed for row in self.form.survey}
        for listed, choices in self.form.lists.items():
            if listed not in used:
                self.form.leave_out(choices[0], "list_name", "No question uses this list of choices.")

    def _settings(self) -> None:
        said = self.form.settings
        title = said.text("form_title") or said.text("form_id")
        first = next((row.text("name") for row in self.form.survey if row.text("name")), "")
        key = lists.key_from(said.text("form_id") or title or f"form-{first}", number=2)
        self.made.plain.update({"format": FORMAT_2, "key": key, "title": title})
        if not self._ratings:
            self.made.plain["graded"] = False
        if not title:
            self.made.plain["title"] = _NO_TITLE
            words = "The form has no title. Enter one in the draft, or as “form_title” on this sheet."
            self.form.leave_out(said, "form_title", words)
        self.made.places["/title"] = (said.sheet, said.cell("form_title"))
        self.made.places["/key"] = (said.sheet, said.cell("form_id"))
        for column in said.texts:
            if column not in {*layout.SETTING_COLUMNS, "default_language"}:
                self.form.leave_out(said, column, f"A template has no “{column}”.")

    def _row(self, row: FormRow) -> None:
        what = row.text("type")
        if what.startswith("#") or is_yes(row.text("disabled")):
            self.form.leave_out(row, "type", "This row is switched off in the form.")
            return
        if not what:
            self.form.fault(row, "name", "Enter the type of this row.")
            return
        found = type_of(what)
        if found.kind is RowKind.END:
            self._end(row, what)
        elif self._groups[-1].what == _LEFT_OUT:
            if found.kind in _BEGINS:
                self._groups.append(_Group(row, _LEFT_OUT))
        else:
            self._check_name(row, found)
            if found.kind in _BEGINS:
                self._begin(row, found)
            else:
                self._question(row, found)

    def _check_name(self, row: FormRow, found: RowType) -> None:
        name, siblings = row.text("name"), self._groups[-1].names
        if not name:
            if found.kind not in {*_BEGINS, RowKind.NOTE}:
                self.form.fault(row, "name", "Enter a name for this row.")
            return
        if self.form.has_form_names and not is_name(name):
            words = "Start a name with a letter or an underscore. Use letters, digits, hyphens, underscores and stops."
            self.form.fault(row, "name", words)
        elif name in siblings:
            self.form.fault(row, "name", "Another row of the same group has this name.")
        siblings.add(name)

    def _begin(self, row: FormRow, found: RowType) -> None:
        what = self._what_begins(row, found)
        self._groups.append(_Group(row, what))
        if what == "domain":
            self._builder.start_domain(row)
        elif what == "theme":
            self._builder.condition_of_theme(row, self._builder.start_theme(row))
        elif what == "section":
            words = "A group within a learning domain is no part of a template. What is in it belongs to the domain."
            self.form.leave_out(row, "type", words)
            self._builder.condition(row, None, ())
        if what in {"domain", "theme", "section"}:
            self._builder.unused_cells(row)

    def _what_begins(self, row: FormRow, found: RowType) -> str:
        name, depth = row.text("name"), len(self._groups)
        if found.kind is RowKind.BEGIN_REPEAT:
            return _LEFT_OUT
        if depth == 1:
            return name if self._case.is_ours(name) else "domain"
        is_theme = depth == 2 and (name.startswith(layout.THEME_OF) or not self._ratings)
        return "theme" if is_theme else "section"

    def _end(self, row: FormRow, what: str) -> None:
        group = self._groups[-1]
        is_repeat = type_of(group.row.text("type")).kind is RowKind.BEGIN_REPEAT
        if group.what == "form" or is_repeat == what.casefold().rstrip().endswith("group"):
            self.form.fault(row, "type", "Nothing of this kind is open here. Remove this row, or add where it begins.")
            return
        self._groups.pop()
        if group.what == _LEFT_OUT and self._groups[-1].what != _LEFT_OUT:
            words = f"A template asks nothing several times. Rows {group.row.number} to {row.number} are left out."
            self.form.leave_out(group.row, "type", words)
        elif group.what == "domain":
            self._builder.close_domain()
        elif group.what == "theme":
            self._builder.close_theme()

    def _question(self, row: FormRow, found: RowType) -> None:
        if self._groups[-1].what in {layout.CASE, layout.FAMILY}:
            key = self._case.read(row, found)
            if key:
                answers = lists.keys_of(self.form.lists[found.listed])
                self._builder.ask(row, Asked("facts", key, answers))
            self._builder.unused_cells(row, *(["hint"] if key else []))
            self._builder.condition(row, None, ())
        elif self._is_derived(row, found):
            self.derived.append(row)
        elif found.kind is RowKind.NOTE:
            self._builder.note(row)
        elif found.kind is RowKind.SELECT_ONE and found.listed == (self._ratings or layout.ANSWERS):
            self._builder.rate(row)
        elif found.kind in _ASKED:
            self._builder.question(row, found.kind, found.listed)
            if found.has_other:
                self.form.leave_out(row, "type", "“Other” is not added to the choices of a question.")
        elif found.kind is RowKind.UNKNOWN:
            self.form.fault(row, "type", "This type of row is not known.")
        else:
            self.form.leave_out(row, "type", found.left_out or _WORDS[found.kind])

    def _is_derived(self, row: FormRow, found: RowType) -> bool:
        """Whether a row is one that every exported theme has: a text of its answer, or its score."""
        key, _, part = row.text("name").rpartition(".")
        if not key or key != self._builder.theme_key:
            return False
        wanted = RowKind.CALCULATE if part == layout.SCORE else RowKind.TEXT
        return found.kind is wanted and part in {layout.SCORE, *layout.TEXTS}
