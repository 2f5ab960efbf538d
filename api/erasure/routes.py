"""Everything held about a case, erasures and legal holds over REST."""

import uuid
from datetime import datetime
from typing import Annotated, Self

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field, StrictBool
from starlette.background import BackgroundTask
from starlette.responses import Response

from api.documents.files import FileKind, render_file
from api.documents.json_document import FILE_ANSWER, DocumentOut
from api.erasure import actions
from api.erasure.actions import PreparedConfirmation, ShownErasure
from api.erasure.certificate import certificate_of
from api.erasure.document import document_of
from api.erasure.erased_cases import finish
from api.erasure.held import everything_held
from api.foundation.http.dependencies import (
    ActorRequest,
    Computed,
    IdempotencyKey,
    Transaction,
    computing,
    database_of,
    heavy_reading,
    reading,
    writing,
)
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import file_answer, json_reply, run_once
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from models import ErasureReason, HoldReason, LegalHold

router = Router(tags=["Erasure"])

Reader = Annotated[Transaction, reading(Permission.ERASE_CASES)]
FileReader = Annotated[Transaction, heavy_reading(Permission.ERASE_CASES)]
Writer = Annotated[Transaction, writing(Permission.ERASE_CASES)]
ReadingDecider = Annotated[Transaction, reading(Permission.REDACT_AUDITS)]
FileDecider = Annotated[Transaction, heavy_reading(Permission.REDACT_AUDITS)]


class ErasureIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: ErasureReason


class ErasureOut(BaseModel):
    id: uuid.UUID
    case_file_id: uuid.UUID
    reference: Annotated[str, Field(description="Of the case, while it is stored.")]
    reason: ErasureReason
    asked_by: str
    asked_at: datetime
    decided_by: Annotated[str, Field(description="Empty while it is waiting.")]
    decided_at: datetime | None
    confirmed: bool
    may_decide: Annotated[bool, Field(description="Whether you can decide: not on your own request.")]
    why_not_decide: Annotated[str, Field(description="Why you cannot decide; empty where you can.")]
    why_not_erase: Annotated[str, Field(description="Why nobody can confirm it now; empty where somebody can.")]

    @classmethod
    def of(cls, shown: ShownErasure) -> Self:
        erasure = shown.erasure
        return cls(
            id=erasure.id,
            case_file_id=erasure.case_file_id,
            reference=shown.reference,
            reason=erasure.reason,
            asked_by=shown.asked_by,
            asked_at=erasure.asked_at,
            decided_by=shown.decided_by,
            decided_at=erasure.decided_at,
            confirmed=erasure.confirmed,
            may_decide=shown.may_decide,
            why_not_decide=shown.why_not_decide,
            why_not_erase=shown.why_not_erase,
        )


class ErasureList(BaseModel):
    items: list[ErasureOut]


class RequestedOut(BaseModel):
    id: uuid.UUID


class ErasureDecisionIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    confirmed: Annotated[StrictBool, Field(description="True: the case is erased for good. False: nothing is erased.")]


class ErasureDecidedOut(BaseModel):
    id: uuid.UUID
    confirmed: bool


class HoldIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: HoldReason


class HoldOut(BaseModel):
    id: uuid.UUID
    case_file_id: uuid.UUID
    reason: HoldReason
    placed_at: datetime
    lifted_at: datetime | None

    @classmethod
    def of(cls, hold: LegalHold) -> Self:
        return cls(
            id=hold.id,
            case_file_id=hold.case_file_id,
            reason=hold.reason,
            placed_at=hold.placed_at,
            lifted_at=hold.lifted_at,
        )


@router.get("/case-records/{case_file_id}", response_model=DocumentOut, responses=refusals(404))
def read_case_record(acting: Reader, case_file_id: uuid.UUID) -> Response:
    """Everything held about a case. What you see is recorded."""
    held = everything_held(acting.session, case_file_id=case_file_id, by=acting.actor)
    document = document_of(acting.session, held, by=acting.actor)
    return Response(DocumentOut.of(document).model_dump_json(), media_type="application/json")


@router.get(
    "/case-records/{case_file_id}/held.{kind}", response_class=Response, responses={**refusals(404), **FILE_ANSWER}
)
def read_case_record_as_file(acting: FileReader, case_file_id: uuid.UUID, kind: FileKind) -> Response:
    """The same as a file."""
    held = everything_held(acting.session, case_file_id=case_file_id, by=acting.actor)
    file = render_file(document_of(acting.session, held, by=acting.actor), kind)
    return file_answer(acting, file, "case-file.downloaded", case_file_id)


@router.post(
    "/case-records/{case_file_id}/erasure",
    status_code=201,
    response_model=RequestedOut,
    responses=refusals(400, 404, 409),
)
def request_erasure(acting: Writer, key: IdempotencyKey, case_file_id: uuid.UUID, erasure: ErasureIn) -> Response:
    """Request that a case is erased; another person must confirm it. You must be signed in: a token cannot do this."""

    def make() -> Response:
        made = actions.ask(acting.session, case_file_id=case_file_id, reason=erasure.reason, by=acting.actor)
        return json_reply(RequestedOut(id=made.id), status=201, location=f"/api/v1/erasures/{made.id}")

    return run_once(acting, key, make)


@router.post(
    "/case-records/{case_file_id}/hold", status_code=201, response_model=HoldOut, responses=refusals(400, 404, 409)
)
def place_hold(acting: Writer, key: IdempotencyKey, case_file_id: uuid.UUID, hold: HoldIn) -> Response:
    """Place a legal hold on a case: nobody can erase it. You must be signed in: a token cannot do this."""

    def make() -> Response:
        placed = actions.place_hold(acting.session, case_file_id=case_file_id, reason=hold.reason, by=acting.actor)
        return json_reply(HoldOut.of(placed), status=201)

    return run_once(acting, key, make)


@router.post("/case-records/{case_file_id}/lift", response_model=HoldOut, responses=refusals(400, 404, 409))
def lift_hold(acting: Writer, key: IdempotencyKey, case_file_id: uuid.UUID) -> Response:
    """Lift a legal hold that another person placed. You must be signed in: a token cannot do this."""

    def make() -> Response:
        return json_reply(HoldOut.of(actions.lift_hold(acting.session, case_file_id=case_file_id, by=acting.actor)))

    return run_once(acting, key, make)


@router.get("/erasures", response_model=ErasureList)
def list_erasures(acting: ReadingDecider) -> ErasureList:
    """The newest 200 erasures, waiting ones first."""
    return ErasureList(items=[ErasureOut.of(each) for each in actions.list_erasures(acting.session, by=acting.actor)])


@router.get("/erasures/{erasure_id}", response_model=ErasureOut, responses=refusals(404))
def show_erasure(acting: ReadingDecider, erasure_id: uuid.UUID) -> ErasureOut:
    """One erasure."""
    return ErasureOut.of(actions.show_erasure(acting.session, erasure_id=erasure_id, by=acting.actor))


@router.post("/erasures/{erasure_id}/decision", response_model=ErasureDecidedOut, responses=refusals(400, 404, 409))
def decide(
    request: Request,
    asking: Annotated[ActorRequest, computing(Permission.REDACT_AUDITS)],  # noqa: ARG001 - declares what it needs
    key: IdempotencyKey,
    erasure_id: uuid.UUID,
    decision: ErasureDecisionIn,
) -> Computed:
    """Confirm or decline an erasure that another person requested. You must be signed in: a token cannot do this."""

    def prepare(acting: Transaction) -> PreparedConfirmation | None:
        if not decision.confirmed:
            return None
        return actions.prepare_confirmation(acting.session, erasure_id=erasure_id, by=acting.actor)

    def store(acting: Transaction, prepared: PreparedConfirmation | None) -> Response:
        if prepared is None:
            declined = actions.decline(acting.session, erasure_id=erasure_id, by=acting.actor)
            return json_reply(ErasureDecidedOut(id=declined.id, confirmed=False))
        confirmed = actions.confirm(acting.session, prepared, by=acting.actor)
        answer = json_reply(ErasureDecidedOut(id=confirmed.id, confirmed=True))
        answer.background = BackgroundTask(finish, database_of(request), acting.settings)
        return answer

    return Computed(prepare, store, key=key)


@router.get(
    "/erasures/{erasure_id}/certificate.{kind}",
    response_class=Response,
    responses={**refusals(404, 409), **FILE_ANSWER},
)
def read_certificate(acting: FileDecider, erasure_id: uuid.UUID, kind: FileKind) -> Response:
    """The certificate of a confirmed erasure as a file."""
    shown = actions.show_erasure(acting.session, erasure_id=erasure_id, by=acting.actor)
    file = render_file(certificate_of(acting.session, shown, by=acting.actor), kind)
    return file_answer(acting, file, "erasure.certificate-fetched", erasure_id)
