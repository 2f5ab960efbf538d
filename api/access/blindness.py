"""Blind reading: a person who reads a case in a round learns nothing of its other reading until both are submitted."""

import uuid
from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import ColumnElement, bindparam, exists, or_, select, true
from sqlalchemy.orm import Mapped
from sqlmodel import Session, col

from api.foundation.permissions import Actor
from api.foundation.problems import Conflict, NotAllowed
from checklists.audits.audit_states import EDITABLE_STATES
from models import Audit, AuditState, Role, Round, RoundState
from models.storage.joins import linked, table_alias
from models.storage.prepared import Prepared

_OWN_READING = table_alias(Audit)


Reader = uuid.UUID | ColumnElement[uuid.UUID]
# For how many people the conditions are kept, so that they are not built again.
PEOPLE_REMEMBERED: Final = 500


def visible_under_blind_reading(person_id: Reader | None) -> ColumnElement[bool]:
    """The SQL condition under which an audit exists for this person: blind reading, for people of every role.

    A person who reads a case in a round learns nothing of its other reading until both are submitted: not its content,
    not that it exists, and not through a count. The rule depends on the person, not on roles: leads and moderators who
    read a case are as blind as auditors. In a closed round nothing can be submitted any more, and so nothing is hidden.
    """
    if person_id is None:
        return true()
    return _visible_to(person_id) if isinstance(person_id, uuid.UUID) else _visible(person_id)


def _visible(person_id: Reader) -> ColumnElement[bool]:
    # Asked of each audit by its case: a person with thousands of audits waits no longer than one with ten.
    own = _OWN_READING
    hidden = (
        exists()
        .where(
            linked(own.round_id, Audit.round_id),
            col(own.case_file_id) == col(Audit.case_file_id),
            *_is_of(person_id),
            *_hides(col(own.state), person_id),
            linked(Round.id, own.round_id),
            col(Round.state) != RoundState.CLOSED,
        )
        .correlate(Audit)
    )
    return ~hidden


# A page asks it of one person up to ten times, and building it takes longer than running its query.
_visible_to: Final = lru_cache(maxsize=PEOPLE_REMEMBERED)(_visible)


def hidden_readings(session: Session, audit_round: Round, person_id: uuid.UUID | None) -> Sequence[uuid.UUID]:
    """The audits of a round that `visible_under_blind_reading` hides from this person. There are few, found from the
    person's own readings.
    """
    if person_id is None or audit_round.state is RoundState.CLOSED:
        return []
    asked = {"organisation_id": audit_round.organisation_id, "round_id": audit_round.id, "person_id": person_id}
    session.flush()
    return [audit_id for (audit_id,) in _HIDDEN_IN_ROUND.rows(session, asked)]


def visible_in_round(session: Session, audit_round: Round, person_id: uuid.UUID | None) -> ColumnElement[bool]:
    """`visible_under_blind_reading` for counting the audits of one round: the hidden ones are looked up first."""
    hidden = hidden_readings(session, audit_round, person_id)
    return col(Audit.id).not_in(hidden) if hidden else true()


def every_hidden_reading(session: Session, organisation_id: int, person_id: uuid.UUID | None) -> Sequence[uuid.UUID]:
    """The same in all rounds of an organisation: what `visible_under_blind_reading` hides from this person."""
    if person_id is None:
        return []
    asked = {"organisation_id": organisation_id, "person_id": person_id}
    session.flush()
    return [audit_id for (audit_id,) in _HIDDEN_IN_ANY.rows(session, asked)]


def _is_of(person_id: Reader) -> tuple[ColumnElement[bool], ...]:
    """The conditions for a reading of this person's own."""
    return col(_OWN_READING.auditor_id) == person_id, col(_OWN_READING.state) != AuditState.WITHDRAWN


def _hides(own_state: ColumnElement[Any] | Mapped[Any], person_id: Reader) -> tuple[ColumnElement[bool], ...]:
    """The conditions under which this person's own reading of a case, in this state, hides another audit of it."""
    return (
        col(Audit.auditor_id) != person_id,
        or_(own_state.in_(EDITABLE_STATES), col(Audit.state).in_(EDITABLE_STATES)),
    )


# What a person reads or has read, found first and by the index of auditors: otherwise the database would go through
# everybody's audits if one person made most of them.
_OWN_READINGS: Final = (
    select(
        *(col(getattr(_OWN_READING, name)) for name in ("organisation_id", "round_id", "case_file_id", "state")),
    )
    .where(*_is_of(bindparam("person_id")))
    .cte("own_reading")
    .prefix_with("MATERIALIZED")
)
_HIDDEN: Final = (
    select(col(Audit.id))
    .join(
        _OWN_READINGS,
        (_OWN_READINGS.c.organisation_id == col(Audit.organisation_id))
        & (_OWN_READINGS.c.round_id == col(Audit.round_id))
        & (_OWN_READINGS.c.case_file_id == col(Audit.case_file_id)),
    )
    .where(
        _OWN_READINGS.c.organisation_id == bindparam("organisation_id"),
        *_hides(_OWN_READINGS.c.state, bindparam("person_id")),
    )
    .distinct()
)
# A report of a round asks it several times.
_HIDDEN_IN_ROUND: Final = Prepared(_HIDDEN.where(_OWN_READINGS.c.round_id == bindparam("round_id")))
_HIDDEN_IN_ANY: Final = Prepared(
    _HIDDEN.join(Round, linked(Round.id, Audit.round_id)).where(col(Round.state) != RoundState.CLOSED)
)


def reading_shown(actor: Actor, audit: Audit) -> int | None:
    """Whether the audit is the first or the second reading of its case; never shown for the person's own audit.

    A person who knew theirs to be the second would know that there is a first.
    """
    return None if audit.auditor_id == actor.person_id else audit.reading


def check_is_not_reader(actor: Actor, readers: Collection[uuid.UUID | str]) -> None:
    """Raise NotAllowed when the person reads the case: whether its other reading is free would reveal that reading."""
    if actor.person_id is not None and str(actor.person_id) in map(str, readers):
        raise NotAllowed("You read this case yourself. Ask another quality lead to manage its other reading.")


def check_reads_no_longer(session: Session, actor: Actor, round_id: uuid.UUID, *, what: str) -> None:
    """Raise Conflict while the person has a reading of their own to submit in a round: they neither release nor close
    it. A count without those readings would reveal another reading, or open it to them.
    """
    if actor.person_id is None or Role.AUDITOR not in actor.roles:
        return  # somebody who no longer audits cannot submit: others take over their audits
    query = select(col(Audit.id)).where(
        col(Audit.organisation_id) == actor.organisation_id,
        col(Audit.round_id) == round_id,
        col(Audit.auditor_id) == actor.person_id,
        col(Audit.state).in_(EDITABLE_STATES),
    )
    if session.execute(query.limit(1)).first() is not None:
        raise Conflict(
            f"You have audits to submit in this round. Submit them first, or ask another quality lead to {what}."
        )
