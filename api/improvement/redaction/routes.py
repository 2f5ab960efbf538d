"""Redactions of actions over REST: removing text that should never have been written."""

import uuid
from typing import Annotated

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.background import BackgroundTask
from starlette.responses import Response

from api.audits.redaction.actions import RedactionReason
from api.audits.redaction.routes import Places
from api.foundation.http.dependencies import IfMatch, Transaction, database_of, writing
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import json_reply
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.improvement import actions as improvement
from api.improvement.bodies import ActionOut
from api.improvement.redaction import actions

router = Router(prefix="/actions", tags=["Actions"])


class ActionRedactionIn(BaseModel):
    """What is removed from an action, and why."""

    model_config = ConfigDict(extra="forbid")

    field: Annotated[
        str,
        Field(
            max_length=60,
            description="The text: words, why, owner_post, measure, done, impact or drop_reason; step.2 for the second"
            " step; note.<id> for a note.",
        ),
    ]
    places: Places = []
    reason: RedactionReason


@router.post("/{action_id}/redactions", response_model=ActionOut, responses=refusals(404, 409, 412, 428))
def redact_action(
    request: Request,
    acting: Annotated[Transaction, writing(Permission.REDACT_AUDITS)],
    action_id: uuid.UUID,
    version: IfMatch,
    new: ActionRedactionIn,
) -> Response:
    """Put “[redacted]” in place of words that should never have been written. They are removed for good."""
    actions.redact_action(
        acting.session,
        action_id=action_id,
        place=new.field,
        places=[(part.start, part.end) for part in new.places],
        reason=new.reason,
        version=version,
        by=acting.actor,
    )
    found = improvement.find_action(acting.session, action_id=action_id, by=acting.actor)
    response = json_reply(ActionOut.of(found), version=found.action.version)
    response.background = BackgroundTask(database_of(request).empty_log)
    return response
