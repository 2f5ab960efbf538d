"""Exemptions: who is given no audits in a round, and why."""

import uuid
from collections.abc import Sequence

from sqlmodel import Session, col, select

from api.foundation import events
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Conflict, Invalid, NotFound
from api.foundation.text.free_text import KeepReason, NameCheck, raise_if_any
from api.people import actions as people
from api.rounds import actions as rounds
from models import Exemption, Person, RoundState, now
from models.storage.joins import linked


def exempt_person(
    session: Session,
    *,
    round_id: uuid.UUID,
    person_id: uuid.UUID,
    reason: str,
    keep_names: KeepReason | None = None,
    by: Actor,
) -> tuple[Exemption, str]:
    """Exempt a person from new audits in a round, with a reason; repeating it replaces the reason.

    Returns the exemption, and the person's name. Raises Conflict when the round is closed, Invalid, NotFound.
    """
    check_may(by, Permission.ALLOCATE_AUDITS)
    audit_round = rounds.lock_for_planning(session, round_id=round_id, by=by)
    person = people.find_person(session, person_id=person_id, by=by).person
    if audit_round.state is RoundState.CLOSED:
        raise Conflict("This round is closed, so no more audits are allocated.")
    reason = reason.strip()
    if not reason:
        raise Invalid.at("reason", "Enter why this person is exempt")
    names = NameCheck.of(session, by)
    raise_if_any(names.check("reason", reason, keep=keep_names))
    made = session.merge(
        Exemption(
            organisation_id=by.organisation_id, round_id=round_id, person_id=person_id, reason=reason, made_at=now()
        )
    )
    session.flush()
    names.record(session, round_id, by=by)
    events.record(session, "round.person-exempted", round_id, by=by, details={"person": str(person_id)})
    return made, person.name


def end_exemption(session: Session, *, round_id: uuid.UUID, person_id: uuid.UUID, by: Actor) -> None:
    """End an exemption. Raises NotFound, or Conflict when the round is closed."""
    check_may(by, Permission.ALLOCATE_AUDITS)
    audit_round = rounds.lock_for_planning(session, round_id=round_id, by=by)
    found = session.get(Exemption, (by.organisation_id, round_id, person_id))
    if found is None:
        raise NotFound("exemption")
    if audit_round.state is RoundState.CLOSED:
        raise Conflict("This round is closed, so exemptions cannot be changed.")
    session.delete(found)
    session.flush()
    events.record(session, "round.exemption-ended", round_id, by=by, details={"person": str(person_id)})


def exemptions_of(session: Session, *, round_id: uuid.UUID, by: Actor) -> Sequence[tuple[Exemption, str]]:
    """The exemptions of a round, each with the person's name. Raises NotFound."""
    check_may(by, Permission.ALLOCATE_AUDITS)
    rounds.find_round(session, round_id=round_id, by=by)
    return [
        (exemption, name)
        for exemption, name in session.exec(
            select(Exemption, Person.name)
            .join(Person, linked(Person.id, Exemption.person_id))
            .where(col(Exemption.organisation_id) == by.organisation_id, col(Exemption.round_id) == round_id)
            .order_by(col(Person.name), col(Person.id))
        ).all()
    ]
