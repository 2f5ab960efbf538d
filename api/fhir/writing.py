"""A template as a FHIR R4 Questionnaire, with what a questionnaire cannot say as extensions."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from api.audit_templates.actions import FoundVersion
from api.audit_templates.xlsforms.beside import Beside, differences
from api.audit_templates.xlsforms.checking import plain_of_form
from api.audit_templates.xlsforms.conditions import OneOf, read_expression
from api.audit_templates.xlsforms.rows import FormRow
from api.audit_templates.xlsforms.writing import plain_of
from api.fhir import names
from api.fhir.audit_items import audit_items, with_audit_items
from api.fhir.link_ids import hint_of, rows_of
from api.fhir.options import options_of
from api.fhir.reading import form_of
from checklists.templates.template import Template
from models import TemplateVersionState

Plain = dict[str, Any]
_STATUS: Final = {
    TemplateVersionState.DRAFT: "draft",
    TemplateVersionState.PUBLISHED: "active",
    TemplateVersionState.RETIRED: "retired",
}
_TYPES: Final = {"note": "display", "text": "text", "integer": "integer", "date": "date", "begin_group": "group"}
_LARGEST: Final = 9999


def questionnaire_of(found: FoundVersion) -> Plain:
    """A version of a template as a resource."""
    version = found.version
    own = {
        "id": names.id_of(version.template_id, version.number),
        "url": names.canonical_of(version.template_id),
        "version": str(version.number),
        "status": status_of(found),
    }
    return resource_of(found.content, own)


def status_of(found: FoundVersion) -> str:
    """The status of a version as FHIR has it."""
    return _STATUS[found.version.state]


def resource_of(template: Template, own: Mapping[str, str]) -> Plain:
    """The resource of a template. `own`: its identifier, address, version and status."""
    said: Plain = {
        "resourceType": "Questionnaire",
        **own,
        "identifier": [{"system": names.TEMPLATE_KEY, "value": template.key}],
        "title": template.title,
        "item": items_of(template),
    }
    beside = [_extension(each) for each in left(template, said)]
    return {**said, "extension": beside} if beside else said


def items_of(template: Template) -> list[Plain]:
    """The items of a template: its questions, and what an audit says beside them."""
    options = options_of(template)
    return with_audit_items(_items(rows_of(template), options), audit_items(template, options))


def left(template: Template, said: Plain) -> tuple[Beside, ...]:
    """Every part of a template that its resource does not say: what differs when it is read back."""
    return tuple(differences(plain_of(template), plain_of_form(form_of(said))))


def _extension(each: Beside) -> Plain:
    return {
        "url": names.BESIDE,
        "extension": [
            {"url": names.BESIDE_PART, "valueString": each.pointer},
            {"url": names.BESIDE_VALUE, "valueString": each.written},
        ],
    }


def _items(rows: Sequence[FormRow], options: Mapping[str, list[Plain]]) -> list[Plain]:
    """The items of the rows of a form, groups with what is in them."""
    systems = {str(row["name"]): str(row["type"]).partition(" ")[2] for row in rows if "name" in row}
    taken = {str(row["name"]) for row in rows if "name" in row}
    open_groups: list[list[Plain]] = [[]]
    for row in rows:
        if row["type"] == "end_group":
            open_groups.pop()
        elif row["type"] != "calculate":
            item = _item(row, options, systems, taken)
            open_groups[-1].append(item)
            if item["type"] == "group":
                item["item"] = []
                open_groups.append(item["item"])
    return open_groups[0]


def _item(row: FormRow, options: Mapping[str, list[Plain]], systems: Mapping[str, str], taken: set[str]) -> Plain:
    what, _, listed = str(row["type"]).partition(" ")
    name, hint = str(row["name"]), str(row.get("hint", ""))
    item: Plain = {"linkId": name, "text": row["label"], "type": _TYPES.get(what, "choice")}
    if what == "note" and hint:
        item["prefix"] = hint
    if what == "date":
        item["extension"] = [{"url": names.ENTRY_FORMAT, "valueString": names.MONTH_FORMAT}]
    if what == "integer":
        limits = ((names.MIN_VALUE, 0), (names.MAX_VALUE, _LARGEST))
        item["extension"] = [{"url": url, "valueInteger": number} for url, number in limits]
    item |= _condition(str(row.get("relevant", "")), systems)
    if row.get("required") == "yes":
        item["required"] = True
    if what == "select_multiple":
        item["repeats"] = True
    if listed:
        item["answerOption"] = options[listed]
    if hint and what != "note":
        item["item"] = [_help(hint_of(name, taken), hint)]
    return item


def _help(link_id: str, text: str) -> Plain:
    control = {"coding": [{"system": names.ITEM_CONTROLS, "code": names.HELP}]}
    extension = [{"url": names.ITEM_CONTROL, "valueCodeableConcept": control}]
    return {"extension": extension, "linkId": link_id, "text": text, "type": "display"}


def _condition(expression: str, systems: Mapping[str, str]) -> Plain:
    """The comparisons of an expression; none for one that FHIR cannot say, such as two lists of answers."""
    found = read_expression(expression) if expression else []
    if found is None:
        return {"enableWhen": [{"question": _named(expression), "operator": "exists", "answerBoolean": True}]}
    several = [each for each in found if len(each.answers) > 1]
    if several and len(found) > 1:
        return {}
    when = [_comparison(each, answer, systems) for each in found for answer in each.answers]
    if len(when) < 2:
        return {"enableWhen": when} if when else {}
    return {"enableWhen": when, "enableBehavior": "any" if several else "all"}


def _named(expression: str) -> str:
    """The question of an expression that asks for any answer to it."""
    return expression.partition("${")[2].partition("}")[0]


def _comparison(one: OneOf, answer: str, systems: Mapping[str, str]) -> Plain:
    coding = {"system": names.LISTS + systems[one.name], "code": answer}
    return {"question": one.name, "operator": "=", "answerCoding": coding}
