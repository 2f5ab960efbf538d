"""Audits over FHIR R4: read, listed, and recorded when they are complete."""

import uuid
from typing import Annotated, Any, Final

from fastapi import Query
from starlette.responses import Response

from api.audits.actions import find_audit
from api.fhir import names
from api.fhir.outcomes import outcome_of
from api.fhir.responses import actions, queries
from api.fhir.responses.actions import PreparedResponse
from api.fhir.responses.writing import head_of, response_of
from api.fhir.routes import BASE, PATH, FhirResource, bundle_reply, described, resource_reply
from api.foundation.http.dependencies import (
    ActorRequest,
    Computed,
    IdempotencyKey,
    Page,
    Transaction,
    computing,
    reading,
)
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import etag
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission

RESOURCE: Final = "QuestionnaireResponse"
RESPONSES: Final = f"{PATH}/{RESOURCE}"

router = Router(tags=["FHIR"])


@router.get(RESPONSES, response_class=Response, responses={200: described("Bundle")})
def list_fhir_responses(
    acting: Annotated[Transaction, reading(Permission.READ_AUDITS)],
    page: Page,
    round_id: Annotated[uuid.UUID | None, Query(alias="round", description="Only audits in this round.")] = None,
    questionnaire: Annotated[
        str | None,
        Query(
            pattern=r"^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(\|[1-9][0-9]{0,5})?$",
            description="Only audits by this template: `urn:uuid:` and its identifier, or with `|` and a version.",
        ),
    ] = None,
) -> Response:
    """The audits that you may read as a Bundle, in the order in which they were made, without their items."""
    found = queries.list_responses(
        acting.session,
        by=acting.actor,
        limit=page.to_fetch,
        after=page.after_id,
        round_id=round_id,
        template=None if questionnaire is None else _template_of(questionnaire),
    )
    shown, following = page.cut(found, key=lambda row: row.Audit.id)
    more = {"round": round_id, "questionnaire": questionnaire, "limit": page.limit, "after": following}
    return bundle_reply(RESOURCE, [_listed(row) for row in shown], more, by=acting)


def _template_of(questionnaire: str) -> tuple[uuid.UUID, int | None]:
    named, _, number = questionnaire.removeprefix(names.canonical_of("")).partition("|")
    return uuid.UUID(named), int(number) if number else None


def _listed(row: Any) -> dict[str, Any]:
    head = head_of(row.Audit, row.template_id, row.number, row.reference)
    return {**head, "meta": {**head["meta"], "tag": [names.SUBSETTED]}}


@router.get(
    RESPONSES + "/{audit_id}",
    response_class=Response,
    responses={200: described(RESOURCE), **refusals(404)},
)
def read_fhir_response(
    acting: Annotated[Transaction, reading(Permission.READ_AUDITS)], audit_id: uuid.UUID
) -> Response:
    """An audit as a response to the questionnaire of its template."""
    found = find_audit(acting.session, audit_id=audit_id, by=acting.actor)
    return resource_reply(response_of(found, acting.actor), ETag=etag(found.audit.version))


@router.post(
    RESPONSES,
    status_code=201,
    response_model=None,
    response_class=Response,
    responses={201: described("OperationOutcome"), **refusals(400, 409)},
)
def create_fhir_response(
    asking: Annotated[ActorRequest, computing(Permission.RECORD_AUDITS)],  # noqa: ARG001 - declares what it needs
    key: IdempotencyKey,
    resource: FhirResource,
) -> Computed:
    """Record the complete audit of a response: case file, answers and submission in one, all or nothing.

    The OperationOutcome names each part that is not recorded, with its linkId.
    """

    def prepare(acting: Transaction) -> PreparedResponse:
        return actions.prepare_response(acting.session, resource.root, by=acting.actor)

    def store(acting: Transaction, prepared: PreparedResponse) -> Response:
        recorded = actions.store_response(acting.session, prepared, by=acting.actor)
        outcome = outcome_of(RESOURCE, prepared.not_recorded)
        return resource_reply(outcome, status=201, Location=f"{BASE}/{RESOURCE}/{recorded.audit_id}")

    return Computed(prepare, store, key=key)
