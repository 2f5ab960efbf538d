"""Audit programmes for tests, planned by the actions that people use, and a calendar that moves by days."""

import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from sqlmodel import col, select

from api.foundation.local_time import local_date
from api.programme import actions
from api.programme.actions import NewLine, NewProgramme
from checklists.programme.dates import Cadence
from models import LineKind, Notice, NoticeKind, PlannedState, ProgrammeRound, Role
from models.storage.database import Database
from tests.desk import Desk
from tests.factories import MadePerson, a_person, an_actor

FIRST, LAST = date(2027, 4, 1), date(2028, 3, 31)  # with both changes of the clock, and a leap day


def a_programme(desk: Desk, *, first_day: date = FIRST, last_day: date = LAST) -> uuid.UUID:
    """A programme of Lena's, from April to the March of a leap year."""
    new = NewProgramme("Audit programme 2027 to 2028", first_day, last_day, desk.cast.lena.id)
    with desk.database.writing() as session:
        return actions.create_programme(session, new=new, by=an_actor(desk.cast.lena)).id


def a_line(desk: Desk, programme_id: uuid.UUID, **changes: object) -> uuid.UUID:
    """A monthly line of six cases."""
    plain = NewLine(
        title="Monthly case audits",
        kind=LineKind.MONTHLY,
        template_id=desk.template_id,
        template_version=1,
        cadence=Cadence.MONTHLY,
        first_on=FIRST,
        size=6,
    )
    new = replace(plain, **changes)  # type: ignore[arg-type]
    with desk.database.writing() as session:
        return actions.add_line(session, programme_id=programme_id, new=new, by=an_actor(desk.cast.lena)).id


def another_lead(desk: Desk) -> MadePerson:
    """A second quality lead."""
    return a_person(desk.database, desk.cast.organisation, name="Lee", roles={Role.QUALITY_LEAD})


def days(first: date, last: date) -> Iterator[date]:
    """Every local day, as the clock of a server in UTC says it just before and just after British midnight."""
    moment = datetime(first.year, first.month, first.day, 12, tzinfo=UTC)
    while local_date(moment) <= last:
        yield local_date(moment)
        moment += timedelta(hours=11, minutes=30)


def rows_in(database: Database) -> list[ProgrammeRound]:
    """What became of planned rounds, in the order in which they begin."""
    query = select(ProgrammeRound).order_by(col(ProgrammeRound.starts_on), col(ProgrammeRound.line_id))
    with database.reading() as session:
        found = list(session.exec(query))
        session.expunge_all()
        return found


def made_in(database: Database) -> list[date]:
    """The days on which the rounds that were made begin."""
    return [row.starts_on for row in rows_in(database) if row.state is PlannedState.MADE]


def notices_in(database: Database, kind: NoticeKind) -> list[Notice]:
    """The notices of one kind."""
    with database.reading() as session:
        found = list(session.exec(select(Notice).where(col(Notice.kind) == kind)))
        session.expunge_all()
        return found
