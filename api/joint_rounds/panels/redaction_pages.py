"""The page on which a quality lead redacts texts of a joint audit."""

import uuid
from typing import Annotated

from fastapi import Request
from starlette.responses import Response

from api.audits.redaction.actions import RedactionReason
from api.foundation.http.dependencies import Transaction, reading, writing
from api.foundation.http.routing import Router
from api.foundation.pages.choices import choices_of
from api.foundation.pages.forms import PostedForm, TypedForm
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Invalid, NotFound, Problem, Stale
from api.joint_rounds.panels import queries, redaction

router = Router(include_in_schema=False)

Reader = Annotated[Transaction, reading(Permission.WRITE_JOINT_ROUNDS)]
Writer = Annotated[Transaction, writing(Permission.WRITE_JOINT_ROUNDS)]


@router.get("/joint-cases/{joint_case_id}/redact")
def ask_what_is_redacted(request: Request, acting: Reader, joint_case_id: uuid.UUID) -> Response:
    return _page(request, acting, joint_case_id)


@router.post("/joint-cases/{joint_case_id}/redact")
def redact(request: Request, acting: Writer, joint_case_id: uuid.UUID, form: PostedForm) -> Response:
    reason = form.one_of("reason", RedactionReason, "Select a reason")
    try:
        with acting.attempt():
            redaction.redact(
                acting.session,
                joint_case_id=joint_case_id,
                places=form.texts("places"),
                reason=form.given(reason),
                version=form.version,
                by=acting.actor,
            )
    except (Invalid, Stale) as problem:
        return _page(request, acting, joint_case_id, problem=problem, form=form)
    return redirect(f"/joint-cases/{joint_case_id}", notice="Text redacted.")


def _page(
    request: Request,
    acting: Transaction,
    joint_case_id: uuid.UUID,
    *,
    problem: Problem | None = None,
    form: TypedForm | None = None,
) -> Response:
    found = queries.find_joint_case(acting.session, joint_case_id=joint_case_id, by=acting.actor)
    redaction.check_can_redact(acting.actor, found.case)
    across = queries.read_joint_case(acting.session, found, by=acting.actor)
    if across is None:
        raise NotFound("case of a joint audit")
    texts = redaction.redactable_texts(across)
    return render(
        request,
        "joint_rounds/panels/redact.html",
        acting=acting,
        found=found,
        texts=[{"value": each.place, "text": each.label, "hint": getattr(each.row, each.column)} for each in texts],
        reasons=choices_of(tuple(RedactionReason)),
        refusal=problem,
        form=form,
    )
