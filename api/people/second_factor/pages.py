"""The pages of one's own second factor."""

import uuid
from typing import Annotated

from fastapi import Request
from starlette.responses import Response

from api.foundation.http.dependencies import ActorRequest, Transaction, password, reading, writing
from api.foundation.http.replies import SecretReply
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, TypedForm, submit_once
from api.foundation.pages.rendering import redirect, render
from api.foundation.pages.resumed_form import CarriedForm
from api.foundation.permissions import Actor, Permission
from api.foundation.problems import Conflict, Fault, Invalid, Problem
from api.people.account.actions import own_person
from api.people.second_factor import actions, passkeys
from api.people.second_factor.codes import as_image
from api.people.second_factor.sealing import Owner
from api.people.sign_in.proving_pages import CARRIED
from api.people.sign_in.session_pages import caller_of

router = Router(include_in_schema=False)

PATH = "/account/second-factor"
# Also for somebody who can do nothing else before.
Showing = Annotated[Transaction, reading(Permission.OWN_ACCOUNT, without_second_factor=True)]
ShowingKey = Annotated[Transaction, reading(Permission.OWN_ACCOUNT, without_second_factor=True, recent=True)]
SettingUp = Annotated[Transaction, writing(Permission.OWN_ACCOUNT, without_second_factor=True, recent=True)]
AddingPasskey = Annotated[ActorRequest, password(Permission.OWN_ACCOUNT, without_second_factor=True, recent=True)]
Changing = Annotated[Transaction, writing(Permission.OWN_ACCOUNT, recent=True)]


@router.get(PATH)
def show(request: Request, acting: Showing) -> Response:
    return _page(request, acting)


@router.post(f"{PATH}/codes", dependencies=[CARRIED])
def offer_codes(request: Request, acting: SettingUp, form: PostedForm) -> Response:
    try:
        with acting.attempt():
            actions.offer_codes(acting.session, key=_key(request, acting), by=acting.actor)
    except Conflict as problem:
        return _page(request, acting, problem=problem)
    if not form.text("carried"):
        return redirect(f"{PATH}/codes")
    return _codes_page(request, acting, carried=form.text("carried"))


@router.get(f"{PATH}/codes")
def show_codes(request: Request, acting: ShowingKey) -> Response:
    return _codes_page(request, acting)


@router.post(f"{PATH}/codes/confirm", dependencies=[CARRIED])
def confirm_codes(request: Request, acting: SettingUp, form: PostedForm) -> Response:
    def make() -> SecretReply:
        key = _key(request, acting)
        made = actions.confirm_codes(acting.session, key=key, code=form.text("code"), by=acting.actor)
        return _recovery_page(request, made, carried=form.text("carried"), acting=acting, by=acting.actor)

    try:
        with acting.attempt():
            return submit_once(acting, form, make)
    except Invalid as problem:
        return _codes_page(request, acting, carried=form.text("carried"), problem=problem)
    except Conflict as problem:
        return _page(request, acting, problem=problem)


@router.post(f"{PATH}/codes/remove")
def remove_codes(request: Request, acting: Changing) -> Response:
    try:
        with acting.attempt():
            actions.remove_codes(acting.session, by=acting.actor)
    except Conflict as problem:
        return _page(request, acting, problem=problem)
    return redirect(PATH, notice="One-time codes removed.")


@router.post(f"{PATH}/passkeys", dependencies=[CARRIED])
def add_passkey(request: Request, asking: AddingPasskey, form: PostedForm) -> Response:
    caller = caller_of(request, asking.settings)
    owner = Owner(asking.actor.organisation_id, asking.actor.id)
    try:
        with asking.database.reading() as session:
            name = actions.check_can_add_passkey(session, name=form.text("name"), by=asking.actor)
        registered = passkeys.read_new(caller.key, owner, caller.site, form.text("credential"))
        with asking.database.writing() as session:
            made = actions.add_passkey(session, registered=registered, name=name, by=asking.actor)
    except (Invalid, Conflict) as problem:
        with asking.database.reading() as session:
            acting = Transaction(asking.actor, session, asking.settings, asking.actor.id)
            return _page(request, acting, problem=problem, form=form)
    return _recovery_page(request, made, carried=form.text("carried"), by=asking.actor).answer


@router.post(f"{PATH}/passkeys/{{passkey_id}}/remove")
def remove_passkey(request: Request, acting: Changing, passkey_id: uuid.UUID) -> Response:
    try:
        with acting.attempt():
            actions.remove_passkey(acting.session, passkey_id=passkey_id, by=acting.actor)
    except Conflict as problem:
        return _page(request, acting, problem=problem)
    return redirect(PATH, notice="Passkey removed.")


@router.post(f"{PATH}/recovery-codes")
def make_recovery_codes(request: Request, acting: Changing, form: PostedForm) -> Response:
    def make() -> SecretReply:
        made = actions.make_recovery_codes(acting.session, by=acting.actor)
        return _recovery_page(request, made, acting=acting, by=acting.actor)

    try:
        with acting.attempt():
            return submit_once(acting, form, make)
    except Conflict as problem:
        return _page(request, acting, problem=problem)


def _page(
    request: Request, acting: Transaction, *, problem: Problem | None = None, form: TypedForm | None = None
) -> Response:
    caller = caller_of(request, acting.settings)
    factors = actions.own_factors(acting.session, by=acting.actor)
    person = own_person(acting.session, by=acting.actor)
    owner = Owner(acting.actor.organisation_id, acting.actor.id)
    return render(
        request,
        "people/second_factor/show.html",
        acting=acting,
        refusal=problem,
        form=form,
        on_field=lambda fault: Fault("name" if fault.pointer == passkeys.FIELD else fault.pointer, fault.detail),
        factors=factors,
        asked=passkeys.ask_for_new(
            caller.key, owner, caller.site, email=person.email, name=person.name, has=factors.passkeys
        ),
        is_needed=acting.actor.proof is not None and acting.actor.proof.needs_second_factor,
        carried=form.text("carried") if form is not None else "",
    )


def _codes_page(
    request: Request, acting: Transaction, *, carried: str = "", problem: Invalid | None = None
) -> Response:
    offered = actions.offered_codes(acting.session, key=_key(request, acting), by=acting.actor)
    if offered is None:
        return redirect(PATH)
    return render(
        request,
        "people/second_factor/codes.html",
        acting=acting,
        refusal=problem,
        offered=offered,
        image=as_image(offered.address),
        carried=carried,
    )


def _recovery_page(
    request: Request, made: list[str], *, by: Actor, carried: str = "", acting: Transaction | None = None
) -> SecretReply:
    """The recovery codes, shown once; where the person has some already, what they were doing."""
    kept = CarriedForm.read(carried)
    if kept is not None and not kept.is_of(by.id):
        kept = None
    page = render(request, "people/second_factor/recovery.html", acting=acting, codes=made, carried=kept)
    again = redirect(PATH, notice="Second factor set up.")
    return SecretReply(page if made or kept is not None else again, again=again)


def _key(request: Request, acting: Transaction) -> bytes:
    return caller_of(request, acting.settings).key
