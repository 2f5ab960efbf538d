"""Of an audit programme: how many audits are expected, done, late and exempt, by month, team and auditor."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, and_, case, false, func, or_
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from api.access.blindness import visible_under_blind_reading
from api.audits import actions as audits
from api.foundation.local_time import LOCAL_TIME, local_date
from api.foundation.permissions import Actor
from api.programme.actions import find_programme, lines_of, rows_of, starts_in
from api.reports.deleted_audits import count_deleted, deleted_in_words
from checklists.audits.audit_states import SUBMITTED_STATES
from checklists.programme.expected import Expectation, ExpectationTable, Part, add_up
from models import (
    Audit,
    AuditState,
    CaseFile,
    Exemption,
    JointCase,
    JointCaseState,
    JointRound,
    JointRoundState,
    LineState,
    Person,
    PlannedState,
    Programme,
    ProgrammeLine,
    ProgrammeRound,
    Round,
    Team,
)
from models.clock import steady
from models.storage.joins import linked

_THEN: Final = "Expected, done and late are counted from the audits that are left."


@dataclass(frozen=True, slots=True)
class AuditorsShare:
    """An auditor's audits in the rounds of a programme. `expected`: None where no line says how many."""

    person_id: uuid.UUID
    name: str
    expected: int | None
    allocated: int
    done: int
    late: int


@dataclass(frozen=True, slots=True)
class ProgrammeProgress:
    """The progress of a programme on a day. `deleted`: that audits of closed rounds were deleted; "" where none was."""

    programme: Programme
    on: date
    table: ExpectationTable
    auditors: tuple[AuditorsShare, ...]
    deleted: str


class _Counted(NamedTuple):
    round_id: uuid.UUID
    team: str
    auditor_id: uuid.UUID
    audits: int
    done: int
    late: int


def progress_of_programme(session: Session, *, programme_id: uuid.UUID, by: Actor) -> ProgrammeProgress:
    """The progress as of today, without the audits to which the actor is blind. Raises NotFound."""
    programme = find_programme(session, programme_id=programme_id, by=by)
    lines = [(line, rows_of(session, line)) for line in lines_of(session, programme)]
    made = {row.round_id: row for _, rows in lines for row in rows.values() if row.round_id is not None}
    today = local_date(steady())
    own = col(Round.organisation_id) == by.organisation_id
    rounds = {each.id: each for each in session.exec(select(Round).where(own, col(Round.id).in_(made)))}
    counted = _counted(session, rounds, today, by)
    cases = _cases_of(session, rounds, by)
    for round_id, number in count_deleted(session, rounds.values()).items():
        # Somebody had read these: they are not late.
        cases[round_id] = cases.get(round_id, 0) + number
    teams = dict(
        session.execute(
            select_columns(col(Team.id), col(Team.name)).where(col(Team.organisation_id) == by.organisation_id)
        ).all()
    )
    parts = [
        part for line, rows in lines for part in _parts(line, rows, starts_in(programme, line), _one_team(line, teams))
    ]
    parts += _parts_of_rounds(made, rounds, counted, cases, today)
    joint = {row.joint_round_id: row for _, rows in lines for row in rows.values() if row.joint_round_id is not None}
    parts += _parts_of_joint_rounds(session, joint, today, by)
    auditors = _auditors(session, lines, counted, by)
    deleted = deleted_in_words(session, rounds.values(), then=_THEN)
    return ProgrammeProgress(programme, today, add_up(parts), auditors, deleted)


def _one_team(line: ProgrammeLine, teams: dict[Any, str]) -> str:
    """The team of every case of a line that is about one team only."""
    only = line.only_teams.split()
    return teams.get(uuid.UUID(only[0]), "") if len(only) == 1 else ""


def _parts(line: ProgrammeLine, rows: dict[date, ProgrammeRound], starts: Sequence[date], team: str) -> Iterator[Part]:
    """What is expected of rounds that are still to come, and what is exempt."""
    for day, row in rows.items():
        if row.state is PlannedState.EXEMPT:
            yield Part(day, team, Expectation(exempt=row.expected))
    if line.state is LineState.ACTIVE:
        waiting = {day for day, row in rows.items() if row.state is PlannedState.EXEMPTION_ASKED}
        for day in starts:
            if day not in rows or day in waiting:
                yield Part(day, team, Expectation(expected=line.size))


def _parts_of_rounds(
    made: dict[uuid.UUID, ProgrammeRound],
    rounds: dict[uuid.UUID, Round],
    counted: Sequence[_Counted],
    cases: dict[uuid.UUID, int],
    today: date,
) -> Iterator[Part]:
    """What is expected, done and late of the rounds that were planned."""
    for each in counted:
        yield Part(made[each.round_id].starts_on, each.team, Expectation(each.audits, each.done, each.late))
    for round_id, row in made.items():
        waiting = max(0, row.expected - cases.get(round_id, 0))
        late = waiting if rounds[round_id].due_on < today else 0
        yield Part(row.starts_on, "", Expectation(expected=waiting, late=late))


def _parts_of_joint_rounds(
    session: Session, made: dict[uuid.UUID, ProgrammeRound], today: date, by: Actor
) -> Iterator[Part]:
    """What is expected, done and late of joint rounds that were planned, a case counting as an audit.

    A case is done once its panel is finished, and late when it is due and its panel has not opened.
    """
    own = (col(JointRound.organisation_id) == by.organisation_id, col(JointRound.id).in_(made))
    rounds = session.exec(select(JointRound).where(*own).order_by(col(JointRound.id))).all()
    if not rounds:
        return
    counted = session.execute(
        select_columns(col(JointCase.joint_round_id), col(Team.name), col(JointCase.state), func.count())
        .join(CaseFile, linked(CaseFile.id, JointCase.case_file_id))
        .join(Team, linked(Team.id, CaseFile.team_id))
        .where(col(JointCase.organisation_id) == by.organisation_id, col(JointCase.joint_round_id).in_(made))
        .group_by(col(JointCase.joint_round_id), col(Team.name), col(JointCase.state))
    ).all()
    for found in rounds:
        starts_on, is_due, cases = made[found.id].starts_on, found.due_on < today, 0
        for joint_round_id, team, state, number in counted:
            if joint_round_id == found.id:
                cases += number
                done = number if state is JointCaseState.FINISHED else 0
                late = number if is_due and state is JointCaseState.COLLECTING else 0
                yield Part(starts_on, team, Expectation(number, done, late))
        # Its cases are fixed when it is opened.
        waiting = max(0, made[found.id].expected - cases) if found.state is JointRoundState.PLANNED else 0
        yield Part(starts_on, "", Expectation(expected=waiting, late=waiting if is_due else 0))


def _of_rounds(rounds: dict[uuid.UUID, Round], by: Actor) -> tuple[ColumnElement[bool], ...]:
    return (
        col(Audit.organisation_id) == by.organisation_id,
        col(Audit.round_id).in_(rounds),
        col(Audit.state) != AuditState.WITHDRAWN,
        visible_under_blind_reading(by.person_id),
    )


def _counted(session: Session, rounds: dict[uuid.UUID, Round], today: date, by: Actor) -> list[_Counted]:
    """The audits of each round by team and auditor, counted by the database."""
    is_done = col(Audit.state).in_(SUBMITTED_STATES)
    was_late = [
        and_(col(Round.due_on) == due_on, col(Audit.submitted_at) >= _end_of(due_on))
        for due_on in sorted({each.due_on for each in rounds.values()})
    ]
    is_late = case((is_done, or_(false(), *was_late)), else_=col(Round.due_on) < today)
    team_id = func.coalesce(col(Audit.team_id), col(CaseFile.team_id))
    rows = session.execute(
        select_columns(
            col(Audit.round_id),
            func.coalesce(col(Team.name), ""),
            col(Audit.auditor_id),
            func.count(),
            func.sum(case((is_done, 1), else_=0)),
            func.sum(case((is_late, 1), else_=0)),
        )
        .join(Round, linked(Round.id, Audit.round_id))
        .join(CaseFile, linked(CaseFile.id, Audit.case_file_id))
        .join(
            Team, and_(col(Team.organisation_id) == col(Audit.organisation_id), col(Team.id) == team_id), isouter=True
        )
        .where(*_of_rounds(rounds, by))
        .group_by(col(Audit.round_id), col(Team.name), col(Audit.auditor_id))
    )
    return [_Counted(*row) for row in rows]


def _end_of(day: date) -> datetime:
    """The moment at which a British day is over."""
    return datetime.combine(day + timedelta(days=1), time(), LOCAL_TIME).astimezone(UTC)


def _cases_of(session: Session, rounds: dict[uuid.UUID, Round], by: Actor) -> dict[uuid.UUID, int]:
    """How many cases of each round somebody reads."""
    rows = session.execute(
        select_columns(col(Audit.round_id), func.count(func.distinct(col(Audit.case_file_id))))
        .where(*_of_rounds(rounds, by))
        .group_by(col(Audit.round_id))
    )
    return dict(rows.all())


def _auditors(
    session: Session,
    lines: Sequence[tuple[ProgrammeLine, dict[date, ProgrammeRound]]],
    counted: Sequence[_Counted],
    by: Actor,
) -> tuple[AuditorsShare, ...]:
    active = audits.active_auditors(session, by)
    planned = {row.round_id for _, rows in lines for row in rows.values() if row.round_id is not None}
    exempt = {
        (round_id, person_id)
        for round_id, person_id in session.execute(
            select_columns(col(Exemption.round_id), col(Exemption.person_id)).where(
                col(Exemption.organisation_id) == by.organisation_id,
                col(Exemption.round_id).in_(planned),
            )
        )
    }
    expected: dict[uuid.UUID, int] = {}
    for line, rows in lines:
        named = [uuid.UUID(person) for person in line.auditors.split()] or list(active)
        for row in rows.values():
            if row.round_id is not None and line.each_auditor is not None:
                for person in named:
                    more = 0 if (row.round_id, person) in exempt else line.each_auditor
                    expected[person] = expected.get(person, 0) + more
    people = {each.auditor_id for each in counted} | expected.keys()
    own = (col(Person.organisation_id) == by.organisation_id, col(Person.id).in_(people))
    names = session.execute(select_columns(col(Person.id), col(Person.name)).where(*own))
    shares = [
        AuditorsShare(
            person,
            name,
            expected.get(person),
            *(
                sum(getattr(each, what) for each in counted if each.auditor_id == person)
                for what in ("audits", "done", "late")
            ),
        )
        for person, name in names
    ]
    return tuple(sorted(shares, key=lambda each: (each.name, str(each.person_id))))
