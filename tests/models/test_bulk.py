"""Many rows are inserted whole and in order, however many there are."""

import uuid
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, delete, select

from models import Absence, AuditHarm, new_id
from models.storage.bulk import ROWS_A_STATEMENT, insert_ready, make_ready, table_of
from models.storage.database import Database
from tests.factories import MadePerson, a_person, an_organisation

MOST = ROWS_A_STATEMENT[0]
# None, one, and so many that statements of each size are needed.
NUMBERS = (0, 1, sum(ROWS_A_STATEMENT), MOST - 1, MOST, 2 * MOST + 37)
DAY = date(2026, 3, 1)


@pytest.fixture
def person(database: Database) -> MadePerson:
    return a_person(database, an_organisation(database))


def absences(person: MadePerson, number: int) -> Iterator[dict[str, object]]:
    for place in range(number):
        day = DAY + timedelta(place)
        own = {"organisation_id": person.organisation_id, "id": new_id(), "person_id": person.id}
        yield own | {"first_day": day, "last_day": day}


@pytest.mark.both_databases
@pytest.mark.parametrize("number", NUMBERS)
def test_every_row_is_inserted_as_it_was_given(database: Database, person: MadePerson, number: int) -> None:
    given = list(absences(person, number))
    with database.writing() as session:
        session.execute(delete(Absence))
        insert_ready(session, make_ready(session, {Absence: given}))
    with database.reading() as session:
        found = session.exec(select(Absence).order_by(col(Absence.first_day))).all()
    assert [each.model_dump() for each in found] == given


@pytest.mark.both_databases
def test_one_row_that_may_not_be_keeps_all_of_them_out(database: Database, person: MadePerson) -> None:
    given = list(absences(person, MOST + 1))
    given[-1]["last_day"] = DAY - timedelta(1)
    with pytest.raises(IntegrityError), database.writing() as session:
        insert_ready(session, make_ready(session, {Absence: given}))
    with database.reading() as session:
        assert session.exec(select(Absence)).all() == []


def test_each_row_keeps_its_own_value_where_rows_beside_it_share_one() -> None:
    table, audits = table_of(AuditHarm), [uuid.uuid4() for _ in range(3)]
    # One after another, then in turn.
    rows = [
        {
            "organisation_id": 1,
            "audit_id": audits[number // 20 if number < 60 else number % 3],
            "form_of_harm": f"{number}",
        }
        for number in range(120)
    ]
    with Session(create_engine("sqlite://")) as session:
        table.create(session.connection())
        insert_ready(session, make_ready(session, {AuditHarm: rows}))
        stored = session.execute(table.select()).all()
    assert sorted(map(tuple, stored)) == sorted(tuple(row.values()) for row in rows)
