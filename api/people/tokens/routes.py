"""Tokens over REST: one's own under /me/tokens, those of integrations under /tokens."""

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, StrictInt
from starlette.responses import Response

from api.foundation.http.dependencies import IdempotencyKey, Page, PageQuery, Transaction, reading, writing
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import SecretReply, json_reply, run_once
from api.foundation.http.routing import Router
from api.foundation.permissions import INTEGRATION_SCOPES, Permission
from api.people.tokens import actions
from api.people.tokens.actions import NewToken
from models import Token

router = Router(tags=["Tokens"])

ReadingOwnTokens = Annotated[Transaction, reading(Permission.OWN_ACCOUNT)]
WritingOwnTokens = Annotated[Transaction, writing(Permission.OWN_ACCOUNT)]
ReadingIntegrations = Annotated[Transaction, reading(Permission.WRITE_TOKENS)]
WritingIntegrations = Annotated[Transaction, writing(Permission.WRITE_TOKENS)]


class TokenIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Annotated[
        str,
        Field(
            min_length=1,
            max_length=actions.LONGEST_NAME,
            description="What the token is for, such as the name of the program.",
        ),
    ]
    scopes: Annotated[
        list[Permission],
        Field(
            min_length=1,
            max_length=len(Permission),
            description="What the token can do. It can never do more than the person can. Integrations can have "
            + ", ".join(scope.value for scope in Permission if scope in INTEGRATION_SCOPES)
            + ".",
        ),
    ]
    days: Annotated[
        StrictInt | None,
        Field(ge=1, le=365, description="Number of days until the token expires. Null: the maximum allowed."),
    ] = None


class TokenOut(BaseModel):
    id: uuid.UUID
    name: str
    scopes: list[Permission]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    ended_at: Annotated[
        datetime | None,
        Field(description="When the token was found to have expired. An expired token cannot be used again."),
    ]
    last_used_at: Annotated[datetime | None, Field(description="To the nearest hour; null if never used.")]

    @classmethod
    def of(cls, token: Token, **more: Any) -> Self:
        return cls(
            id=token.id,
            name=token.name,
            scopes=actions.scopes_of(token),
            created_at=token.created_at,
            expires_at=token.expires_at,
            revoked_at=token.revoked_at,
            ended_at=token.ended_at,
            last_used_at=token.last_used_at,
            **more,
        )


class NewTokenOut(TokenOut):
    secret: Annotated[
        str | None,
        Field(
            description="The value that the program sends as `Authorization: Bearer`. It is returned once and is "
            "not stored: it is null if the request is repeated. In that case, revoke the token and "
            "create another."
        ),
    ]


class TokenList(BaseModel):
    items: list[TokenOut]
    after: str | None


@router.get("/me/tokens", response_model=TokenList)
def list_own_tokens(acting: ReadingOwnTokens, page: Page) -> TokenList:
    """Your own tokens, newest first."""
    return _page(
        actions.list_own_tokens(acting.session, by=acting.actor, limit=page.to_fetch, after=page.after_id), page
    )


@router.post("/me/tokens", status_code=201, response_model=NewTokenOut, responses=refusals(400))
def make_own_token(
    acting: Annotated[Transaction, writing(Permission.OWN_ACCOUNT, recent=True)], key: IdempotencyKey, token: TokenIn
) -> Response:
    """Create a token that acts as you. You must be signed in: a token cannot create tokens."""
    return _make(acting, key, token, actions.create_own_token)


@router.post("/me/tokens/{token_id}/revoke", response_model=TokenOut, responses=refusals(404))
def revoke_own_token(acting: WritingOwnTokens, token_id: uuid.UUID) -> TokenOut:
    """Revoke one of your own tokens immediately."""
    return TokenOut.of(actions.revoke_own_token(acting.session, token_id=token_id, by=acting.actor))


@router.get("/tokens", response_model=TokenList)
def list_tokens_of_integrations(acting: ReadingIntegrations, page: Page) -> TokenList:
    """Tokens of programs that do not act for a person, newest first."""
    found = actions.list_integration_tokens(acting.session, by=acting.actor, limit=page.to_fetch, after=page.after_id)
    return _page(found, page)


@router.post("/tokens", status_code=201, response_model=NewTokenOut, responses=refusals(400))
def make_token_for_integration(
    acting: Annotated[Transaction, writing(Permission.WRITE_TOKENS, recent=True)], key: IdempotencyKey, token: TokenIn
) -> Response:
    """Create a token for a program that acts for nobody. You must be signed in: a token cannot create tokens."""
    return _make(acting, key, token, actions.create_integration_token)


@router.post("/tokens/{token_id}/revoke", response_model=TokenOut, responses=refusals(404))
def revoke_token_of_integration(acting: WritingIntegrations, token_id: uuid.UUID) -> TokenOut:
    """Revoke an integration's token immediately."""
    return TokenOut.of(actions.revoke_integration_token(acting.session, token_id=token_id, by=acting.actor))


def _make(acting: Transaction, key: IdempotencyKey, token: TokenIn, create: Callable[..., NewToken]) -> Response:
    def make() -> SecretReply:
        made = create(
            acting.session,
            name=token.name,
            scopes=token.scopes,
            days=token.days,
            settings=acting.settings,
            by=acting.actor,
        )
        return _with_secret(made)

    return run_once(acting, key, make)


def _page(found: Sequence[Token], page: PageQuery) -> TokenList:
    shown, after = page.cut(found, key=lambda each: each.id)
    return TokenList(
        items=[TokenOut.of(token) for token in shown],
        after=after,
    )


def _with_secret(made: NewToken) -> SecretReply:
    def answered(secret: str | None) -> Response:
        return json_reply(NewTokenOut.of(made.token, secret=secret), status=201)

    return SecretReply(answered(made.secret), again=answered(None))
