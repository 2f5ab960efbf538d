"""Responses as another system sends them."""

import json
from typing import Any

from api.audits.complete.routes import CompleteAuditIn
from api.fhir import names
from api.fhir.responses.places import SCORES
from api.fhir.responses.writing import response_items
from checklists.templates.template import Template


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
