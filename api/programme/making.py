"""Plans the rounds that the lines of audit programmes ask for: each once, whatever runs beside or ends meanwhile.

A round, the job that draws its sample, its event and its notice are written in one transaction, which holds the lock of
its line; the day on which it begins is the key of the row that says so. So a second process, or the same one after it
was ended, finds that it exists.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Final

from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from api.access.notified import active_people
from api.case_lists import actions as case_lists
from api.follow_ups.rule.actions import carry_rule_over
from api.foundation import events
from api.foundation.background import total_of_each
from api.foundation.identity.actors import current_actor
from api.foundation.jobs import queue as jobs
from api.foundation.jobs.long_work import LongWork, encode_request
from api.foundation.local_time import local_date
from api.foundation.permissions import Actor, Permission, check_may, operator_of
from api.foundation.problems import Conflict, NotAllowed, Problem
from api.foundation.settings import Settings
from api.joint_rounds.planning import actions as joint_rounds
from api.joint_rounds.planning.actions import JointPlan
from api.joint_rounds.samples.long_work import DrawJointSample
from api.notices import actions as notices
from api.programme.actions import rows_of, starts_in
from api.rounds import actions as rounds
from api.rounds.actions import RoundPlan
from api.sampling.frames import FrameRules, SamplePlan
from api.sampling.long_work import DrawSample
from api.sampling.plans import new_seed
from checklists.cases import CLOSED
from checklists.programme.dates import Cadence, PlannedDates, dates_of, due_to_be_planned
from models import (
    LineKind,
    LineState,
    NoticeKind,
    PlannedState,
    Programme,
    ProgrammeLine,
    ProgrammeRound,
    Role,
    Round,
)
from models.clock import steady
from models.storage.database import Database
from models.storage.joins import linked

_NOBODY: Final = (
    "The quality lead of the programme can no longer plan rounds and draw samples. Select another lead for the "
    "programme."
)
_Due = tuple[int, uuid.UUID, date]


@dataclass(frozen=True, slots=True)
class _Made:
    """What was planned: a round, or a joint round; with the event and the notice that say so."""

    id: uuid.UUID
    event: str
    notice: NoticeKind
    round_id: uuid.UUID | None = None
    joint_round_id: uuid.UUID | None = None
    job_id: uuid.UUID | None = None


def make_rounds(database: Database, *, today: date) -> int:
    """Plan the rounds that are due on this day; returns how many were planned.

    Each in a short transaction of its own: one that cannot be planned does not delay the others.
    """
    with database.reading() as session:
        due = _due(session, today)
    return total_of_each(
        partial(_plan, database, today=today), due, failure="a round of an audit programme was not planned"
    )


def make_rounds_now(database: Database, _: Settings) -> None:
    """Plan the rounds that are due today, as background work."""
    make_rounds(database, today=local_date(steady()))


def _due(session: Session, today: date) -> list[_Due]:
    """The rounds to plan: of each line in the order in which they begin."""
    lines = session.execute(
        select_columns(Programme, ProgrammeLine)
        .join(ProgrammeLine, linked(ProgrammeLine.programme_id, Programme.id))
        .where(col(ProgrammeLine.state) == LineState.ACTIVE, col(Programme.last_day) >= today)
        .order_by(col(ProgrammeLine.organisation_id), col(ProgrammeLine.id))
    ).all()
    return [
        (line.organisation_id, line.id, starts_on)
        for programme, line in lines
        for starts_on in _due_of(session, programme, line, today)
    ]


def _due_of(session: Session, programme: Programme, line: ProgrammeLine, today: date) -> tuple[date, ...]:
    """Of a line. A round whose exemption nobody has decided on is planned."""
    decided = {day for day, row in rows_of(session, line).items() if row.state is not PlannedState.EXEMPTION_ASKED}
    return due_to_be_planned(starts_in(programme, line), decided, today=today)


def _plan(database: Database, organisation_id: int, line_id: uuid.UUID, starts_on: date, *, today: date) -> bool:
    with database.writing(organisation_id) as session:
        own = (col(ProgrammeLine.organisation_id) == organisation_id, col(ProgrammeLine.id) == line_id)
        line = session.exec(
            select(ProgrammeLine)
            .where(*own, col(ProgrammeLine.state) == LineState.ACTIVE)
            .with_for_update(key_share=True, skip_locked=True)
        ).one_or_none()
        if line is None:
            return False
        programme = session.get_one(Programme, (organisation_id, line.programme_id))
        if starts_on not in _due_of(session, programme, line, today):
            return False
        operator = operator_of(organisation_id)
        try:
            lead = _lead_of(session, programme)
            made = (_joint_round if line.agencies else _round)(session, line, starts_on, today, lead)
        except Problem as problem:
            _note_problem(session, line, problem.detail, operator)
            return False
        waiting = rows_of(session, line).get(starts_on)
        row = waiting or ProgrammeRound(
            organisation_id=organisation_id, line_id=line_id, starts_on=starts_on, state=PlannedState.MADE, expected=0
        )
        row.state, row.expected = PlannedState.MADE, line.size
        row.round_id, row.joint_round_id, row.job_id = made.round_id, made.joint_round_id, made.job_id
        session.add(row)
        line.problem = ""
        session.add(line)
        session.flush()
        events.record(session, made.event, made.id, by=operator, details={"line": str(line_id)})
        notices.give_notice(session, made.notice, subject_id=made.id, to=[programme.lead_id], by=operator)
        _withdraw(session, line, operator)
    return True


def _round(session: Session, line: ProgrammeLine, starts_on: date, today: date, lead: Actor) -> _Made:
    """A round with the job that draws its sample. Raises the Problem for which it cannot be planned."""
    before = _last_round(session, line)
    made = rounds.create_round(session, plan=_plan_of(session, line, starts_on, today), by=lead)
    if before is not None:
        carry_rule_over(session, from_round_id=before, to=made, by=lead)
    rules = FrameRules(only_teams=_only_teams(line))
    if line.kind is LineKind.CLOSURE:
        rules = FrameRules(
            with_closed=True, closed_before=made.period_from, only_statuses=(CLOSED,), only_teams=rules.only_teams
        )
    job_id = _draw(session, line, rules, lambda plan: DrawSample(made.id, plan, new_seed()), lead)
    return _Made(made.id, "programme.round-planned", NoticeKind.ROUND_PLANNED, round_id=made.id, job_id=job_id)


def _joint_round(session: Session, line: ProgrammeLine, starts_on: date, today: date, lead: Actor) -> _Made:
    """A joint round with the job that draws its cases, which a lead may change until it is opened. Raises the Problem
    for which it cannot be planned.
    """
    dates = _dates_of(line, starts_on, today)
    plan = JointPlan(
        title=_title_of(line, starts_on),
        template_id=line.template_id,
        template_version=line.template_version,
        agencies=tuple(uuid.UUID(agency) for agency in line.agencies.split()),
        period_from=dates.period_from,
        period_to=dates.period_to,
        due_on=dates.due_on,
    )
    made = joint_rounds.create_joint_round(session, plan=plan, by=lead)
    rules = FrameRules(only_teams=_only_teams(line))
    job_id = _draw(session, line, rules, lambda plan: DrawJointSample(made.id, plan, new_seed()), lead)
    return _Made(
        made.id, "programme.joint-round-planned", NoticeKind.JOINT_PLANNED, joint_round_id=made.id, job_id=job_id
    )


def _lead_of(session: Session, programme: Programme) -> Actor:
    """The lead of the programme, with what they may do now. Raises Conflict where that is not enough."""
    own = programme.organisation_id
    try:
        lead = current_actor(session, organisation_id=own, person_id=programme.lead_id, token_id=None)
        for permission in (Permission.WRITE_ROUNDS, Permission.ALLOCATE_AUDITS):
            check_may(lead, permission)
    except NotAllowed:
        raise Conflict(_NOBODY) from None
    return lead


def _plan_of(session: Session, line: ProgrammeLine, starts_on: date, today: date) -> RoundPlan:
    dates = _dates_of(line, starts_on, today)
    return RoundPlan(
        title=_title_of(line, starts_on),
        template_id=line.template_id,
        template_version=line.template_version,
        period_from=dates.period_from,
        period_to=dates.period_to,
        due_on=dates.due_on,
        target_percent=line.target_percent,
        lowest_percent=line.lowest_percent,
        follows_id=_previous(session, line),
        scope=tuple(line.scope.split()),
    )


def _dates_of(line: ProgrammeLine, starts_on: date, today: date) -> PlannedDates:
    planned_on = today if today > starts_on else None
    return dates_of(
        starts_on, months_judged=line.months_judged, days_to_finish=line.days_to_finish, planned_on=planned_on
    )


def _title_of(line: ProgrammeLine, starts_on: date) -> str:
    return line.title if line.cadence is Cadence.ONCE else f"{line.title}, {starts_on:%B %Y}"


def _previous(session: Session, line: ProgrammeLine) -> uuid.UUID | None:
    """The last round of the line that asks with the same template version, which the next one is compared with."""
    query = (
        select(Round.id)
        .join(ProgrammeRound, linked(ProgrammeRound.round_id, Round.id))
        .where(
            col(ProgrammeRound.organisation_id) == line.organisation_id,
            col(ProgrammeRound.line_id) == line.id,
            col(Round.template_id) == line.template_id,
            col(Round.template_version) == line.template_version,
        )
        .order_by(col(ProgrammeRound.starts_on).desc())
    )
    return session.exec(query.limit(1)).first()


def _last_round(session: Session, line: ProgrammeLine) -> uuid.UUID | None:
    """The last round of the line, whatever it asks."""
    own = (col(ProgrammeRound.organisation_id) == line.organisation_id, col(ProgrammeRound.line_id) == line.id)
    query = select(ProgrammeRound.round_id).where(*own, col(ProgrammeRound.round_id).is_not(None))
    return session.exec(query.order_by(col(ProgrammeRound.starts_on).desc()).limit(1)).first()


def _only_teams(line: ProgrammeLine) -> tuple[uuid.UUID, ...]:
    return tuple(uuid.UUID(team) for team in line.only_teams.split())


def _draw(
    session: Session, line: ProgrammeLine, rules: FrameRules, work_of: Callable[[SamplePlan], LongWork], lead: Actor
) -> uuid.UUID | None:
    """Request the job that draws the sample from the newest case list; None without a list, or when the lead has too
    many jobs waiting: then they draw it.
    """
    lists = case_lists.list_case_lists(session, by=lead, limit=1)
    if not lists:
        return None
    work = work_of(SamplePlan(lists[0].id, size=line.size, rules=rules))
    order = jobs.Order(work.kind, work.round_id, work.size(session, lead), encode_request(work))
    try:
        return jobs.request_job(session, order, by=lead).id
    except Conflict:
        return None


def _note_problem(session: Session, line: ProgrammeLine, words: str, operator: Actor) -> None:
    """Note why a round was not planned, and notify the quality leads the first time."""
    if line.problem == words:
        return
    line.problem = words
    session.add(line)
    session.flush()
    events.record(session, "programme.round-blocked", line.id, by=operator)
    leads = active_people(session, line.organisation_id, (Role.QUALITY_LEAD,))
    notices.give_notice(session, NoticeKind.ROUND_NOT_PLANNED, subject_id=line.id, to=leads.keys(), by=operator)


def _withdraw(session: Session, line: ProgrammeLine, operator: Actor) -> None:
    """Withdraw the notices that no longer apply: that a round was not planned, and that an exemption waits."""
    over = [NoticeKind.ROUND_NOT_PLANNED]
    if not any(row.state is PlannedState.EXEMPTION_ASKED for row in rows_of(session, line).values()):
        over.append(NoticeKind.EXEMPTION_WAITS)
    notices.withdraw_notices(session, *over, subject_ids=[line.id], by=operator)
