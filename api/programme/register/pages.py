"""The page of the register of auditors and moderators."""

from typing import Annotated

from fastapi import Request
from starlette.responses import Response

from api.foundation.http.dependencies import Transaction, heavy_reading, writing
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, TypedForm
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Fault, Invalid, Problem
from api.programme.register.actions import record_training
from api.programme.register.queries import register_of

router = Router(include_in_schema=False)

ReadingLead = Annotated[Transaction, heavy_reading(Permission.WRITE_ROUNDS)]
WritingLead = Annotated[Transaction, writing(Permission.WRITE_ROUNDS)]


@router.get("/auditor-register")
def show_register(request: Request, acting: ReadingLead) -> Response:
    return _page(request, acting)


@router.post("/auditor-register")
def record(request: Request, acting: WritingLead, form: PostedForm) -> Response:
    person_id = form.identifier("person_id", "Select an active auditor or moderator.")
    trained_on = form.date("trained_on", "The day of training")
    try:
        person_id, day = form.given(person_id), form.given(trained_on)
        with acting.attempt():
            record_training(acting.session, person_id=person_id, trained_on=day, by=acting.actor)
    except Invalid as problem:
        return _page(request, acting, problem=problem, form=form)
    return redirect("/auditor-register", notice="Training recorded.")


def _page(
    request: Request, acting: Transaction, *, problem: Problem | None = None, form: TypedForm | None = None
) -> Response:
    found = register_of(acting.session, by=acting.actor)
    return render(
        request,
        "programme/register/register.html",
        acting=acting,
        refusal=problem,
        form=form,
        on_field=lambda fault: Fault(fault.pointer.removeprefix("/"), fault.detail),
        found=found,
        people=[{"value": str(each.person_id), "text": each.name} for each in found],
    )
