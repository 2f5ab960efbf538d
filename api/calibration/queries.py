"""What an exercise shows, and to whom: blind until it is closed; then the spread to all, names only to leads.

Of two who submitted, participants see no spread: with their own answers it would tell them the other's.
"""

import uuid
from dataclasses import dataclass
from typing import Final

from sqlmodel import Session

from api.access.people import Hindrance, hindrances_of, words_of
from api.calibration import actions
from api.foundation.permissions import Actor, Permission
from api.people import actions as people
from checklists.reliability.calibration import ParticipantResult, Spread, participant_result, spread
from checklists.templates.template import Template as TemplateContent
from models import (
    CalibrationAgreement,
    CalibrationAnswer,
    CalibrationExercise,
    CalibrationReading,
    ExerciseState,
)

# Of two, each who knows their own answers would know the other's.
FEWEST_FOR_SPREAD: Final = 3


@dataclass(frozen=True, slots=True)
class Participant:
    """A participant: their progress, and, once that may be seen, their result against the agreed answers."""

    person_id: uuid.UUID
    name: str
    is_in: bool
    # Why they can no longer submit, if so.
    hindrance: Hindrance | None
    result: ParticipantResult | None

    @property
    def progress(self) -> str:
        """Whether they have submitted, or can no longer, in words."""
        if self.is_in:
            return "submitted"
        return "not submitted yet" if self.hindrance is None else words_of(self.hindrance, Permission.SCORE_CALIBRATION)


@dataclass(frozen=True, slots=True)
class ExerciseShown:
    """An exercise as this person may see it."""

    exercise: CalibrationExercise
    template: TemplateContent
    # The person's own part in it.
    reading: CalibrationReading | None
    mine: dict[str, CalibrationAnswer]
    handed_in: int
    asked: int
    agreed: dict[str, CalibrationAgreement]
    # Empty until the exercise is closed; then only from submitted answers, and for participants only of enough people.
    spread: Spread | None
    # For leads all participants, for participants themselves.
    participants: tuple[Participant, ...]


def exercise_shown(session: Session, *, exercise_id: uuid.UUID, by: Actor) -> ExerciseShown:
    """The exercise, for leads and participants. Nobody sees another's answers before it is closed. Raises NotFound."""
    exercise = actions.find_exercise(session, exercise_id=exercise_id, by=by)
    template = actions.template_of(session, exercise)
    readings = actions.readings_of(session, exercise)
    answers = actions.answers_of(session, exercise)
    agreed = dict(actions.agreements_of(session, exercise))
    is_closed = exercise.state is ExerciseState.CLOSED
    given = {
        reading.person_id: {theme: row.answer for theme, row in answers.get(reading.person_id, {}).items()}
        for reading in readings
        if reading.handed_in_at is not None
    }
    leads = by.may(Permission.WRITE_CALIBRATION)
    shows = leads or len(given) >= FEWEST_FOR_SPREAD
    named = [reading for reading in readings if leads or reading.person_id == by.person_id]
    names = people.names_of(session, [reading.person_id for reading in named], by=by)
    hindered = hindrances_of(session, set(names), Permission.SCORE_CALIBRATION, organisation_id=by.organisation_id)
    right = {theme: row.answer for theme, row in agreed.items()}
    return ExerciseShown(
        exercise=exercise,
        template=template,
        reading=next((reading for reading in readings if reading.person_id == by.person_id), None),
        mine=answers.get(by.person_id, {}) if by.person_id is not None else {},
        handed_in=len(given),
        asked=len(readings),
        agreed=agreed if is_closed else {},
        spread=spread(template, {str(who): each for who, each in given.items()}) if is_closed and shows else None,
        participants=tuple(
            Participant(
                reading.person_id,
                names[reading.person_id],
                reading.handed_in_at is not None,
                hindered.get(reading.person_id),
                participant_result(template, given[reading.person_id], right)
                if is_closed and right and reading.person_id in given
                else None,
            )
            for reading in sorted(named, key=lambda each: (names[each.person_id], str(each.person_id)))
        ),
    )
