"""What moderation and sign-off take and give over REST."""

import uuid
from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, RootModel, StrictBool, StrictInt

from api.foundation.text.fields import FreeText, KeepNames
from api.moderation.actions import OverallReview
from api.moderation.queries import OverallStatus
from checklists.audits.audit_states import AuditState, Turn
from checklists.audits.moderation import Cause
from models import Audit, Comment, ModerationRule, Reopening


class CommentOut(BaseModel):
    id: uuid.UUID
    thread_id: uuid.UUID
    theme: str
    words: str
    author_id: uuid.UUID
    written_at: datetime
    resolved_at: datetime | None
    resolved_by_id: uuid.UUID | None

    @classmethod
    def of(cls, comment: Comment) -> Self:
        return cls(**{name: getattr(comment, name) for name in cls.model_fields})


class ReopeningOut(BaseModel):
    id: uuid.UUID
    reason: str
    asked_by_id: uuid.UUID
    asked_at: datetime
    decided_by_id: uuid.UUID | None
    decided_at: datetime | None
    confirmed: bool | None
    voided_signature: str
    signed_by_id: uuid.UUID | None
    signed_at: datetime | None

    @classmethod
    def of(cls, reopening: Reopening) -> Self:
        return cls(**{name: getattr(reopening, name) for name in cls.model_fields})


class ModeratedThemeOut(BaseModel):
    """A theme's answer from its auditor, from a moderator, and as it was agreed; empty where there is none."""

    theme: str
    auditor_answer: str
    moderator_answer: str
    reason: str
    judged: Annotated[bool, Field(description="True if a moderator reviewed the current answer.")]
    agreed_answer: str


class ModeratedOverallOut(BaseModel):
    """The overall judgements of an audit; empty where there is none."""

    auditor_calculated: Annotated[str, Field(description="The judgement calculated from the auditor's answers.")]
    auditor_override: Annotated[str, Field(description="The overall judgement the auditor chose instead.")]
    override_reason: str
    exceeds_rule: Annotated[bool, Field(description="True if the auditor's judgement is above the template's limit.")]
    calculated: Annotated[
        str, Field(description="The judgement calculated from the current reviewed or agreed answers.")
    ]
    moderator_overall: Annotated[str, Field(description="The moderator's overall judgement.")]
    moderator_reason: str
    judged: Annotated[
        bool, Field(description=("True if the moderator's judgement was given for the current calculated judgement."))
    ]
    agreed_overall: str
    agreed_overall_reason: str

    @classmethod
    def of(cls, audit: Audit, overall: OverallStatus) -> Self:
        return cls(
            auditor_calculated=overall.auditor_calculated,
            auditor_override=audit.overall_override,
            override_reason=audit.override_reason,
            exceeds_rule=overall.exceeds_rule,
            calculated=overall.calculated,
            moderator_overall=overall.moderator,
            moderator_reason=overall.moderator_reason,
            judged=overall.is_reviewed,
            agreed_overall=audit.agreed_overall,
            agreed_overall_reason=audit.agreed_overall_reason,
        )


class ModerationOut(BaseModel):
    audit_id: uuid.UUID
    state: AuditState
    turn: Turn
    overall: ModeratedOverallOut
    causes: list[Cause]
    chosen_by_hand: bool
    moderator_id: uuid.UUID | None
    agreed_at: datetime | None
    signature: str
    signed_at: datetime | None
    signed_by_id: uuid.UUID | None
    as_signed: Annotated[bool | None, Field(description="True if the answers have not changed since sign-off.")]
    themes: list[ModeratedThemeOut]
    comments: list[CommentOut]
    reopenings: list[ReopeningOut]


class JudgementIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    answer: Annotated[str, Field(min_length=1, max_length=40)]
    reason: Annotated[FreeText, Field(description="The reason for an answer that differs from the auditor's.")] = ""
    keep_names: KeepNames = None


class JudgementsIn(RootModel[dict[Annotated[str, Field(max_length=60)], JudgementIn]]):
    """The moderator's reviews by theme key: the auditor's answer again, or another with a reason."""


class OverallIn(BaseModel):
    """An overall judgement. It needs a reason when it is not the one that the answers give by the template's rule."""

    model_config = ConfigDict(extra="forbid")

    overall: Annotated[
        str,
        Field(max_length=40, description="A rating. Empty only if there are no ratings to calculate a judgement from."),
    ]
    overall_reason: FreeText = ""
    keep_names: KeepNames = None

    def to_review(self) -> OverallReview:
        return OverallReview(self.overall, self.overall_reason, self.keep_names)


class CommentIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    words: Annotated[FreeText, Field(min_length=1)]
    theme: Annotated[str, Field(max_length=60, description="Empty for a comment on the whole audit.")] = ""
    thread_id: Annotated[uuid.UUID | None, Field(description="The thread to reply to.")] = None
    keep_names: KeepNames = None


class ChoiceIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    chosen: StrictBool


class ModerationDecisionIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    confirmed: StrictBool


class ModerationRuleIn(BaseModel):
    """What is moderated in a round; an audit is when any of these selects it, or a person does."""

    model_config = ConfigDict(extra="forbid")

    share_percent: Annotated[
        StrictInt,
        Field(ge=0, le=100, description="100 moderates every audit. Below 100, audits are selected at random."),
    ]
    lowest: Annotated[StrictBool, Field(description="Moderate every audit with an answer at the lowest rating.")]
    first_audits: Annotated[
        StrictInt, Field(ge=0, le=100, description="Number of each auditor's first audits to moderate.")
    ]


class ModerationRuleOut(ModerationRuleIn):
    seed: Annotated[
        str, Field(description=("The seed for random selection. Anyone with the seed can repeat the selection."))
    ]
    version: int

    @classmethod
    def of(cls, rule: ModerationRule) -> Self:
        return cls(**{name: getattr(rule, name) for name in cls.model_fields})


class QueueItemOut(BaseModel):
    audit_id: uuid.UUID
    round_id: uuid.UUID
    reference: str
    auditor_id: uuid.UUID
    state: AuditState
    submitted_at: datetime | None
    moderator_id: uuid.UUID | None
    causes: list[Cause]


class QueueOut(BaseModel):
    items: list[QueueItemOut]
    after: str | None
