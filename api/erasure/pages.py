"""Pages on which everything held about a case is read, and its erasure is requested, confirmed and certified."""

import uuid
from typing import Annotated

from fastapi import Query, Request
from starlette.background import BackgroundTask
from starlette.responses import Response

from api.documents.files import FileKind, render_file
from api.erasure import actions
from api.erasure.actions import PreparedConfirmation
from api.erasure.certificate import certificate_of
from api.erasure.document import document_of
from api.erasure.erased_cases import finish
from api.erasure.held import check_can_read_whole, everything_held, find_by_reference
from api.foundation.http.dependencies import (
    ActorRequest,
    Computed,
    Transaction,
    computing,
    database_of,
    heavy_reading,
    reading,
    writing,
)
from api.foundation.http.replies import file_answer
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, TypedForm
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Conflict, Fault, Invalid, NotAllowed, NotFound, Problem, is_allowed, refusal_of
from models import ErasureReason, HoldReason

router = Router(include_in_schema=False)

Reader = Annotated[Transaction, reading(Permission.ERASE_CASES)]
FileReader = Annotated[Transaction, heavy_reading(Permission.ERASE_CASES)]
Writer = Annotated[Transaction, writing(Permission.ERASE_CASES)]
ReadingDecider = Annotated[Transaction, reading(Permission.REDACT_AUDITS)]
FileDecider = Annotated[Transaction, heavy_reading(Permission.REDACT_AUDITS)]


@router.get("/case-records")
def look_up(
    request: Request,
    acting: Reader,
    reference: Annotated[str, Query(max_length=64, description="The reference of a case file.")] = "",
) -> Response:
    problem: Problem | None = None
    if reference.strip():
        try:
            found = find_by_reference(acting.session, reference=reference, by=acting.actor)
        except NotFound:
            problem = Invalid.at("reference", "No case file has this reference. Check it and try again.")
        else:
            return redirect(f"/case-records/{found}")
    return render(
        request,
        "erasure/look_up.html",
        acting=acting,
        status=200 if problem is None else problem.status,
        faults=() if problem is None else problem.faults,
        typed={"reference": reference},
    )


@router.get("/case-records/{case_file_id}")
def show_case(request: Request, acting: Reader, case_file_id: uuid.UUID) -> Response:
    return _case_page(request, acting, case_file_id)


@router.get("/case-records/{case_file_id}/held.{kind}")
def show_case_as_file(acting: FileReader, case_file_id: uuid.UUID, kind: FileKind) -> Response:
    held = everything_held(acting.session, case_file_id=case_file_id, by=acting.actor)
    file = render_file(document_of(acting.session, held, by=acting.actor), kind)
    return file_answer(acting, file, "case-file.downloaded", case_file_id)


@router.post("/case-records/{case_file_id}/erasure")
def ask(request: Request, acting: Writer, case_file_id: uuid.UUID, form: PostedForm) -> Response:
    try:
        with acting.attempt():
            reason = ErasureReason(_chosen(form, "reason", [each.value for each in ErasureReason], "Select why"))
            actions.ask(acting.session, case_file_id=case_file_id, reason=reason, by=acting.actor)
    except (Conflict, Invalid) as problem:
        return _case_page(request, acting, case_file_id, problem=problem, form=form)
    return redirect("/erasures", notice="Erasure requested. Another quality lead or a moderator must confirm it.")


@router.post("/case-records/{case_file_id}/hold")
def place_hold(request: Request, acting: Writer, case_file_id: uuid.UUID, form: PostedForm) -> Response:
    try:
        with acting.attempt():
            reason = HoldReason(_chosen(form, "hold_reason", [each.value for each in HoldReason], "Select the reason"))
            actions.place_hold(acting.session, case_file_id=case_file_id, reason=reason, by=acting.actor)
    except (Conflict, Invalid) as problem:
        return _case_page(request, acting, case_file_id, problem=problem, form=form)
    return redirect(f"/case-records/{case_file_id}", notice="Legal hold placed. This case cannot be erased.")


@router.post("/case-records/{case_file_id}/lift")
def lift_hold(request: Request, acting: Writer, case_file_id: uuid.UUID) -> Response:
    try:
        with acting.attempt():
            actions.lift_hold(acting.session, case_file_id=case_file_id, by=acting.actor)
    except (Conflict, NotAllowed) as problem:
        check_can_read_whole(acting.session, case_file_id, by=acting.actor)
        return _case_page(request, acting, case_file_id, problem=problem)
    return redirect(f"/case-records/{case_file_id}", notice="Legal hold lifted.")


@router.get("/erasures")
def list_erasures(request: Request, acting: ReadingDecider) -> Response:
    return _list_page(request, acting)


@router.post("/erasures/{erasure_id}", response_model=None)
def decide(
    request: Request,
    asking: Annotated[ActorRequest, computing(Permission.REDACT_AUDITS)],  # noqa: ARG001 - declares what it needs
    erasure_id: uuid.UUID,
    form: PostedForm,
) -> Computed:
    def prepare(acting: Transaction) -> PreparedConfirmation | None:
        if _chosen(form, "decision", ["confirm", "decline"], "Select confirm or decline") == "decline":
            return None
        return actions.prepare_confirmation(acting.session, erasure_id=erasure_id, by=acting.actor)

    def store(acting: Transaction, prepared: PreparedConfirmation | None) -> Response:
        if prepared is None:
            actions.decline(acting.session, erasure_id=erasure_id, by=acting.actor)
            return redirect("/erasures", notice="Declined. Nothing was erased.")
        actions.confirm(acting.session, prepared, by=acting.actor)
        answer = redirect("/erasures", notice="The case was erased. Download the certificate below.")
        answer.background = BackgroundTask(finish, database_of(request), acting.settings)
        return answer

    def refused(acting: Transaction, problem: Problem) -> Response:
        return _list_page(request, acting, problem=problem)

    return Computed(prepare, store, refused=refused)


@router.get("/erasures/{erasure_id}/certificate.{kind}")
def show_certificate_as_file(acting: FileDecider, erasure_id: uuid.UUID, kind: FileKind) -> Response:
    shown = actions.show_erasure(acting.session, erasure_id=erasure_id, by=acting.actor)
    file = render_file(certificate_of(acting.session, shown, by=acting.actor), kind)
    return file_answer(acting, file, "erasure.certificate-fetched", erasure_id)


def _chosen(form: TypedForm, name: str, values: list[str], asked: str) -> str:
    if form.text(name) not in values:
        raise Invalid.at(name, asked)
    return form.text(name)


def _case_page(
    request: Request,
    acting: Transaction,
    case_file_id: uuid.UUID,
    *,
    problem: Problem | None = None,
    form: TypedForm | None = None,
) -> Response:
    session, by = acting.session, acting.actor
    held = everything_held(session, case_file_id=case_file_id, by=by)
    faults = () if problem is None else problem.faults or (Fault("", problem.detail),)
    return render(
        request,
        "erasure/case.html",
        acting=acting,
        refusal=problem,
        faults=faults,
        form=form,
        held=held,
        document=document_of(session, held, by=by),
        hold_reason=held.hold.reason.label if held.hold is not None else "",
        may_lift=is_allowed(actions.check_can_lift, session, case_file_id, by=by),
        why_not=refusal_of(actions.check_can_ask, session, case_file_id, by=by),
        reasons=[{"value": each.value, "text": each.label} for each in ErasureReason],
        hold_reasons=[{"value": each.value, "text": each.label} for each in HoldReason],
    )


def _list_page(request: Request, acting: Transaction, *, problem: Problem | None = None) -> Response:
    found = actions.list_erasures(acting.session, by=acting.actor)
    return render(
        request,
        "erasure/list.html",
        acting=acting,
        refusal=problem,
        faults=() if problem is None else (Fault("", problem.detail),),
        waiting=[each for each in found if each.erasure.decided_at is None],
        decided=[each for each in found if each.erasure.decided_at is not None],
    )
