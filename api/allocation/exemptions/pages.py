"""Pages of exemptions: who is given no audits in a round, and why."""

import uuid
from typing import Annotated

from fastapi import Request
from starlette.responses import Response

from api.allocation.exemptions import actions as exemptions
from api.allocation.exemptions.actions import end_exemption, exemptions_of
from api.audits import actions as audits
from api.foundation.http.dependencies import Transaction, reading, writing
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, TypedForm
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Conflict, Fault, Invalid, Problem
from api.rounds import actions as rounds

router = Router(include_in_schema=False)

ReadingLead = Annotated[Transaction, reading(Permission.ALLOCATE_AUDITS)]
WritingLead = Annotated[Transaction, writing(Permission.ALLOCATE_AUDITS)]


@router.get("/rounds/{round_id}/exemptions")
def show_exemptions(request: Request, acting: ReadingLead, round_id: uuid.UUID) -> Response:
    return _exemptions_page(request, acting, round_id)


@router.post("/rounds/{round_id}/exemptions")
def exempt(request: Request, acting: WritingLead, round_id: uuid.UUID, form: PostedForm) -> Response:
    """Exempts a person, or ends an exemption, depending on the button."""
    try:
        with acting.attempt():
            if form.has("end"):
                person = form.given(form.identifier("end", "Select a person"))
                end_exemption(acting.session, round_id=round_id, person_id=person, by=acting.actor)
            else:
                chosen = form.identifier("person", "Select a person")
                if not form.text("reason").strip():
                    form.faults.append(Fault("reason", "Enter why this person is exempt"))
                exemptions.exempt_person(
                    acting.session,
                    round_id=round_id,
                    person_id=form.given(chosen),
                    reason=form.text("reason"),
                    keep_names=form.keep_names(),
                    by=acting.actor,
                )
    except (Invalid, Conflict) as problem:
        return _exemptions_page(request, acting, round_id, form=form, problem=problem)
    notice = (
        "Exemption ended." if form.has("end") else "Exemption added. This person is not allocated audits in this round."
    )
    return redirect(f"/rounds/{round_id}/exemptions", notice=notice)


def _exemptions_page(
    request: Request,
    acting: Transaction,
    round_id: uuid.UUID,
    *,
    form: TypedForm | None = None,
    problem: Problem | None = None,
) -> Response:
    session, actor = acting.session, acting.actor
    return render(
        request,
        "allocation/exemptions.html",
        acting=acting,
        refusal=problem,
        form=form,
        audit_round=rounds.find_round(session, round_id=round_id, by=actor),
        exemptions=exemptions_of(session, round_id=round_id, by=actor),
        people=[
            {"value": str(identifier), "text": name}
            for identifier, name in audits.active_auditors(session, actor).items()
        ],
    )
