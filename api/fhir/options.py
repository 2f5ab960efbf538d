"""The answers that a template offers, each with its weight, as options of a questionnaire."""

from typing import Any

from api.audit_templates.xlsforms.rows import FormRow, choices_of
from api.fhir import names
from checklists.templates.template import Template

Plain = dict[str, Any]


def options_of(template: Template) -> dict[str, list[Plain]]:
    """The options of every list."""
    found: dict[str, list[Plain]] = {}
    for row in choices_of(template):
        listed = str(row["list_name"])
        found.setdefault(listed, []).append(_option(listed, row))
    return found


def _option(listed: str, row: FormRow) -> Plain:
    coding = {"system": names.LISTS + listed, "code": row["name"], "display": row["label"]}
    if row.get("score", "") == "":
        return {"valueCoding": coding}
    weight = float(row["score"])
    number = int(weight) if weight.is_integer() else weight
    return {
        "extension": [
            {"url": names.ITEM_WEIGHT, "valueDecimal": number},
            {"url": names.ORDINAL_VALUE, "valueDecimal": number},
            {"url": names.MEETS_STANDARD, "valueBoolean": row["meets_standard"] == "yes"},
        ],
        "valueCoding": coding,
    }
