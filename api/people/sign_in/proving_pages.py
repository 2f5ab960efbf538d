"""The second step of signing in, and the page that asks for the password again before something that matters."""

import uuid
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request
from sqlmodel import Session
from starlette.responses import Response

from api.foundation.http.admission import capacity_of
from api.foundation.http.bodies import MEGABYTE, body
from api.foundation.http.dependencies import ActorRequest, Needs, Transaction, database_of, password, public, reading
from api.foundation.http.routing import Router
from api.foundation.http.security import credential_of
from api.foundation.pages.forms import PostedForm, TypedForm, posted_form
from api.foundation.pages.rendering import compile_before_refusing, current_path, redirect, render
from api.foundation.pages.resumed_form import CarriedForm, keep_for_sign_in, keep_until_proved
from api.foundation.permissions import Actor, Permission
from api.foundation.problems import Fault, Invalid, NotFound, Problem, TooManyAttempts
from api.foundation.settings import Settings
from api.people.second_factor.proving import Given
from api.people.sign_in import second_step
from api.people.sign_in.session_pages import caller_of, next_path, secret_of, with_session
from api.people.sign_in.starting import SecondStep, SignedIn
from api.people.single_sign_on.provider.refusals import Reason
from models.storage.database import Database

router = Router(include_in_schema=False)
compile_before_refusing("people/sign_in/sign_in.html", "people/sign_in/carried.html")

Stored = Annotated[Database, Depends(database_of)]
# Allows for the fields of a form of ordinary size, encoded once more.
CARRIED = body(4 * MEGABYTE)
TOO_LATE = "That took too long, or your password was changed. Enter your password again."


@router.post(
    "/sign-in/code",
    dependencies=[public("Used before sign-in.", needs=Needs.PASSWORD), CARRIED],
    response_model=None,
)
def finish_sign_in(request: Request, database: Stored, form: PostedForm) -> Response:
    onward, carried = next_path(form.text("next")), CarriedForm.read(form.text("carried"))
    caller = caller_of(request, request.app.state.settings)
    ticket = form.text("ticket")
    try:
        try:
            signed_in = second_step.finish_sign_in(
                database, ticket=ticket, given=given_in(form), caller=caller, replacing=secret_of(request)
            )
        except (Invalid, TooManyAttempts) as problem:
            step = second_step.ask_again(database, ticket=ticket, caller=caller)
            return second_step_page(request, step, onward=onward, carried=carried, problem=problem)
    except NotFound:
        return sign_in_page(request, onward=onward, carried=carried, faults=(Fault("email", TOO_LATE),))
    return go_on(request, signed_in, onward=onward, carried=carried)


@router.get("/sign-in/again")
def show_again(
    request: Request, acting: Annotated[Transaction, reading(Permission.OWN_ACCOUNT, without_second_factor=True)]
) -> Response:
    ways = _ways(request, acting.session, acting.actor)
    reason = request.query_params.get("refused", "")
    faults = refused_by_provider(acting.settings, reason)
    return _again_page(request, ways, onward=next_path(request.query_params.get("next", "")), faults=faults)


@router.post("/sign-in/again", dependencies=[CARRIED])
def prove_again(
    request: Request,
    asking: Annotated[ActorRequest, password(Permission.OWN_ACCOUNT, without_second_factor=True)],
    form: PostedForm,
) -> Response:
    onward, carried = next_path(form.text("next")), CarriedForm.read(form.text("carried"))
    caller = caller_of(request, asking.settings)
    try:
        second_step.prove_again(
            asking.database,
            password=form.typed.get("password", [""])[0],
            given=given_in(form),
            caller=caller,
            by=asking.actor,
        )
    except (Invalid, TooManyAttempts) as problem:
        with asking.database.reading() as session:
            ways = _ways(request, session, asking.actor)
        return _again_page(
            request,
            ways,
            onward=onward,
            carried=carried,
            status=problem.status,
            headers=problem.headers,
            faults=_faults(problem, "password"),
        )
    if carried is None:
        return redirect(onward)
    return carried_page(request, carried, asking.actor.id, again=True)


async def ask_to_prove(request: Request) -> Response:
    """The response of a page for which the person signed in too long ago: their password again, and what was typed is
    kept.
    """
    database: Database = request.app.state.database
    actor: Actor = request.state.actor
    carried, onward = None, "/"
    if request.method == "POST":
        form = await _readable_form(request)
        carried = None if form is None else keep_until_proved(form, path=current_path(request), typist=actor.id)
    else:
        # Back to the page with the link: what is asked for may be a file.
        onward = next_path(_came_from(request) or current_path(request))

    def answer() -> Response:
        with database.reading() as session:
            ways = _ways(request, session, actor)
        return _again_page(request, ways, onward=onward, carried=carried, status=403)

    capacity = capacity_of(request)
    async with capacity.reading.hold_async(credential_of(request)):
        return await capacity.run(answer)


async def ask_to_set_up(request: Request) -> Response:
    """The response of a page to somebody who must set up a second factor first; what was typed is kept."""
    carried, actor = None, request.state.actor
    if request.method == "POST":
        form = await _readable_form(request)
        carried = None if form is None else keep_for_sign_in(form, path=current_path(request), typist=actor.id)
    return redirect("/account/second-factor") if carried is None else _set_up_page(request, carried)


def go_on(
    request: Request,
    signed_in: SignedIn | SecondStep,
    *,
    onward: str,
    carried: CarriedForm | None,
    notice: str = "",
) -> Response:
    """After a right password or code: to the second step, to setting one up, or to where the person was going."""
    if isinstance(signed_in, SecondStep):
        return second_step_page(request, signed_in, onward=onward, carried=carried)
    if signed_in.needs_second_factor and (carried is None or carried.is_of(signed_in.person_id)):
        page = redirect("/account/second-factor") if carried is None else _set_up_page(request, carried)
        return with_session(request, page, signed_in)
    if carried is None:
        return with_session(request, redirect(onward, notice=notice), signed_in)
    return with_session(request, carried_page(request, carried, signed_in.person_id), signed_in)


def given_in(form: TypedForm) -> Given:
    """The second factor in a form."""
    return Given(form.text("code"), form.text("credential"))


def second_step_page(
    request: Request,
    step: SecondStep,
    *,
    onward: str = "/",
    carried: CarriedForm | None = None,
    problem: Invalid | TooManyAttempts | None = None,
) -> Response:
    return render(
        request,
        "people/sign_in/second_step.html",
        status=problem.status if problem is not None else 200,
        headers=problem.headers if problem is not None else None,
        faults=_faults(problem, "code"),
        step=step,
        onward=onward,
        carried=carried.write() if carried is not None else "",
    )


def _ways(request: Request, session: Session, actor: Actor) -> second_step.Ways:
    settings: Settings = request.app.state.settings
    return second_step.what_to_prove_with(session, by=actor, caller=caller_of(request, settings), settings=settings)


def _again_page(
    request: Request,
    ways: second_step.Ways,
    *,
    onward: str = "/",
    carried: CarriedForm | None = None,
    status: int = 200,
    headers: dict[str, str] | None = None,
    faults: tuple[Fault, ...] = (),
) -> Response:
    return render(
        request,
        "people/sign_in/again.html",
        status=422 if faults and status == 200 else status,
        headers=headers,
        faults=faults,
        ways=ways,
        step=ways.step,
        onward=onward,
        carried=carried.write() if carried is not None else "",
    )


def _set_up_page(request: Request, carried: CarriedForm) -> Response:
    return render(request, "people/second_factor/first.html", carried=carried.write())


async def _readable_form(request: Request) -> TypedForm | None:
    try:
        return await posted_form(request)
    except Problem:
        return None


def _came_from(request: Request) -> str:
    """The path of the page with the link; "" where the browser does not say."""
    try:
        return urlsplit(request.headers.get("referer", "")).path
    except ValueError:
        return ""


def _faults(problem: Invalid | TooManyAttempts | None, field: str) -> tuple[Fault, ...]:
    """The faults, each at a field of the page; what has none is at this one."""
    if problem is None:
        return ()
    found = problem.faults or (Fault(field, f"{problem.title}. {problem.detail}"),)
    return tuple(Fault("code" if fault.pointer == "credential" else fault.pointer, fault.detail) for fault in found)


def carried_page(request: Request, carried: CarriedForm, person_id: uuid.UUID, *, again: bool = False) -> Response:
    if not carried.is_of(person_id):
        return render(request, "people/sign_in/not_yours.html", carried=carried.write())
    return render(request, "people/sign_in/carried.html", carried=carried, again=again)


def sign_in_page(
    request: Request,
    *,
    status: int = 0,
    onward: str = "/",
    carried: CarriedForm | None = None,
    faults: tuple[Fault, ...] = (),
    email: str = "",
    headers: dict[str, str] | None = None,
    ended: str = "",
) -> Response:
    settings: Settings = request.app.state.settings
    return render(
        request,
        "people/sign_in/sign_in.html",
        status=status or (422 if faults else 200),
        faults=faults,
        headers=headers,
        onward=onward,
        carried=carried.write() if carried is not None else "",
        email=email,
        ended=ended,
        provider=settings.oidc_name if settings.oidc_issuer else "",
    )


def refused_by_provider(settings: Settings, reason: str) -> tuple[Fault, ...]:
    """What to say where the provider of single sign-on did not sign somebody in; nothing for any other reason."""
    if not settings.oidc_issuer or reason not in set(Reason):
        return ()
    return (Fault("provider", Reason(reason).words(settings.oidc_name)),)
