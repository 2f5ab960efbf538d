"""One's own account: name, layout of the form, password."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from api.actions import account as accounts
from api.actions import sign_in as signing_in
from api.dependencies import Acting, Allow, allow, database_of
from api.pages.forms import PostedForm
from api.pages.rendering import redirect, render
from api.pages.sign_in import caller_of, with_session
from api.permissions import Actor, Permission, check_may
from api.problems import Fault, Invalid, Stale, TooManyAttempts
from api.security import actor_of
from models import ScoringLayout
from models.database import Database

router = APIRouter(include_in_schema=False)

LAYOUTS = (
    {"value": ScoringLayout.THEME.value, "text": "One theme on a page", "hint": "Short pages, one after the other."},
    {
        "value": ScoringLayout.LEARNING_DOMAIN.value,
        "text": "All themes of a learning domain on a page",
        "hint": "Fewer, longer pages.",
    },
)


class AllowOutsideTransaction(Allow):
    """A permission, checked in a transaction that is over before the route runs.

    Hashing a password takes long, and nobody else could write meanwhile.
    """

    def __call__(self, request: Request) -> Actor:  # type: ignore[override]
        with database_of(request).reading() as session:
            actor = actor_of(request, session)
        check_may(actor, self.permission)
        return actor


@router.get("/account")
def show(request: Request, acting: Annotated[Acting, allow(Permission.OWN_ACCOUNT)]) -> Response:
    return _page(request, acting)


@router.post("/account")
def change(request: Request, acting: Annotated[Acting, allow(Permission.OWN_ACCOUNT)], form: PostedForm) -> Response:
    try:
        with acting.attempt():
            accounts.change(
                acting.session,
                name=form.text("name"),
                scoring_layout=_layout(form.text("scoring_layout")),
                version=form.version,
                by=acting.actor,
            )
    except Invalid as problem:
        return _page(request, acting, status=problem.status, faults=problem.faults, typed=form.typed)
    except Stale as problem:
        # What is stored now is shown, with its version: saving again is then a choice.
        return _page(request, acting, status=problem.status, faults=(Fault("", f"{problem.title}. {problem.detail}"),))
    return redirect("/account", notice="Your account is saved.")


@router.get("/account/password")
def show_password(request: Request, acting: Annotated[Acting, allow(Permission.OWN_ACCOUNT)]) -> Response:
    return render(request, "account/password.html", acting=acting)


@router.post("/account/password")
def change_password(
    request: Request,
    actor: Annotated[Actor, Depends(AllowOutsideTransaction(Permission.OWN_ACCOUNT))],
    database: Annotated[Database, Depends(database_of)],
    form: PostedForm,
) -> Response:
    try:
        signed_in = signing_in.change_password(
            database,
            current=form.typed.get("current_password", [""])[0],
            password=form.typed.get("password", [""])[0],
            by=actor,
            caller=caller_of(request, request.app.state.settings),
        )
    except (Invalid, TooManyAttempts) as problem:
        faults = problem.faults or (Fault("current_password", f"{problem.title}. {problem.detail}"),)
        return render(request, "account/password.html", status=problem.status, faults=faults, headers=problem.headers)
    notice = "Your password is changed. You are signed out everywhere else."
    return with_session(request, redirect("/account", notice=notice), signed_in)


def _layout(value: str) -> ScoringLayout:
    try:
        return ScoringLayout(value)
    except ValueError:
        raise Invalid.at("scoring_layout", "Choose how you like the form.") from None


def _page(
    request: Request,
    acting: Acting,
    *,
    status: int = 200,
    faults: Sequence[Fault] = (),
    typed: Mapping[str, Sequence[str]] | None = None,
) -> Response:
    person = accounts.own(acting.session, by=acting.actor)
    return render(
        request,
        "account/show.html",
        acting=acting,
        status=status,
        faults=faults,
        typed=typed,
        person=person,
        layouts=LAYOUTS,
        roles=", ".join(sorted(role.label for role in acting.actor.roles)) or "None",
    )
