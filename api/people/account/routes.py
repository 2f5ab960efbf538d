"""Whoever asks, over REST."""

import uuid
from typing import Annotated

from pydantic import BaseModel, Field

from api.foundation.http.dependencies import Transaction, reading
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.people import organisations
from models import Role

router = Router(prefix="/me", tags=["Me"])


class MeOut(BaseModel):
    id: uuid.UUID
    name: str
    roles: list[Role]
    organisation: Annotated[str, Field(description="The organisation's name.")]
    permissions: Annotated[
        list[Permission], Field(description="What this very request might have done: a token's scopes narrow it.")
    ]


@router.get("", response_model=MeOut)
def read_me(acting: Annotated[Transaction, reading(Permission.OWN_ACCOUNT)]) -> MeOut:
    """Who one is here, and what one may do."""
    actor = acting.actor
    return MeOut(
        id=actor.id,
        name=actor.name,
        roles=[role for role in Role if role in actor.roles],
        organisation=organisations.name_of(acting.session, organisation_id=actor.organisation_id),
        permissions=[permission for permission in Permission if actor.may(permission)],
    )
