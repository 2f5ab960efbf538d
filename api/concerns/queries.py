"""Queries of urgent concerns: those of an audit or a round, who may see them, and how long they have waited."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, bindparam, false, func, or_
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from api.access.audits import may_read_every_audit, readable_audits
from api.access.concerns import concerns_with_basis
from api.access.people import can_still
from api.foundation import access_log
from api.foundation.permissions import Actor, Permission
from api.people import actions as people
from models import Audit, CaseFile, ConcernNotice, ConcernState, Person, Team, UrgentConcern, now
from models.clock import AHEAD
from models.storage.bulk import table_of
from models.storage.joins import linked, table_alias

OPEN = (ConcernState.RAISED, ConcernState.ACKNOWLEDGED)


@dataclass(frozen=True, slots=True)
class FoundConcern:
    """A concern with its case, and the names of the people involved."""

    concern: UrgentConcern
    reference: str
    team: str
    round_id: uuid.UUID
    reads_audit: bool
    # Whether the person may read the facts of the case and the answers that the concern names.
    reads_basis: bool
    names: dict[uuid.UUID, str]

    @property
    def is_open(self) -> bool:
        return self.concern.state in OPEN

    @property
    def person(self) -> str:
        return self.names[self.concern.person_id]

    @property
    def raised_by(self) -> str:
        return self.names[self.concern.raised_by_id]

    @property
    def acknowledged_by(self) -> str:
        return self.names.get(self.concern.acknowledged_by_id or uuid.UUID(int=0), "")

    @property
    def closed_by(self) -> str:
        return self.names.get(self.concern.closed_by_id or uuid.UUID(int=0), "")

    @property
    def is_late(self) -> bool:
        """Whether it should have been acknowledged by now; one dated in the future counts as late."""
        moment = now()
        over = self.concern.answer_by <= moment or self.concern.asked_at > moment + AHEAD
        return self.concern.state is ConcernState.RAISED and over

    @property
    def waiting_time(self) -> str:
        """How long it has been open, in words."""
        return in_hours((self.concern.closed_at or now()) - self.concern.raised_at)


@dataclass(frozen=True, slots=True)
class WaitingConcerns:
    """What is waiting for a person: concerns to acknowledge, and the number of those to close."""

    to_acknowledge: tuple[uuid.UUID, ...] = ()
    to_close: int = 0
    # For quality leads: acknowledged by somebody who has left, or can no longer act.
    left_behind: int = 0


def open_concerns(session: Session, audit: Audit) -> Sequence[UrgentConcern]:
    """The concerns of an audit that are not closed, oldest first: while there is one, the audit cannot be signed off.

    Raising one takes no lock: a concern raised during a sign-off counts as raised after it.
    """
    return session.exec(
        select(UrgentConcern)
        .where(
            col(UrgentConcern.organisation_id) == audit.organisation_id,
            col(UrgentConcern.audit_id) == audit.id,
            col(UrgentConcern.state).in_(OPEN),
        )
        .order_by(col(UrgentConcern.id))
    ).all()


def readable_concerns(actor: Actor) -> ColumnElement[bool]:
    """The condition under which a person may read a concern, joined with its audit: they may read the audit, were asked
    to act, acknowledged it, or raised it.
    """
    if not actor.may(Permission.READ_AUDITS):
        return false()
    concerned = (UrgentConcern.person_id, UrgentConcern.acknowledged_by_id, UrgentConcern.raised_by_id)
    return and_(
        col(UrgentConcern.organisation_id) == actor.organisation_id,
        or_(readable_audits(actor), *(col(column) == actor.person_id for column in concerned)),
    )


def concerns_for(
    session: Session,
    by: Actor,
    *,
    states: Collection[ConcernState] = tuple(ConcernState),
    round_id: uuid.UUID | None = None,
    audit_id: uuid.UUID | None = None,
    concern_id: uuid.UUID | None = None,
    after_id: uuid.UUID | None = None,
    newest: bool = False,
    limit: int = 100,
) -> list[FoundConcern]:
    """The concerns that a person may read, the oldest first unless the newest are asked for."""
    reads_audit = readable_audits(by).label("reads_audit")
    reads_basis = or_(readable_audits(by), concerns_with_basis(by)).label("reads_basis")
    query = (
        select_columns(
            UrgentConcern, col(CaseFile.reference), col(Team.name), col(Audit.round_id), reads_audit, reads_basis
        )
        .join(Audit, _of_its_audit())
        .join(CaseFile, linked(CaseFile.id, Audit.case_file_id))
        .join(
            Team,
            (col(Team.organisation_id) == col(Audit.organisation_id))
            & (col(Team.id) == func.coalesce(col(Audit.team_id), col(CaseFile.team_id))),
        )
        .where(readable_concerns(by), col(UrgentConcern.state).in_(states))
        .order_by(col(UrgentConcern.id).desc() if newest else col(UrgentConcern.id))
        .limit(limit)
        .execution_options(populate_existing=True)
    )
    for column, wanted in ((Audit.round_id, round_id), (Audit.id, audit_id), (UrgentConcern.id, concern_id)):
        if wanted is not None:
            query = query.where(col(column) == wanted)
    if after_id is not None:
        query = query.where(col(UrgentConcern.id) > after_id)
    rows = session.execute(query).all()
    named = {
        each
        for concern, *_ in rows
        for each in (concern.person_id, concern.raised_by_id, concern.acknowledged_by_id, concern.closed_by_id)
        if each is not None
    }
    names = people.names_of(session, named, by=by) if named else {}
    return [FoundConcern(*row, names) for row in rows]  # type: ignore[call-arg]


def record_seen(session: Session, by: Actor, found: Sequence[FoundConcern]) -> Sequence[FoundConcern]:
    """These concerns, which a list shows: anybody who reads one has seen something of its audit."""
    for audit_id in dict.fromkeys(each.concern.audit_id for each in found):
        access_log.record_view(session, "concern.read", audit_id, by=by)
    return found


def closed_in_round(session: Session, by: Actor, round_id: uuid.UUID) -> int:
    """How many closed concerns of a round a person may read."""
    return session.exec(
        select(func.count())
        .select_from(UrgentConcern)
        .join(Audit, _of_its_audit())
        .where(
            readable_concerns(by),
            col(Audit.round_id) == round_id,
            col(UrgentConcern.state) == ConcernState.CLOSED,
        )
    ).one()


def waiting_for(session: Session, actor: Actor) -> WaitingConcerns:
    """What is waiting for this person, for every page of theirs."""
    if actor.person_id is None or not actor.may(Permission.READ_AUDITS):
        return WaitingConcerns()
    statement = _WAITING[may_read_every_audit(actor)]
    rows = session.execute(statement, {"own": actor.organisation_id, "person": actor.person_id}).all()
    to_acknowledge = tuple(concern_id for concern_id, state, _ in rows if state is ConcernState.RAISED)
    left_behind = sum(state is ConcernState.ACKNOWLEDGED and not can for _, state, can in rows)
    return WaitingConcerns(to_acknowledge, len(rows) - len(to_acknowledge) - left_behind, left_behind)


def _waiting(*, reads_every_audit: bool) -> Any:
    """The statement for concerns that wait for `person` of the organisation `own`."""
    person = bindparam("person", type_=table_of(UrgentConcern).c.person_id.type)
    told = (
        select(ConcernNotice.concern_id)
        .where(
            col(ConcernNotice.organisation_id) == col(UrgentConcern.organisation_id),
            col(ConcernNotice.concern_id) == col(UrgentConcern.id),
            col(ConcernNotice.person_id) == person,
        )
        .exists()
    )
    holds = or_(col(UrgentConcern.person_id) == person, col(UrgentConcern.acknowledged_by_id) == person)
    theirs = can_still(UrgentConcern.acknowledged_by_id, Permission.MODERATE_AUDITS)
    if reads_every_audit:
        holds = or_(holds, and_(~theirs, ~_reads_its_case(person)))
    return (
        select(col(UrgentConcern.id), col(UrgentConcern.state), theirs)
        .where(
            col(UrgentConcern.organisation_id) == bindparam("own"),
            col(UrgentConcern.state).in_(OPEN),
            or_(
                and_(col(UrgentConcern.state) == ConcernState.RAISED, told),
                and_(col(UrgentConcern.state) == ConcernState.ACKNOWLEDGED, holds),
            ),
        )
        .order_by(col(UrgentConcern.id))
    )


_RAISED_ON, _OWN = table_alias(Audit), table_alias(Audit)


def _reads_its_case(person: ColumnElement[uuid.UUID]) -> ColumnElement[bool]:
    """The condition that a person reads the case of a concern in its round: they would learn of the other reading."""
    return (
        select(_OWN.id)
        .join(
            _RAISED_ON,
            linked(_RAISED_ON.round_id, _OWN.round_id) & (col(_RAISED_ON.case_file_id) == col(_OWN.case_file_id)),
        )
        .where(linked(_RAISED_ON.id, UrgentConcern.audit_id), col(_OWN.auditor_id) == person)
        .exists()
    )


# Made once: every page asks it, and it takes many times as long to build as to run.
_WAITING: Final = {reads: _waiting(reads_every_audit=reads) for reads in (False, True)}


def in_hours(time: timedelta) -> str:
    """A time in words: 5 minutes, 2 hours 5 minutes, 3 days 2 hours."""
    minutes = max(0, int(time.total_seconds() // 60))
    days, hours = divmod(minutes // 60, 24)
    parts = [(days, "day"), (hours, "hour")] if days else [(hours, "hour"), (minutes % 60, "minute")]
    told = [f"{number} {word}{'' if number == 1 else 's'}" for number, word in parts if number]
    return " ".join(told) or "less than a minute"


def _of_its_audit() -> ColumnElement[bool]:
    return linked(Audit.id, UrgentConcern.audit_id)


def person_at(session: Session, by: Actor, email: str) -> uuid.UUID | None:
    """The person of the organisation with this email address."""
    own = (col(Person.organisation_id) == by.organisation_id, col(Person.email) == email)
    return session.exec(select(Person.id).where(*own)).first()


def audit_of(session: Session, concern: UrgentConcern) -> Audit:
    """The audit on which a concern was raised."""
    return session.get_one(Audit, (concern.organisation_id, concern.audit_id))
