"""Replacing a case of a sample by the next of its reserve."""

import uuid
from typing import Annotated

from fastapi import Request
from starlette.responses import Response

from api.allocation.replacement import actions as replacement
from api.allocation.replacement.actions import PreparedReplacement
from api.foundation.http.dependencies import ActorRequest, Computed, Transaction, computing, reading
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, TypedForm
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Problem
from api.sampling import actions

router = Router(include_in_schema=False)

ReadingLead = Annotated[Transaction, reading(Permission.ALLOCATE_AUDITS)]


@router.get("/samples/{sample_id}/cases/{case_file_id}/replace")
def ask_why(request: Request, acting: ReadingLead, sample_id: uuid.UUID, case_file_id: uuid.UUID) -> Response:
    return _replace_page(request, acting, sample_id, case_file_id)


@router.post("/samples/{sample_id}/cases/{case_file_id}/replace", response_model=None)
def replace_case(
    request: Request,
    asking: Annotated[ActorRequest, computing(Permission.ALLOCATE_AUDITS)],  # noqa: ARG001 - declares what it needs
    sample_id: uuid.UUID,
    case_file_id: uuid.UUID,
    form: PostedForm,
) -> Computed:
    def prepare(acting: Transaction) -> PreparedReplacement:
        return replacement.prepare_replacement(
            acting.session,
            sample_id=sample_id,
            case_file_id=case_file_id,
            reason=form.text("reason"),
            version=form.version,
            keep_names=form.keep_names(),
            by=acting.actor,
        )

    def store(acting: Transaction, prepared: PreparedReplacement) -> Response:
        replacement.store_replacement(acting.session, prepared, by=acting.actor)
        return redirect(f"/samples/{sample_id}", notice="Case replaced with the next reserve case.")

    def refused(acting: Transaction, problem: Problem) -> Response:
        return _replace_page(request, acting, sample_id, case_file_id, form=form, problem=problem)

    return Computed(prepare, store, refused=refused)


def _replace_page(
    request: Request,
    acting: Transaction,
    sample_id: uuid.UUID,
    case_file_id: uuid.UUID,
    *,
    form: TypedForm | None = None,
    problem: Problem | None = None,
) -> Response:
    session = acting.session
    sample = actions.find_sample(session, sample_id=sample_id, by=acting.actor)
    _, reference = actions.case_of(session, sample, case_file_id)
    return render(
        request,
        "allocation/replace.html",
        acting=acting,
        refusal=problem,
        form=form,
        sample=sample,
        reference=reference,
        case_file_id=case_file_id,
    )
