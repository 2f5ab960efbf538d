"""What changed in a period: gaps that were found, actions that followed, and what re-audits measured."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import case, func, select
from sqlmodel import Session, col

from api.foundation.local_time import LOCAL_TIME, local_date
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Invalid, is_allowed
from api.improvement.queries import FoundAction, Show, Worklist, count_actions, find_actions
from api.improvement.readable import join_with_audit, readable_actions
from api.reports.gaps.queries import gap_report
from api.reports.measured_change.queries import MeasuredChange, check_can_measure, measured_change
from api.rounds.queries import round_before
from checklists.actions.counting import ActionCounts, ActionDates, Period, counts_of_actions
from checklists.reports.gaps import GapState
from models import Action, ActionKind, ActionState, ActionTeam, Audit, Recommendation, Round, RoundState, Team
from models.storage.joins import linked

# More would take longer than anybody reads; the document says so.
MOST_ROUNDS: Final = 24
MOST_STUCK: Final = 30
LONGEST_YEARS: Final = 5
EARLIEST_YEAR, LATEST_YEAR = 2000, 2200
WHOLE_SERVICE: Final = "The whole service"
_FOUND: Final = {GapState.GAP, GapState.POSSIBLE_GAP}


@dataclass(frozen=True, slots=True)
class RoundFindings:
    """A round that was closed in the period: the themes with a gap, and those of them that got a practice action."""

    round: Round
    gaps: tuple[str, ...]
    answered: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Counted:
    """The actions of one kind: together, and by team."""

    whole: ActionCounts
    teams: Mapping[str, ActionCounts]
    overdue: int


@dataclass(frozen=True, slots=True)
class Recommendations:
    """Recommendations that were answered in the period, and those due by its last day that nobody has answered."""

    answered: int
    unanswered: int


@dataclass(frozen=True, slots=True)
class ImpactReport:
    """What changed in a period.

    `rounds_closed` may be more than `findings`, which has the newest. `actions_of`: how many practice actions followed
    a theme of a round.
    """

    period: Period
    rounds_closed: int
    findings: tuple[RoundFindings, ...]
    practice: Counted
    child_level: Counted
    changes: tuple[MeasuredChange, ...]
    actions_of: Mapping[tuple[uuid.UUID, str], int]
    stuck: tuple[FoundAction, ...]
    recommendations: "Recommendations"


def period_of(first: date | None, last: date | None, *, today: date) -> Period:
    """The requested period; by default the twelve months up to today. Raises Invalid."""
    for name, day in (("from", first), ("to", last)):
        if day is not None and not EARLIEST_YEAR <= day.year <= LATEST_YEAR:
            raise Invalid.at(name, f"Enter a date from {EARLIEST_YEAR} to {LATEST_YEAR}.")
    end = last or today
    start = first or _a_year_before(end)
    if start > end:
        raise Invalid.at("from", "The first day must be on or before the last day.")
    if start < end.replace(year=end.year - LONGEST_YEARS, day=min(end.day, 28)):
        raise Invalid.at("from", f"The period must be {LONGEST_YEARS} years or less.")
    return Period(start, end)


def impact_report(session: Session, *, period: Period, by: Actor) -> ImpactReport:
    """What changed in a period, of rounds that were closed in it and of actions that this person may read."""
    check_may(by, Permission.READ_REPORTS)
    number, rounds = _closed_rounds(session, period, by)
    rows = _actions(session, by)
    actions_of = _by_theme(rows)
    findings = tuple(_findings(session, each, actions_of, by) for each in rounds)
    changes = tuple(
        measured_change(session, round_id=each.id, by=by)
        for each in rounds
        if is_allowed(check_can_measure, each, round_before(session, each))
    )
    return ImpactReport(
        period,
        number,
        findings,
        _counted(session, rows, ActionKind.PRACTICE, period, by),
        _counted(session, rows, ActionKind.CHILD_LEVEL, period, by),
        changes,
        actions_of,
        tuple(find_actions(session, by, kind=ActionKind.PRACTICE, show=Show.OVERDUE, limit=MOST_STUCK)),
        _recommendations(session, period, by),
    )


def _a_year_before(day: date) -> date:
    """The day after the same day of the year before: 29 February counts as 28 February."""
    leap_day = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year - 1, day=28 if leap_day else day.day) + timedelta(days=1)


def _closed_rounds(session: Session, period: Period, by: Actor) -> tuple[int, list[Round]]:
    start, end = _moment(period.first), _moment(period.last + timedelta(days=1))
    closed = (
        col(Round.organisation_id) == by.organisation_id,
        col(Round.state) == RoundState.CLOSED,
        col(Round.closed_at) >= start,
        col(Round.closed_at) < end,
    )
    number = session.execute(select(func.count()).select_from(Round).where(*closed)).scalar_one()
    newest_first = select(Round).where(*closed).order_by(col(Round.closed_at).desc(), col(Round.id)).limit(MOST_ROUNDS)
    return number, list(session.execute(newest_first).scalars())


def _moment(day: date) -> datetime:
    """The beginning of a day in British time."""
    return datetime.combine(day, time(), LOCAL_TIME).astimezone(UTC)


def _actions(session: Session, by: Actor) -> Sequence[Any]:
    """The actions that the person may read and that are live, with the team of a child-level action."""
    return session.execute(
        select(
            col(Action.id),
            col(Action.kind),
            col(Action.state),
            col(Action.created_at),
            col(Action.first_due_on),
            col(Action.done_at),
            col(Action.closed_at),
            col(Action.round_id),
            col(Action.themes),
            col(Audit.team_id),
        )
        .outerjoin(Audit, join_with_audit())
        .where(
            readable_actions(by),
            (col(Action.kind) == ActionKind.PRACTICE) | (col(Action.state) != ActionState.PROPOSED),
        )
    ).all()


def _by_theme(rows: Sequence[Any]) -> dict[tuple[uuid.UUID, str], int]:
    found: dict[tuple[uuid.UUID, str], int] = {}
    for row in rows:
        if row.kind is ActionKind.PRACTICE and row.round_id is not None and row.state is not ActionState.NOT_PURSUED:
            for theme in row.themes.split():
                found[row.round_id, theme] = found.get((row.round_id, theme), 0) + 1
    return found


def _findings(
    session: Session, audit_round: Round, actions_of: Mapping[tuple[uuid.UUID, str], int], by: Actor
) -> RoundFindings:
    report = gap_report(session, round_ids=[audit_round.id], by=by)
    gaps = tuple(gap.key for group in report.groups for gap in group.themes if gap.state in _FOUND)
    return RoundFindings(audit_round, gaps, tuple(theme for theme in gaps if (audit_round.id, theme) in actions_of))


def _counted(session: Session, rows: Sequence[Any], kind: ActionKind, period: Period, by: Actor) -> Counted:
    teams = _teams_of_practice_actions(session, by)
    names = _names_of_teams(session, by)
    every: list[ActionDates] = []
    of_team: dict[str, list[ActionDates]] = {}
    for row in rows:
        if row.kind is not kind:
            continue
        dates = ActionDates(
            row.state,
            local_date(row.created_at),
            row.first_due_on,
            local_date(row.done_at) if row.done_at else None,
            local_date(row.closed_at) if row.closed_at else None,
        )
        every.append(dates)
        own = [row.team_id] if row.team_id else teams.get(row.id, [])
        for name in [names[team] for team in own if team in names] or [WHOLE_SERVICE]:
            of_team.setdefault(name, []).append(dates)
    return Counted(
        counts_of_actions(every, period),
        {name: counts_of_actions(some, period) for name, some in sorted(of_team.items())},
        count_actions(session, by, kind=kind, worklist=Worklist.ALL, show=Show.OVERDUE),
    )


def _recommendations(session: Session, period: Period, by: Actor) -> Recommendations:
    answered_on = col(Recommendation.answered_on)
    row = session.execute(
        select(
            func.count(case((answered_on.between(period.first, period.last), 1))),
            func.count(case((answered_on.is_(None) & (col(Recommendation.due_on) <= period.last), 1))),
        ).where(col(Recommendation.organisation_id) == by.organisation_id)
    ).one()
    return Recommendations(*row)


def _teams_of_practice_actions(session: Session, by: Actor) -> dict[uuid.UUID, list[uuid.UUID]]:
    rows = session.execute(
        select(col(ActionTeam.action_id), col(ActionTeam.team_id))
        .join(Action, linked(Action.id, ActionTeam.action_id))
        .where(col(ActionTeam.organisation_id) == by.organisation_id)
    )
    found: dict[uuid.UUID, list[uuid.UUID]] = {}
    for action_id, team_id in rows:
        found.setdefault(action_id, []).append(team_id)
    return found


def _names_of_teams(session: Session, by: Actor) -> dict[uuid.UUID, str]:
    own = col(Team.organisation_id) == by.organisation_id
    return dict(session.execute(select(col(Team.id), col(Team.name)).where(own)).all())
