"""Redactions over REST: removing text that should never have been written in an audit."""

import uuid
from typing import Annotated

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field, StrictInt
from starlette.background import BackgroundTask
from starlette.responses import Response

from api.audits import actions as audits
from api.audits.redaction import actions
from api.audits.redaction.actions import MOST_PLACES, RedactionReason
from api.audits.routes import AuditOut
from api.foundation.http.dependencies import IfMatch, Transaction, database_of, writing
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import json_reply
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission

router = Router(prefix="/audits", tags=["Audits"])

Character = Annotated[StrictInt, Field(ge=0, le=1_000_000)]


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid")

    start: Annotated[Character, Field(description="The first character to redact, counted from 0.")]
    end: Annotated[Character, Field(description="The first character after the redaction.")]


Places = Annotated[
    list[Part],
    Field(max_length=MOST_PLACES, description="The parts of the text to redact. Leave out to redact the whole text."),
]


class RedactionIn(BaseModel):
    """What is removed, and why. A text of a theme's score names the theme."""

    model_config = ConfigDict(extra="forbid")

    field: actions.Field
    theme: Annotated[str, Field(max_length=60)] = ""
    places: Places = []
    reason: RedactionReason


@router.post("/{audit_id}/redactions", response_model=AuditOut, responses=refusals(404, 409, 412, 428))
def redact_audit(
    request: Request,
    acting: Annotated[Transaction, writing(Permission.REDACT_AUDITS)],
    audit_id: uuid.UUID,
    version: IfMatch,
    new: RedactionIn,
) -> Response:
    """Put “[redacted]” in place of words that should never have been written. They are removed for good."""
    audit = actions.redact_audit(
        acting.session,
        audit_id=audit_id,
        field=new.field,
        theme=new.theme,
        places=[(part.start, part.end) for part in new.places],
        reason=new.reason,
        version=version,
        by=acting.actor,
    )
    response = json_reply(AuditOut.of(audits.read_audit(acting.session, audit), acting.actor), version=audit.version)
    response.background = BackgroundTask(database_of(request).empty_log)
    return response
