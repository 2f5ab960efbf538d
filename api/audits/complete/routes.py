"""Audits that were done elsewhere, recorded one by one or as a list."""

import uuid
from collections.abc import Sequence
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, RootModel, model_validator
from pydantic_core import from_json, to_json
from starlette.responses import Response

from api.audits.case.actions import NewCase
from api.audits.case.routes import FactsIn, Synopsis
from api.audits.complete import actions
from api.audits.complete.actions import MOST_IN_ONE_CALL, WRITTEN_TOGETHER, PreparedAudits
from api.audits.complete.known import CompleteAudit, RecordedAudit
from api.audits.complete.queries import list_statuses
from api.audits.conclusion.routes import ConclusionIn
from api.audits.conversation.routes import ConversationIn
from api.audits.family_views.routes import FamilyViewsIn
from api.audits.routes import AnswerIn, OwnReading, Weight
from api.audits.scoring.bodies import CapReason, OwnOverall, Questions
from api.audits.theme_notes.routes import ThemeNotesIn
from api.case_files.actions import NewCaseFile
from api.case_files.routes import CaseFileIn
from api.foundation.http.bodies import MEGABYTE, body
from api.foundation.http.dependencies import (
    ActorRequest,
    Computed,
    ComputedInParts,
    IdempotencyKey,
    Page,
    RequestKey,
    Transaction,
    computing,
    reading,
    writing,
)
from api.foundation.http.json_bodies.kept import ReadWith
from api.foundation.http.problem_details import FaultOut, refusals
from api.foundation.http.replies import REPLAYED, json_reply, run_once
from api.foundation.http.routing import Router
from api.foundation.permissions import Actor, Permission
from api.foundation.problems import Problem
from api.foundation.text.fields import FreeText, KeepNames
from api.foundation.text.free_text import CleanTexts
from models import AuditMode, AuditState

router = Router(tags=["Complete audits"])


class ThemeAnswer(AnswerIn):
    theme: Annotated[str, Field(min_length=1, max_length=60)]


class CompleteAuditIn(BaseModel):
    """A complete audit: its case file, new or known, and an answer for every theme of the round's template."""

    model_config = ConfigDict(extra="forbid")

    round_id: uuid.UUID
    auditor_id: Annotated[
        uuid.UUID, Field(description="The auditor who read the case file. Must be an auditor in your organisation.")
    ]
    case_file: Annotated[
        CaseFileIn | None,
        Field(description="A new case file. To use an existing case file, send `case_file_id` instead."),
    ] = None
    case_file_id: uuid.UUID | None = None
    mode: AuditMode = AuditMode.RECORDS_ONLY
    scores: Annotated[list[ThemeAnswer], Field(min_length=1, max_length=300)]
    overall_override: OwnOverall = ""
    override_reason: FreeText = ""
    cap_reason: CapReason = ""
    keep_names: Annotated[
        KeepNames, Field(description="Applies to the override reason and the synopsis. Each score has its own.")
    ] = None
    sampling_weight: Weight = None
    conclusion: Annotated[ConclusionIn | None, Field(description="The auditor's conclusion. Optional.")] = None
    questions: Annotated[
        Questions, Field(description="Answers to the template's questions for this case, by question key.")
    ] = {}
    facts: FactsIn = {}
    synopsis: Synopsis = ""
    # Made each time: a default model would be copied deeply for every audit.
    conversation: Annotated[ConversationIn, Field(default_factory=ConversationIn)]
    family_views: Annotated[FamilyViewsIn, Field(default_factory=FamilyViewsIn)]
    theme_notes: Annotated[ThemeNotesIn, Field(default_factory=ThemeNotesIn)]

    @model_validator(mode="after")
    def _one_case_file(self) -> Self:
        self._case()
        return self

    def _case(self) -> NewCaseFile | uuid.UUID:
        if self.case_file is not None and self.case_file_id is None:
            return self.case_file.to_new()
        if self.case_file_id is not None and self.case_file is None:
            return self.case_file_id
        raise ValueError("Send either case_file or case_file_id, not both.")

    def to_complete(self) -> CompleteAudit:
        return CompleteAudit(
            round_id=self.round_id,
            auditor_id=self.auditor_id,
            case_file=self._case(),
            scores=tuple(score.to_new(score.theme) for score in self.scores),
            mode=self.mode,
            overall_override=self.overall_override,
            override_reason=self.override_reason,
            cap_reason=self.cap_reason,
            sampling_weight=self.sampling_weight,
            keep_names=self.keep_names,
            conclusion=None if self.conclusion is None else self.conclusion.to_new(),
            questions=self.questions,
            case=NewCase(self.facts, self.synopsis, self.keep_names),
            conversation=self.conversation.to_new(),
            family_views=self.family_views.to_new(),
            theme_notes=self.theme_notes.to_new(),
        )


_Kept = Annotated[CompleteAudit, ReadWith(CompleteAuditIn, CompleteAuditIn.to_complete)]


class CompleteAudits(RootModel[Annotated[list[_Kept], Field(min_length=1, max_length=MOST_IN_ONE_CALL)]]):
    """Up to 1,000 audits; each is recorded or refused by itself."""


class RecordedOut(BaseModel):
    audit_id: uuid.UUID
    case_file_id: uuid.UUID
    reference: str
    reading: OwnReading
    overall: str | None

    @classmethod
    def of(cls, recorded: RecordedAudit, auditor_id: uuid.UUID, actor: Actor) -> "RecordedOut":
        # The action's own result needs no second validation, which would be slow for a thousand items.
        return RecordedOut.model_construct(
            audit_id=recorded.audit_id,
            case_file_id=recorded.case_file_id,
            reference=recorded.reference,
            reading=None if auditor_id == actor.person_id else recorded.reading,
            overall=recorded.overall,
        )


class RefusedOut(BaseModel):
    """Why an item was refused."""

    type: str
    title: str
    detail: str
    errors: list[FaultOut] = Field(description="Each error, with its place in the item.")

    @classmethod
    def of(cls, problem: Problem) -> Self:
        return cls(
            type=f"/problems/{problem.slug}",
            title=problem.title,
            detail=problem.detail,
            errors=[FaultOut.of(fault, fault.pointer) for fault in problem.faults],
        )


class ResultOut(BaseModel):
    """The result for one item: `recorded`, or the `problem` for which it was refused."""

    status: int
    recorded: RecordedOut | None = None
    problem: RefusedOut | None = None


class ResultsOut(BaseModel):
    recorded: int
    refused: int
    items: Annotated[list[ResultOut], Field(description="One result for each item, in the order sent.")]

    @classmethod
    def of(cls, items: list[ResultOut]) -> "ResultsOut":
        recorded = sum(item.status == 201 for item in items)
        return ResultsOut.model_construct(recorded=recorded, refused=len(items) - recorded, items=items)


class AuditStatus(BaseModel):
    audit_id: uuid.UUID
    round_id: uuid.UUID
    reference: str
    reading: OwnReading
    state: AuditState


class AuditStatusList(BaseModel):
    items: list[AuditStatus]
    after: str | None


@router.post("/complete-audits", status_code=201, response_model=RecordedOut, responses=refusals(400, 409))
def record_complete_audit(
    acting: Annotated[Transaction, writing(Permission.RECORD_AUDITS)], key: IdempotencyKey, audit: CompleteAuditIn
) -> Response:
    """Record an audit that was done elsewhere: case file, answers and submission in one, all or nothing."""

    def make() -> Response:
        recorded = actions.record_audit(acting.session, audit=audit.to_complete(), by=acting.actor)
        made = RecordedOut.of(recorded, audit.auditor_id, acting.actor)
        return json_reply(made, status=201, location=f"/api/v1/audits/{recorded.audit_id}")

    return run_once(acting, key, make)


@router.post(
    "/complete-audits/batch",
    response_model=ResultsOut,
    responses=refusals(400),
    dependencies=[body(16 * MEGABYTE)],
)
def record_complete_audits(
    asking: Annotated[ActorRequest, computing(Permission.RECORD_AUDITS)],  # noqa: ARG001 - declares what it needs
    key: IdempotencyKey,
    new: CompleteAudits,
) -> ComputedInParts:
    """Record up to 1,000 audits, each independently: recorded completely, or refused with its reasons.

    They are stored some at a time. If the service cannot store all of them now, it says so after the ones already
    stored: send the same request again with the same key, and it goes on.
    """
    portions = [new.root[start : start + WRITTEN_TOGETHER] for start in range(0, len(new.root), WRITTEN_TOGETHER)]
    clean = CleanTexts()
    parts = [_recorded(some, key.of_part(number), clean) for number, some in enumerate(portions)]
    return ComputedInParts(parts, _joined, ahead=True)


def _recorded(some: Sequence[CompleteAudit], key: RequestKey, clean: CleanTexts) -> Computed:
    def prepare(acting: Transaction) -> PreparedAudits:
        return actions.prepare_audits(acting.session, audits=some, by=acting.actor, clean=clean)

    def store(acting: Transaction, prepared: PreparedAudits) -> Response:
        results = actions.store_audits(acting.session, prepared, by=acting.actor)
        items = [
            ResultOut.model_construct(status=int(result.status), problem=RefusedOut.of(result))
            if isinstance(result, Problem)
            else ResultOut.model_construct(status=201, recorded=RecordedOut.of(result, each.auditor_id, acting.actor))
            for result, each in zip(results, some, strict=True)
        ]
        return json_reply(ResultsOut.of(items))

    return Computed(prepare, store, key=key)


def _joined(responses: Sequence[Response]) -> Response:
    if len(responses) == 1:
        return responses[0]
    # They were written by the model: reading them with it would take as long as writing them.
    parts = [from_json(bytes(each.body)) for each in responses]
    content = {
        "recorded": sum(part["recorded"] for part in parts),
        "refused": sum(part["refused"] for part in parts),
        "items": [item for part in parts for item in part["items"]],
    }
    joined = Response(to_json(content), media_type="application/json")
    if all(REPLAYED in each.headers for each in responses):
        joined.headers[REPLAYED] = "true"
    return joined


@router.get("/audit-statuses", response_model=AuditStatusList)
def list_audit_statuses(
    acting: Annotated[Transaction, reading(Permission.READ_AUDIT_STATUSES)],
    page: Page,
    round_id: uuid.UUID | None = None,
) -> AuditStatusList:
    """The progress of each audit, for the system that sent the cases: no scores and no texts."""
    found = list_statuses(acting.session, by=acting.actor, limit=page.to_fetch, after=page.after_id, round_id=round_id)
    shown, after = page.cut(found, key=lambda each: each.id)
    return AuditStatusList(
        items=[
            AuditStatus(
                audit_id=row.id, round_id=row.round_id, reference=row.reference, reading=row.reading, state=row.state
            )
            for row in shown
        ],
        after=after,
    )
