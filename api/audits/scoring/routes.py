"""Scoring an audit over REST: answers to themes, and to the questions under them."""

import uuid
from typing import Annotated, Self

from pydantic import Field, RootModel
from starlette.responses import Response

from api.audits.routes import AuditOut, ScoreOut, ThemeAnswerIn, shown_audit
from api.audits.scoring import actions, questions
from api.audits.scoring.actions import FoundScore
from api.audits.scoring.bodies import ChangedQuestions, without_nulls
from api.foundation.http.dependencies import IfMatch, Transaction, reading, writing
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import json_reply
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.foundation.text.fields import ThemeKey

router = Router(prefix="/audits", tags=["Audits"])


class ScoresIn(RootModel[dict[Annotated[str, Field(max_length=60)], ThemeAnswerIn]]):
    """Answers by theme key. Themes that are not named keep what they have."""


class ThemeScoreOut(ScoreOut):
    """An answer of the auditor, with its texts and the answers to its questions. `version` is of all of them."""

    questions: Annotated[dict[str, str], Field(description="Answers to the theme's questions, by question key.")]

    @classmethod
    def of_found(cls, found: FoundScore) -> Self:
        plain = ScoreOut.of(found.score).model_dump(exclude={"version"})
        return cls(**plain, version=found.version, questions=dict(found.questions))


class QuestionsIn(RootModel[ChangedQuestions]):
    """Answers by question key; null takes one back. Questions that are not named keep what they have."""


@router.put("/{audit_id}/scores", response_model=AuditOut, responses=refusals(404, 409, 412, 428))
def score_audit(
    acting: Annotated[Transaction, writing(Permission.SCORE_AUDITS)],
    audit_id: uuid.UUID,
    version: IfMatch,
    answers: ScoresIn,
) -> Response:
    """Answer many themes in one call: all of them, or none. If-Match is the audit's."""
    new = [score.to_new(theme) for theme, score in answers.root.items()]
    return shown_audit(
        acting,
        actions.score_themes(acting.session, audit_id=audit_id, scores=new, audit_version=version, by=acting.actor),
    )


@router.put("/{audit_id}/questions", response_model=AuditOut, responses=refusals(404, 409, 412, 428))
def answer_questions(
    acting: Annotated[Transaction, writing(Permission.SCORE_AUDITS)],
    audit_id: uuid.UUID,
    version: IfMatch,
    answers: QuestionsIn,
) -> Response:
    """Answer questions of any themes in one call: all of them, or none. If-Match is the audit's."""
    return shown_audit(
        acting,
        questions.answer_questions(
            acting.session,
            audit_id=audit_id,
            answers=without_nulls(answers.root),
            audit_version=version,
            by=acting.actor,
        ),
    )


@router.get("/{audit_id}/scores/{theme}", response_model=ThemeScoreOut, responses=refusals(404))
def read_score(
    acting: Annotated[Transaction, reading(Permission.READ_AUDITS)], audit_id: uuid.UUID, theme: ThemeKey
) -> Response:
    found = actions.find_score(acting.session, audit_id=audit_id, theme=theme, by=acting.actor)
    return json_reply(ThemeScoreOut.of_found(found), version=found.version)


@router.put("/{audit_id}/scores/{theme}", response_model=ThemeScoreOut, responses=refusals(404, 409, 412, 428))
def score_theme(
    acting: Annotated[Transaction, writing(Permission.SCORE_AUDITS)],
    audit_id: uuid.UUID,
    theme: ThemeKey,
    version: IfMatch,
    score: ThemeAnswerIn,
) -> Response:
    """Answer one theme, and questions of it. If-Match is the theme's own version: `"0"` when nothing is stored yet."""
    found = actions.score_theme(acting.session, audit_id=audit_id, new=score.to_new(theme, version), by=acting.actor)
    return json_reply(ThemeScoreOut.of_found(found), version=found.version)


@router.delete("/{audit_id}/scores/{theme}", status_code=204, responses=refusals(404, 409, 412, 428))
def clear_score(
    acting: Annotated[Transaction, writing(Permission.SCORE_AUDITS)],
    audit_id: uuid.UUID,
    theme: ThemeKey,
    version: IfMatch,
) -> None:
    """Clear an answer: the theme is unanswered again."""
    actions.clear_score(acting.session, audit_id=audit_id, theme=theme, version=version, by=acting.actor)
