"""The periods that apply, what is deleted in the next weeks, and what should be gone already."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from sqlalchemy import case, func, select
from sqlmodel import Session, col

from api.foundation.local_time import local_date
from api.foundation.permissions import Actor, Permission, check_may
from api.retention.due import due_of, first_kept, is_kept_audit
from checklists.retention import Change, Period, RetentionKind, period_of
from models import (
    Audit,
    CaseListEntry,
    Organisation,
    RetentionChange,
    Round,
    RoundState,
    StoredCaseFile,
    StoredCaseList,
)
from models.storage.joins import linked

# How far ahead is shown what is deleted.
AHEAD: Final = timedelta(days=92)
# The deletion runs every few minutes. What is still there after two days is overdue.
LATE: Final = timedelta(days=2)
# Rows of the plan; of more, the first are shown.
MOST_SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class Going:
    """Records that are deleted on a day, or have been due since. `what`: the title of their round, where it is one.

    `kept`: how many others stay beyond that day, because of a legal hold, an open concern or an open action.
    """

    kind: RetentionKind
    what: str
    day: date
    number: int
    kept: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """What is deleted until a day, the first first. `is_all`: whether there is no more of it."""

    until: date
    going: Sequence[Going]
    is_all: bool


def periods(session: Session, own: int, today: date) -> Mapping[RetentionKind, Period]:
    """The period of every kind that applies on a day."""
    found: dict[RetentionKind, list[Change]] = {kind: [] for kind in RetentionKind}
    confirmed = (
        select(col(RetentionChange.kind), col(RetentionChange.decided_at), col(RetentionChange.months))
        .where(col(RetentionChange.organisation_id) == own, col(RetentionChange.confirmed))
        .order_by(col(RetentionChange.decided_at), col(RetentionChange.id))
    )
    for kind, at, months in session.execute(confirmed):
        found[kind].append(Change(local_date(at), months))
    return {kind: period_of(kind.default_months, changes, today) for kind, changes in found.items()}


def period_of_kind(session: Session, own: int, kind: RetentionKind, today: date) -> Period:
    """The period of one kind that applies on a day."""
    return periods(session, own, today)[kind]


def number_due(session: Session, own: int, kind: RetentionKind, period: Period, today: date) -> int:
    """How many records of a kind are no longer kept today."""
    found = 0
    for due in due_of(kind, own, first_kept(period, today)):
        found += session.execute(select(func.count()).select_from(due.subquery())).scalar_one()
    return found


def overdue(session: Session, today: date) -> dict[RetentionKind, int]:
    """Of all organisations, how many records of each kind should have been deleted LATE ago; kinds with any."""
    found: dict[RetentionKind, int] = {}
    for own in session.execute(select(col(Organisation.id)).order_by(col(Organisation.id))).scalars().all():
        for kind, period in periods(session, own, today - LATE).items():
            found[kind] = found.get(kind, 0) + number_due(session, own, kind, period, today - LATE)
    return {kind: number for kind, number in found.items() if number}


def overdue_in_words(found: Mapping[RetentionKind, int]) -> str:
    """What should be gone already, as a sentence; empty where nothing is."""
    if not found:
        return ""
    return f"Not deleted in time: {', '.join(f'{kind.label.lower()} ({n:,})' for kind, n in found.items())}."


def read_plan(session: Session, *, today: date, by: Actor) -> Plan:
    """What is deleted within AHEAD from today. Sessions and emails are not listed: some go every day."""
    check_may(by, Permission.REDACT_AUDITS)
    own, until = by.organisation_id, today + AHEAD
    applying = periods(session, own, today)
    going = [
        *_audits(session, own, applying[RetentionKind.AUDITS], until),
        *_case_files(session, own, applying[RetentionKind.CASE_FILES], until),
    ]
    going.sort(key=lambda each: (each.day, each.kind, each.what))
    return Plan(until, going[:MOST_SHOWN], len(going) <= MOST_SHOWN)


def _audits(session: Session, own: int, period: Period, until: date) -> Iterator[Going]:
    """Of each closed round its audits."""
    kept = func.sum(case((is_kept_audit(own), 1), else_=0))
    query = (
        select(col(Round.title), col(Round.closed_at), func.count(), kept)
        .select_from(Audit)
        .join(Round, linked(Round.id, Audit.round_id))
        .where(
            col(Audit.organisation_id) == own,
            col(Round.state) == RoundState.CLOSED,
            col(Round.closed_at) < first_kept(period, until),
        )
        .group_by(col(Round.id), col(Round.title), col(Round.closed_at))
        .order_by(col(Round.closed_at))
        .limit(MOST_SHOWN + 1)
    )
    for title, closed_at, number, staying in session.execute(query):
        day = period.goes_on(local_date(closed_at))
        yield Going(RetentionKind.AUDITS, title, day, number - staying, staying)


def _case_files(session: Session, own: int, period: Period, until: date) -> Iterator[Going]:
    """Of each day the case files that were last on a list, or added, on the day from which it follows."""
    (due,) = due_of(RetentionKind.CASE_FILES, own, first_kept(period, until))
    listed = (
        select(func.max(col(StoredCaseList.taken_at)))
        .join(CaseListEntry, linked(CaseListEntry.case_list_id, StoredCaseList.id))
        .where(linked(CaseListEntry.case_file_id, StoredCaseFile.id))
        .correlate(StoredCaseFile)
        .scalar_subquery()
    )
    found = (
        select(col(StoredCaseFile.created_at).label("created"), listed.label("newest"))
        .where(col(StoredCaseFile.organisation_id) == own, col(StoredCaseFile.id).in_(due))
        .subquery()
    )
    # The case files of a list have the same moments, so that these are few rows however many they are.
    query = select(found.c.created, found.c.newest, func.count()).group_by(found.c.created, found.c.newest)
    days: dict[date, int] = {}
    for created, newest, number in session.execute(query):
        day = period.goes_on(local_date(max(created, newest or created)))
        days[day] = days.get(day, 0) + number
    yield from (Going(RetentionKind.CASE_FILES, "", day, number) for day, number in days.items())
