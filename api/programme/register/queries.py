"""The register: every active auditor and moderator, with training, calibration and shift."""

import uuid
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from api.access.notified import active_people
from api.agreement.queries import shifts_of_auditors
from api.foundation.local_time import local_date
from api.foundation.permissions import Actor, Permission, check_may
from api.programme.register.actions import REGISTERED_ROLES
from checklists.reliability.optimism import Shift
from checklists.statistics.rounding import in_figures
from models import CalibrationExercise, CalibrationReading, ExerciseState, Role, RoleGrant, Training
from models.storage.joins import linked


@dataclass(frozen=True, slots=True)
class RegisteredPerson:
    """A person of the register. `calibrated_on`: the last closed exercise for which they submitted answers.

    `shift`: how their grades compare with agreed ones; None with too few audits, and for people who do not audit.
    """

    person_id: uuid.UUID
    name: str
    roles: tuple[Role, ...]
    trained_on: date | None
    calibrated_on: date | None
    shift: Shift | None

    @property
    def shift_in_words(self) -> str:
        """Such as "Higher than agreed (0.25 of a rating)"."""
        if self.shift is None or self.shift.mean is None:
            return "Too few to say" if Role.AUDITOR in self.roles else "Does not audit"
        return f"{self.shift.state.label} ({in_figures(self.shift.mean, 2, signed=True)} of a rating)"


def register_of(session: Session, *, by: Actor) -> list[RegisteredPerson]:
    """The active auditors and moderators, by name, for people who may read every audit. Raises NotAllowed."""
    check_may(by, Permission.WRITE_ROUNDS)
    people = active_people(session, by.organisation_id, REGISTERED_ROLES)
    shifts = shifts_of_auditors(session, by=by)
    own = (col(Training.organisation_id) == by.organisation_id,)
    trained = {row.person_id: row.trained_on for row in session.exec(select(Training).where(*own))}
    calibrated = session.execute(
        select_columns(col(CalibrationReading.person_id), func.max(col(CalibrationReading.handed_in_at)))
        .join(CalibrationExercise, linked(CalibrationExercise.id, CalibrationReading.exercise_id))
        .where(
            col(CalibrationReading.organisation_id) == by.organisation_id,
            col(CalibrationReading.handed_in_at).is_not(None),
            col(CalibrationExercise.state) == ExerciseState.CLOSED,
        )
        .group_by(col(CalibrationReading.person_id))
    )
    days = {person_id: local_date(moment) for person_id, moment in calibrated}
    granted = (col(RoleGrant.organisation_id) == by.organisation_id, col(RoleGrant.role).in_(REGISTERED_ROLES))
    roles: dict[uuid.UUID, set[Role]] = {}
    for grant in session.exec(select(RoleGrant).where(*granted)):
        roles.setdefault(grant.person_id, set()).add(grant.role)
    return [
        RegisteredPerson(
            person_id=person_id,
            name=name,
            roles=tuple(role for role in REGISTERED_ROLES if role in roles.get(person_id, set())),
            trained_on=trained.get(person_id),
            calibrated_on=days.get(person_id),
            shift=shifts.get(person_id),
        )
        for person_id, name in people.items()
    ]
