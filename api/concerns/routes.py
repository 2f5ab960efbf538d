"""Urgent concerns over REST: raising, reading, acknowledging, closing them, and asking somebody else."""

import uuid
from datetime import datetime
from typing import Annotated, Self

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.audits import actions as audits
from api.audits.routes import ScoreOut
from api.concerns import actions, basis
from api.concerns.basis import ConcernBasis
from api.concerns.queries import FoundConcern, concerns_for, record_seen
from api.foundation.http.dependencies import IdempotencyKey, IfMatch, Page, Transaction, reading, writing
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import json_reply, run_once
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.foundation.text.fields import KeepNames
from api.foundation.text.free_text import MOST_CHARACTERS
from models import ConcernOutcome, ConcernState

router = Router(tags=["Urgent concerns"])

Reader = Annotated[Transaction, reading(Permission.READ_AUDITS)]
Writer = Annotated[Transaction, writing(Permission.WRITE_CONCERNS)]
Lead = Annotated[Transaction, writing(Permission.ALLOCATE_AUDITS)]
Said = Annotated[str, Field(max_length=MOST_CHARACTERS)]


class ConcernIn(BaseModel):
    """A child may be at risk now. This does not replace calling the duty team or the emergency services."""

    model_config = ConfigDict(extra="forbid")

    person_id: Annotated[
        uuid.UUID, Field(description="The person who should act. Must be one of the audit's `may_be_asked`.")
    ]
    words: Annotated[Said, Field(description="The concern, in at least one sentence.")]
    themes: Annotated[
        list[Annotated[str, Field(max_length=60)]],
        Field(
            max_length=200,
            description=("Themes whose answers the concern is about. The person asked to act can read these answers."),
        ),
    ] = []
    keep_names: KeepNames = None


class Acknowledgement(BaseModel):
    model_config = ConfigDict(extra="forbid")

    words: Said = ""
    keep_names: KeepNames = None


class Closing(BaseModel):
    model_config = ConfigDict(extra="forbid")

    outcome: ConcernOutcome
    done: Annotated[Said, Field(description="What was done, in at least one sentence.")]
    keep_names: KeepNames = None


class Reassignment(BaseModel):
    model_config = ConfigDict(extra="forbid")

    person_id: uuid.UUID


class ConcernOut(BaseModel):
    id: uuid.UUID
    audit_id: uuid.UUID
    round_id: uuid.UUID
    reference: str
    team: str
    state: ConcernState
    words: str
    themes: Annotated[list[str], Field(description="Themes whose answers the concern is about.")]
    raised_at: datetime
    raised_by: str
    person_id: Annotated[uuid.UUID, Field(description="The person asked to act.")]
    person: str
    answer_by: Annotated[datetime, Field(description="When the concern must be acknowledged by.")]
    escalated_at: Annotated[
        datetime | None, Field(description="When the quality leads were notified that it was not acknowledged in time.")
    ]
    acknowledged_at: datetime | None
    acknowledged_by: str
    acknowledgement: str
    closed_at: datetime | None
    closed_by: str
    outcome: ConcernOutcome | None
    done: str
    version: int

    @classmethod
    def of(cls, found: FoundConcern) -> Self:
        told = ("round_id", "reference", "team", "raised_by", "person", "acknowledged_by", "closed_by")
        own = cls.model_fields.keys() - {*told, "themes"}
        return cls(
            themes=found.concern.themes.split(),
            **{name: getattr(found, name) for name in told},
            **{name: getattr(found.concern, name) for name in own},
        )


class BasisOut(BaseModel):
    """What a concern is about: the facts of the case, and the answers that the concern names; nothing else."""

    audit_id: uuid.UUID
    reference: str
    team: str
    status: str
    age_band: str
    forms_of_harm: list[str]
    scores: Annotated[list[ScoreOut], Field(description="Excludes themes with no answer yet.")]

    @classmethod
    def of(cls, about: ConcernBasis) -> Self:
        audit, case_file = about.found.audit, about.found.case_file
        return cls(
            audit_id=audit.id,
            reference=about.seen.reference,
            team=about.seen.team,
            status=audit.status or case_file.status,
            age_band=audit.age_band or case_file.age_band,
            forms_of_harm=list(about.found.forms_of_harm),
            scores=[ScoreOut.of(score) for _, score in about.themes if score is not None],
        )


class ConcernList(BaseModel):
    items: list[ConcernOut]
    after: str | None


class PersonToAsk(BaseModel):
    id: uuid.UUID
    name: str


class ConcernsOfAudit(BaseModel):
    items: list[ConcernOut]
    may_be_asked: Annotated[
        list[PersonToAsk], Field(description="People who can be asked to act on a concern about this audit.")
    ]
    hours: Annotated[int, Field(description="Hours allowed to acknowledge a concern.")]


@router.get("/audits/{audit_id}/concerns", response_model=ConcernsOfAudit, responses=refusals(404))
def concerns_of_audit(acting: Reader, audit_id: uuid.UUID) -> ConcernsOfAudit:
    """The urgent concerns of an audit, and who may be asked to act on one."""
    found = audits.find_audit(acting.session, audit_id=audit_id, by=acting.actor)
    people = actions.possible_responders(
        acting.session, audit=found.audit, raised_by=acting.actor.person_id, by=acting.actor
    )
    return ConcernsOfAudit(
        items=[ConcernOut.of(each) for each in concerns_for(acting.session, acting.actor, audit_id=audit_id)],
        may_be_asked=[PersonToAsk(id=person_id, name=name) for person_id, name in people.items()],
        hours=acting.settings.concern_hours,
    )


@router.post(
    "/audits/{audit_id}/concerns", status_code=201, response_model=ConcernOut, responses=refusals(400, 404, 409)
)
def raise_concern(acting: Writer, key: IdempotencyKey, audit_id: uuid.UUID, new: ConcernIn) -> Response:
    """Report that a child may be at risk now, and ask a person to act. It does not replace a call to 999."""

    def make() -> Response:
        made = actions.raise_concern(
            acting.session,
            audit_id=audit_id,
            person_id=new.person_id,
            words=new.words,
            themes=new.themes,
            hours=acting.settings.concern_hours,
            by=acting.actor,
            keep_names=new.keep_names,
        )
        return _shown(acting, made.id, status=201)

    return run_once(acting, key, make)


@router.get("/concerns", response_model=ConcernList)
def list_concerns(
    acting: Reader,
    page: Page,
    state: Annotated[ConcernState | None, Query(description="Only concerns in this state.")] = None,
    round_id: Annotated[uuid.UUID | None, Query(alias="round", description="Only concerns in this round.")] = None,
) -> ConcernList:
    """The urgent concerns that you may read, in the order in which they were raised."""
    found = concerns_for(
        acting.session,
        acting.actor,
        states=tuple(ConcernState) if state is None else (state,),
        round_id=round_id,
        after_id=page.after_id,
        limit=page.to_fetch,
    )
    shown, after = page.cut(found, key=lambda each: each.concern.id)
    record_seen(acting.session, acting.actor, shown)
    return ConcernList(
        items=[ConcernOut.of(each) for each in shown],
        after=after,
    )


@router.get("/concerns/{concern_id}", response_model=ConcernOut, responses=refusals(404))
def read_concern(acting: Reader, concern_id: uuid.UUID) -> Response:
    return _shown(acting, concern_id)


@router.get("/concerns/{concern_id}/basis", response_model=BasisOut, responses=refusals(404))
def read_basis(acting: Reader, concern_id: uuid.UUID) -> BasisOut:
    """The case of a concern and the answers that it names: for its audit's readers, and the person asked."""
    return BasisOut.of(basis.find_basis(acting.session, concern_id=concern_id, by=acting.actor))


@router.post("/concerns/{concern_id}/acknowledge", response_model=ConcernOut, responses=refusals(404, 409))
def acknowledge_concern(acting: Writer, concern_id: uuid.UUID, said: Acknowledgement) -> Response:
    """Acknowledge a concern. Of two simultaneous calls one succeeds; the other names that person. No If-Match."""
    actions.acknowledge(
        acting.session, concern_id=concern_id, words=said.words, by=acting.actor, keep_names=said.keep_names
    )
    return _shown(acting, concern_id)


@router.post("/concerns/{concern_id}/close", response_model=ConcernOut, responses=refusals(404, 409, 412, 428))
def close_concern(acting: Writer, concern_id: uuid.UUID, version: IfMatch, closing: Closing) -> Response:
    """Close an acknowledged concern for good, with its outcome and what was done."""
    actions.close_concern(
        acting.session,
        concern_id=concern_id,
        outcome=closing.outcome,
        done=closing.done,
        version=version,
        by=acting.actor,
        keep_names=closing.keep_names,
    )
    return _shown(acting, concern_id)


@router.post("/concerns/{concern_id}/reassign", response_model=ConcernOut, responses=refusals(404, 409, 412, 428))
def reassign_concern(acting: Lead, concern_id: uuid.UUID, version: IfMatch, new: Reassignment) -> Response:
    """Ask another person to act. They have to acknowledge it, within a new time limit."""
    actions.reassign(
        acting.session,
        concern_id=concern_id,
        person_id=new.person_id,
        hours=acting.settings.concern_hours,
        version=version,
        by=acting.actor,
    )
    return _shown(acting, concern_id)


def _shown(acting: Transaction, concern_id: uuid.UUID, *, status: int = 200) -> Response:
    found = actions.find_concern(acting.session, concern_id=concern_id, by=acting.actor)
    return json_reply(
        ConcernOut.of(found),
        status=status,
        version=found.concern.version,
        location=f"/api/v1/concerns/{concern_id}" if status == 201 else "",
    )
