"""Queries of audits that can be reallocated, and of the people who cannot finish theirs."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, func, or_, select
from sqlmodel import Session, col

from api.access.blindness import visible_under_blind_reading
from api.access.people import Hindrance, can_still, hindrance_of, hindrances_of, words_of
from api.foundation.permissions import Actor, Permission
from checklists.audits.audit_states import EDITABLE_STATES, AuditState
from models import Audit, CaseFile, Person, Round
from models.storage.joins import linked, table_alias

# The most audits that are listed, and reallocated in one transaction.
MOST_AT_ONCE: Final = 100
# Audits that their auditor can edit, or that can be returned to them.
OPEN_STATES: Final = frozenset({*EDITABLE_STATES, AuditState.SUBMITTED, AuditState.IN_MODERATION})


@dataclass(frozen=True, slots=True)
class OpenAudit:
    """An audit that can be reallocated, and the reference of its case."""

    audit: Audit
    reference: str

    @property
    def is_with_auditor(self) -> bool:
        """Whether its auditor can still edit it; otherwise it is submitted, and reallocating returns it."""
        return self.audit.state in EDITABLE_STATES


@dataclass(frozen=True, slots=True)
class PersonWithAudits:
    """A person, how many open audits they have in a round, and why they cannot finish them, if so."""

    id: uuid.UUID
    name: str
    number: int
    hindrance: Hindrance | None

    @property
    def hindrance_words(self) -> str:
        return "" if self.hindrance is None else words_of(self.hindrance, Permission.SCORE_AUDITS)


def open_audits_of(
    session: Session,
    audit_round: Round,
    auditor_id: uuid.UUID,
    *,
    by: Actor,
    only: Collection[uuid.UUID] = (),
    lock: bool = False,
) -> list[OpenAudit]:
    """The audits of a person in a round that this lead can reallocate, by the references of their cases.

    Submitted ones only where the person can no longer act: returning is impossible then. Without cases that the lead
    reads: see `access.blindness.check_is_not_reader`. At most MOST_AT_ONCE.
    """
    hindered = hindrance_of(session, auditor_id, Permission.SCORE_AUDITS, organisation_id=by.organisation_id)
    states = EDITABLE_STATES if hindered is None else OPEN_STATES
    query = (
        select(Audit, col(CaseFile.reference))
        .join(CaseFile, linked(CaseFile.id, Audit.case_file_id))
        .where(*_known(audit_round, by), col(Audit.auditor_id) == auditor_id, col(Audit.state).in_(states))
        .limit(MOST_AT_ONCE)
        .execution_options(populate_existing=True)
    )
    if only:
        query = query.where(col(Audit.id).in_(only))
    if lock:
        # Always in the same order, so that two who reallocate the same audits cannot block each other.
        query = query.order_by(col(Audit.id)).with_for_update(of=Audit, key_share=True)
    else:
        query = query.order_by(col(CaseFile.reference), col(Audit.id))
    return [OpenAudit(audit, reference) for audit, reference in session.execute(query)]


def people_with_open_audits(session: Session, audit_round: Round, *, by: Actor) -> list[PersonWithAudits]:
    """Who has audits in a round to finish, as far as this lead may know: first the people who cannot, then by name.

    Submitted audits count where their auditor can no longer act on a return.
    """
    to_finish = or_(
        col(Audit.state).in_(EDITABLE_STATES),
        col(Audit.state).in_(OPEN_STATES) & ~can_still(Audit.auditor_id, Permission.SCORE_AUDITS),
    )
    rows = session.execute(
        select(col(Person.id), col(Person.name), func.count())
        .select_from(Audit)
        .join(Person, linked(Person.id, Audit.auditor_id))
        .where(*_known(audit_round, by), to_finish)
        .group_by(col(Person.id), col(Person.name))
    ).all()
    hindered = hindrances_of(
        session, {row[0] for row in rows}, Permission.SCORE_AUDITS, organisation_id=by.organisation_id
    )
    found = [PersonWithAudits(person_id, name, number, hindered.get(person_id)) for person_id, name, number in rows]
    return sorted(found, key=lambda each: (each.hindrance is None, each.name, str(each.id)))


_OWN: Final = table_alias(Audit)


def _known(audit_round: Round, by: Actor) -> tuple[ColumnElement[bool], ...]:
    reads = (
        select(col(_OWN.id))
        .where(
            linked(_OWN.round_id, Audit.round_id),
            col(_OWN.case_file_id) == col(Audit.case_file_id),
            col(_OWN.auditor_id) == by.person_id,
            col(_OWN.state) != AuditState.WITHDRAWN,
        )
        .exists()
    )
    return (
        col(Audit.organisation_id) == audit_round.organisation_id,
        col(Audit.round_id) == audit_round.id,
        visible_under_blind_reading(by.person_id),
        ~reads,
    )


def hindrance_words_of(session: Session, person_id: uuid.UUID, *, by: Actor) -> str:
    """Why a person cannot finish audits, as the text after their name; "" when they can."""
    hindrance = hindrance_of(session, person_id, Permission.SCORE_AUDITS, organisation_id=by.organisation_id)
    return "" if hindrance is None else words_of(hindrance, Permission.SCORE_AUDITS)
