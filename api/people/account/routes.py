"""The actor, over REST."""

import uuid
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from api.foundation.http.dependencies import Transaction, reading, writing
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.people import organisations
from api.people.account import actions
from models import Person, Role

router = Router(prefix="/me", tags=["Me"])


class MeOut(BaseModel):
    id: uuid.UUID
    name: str
    roles: list[Role]
    organisation: Annotated[str, Field(description="The organisation's name.")]
    permissions: Annotated[
        list[Permission], Field(description="What this request was allowed to do. A token’s scopes limit this.")
    ]
    notice_mail: Annotated[bool, Field(description="Whether you receive emails about new notices.")]


class NoticeMailIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    wanted: StrictBool


@router.get("", response_model=MeOut)
def read_me(acting: Annotated[Transaction, reading(Permission.OWN_ACCOUNT)]) -> MeOut:
    """Your account and permissions."""
    return _shown(acting, actions.own_person(acting.session, by=acting.actor))


@router.post("/notice-mail", response_model=MeOut)
def choose_notice_mail(acting: Annotated[Transaction, writing(Permission.OWN_ACCOUNT)], choice: NoticeMailIn) -> MeOut:
    """Choose whether to receive emails about notices. Emails about urgent concerns are always sent."""
    return _shown(acting, actions.choose_notice_mail(acting.session, wanted=choice.wanted, by=acting.actor))


def _shown(acting: Transaction, person: Person) -> MeOut:
    actor = acting.actor
    return MeOut(
        id=actor.id,
        name=actor.name,
        roles=[role for role in Role if role in actor.roles],
        organisation=organisations.name_of(acting.session, organisation_id=actor.organisation_id),
        permissions=[permission for permission in Permission if actor.may(permission)],
        notice_mail=person.notice_mail,
    )
