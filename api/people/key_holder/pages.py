"""The page of the key-holder: whom to ask for a file, and naming them."""

import uuid
from typing import Annotated, Final

from fastapi import Request
from starlette.responses import Response

from api.foundation.http.dependencies import Transaction, reading, writing
from api.foundation.http.routing import Router
from api.foundation.pages.choices import Choice
from api.foundation.pages.forms import PostedForm, TypedForm
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Invalid, Problem, Stale
from api.people.key_holder.actions import NewKeyHolder, name_key_holder
from api.people.key_holder.queries import active_people, key_holder_of

router = Router(include_in_schema=False)

PERSON: Final = "person"


@router.get("/key-holder")
def show(request: Request, acting: Annotated[Transaction, reading(Permission.OWN_ACCOUNT)]) -> Response:
    found = key_holder_of(acting.session, acting.actor.organisation_id)
    return render(
        request,
        "people/key_holder/show.html",
        acting=acting,
        found=found,
        may_name=acting.actor.may(Permission.WRITE_KEY_HOLDER),
    )


@router.get("/key-holder/edit")
def edit(request: Request, acting: Annotated[Transaction, reading(Permission.WRITE_KEY_HOLDER)]) -> Response:
    return _form_page(request, acting)


@router.post("/key-holder/edit")
def change(
    request: Request, acting: Annotated[Transaction, writing(Permission.WRITE_KEY_HOLDER)], form: PostedForm
) -> Response:
    try:
        with acting.attempt():
            name_key_holder(acting.session, key_holder=_typed(form), version=form.version, by=acting.actor)
    except (Invalid, Stale) as problem:
        return _form_page(request, acting, form=form, problem=problem)
    return redirect("/key-holder", notice="Key-holder saved.")


def _typed(form: TypedForm) -> NewKeyHolder:
    kind = form.text("kind")
    if not kind:
        raise Invalid.at("kind", "Select who the key-holder is.")
    if kind != PERSON:
        return NewKeyHolder(post=form.text("post"), contact=form.text("contact"))
    try:
        return NewKeyHolder(person_id=uuid.UUID(form.text("person_id")))
    except ValueError:
        raise Invalid.at("person_id", "Select a person.") from None


def _form_page(
    request: Request, acting: Transaction, *, form: TypedForm | None = None, problem: Problem | None = None
) -> Response:
    found = key_holder_of(acting.session, acting.actor.organisation_id)
    people: list[Choice] = [
        {"value": str(each.id), "text": f"{each.name}, {each.email}"}
        for each in active_people(acting.session, acting.actor.organisation_id)
    ]
    return render(
        request,
        "people/key_holder/form.html",
        acting=acting,
        refusal=problem,
        form=form,
        found=found,
        is_stale=isinstance(problem, Stale),
        people=people,
    )
