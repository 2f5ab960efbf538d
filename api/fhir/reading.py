"""A template from a FHIR Questionnaire: read as a form, with what a template cannot have by its linkId."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from api.audit_templates.workbooks.reading import CellFault
from api.audit_templates.xlsforms import layout
from api.audit_templates.xlsforms.checking import template_of_form
from api.audit_templates.xlsforms.form import Form, FormRow
from api.fhir import names
from api.fhir.audit_items import audit_items, marked
from api.fhir.link_ids import name_of
from api.fhir.options import options_of
from api.fhir.resources import MOST_ITEMS, EnableWhen, Item, Questionnaire
from api.fhir.weights import Offered, OfferedAnswers
from api.foundation.problems import BadTemplate, Fault
from checklists.templates.template import Template

_DEEPEST: Final = 12
# More than anybody would read: a questionnaire with this many is refused.
_MOST_LEFT_OUT: Final = 1_000
_TYPES: Final[Mapping[str, str]] = {
    "display": "note",
    "integer": "integer",
    "date": "date",
    "decimal": "decimal",
    "quantity": "decimal",
    "dateTime": "dateTime",
    "time": "time",
    "string": "text",
    "text": "text",
    "url": "text",
    "attachment": "file",
    "reference": "file",
}
_CHOICES: Final = frozenset({"choice", "open-choice", "coding"})
_READ_EXTENSIONS: Final = frozenset(
    {names.ITEM_CONTROL, names.ENTRY_FORMAT, names.MIN_VALUE, names.MAX_VALUE, names.BESIDE}
)
_NO_ANSWERS: Final = "The answers to this question are not in the questionnaire, so it is left out."


@dataclass(frozen=True, slots=True)
class ReadQuestionnaire:
    """The template of a questionnaire, and each part that it cannot have: the linkId, "" for the whole, and why."""

    content: Template
    left_out: tuple[tuple[str, str], ...]


def read_questionnaire(value: Mapping[str, Any]) -> ReadQuestionnaire:
    """The template of a questionnaire as parsed from JSON. Raises BadTemplate, each fault with its linkId or place."""
    maker = _FormMaker(_checked(value))
    found = template_of_form(maker.made(), derived=("label",))
    if found.template is None or found.faults:
        raise _refused([Fault(_place(fault), fault.words) for fault in found.faults])
    if len(found.left_out) >= _MOST_LEFT_OUT:
        raise _refused([Fault("", f"{_MOST_LEFT_OUT} parts or more cannot be part of a template. Remove them first.")])
    left_out = [(each.cell, each.words) for each in found.left_out]
    return ReadQuestionnaire(found.template, (*left_out, *_other_audit_items(found.template, maker.of_audits)))


def _other_audit_items(template: Template, items: Sequence[Item]) -> Iterator[tuple[str, str]]:
    """The items that are marked as of audits, and that audits of the template do not have."""
    own = {item["linkId"]: marked(item) for _, item in audit_items(template, options_of(template))}
    for item in items:
        if item.link_id not in own or Item.model_validate(own[item.link_id]) != item:
            yield item.link_id, "An audit of this template does not have this item, so it is left out."


def form_of(value: Mapping[str, Any]) -> Form:
    """A questionnaire as a form. Raises BadTemplate for anything else."""
    return _FormMaker(_checked(value)).made()


def _checked(value: Mapping[str, Any]) -> Questionnaire:
    try:
        found = Questionnaire.model_validate(value)
    except (ValidationError, RecursionError) as error:
        raise _refused(_faults_of(error)) from None
    if found.resource_type != "Questionnaire":
        raise _refused([Fault("/resourceType", "This is not a Questionnaire.")])
    return found


def _faults_of(error: ValidationError | RecursionError) -> list[Fault]:
    if isinstance(error, RecursionError):
        return [Fault("", "The questionnaire is nested too deeply.")]
    said = error.errors(include_url=False, include_input=False, include_context=False)[:20]
    words = "This is not what FHIR R4 has here, or it is too long. A modifierExtension cannot be read."
    return [Fault("/" + "/".join(str(step) for step in each["loc"]), words) for each in said]


def _refused(faults: list[Fault]) -> BadTemplate:
    return BadTemplate("The questionnaire cannot become a template.", faults=tuple(faults[:50]))


def _place(fault: CellFault) -> str:
    return f"linkId: {fault.cell}" if fault.cell else ""


class _FormMaker:
    """Goes over the items of a questionnaire once."""

    def __init__(self, questionnaire: Questionnaire) -> None:
        self._it = questionnaire
        self._form = Form(has_form_names=False)
        self._offered = OfferedAnswers(questionnaire)
        self._seen: set[str] = set()
        self._link_ids = set(_link_ids(questionnaire.item))
        self._lists: dict[tuple[Offered, ...], str] = {}
        # What an audit says beside its template: no part of the form.
        self.of_audits: list[Item] = []

    def made(self) -> Form:
        whole = self._it
        key = next((each.value for each in whole.identifier if each.system == names.TEMPLATE_KEY), None)
        settings = {"form_title": whole.title or whole.name or "", "form_id": key or whole.name or whole.id or ""}
        said = {name: text for name, text in settings.items() if text}
        self._form.settings = FormRow(layout.SETTINGS, 1, said, {"name": "title"})
        for name in whole.unread:
            self._leave_out("", f"A template has no “{name}”.")
        for each in whole.contained:
            if each.resource_type not in {"ValueSet", "CodeSystem"}:
                self._leave_out("", "A template contains no other resources.")
        self._beside()
        for item in whole.item:
            self._put(item, depth=1)
        if not self._form.survey:
            self._form.faults.append(CellFault(layout.SURVEY, "", "The questionnaire has no items."))
        return self._form

    def _leave_out(self, link_id: str, words: str) -> None:
        if len(self._form.left_out) < _MOST_LEFT_OUT:
            self._form.left_out.append(CellFault(layout.SURVEY, link_id, words))

    def _beside(self) -> None:
        for each in self._it.extension:
            parts = {part.url: part.value_string or "" for part in each.extension}
            if each.url != names.BESIDE:
                self._leave_out("", f"A template has no extension “{each.url}”.")
            else:
                cells = dict.fromkeys(parts, parts.get(names.BESIDE_PART, ""))
                self._form.beside.append(FormRow(layout.BESIDE, 1, parts, cells))

    def _row(self, link_id: str, texts: Mapping[str, str]) -> None:
        filled = {column: text.strip() for column, text in texts.items() if text.strip()}
        self._form.survey.append(FormRow(layout.SURVEY, len(self._form.survey) + 2, filled, {"name": link_id}))

    def _put(self, item: Item, *, depth: int) -> None:
        if item.link_id in self._seen or not item.link_id.strip():
            self._form.faults.append(CellFault(layout.SURVEY, item.link_id, "Each item needs a linkId of its own."))
            return
        if depth > _DEEPEST or len(self._seen) > MOST_ITEMS:
            self._form.faults.append(CellFault(layout.SURVEY, item.link_id, "There are too many items, or too deep."))
            return
        self._seen.add(item.link_id)
        if item.extensions(names.OF_AUDIT):
            self.of_audits.append(item)
            return
        self._name_unread(item)
        if item.type == "group":
            self._group(item, depth)
            return
        helps = [each for each in item.item if each.type == "display"]
        self._question(item, " ".join(each.text or "" for each in helps))
        for each in item.item:
            if each not in helps:
                self._put(each, depth=depth + 1)

    def _name_of(self, item: Item) -> str:
        """The name of the row for an item. Two rows of a form may share a name, and their items have two linkIds."""
        return name_of(item.link_id, item.type, self._link_ids)

    def _condition_of(self, item: Item) -> str:
        """What must hold for an item, as an expression of a form; one that cannot be one is not evaluated."""
        word = " and " if item.enable_behavior == "all" or len(item.enable_when) == 1 else " or "
        return word.join(
            _comparison(each, name_of(each.question, "choice", self._link_ids)) for each in item.enable_when
        )

    def _group(self, item: Item, depth: int) -> None:
        if item.repeats:
            self._leave_out(item.link_id, "A template asks nothing several times. What is in this group is left out.")
            return
        row = {"name": self._name_of(item), "label": item.text or "", "relevant": self._condition_of(item)}
        self._row(item.link_id, {**row, "type": "begin_group"})
        for each in item.item:
            self._put(each, depth=depth + 1)
        self._row(item.link_id, {"type": "end_group"})

    def _question(self, item: Item, hint: str) -> None:
        row = {
            "name": self._name_of(item),
            "label": item.text or "",
            "hint": hint,
            "relevant": self._condition_of(item),
        }
        if item.type in _CHOICES or item.type == "boolean":
            offered = self._answers(item)
            if offered is None:
                self._leave_out(item.link_id, _NO_ANSWERS)
                return
            what = "select_multiple" if item.repeats else "select_one"
            other = " or_other" if item.type == "open-choice" else ""
            self._row(item.link_id, {**row, "type": f"{what} {self._list_of(item, offered)}{other}"})
            return
        made = _TYPES.get(item.type)
        if made is None:
            self._form.faults.append(CellFault(layout.SURVEY, item.link_id, "FHIR R4 has no items of this type."))
            return
        if any(each.value_string == names.MONTH_FORMAT for each in item.extensions(names.ENTRY_FORMAT)):
            row["appearance"] = layout.MONTH
        if item.type == "display" and item.prefix:
            row["hint"] = item.prefix
        self._row(item.link_id, {**row, "type": made})

    def _answers(self, item: Item) -> list[Offered] | None:
        if item.type == "boolean":
            return [Offered("", "yes", "Yes"), Offered("", "no", "No")]
        return self._offered.of(item) or None

    def _list_of(self, item: Item, offered: list[Offered]) -> str:
        """The name of the list of these answers: that of an exported template, or one for all with the same answers."""
        same = tuple(Offered(each.system, each.code, each.display, each.weight) for each in offered)
        if same in self._lists:
            return self._lists[same]
        system = same[0].system
        name = system.removeprefix(names.LISTS) if system.startswith(names.LISTS) else f"list-{len(self._lists) + 1}"
        self._lists[same] = name = name if name not in self._form.lists else f"{name}-{len(self._lists) + 1}"
        for each in offered:
            texts = {"list_name": name, "name": each.code, "label": each.display, "score": each.weight}
            for extension in each.option.extension if each.option is not None else ():
                if extension.url == names.MEETS_STANDARD:
                    texts["meets_standard"] = "yes" if extension.value_boolean else "no"
                elif extension.url not in names.WEIGHTS:
                    self._leave_out(item.link_id, f"An answer of a template has no extension “{extension.url}”.")
            filled = {column: text for column, text in texts.items() if text}
            row = FormRow(layout.CHOICES, len(self._form.lists), filled, {"name": item.link_id})
            self._form.lists.setdefault(name, []).append(row)
        return name

    def _name_unread(self, item: Item) -> None:
        for name in item.unread:
            self._leave_out(item.link_id, f"A template has no “{name}”.")
        if item.prefix and item.type != "display":
            self._leave_out(item.link_id, "A template has no “prefix”.")
        for each in item.extension:
            if each.url not in _READ_EXTENSIONS:
                self._leave_out(item.link_id, f"A template has no extension “{each.url}”.")


def _link_ids(items: Sequence[Item]) -> Iterator[str]:
    within = list(items)
    while within:
        item = within.pop()
        yield item.link_id
        within += item.item


def _comparison(when: EnableWhen, name: str) -> str:
    coding = when.answer_coding
    answer = (coding.code or coding.display) if coding is not None else when.answer_string
    if when.answer_boolean is not None and when.operator == "=":
        answer = "yes" if when.answer_boolean else "no"
    if when.operator != "=" or answer is None:
        return f"{when.operator}(${{{name}}})"
    quote = '"' if "'" in answer else "'"
    return f"${{{name}}} = {quote}{answer}{quote}"
