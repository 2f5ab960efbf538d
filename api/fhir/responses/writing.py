"""An audit as a FHIR R4 QuestionnaireResponse: every answer with its weight, every text at its linkId."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from api.audits.actions import ReadAudit
from api.audits.routes import AuditOut
from api.audits.stored import harms_when_submitted
from api.fhir import names
from api.fhir.responses.places import JUDGEMENT, SCORES, Place, places_of, put, value_at
from api.fhir.responses.texts import text_value
from api.fhir.writing import items_of
from api.foundation.permissions import Actor
from checklists.audits.audit_states import EDITABLE_STATES
from checklists.templates.template import Template
from models import Audit, AuditState

Plain = dict[str, Any]
_STATUSES: Final[Mapping[AuditState, str]] = {
    AuditState.DRAFT: "in-progress",
    AuditState.RETURNED: "in-progress",
    AuditState.SUBMITTED: "completed",
    AuditState.IN_MODERATION: "completed",
    AuditState.AGREED: "completed",
    AuditState.SIGNED_OFF: "completed",
    AuditState.WITHDRAWN: "stopped",
}


def response_of(found: ReadAudit, actor: Actor) -> Plain:
    """The resource of an audit that this person may read."""
    shown = AuditOut.of(found, actor)
    content = content_of(found, shown)
    agreed = {score.theme: score.agreed_answer for score in shown.scores if score.agreed_answer}
    own = head_of(found.audit, found.round.template_id, found.round.template_version, found.case_file.reference)
    items = response_items(found.template, content, agreed)
    extension = [*own.pop("extension"), *_beside(found, shown)]
    return {**own, "extension": extension, **({"item": items} if items else {})}


def head_of(audit: Audit, template_id: Any, number: int, reference: str) -> Plain:
    """What a list of responses says of each: what it is about, and its state."""
    authored = {"authored": _moment(audit.submitted_at)} if audit.submitted_at is not None else {}
    return {
        "resourceType": "QuestionnaireResponse",
        "id": str(audit.id),
        "meta": {"versionId": str(audit.version)},
        "extension": [
            {"url": names.ROUND, "valueString": str(audit.round_id)},
            {"url": names.STATE, "valueCode": audit.state.value},
        ],
        "questionnaire": f"{names.canonical_of(template_id)}|{number}",
        "status": _STATUSES[audit.state],
        "subject": {
            "identifier": {"system": names.CASE_FILE, "value": str(audit.case_file_id)},
            "display": reference,
        },
        **authored,
        "author": {"identifier": {"system": names.PERSON, "value": str(audit.auditor_id)}},
    }


def _moment(moment: datetime) -> str:
    return moment.isoformat()


def _beside(found: ReadAudit, shown: AuditOut) -> Iterator[Plain]:
    """What an audit has that no item says."""
    audit = found.audit
    yield {"url": names.TEAM, "valueString": str(audit.team_id or found.case_file.team_id)}
    if audit.sampling_weight is not None:
        yield {"url": names.SAMPLING_WEIGHT, "valueDecimal": audit.sampling_weight}
    if shown.reading is not None:
        yield {"url": names.READING, "valueInteger": shown.reading}
    if shown.first_judgement is not None:
        yield {"url": names.FIRST_JUDGEMENT, "valueCode": shown.first_judgement.overall}
        yield {"url": names.JUDGED_AT, "valueDateTime": _moment(shown.first_judgement.judged_at)}
    if shown.agreed_at is not None:
        yield {"url": names.AGREED_AT, "valueDateTime": _moment(shown.agreed_at)}
    if shown.agreed_overall:
        yield {"url": names.AGREED_OVERALL, "valueCode": shown.agreed_overall}
    for url, text in (
        (names.AGREED_OVERALL_REASON, shown.agreed_overall_reason),
        (names.WITHDRAWAL_REASON, shown.withdrawal_reason),
        (names.RETURN_REASON, shown.return_reason),
    ):
        if text:
            yield {"url": url, **text_value(text)}


def content_of(found: ReadAudit, shown: AuditOut) -> Plain:
    """What the items of an audit say, in the entries of a complete audit, with its scores by theme."""
    case = found.asking.case
    # In format 1 an audit asks of its case as it is now, and says of it what it was when it was submitted.
    is_submitted = found.audit.submitted_at is not None and found.audit.state not in EDITABLE_STATES
    harms = harms_when_submitted(found.session, found.audit) if is_submitted else found.forms_of_harm
    said = shown.model_dump(mode="json", include={"conclusion", "conversation", "theme_notes"})
    views = [view.model_dump(mode="json") for view in shown.family_views.views]
    content: Plain = {
        "case_file": {"status": case.status, "age_band": case.age_band, "forms_of_harm": sorted(harms)},
        "mode": shown.mode.value,
        "overall_override": shown.overall_override,
        "override_reason": shown.override_reason,
        "cap_reason": shown.cap_reason,
        SCORES: {score.theme: score.model_dump(mode="json") for score in shown.scores},
        "questions": shown.questions,
        "facts": {each.fact: each.choice for each in shown.case.facts},
        "synopsis": shown.case.synopsis,
        "family_views": {view["who"]: view for view in views},
        **said,
    }
    put(content, JUDGEMENT, shown.auditor_overall)
    return content


def response_items(template: Template, content: Mapping[str, Any], agreed: Mapping[str, str]) -> list[Plain]:
    """The items of a response: those of the questionnaire that the audit answers. `agreed`: agreed answers by theme."""
    return list(_items(items_of(template), places_of(template), content, agreed))


def _items(
    items: Sequence[Plain], places: Mapping[str, Place], content: Mapping[str, Any], agreed: Mapping[str, str]
) -> Iterator[Plain]:
    for item in items:
        link_id = item["linkId"]
        if item["type"] == "group":
            within = list(_items(item["item"], places, content, agreed))
            if within:
                yield {"linkId": link_id, "text": item["text"], "item": within}
        elif link_id in places:
            answers = _answers(item, value_at(content, places[link_id]))
            extension = []
            if link_id in agreed:
                extension = [{"url": names.AGREED_ANSWER, "valueCoding": _coding(item, agreed[link_id])}]
            if answers:
                marks = {"extension": extension} if extension else {}
                yield {**marks, "linkId": link_id, "text": item["text"], "answer": answers}


def _answers(item: Plain, value: Any) -> list[Plain]:
    """The answers that a value of an audit is; none for one that says nothing."""
    if value is None or value in ("", []):
        return []
    if item["type"] == "choice":
        return [{"valueCoding": _coding(item, code)} for code in (value if isinstance(value, list) else [value])]
    if item["type"] == "text":
        return [text_value(value)]
    if item["type"] == "boolean":
        return [{"valueBoolean": value}]
    name = {"integer": "valueInteger", "date": "valueDate"}[item["type"]]
    if value in names.ABSENT_REASONS:
        reason = {"url": names.DATA_ABSENT, "valueCode": names.ABSENT_REASONS[value]}
        return [{f"_{name}": {"extension": [reason]}}]
    return [{name: int(value) if item["type"] == "integer" else value}]


def _coding(item: Plain, code: str) -> Plain:
    """The coding of an answer with its weight. A case may have a word that the template does not have."""
    for option in item["answerOption"]:
        if option["valueCoding"]["code"] == code:
            weights = [each for each in option.get("extension", ()) if each["url"] in names.WEIGHTS]
            return {**({"extension": weights} if weights else {}), **option["valueCoding"]}
    return {"code": code}
