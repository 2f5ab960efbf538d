"""Shared feedback and representations over REST."""

import uuid
from datetime import date, datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StrictBool
from starlette.responses import Response

from api.feedback.representations import actions, paging
from api.feedback.representations.queries import SharedSheet, ShownRepresentation, WaitingRepresentation
from api.feedback.sheets.queries import ShownSheet
from api.feedback.sheets.routes import SheetQuestionOut, SheetThemeOut
from api.foundation.http.dependencies import IdempotencyKey, Page, Transaction, reading, writing
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import json_reply, run_once
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.foundation.text.fields import FreeText, KeepNames, ThemeKey

router = Router(tags=["Feedback"])

ReadingTeam = Annotated[Transaction, reading(Permission.WRITE_REPRESENTATIONS)]
WritingTeam = Annotated[Transaction, writing(Permission.WRITE_REPRESENTATIONS)]
Reader = Annotated[Transaction, reading(Permission.READ_AUDITS)]
ReadingModerator = Annotated[Transaction, reading(Permission.MODERATE_AUDITS)]
WritingModerator = Annotated[Transaction, writing(Permission.MODERATE_AUDITS)]


class RepresentationIn(BaseModel):
    """Why the team disagrees with the answer to a theme that the feedback names."""

    model_config = ConfigDict(extra="forbid")

    theme: Annotated[str, Field(max_length=60, description="The key of the theme.")]
    words: Annotated[FreeText, Field(min_length=1, description="The team's reasons.")]
    keep_names: KeepNames = None


class RepresentationDecisionIn(BaseModel):
    """The answer to a representation. The team reads it."""

    model_config = ConfigDict(extra="forbid")

    upheld: StrictBool
    words: Annotated[FreeText, Field(min_length=1, description="The reasons.")]
    keep_names: KeepNames = None


class RepresentationOut(BaseModel):
    """A representation and its answer."""

    theme: SheetThemeOut
    words: str
    made_by: str
    made_at: datetime
    on_paper: Annotated[bool, Field(description="Entered by a quality lead, as the team gave it on paper.")]
    upheld: Annotated[bool | None, Field(description="Null until it is answered.")]
    decision: str
    decided_by: str
    decided_at: datetime | None

    @classmethod
    def of(cls, shown: ShownRepresentation) -> Self:
        found = shown.representation
        return cls(
            theme=SheetThemeOut(key=found.theme, label=shown.theme),
            words=found.words,
            made_by=shown.made_by,
            made_at=found.made_at,
            on_paper=found.on_paper,
            upheld=found.upheld,
            decision=found.decision,
            decided_by=shown.decided_by,
            decided_at=found.decided_at,
        )


class RepresentationsOut(BaseModel):
    items: list[RepresentationOut]


class SharedFeedbackOut(BaseModel):
    """Feedback that was shared with a team, and its representations. No rating, and nothing else of the audit."""

    id: uuid.UUID
    reference: str
    works_well: str
    think_about: str
    themes: list[SheetThemeOut]
    questions: list[SheetQuestionOut]
    given_on: date
    representations: list[RepresentationOut]

    @classmethod
    def of(cls, shown: ShownSheet, reference: str, made: list[ShownRepresentation]) -> Self:
        return cls(
            id=shown.sheet.id,
            reference=reference,
            works_well=shown.sheet.works_well,
            think_about=shown.sheet.think_about,
            themes=[SheetThemeOut(key=theme.key, label=theme.label) for theme in shown.themes],
            questions=[SheetQuestionOut(theme=theme, question=prompt) for theme, prompt in shown.questions],
            given_on=shown.sheet.given_on,
            representations=[RepresentationOut.of(each) for each in made],
        )


class SharedSummary(BaseModel):
    id: uuid.UUID
    reference: str
    team: str
    given_on: date
    themes: Annotated[int, Field(description="How many themes it names.")]
    representations: int
    unanswered: int

    @classmethod
    def of(cls, found: SharedSheet) -> Self:
        return cls(
            id=found.sheet.id,
            reference=found.reference,
            team=found.team,
            given_on=found.sheet.given_on,
            themes=found.themes,
            representations=found.disagreed,
            unanswered=found.undecided,
        )


class SharedList(BaseModel):
    items: list[SharedSummary]
    after: str | None


class WaitingOut(RepresentationOut):
    audit_id: uuid.UUID
    reference: str
    team: str

    @classmethod
    def waiting(cls, found: WaitingRepresentation) -> Self:
        own = RepresentationOut.of(found.shown)
        return cls(**dict(own), audit_id=found.audit.id, reference=found.reference, team=found.team)


class WaitingList(BaseModel):
    items: list[WaitingOut]
    after: str | None


@router.get("/team-feedback", response_model=SharedList)
def list_shared(acting: ReadingTeam, page: Page) -> SharedList:
    """The feedback shared with your teams; for a quality lead, with any team. The newest first."""
    found = actions.list_shared(acting.session, after=page.after_id, limit=page.to_fetch, by=acting.actor)
    shown, after = page.cut(found, key=lambda each: each.sheet.id)
    return SharedList(items=[SharedSummary.of(each) for each in shown], after=after)


@router.get("/team-feedback/{sheet_id}", response_model=SharedFeedbackOut, responses=refusals(404))
def read_shared(acting: ReadingTeam, sheet_id: uuid.UUID) -> SharedFeedbackOut:
    """Feedback shared with your team, and the team's representations."""
    return SharedFeedbackOut.of(*actions.read_shared(acting.session, sheet_id=sheet_id, by=acting.actor))


@router.post(
    "/team-feedback/{sheet_id}/representations",
    status_code=201,
    response_model=SharedFeedbackOut,
    responses=refusals(400, 404, 409),
)
def disagree(acting: WritingTeam, key: IdempotencyKey, sheet_id: uuid.UUID, new: RepresentationIn) -> Response:
    """Disagree, once and with reasons, with the answer to a theme that the feedback names."""

    def make() -> Response:
        actions.disagree(
            acting.session,
            sheet_id=sheet_id,
            theme=new.theme,
            words=new.words,
            by=acting.actor,
            keep_names=new.keep_names,
        )
        found = actions.read_shared(acting.session, sheet_id=sheet_id, by=acting.actor)
        return json_reply(SharedFeedbackOut.of(*found), status=201, location=f"/api/v1/team-feedback/{sheet_id}")

    return run_once(acting, key, make)


@router.get("/representations", response_model=WaitingList)
def list_waiting(acting: ReadingModerator, page: Page) -> WaitingList:
    """The representations that you may answer."""
    found = actions.list_waiting(acting.session, after=paging.place_of(page), limit=page.to_fetch, by=acting.actor)
    shown, after = page.cut(found, key=paging.key_of)
    return WaitingList(items=[WaitingOut.waiting(each) for each in shown], after=after)


@router.get("/audits/{audit_id}/representations", response_model=RepresentationsOut, responses=refusals(404))
def list_of_audit(acting: Reader, audit_id: uuid.UUID) -> RepresentationsOut:
    """The representations about an audit that you may read."""
    found = actions.list_representations(acting.session, audit_id=audit_id, by=acting.actor)
    return RepresentationsOut(items=[RepresentationOut.of(each) for each in found])


@router.post(
    "/audits/{audit_id}/representations/{theme}/decision",
    response_model=RepresentationsOut,
    responses=refusals(404, 409),
)
def decide(
    acting: WritingModerator, audit_id: uuid.UUID, theme: ThemeKey, decision: RepresentationDecisionIn
) -> RepresentationsOut:
    """Uphold a representation or not, with reasons. Never your own audit. The answer to the theme stays as it is."""
    actions.decide(
        acting.session,
        audit_id=audit_id,
        theme=theme,
        upheld=decision.upheld,
        words=decision.words,
        by=acting.actor,
        keep_names=decision.keep_names,
    )
    found = actions.list_representations(acting.session, audit_id=audit_id, by=acting.actor)
    return RepresentationsOut(items=[RepresentationOut.of(each) for each in found])
