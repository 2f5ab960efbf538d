"""Signing in and out, one-time links, and keeping a typed form when a session has ended."""

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlencode

from fastapi import Request
from starlette.responses import Response

from api.foundation.http.admission import capacity_of
from api.foundation.http.dependencies import Needs, public
from api.foundation.http.routing import Router
from api.foundation.http.security import actor_or_none, cookie_name, credential_of
from api.foundation.identity.actors import current_actor
from api.foundation.pages.forms import PostedForm, posted_form
from api.foundation.pages.home_page import next_step_or
from api.foundation.pages.rendering import current_path, redirect, render
from api.foundation.pages.resumed_form import CarriedForm, keep_for_sign_in
from api.foundation.problems import (
    Fault,
    Invalid,
    NotFound,
    NotSignedIn,
    PasswordsOff,
    Problem,
    TooManyAttempts,
    WrongCredentials,
)
from api.foundation.settings import Settings
from api.people.second_factor.sealing import Owner
from api.people.sign_in import actions
from api.people.sign_in.proving_pages import CARRIED, Stored, go_on, refused_by_provider, second_step_page, sign_in_page
from api.people.sign_in.session_pages import caller_of, next_path, secret_of, with_session
from api.people.sign_in.starting import SecondStep, SignedIn
from api.people.single_sign_on.queries import allows, may_use_password
from models.storage.database import Database

router = Router(include_in_schema=False)

# Where the person may go on to sign out of the provider of single sign-on.
SIGNED_OUT: Final = "/sign-in/provider/signed-out"


@router.get("/sign-in", dependencies=[public("Used before sign-in.")], response_model=None)
def show_sign_in(request: Request, database: Stored) -> Response:
    onward = next_path(request.query_params.get("next", ""))
    if actor_or_none(request, database) is not None:
        return redirect(onward)
    settings: Settings = request.app.state.settings
    faults = refused_by_provider(settings, request.query_params.get("refused", ""))
    return sign_in_page(request, onward=onward, faults=faults)


@router.post(
    "/sign-in",
    dependencies=[public("Used before sign-in.", needs=Needs.PASSWORD), CARRIED],
    response_model=None,
)
def sign_in(request: Request, database: Stored, form: PostedForm) -> Response:
    onward, carried = next_path(form.text("next")), CarriedForm.read(form.text("carried"))
    email = form.text("email").strip()
    settings: Settings = request.app.state.settings
    missing = [
        Fault(name, words)
        for name, words in (("email", "Enter your email address."), ("password", "Enter your password."))
        if not form.text(name)
    ]
    if missing:
        return sign_in_page(request, onward=onward, carried=carried, faults=tuple(missing), email=email)
    try:
        signed_in = actions.sign_in(
            database,
            email=email,
            password=form.typed["password"][0],
            caller=caller_of(request, settings),
            replacing=secret_of(request),
        )
    except (WrongCredentials, TooManyAttempts, PasswordsOff) as problem:
        field = "provider" if isinstance(problem, PasswordsOff) and settings.oidc_issuer else "email"
        fault = Fault(field, f"{problem.title}. {problem.detail}")
        return sign_in_page(
            request,
            status=problem.status,
            onward=onward,
            carried=carried,
            faults=(fault,),
            email=email,
            headers=problem.headers,
        )
    return go_on(request, signed_in, onward=onward, carried=carried)


@router.post(
    "/sign-out",
    dependencies=[public("Also works after the session has ended.", needs=Needs.PASSWORD), CARRIED],
    response_model=None,
)
def sign_out(request: Request, database: Stored, form: PostedForm) -> Response:
    by_provider = actions.sign_out(database, secret=secret_of(request))
    settings: Settings = request.app.state.settings
    carried = CarriedForm.read(form.text("carried"))
    if carried is not None:
        # The ended session stays in the browser: it gives no access, but a long form posted later still has a known
        # sender.
        response = sign_in_page(request, carried=carried)
    else:
        there = by_provider and settings.oidc_issuer
        response = redirect(SIGNED_OUT) if there else redirect("/sign-in", notice="You have signed out.")
        response.delete_cookie(cookie_name(settings), secure=settings.behind_https, httponly=True, samesite="lax")
    # Not "cookies": that would clear those of every service under the council's domain.
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@router.get("/link/{secret}", dependencies=[public("The holder of the link can use it once.")], response_model=None)
def show_link(request: Request, database: Stored, secret: str) -> Response:
    # Only shows a form: previews and mail scanners open links too, and must not use them up.
    try:
        link = actions.open_link(database, secret=secret)
    except NotFound:
        return render(request, "people/sign_in/spent_link.html", status=410)
    return _link_page(request, database, link)


@router.post(
    "/link/{secret}",
    dependencies=[public("The holder of the link can use it once.", needs=Needs.PASSWORD)],
    response_model=None,
)
def use_link(request: Request, database: Stored, secret: str, form: PostedForm) -> Response:
    try:
        link = actions.open_link(database, secret=secret)
        try:
            actions.check_is_for(link, email=form.text("email"))
            signed_in = actions.choose_password(
                database,
                secret=secret,
                password=form.typed.get("password", [""])[0],
                caller=caller_of(request, request.app.state.settings),
            )
        except (Invalid, TooManyAttempts) as problem:
            return _link_page(request, database, link, problem=problem, typed=form.typed)
    except NotFound:
        return render(request, "people/sign_in/spent_link.html", status=410)
    if isinstance(signed_in, SecondStep):
        return second_step_page(request, signed_in)
    onward = _first_page(database, signed_in)
    return with_session(request, redirect(onward, notice="Password set. You are signed in."), signed_in)


def _link_page(
    request: Request,
    database: Database,
    link: actions.OpenLink,
    *,
    problem: Invalid | TooManyAttempts | None = None,
    typed: Mapping[str, Sequence[str]] | None = None,
) -> Response:
    settings: Settings = request.app.state.settings
    faults: tuple[Fault, ...] = ()
    if problem is not None:
        faults = problem.faults or (Fault("password", f"{problem.title}. {problem.detail}"),)
    with database.reading() as session:
        owner = Owner(link.organisation_id, link.person_id)
        password, there = may_use_password(session, owner), allows(session, owner.organisation_id)
    return render(
        request,
        "people/sign_in/choose_password.html",
        status=problem.status if problem is not None else 200,
        headers=problem.headers if problem is not None else None,
        faults=faults,
        typed=typed,
        password=password,
        provider=settings.oidc_name if settings.oidc_issuer and there else "",
    )


async def ask_to_sign_in(request: Request, problem: NotSignedIn) -> Response:
    """The response of a page when nobody is signed in: the sign-in form, with whatever was typed kept."""
    if request.method != "POST":
        onward = next_path(current_path(request))
        return redirect("/sign-in" if onward == "/" else f"/sign-in?{urlencode({'next': onward})}")
    try:
        form = await posted_form(request)
    except Problem:
        return sign_in_page(request, status=401, onward="/")
    if form.text("carried"):
        # From a page on which a person proves who they are: its code cannot be used later, but the form it kept can.
        onward, kept = next_path(form.text("next")), CarriedForm.read(form.text("carried"))
        return sign_in_page(request, status=401, onward=onward, carried=kept, ended=problem.detail)
    database: Database = request.app.state.database
    capacity = capacity_of(request)
    async with capacity.reading.hold_async(credential_of(request)):
        typist = await capacity.run(lambda: actions.person_of(database, secret=secret_of(request)))
    carried = keep_for_sign_in(form, path=current_path(request), typist=typist)
    return sign_in_page(request, status=401, onward="/", carried=carried, ended=problem.detail)


def _first_page(database: Database, signed_in: SignedIn) -> str:
    """In an empty service the next first step that this person can do, and otherwise the home page."""
    own, person_id = signed_in.organisation_id, signed_in.person_id
    with database.reading() as session:
        actor = current_actor(session, organisation_id=own, person_id=person_id, token_id=None)
        return next_step_or("/", session, by=actor)
