"""The working days until a child-level action is due, where nobody says otherwise."""

from typing import Final

from sqlalchemy import insert, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col

from api.foundation import events
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Invalid, Stale
from api.improvement import rules
from models import ActionDefaults
from models.storage.database import rows_changed

DUE_IN_DAYS: Final = 10
MOST_DAYS: Final = 250


def find_defaults(session: Session, *, by: Actor) -> ActionDefaults:
    """What the organisation chose; ten days and version 0 while it chose nothing."""
    check_may(by, Permission.READ_ACTIONS)
    return defaults_of(session, by.organisation_id)


def defaults_of(session: Session, organisation_id: int) -> ActionDefaults:
    """What an organisation chose; not stored while it chose nothing."""
    found = session.get(ActionDefaults, organisation_id, populate_existing=True)
    return found or ActionDefaults(organisation_id=organisation_id, child_days=DUE_IN_DAYS, version=0)


def set_defaults(session: Session, *, child_days: int | None, version: int, by: Actor) -> ActionDefaults:
    """Choose the working days until a child-level action is due; actions that exist stay as they are.

    `version`: of what was shown, 0 for nothing. By a quality lead. Raises Invalid, NotAllowed, Stale.
    """
    rules.check_can_plan(by)
    if child_days is None or not 1 <= child_days <= MOST_DAYS:
        raise Invalid.at("/child_days", f"Enter a number of working days from 1 to {MOST_DAYS}")
    values = {"child_days": child_days, "version": version + 1}
    if version == 0:
        try:
            with session.begin_nested():
                session.execute(insert(ActionDefaults), [{"organisation_id": by.organisation_id, **values}])
        except IntegrityError:
            raise Stale from None
    else:
        own = (col(ActionDefaults.organisation_id) == by.organisation_id, col(ActionDefaults.version) == version)
        if not rows_changed(session, update(ActionDefaults).where(*own).values(**values)):
            raise Stale
    details = {"number": child_days}
    events.record(session, "actions.defaults-set", events.THE_ORGANISATION, by=by, details=details)
    return defaults_of(session, by.organisation_id)
