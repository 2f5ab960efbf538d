"""Child-level actions over REST: of an audit, proposed by its auditor, added or changed by a moderator."""

import uuid
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictInt
from starlette.responses import Response

from api.foundation.http.dependencies import IdempotencyKey, IfMatch, Transaction, reading, writing
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import json_reply, run_once
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.foundation.text.fields import FreeText, KeepNames
from api.improvement import actions as improvement
from api.improvement.bodies import ActionOut, Post
from api.improvement.child_level import actions
from api.improvement.child_level.actions import NewChildAction
from api.improvement.defaults.actions import MOST_DAYS

router = Router(tags=["Actions"])

Reader = Annotated[Transaction, reading(Permission.READ_ACTIONS)]
Worker = Annotated[Transaction, writing(Permission.PROGRESS_ACTIONS)]


class ChildActionChange(BaseModel):
    """What a child-level action says."""

    model_config = ConfigDict(extra="forbid")

    words: Annotated[FreeText, Field(description="What must happen for the child.")]
    owner_id: Annotated[uuid.UUID | None, Field(description="The person who owns it.")] = None
    owner_post: Post = ""
    due_days: Annotated[
        StrictInt | None,
        Field(
            ge=1,
            le=MOST_DAYS,
            description="Working days from the audit's submission until it is due; as the organisation chose if left"
            " out.",
        ),
    ] = None
    reason: Annotated[FreeText, Field(description="Why it is added or changed once the audit is submitted.")] = ""
    keep_names: KeepNames = None

    def new(self) -> NewChildAction:
        """The action to propose or change."""
        return NewChildAction(**{name: getattr(self, name) for name in type(self).model_fields})


class ChildActionIn(ChildActionChange):
    theme: Annotated[str, Field(max_length=60, description="The theme that it comes from.")] = ""


class ActionsOfAudit(BaseModel):
    items: list[ActionOut]


@router.get("/audits/{audit_id}/actions", response_model=ActionsOfAudit, responses=refusals(404))
def actions_of_audit(acting: Reader, audit_id: uuid.UUID) -> ActionsOfAudit:
    """The child-level actions of an audit that you may read, also the ones that are not live yet."""
    _, found = actions.actions_of(acting.session, audit_id=audit_id, by=acting.actor)
    return ActionsOfAudit(items=[ActionOut.of(each) for each in found])


@router.post("/audits/{audit_id}/actions", status_code=201, response_model=ActionOut, responses=refusals(400, 404, 409))
def propose_child_action(acting: Worker, key: IdempotencyKey, audit_id: uuid.UUID, new: ChildActionIn) -> Response:
    """Propose an action for the child of an audit. It is live when the audit is submitted."""

    def make() -> Response:
        made = actions.propose_child_action(acting.session, audit_id=audit_id, new=new.new(), by=acting.actor)
        return _shown(acting, made.id, status=201)

    return run_once(acting, key, make)


@router.put("/child-actions/{action_id}", response_model=ActionOut, responses=refusals(404, 409, 412, 428))
def change_child_action(acting: Worker, action_id: uuid.UUID, version: IfMatch, wanted: ChildActionChange) -> Response:
    """Change what a child-level action says; once its audit is submitted with a reason."""
    actions.change_child_action(acting.session, action_id=action_id, new=wanted.new(), version=version, by=acting.actor)
    return _shown(acting, action_id)


def _shown(acting: Transaction, action_id: uuid.UUID, *, status: int = 200) -> Response:
    found = improvement.find_action(acting.session, action_id=action_id, by=acting.actor)
    return json_reply(
        ActionOut.of(found),
        status=status,
        version=found.action.version,
        location=f"/api/v1/actions/{action_id}" if status == 201 else "",
    )
