"""What changed in a period: gaps that were found, actions that followed, and what re-audits measured."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, String, case, func, or_, select, type_coerce
from sqlmodel import Session, col

from api.access.audits import may_read_every_audit
from api.access.blindness import every_hidden_reading
from api.foundation.local_time import LOCAL_TIME, local_date
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Invalid
from api.improvement.impact.closed_rounds import ChangeOfRound, change_of, gaps_of
from api.improvement.impact.unchanged import counted_once
from api.improvement.queries import Show, count_readable, find_actions
from api.improvement.readable import join_with_audit, live_child_level_actions, readable_practice_actions
from checklists.actions.counting import ActionCounts, ActionDates, Period, counts_of_actions
from models import Action, ActionKind, ActionState, ActionTeam, Audit, Recommendation, Round, RoundState, Team, now
from models.storage.joins import linked

# More would take longer than anybody reads; the document says so.
MOST_ROUNDS: Final = 24
MOST_STUCK: Final = 30
LONGEST_YEARS: Final = 5
EARLIEST_YEAR, LATEST_YEAR = 2000, 2200
WHOLE_SERVICE: Final = "The whole service"


@dataclass(frozen=True, slots=True)
class RoundFindings:
    """A round that was closed in the period: the themes with a gap, and those of them that got a practice action."""

    round: Round
    gaps: tuple[str, ...]
    answered: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RoundChange:
    """A round that was closed in the period, and what it measured."""

    round: Round
    change: ChangeOfRound


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
class Stuck:
    """A practice action that is overdue, with the name or post of its owner."""

    id: uuid.UUID
    words: str
    owner: str
    first_due_on: date
    due_on: date
    due_moves: int


@dataclass(frozen=True, slots=True)
class _Followed:
    """What a report says of actions."""

    practice: Counted
    child_level: Counted
    actions_of: Mapping[tuple[uuid.UUID, str], int]
    stuck: tuple[Stuck, ...]


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
    changes: tuple[RoundChange, ...]
    actions_of: Mapping[tuple[uuid.UUID, str], int]
    stuck: tuple[Stuck, ...]
    recommendations: Recommendations


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
    found = [(each, change) for each in rounds if (change := change_of(session, each, by=by)) is not None]
    changes = tuple(RoundChange(each, change) for each, change in found)
    about = frozenset({*(each.id for each in rounds), *(change.earlier_id for _, change in found)})
    followed = _followed(session, period, about, by)
    return ImpactReport(
        period,
        number,
        tuple(_findings(session, each, followed.actions_of, by) for each in rounds),
        followed.practice,
        followed.child_level,
        changes,
        followed.actions_of,
        followed.stuck,
        _recommendations(session, period, by),
    )


def _followed(session: Session, period: Period, rounds: frozenset[uuid.UUID], by: Actor) -> _Followed:
    """What the report says of actions: the same for all who may read every audit, but for what blind reading hides."""

    def count() -> _Followed:
        practice, child_level = readable_practice_actions(by), live_child_level_actions(session, by)
        return _Followed(
            _counted(session, _practice_actions(session, period, by), practice, period, by),
            _counted(session, _child_level_actions(session, period, child_level), child_level, period, by),
            _by_theme(session, rounds, by),
            tuple(_stuck(session, by)),
        )

    def depends_on() -> Hashable:
        hidden = frozenset(every_hidden_reading(session, by.organisation_id, by.person_id))
        return period, local_date(now()), rounds, hidden

    if not (may_read_every_audit(by) and by.may(Permission.READ_ACTIONS)):
        return count()
    return counted_once(session, by.organisation_id, depends_on, count)


def _stuck(session: Session, by: Actor) -> Iterator[Stuck]:
    """The practice actions that have been overdue the longest."""
    found = find_actions(session, by, kind=ActionKind.PRACTICE, show=Show.OVERDUE, limit=MOST_STUCK)
    for each in found:
        action = each.action
        yield Stuck(action.id, action.words, each.owner, action.first_due_on, action.due_on, action.due_moves)


def _a_year_before(day: date) -> date:
    """The first day of the year that ends on this day; 29 February counts as 28 February."""
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


# What counting needs of an action, as the driver reads it: to make values of its types takes longer than counting.
_ID, _TEAM, _TEAM_OF_ACTION, *_DATES = (
    type_coerce(each, String)
    for each in (
        *(col(Action.id), col(Audit.team_id), col(ActionTeam.team_id)),
        *(col(Action.state), col(Action.created_at), col(Action.first_due_on)),
        *(col(Action.done_at), col(Action.closed_at)),
    )
)


class Live(NamedTuple):
    """The dates of an action, and the teams that it is about, as the driver reads their identifiers."""

    dates: ActionDates
    teams: list[Any]


def _in_period(period: Period) -> ColumnElement[bool]:
    start, end = _moment(period.first), _moment(period.last + timedelta(days=1))
    moments = (col(Action.created_at), col(Action.done_at), col(Action.closed_at))
    in_period = [each.between(start, end) for each in moments]
    return or_(*in_period, col(Action.first_due_on).between(period.first, period.last))


def _practice_actions(session: Session, period: Period, by: Actor) -> Iterator[Live]:
    """The practice actions that the person may read and that have a day in the period, with their teams."""
    query = (
        select(_ID, _TEAM_OF_ACTION, *_DATES)
        .outerjoin(ActionTeam, linked(ActionTeam.action_id, Action.id))
        .where(readable_practice_actions(by), _in_period(period))
    )
    found: dict[Any, Live] = {}
    rows: Sequence[Any] = session.connection().execute(query).all()
    for action_id, team_id, state, created_at, due_on, done_at, closed_at in rows:
        live = found.get(action_id)
        if live is None:
            found[action_id] = live = Live(_dates(state, created_at, due_on, done_at, closed_at), [])
        if team_id:
            live.teams.append(team_id)
    yield from found.values()


def _child_level_actions(session: Session, period: Period, readable: ColumnElement[bool]) -> Iterator[Live]:
    """The live actions for single children that are readable and that have a day in the period."""
    query = select(_TEAM, *_DATES).outerjoin(Audit, join_with_audit()).where(readable, _in_period(period))
    rows: Sequence[Any] = session.connection().execute(query).all()
    for team_id, state, created_at, due_on, done_at, closed_at in rows:
        yield Live(_dates(state, created_at, due_on, done_at, closed_at), [team_id] if team_id else [])


_STATES: Final = {state.value: state for state in ActionState}
# British time is UTC or an hour ahead of it, so that only this hour may be of another day.
_LAST_HOUR: Final = "23"


def _dates(state: str, created_at: Any, first_due_on: Any, done_at: Any, closed_at: Any) -> ActionDates:
    """The dates of an action, of values as the driver reads them: on SQLite texts, with moments in UTC."""
    return ActionDates(
        _STATES[state],
        _day(created_at),
        date.fromisoformat(first_due_on) if isinstance(first_due_on, str) else first_due_on,
        None if done_at is None else _day(done_at),
        None if closed_at is None else _day(closed_at),
    )


def _day(moment: Any) -> date:
    if not isinstance(moment, str):
        return local_date(moment)
    if moment[11:13] < _LAST_HOUR:
        return date.fromisoformat(moment[:10])
    return local_date(datetime.fromisoformat(moment).replace(tzinfo=UTC))


def _by_theme(session: Session, rounds: Collection[uuid.UUID], by: Actor) -> dict[tuple[uuid.UUID, str], int]:
    """How many practice actions each theme of these rounds has."""
    rows = session.execute(
        select(col(Action.round_id), col(Action.themes), func.count())
        # Begins with the rounds: otherwise SQLite would read every practice action to find the ones of many rounds.
        .select_from(Round)
        .join(Action, linked(Action.round_id, Round.id))
        .where(
            col(Round.organisation_id) == by.organisation_id,
            col(Round.id).in_(rounds),
            readable_practice_actions(by),
            col(Action.state) != ActionState.NOT_PURSUED,
        )
        .group_by(col(Action.round_id), col(Action.themes))
    )
    found: dict[tuple[uuid.UUID, str], int] = {}
    for round_id, themes, number in rows:
        for theme in themes.split():
            found[round_id, theme] = found.get((round_id, theme), 0) + number
    return found


def _findings(
    session: Session, audit_round: Round, actions_of: Mapping[tuple[uuid.UUID, str], int], by: Actor
) -> RoundFindings:
    gaps = gaps_of(session, audit_round, by=by)
    return RoundFindings(audit_round, gaps, tuple(theme for theme in gaps if (audit_round.id, theme) in actions_of))


def _counted(
    session: Session, rows: Iterable[Live], readable: ColumnElement[bool], period: Period, by: Actor
) -> Counted:
    names = _names_of_teams(session, by)
    every: list[ActionDates] = []
    of_team: dict[str, list[ActionDates]] = defaultdict(list)
    for dates, teams in rows:
        every.append(dates)
        for name in [names[team] for team in teams if team in names] or [WHOLE_SERVICE]:
            of_team[name].append(dates)
    return Counted(
        counts_of_actions(every, period),
        {name: counts_of_actions(some, period) for name, some in sorted(of_team.items())},
        count_readable(session, readable, show=Show.OVERDUE),
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


def _names_of_teams(session: Session, by: Actor) -> dict[Any, str]:
    own = col(Team.organisation_id) == by.organisation_id
    return dict(session.execute(select(type_coerce(col(Team.id), String), col(Team.name)).where(own)).all())
