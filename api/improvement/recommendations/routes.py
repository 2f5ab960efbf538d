"""Recommendations over REST: the register, and what rounds have said of their themes since."""

import uuid
from datetime import date, datetime
from typing import Annotated, Any, Self

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field, StrictInt
from starlette.responses import Response

from api.foundation.http.dependencies import (
    IdempotencyKey,
    IfMatch,
    Page,
    Transaction,
    heavy_reading,
    reading,
    writing,
)
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import json_reply, run_once
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.foundation.text.fields import FreeText, KeepNames, WrittenDate
from api.improvement.bodies import Post
from api.improvement.recommendations import actions, queries
from api.improvement.recommendations.actions import LONGEST_SOURCE, NewRecommendation
from api.improvement.recommendations.queries import FoundRecommendation, RoundSince
from checklists.reports.gaps import GapState
from models import RoundState, SourceKind

router = Router(prefix="/recommendations", tags=["Recommendations"])

Reader = Annotated[Transaction, reading(Permission.READ_REPORTS)]
Writer = Annotated[Transaction, writing(Permission.WRITE_ACTIONS)]


class RecommendationIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    source_kind: SourceKind
    source: Annotated[str, Field(max_length=LONGEST_SOURCE, description="The title of the review or document.")]
    source_on: WrittenDate
    words: FreeText
    template_id: Annotated[uuid.UUID | None, Field(description="The template with its themes.")] = None
    template_version: Annotated[StrictInt | None, Field(ge=1, le=1_000_000)] = None
    themes: Annotated[list[Annotated[str, Field(max_length=60)]], Field(max_length=200)] = []
    owner_id: Annotated[uuid.UUID | None, Field(description="The person who answers for it.")] = None
    owner_post: Post = ""
    due_on: WrittenDate
    keep_names: KeepNames = None

    def new(self) -> NewRecommendation:
        """The recommendation to record."""
        given = {name: getattr(self, name) for name in type(self).model_fields}
        return NewRecommendation(**{**given, "themes": tuple(self.themes)})


class NewRecommendationIn(RecommendationIn):
    """A recommendation to record. Where it comes from a document, the sentence and place never change."""

    sentence: Annotated[FreeText, Field(description="The sentence of the document that it comes from.")] = ""
    place: Annotated[str, Field(max_length=LONGEST_SOURCE, description="Its place, such as a page.")] = ""


class AnswerIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    answer: Annotated[FreeText, Field(description="How you know that it was acted on.")]
    keep_names: KeepNames = None


class RecommendationOut(BaseModel):
    id: uuid.UUID
    source_kind: SourceKind
    source: str
    source_on: date
    words: str
    sentence: str
    place: str
    template_id: uuid.UUID | None
    template_version: int | None
    themes: list[str]
    owner_id: uuid.UUID | None
    owner: str
    due_on: date
    is_overdue: bool
    answer: str
    answered_on: date | None
    answered_by: str
    created_at: datetime
    version: int

    @classmethod
    def of(cls, found: FoundRecommendation) -> Self:
        told: dict[str, Any] = {
            "themes": [key for key, _ in found.themes],
            "owner": found.owner,
            "is_overdue": found.is_overdue,
            "answered_by": found.answered_by,
        }
        own = {name: getattr(found.recommendation, name) for name in cls.model_fields.keys() - told.keys()}
        return cls(**own, **told)


class RecommendationList(BaseModel):
    items: list[RecommendationOut]
    after: str | None


class ThemeSince(BaseModel):
    key: str
    label: str
    applicable: int
    meeting: int
    state: GapState


class RoundSinceOut(BaseModel):
    """A round that has audited themes of the recommendation, and its figures of them."""

    round_id: uuid.UUID
    title: str
    state: RoundState
    period_from: date
    period_to: date
    themes: list[ThemeSince]

    @classmethod
    def of(cls, since: RoundSince) -> Self:
        own = ("title", "state", "period_from", "period_to")
        return cls(
            round_id=since.round.id,
            **{name: getattr(since.round, name) for name in own},
            themes=[
                ThemeSince(
                    key=gap.key, label=gap.label, applicable=gap.applicable, meeting=gap.meeting, state=gap.state
                )
                for gap in since.gaps
            ],
        )


class RoundsSince(BaseModel):
    items: list[RoundSinceOut]
    more: Annotated[int, Field(description="How many earlier rounds are not shown.")]


@router.get("", response_model=RecommendationList)
def list_recommendations(
    acting: Reader,
    page: Page,
    answered: Annotated[bool | None, Query(description="Only answered, or only open recommendations.")] = None,
) -> RecommendationList:
    """The register, newest first."""
    found = queries.list_recommendations(
        acting.session, by=acting.actor, limit=page.to_fetch, before=page.after_id, answered=answered
    )
    shown, after = page.cut(found, key=lambda each: each.recommendation.id)
    return RecommendationList(items=[RecommendationOut.of(each) for each in shown], after=after)


@router.post("", status_code=201, response_model=RecommendationOut, responses=refusals(400, 409))
def record_recommendation(acting: Writer, key: IdempotencyKey, new: NewRecommendationIn) -> Response:
    """Record a recommendation of a review, an inspection or your own."""

    def make() -> Response:
        made = actions.record_recommendation(acting.session, new=new.new(), by=acting.actor)
        return _shown(acting, made.id, status=201)

    return run_once(acting, key, make)


@router.get("/{recommendation_id}", response_model=RecommendationOut, responses=refusals(404))
def read_recommendation(acting: Reader, recommendation_id: uuid.UUID) -> Response:
    return _shown(acting, recommendation_id)


@router.put("/{recommendation_id}", response_model=RecommendationOut, responses=refusals(404, 409, 412, 428))
def change_recommendation(
    acting: Writer, recommendation_id: uuid.UUID, version: IfMatch, new: RecommendationIn
) -> Response:
    """Change a recommendation that is not answered yet."""
    actions.change_recommendation(
        acting.session, recommendation_id=recommendation_id, new=new.new(), version=version, by=acting.actor
    )
    return _shown(acting, recommendation_id)


@router.post("/{recommendation_id}/answer", response_model=RecommendationOut, responses=refusals(404, 409, 412, 428))
def answer_recommendation(acting: Writer, recommendation_id: uuid.UUID, version: IfMatch, given: AnswerIn) -> Response:
    """Record how you know that it was acted on. An answered recommendation never changes."""
    actions.answer_recommendation(
        acting.session,
        recommendation_id=recommendation_id,
        answer=given.answer,
        version=version,
        by=acting.actor,
        keep_names=given.keep_names,
    )
    return _shown(acting, recommendation_id)


@router.get("/{recommendation_id}/rounds", response_model=RoundsSince, responses=refusals(404))
def rounds_since(
    acting: Annotated[Transaction, heavy_reading(Permission.READ_REPORTS)], recommendation_id: uuid.UUID
) -> RoundsSince:
    """The rounds that have audited its themes since, newest first, and what they say of them."""
    found = queries.find_recommendation(acting.session, recommendation_id=recommendation_id, by=acting.actor)
    since = queries.rounds_since(acting.session, found, by=acting.actor)
    return RoundsSince(items=[RoundSinceOut.of(each) for each in since.rounds], more=since.more)


def _shown(acting: Transaction, recommendation_id: uuid.UUID, *, status: int = 200) -> Response:
    found = queries.find_recommendation(acting.session, recommendation_id=recommendation_id, by=acting.actor)
    return json_reply(
        RecommendationOut.of(found),
        status=status,
        version=found.recommendation.version,
        location=f"/api/v1/recommendations/{recommendation_id}" if status == 201 else "",
    )
