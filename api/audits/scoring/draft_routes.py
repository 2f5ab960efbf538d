"""Drafts over REST: what an auditor has typed for a theme and not saved yet."""

import uuid
from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.audits import actions as audits
from api.audits.actions import ReadAudit
from api.audits.scoring import drafts
from api.audits.scoring.bodies import Questions
from api.audits.scoring.forms import WORDS, drafted, stored
from api.audits.scoring.question_fields import stored_field
from api.foundation.http.dependencies import IfMatch, Transaction, reading, writing
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import json_reply
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.foundation.problems import Fault, Invalid, NotFound
from api.foundation.text.fields import FreeText, ThemeKey
from checklists.audits.sources import AnswerSource
from checklists.templates.template import Theme
from models import ScoreDraft

router = Router(prefix="/audits", tags=["Audits"])


class DraftIn(BaseModel):
    """What is typed so far for a theme. Nothing needs to be complete."""

    model_config = ConfigDict(extra="forbid")

    answer: Annotated[str, Field(max_length=60)] = ""
    rationale: FreeText = ""
    impact: FreeText = ""
    evidence: FreeText = ""
    sources: Annotated[list[AnswerSource], Field(max_length=len(AnswerSource))] = []
    questions: Annotated[Questions, Field(description="Answers to the theme's questions, by question key.")] = {}


class ScoreDraftOut(BaseModel):
    """A draft: part of no audit, and read by nobody else."""

    theme: str
    answer: str
    rationale: str
    impact: str
    evidence: str
    sources: list[str]
    questions: dict[str, str]
    version: Annotated[int, Field(description="The version of the theme that the draft was typed for.")]
    saved_at: datetime

    @classmethod
    def of(cls, draft: ScoreDraft, theme: Theme) -> Self:
        form = drafted(draft, theme)
        return cls(
            theme=theme.key,
            answer=form.answer,
            **{name: getattr(form, name) for name in WORDS},
            sources=form.sources.split(),
            questions={key: answer for key, answer in form.answers_to_questions().items() if answer},
            version=form.seen_version,
            saved_at=draft.saved_at,
        )


class Drafts(BaseModel):
    items: list[ScoreDraftOut]


@router.get("/{audit_id}/drafts", response_model=Drafts, responses=refusals(404))
def list_drafts(acting: Annotated[Transaction, reading(Permission.SCORE_AUDITS)], audit_id: uuid.UUID) -> Drafts:
    """Your own drafts in an audit, in the order of the template."""
    found = audits.find_audit(acting.session, audit_id=audit_id, by=acting.actor)
    own = drafts.drafts_of(acting.session, found.audit, by=acting.actor)
    return Drafts(
        items=[ScoreDraftOut.of(own[theme.key], theme) for theme in found.template.themes if theme.key in own]
    )


@router.put("/{audit_id}/drafts/{theme}", response_model=ScoreDraftOut, responses=refusals(404, 409, 412, 428))
def keep_draft(
    acting: Annotated[Transaction, writing(Permission.SCORE_AUDITS)],
    audit_id: uuid.UUID,
    theme: ThemeKey,
    version: IfMatch,
    draft: DraftIn,
) -> Response:
    """Keep a draft for a theme of your own audit. If-Match is the version of the theme that it was typed for."""
    found = audits.find_audit(acting.session, audit_id=audit_id, by=acting.actor)
    known = _theme(found, theme)
    kept = drafts.save_draft(
        acting.session,
        audit_id=audit_id,
        theme=theme,
        seen=f"{version}.{stored(found, known).seen_mark}",
        fields=_fields_of(found, known, draft),
        by=acting.actor,
    )
    return json_reply(ScoreDraftOut.of(kept, known))


@router.delete("/{audit_id}/drafts/{theme}", status_code=204, responses=refusals(404, 409))
def discard_draft(
    acting: Annotated[Transaction, writing(Permission.SCORE_AUDITS)], audit_id: uuid.UUID, theme: ThemeKey
) -> None:
    """Discard your draft of a theme; the saved answer stays."""
    found = audits.find_audit(acting.session, audit_id=audit_id, by=acting.actor)
    drafts.discard_draft(acting.session, audit_id=audit_id, theme=_theme(found, theme).key, by=acting.actor)


def _theme(found: ReadAudit, key: str) -> Theme:
    try:
        return found.template.theme(key)
    except KeyError:
        raise NotFound("theme") from None


def _fields_of(found: ReadAudit, theme: Theme, draft: DraftIn) -> dict[str, list[str]]:
    """The draft as the fields of the form. Raises Invalid for an answer or question that the theme does not have."""
    faults = []
    if draft.answer and not found.template.is_answer(draft.answer):
        faults.append(Fault("/answer", "Select an answer from the template’s scale."))
    known = {question.key: question for question in theme.questions}
    for key, answer in draft.questions.items():
        if key not in known:
            faults.append(Fault(f"/questions/{key}", "The theme does not have this question."))
        elif not known[key].is_answer(answer):
            faults.append(Fault(f"/questions/{key}", "This is not an answer to the question."))
    if faults:
        raise Invalid(faults[0].detail, faults=tuple(faults))
    shown = stored(found, theme, questions=theme.questions)
    fields = {name: [getattr(draft, name)] for name in ("answer", *WORDS)}
    fields |= {"sources": [source.value for source in draft.sources], "asked": [shown.asked]}
    for key, answer in draft.questions.items():
        fields |= {name: [value] for name, value in stored_field(known[key], answer).parts}
    return fields
