"""Blind reading: whoever reads a case in a round learns nothing of its other reading until both are submitted."""

import uuid
from collections.abc import Collection

from sqlalchemy import ColumnElement, or_, select, true
from sqlalchemy.orm import aliased
from sqlmodel import col

from api.foundation.permissions import Actor
from api.foundation.problems import NotAllowed
from checklists.audit_states import EDITABLE_STATES
from models import Audit, AuditState, Round, RoundState
from models.joins import linked

# Made once: an alias of a table takes longer to make than its query to run.
_OWN_READING, _OTHER_READING = aliased(Audit), aliased(Audit)


def visible_under_blind_reading(person_id: uuid.UUID | None) -> ColumnElement[bool]:
    """The condition under which an audit is there for this person at all: blind reading, for roles of every kind.

    Whoever reads a case in a round learns nothing of its other reading until both are handed in: neither what it says,
    nor that it exists, nor by a count. By person, so that leads and moderators who read a case are as blind to it as
    auditors. In a closed round nothing can be handed in any more, and so nothing is hidden.
    """
    if person_id is None:
        return true()
    own, other = _OWN_READING, _OTHER_READING
    hidden = (
        select(col(other.id))
        .join(
            own,
            linked(own.round_id, other.round_id)
            & (col(own.case_file_id) == col(other.case_file_id))
            & (col(own.id) != col(other.id)),
        )
        .join(Round, linked(Round.id, own.round_id))
        .where(
            col(own.auditor_id) == person_id,
            col(own.state) != AuditState.WITHDRAWN,
            col(other.auditor_id) != person_id,
            or_(col(own.state).in_(EDITABLE_STATES), col(other.state).in_(EDITABLE_STATES)),
            col(Round.state) != RoundState.CLOSED,
        )
    )
    return col(Audit.id).not_in(hidden)


def reading_shown(actor: Actor, audit: Audit) -> int | None:
    """Whether the audit is the first or the second reading of its case: never told of one's own.

    Whoever knew theirs to be the second would know that there is a first.
    """
    return None if audit.auditor_id == actor.person_id else audit.reading


def check_is_not_reader(actor: Actor, readers: Collection[uuid.UUID | str]) -> None:
    """Raise NotAllowed when the person reads the case: whether its other reading is free would tell them of it."""
    if actor.person_id is not None and str(actor.person_id) in map(str, readers):
        raise NotAllowed("You read this case yourself. Ask another quality lead to see to its other reading.")
