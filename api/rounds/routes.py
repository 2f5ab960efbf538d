"""Rounds over REST."""

import uuid
from datetime import date, datetime
from typing import Annotated, Self

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt
from starlette.responses import Response

from api.access.people import Hindrance
from api.foundation.http.dependencies import (
    ActorRequest,
    Computed,
    IdempotencyKey,
    IfMatch,
    Page,
    Transaction,
    computing,
    reading,
    writing,
)
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import json_reply, run_once
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.foundation.text.fields import FreeText, KeepNames, WrittenDate
from api.rounds import actions, closing, queries
from api.rounds.actions import RoundPlan
from api.rounds.closing import PreparedClosing
from api.rounds.progress import progress_of
from api.rounds.unfinished import FoundWork, counts_at_closing, unfinished_in
from checklists.templates.asks import Targets
from checklists.templates.rules import MOST_THEMES
from models import Round, RoundState

router = Router(prefix="/rounds", tags=["Rounds"])
ThemeKey = Annotated[str, Field(max_length=60)]


class RoundIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: Annotated[str, Field(min_length=1, max_length=120)]
    template_id: uuid.UUID
    template_version: Annotated[StrictInt, Field(ge=1, le=1_000_000)]
    period_from: Annotated[WrittenDate, Field(description="First day of the period under review.")]
    period_to: Annotated[WrittenDate, Field(description="Last day of the period under review.")]
    read_from: Annotated[
        WrittenDate | None,
        Field(description="First day from which the file is read, if earlier than the period under review."),
    ] = None
    due_on: Annotated[WrittenDate, Field(description="The date by which audits should be submitted.")]
    target_percent: Annotated[
        StrictInt | None,
        Field(
            ge=1,
            le=100,
            description="The share of applicable answers that should meet the standard. Null: no target yet. If "
            "omitted for a new round, the template’s default is used.",
        ),
    ] = None
    lowest_percent: Annotated[
        StrictInt | None,
        Field(
            ge=0,
            le=99,
            description="The largest share of applicable answers that should be at the lowest rating. Null: no "
            "such target. If omitted, the template’s default is used.",
        ),
    ] = None
    minimum_applicable: Annotated[
        StrictInt,
        Field(
            ge=1, le=1000, description="With fewer applicable answers than this, a theme is reported as too few to say."
        ),
    ] = 5
    follows_id: Annotated[uuid.UUID | None, Field(description="The earlier round that this round follows.")] = None
    scope: Annotated[
        list[ThemeKey], Field(max_length=MOST_THEMES, description="Keys of the themes to audit. Empty: all themes.")
    ] = []

    def to_plan(self, targets: Targets, scope: str = "") -> RoundPlan:
        """The plan, with these targets and themes where none are sent."""
        otherwise: dict[str, object] = {
            "target_percent": targets.meeting_percent,
            "lowest_percent": targets.lowest_percent,
            "scope": scope.split(),
        }
        left_out = {name: percent for name, percent in otherwise.items() if name not in self.model_fields_set}
        found = self.model_dump() | left_out
        return RoundPlan(**found | {"scope": tuple(found["scope"])})


class RoundOut(BaseModel):
    id: uuid.UUID
    title: str
    template_id: uuid.UUID
    template_version: int
    period_from: date
    period_to: date
    read_from: date | None
    due_on: date
    target_percent: int | None
    lowest_percent: int | None
    minimum_applicable: int
    follows_id: uuid.UUID | None
    scope: Annotated[list[str], Field(description="Keys of the themes that the round audits. Empty: all themes.")]
    state: RoundState
    opened_at: datetime | None
    closed_at: datetime | None
    version: int

    @classmethod
    def of(cls, audit_round: Round) -> Self:
        kept = {name: getattr(audit_round, name) for name in cls.model_fields}
        return cls(**kept | {"scope": audit_round.scope.split()})


class RoundList(BaseModel):
    items: list[RoundOut]
    after: str | None


class AuditorProgress(BaseModel):
    auditor_id: uuid.UUID
    name: str
    allocated: int
    not_started: int
    in_progress: int
    returned: int
    submitted: int
    overdue: int
    hindrance: Annotated[Hindrance | None, Field(description="Why this auditor can no longer score; null if they can.")]


class ProgressOut(BaseModel):
    """The progress of a round: its audits by auditor, withdrawn ones separately."""

    allocated: int
    submitted: int
    overdue: int
    withdrawn: int
    auditors: list[AuditorProgress]


class OpeningIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    recorded_elsewhere: Annotated[
        StrictBool, Field(description="Another system will record complete audits, so none need to be allocated.")
    ] = False


class ClosingIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: Annotated[FreeText, Field(description="Why the round is closed with unfinished work.")] = ""
    keep_names: KeepNames = None


class UnfinishedItemOut(BaseModel):
    text: str
    path: Annotated[str, Field(description="The page where the work can be finished.")]


class UnfinishedKindOut(BaseModel):
    """One kind of unfinished work. `items` names up to 50; for a closed round, none."""

    kind: str
    text: Annotated[str, Field(description="The number in words: 3 audits not submitted.")]
    number: int
    blocks: Annotated[bool, Field(description="Whether the round cannot be closed until this work is finished.")] = (
        False
    )
    items: list[UnfinishedItemOut] = []

    @classmethod
    def of(cls, work: FoundWork) -> Self:
        return cls(
            kind=work.kind.key,
            text=work.words,
            number=work.found.number,
            blocks=bool(work.kind.refusal),
            items=[UnfinishedItemOut(text=item.text, path=item.path) for item in work.found.items],
        )


class UnfinishedOut(BaseModel):
    """The unfinished work in a round, as far as blind reading allows you to know, and the reason it was closed."""

    kinds: list[UnfinishedKindOut]
    reason: str


@router.get("", response_model=RoundList)
def list_rounds(
    acting: Annotated[Transaction, reading(Permission.READ_ROUNDS)],
    page: Page,
    state: Annotated[RoundState | None, Query(description="Return only rounds in this state.")] = None,
    template: Annotated[uuid.UUID | None, Query(description="Return only rounds of this template.")] = None,
) -> RoundList:
    """Rounds, newest first."""
    found = queries.list_rounds(
        acting.session,
        by=acting.actor,
        limit=page.to_fetch,
        after=page.after_id,
        states=[] if state is None else [state],
        template_id=template,
    )
    shown, after = page.cut(found, key=lambda each: each.id)
    return RoundList(
        items=[RoundOut.of(audit_round) for audit_round in shown],
        after=after,
    )


@router.post("", status_code=201, response_model=RoundOut, responses=refusals(400))
def make_round(
    acting: Annotated[Transaction, writing(Permission.WRITE_ROUNDS)], key: IdempotencyKey, plan: RoundIn
) -> Response:
    def make() -> Response:
        proposed = actions.proposed_targets(
            acting.session, template_id=plan.template_id, template_version=plan.template_version, by=acting.actor
        )
        made = actions.create_round(acting.session, plan=plan.to_plan(proposed), by=acting.actor)
        return json_reply(RoundOut.of(made), status=201, version=made.version, location=f"/api/v1/rounds/{made.id}")

    return run_once(acting, key, make)


@router.get("/{round_id}", response_model=RoundOut, responses=refusals(404))
def read_round(acting: Annotated[Transaction, reading(Permission.READ_ROUNDS)], round_id: uuid.UUID) -> Response:
    return _shown(actions.find_round(acting.session, round_id=round_id, by=acting.actor))


@router.put("/{round_id}", response_model=RoundOut, responses=refusals(404, 409, 412, 428))
def change_round(
    acting: Annotated[Transaction, writing(Permission.WRITE_ROUNDS)],
    round_id: uuid.UUID,
    version: IfMatch,
    plan: RoundIn,
) -> Response:
    """Change a round: everything if planned, only its title and due date once open.

    Omitted targets and themes do not change.
    """
    kept = actions.targets_of(acting.session, round_id=round_id, by=acting.actor)
    scope = actions.find_round(acting.session, round_id=round_id, by=acting.actor).scope
    changed = plan.to_plan(kept, scope)
    return _shown(
        actions.change_round(acting.session, round_id=round_id, plan=changed, version=version, by=acting.actor)
    )


@router.post("/{round_id}/open", response_model=RoundOut, responses=refusals(404, 409, 412, 428))
def open_round(
    acting: Annotated[Transaction, writing(Permission.WRITE_ROUNDS)],
    round_id: uuid.UUID,
    version: IfMatch,
    opening: OpeningIn | None = None,
) -> Response:
    """Open a planned round. A round with no allocated audits is refused, unless another system records its audits."""
    return _shown(
        actions.open_round(
            acting.session,
            round_id=round_id,
            version=version,
            recorded_elsewhere=opening is not None and opening.recorded_elsewhere,
            by=acting.actor,
        )
    )


@router.post("/{round_id}/close", response_model=RoundOut, responses=refusals(404, 409, 412, 428))
def close_round(
    asking: Annotated[ActorRequest, computing(Permission.WRITE_ROUNDS)],  # noqa: ARG001 - declares what it needs
    round_id: uuid.UUID,
    version: IfMatch,
    closed: ClosingIn | None = None,
) -> Computed:
    """Close a round permanently. Unfinished work needs a reason; an open urgent concern prevents closing.

    Audits that are not submitted are left out of its report, which states the reason.
    """
    sent = closed or ClosingIn()

    def prepare(acting: Transaction) -> PreparedClosing:
        return closing.prepare_closing(
            acting.session,
            round_id=round_id,
            version=version,
            reason=sent.reason,
            keep_names=sent.keep_names,
            by=acting.actor,
        )

    def store(acting: Transaction, prepared: PreparedClosing) -> Response:
        return _shown(closing.store_closing(acting.session, prepared, round_id=round_id, by=acting.actor))

    return Computed(prepare, store)


@router.get("/{round_id}/unfinished", response_model=UnfinishedOut, responses=refusals(404))
def read_unfinished(
    acting: Annotated[Transaction, reading(Permission.WRITE_ROUNDS)], round_id: uuid.UUID
) -> UnfinishedOut:
    """The unfinished work in a round: now or, for a closed round, when it was closed, with the reason."""
    audit_round = actions.find_round(acting.session, round_id=round_id, by=acting.actor)
    if audit_round.state is RoundState.CLOSED:
        stored = counts_at_closing(audit_round)
        kinds = [UnfinishedKindOut(kind=key, text=words, number=number) for key, words, number in stored]
        return UnfinishedOut(kinds=kinds, reason=audit_round.closing_reason)
    found = unfinished_in(acting.session, audit_round, person_id=acting.actor.person_id)
    return UnfinishedOut(kinds=[UnfinishedKindOut.of(work) for work in found], reason="")


@router.get("/{round_id}/progress", response_model=ProgressOut, responses=refusals(404))
def read_progress(
    acting: Annotated[Transaction, reading(Permission.ALLOCATE_AUDITS)], round_id: uuid.UUID
) -> ProgressOut:
    """The progress of the round, by auditor."""
    audit_round = actions.find_round(acting.session, round_id=round_id, by=acting.actor)
    progress = progress_of(acting.session, audit_round, by=acting.actor)
    return ProgressOut(
        allocated=progress.allocated,
        submitted=progress.submitted,
        overdue=progress.overdue,
        withdrawn=progress.withdrawn,
        auditors=[
            AuditorProgress(
                auditor_id=auditor.auditor_id,
                name=auditor.name,
                allocated=auditor.allocated,
                not_started=auditor.not_started,
                in_progress=auditor.in_progress,
                returned=auditor.returned,
                submitted=auditor.submitted,
                overdue=auditor.overdue,
                hindrance=auditor.hindrance,
            )
            for auditor in progress.auditors
        ],
    )


def _shown(audit_round: Round) -> Response:
    return json_reply(RoundOut.of(audit_round), version=audit_round.version)
