"""Recording when an auditor or moderator was trained."""

import uuid
from datetime import date
from typing import Final

from sqlmodel import Session

from api.access.notified import active_people
from api.foundation import events
from api.foundation.local_time import local_date
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Fault, Invalid
from models import Role, Training, now

REGISTERED_ROLES: Final = (Role.AUDITOR, Role.MODERATOR)


def record_training(session: Session, *, person_id: uuid.UUID, trained_on: date, by: Actor) -> Training:
    """Record the day on which a person was last trained; it replaces the day before. Raises Invalid."""
    check_may(by, Permission.WRITE_ROUNDS)
    faults = []
    if person_id not in active_people(session, by.organisation_id, REGISTERED_ROLES):
        faults.append(Fault("/person_id", "Select an active auditor or moderator."))
    if trained_on > local_date(now()):
        faults.append(Fault("/trained_on", "The day of training must be today or in the past."))
    if faults:
        raise Invalid(faults[0].detail, faults=tuple(faults))
    made = session.merge(
        Training(organisation_id=by.organisation_id, person_id=person_id, trained_on=trained_on, recorded_by_id=by.id)
    )
    session.flush()
    events.record(session, "programme.training-recorded", person_id, by=by)
    return made
