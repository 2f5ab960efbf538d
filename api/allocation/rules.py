"""Loads what the rules of allocation need to know of people and cases."""

import uuid
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, func
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

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
from models.storage.joins import linked
from models.storage.portions import in_portions


def unfit_cases(session: Session, audit_round: Round, cases: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Those of the cases that the template of a round is not for, each with the reason."""
    template = audit_round.content(session)
    if template is None:
        return {}
    rows = (
        row
        for some in in_portions(cases)
        for row in session.execute(
            select_columns(col(CaseFile.id), col(CaseFile.status), col(CaseFile.age_band)).where(
                col(CaseFile.organisation_id) == audit_round.organisation_id, col(CaseFile.id).in_(some)
            )
        )
    )
    faults = ((case_file, template.case_fault(status, age_band)) for case_file, status, age_band in rows)
    return {case_file: fault for case_file, fault in faults if fault}


def auditors_for(
    session: Session, audit_round: Round, people: Iterable[uuid.UUID], *, by: Actor
) -> dict[uuid.UUID, Auditor]:
    """These people with what the rules need in this round, by their identifiers.

    Audits that are hidden from the actor by blind reading add to no load: a refusal would tell of them.
    """
    own, wanted = audit_round.organisation_id, set(people)
    teams = _grouped(
        session.execute(
            select_columns(col(TeamMember.person_id), col(TeamMember.team_id)).where(
                col(TeamMember.organisation_id) == own, col(TeamMember.person_id).in_(wanted)
            )
        )
    )
    loads = dict(
        session.execute(
            select_columns(col(Audit.auditor_id), func.count())
            .where(
                col(Audit.organisation_id) == own,
                col(Audit.round_id) == audit_round.id,
                col(Audit.state) != AuditState.WITHDRAWN,
                visible_under_blind_reading(by.person_id),
            )
            .group_by(col(Audit.auditor_id))
        ).all()
    )
    exempt = set(
        session.exec(
            select(Exemption.person_id).where(
                col(Exemption.organisation_id) == own, col(Exemption.round_id) == audit_round.id
            )
        ).all()
    )
    away = _away(session, audit_round, local_date(now()))
    found = session.exec(select(Person).where(col(Person.organisation_id) == own, col(Person.id).in_(wanted))).all()
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
        for person in found
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
    own = audit_round.organisation_id
    stands = (
        col(Audit.organisation_id) == own,
        col(Audit.case_file_id).in_(wanted),
        col(Audit.state) != AuditState.WITHDRAWN,
    )
    readers = _grouped(
        session.execute(
            select_columns(col(Audit.case_file_id), col(Audit.auditor_id)).where(
                *stands, col(Audit.round_id) == audit_round.id
            )
        )
    )
    # In the order of allocation, so that the last one wins.
    last = dict(
        session.execute(
            select_columns(col(Audit.case_file_id), col(Audit.auditor_id))
            .where(
                *stands,
                col(Audit.round_id) != audit_round.id,
                col(Audit.reading) == 1,
                visible_under_blind_reading(by.person_id),
            )
            .order_by(col(Audit.id))
        ).all()
    )
    files = session.execute(
        select_columns(col(CaseFile.id), col(CaseFile.team_id), col(CaseFile.worker)).where(
            col(CaseFile.organisation_id) == own, col(CaseFile.id).in_(wanted)
        )
    ).all()
    reviewers = _grouped(_reviews(session, audit_round, wanted))
    return {
        file.id: CaseToRead(
            id=str(file.id),
            team=str(file.team_id),
            worker=file.worker,
            read_last_by=str(last.get(file.id, "")),
            readers=frozenset(str(reader) for reader in readers.get(file.id, ())),
            reviewers=frozenset(map(str, {*reviewers.get(file.id, ()), *saw.get(file.id, ())})),
        )
        for file in files
    }


def _reviews(session: Session, audit_round: Round, wanted: list[uuid.UUID]) -> Iterable[tuple[uuid.UUID, uuid.UUID]]:
    """Each case with each person who moderated, settled or was asked about an audit of it in this round."""
    of_case = (
        col(Audit.organisation_id) == audit_round.organisation_id,
        col(Audit.round_id) == audit_round.id,
        col(Audit.case_file_id).in_(wanted),
        col(Audit.state) != AuditState.WITHDRAWN,
    )
    columns: tuple[tuple[Any, Any], ...] = (
        (Moderation, Moderation.moderator_id),
        (ModeratedScore, ModeratedScore.moderator_id),
        (Consensus, Consensus.proposed_by_id),
        (Consensus, Consensus.settled_by_id),
        (UrgentConcern, UrgentConcern.person_id),
        (UrgentConcern, UrgentConcern.acknowledged_by_id),
    )
    for table, person in columns:
        query = select_columns(col(Audit.case_file_id), col(person)).join(table, linked(table.audit_id, Audit.id))
        yield from session.execute(query.where(*of_case, col(person).is_not(None)).distinct())


def _away(session: Session, audit_round: Round, today: date) -> frozenset[uuid.UUID]:
    """The people who are absent today or on the round's due date."""
    own = col(Absence.organisation_id) == audit_round.organisation_id

    def on(day: date) -> ColumnElement[bool]:
        return (col(Absence.first_day) <= day) & (col(Absence.last_day) >= day)

    return frozenset(session.exec(select(Absence.person_id).where(own, on(today) | on(audit_round.due_on))).all())


def _grouped(pairs: Iterable[tuple[uuid.UUID, uuid.UUID]]) -> Mapping[uuid.UUID, set[uuid.UUID]]:
    groups: dict[uuid.UUID, set[uuid.UUID]] = {}
    for key, value in pairs:
        groups.setdefault(key, set()).add(value)
    return groups
