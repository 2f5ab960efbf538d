"""Calibration exercises over REST."""

import uuid
from datetime import date, datetime
from fractions import Fraction
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, RootModel, StrictInt
from starlette.responses import Response

from api.calibration import actions
from api.calibration.actions import LONGEST_TITLE, ExerciseAnswer, NewExercise
from api.calibration.queries import ExerciseShown, exercise_shown
from api.foundation.http.dependencies import IdempotencyKey, IfMatch, Transaction, reading, writing
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import json_reply, run_once
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.foundation.text.fields import FreeText, KeepNames, WrittenDate
from models import CalibrationExercise, ExerciseState

router = Router(prefix="/calibration-exercises", tags=["Calibration"])

ReadingParticipant = Annotated[Transaction, reading(Permission.SCORE_CALIBRATION)]
WritingParticipant = Annotated[Transaction, writing(Permission.SCORE_CALIBRATION)]
Lead = Annotated[Transaction, writing(Permission.WRITE_CALIBRATION)]


class ExerciseIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: Annotated[str, Field(min_length=1, max_length=LONGEST_TITLE)]
    template_id: uuid.UUID
    template_version: Annotated[StrictInt, Field(ge=1, le=1_000_000)]
    practice_case: Annotated[FreeText, Field(min_length=1, description="A made-up case. Never a real case.")]
    due_on: WrittenDate
    participants: Annotated[
        list[uuid.UUID],
        Field(max_length=1000, description="The participants. If empty, all auditors and moderators take part."),
    ] = []
    keep_names: KeepNames = None


class AnsweredIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    answer: Annotated[str, Field(min_length=1, max_length=40)]
    words: Annotated[
        FreeText, Field(description="The rationale for an answer, or the reason for an agreed answer.")
    ] = ""
    keep_names: KeepNames = None


class AnswersIn(RootModel[dict[Annotated[str, Field(max_length=60)], AnsweredIn]]):
    """Answers by theme key. Themes that are not named keep what they have."""

    def answered(self) -> list[ExerciseAnswer]:
        return [ExerciseAnswer(theme, each.answer, each.words, each.keep_names) for theme, each in self.root.items()]


class AnswerOut(BaseModel):
    theme: str
    answer: str
    words: str


class SpreadOut(BaseModel):
    theme: str
    counts: dict[str, int]
    unanswered: int
    exact: Annotated[float | None, Field(description="Share of all pairs with the same answer.")]


class ParticipantOut(BaseModel):
    person_id: uuid.UUID
    handed_in: bool
    compared: Annotated[
        int | None, Field(description="Themes with both an agreed answer and an answer from this person.")
    ]
    same: int | None
    shift: Annotated[
        float | None, Field(description="Mean difference from the agreed answers, in ratings. Below 0 means stricter.")
    ]


class ExerciseOut(BaseModel):
    id: uuid.UUID
    title: str
    state: ExerciseState
    template_id: uuid.UUID
    template_version: int
    practice_case: str
    due_on: date
    closed_at: datetime | None
    asked: int
    handed_in: int
    reading_version: Annotated[
        int | None,
        Field(description=("The version of your own answers, for If-Match. Null if you are not a participant.")),
    ]
    answers: Annotated[list[AnswerOut], Field(description="Your own answers.")]
    agreed: list[AnswerOut]
    spread: Annotated[
        list[SpreadOut],
        Field(description="Empty until the exercise is closed; and for participants where fewer than three submitted."),
    ]
    exact: float | None
    alpha_ordinal: float | None
    participants: Annotated[
        list[ParticipantOut], Field(description="All participants for quality leads. Otherwise, only yourself.")
    ]

    @classmethod
    def of(cls, shown: ExerciseShown) -> Self:
        names = ("id", "title", "state", "template_id", "template_version", "practice_case", "due_on", "closed_at")
        found = shown.spread
        return cls(
            **{name: getattr(shown.exercise, name) for name in names},
            asked=shown.asked,
            handed_in=shown.handed_in,
            reading_version=shown.reading.version if shown.reading else None,
            answers=[AnswerOut(theme=row.theme, answer=row.answer, words=row.rationale) for row in shown.mine.values()],
            agreed=[AnswerOut(theme=row.theme, answer=row.answer, words=row.words) for row in shown.agreed.values()],
            spread=[
                SpreadOut(
                    theme=each.theme,
                    counts=dict(each.counts),
                    unanswered=each.unanswered,
                    exact=_as_number(each.exact),
                )
                for each in (found.themes if found else ())
            ],
            exact=_as_number(found.exact if found else None),
            alpha_ordinal=_as_number(found.alpha_ordinal if found else None),
            participants=[
                ParticipantOut(
                    person_id=each.person_id,
                    handed_in=each.is_in,
                    compared=each.result.n_compared if each.result else None,
                    same=each.result.n_same if each.result else None,
                    shift=_as_number(each.result.shift.mean if each.result else None),
                )
                for each in shown.participants
            ],
        )


class ExerciseSummary(BaseModel):
    id: uuid.UUID
    title: str
    state: ExerciseState
    due_on: date

    @classmethod
    def summary(cls, exercise: CalibrationExercise) -> Self:
        return cls(**{name: getattr(exercise, name) for name in cls.model_fields})


class ExerciseList(BaseModel):
    items: list[ExerciseSummary]


class CalibrationDraftOut(BaseModel):
    template_id: uuid.UUID
    number: int


@router.get("", response_model=ExerciseList)
def list_exercises(acting: ReadingParticipant) -> ExerciseList:
    """The exercises that you lead or take part in, the newest first."""
    found = actions.exercises_of(acting.session, by=acting.actor)
    return ExerciseList(items=[ExerciseSummary.summary(exercise) for exercise in found])


@router.post("", status_code=201, response_model=ExerciseOut, responses=refusals(400))
def make_exercise(acting: Lead, key: IdempotencyKey, new: ExerciseIn) -> Response:
    """Create an exercise with a made-up case, and ask people to score it."""

    def make() -> Response:
        made = actions.create_exercise(acting.session, new=NewExercise(**new.model_dump()), by=acting.actor)
        return _shown(acting, made.id, status=201)

    return run_once(acting, key, make)


@router.get("/{exercise_id}", response_model=ExerciseOut, responses=refusals(404))
def read_exercise(acting: ReadingParticipant, exercise_id: uuid.UUID) -> Response:
    """An exercise: your own answers, and once it is closed the spread of all answers."""
    return _shown(acting, exercise_id)


@router.put("/{exercise_id}/answers", response_model=ExerciseOut, responses=refusals(404, 409, 412, 428))
def answer_exercise(
    acting: WritingParticipant, exercise_id: uuid.UUID, version: IfMatch, answers: AnswersIn
) -> Response:
    """Answer themes: all of those named, or none. If-Match is your `reading_version`."""
    actions.answer_case(
        acting.session, exercise_id=exercise_id, answers=answers.answered(), version=version, by=acting.actor
    )
    return _shown(acting, exercise_id)


@router.post("/{exercise_id}/hand-in", response_model=ExerciseOut, responses=refusals(404, 409, 412, 428))
def hand_in_answers(acting: WritingParticipant, exercise_id: uuid.UUID, version: IfMatch) -> Response:
    """Submit your answers. If-Match is your `reading_version`."""
    actions.submit_case(acting.session, exercise_id=exercise_id, version=version, by=acting.actor)
    return _shown(acting, exercise_id)


@router.post("/{exercise_id}/close", response_model=ExerciseOut, responses=refusals(404, 409, 412, 428))
def close_exercise(acting: Lead, exercise_id: uuid.UUID, version: IfMatch) -> Response:
    """Close an exercise: all participants see the spread of the answers."""
    actions.close_exercise(acting.session, exercise_id=exercise_id, version=version, by=acting.actor)
    return _shown(acting, exercise_id)


@router.put("/{exercise_id}/agreed", response_model=ExerciseOut, responses=refusals(404, 409, 412, 428))
def agree_answers(acting: Lead, exercise_id: uuid.UUID, version: IfMatch, answers: AnswersIn) -> Response:
    """Store the agreed answers, with the reasons. Only once the exercise is closed."""
    actions.record_agreement(
        acting.session, exercise_id=exercise_id, answers=answers.answered(), version=version, by=acting.actor
    )
    return _shown(acting, exercise_id)


@router.post("/{exercise_id}/exemplars", response_model=CalibrationDraftOut, responses=refusals(404, 409, 412, 428))
def make_exemplars(acting: Lead, exercise_id: uuid.UUID, version: IfMatch) -> Response:
    """Put the agreed ratings as exemplars into a new draft version of the template."""
    number = actions.make_exemplars(acting.session, exercise_id=exercise_id, version=version, by=acting.actor)
    exercise = actions.find_exercise(acting.session, exercise_id=exercise_id, by=acting.actor)
    return json_reply(CalibrationDraftOut(template_id=exercise.template_id, number=number), version=exercise.version)


def _as_number(value: Fraction | None) -> float | None:
    return None if value is None else float(value)


def _shown(acting: Transaction, exercise_id: uuid.UUID, *, status: int = 200) -> Response:
    shown = exercise_shown(acting.session, exercise_id=exercise_id, by=acting.actor)
    return json_reply(
        ExerciseOut.of(shown),
        status=status,
        version=shown.exercise.version,
        location=f"/api/v1/calibration-exercises/{exercise_id}" if status == 201 else "",
    )
