"""Responses as another system sends them, and the templates that they are by."""

import base64
import json
from functools import cache
from typing import Any

from api.audits.complete.routes import CompleteAuditIn
from api.fhir import names
from api.fhir.responses.places import SCORES
from api.fhir.responses.writing import response_items
from checklists.templates.library import library_keys, load_library_template, newest_number
from checklists.templates.template import Template
from checklists.templates.template_file import check_template
from tests.checklists.full_template import full_template
from tests.checklists.small_template import theme

TEMPLATES = [*library_keys(), "everything"]
RARE = {"statuses": ["care-leaver"]}


def sent_response(audit: CompleteAuditIn, template: Template, *, of: str) -> dict[str, Any]:
    """The response of a complete audit of a new case file. `of`: its questionnaire with its version."""
    assert audit.case_file is not None
    reference = audit.case_file.reference
    extension: list[dict[str, Any]] = [
        {"url": names.ROUND, "valueString": str(audit.round_id)},
        {"url": names.TEAM, "valueString": str(audit.case_file.team_id)},
    ]
    if audit.sampling_weight is not None:
        extension.append({"url": names.SAMPLING_WEIGHT, "valueDecimal": audit.sampling_weight})
    said = audit.model_dump(mode="json")
    content = {**said, SCORES: {score["theme"]: score for score in said[SCORES]}}
    response = {
        "resourceType": "QuestionnaireResponse",
        "extension": extension,
        "status": "completed",
        "questionnaire": of,
        "author": {"identifier": {"system": names.PERSON, "value": str(audit.auditor_id)}},
        **({"subject": {"identifier": {"system": names.CASE_REFERENCE, "value": reference}}} if reference else {}),
        "item": response_items(template, content, {}),
    }
    found: dict[str, Any] = json.loads(json.dumps(response))
    return found


@cache
def everything() -> Template:
    """A template that asks all that an audit can say."""
    said = full_template()
    said["asks"]["strengths"] = True
    # Themes that are called like a group.
    said["learning_domains"][1]["themes"] += [theme("family", applies_when=RARE), theme("case", applies_when=RARE)]
    return check_template(said)


@cache
def template_of(key: str) -> Template:
    return everything() if key == "everything" else load_library_template(key, newest_number(key))


def coding(code: str, listed: str = "rating", **more: Any) -> dict[str, Any]:
    return {"valueCoding": {"system": names.LISTS + listed, "code": code, **more}}


def exactly(text: str, exact: str, **more: Any) -> dict[str, Any]:
    said = {"url": names.EXACT_TEXT, "valueBase64Binary": base64.b64encode(exact.encode()).decode()} | more
    return {"valueString": text, "_valueString": {"extension": [said]}}


def weights(part: dict[str, Any]) -> list[Any]:
    return [each for each in part.get("extension", ()) if each["url"] in names.WEIGHTS]


GOOD = coding("good")
