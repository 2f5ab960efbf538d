"""Audits over REST: reading, submitting, returning, withdrawing."""

import uuid
from datetime import datetime
from typing import Annotated, Self

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field, StrictFloat
from starlette.responses import Response

from api.access.blindness import reading_shown
from api.audits import actions, queries
from api.audits.actions import ReadAudit, overall_when_submitted
from api.audits.beside.bodies import BesideThemes
from api.audits.conclusion.routes import ConclusionOut
from api.audits.consistency.routes import Consistency, InconsistencyOut
from api.audits.outcomes import Outcome, outcomes_of
from api.audits.scoring import actions as scores
from api.audits.scoring.actions import NewScore
from api.audits.scoring.bodies import CapReason, ChangedQuestions, FirstJudgementOut, OwnOverall, without_nulls
from api.audits.submission import actions as submissions
from api.foundation.http.dependencies import (
    IfMatch,
    Page,
    Transaction,
    reading,
    writing,
)
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import json_reply
from api.foundation.http.routing import Router
from api.foundation.permissions import Actor, Permission
from api.foundation.text.fields import FreeText, KeepNames
from api.foundation.text.free_text import MOST_CHARACTERS
from checklists.audits.audit_states import WHOSE_TURN, Turn
from checklists.audits.sources import AnswerSource
from models import Audit, AuditMode, AuditState, Score

router = Router(prefix="/audits", tags=["Audits"])


OwnReading = Annotated[
    int | None, Field(description="First or second reading of the case. Not given for your own audits.")
]
Weight = Annotated[
    StrictFloat | None,
    Field(
        gt=0,
        le=1_000_000,
        allow_inf_nan=False,
        description="How many cases in the sampling frame this case represents, if the sample was drawn unevenly.",
    ),
]


class AnswerIn(BaseModel):
    """An answer with its texts. The answer is a rating of the scale, `not-evidenced` or `not-applicable`."""

    model_config = ConfigDict(extra="forbid")

    answer: Annotated[str, Field(min_length=1, max_length=40)]
    rationale: FreeText = ""
    impact: Annotated[FreeText, Field(description="The impact on the child.")] = ""
    evidence: Annotated[FreeText, Field(description="The place in the case file. Never copied text.")] = ""
    keep_names: KeepNames = None
    sources: Annotated[
        list[AnswerSource],
        Field(default_factory=list, max_length=5, description="Sources of the answer, if the template asks for them."),
    ]

    def to_new(self, theme: str, version: int | None = None) -> NewScore:
        texts = (self.rationale, self.impact, self.evidence)
        return NewScore(theme, self.answer, *texts, version, self.keep_names, sources=self.sources)


class ThemeAnswerIn(AnswerIn):
    """An answer with its texts, and answers to questions of the theme."""

    questions: Annotated[
        ChangedQuestions,
        Field(
            description=(
                "Answers to the theme's questions, by question key. Questions that are not listed keep their answers."
            )
        ),
    ] = {}

    def to_new(self, theme: str, version: int | None = None) -> NewScore:
        return super().to_new(theme, version)._replace(questions=without_nulls(self.questions))


class ScoreOut(BaseModel):
    """An answer of the auditor, with its texts."""

    theme: str
    answer: Annotated[
        str, Field(description="The auditor's answer. The agreed answer is given separately in the audit.")
    ]
    rationale: str
    impact: str
    evidence: str
    sources: Annotated[list[AnswerSource], Field(description="Sources of the answer.")]
    version: int

    @classmethod
    def of(cls, score: Score) -> Self:
        own = {name: getattr(score, name) for name in ScoreOut.model_fields}
        return cls(**own | {"sources": score.sources.split()})


class AgreedScoreOut(ScoreOut):
    """An answer of the auditor, with its texts, and the agreed answer."""

    agreed_answer: Annotated[str, Field(description="The agreed answer. Empty until the audit is agreed.")]

    @classmethod
    def with_agreed(cls, score: Score, agreed: str) -> Self:
        return cls(**ScoreOut.of(score).model_dump(), agreed_answer=agreed)


class AuditSummary(BaseModel):
    id: uuid.UUID
    round_id: uuid.UUID
    case_file_id: uuid.UUID
    reference: str
    auditor_id: uuid.UUID
    reading: OwnReading
    mode: AuditMode
    state: AuditState
    submitted_at: datetime | None
    overall: Annotated[
        str | None,
        Field(description="The current overall judgement: agreed, or the auditor's. Null until submitted."),
    ]
    version: int

    @classmethod
    def summary(cls, audit: Audit, reference: str, actor: Actor) -> "AuditSummary":
        names = set(AuditSummary.model_fields) - {"reference", "reading", "overall"}
        own = {name: getattr(audit, name) for name in names}
        return AuditSummary(
            reference=reference, reading=reading_shown(actor, audit), overall=overall_when_submitted(audit), **own
        )


class AuditOut(BesideThemes, AuditSummary):
    """An audit. `overall` and `overall_calculated` are of the answers in force: the agreed ones, or the auditor's."""

    withdrawal_reason: str
    return_reason: str
    overall: Annotated[
        str | None,
        Field(
            description=(
                "The current overall judgement: the agreed judgement if there is one, otherwise the auditor's."
            )
        ),
    ]
    overall_calculated: Annotated[
        str | None,
        Field(
            description=(
                "The judgement calculated from the current answers. Null until the auditor has given their judgement."
            )
        ),
    ]
    auditor_overall: Annotated[str | None, Field(description="The auditor's overall judgement.")]
    auditor_calculated: Annotated[str | None, Field(description="The judgement calculated from the auditor's answers.")]
    overall_override: Annotated[
        str,
        Field(
            description="The overall judgement the auditor chose. Given for every audit if the "
            "template says that the auditor chooses it, otherwise only if it differs "
            "from the calculated judgement."
        ),
    ]
    override_reason: str
    cap_reason: Annotated[str, Field(description="The reason the judgement is above the template's limit.")]
    first_judgement: Annotated[
        FirstJudgementOut | None,
        Field(description="What the auditor judged before anybody saw what the answers give, where that was kept."),
    ]
    agreed_at: datetime | None
    agreed_overall: Annotated[str, Field(description="The agreed overall judgement. Empty until the audit is agreed.")]
    agreed_overall_reason: Annotated[
        str, Field(description="The reason it differs from the judgement calculated from the agreed answers.")
    ]
    conclusion: ConclusionOut
    scores: list[AgreedScoreOut]
    questions: Annotated[dict[str, str], Field(description="Answers to the questions asked, by question key.")]
    not_asked: Annotated[
        dict[str, str], Field(description="Why each theme or question does not apply to the case, by key.")
    ]

    @classmethod
    def of(cls, found: ReadAudit, actor: Actor) -> Self:
        audit = found.audit
        names = ("withdrawal_reason", "return_reason", "overall_override", "override_reason", "cap_reason")
        agreed = ("agreed_at", "agreed_overall", "agreed_overall_reason")
        order = {theme: place for place, theme in enumerate(found.template.theme_keys)}
        return cls(
            **AuditSummary.summary(audit, found.case_file.reference, actor).model_dump(exclude={"overall"}),
            **{name: getattr(audit, name) for name in (*names, *agreed)},
            overall=found.overall,
            overall_calculated=found.calculated,
            auditor_overall=found.auditor_overall,
            auditor_calculated=found.auditor_calculated,
            first_judgement=FirstJudgementOut.of(found.first_judgement),
            conclusion=ConclusionOut.of(found.conclusion),
            **BesideThemes.said(found),
            scores=[
                AgreedScoreOut.with_agreed(score, found.agreed_answers.get(score.theme, ""))
                for score in sorted(found.scores.values(), key=lambda score: order.get(score.theme, len(order)))
            ],
            questions=found.question_answers,
            not_asked=found.asked.reasons,
        )


class SubmittedAudit(AuditOut):
    """An audit as it was submitted, with possible inconsistencies: none that prevented submission."""

    findings: list[InconsistencyOut]

    @classmethod
    def with_findings(cls, found: ReadAudit, actor: Actor) -> Self:
        return cls(**AuditOut.of(found, actor).model_dump(), findings=Consistency.of(found).findings)


class OwnStepOut(BaseModel):
    """What you have to do with a submitted audit of yours; not due while others have to act."""

    text: str
    path: str
    is_due: bool


class ListedAudit(AuditSummary):
    """An audit in a list, with whom it waits for and what came of it."""

    turn: Turn
    agreed_at: datetime | None
    signed_at: datetime | None
    changed_answers: Annotated[
        int | None, Field(description="Number of answers changed by moderation. Null until the audit is agreed.")
    ]
    agreed_overall: Annotated[
        str | None, Field(description="The agreed overall judgement. Null until the audit is agreed.")
    ]
    own_steps: list[OwnStepOut]

    @classmethod
    def of(cls, audit: Audit, reference: str, outcome: Outcome | None, actor: Actor) -> Self:
        steps = () if outcome is None else outcome.steps
        return cls(
            **AuditSummary.summary(audit, reference, actor).model_dump(),
            turn=WHOSE_TURN[audit.state],
            agreed_at=audit.agreed_at,
            signed_at=audit.signed_at,
            changed_answers=None if outcome is None else outcome.changed,
            agreed_overall=(outcome.overall or None) if outcome is not None else None,
            own_steps=[OwnStepOut(text=step.text, path=step.path, is_due=step.is_due) for step in steps],
        )


class AuditList(BaseModel):
    items: list[ListedAudit]
    after: str | None


class AuditChange(BaseModel):
    model_config = ConfigDict(extra="forbid")

    mode: AuditMode
    overall_override: OwnOverall = ""
    override_reason: FreeText = ""
    cap_reason: CapReason = ""
    keep_names: KeepNames = None


class Reason(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, Field(min_length=1, max_length=MOST_CHARACTERS)]
    keep_names: KeepNames = None


@router.get("", response_model=AuditList)
def list_audits(
    acting: Annotated[Transaction, reading(Permission.READ_AUDITS)],
    page: Page,
    round_id: Annotated[uuid.UUID | None, Query(alias="round", description="Only audits in this round.")] = None,
    auditor: Annotated[uuid.UUID | None, Query(description="Only audits by this person.")] = None,
    state: Annotated[AuditState | None, Query(description="Only audits in this state.")] = None,
) -> AuditList:
    """The audits that you may read, in the order in which they were made."""
    found = queries.list_audits(
        acting.session,
        by=acting.actor,
        limit=page.to_fetch,
        after=page.after_id,
        round_id=round_id,
        auditor_id=auditor,
        state=state,
    )
    shown, after = page.cut(found, key=lambda each: each[0].id)
    outcomes = outcomes_of(acting.session, [audit for audit, _ in shown], by=acting.actor)
    return AuditList(
        items=[ListedAudit.of(audit, reference, outcomes.get(audit.id), acting.actor) for audit, reference in shown],
        after=after,
    )


@router.get("/{audit_id}", response_model=AuditOut, responses=refusals(404))
def read_audit(acting: Annotated[Transaction, reading(Permission.READ_AUDITS)], audit_id: uuid.UUID) -> Response:
    found = actions.find_audit(acting.session, audit_id=audit_id, by=acting.actor)
    return json_reply(AuditOut.of(found, acting.actor), version=found.audit.version)


@router.patch("/{audit_id}", response_model=AuditOut, responses=refusals(404, 409, 412, 428))
def change_audit(
    acting: Annotated[Transaction, writing(Permission.SCORE_AUDITS)],
    audit_id: uuid.UUID,
    version: IfMatch,
    changed: AuditChange,
) -> Response:
    """Set how the audit was done, and an overall judgement of your own, with a reason."""
    return shown_audit(
        acting,
        scores.change_audit(
            acting.session,
            audit_id=audit_id,
            mode=changed.mode,
            overall_override=changed.overall_override,
            override_reason=changed.override_reason,
            cap_reason=changed.cap_reason,
            version=version,
            by=acting.actor,
            keep_names=changed.keep_names,
        ),
    )


@router.post("/{audit_id}/submit", response_model=SubmittedAudit, responses=refusals(404, 409, 412, 428))
def submit_audit(
    acting: Annotated[Transaction, writing(Permission.SCORE_AUDITS)], audit_id: uuid.UUID, version: IfMatch
) -> Response:
    """Submit the audit. Everything that is asked needs an answer, with the texts that the template requires."""
    audit = submissions.submit_audit(acting.session, audit_id=audit_id, version=version, by=acting.actor)
    return json_reply(
        SubmittedAudit.with_findings(actions.read_audit(acting.session, audit), acting.actor), version=audit.version
    )


@router.post("/{audit_id}/return", response_model=AuditOut, responses=refusals(404, 409, 412, 428))
def return_audit(
    acting: Annotated[Transaction, writing(Permission.RETURN_AUDITS)],
    audit_id: uuid.UUID,
    version: IfMatch,
    why: Reason,
) -> Response:
    """Send a submitted audit back to its auditor, with a reason. Never your own."""
    made = submissions.return_to_auditor(
        acting.session,
        audit_id=audit_id,
        reason=why.reason,
        version=version,
        by=acting.actor,
        keep_names=why.keep_names,
    )
    return shown_audit(acting, made)


@router.post("/{audit_id}/withdraw", response_model=AuditOut, responses=refusals(404, 409, 412, 428))
def withdraw_audit(
    acting: Annotated[Transaction, writing(Permission.READ_AUDITS)], audit_id: uuid.UUID, version: IfMatch, why: Reason
) -> Response:
    """Take an audit out of its round for good, with a reason."""
    made = submissions.withdraw(
        acting.session,
        audit_id=audit_id,
        reason=why.reason,
        version=version,
        by=acting.actor,
        keep_names=why.keep_names,
    )
    return shown_audit(acting, made)


def shown_audit(acting: Transaction, audit: Audit) -> Response:
    """The reply of an action that has changed the audit."""
    return json_reply(
        AuditOut.of(actions.read_audit(acting.session, audit), acting.actor),
        version=audit.version,
    )
