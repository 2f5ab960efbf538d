"""The way to the provider and back, and signing out there. No page says what the provider sent."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from api.foundation.http.dependencies import ActorRequest, Needs, outside, public
from api.foundation.http.routing import Router
from api.foundation.http.security import actor_or_none, cookie_name
from api.foundation.pages.forms import PostedForm
from api.foundation.pages.rendering import redirect, render
from api.foundation.pages.resumed_form import CarriedForm
from api.foundation.permissions import Permission
from api.foundation.problems import Fault, NotFound
from api.foundation.settings import Settings
from api.people.sign_in.attempts import key_of
from api.people.sign_in.proving_pages import CARRIED, Stored, carried_page, go_on, sign_in_page
from api.people.sign_in.session_pages import caller_of, next_path, secret_of
from api.people.single_sign_on import actions
from api.people.single_sign_on.provider.client import Provider, provider_of
from api.people.single_sign_on.provider.flow import LASTS, Flow, Returned, sign_out_address
from api.people.single_sign_on.provider.proved import asked
from api.people.single_sign_on.provider.refusals import ProviderRefusal

router = Router(include_in_schema=False)

_HELD_BACK = {
    "administrator-and-reader": (
        "Your groups make you an administrator and give you another role. An administrator cannot see audits, so you "
        "were given no new role. Tell your IT team."
    ),
    "last-administrator": (
        "Your groups no longer make you an administrator. You still are one, because you are the last. Make another "
        "person an administrator."
    ),
}


@router.get("/sign-in/provider", dependencies=[public("Used before sign-in.", needs=Needs.OUTSIDE)])
def begin(request: Request) -> Response:
    onward = next_path(request.query_params.get("next", ""))
    return _to_provider(request, Flow.new(onward=onward), f"/sign-in?{urlencode({'next': onward})}&")


@router.get("/sign-in/provider/again")
def begin_again(
    request: Request,
    asking: Annotated[  # noqa: ARG001 - declares what it needs
        ActorRequest, outside(Permission.OWN_ACCOUNT, without_second_factor=True)
    ],
) -> Response:
    onward = next_path(request.query_params.get("next", ""))
    return _to_provider(request, Flow.new(onward=onward, proves=True), "/sign-in/again?")


@router.get(
    "/sign-in/provider/back",
    dependencies=[public("The provider sends people here, to be signed in.", needs=Needs.OUTSIDE)],
)
def come_back(request: Request, database: Stored) -> Response:
    """Always a redirect, so that no code stays in the address of a page."""
    provider, settings = _provider(request), _settings(request)
    caller, asked_for = caller_of(request, settings), request.query_params
    flow = Flow.read(caller.key, request.cookies.get(_cookie(settings), ""))
    returned = Returned(*(asked_for.get(name, "")[:4000] for name in ("code", "state", "iss", "error")))
    try:
        if flow is not None and flow.proves:
            response = _prove_again(request, database, flow, returned)
        else:
            found = actions.sign_in(
                database,
                provider=provider,
                flow=flow,
                returned=returned,
                settings=settings,
                caller=caller,
                replacing=secret_of(request),
            )
            onward = flow.onward if flow is not None else "/"
            response = go_on(
                request, found.signed_in, onward=onward, carried=None, notice=_HELD_BACK.get(found.held_back, "")
            )
    except ProviderRefusal as refusal:
        where = {"refused": refusal.reason.value, "next": flow.onward if flow is not None else "/"}
        again = flow is not None and flow.proves
        response = redirect(f"{'/sign-in/again' if again else '/sign-in'}?{urlencode(where)}")
    response.delete_cookie(_cookie(settings), secure=settings.behind_https, httponly=True, samesite="lax")
    return response


@router.post("/sign-in/provider/continue", dependencies=[public("Used before sign-in."), CARRIED], response_model=None)
def go_on_with_what_was_typed(request: Request, database: Stored, form: PostedForm) -> Response:
    """After signing in in another tab: what was typed before is kept by the page that this comes from."""
    carried, actor = CarriedForm.read(form.text("carried")), actor_or_none(request, database)
    if actor is None:
        fault = Fault("provider", "You are not signed in yet. Sign in in the other tab, then come back and continue.")
        return sign_in_page(request, carried=carried, faults=(fault,))
    return redirect("/") if carried is None else carried_page(request, carried, actor.id)


@router.get("/sign-in/provider/signed-out", dependencies=[public("Shown after sign-out.")])
def signed_out(request: Request) -> Response:
    return render(request, "people/single_sign_on/signed_out.html", provider=_provider(request).name)


@router.get("/sign-in/provider/out", dependencies=[public("Leads out of the provider.", needs=Needs.OUTSIDE)])
def sign_out_there(request: Request) -> Response:
    provider = _provider(request)
    try:
        address = asked(lambda: sign_out_address(provider))
    except ProviderRefusal as refusal:
        return redirect(f"/sign-in?{urlencode({'refused': refusal.reason.value})}")
    return RedirectResponse(address, 303) if address else redirect("/sign-in", notice="You have signed out.")


@router.post(
    "/sign-in/provider/logout",
    dependencies=[public("The provider says here who has signed out.", needs=Needs.OUTSIDE)],
    response_model=None,
)
def log_out(request: Request, database: Stored, form: PostedForm) -> Response:
    """OpenID Connect Back-Channel Logout 1.0: 200 without a body, or 400."""
    caller = caller_of(request, _settings(request))
    try:
        actions.log_out(database, provider=_provider(request), token=form.text("logout_token"), caller=caller)
    except ProviderRefusal as refusal:
        return JSONResponse({"error": "invalid_request", "error_description": refusal.reason.value}, 400)
    return Response(status_code=200)


def _prove_again(request: Request, database: Stored, flow: Flow, returned: Returned) -> Response:
    actor = actor_or_none(request, database)
    if actor is None:
        return redirect(f"/sign-in?{urlencode({'next': flow.onward})}")
    caller = caller_of(request, _settings(request))
    actions.prove_again(database, provider=_provider(request), flow=flow, returned=returned, caller=caller, by=actor)
    return redirect(flow.onward)


def _to_provider(request: Request, flow: Flow, back: str) -> Response:
    provider, settings = _provider(request), _settings(request)
    try:
        address = asked(lambda: flow.address(provider))
    except ProviderRefusal as refusal:
        return redirect(f"{back}{urlencode({'refused': refusal.reason.value})}")
    response = RedirectResponse(address, 303)
    response.set_cookie(
        _cookie(settings),
        flow.write(key_of(settings.trail_key_path)),
        max_age=int(LASTS.total_seconds()),
        path="/",
        httponly=True,
        samesite="lax",  # the browser comes back from another site
        secure=settings.behind_https,
    )
    return response


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


def _provider(request: Request) -> Provider:
    provider = provider_of(_settings(request))
    if provider is None:
        raise NotFound
    return provider


def _cookie(settings: Settings) -> str:
    return f"{cookie_name(settings)}-provider"
