"""Follow-ups over REST: lists, one with what fell short, who reads it, and what it has found."""

import uuid
from datetime import date
from typing import Annotated, Self

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.follow_ups import actions, paging, queries
from api.follow_ups.actions import FoundTheme
from api.follow_ups.queries import ListedFollowUp, ShowFollowUps, ShownFollowUp, ThemeToFollow
from api.foundation.http.dependencies import IfMatch, Page, Transaction, reading, writing
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import json_reply
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.foundation.text.fields import FreeText, KeepNames, WrittenDate
from checklists.audits.follow_up import FollowUpOutcome, FollowUpState

router = Router(tags=["Follow-ups"])

Reader = Annotated[Transaction, reading(Permission.READ_ACTIONS)]
Lead = Annotated[Transaction, writing(Permission.ALLOCATE_AUDITS)]
Notifier = Annotated[Transaction, writing(Permission.WRITE_ROUNDS)]
WritingReader = Annotated[Transaction, writing(Permission.SCORE_AUDITS)]
CHANGED = refusals(400, 404, 409, 412, 428)


class FollowUpSummary(BaseModel):
    """A follow-up in a list. Days are in British time."""

    audit_id: uuid.UUID
    round: str
    reference: str
    team: str
    state: FollowUpState
    found_on: date
    contact: Annotated[str, Field(description="Who is notified: the name of a person, or a post.")]
    notify_by: date
    notified_on: date | None
    due_on: date
    overdue: bool
    reader: Annotated[str, Field(description="The name of the reader; empty until one is chosen.")]
    done_on: date | None
    version: int

    @classmethod
    def of(cls, listed: ListedFollowUp) -> Self:
        found = listed.follow_up
        return cls(
            audit_id=found.audit_id,
            round=listed.round_title,
            reference=listed.reference,
            team=listed.team,
            state=found.state,
            found_on=found.found_on,
            contact=listed.contact,
            notify_by=found.notify_by,
            notified_on=found.notified_on,
            due_on=found.due_on,
            overdue=listed.is_overdue,
            reader=listed.reader,
            done_on=found.done_on,
            version=found.version,
        )


class FollowUpList(BaseModel):
    items: list[FollowUpSummary]
    after: str | None


class FollowUpThemeOut(BaseModel):
    """A theme that fell short, with its answer and texts then, and what the follow-up has found."""

    theme: str
    label: str
    answer: str
    rationale: str
    impact: str
    evidence: str
    outcome: Annotated[FollowUpOutcome | None, Field(description="Null until the follow-up is done.")]
    words: str

    @classmethod
    def of(cls, each: ThemeToFollow) -> Self:
        return cls(
            theme=each.key,
            label=each.label,
            answer=each.answer,
            rationale=each.rationale,
            impact=each.impact,
            evidence=each.evidence,
            outcome=each.outcome,
            words=each.words,
        )


class FollowUpOut(FollowUpSummary):
    """A follow-up. Somebody who was notified of the audit and does not read it sees neither why nor themes."""

    why: Annotated[list[str], Field(description="What was at the lowest rating.")]
    themes: Annotated[list[FollowUpThemeOut], Field(description="What fell short, once a reader is chosen.")]
    outcome: FollowUpOutcome | None

    @classmethod
    def shown(cls, found: ShownFollowUp) -> Self:
        return cls(
            **dict(FollowUpSummary.of(found.listed)),
            why=list(found.why),
            themes=[FollowUpThemeOut.of(each) for each in found.themes],
            outcome=found.outcome,
        )


class ReaderIn(BaseModel):
    """Who reads a follow-up."""

    model_config = ConfigDict(extra="forbid")

    reader_id: Annotated[uuid.UUID, Field(description="An auditor who has not read the case in its round.")]


class NotifiedIn(BaseModel):
    """On which day somebody without an account was notified."""

    model_config = ConfigDict(extra="forbid")

    notified_on: WrittenDate


class FoundThemeIn(BaseModel):
    """What the follow-up has found of one theme."""

    model_config = ConfigDict(extra="forbid")

    theme: Annotated[str, Field(max_length=60)]
    outcome: FollowUpOutcome
    words: Annotated[FreeText, Field(min_length=1, description="What the file shows now.")]
    keep_names: KeepNames = None


class OutcomesIn(BaseModel):
    """What the follow-up has found: every theme that it is about."""

    model_config = ConfigDict(extra="forbid")

    themes: Annotated[list[FoundThemeIn], Field(min_length=1, max_length=300)]


@router.get("/follow-ups", response_model=FollowUpList)
def list_follow_ups(
    acting: Reader,
    page: Page,
    show: Annotated[ShowFollowUps, Query(description="Which follow-ups.")] = ShowFollowUps.OPEN,
) -> FollowUpList:
    """The follow-ups that you lead, read, or were notified of; the earliest due first."""
    found = queries.list_follow_ups(
        acting.session, show=show, after=paging.place_of(page), limit=page.to_fetch, by=acting.actor
    )
    shown, after = page.cut(found, key=paging.key_of)
    queries.record_seen(acting.session, acting.actor, shown)
    return FollowUpList(items=[FollowUpSummary.of(each) for each in shown], after=after)


@router.get("/audits/{audit_id}/follow-up", response_model=FollowUpOut, responses=refusals(404))
def read_follow_up(acting: Reader, audit_id: uuid.UUID) -> Response:
    """The follow-up of an audit."""
    return _shown(acting, audit_id)


@router.put("/audits/{audit_id}/follow-up/notified", response_model=FollowUpOut, responses=CHANGED)
def record_notified(acting: Notifier, audit_id: uuid.UUID, version: IfMatch, new: NotifiedIn) -> Response:
    """Record on which day somebody without an account was notified of the audit."""
    actions.record_notified(
        acting.session, audit_id=audit_id, notified_on=new.notified_on, version=version, by=acting.actor
    )
    return _shown(acting, audit_id)


@router.put("/audits/{audit_id}/follow-up/reader", response_model=FollowUpOut, responses=CHANGED)
def allocate_follow_up(acting: Lead, audit_id: uuid.UUID, version: IfMatch, new: ReaderIn) -> Response:
    """Choose who reads a follow-up. The answers of the audit must be agreed, or its round closed."""
    actions.allocate(acting.session, audit_id=audit_id, reader_id=new.reader_id, version=version, by=acting.actor)
    return _shown(acting, audit_id)


@router.put("/audits/{audit_id}/follow-up/outcomes", response_model=FollowUpOut, responses=CHANGED)
def record_outcomes(acting: WritingReader, audit_id: uuid.UUID, version: IfMatch, new: OutcomesIn) -> Response:
    """Record what your follow-up has found of every theme. It is then done, and never changes."""
    themes = [FoundTheme(each.theme, each.outcome, each.words, each.keep_names) for each in new.themes]
    actions.record(acting.session, audit_id=audit_id, themes=themes, version=version, by=acting.actor)
    return _shown(acting, audit_id)


def _shown(acting: Transaction, audit_id: uuid.UUID) -> Response:
    found = queries.find_follow_up(acting.session, audit_id=audit_id, by=acting.actor)
    return json_reply(FollowUpOut.shown(found), version=found.follow_up.version)
