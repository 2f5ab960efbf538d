"""FHIR R4 over REST: what the service can do, and templates as questionnaires."""

import json
import uuid
from collections.abc import Mapping, Sequence
from importlib.metadata import version as version_of
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from pydantic import RootModel
from starlette.responses import Response

from api.audit_templates import actions
from api.audit_templates.actions import FoundVersion
from api.audit_templates.routes import Number, key_of, place_of
from api.fhir import names
from api.fhir.actions import make_draft
from api.fhir.outcomes import outcome_of
from api.fhir.reading import ReadQuestionnaire, read_questionnaire
from api.fhir.writing import questionnaire_of, status_of
from api.foundation.http.dependencies import (
    ActorRequest,
    Computed,
    IdempotencyKey,
    Page,
    Transaction,
    computing,
    heavy_reading,
    reading,
)
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import etag
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission

PATH: Final = "/fhir"
BASE: Final = "/api/v1/fhir"
QUESTIONNAIRES: Final = PATH + "/Questionnaire"
# The day on which what the service can do was last described.
_DESCRIBED: Final = "2026-11-30"

router = Router(tags=["FHIR"])


class FhirResource(RootModel[dict[str, Any]]):
    """A FHIR R4 resource as JSON. Parts that the service does not read are named in the answer."""


def described(title: str) -> dict[str, Any]:
    """The description of an answer that is a resource."""
    return {"description": f"A {title}.", "content": {names.MEDIA_TYPE: {"schema": {"type": "object", "title": title}}}}


def resource_reply(resource: Mapping[str, Any], *, status: int = 200, **headers: str) -> Response:
    """An answer with a resource."""
    return Response(json.dumps(resource), status, headers, media_type=names.MEDIA_TYPE)


@router.get(PATH + "/metadata", response_class=Response, responses={200: described("CapabilityStatement")})
def read_fhir_metadata(
    acting: Annotated[Transaction, reading(Permission.READ_TEMPLATES)],  # noqa: ARG001 - declares who may
) -> Response:
    """What the service can do in FHIR, as a CapabilityStatement."""
    return resource_reply(
        {
            "resourceType": "CapabilityStatement",
            "status": "active",
            "date": _DESCRIBED,
            "kind": "instance",
            "software": {"name": "Case Audit", "version": version_of("caseaudit")},
            "implementation": {"description": "Audit templates as questionnaires, and audits as their responses"},
            "fhirVersion": names.FHIR_VERSION,
            "format": [names.MEDIA_TYPE],
            "rest": [{"mode": "server", "resource": RESOURCES}],
        }
    )


RESOURCES: Final[Sequence[Mapping[str, Any]]] = (
    {
        "type": "Questionnaire",
        "interaction": [{"code": code} for code in ("read", "search-type", "create")],
        "versioning": "versioned",
        "documentation": "A version of a template. Creating one makes a draft.",
    },
    {
        "type": "QuestionnaireResponse",
        "interaction": [{"code": code} for code in ("read", "search-type", "create")],
        "versioning": "versioned",
        "searchParam": [
            {"name": "questionnaire", "type": "reference", "documentation": "A template, or one version of it."},
            {"name": "round", "type": "token", "documentation": "The identifier of a round."},
        ],
        "documentation": "An audit. Creating one records a complete audit in an open round.",
    },
)


@router.get(QUESTIONNAIRES, response_class=Response, responses={200: described("Bundle")})
def list_fhir_questionnaires(
    acting: Annotated[Transaction, reading(Permission.READ_TEMPLATES)], page: Page
) -> Response:
    """Versions of templates as a Bundle, newest template first and newest version first, without their items."""
    after = place_of(page)
    found = actions.list_versions(acting.session, by=acting.actor, limit=page.to_fetch, after=after)
    shown, following = page.cut(found, key=key_of)
    return bundle_reply(
        "Questionnaire", [_listed(each) for each in shown], {"limit": page.limit, "after": following}, by=acting
    )


def bundle_reply(
    resource: str, shown: Sequence[Mapping[str, Any]], following: Mapping[str, object], *, by: Transaction
) -> Response:
    """An answer with a page of resources. `following`: the query of the next page; without `after` this is the last."""
    query = urlencode({name: value for name, value in following.items() if value is not None})
    base = f"{by.settings.public_path}{BASE}/{resource}"
    link = [{"relation": "next", "url": f"{base}?{query}"}]
    entries = [{"fullUrl": f"{base}/{each['id']}", "resource": each} for each in shown]
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset"}
    has_more = following["after"] is not None
    return resource_reply(bundle | ({"link": link} if has_more else {}) | ({"entry": entries} if entries else {}))


def _listed(found: FoundVersion) -> dict[str, Any]:
    version = found.version
    return {
        "resourceType": "Questionnaire",
        "id": names.id_of(version.template_id, version.number),
        "meta": {"tag": [names.SUBSETTED]},
        "url": names.canonical_of(version.template_id),
        "version": str(version.number),
        "status": status_of(found),
        "title": version.title,
    }


@router.get(
    QUESTIONNAIRES + "/{template_id}.{number}",
    response_class=Response,
    responses={200: described("Questionnaire"), **refusals(404)},
)
def read_fhir_questionnaire(
    acting: Annotated[Transaction, heavy_reading(Permission.READ_TEMPLATES)], template_id: uuid.UUID, number: Number
) -> Response:
    """A version of a template as a Questionnaire."""
    found = actions.find_version(acting.session, template_id=template_id, number=number, by=acting.actor)
    return resource_reply(questionnaire_of(found), ETag=etag(found.version.version))


@router.post(
    QUESTIONNAIRES,
    status_code=201,
    response_model=None,
    response_class=Response,
    responses={201: described("OperationOutcome"), **refusals(400, 409)},
)
def create_fhir_questionnaire(
    asking: Annotated[ActorRequest, computing(Permission.WRITE_TEMPLATES)],  # noqa: ARG001 - declares what it needs
    key: IdempotencyKey,
    resource: FhirResource,
) -> Computed:
    """Make a draft of a Questionnaire: of a new template, or the next version of the template with the same key.

    The OperationOutcome names each part that a template cannot have, with its linkId.
    """

    def prepare(_acting: Transaction) -> ReadQuestionnaire:
        return read_questionnaire(resource.root)

    def store(acting: Transaction, found: ReadQuestionnaire) -> Response:
        made = make_draft(acting.session, found.content, by=acting.actor)
        location = f"{BASE}/Questionnaire/{names.id_of(made.version.template_id, made.version.number)}"
        return resource_reply(outcome_of("Questionnaire", found.left_out), status=201, Location=location)

    return Computed(prepare, store, key=key)
