"""The key-holder over REST."""

import uuid
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.foundation.http.dependencies import IfMatch, Transaction, reading, writing
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import json_reply
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.people.key_holder.actions import LONGEST_CONTACT, LONGEST_POST, NewKeyHolder, name_key_holder
from api.people.key_holder.queries import ShownKeyHolder, key_holder_of

router = Router(tags=["People"])


class KeyHolderIn(BaseModel):
    """A person with an account, or a post with a contact."""

    model_config = ConfigDict(extra="forbid")

    person_id: Annotated[uuid.UUID | None, Field(description="A person with access; leave out the other fields.")] = (
        None
    )
    post: Annotated[str, Field(max_length=LONGEST_POST, description="A post, such as Performance team.")] = ""
    contact: Annotated[
        str, Field(max_length=LONGEST_CONTACT, description="The email address or telephone number of the post.")
    ] = ""


class KeyHolderOut(BaseModel):
    name: Annotated[str, Field(description="The name of the person or post; empty when nobody is named yet.")]
    contact: str
    person_id: uuid.UUID | None
    has_left: Annotated[bool, Field(description="Whether the person no longer has access to the service.")]

    @classmethod
    def of(cls, found: ShownKeyHolder) -> Self:
        return cls(name=found.name, contact=found.contact, person_id=found.person_id, has_left=found.is_gone)


@router.get("/key-holder", response_model=KeyHolderOut)
def read_key_holder(acting: Annotated[Transaction, reading(Permission.OWN_ACCOUNT)]) -> Response:
    """Who finds a child's file from the reference of a case. Its version is 0 while nobody is named."""
    found = key_holder_of(acting.session, acting.actor.organisation_id)
    return json_reply(KeyHolderOut.of(found), version=found.version)


@router.put("/key-holder", response_model=KeyHolderOut, responses=refusals(412, 428))
def change_key_holder(
    acting: Annotated[Transaction, writing(Permission.WRITE_KEY_HOLDER)], version: IfMatch, key_holder: KeyHolderIn
) -> Response:
    """Name the key-holder in place of the present one."""
    named = name_key_holder(
        acting.session, key_holder=NewKeyHolder(**dict(key_holder)), version=version, by=acting.actor
    )
    return json_reply(KeyHolderOut.of(named), version=named.version)
