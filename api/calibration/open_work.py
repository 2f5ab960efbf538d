"""Open work of participants: calibration exercises to which they have not submitted answers."""

import uuid
from typing import Final

from sqlalchemy import func, select
from sqlmodel import Session, col

from api.foundation.permissions import Actor, Permission
from api.people.hooks import OpenWork, OpenWorkKind
from models import CalibrationExercise, CalibrationReading, ExerciseState
from models.storage.joins import linked


def find_exercises(session: Session, person_id: uuid.UUID, by: Actor) -> list[OpenWork]:
    """How many open exercises wait for a person's answers."""
    number = session.execute(
        select(func.count())
        .select_from(CalibrationReading)
        .join(CalibrationExercise, linked(CalibrationExercise.id, CalibrationReading.exercise_id))
        .where(
            col(CalibrationReading.organisation_id) == by.organisation_id,
            col(CalibrationReading.person_id) == person_id,
            col(CalibrationReading.handed_in_at).is_(None),
            col(CalibrationExercise.state) == ExerciseState.OPEN,
        )
    ).scalar_one()
    return [OpenWork(number)]


EXERCISES: Final = OpenWorkKind(
    "calibration",
    "calibration exercise to answer",
    "calibration exercises to answer",
    Permission.SCORE_CALIBRATION,
    "The exercises continue without them.",
    find_exercises,
    path="/calibration",
)
