"""The rule of a round for audits at the lowest rating, over REST."""

import uuid
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt
from starlette.responses import Response

from api.follow_ups.rule import actions
from api.follow_ups.rule.actions import LONGEST_POST, RuleChange
from api.foundation.http.dependencies import IfMatch, Transaction, reading, writing
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import json_reply
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.rounds import actions as rounds
from checklists.audits.follow_up import LONGEST_WEEKS, MOST_WORKING_DAYS, SHORTEST_WEEKS
from models import FollowUpRule, Role

router = Router(prefix="/rounds/{round_id}/follow-up-rule", tags=["Follow-ups"])


class FollowUpRuleIn(BaseModel):
    """What a round asks for where an audit is at the lowest rating."""

    model_config = ConfigDict(extra="forbid")

    overall: Annotated[StrictBool, Field(description="Whether it is about the overall judgement.")]
    themes: Annotated[
        list[Annotated[str, Field(max_length=60)]],
        Field(max_length=300, description="Keys of the themes that it is about. With neither, nothing is asked for."),
    ] = []
    contact_id: Annotated[
        uuid.UUID | None, Field(description="The person who is notified; or else `contact_post`.")
    ] = None
    contact_post: Annotated[
        str, Field(max_length=LONGEST_POST, description="The post that is notified, of someone without an account.")
    ] = ""
    notify_within: Annotated[
        StrictInt, Field(ge=1, le=MOST_WORKING_DAYS, description="Within how many working days.")
    ] = 2
    moderator_role: Annotated[
        Role | None, Field(description="The role that the moderator must hold: moderator or quality-lead. Null: any.")
    ] = None
    weeks: Annotated[
        StrictInt,
        Field(ge=SHORTEST_WEEKS, le=LONGEST_WEEKS, description="After how many weeks the file is followed up."),
    ] = 8


class FollowUpRuleOut(FollowUpRuleIn):
    version: int

    @classmethod
    def of(cls, rule: FollowUpRule) -> Self:
        return cls(
            overall=rule.overall,
            themes=rule.themes.split(),
            contact_id=rule.contact_id,
            contact_post=rule.contact_post,
            notify_within=rule.notify_within,
            moderator_role=Role(rule.moderator_role) if rule.moderator_role else None,
            weeks=rule.weeks,
            version=rule.version,
        )


@router.get("", response_model=FollowUpRuleOut, responses=refusals(404))
def read_follow_up_rule(
    acting: Annotated[Transaction, reading(Permission.READ_ROUNDS)], round_id: uuid.UUID
) -> Response:
    """What the round asks for where an audit is at the lowest rating."""
    rule = actions.rule_of(acting.session, rounds.find_round(acting.session, round_id=round_id, by=acting.actor))
    return json_reply(FollowUpRuleOut.of(rule), version=rule.version)


@router.put("", response_model=FollowUpRuleOut, responses=refusals(404, 409, 412, 428))
def set_follow_up_rule(
    acting: Annotated[Transaction, writing(Permission.WRITE_ROUNDS)],
    round_id: uuid.UUID,
    version: IfMatch,
    new: FollowUpRuleIn,
) -> Response:
    """Set the rule, for audits submitted or agreed from now on. If-Match is its own version: `"0"` until one is set."""
    change = RuleChange(
        overall=new.overall,
        themes=tuple(new.themes),
        contact_id=new.contact_id,
        contact_post=new.contact_post,
        notify_within=new.notify_within,
        moderator_role=new.moderator_role,
        weeks=new.weeks,
    )
    rule = actions.set_rule(acting.session, round_id=round_id, change=change, version=version, by=acting.actor)
    return json_reply(FollowUpRuleOut.of(rule), version=rule.version)
