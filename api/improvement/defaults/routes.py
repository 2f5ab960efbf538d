"""What an organisation chooses for its actions, over REST."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictInt
from starlette.responses import Response

from api.foundation.http.dependencies import IfMatch, Transaction, reading, writing
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import json_reply
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.improvement.defaults import actions
from api.improvement.defaults.actions import MOST_DAYS

router = Router(prefix="/action-defaults", tags=["Actions"])


class DefaultsBody(BaseModel):
    """What holds for actions where nobody says otherwise."""

    model_config = ConfigDict(extra="forbid")

    child_days: Annotated[
        StrictInt, Field(ge=1, le=MOST_DAYS, description="Working days until a child-level action is due.")
    ]


@router.get("", response_model=DefaultsBody)
def read_defaults(acting: Annotated[Transaction, reading(Permission.READ_ACTIONS)]) -> Response:
    """When child-level actions are due. Version 0 while nothing was chosen."""
    found = actions.find_defaults(acting.session, by=acting.actor)
    return json_reply(DefaultsBody(child_days=found.child_days), version=found.version)


@router.put("", response_model=DefaultsBody, responses=refusals(412, 428))
def set_defaults(
    acting: Annotated[Transaction, writing(Permission.WRITE_ACTIONS)], version: IfMatch, wanted: DefaultsBody
) -> Response:
    """Choose when child-level actions are due. Actions that exist stay as they are."""
    found = actions.set_defaults(acting.session, child_days=wanted.child_days, version=version, by=acting.actor)
    return json_reply(DefaultsBody(child_days=found.child_days), version=found.version)
