"""A person's own account: name, form layout, password."""

from typing import Annotated, Final

from fastapi import Request
from starlette.responses import Response

from api.foundation.http.dependencies import ActorRequest, Transaction, password, reading, writing
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, TypedForm
from api.foundation.pages.rendering import moment_in_words, redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Fault, Invalid, Stale, TooManyAttempts
from api.people.account import actions
from api.people.sessions.queries import last_signed_in
from api.people.sign_in import actions as signing_in
from api.people.sign_in.session_pages import caller_of, with_session
from models import Person, ScoringLayout

router = Router(include_in_schema=False)
# What the person requested, to return to.
ASKED_FOR: Final = (
    (Permission.FOLLOW_JOBS, "Jobs", "Work that runs in the background", "/jobs"),
    (Permission.READ_REPORTS, "Exports", "Answers and text, as a file", "/exports"),
)

BY_TEMPLATE: Final = "by-template"
LAYOUTS = (
    {
        "value": BY_TEMPLATE,
        "text": "Depending on the template",
        "hint": "A learning domain on a page where the template has more than 8 themes.",
    },
    {"value": ScoringLayout.THEME.value, "text": "1 theme on a page", "hint": "Short pages in sequence."},
    {
        "value": ScoringLayout.LEARNING_DOMAIN.value,
        "text": "All themes in a learning domain on a page",
        "hint": "Fewer, longer pages.",
    },
)


@router.get("/account")
def show(request: Request, acting: Annotated[Transaction, reading(Permission.OWN_ACCOUNT)]) -> Response:
    return _page(request, acting)


@router.post("/account")
def change(
    request: Request, acting: Annotated[Transaction, writing(Permission.OWN_ACCOUNT)], form: PostedForm
) -> Response:
    try:
        with acting.attempt():
            actions.change_account(
                acting.session,
                name=form.text("name"),
                scoring_layout=_layout(form.text("scoring_layout")),
                notice_mail=form.has("notice_mail"),
                version=form.version,
                by=acting.actor,
            )
    except (Invalid, Stale) as problem:
        return _page(request, acting, problem=problem, form=form)
    return redirect("/account", notice="Account saved.")


@router.post("/account/stay-signed-in")
def stay_signed_in(acting: Annotated[Transaction, reading(Permission.OWN_ACCOUNT)]) -> Response:  # noqa: ARG001 - asking is the use
    """Use the session, so that it does not end: every page says so by itself, and a long form asks for it."""
    return Response(status_code=204)


@router.get("/account/password")
def show_password(request: Request, acting: Annotated[Transaction, reading(Permission.OWN_ACCOUNT)]) -> Response:
    return render(request, "people/account/password.html", acting=acting)


@router.post("/account/password")
def change_password(
    request: Request,
    asking: Annotated[ActorRequest, password(Permission.OWN_ACCOUNT)],
    form: PostedForm,
) -> Response:
    try:
        signed_in = signing_in.change_password(
            asking.database,
            current=form.typed.get("current_password", [""])[0],
            password=form.typed.get("password", [""])[0],
            by=asking.actor,
            caller=caller_of(request, asking.settings),
        )
    except (Invalid, TooManyAttempts) as problem:
        faults = problem.faults or (Fault("current_password", f"{problem.title}. {problem.detail}"),)
        return render(
            request, "people/account/password.html", status=problem.status, faults=faults, headers=problem.headers
        )
    notice = "Password changed. You are signed out on all other devices."
    return with_session(request, redirect("/account", notice=notice), signed_in)


def _layout(value: str) -> ScoringLayout | None:
    if value == BY_TEMPLATE:
        return None
    try:
        return ScoringLayout(value)
    except ValueError:
        raise Invalid.at("scoring_layout", "Select how you want to score audits.") from None


def _chosen(person: Person) -> str:
    is_chosen = person.chose_layout or person.scoring_layout is ScoringLayout.LEARNING_DOMAIN
    return person.scoring_layout.value if is_chosen else BY_TEMPLATE


def _page(
    request: Request,
    acting: Transaction,
    *,
    problem: Invalid | Stale | None = None,
    form: TypedForm | None = None,
) -> Response:
    person = actions.own_person(acting.session, by=acting.actor)
    last = last_signed_in(acting.session, by=acting.actor)
    return render(
        request,
        "people/account/show.html",
        asked_for=[
            {"key": key, "value": value, "links": [{"path": path, "text": "View", "about": f"your {key.lower()}"}]}
            for permission, key, value, path in ASKED_FOR
            if acting.actor.may(permission)
        ],
        acting=acting,
        refusal=problem,
        form=form,
        faults=(Fault("", f"{problem.title}. {problem.detail}"),) if isinstance(problem, Stale) else None,
        person=person,
        layouts=LAYOUTS,
        layout=_chosen(person),
        scores=acting.actor.may(Permission.SCORE_AUDITS),
        last_signed_in=f"You last signed in on {moment_in_words(last)}" if last else "This is your first sign-in",
        roles=", ".join(sorted(role.label for role in acting.actor.roles)) or "None",
    )
