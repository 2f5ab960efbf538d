"""Pages of tokens: people's own, and those of integrations for administrators and quality leads."""

import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Request
from starlette.responses import Response

from api.foundation.http.dependencies import Page, PageQuery, Transaction, reading, writing
from api.foundation.http.replies import SecretReply
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, TypedForm, submit_once
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Actor, Permission
from api.foundation.problems import Invalid
from api.people.tokens import actions
from api.people.tokens.actions import NewToken
from models import Token, now

router = Router(include_in_schema=False)

ReadingOwner = Annotated[Transaction, reading(Permission.OWN_ACCOUNT)]
WritingOwner = Annotated[Transaction, writing(Permission.OWN_ACCOUNT)]
MakingOwner = Annotated[Transaction, writing(Permission.OWN_ACCOUNT, recent=True)]
ReadingKeeper = Annotated[Transaction, reading(Permission.WRITE_TOKENS)]
WritingKeeper = Annotated[Transaction, writing(Permission.WRITE_TOKENS)]
MakingKeeper = Annotated[Transaction, writing(Permission.WRITE_TOKENS, recent=True)]


@dataclass(frozen=True, slots=True)
class Kind:
    """What differs between one's own tokens and those of integrations."""

    path: str
    is_own: bool
    scopes_for: Callable[[Actor], Collection[Permission]]
    list_tokens: Callable[..., Sequence[Token]]
    make: Callable[..., NewToken]
    revoke: Callable[..., Token]


OWN: Final = Kind(
    "/account/tokens",
    is_own=True,
    scopes_for=lambda actor: actor.scopes_to_give,
    list_tokens=actions.list_own_tokens,
    make=actions.create_own_token,
    revoke=actions.revoke_own_token,
)
OF_INTEGRATIONS: Final = Kind(
    "/tokens",
    is_own=False,
    scopes_for=lambda actor: actor.integration_scopes_to_give,
    list_tokens=actions.list_integration_tokens,
    make=actions.create_integration_token,
    revoke=actions.revoke_integration_token,
)


@router.get(OWN.path)
def list_own(request: Request, acting: ReadingOwner, page: Page) -> Response:
    return _list_page(request, acting, OWN, page)


@router.get(OWN.path + "/new")
def new_own(request: Request, acting: ReadingOwner) -> Response:
    return _new_page(request, acting, OWN)


@router.post(OWN.path + "/new")
def make_own(request: Request, acting: MakingOwner, form: PostedForm) -> Response:
    return _make(request, acting, OWN, form)


@router.get(OWN.path + "/{token_id}/revoke")
def confirm_revoking_own(request: Request, acting: ReadingOwner, token_id: uuid.UUID) -> Response:
    return _confirmation(request, acting, OWN, token_id)


@router.post(OWN.path + "/{token_id}/revoke")
def revoke_own(acting: WritingOwner, token_id: uuid.UUID) -> Response:
    return _revoke(acting, OWN, token_id)


@router.get(OF_INTEGRATIONS.path)
def list_of_integrations(request: Request, acting: ReadingKeeper, page: Page) -> Response:
    return _list_page(request, acting, OF_INTEGRATIONS, page)


@router.get(OF_INTEGRATIONS.path + "/new")
def new_for_integration(request: Request, acting: ReadingKeeper) -> Response:
    return _new_page(request, acting, OF_INTEGRATIONS)


@router.post(OF_INTEGRATIONS.path + "/new")
def make_for_integration(request: Request, acting: MakingKeeper, form: PostedForm) -> Response:
    return _make(request, acting, OF_INTEGRATIONS, form)


@router.get(OF_INTEGRATIONS.path + "/{token_id}/revoke")
def confirm_revoking_of_integration(request: Request, acting: ReadingKeeper, token_id: uuid.UUID) -> Response:
    return _confirmation(request, acting, OF_INTEGRATIONS, token_id)


@router.post(OF_INTEGRATIONS.path + "/{token_id}/revoke")
def revoke_of_integration(acting: WritingKeeper, token_id: uuid.UUID) -> Response:
    return _revoke(acting, OF_INTEGRATIONS, token_id)


def _list_page(request: Request, acting: Transaction, kind: Kind, page: PageQuery) -> Response:
    found = kind.list_tokens(acting.session, by=acting.actor, limit=page.to_fetch, after=page.after_id)
    shown, after = page.cut(found, key=lambda each: each.id)
    return render(
        request,
        "people/tokens/list.html",
        acting=acting,
        kind=kind,
        rows=[(token, [scope.label for scope in actions.scopes_of(token)]) for token in shown],
        moment=now(),
        after=after,
        first=page.after is None,
    )


def _new_page(
    request: Request, acting: Transaction, kind: Kind, *, problem: Invalid | None = None, form: TypedForm | None = None
) -> Response:
    allowed = kind.scopes_for(acting.actor)
    return render(
        request,
        "people/tokens/new.html",
        acting=acting,
        refusal=problem,
        form=form,
        kind=kind,
        scopes=[{"value": scope.value, "text": scope.label} for scope in Permission if scope in allowed],
        days=acting.settings.token_days,
    )


def _make(request: Request, acting: Transaction, kind: Kind, form: TypedForm) -> Response:
    def make() -> SecretReply:
        days = form.whole_number("days", "Number of days", least=1, most=acting.settings.token_days)
        chosen = set(form.texts("scopes"))
        if not chosen <= set(Permission):
            raise Invalid.at("scopes", "Select from the options shown.")
        form.check()
        made = kind.make(
            acting.session,
            name=form.text("name"),
            scopes=[Permission(scope) for scope in chosen],
            days=days,
            settings=acting.settings,
            by=acting.actor,
        )
        page = render(
            request, "people/tokens/made.html", acting=acting, kind=kind, token=made.token, secret=made.secret
        )
        return SecretReply(page, again=redirect(kind.path))

    try:
        with acting.attempt():
            return submit_once(acting, form, make)
    except Invalid as problem:
        return _new_page(request, acting, kind, problem=problem, form=form)


def _confirmation(request: Request, acting: Transaction, kind: Kind, token_id: uuid.UUID) -> Response:
    token = actions.find_token(acting.session, token_id=token_id, is_own=kind.is_own, by=acting.actor)
    return render(request, "people/tokens/revoke.html", acting=acting, kind=kind, token=token)


def _revoke(acting: Transaction, kind: Kind, token_id: uuid.UUID) -> Response:
    kind.revoke(acting.session, token_id=token_id, by=acting.actor)
    return redirect(kind.path, notice="Token revoked. It can no longer be used.")
