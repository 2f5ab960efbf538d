"""The pages of administrators: who signs in how, testing the settings, and removing a person's link."""

import uuid
from typing import Annotated

from fastapi import Request
from starlette.responses import Response

from api.foundation.health.findings import is_fit
from api.foundation.http.dependencies import ActorRequest, Transaction, outside, reading, writing
from api.foundation.http.routing import Router
from api.foundation.pages.choices import Choice
from api.foundation.pages.forms import PostedForm, TypedForm
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Conflict, Invalid, Problem, Stale
from api.people.single_sign_on.group_lines import read_lines, write_lines
from api.people.single_sign_on.provider.client import provider_of
from api.people.single_sign_on.provider.examining import examine
from api.people.single_sign_on.rule import Wanted, change_rule, read_rule, unlink
from models import Role

router = Router(include_in_schema=False)

Reading = Annotated[Transaction, reading(Permission.WRITE_PEOPLE)]
Writing = Annotated[Transaction, writing(Permission.WRITE_PEOPLE, recent=True)]

ALLOWED: tuple[Choice, ...] = ({"value": "yes", "text": "Yes"}, {"value": "no", "text": "No"})
PASSWORDS: tuple[Choice, ...] = (
    {"value": "everybody", "text": "Everybody may use a password"},
    {
        "value": "named",
        "text": "Only the people named below",
        "hint": "Others who signed in with a password are signed out.",
    },
)


@router.get("/single-sign-on")
def show(request: Request, acting: Reading) -> Response:
    return _page(request, acting)


@router.post("/single-sign-on")
def change(request: Request, acting: Writing, form: PostedForm) -> Response:
    try:
        with acting.attempt():
            wanted = Wanted(
                allowed=form.text("allowed") == "yes",
                passwords=form.text("passwords") != "named",
                keepers=form.text("keepers").splitlines(),
                groups=read_lines(form.text("groups")),
            )
            change_rule(acting.session, wanted=wanted, version=form.version, settings=acting.settings, by=acting.actor)
    except (Invalid, Stale) as problem:
        return _page(request, acting, problem=problem, form=form)
    return redirect("/single-sign-on", notice="Saved.")


@router.post("/single-sign-on/test")
def test(request: Request, asking: Annotated[ActorRequest, outside(Permission.WRITE_PEOPLE)]) -> Response:
    provider = provider_of(asking.settings)
    if provider is None:
        return redirect("/single-sign-on")
    tested = examine(provider)
    return render(
        request, "people/single_sign_on/tested.html", tested=tested, name=provider.name, is_fit=is_fit(tested)
    )


@router.post("/people/{person_id}/single-sign-on/remove")
def remove(acting: Writing, person_id: uuid.UUID) -> Response:
    try:
        with acting.attempt():
            unlink(acting.session, person_id=person_id, by=acting.actor)
    except Conflict as problem:
        return redirect(f"/people/{person_id}", notice=problem.detail)
    return redirect(f"/people/{person_id}", notice="Link removed, and the sessions that began with it ended.")


def _page(
    request: Request, acting: Transaction, *, problem: Problem | None = None, form: TypedForm | None = None
) -> Response:
    rule, keepers = read_rule(acting.session, by=acting.actor)
    return render(
        request,
        "people/single_sign_on/rule.html",
        acting=acting,
        refusal=problem,
        form=form if isinstance(problem, Invalid) else None,
        rule=rule,
        keepers="\n".join(keepers),
        groups=write_lines(rule.groups),
        provider=provider_of(acting.settings),
        allowed=ALLOWED,
        passwords=PASSWORDS,
        roles=", ".join(Role),
    )
