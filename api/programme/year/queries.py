"""What the closed rounds of an audit programme say: by quarter, over the year, and compared with the year before."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlmodel import Session, col, select

from api.follow_ups.counting import follow_ups_of_rounds
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Conflict
from api.programme.actions import find_programme, lines_of, rows_of
from api.programme.progress import ProgrammeProgress, progress_of_programme
from api.reports.gaps.queries import MOST_ROUNDS, GapReport, gap_report
from checklists.audits.follow_up import FollowUpCounts, counts_of_follow_ups
from checklists.programme.dates import months_after, quarters_of
from checklists.reports.carried_over import CarriedOver, areas_carried_over
from checklists.reports.change import Change, theme_changes
from checklists.reports.comparability import why_not_comparable
from models import Programme, Round, RoundState


@dataclass(frozen=True, slots=True)
class Quarter:
    """The closed rounds that began in a quarter; no report if there are none."""

    first_day: date
    last_day: date
    report: GapReport | None


@dataclass(frozen=True, slots=True)
class Series:
    """The closed rounds of a year with one template version. `before`: those of the year before, where there are any.

    `why_not_compared`: why the two years cannot be compared, "" where they can.
    """

    title: str
    whole: GapReport
    quarters: tuple[Quarter, ...]
    before: GapReport | None
    areas: tuple[CarriedOver, ...]
    why_not_compared: str


@dataclass(frozen=True, slots=True)
class YearReport:
    """The report of a programme. `not_closed`: how many of its rounds are planned or open, and not in it.

    `follow_ups`: by quarter in which the round begins, and of the whole year at the end; empty where no audit was at
    the lowest rating by the rule of its round.
    """

    programme: Programme
    progress: ProgrammeProgress
    series: tuple[Series, ...]
    closed: int
    not_closed: int
    follow_ups: tuple[tuple[Quarter | None, FollowUpCounts], ...] = ()


def year_report(session: Session, *, programme_id: uuid.UUID, by: Actor) -> YearReport:
    """The report of a programme's closed rounds, for people who may read every audit. Raises NotAllowed, NotFound."""
    check_may(by, Permission.READ_REPORTS)
    programme = find_programme(session, programme_id=programme_id, by=by)
    starts = {
        row.round_id: row.starts_on
        for line in lines_of(session, programme)
        for row in rows_of(session, line).values()
        if row.round_id is not None
    }
    own = (col(Round.organisation_id) == by.organisation_id, col(Round.id).in_(starts))
    rounds = list(session.exec(select(Round).where(*own).order_by(col(Round.id))))
    closed = [each for each in rounds if each.state is RoundState.CLOSED]
    versions: dict[tuple[uuid.UUID, int], list[Round]] = {}
    for each in closed:
        versions.setdefault((each.template_id, each.template_version), []).append(each)
    return YearReport(
        programme=programme,
        progress=progress_of_programme(session, programme_id=programme_id, by=by),
        series=tuple(_series(session, programme, of_version, starts, by) for of_version in versions.values()),
        closed=len(closed),
        not_closed=len(rounds) - len(closed),
        follow_ups=_follow_ups(session, programme, closed, starts, by),
    )


def _series(
    session: Session, programme: Programme, rounds: Sequence[Round], starts: dict[uuid.UUID, date], by: Actor
) -> Series:
    # Of a programme with more rounds of one version than a report adds up, the newest ones.
    rounds = rounds[-MOST_ROUNDS:]
    whole = gap_report(session, round_ids=[each.id for each in rounds], by=by)
    quarters = []
    for first_day, last_day in quarters_of(programme.first_day, programme.last_day):
        chosen = [each.id for each in rounds if first_day <= starts[each.id] <= last_day]
        report = gap_report(session, round_ids=chosen, by=by) if chosen else None
        quarters.append(Quarter(first_day, last_day, report))
    before, why = _before(session, programme, rounds[-1], by)
    return Series(
        title=f"{whole.template.title}, version {rounds[-1].template_version}",
        whole=whole,
        quarters=tuple(quarters),
        before=before,
        areas=() if before is None else _areas(whole, before),
        why_not_compared=why,
    )


def _follow_ups(
    session: Session, programme: Programme, closed: Sequence[Round], starts: dict[uuid.UUID, date], by: Actor
) -> tuple[tuple[Quarter | None, FollowUpCounts], ...]:
    found = follow_ups_of_rounds(session, [each.id for each in closed], by=by)
    if not found:
        return ()
    rows: list[tuple[Quarter | None, FollowUpCounts]] = []
    for first_day, last_day in quarters_of(programme.first_day, programme.last_day):
        chosen = [each for key, of_round in found.items() if first_day <= starts[key] <= last_day for each in of_round]
        rows.append((Quarter(first_day, last_day, None), counts_of_follow_ups(chosen)))
    whole = counts_of_follow_ups(each for of_round in found.values() for each in of_round)
    return (*rows, (None, whole))


def _before(session: Session, programme: Programme, newest: Round, by: Actor) -> tuple[GapReport | None, str]:
    """The closed rounds of the same template that were due in the year before the programme, added together."""
    first, last = months_after(programme.first_day, -12), programme.first_day - timedelta(days=1)
    query = (
        select(Round.id)
        .where(
            col(Round.organisation_id) == by.organisation_id,
            col(Round.template_id) == newest.template_id,
            col(Round.state) == RoundState.CLOSED,
            col(Round.due_on).between(first, last),
        )
        .order_by(col(Round.id).desc())
    )
    found = list(session.exec(query.limit(MOST_ROUNDS)))
    if not found:
        return None, "No round with this template was due in the year before, and closed."
    try:
        return gap_report(session, round_ids=found, by=by), ""
    except Conflict as problem:
        return None, problem.detail


def _areas(whole: GapReport, before: GapReport) -> tuple[CarriedOver, ...]:
    minimum = max(whole.minimum, before.minimum)
    changes = theme_changes(whole.groups[0].themes, before.groups[0].themes, minimum=minimum)
    judged = []
    for change in changes:
        why = why_not_comparable(change.key, whole.template, before.template)
        judged.append(replace(change, change=Change.NOT_COMPARABLE, why=why) if why else change)
    return areas_carried_over(judged)
