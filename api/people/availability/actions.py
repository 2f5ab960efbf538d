"""Availability: what allocation needs to know of a person, and who is exempt from a round."""

import uuid
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import delete, insert, update
from sqlmodel import Session, col, select

from api.foundation import events
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Fault, Invalid, Stale
from api.people import actions as people
from checklists.privacy.references import check_reference
from models import Absence, Person, Team, TeamMember, new_id
from models.storage.database import rows_changed
from models.storage.joins import linked

MOST_ABSENCES: Final = 50
MOST_AUDITS: Final = 1_000


@dataclass(frozen=True, slots=True)
class AbsencePeriod:
    """Dates between which a person is allocated no audits, both included."""

    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True)
class Availability:
    """The teams whose cases a person does not audit, their own pseudonym as a worker, their limit and absences."""

    teams: tuple[uuid.UUID, ...] = ()
    worker: str = ""
    most_audits: int | None = None
    absences: tuple[AbsencePeriod, ...] = ()


def availability_of(session: Session, *, person_id: uuid.UUID, by: Actor) -> tuple[Availability, int]:
    """A person's availability, and the version of the person. Raises NotFound."""
    check_may(by, Permission.ALLOCATE_AUDITS)
    person = people.find_person(session, person_id=person_id, by=by).person
    own = by.organisation_id
    teams = session.exec(
        select(TeamMember.team_id)
        .join(Team, linked(Team.id, TeamMember.team_id))
        .where(col(TeamMember.organisation_id) == own, col(TeamMember.person_id) == person_id)
        .order_by(col(Team.name))
    ).all()
    absences = session.exec(
        select(Absence)
        .where(col(Absence.organisation_id) == own, col(Absence.person_id) == person_id)
        .order_by(col(Absence.first_day), col(Absence.last_day))
    ).all()
    away = tuple(AbsencePeriod(absence.first_day, absence.last_day) for absence in absences)
    return Availability(tuple(teams), person.worker, person.most_audits, away), person.version


def change_availability(
    session: Session, *, person_id: uuid.UUID, availability: Availability, version: int, by: Actor
) -> tuple[Availability, int]:
    """Replace a person's availability completely. Audits that were allocated before stay where they are.

    Raises NotFound, Stale, or Invalid with each fault.
    """
    check_may(by, Permission.ALLOCATE_AUDITS)
    people.find_person(session, person_id=person_id, by=by)
    before, _ = availability_of(session, person_id=person_id, by=by)
    _check(session, availability, before, by)
    own = by.organisation_id
    changed = rows_changed(
        session,
        update(Person)
        .where(col(Person.organisation_id) == own, col(Person.id) == person_id, col(Person.version) == version)
        .values(worker=availability.worker, most_audits=availability.most_audits, version=version + 1),
    )
    if not changed:
        raise Stale
    for table in (TeamMember, Absence):
        session.execute(delete(table).where(col(table.organisation_id) == own, col(table.person_id) == person_id))
    about = {"organisation_id": own, "person_id": person_id}
    if availability.teams:
        session.execute(insert(TeamMember), [{**about, "team_id": team} for team in dict.fromkeys(availability.teams)])
    if availability.absences:
        days = [
            {"first_day": each.first_day, "last_day": each.last_day} for each in dict.fromkeys(availability.absences)
        ]
        session.execute(insert(Absence), [{**about, "id": new_id(), **each} for each in days])
    events.record(session, "person.duties-changed", person_id, by=by)
    return availability_of(session, person_id=person_id, by=by)


def _check(session: Session, availability: Availability, before: Availability, by: Actor) -> None:
    faults = []
    own = set(
        session.exec(select(Team.id).where(col(Team.organisation_id) == by.organisation_id, col(Team.active))).all()
    )
    for place, team in enumerate(availability.teams):
        if team not in own | set(before.teams):
            faults.append(Fault(f"/teams/{place}", "Select one of your organisation’s active teams."))
    if availability.worker and (words := check_reference(availability.worker)) is not None:
        faults.append(Fault("/worker", f"{words} Use `caseaudit worker` to get the pseudonym of a practitioner."))
    if availability.most_audits is not None and not 0 <= availability.most_audits <= MOST_AUDITS:
        faults.append(Fault("/most_audits", f"Enter a whole number from 0 to {MOST_AUDITS:,}, or leave this empty."))
    if len(availability.absences) > MOST_ABSENCES:
        faults.append(Fault("/absences", f"Enter no more than {MOST_ABSENCES} absences. Remove past absences."))
    for place, absence in enumerate(availability.absences):
        if absence.first_day > absence.last_day:
            faults.append(
                Fault(f"/absences/{place}/last_day", "The last day of absence must be on or after the first day.")
            )
    if faults:
        raise Invalid(faults[0].detail, faults=tuple(faults))
