"""The pages of administrators: which roles need a second factor, and removing that of somebody who has lost it."""

import uuid
from typing import Annotated

from fastapi import Request
from starlette.responses import Response

from api.foundation.http.dependencies import Transaction, reading, writing
from api.foundation.http.routing import Router
from api.foundation.pages.choices import Choice
from api.foundation.pages.forms import PostedForm, TypedForm
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Conflict, Invalid, Problem, Stale
from api.people.second_factor.actions import remove_of_person
from api.people.second_factor.rule import change_rule, read_rule
from models import Role

router = Router(include_in_schema=False)

ROLES: tuple[Choice, ...] = tuple({"value": role.value, "text": role.label} for role in Role)


@router.get("/second-factor")
def show(request: Request, acting: Annotated[Transaction, reading(Permission.WRITE_PEOPLE)]) -> Response:
    return _page(request, acting)


@router.post("/second-factor")
def change(
    request: Request, acting: Annotated[Transaction, writing(Permission.WRITE_PEOPLE, recent=True)], form: PostedForm
) -> Response:
    try:
        with acting.attempt():
            chosen = set(form.texts("roles"))
            if not chosen <= set(Role):
                raise Invalid.at("roles", "Select from the roles shown.")
            change_rule(acting.session, roles=[Role(role) for role in chosen], version=form.version, by=acting.actor)
    except (Invalid, Stale) as problem:
        return _page(request, acting, problem=problem, form=form)
    return redirect("/second-factor", notice="Saved.")


@router.post("/people/{person_id}/second-factor/remove")
def remove(
    acting: Annotated[Transaction, writing(Permission.WRITE_PEOPLE, recent=True)], person_id: uuid.UUID
) -> Response:
    try:
        with acting.attempt():
            remove_of_person(acting.session, person_id=person_id, by=acting.actor)
    except Conflict as problem:
        return redirect(f"/people/{person_id}", notice=problem.detail)
    return redirect(f"/people/{person_id}", notice="Second factor removed, and all sessions ended.")


def _page(
    request: Request, acting: Transaction, *, problem: Problem | None = None, form: TypedForm | None = None
) -> Response:
    return render(
        request,
        "people/second_factor/rule.html",
        acting=acting,
        refusal=problem,
        form=form if isinstance(problem, Invalid) else None,
        rule=read_rule(acting.session, by=acting.actor),
        roles=ROLES,
    )
