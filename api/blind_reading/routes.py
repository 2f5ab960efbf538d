"""Cases read twice over REST: both readings side by side, and what is agreed."""

import uuid
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.audits.actions import ReadAudit
from api.audits.routes import ScoreOut
from api.blind_reading import actions
from api.blind_reading.actions import DoubleReading, ThemePair
from api.foundation.http.dependencies import IfMatch, Transaction, reading, writing
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import json_reply
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.foundation.text.fields import FreeText, KeepNames, ThemeKey

router = Router(prefix="/audits/{audit_id}/pair", tags=["Consensus"])
ReadingReader = Annotated[Transaction, reading(Permission.READ_AUDITS)]
WritingReader = Annotated[Transaction, writing(Permission.READ_AUDITS)]


class ReadingOut(BaseModel):
    audit_id: uuid.UUID
    auditor_id: uuid.UUID
    auditor: str
    scores: list[ScoreOut]
    questions: Annotated[dict[str, str], Field(description="Answers to the questions asked, by question key.")]

    @classmethod
    def of(cls, found: ReadAudit) -> Self:
        return cls(
            audit_id=found.audit.id,
            auditor_id=found.auditor.id,
            auditor=found.auditor.name,
            scores=[ScoreOut.of(found.scores[key]) for key in found.asked.themes if key in found.scores],
            questions=found.question_answers,
        )


class ConsensusOut(BaseModel):
    """The proposal for a theme; settled when another person has confirmed it. `version` is for If-Match."""

    answer: str
    reason: str
    proposed_by_id: uuid.UUID
    settled_by_id: uuid.UUID | None
    version: int


class ThemePairOut(BaseModel):
    theme: str
    first: str
    second: str
    differs: bool
    settled: bool
    consensus: ConsensusOut | None

    @classmethod
    def of(cls, pair: ThemePair) -> Self:
        row = pair.consensus
        return cls(
            theme=pair.theme.key,
            first=pair.first,
            second=pair.second,
            differs=pair.differs,
            settled=pair.is_settled,
            consensus=None
            if row is None
            else ConsensusOut(**{name: getattr(row, name) for name in ConsensusOut.model_fields}),
        )


class PairOut(BaseModel):
    """Both readings of a case. `agreed`: the agreement has been recorded with the first reading, and counts."""

    first: ReadingOut
    second: ReadingOut
    themes: list[ThemePairOut]
    agreed: bool

    @classmethod
    def of(cls, pair: DoubleReading) -> Self:
        return cls(
            first=ReadingOut.of(pair.first),
            second=ReadingOut.of(pair.second),
            themes=[ThemePairOut.of(each) for each in pair.themes],
            agreed=pair.is_agreed,
        )


class ProposedAnswer(BaseModel):
    model_config = ConfigDict(extra="forbid")

    answer: Annotated[str, Field(min_length=1, max_length=40)]
    reason: Annotated[FreeText, Field(min_length=1)]
    keep_names: KeepNames = None


@router.get("", response_model=PairOut, responses=refusals(404))
def read_pair(acting: ReadingReader, audit_id: uuid.UUID) -> Response:
    """Both readings of the case, once both are submitted. The ETag is the first reading's."""
    return _shown(actions.find_double_reading(acting.session, audit_id=audit_id, by=acting.actor))


@router.put("/{theme}", response_model=PairOut, responses=refusals(403, 404, 409, 412, 428))
def propose_answer(
    acting: WritingReader, audit_id: uuid.UUID, theme: ThemeKey, version: IfMatch, proposed: ProposedAnswer
) -> Response:
    """Propose an answer for a theme on which they differ. If-Match is the proposal's version: `"0"` for the first."""
    return _shown(
        actions.propose_answer(
            acting.session,
            audit_id=audit_id,
            theme=theme,
            answer=proposed.answer,
            reason=proposed.reason,
            version=version,
            by=acting.actor,
            keep_names=proposed.keep_names,
        )
    )


@router.post("/{theme}/confirm", response_model=PairOut, responses=refusals(403, 404, 409, 412, 428))
def confirm_answer(acting: WritingReader, audit_id: uuid.UUID, theme: ThemeKey, version: IfMatch) -> Response:
    """Confirm the other reader's proposal. If-Match is the proposal's version."""
    return _shown(
        actions.confirm_answer(acting.session, audit_id=audit_id, theme=theme, version=version, by=acting.actor)
    )


@router.post("", response_model=PairOut, responses=refusals(403, 404, 409, 412, 428))
def write_down(acting: WritingReader, audit_id: uuid.UUID, version: IfMatch) -> Response:
    """Record the agreement of two readings that differ in no theme. If-Match is the first reading's."""
    return _shown(actions.agree_identical_readings(acting.session, audit_id=audit_id, version=version, by=acting.actor))


def _shown(pair: DoubleReading) -> Response:
    return json_reply(PairOut.of(pair), version=pair.first.audit.version)
