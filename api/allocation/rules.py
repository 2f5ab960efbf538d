"""Loads what the rules of allocation need to know of people and cases."""

import uuid
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from sqlalchemy import BindParameter, ColumnElement, Select, bindparam, func, or_, select, union
from sqlmodel import Session, col

from api.access.blindness import visible_under_blind_reading
from api.access.seen import people_who_saw
from api.foundation.local_time import local_date
from api.foundation.permissions import Actor
from checklists.allocation import Auditor, CaseToRead
from models import (
    Absence,
    Audit,
    AuditState,
    CaseFile,
    Consensus,
    Exemption,
    ModeratedScore,
    Moderation,
    Person,
    Round,
    TeamMember,
    UrgentConcern,
    now,
)
from models.storage.dialects import is_among
from models.storage.joins import linked
from models.storage.portions import in_portions

_OWN: Final[BindParameter[Any]] = bindparam("own")
_ROUND: Final[BindParameter[Any]] = bindparam("round")

# Made once: an allocation of one case asks them all, and making them takes longer than running them.
_BANDS: Final = select(col(CaseFile.id), col(CaseFile.status), col(CaseFile.age_band)).where(
    col(CaseFile.organisation_id) == _OWN, is_among(col(CaseFile.id), "cases")
)
_FILES: Final = select(col(CaseFile.id), col(CaseFile.team_id), col(CaseFile.worker)).where(
    col(CaseFile.organisation_id) == _OWN, is_among(col(CaseFile.id), "cases")
)
_TEAMS: Final = select(col(TeamMember.person_id), col(TeamMember.team_id)).where(
    col(TeamMember.organisation_id) == _OWN, is_among(col(TeamMember.person_id), "people")
)
_EXEMPT: Final = select(col(Exemption.person_id)).where(
    col(Exemption.organisation_id) == _OWN, col(Exemption.round_id) == _ROUND
)
# Absent today, or on the round's due date.
_AWAY: Final = select(col(Absence.person_id)).where(
    col(Absence.organisation_id) == _OWN,
    or_(
        *(
            (col(Absence.first_day) <= bindparam(day)) & (col(Absence.last_day) >= bindparam(day))
            for day in ("today", "due_on")
        )
    ),
)
_PERSONS: Final = select(col(Person.id), col(Person.worker), col(Person.most_audits)).where(
    col(Person.organisation_id) == _OWN, is_among(col(Person.id), "people")
)
_OF_CASES: Final = (
    col(Audit.organisation_id) == _OWN,
    is_among(col(Audit.case_file_id), "cases"),
    col(Audit.state) != AuditState.WITHDRAWN,
)
_READERS: Final = select(col(Audit.case_file_id), col(Audit.auditor_id)).where(
    *_OF_CASES, col(Audit.round_id) == _ROUND
)


def _loads(visible: ColumnElement[bool]) -> Select[uuid.UUID, int]:
    return (
        select(col(Audit.auditor_id), func.count())
        .where(
            col(Audit.organisation_id) == _OWN,
            col(Audit.round_id) == _ROUND,
            col(Audit.state) != AuditState.WITHDRAWN,
            visible,
        )
        .group_by(col(Audit.auditor_id))
    )


def _read_before(visible: ColumnElement[bool]) -> Select[uuid.UUID, uuid.UUID]:
    """First readings of the cases in other rounds, in the order of allocation."""
    return (
        select(col(Audit.case_file_id), col(Audit.auditor_id))
        .where(*_OF_CASES, col(Audit.round_id) != _ROUND, col(Audit.reading) == 1, visible)
        .order_by(col(Audit.id))
    )


# By whether a person asks, from whom blind reading may hide audits.
_ASKED_BY: Final = {True: visible_under_blind_reading(bindparam("by")), False: visible_under_blind_reading(None)}
_LOADS: Final = {is_person: _loads(visible) for is_person, visible in _ASKED_BY.items()}
_READ_BEFORE: Final = {is_person: _read_before(visible) for is_person, visible in _ASKED_BY.items()}

# Each case with each person who moderated, settled or was asked about an audit of it in the round.
_REVIEWERS: Final = union(
    *(
        select(col(Audit.case_file_id), col(person))
        .join(table, linked(table.audit_id, Audit.id))
        .where(*_OF_CASES, col(Audit.round_id) == _ROUND, col(person).is_not(None))
        for table, person in (
            (Moderation, Moderation.moderator_id),
            (ModeratedScore, ModeratedScore.moderator_id),
            (Consensus, Consensus.proposed_by_id),
            (Consensus, Consensus.settled_by_id),
            (UrgentConcern, UrgentConcern.person_id),
            (UrgentConcern, UrgentConcern.acknowledged_by_id),
        )
    )
)


def unfit_cases(session: Session, audit_round: Round, cases: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Those of the cases that the template of a round is not for, each with the reason."""
    template = audit_round.content(session)
    if template is None:
        return {}
    rows = (
        row
        for some in in_portions(cases)
        for row in session.execute(_BANDS, {"own": audit_round.organisation_id, "cases": some})
    )
    faults = ((case_file, template.case_fault(status, age_band)) for case_file, status, age_band in rows)
    return {case_file: fault for case_file, fault in faults if fault}


def auditors_for(
    session: Session, audit_round: Round, people: Iterable[uuid.UUID], *, by: Actor
) -> dict[uuid.UUID, Auditor]:
    """These people with what the rules need in this round, by their identifiers.

    Audits that are hidden from the actor by blind reading add to no load: a refusal would tell of them.
    """
    in_round = {"own": audit_round.organisation_id, "round": audit_round.id}
    of_people = {"own": audit_round.organisation_id, "people": list(set(people))}
    days = {"own": audit_round.organisation_id, "today": local_date(now()), "due_on": audit_round.due_on}
    teams = _grouped(session.execute(_TEAMS, of_people))
    loads = dict(session.execute(_LOADS[by.person_id is not None], _asked(in_round, by)).all())
    exempt = set(session.scalars(_EXEMPT, in_round))
    away = set(session.scalars(_AWAY, days))
    return {
        person.id: Auditor(
            id=str(person.id),
            teams=frozenset(str(team) for team in teams.get(person.id, ())),
            workers=frozenset({person.worker} if person.worker else ()),
            load=loads.get(person.id, 0),
            cap=person.most_audits,
            away=person.id in away,
            exempt=person.id in exempt,
        )
        for person in session.execute(_PERSONS, of_people)
    }


def cases_for(
    session: Session,
    audit_round: Round,
    case_files: Collection[uuid.UUID],
    *,
    by: Actor,
    apart_from: Collection[uuid.UUID] = (),
) -> dict[uuid.UUID, CaseToRead]:
    """These case files with what the rules need in this round, by their identifiers; unknown ones are left out.

    `apart_from`: audits that are reallocated; who has seen only these may have them.
    """
    cases: dict[uuid.UUID, CaseToRead] = {}
    for wanted in in_portions(case_files):
        saw = people_who_saw(session, audit_round, wanted, apart_from=apart_from)
        cases |= _cases(session, audit_round, wanted, _grouped(saw), by)
    return cases


def _cases(
    session: Session,
    audit_round: Round,
    wanted: list[uuid.UUID],
    saw: Mapping[uuid.UUID, set[uuid.UUID]],
    by: Actor,
) -> dict[uuid.UUID, CaseToRead]:
    named = {"own": audit_round.organisation_id, "round": audit_round.id, "cases": wanted}
    readers = _grouped(session.execute(_READERS, named))
    last = dict(session.execute(_READ_BEFORE[by.person_id is not None], _asked(named, by)).all())  # the last one wins
    reviewers = _grouped(session.execute(_REVIEWERS, named))
    return {
        file.id: CaseToRead(
            id=str(file.id),
            team=str(file.team_id),
            worker=file.worker,
            read_last_by=str(last.get(file.id, "")),
            readers=frozenset(str(reader) for reader in readers.get(file.id, ())),
            reviewers=frozenset(map(str, {*reviewers.get(file.id, ()), *saw.get(file.id, ())})),
        )
        for file in session.execute(_FILES, {"own": audit_round.organisation_id, "cases": wanted})
    }


def _asked(named: Mapping[str, Any], by: Actor) -> dict[str, Any]:
    return {**named, "by": by.person_id} if by.person_id is not None else {**named}


def _grouped(pairs: Iterable[tuple[uuid.UUID, uuid.UUID]]) -> Mapping[uuid.UUID, set[uuid.UUID]]:
    groups: dict[uuid.UUID, set[uuid.UUID]] = {}
    for key, value in pairs:
        groups.setdefault(key, set()).add(value)
    return groups
