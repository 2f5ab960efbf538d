"""The conclusion of an audit over REST."""

import uuid
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StrictInt
from starlette.responses import Response

from api.audits.conclusion import actions
from api.audits.conclusion.actions import NewConclusion
from api.foundation.http.dependencies import IfMatch, Transaction, reading, writing
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import json_reply
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.foundation.text.fields import FreeText, KeepNames
from checklists.audits.conclusion import ConclusionPart
from models import Conclusion

router = Router(prefix="/audits", tags=["Audits"])


class ConclusionIn(BaseModel):
    """What the auditor concludes. Every part may be empty; one that is left out is empty."""

    model_config = ConfigDict(extra="forbid")

    works_well: Annotated[FreeText, Field(description="What is working well.")] = ""
    worries: Annotated[FreeText, Field(description="What we are worried about.")] = ""
    needs_to_happen: Annotated[FreeText, Field(description="What needs to happen.")] = ""
    feedback: Annotated[FreeText, Field(description="Feedback for the practitioner.")] = ""
    minutes: Annotated[StrictInt | None, Field(description="How long the audit took, where its template asks.")] = None
    keep_names: KeepNames = None

    def to_new(self) -> NewConclusion:
        return NewConclusion([getattr(self, part.value) for part in ConclusionPart], self.keep_names, self.minutes)


class ConclusionOut(BaseModel):
    """What the auditor concludes. Parts that were not written are empty."""

    works_well: str
    worries: str
    needs_to_happen: str
    feedback: str
    minutes: Annotated[int | None, Field(description="How long the audit took.")]
    version: Annotated[int, Field(description="0 when nothing has been written.")]

    @classmethod
    def of(cls, conclusion: Conclusion) -> Self:
        return cls(**{name: getattr(conclusion, name) for name in cls.model_fields})


@router.get("/{audit_id}/conclusion", response_model=ConclusionOut, responses=refusals(404))
def read_conclusion(acting: Annotated[Transaction, reading(Permission.READ_AUDITS)], audit_id: uuid.UUID) -> Response:
    """What works well, what worries us, what needs to happen, and feedback to the practitioner."""
    found = actions.find_conclusion(acting.session, audit_id=audit_id, by=acting.actor)
    return json_reply(ConclusionOut.of(found), version=found.version)


@router.put("/{audit_id}/conclusion", response_model=ConclusionOut, responses=refusals(404, 409, 412, 428))
def write_conclusion(
    acting: Annotated[Transaction, writing(Permission.SCORE_AUDITS)],
    audit_id: uuid.UUID,
    version: IfMatch,
    conclusion: ConclusionIn,
) -> Response:
    """Write the conclusion, all of it. If-Match is the conclusion's own version: `"0"` when there is none yet."""
    found = actions.write_conclusion(
        acting.session, audit_id=audit_id, new=conclusion.to_new(), version=version, by=acting.actor
    )
    return json_reply(ConclusionOut.of(found), version=found.version)
