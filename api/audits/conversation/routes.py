"""The conversation with the worker over REST."""

import uuid
from datetime import date
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.audits.conversation import actions
from api.audits.conversation.actions import NewConversation
from api.foundation.http.dependencies import IfMatch, Transaction, reading, writing
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import json_reply
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.foundation.text.fields import FreeText, KeepNames, WrittenDate
from checklists.audits.conversation import Participant
from checklists.templates.asks import MOST_OBSTACLES
from models import Conversation

router = Router(prefix="/audits", tags=["Audits"])

Obstacle = Annotated[str, Field(min_length=1, max_length=60)]


class ConversationIn(BaseModel):
    """The conversation with the worker. What is left out is empty."""

    model_config = ConfigDict(extra="forbid")

    held_on: Annotated[WrittenDate | None, Field(description="Date of the conversation.")] = None
    took_part: Annotated[list[Participant], Field(max_length=6, description="Roles of the people who took part.")] = []
    obstacles: Annotated[
        list[Obstacle], Field(max_length=MOST_OBSTACLES, description="Barriers to the work: keys from the template.")
    ] = []
    obstacle_words: Annotated[FreeText, Field(description="The barriers in the auditor's words.")] = ""
    keep_names: KeepNames = None

    def to_new(self) -> NewConversation:
        return NewConversation(self.held_on, self.took_part, self.obstacles, self.obstacle_words, self.keep_names)


class ConversationOut(BaseModel):
    """The conversation with the worker, and what got in the way of the work."""

    held_on: date | None
    took_part: list[Participant]
    obstacles: list[str]
    obstacle_words: str
    version: Annotated[int, Field(description="0 when nothing has been written.")]

    @classmethod
    def of(cls, said: Conversation) -> Self:
        return cls(
            held_on=said.held_on,
            took_part=[Participant(each) for each in said.took_part.split()],
            obstacles=said.obstacles.split(),
            obstacle_words=said.obstacle_words,
            version=said.version,
        )


@router.get("/{audit_id}/conversation", response_model=ConversationOut, responses=refusals(404))
def read_conversation(acting: Annotated[Transaction, reading(Permission.READ_AUDITS)], audit_id: uuid.UUID) -> Response:
    """Its day, who took part, and what got in the way of the work."""
    found = actions.find_conversation(acting.session, audit_id=audit_id, by=acting.actor)
    return json_reply(ConversationOut.of(found), version=found.version)


@router.put("/{audit_id}/conversation", response_model=ConversationOut, responses=refusals(404, 409, 412, 428))
def write_conversation(
    acting: Annotated[Transaction, writing(Permission.SCORE_AUDITS)],
    audit_id: uuid.UUID,
    version: IfMatch,
    conversation: ConversationIn,
) -> Response:
    """Write the conversation, all of it. If-Match is its own version: `"0"` when there is none yet."""
    found = actions.write_conversation(
        acting.session, audit_id=audit_id, new=conversation.to_new(), version=version, by=acting.actor
    )
    return json_reply(ConversationOut.of(found), version=found.version)
