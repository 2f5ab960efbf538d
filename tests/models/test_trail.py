"""The trail of an organisation: whatever is recorded stands in it once, in an unbroken chain, with what was done."""

import json
import re
import threading
import uuid
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import DateTime, Uuid, column, insert, table, text
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError
from sqlmodel import col, select

import models.storage.postgresql.engine
import models.storage.sqlite_engine
from checklists.chain import FIRST_PREVIOUS_HASH, ChainedEvent, Head, first_bad
from models import Event, Organisation, Trail, now
from models.storage.bulk import ROWS_A_STATEMENT
from models.storage.database import Database, open_database
from models.storage.migrating import migrations
from models.storage.trail import Row, TrailUnwritable, hashed_columns, pending_events
from tests.postgres import SUPERUSER, TEMPLATE, Cluster

pytestmark = pytest.mark.both_databases

WRITERS = 8


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = open_database(database_url)
    with opened.writing() as session:
        session.add_all([Organisation(id=1, name="Northshire"), Organisation(id=2, name="Southshire")])
    yield opened
    opened.close()


def an_event(kind: str = "team.made", organisation: int = 1, *, details: str = "{}", at: datetime | None = None) -> Row:
    return {
        "organisation_id": organisation,
        "at": at or now(),
        "kind": kind,
        "subject_id": uuid.uuid4(),
        "person_id": None,
        "token_id": uuid.uuid4(),
        "details": details,
    }


def kinds(database: Database, organisation: int = 1) -> list[str]:
    with database.reading() as session:
        query = select(col(Event.kind)).where(col(Event.organisation_id) == organisation)
        return list(session.exec(query.order_by(col(Event.number))))


def assert_whole(database: Database, organisation: int = 1, *, length: int) -> None:
    """That the chain holds together, as the database yields its texts, and that the trail counts its events."""
    with database.reading() as session:
        connection = session.connection()
        rows = connection.execute(
            text(f"SELECT {hashed_columns(connection)} FROM event WHERE organisation_id = :own ORDER BY number"),
            {"own": organisation},
        )
        trail = session.get_one(Trail, organisation)
        assert first_bad(map(ChainedEvent._make, rows), Head(trail.length, trail.hash), {}) is None
        assert trail.length == length


def test_events_are_numbered_from_1_in_each_organisation_in_the_order_in_which_they_were_recorded(
    database: Database,
) -> None:
    with database.writing() as session:
        pending_events(session).extend([an_event("a.a"), an_event("b.a", 2), an_event("a.b")])
    with database.writing() as session:
        pending_events(session).append(an_event("a.c"))
    assert (kinds(database), kinds(database, 2)) == (["a.a", "a.b", "a.c"], ["b.a"])
    assert_whole(database, length=3)
    assert_whole(database, 2, length=1)


def test_many_events_of_one_transaction_are_chained_in_their_order(database: Database) -> None:
    recorded = [f"a.{number}" for number in range(sum(ROWS_A_STATEMENT) + 3)]
    with database.writing() as session:
        pending_events(session).extend(map(an_event, recorded))
    assert kinds(database) == recorded
    assert_whole(database, length=len(recorded))


@pytest.mark.fast
def test_an_event_is_stored_as_it_was_recorded(database: Database) -> None:
    details = json.dumps({"themes": 'voice "daily" \\ é \u2028 😀'}, ensure_ascii=False)
    row = an_event(details=details, at=datetime.fromisoformat("2026-06-01T09:30:00+01:00"))
    with database.writing() as session:
        pending_events(session).append(row)
    with database.reading() as session:
        stored = session.exec(select(Event)).one()
    assert {name: getattr(stored, name) for name in row} == row
    assert_whole(database, length=1)


def test_nothing_is_recorded_of_what_was_given_up(database: Database) -> None:
    def fail() -> None:
        with database.writing() as session:
            pending_events(session).append(an_event())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert kinds(database) == []
    with database.reading() as session:
        assert session.get(Trail, 1) is None


def _record(session: Any, kind: str, *, fails: bool = False) -> None:
    pending_events(session).append(an_event(kind))
    if fails:
        raise ZeroDivisionError


def _record_in_parts_and_fail(session: Any) -> None:
    with session.begin_nested():
        _record(session, "lost.part")
        with session.begin_nested():
            _record(session, "lost.kept-within")
        with pytest.raises(ZeroDivisionError), session.begin_nested():
            _record(session, "lost.lost-within", fails=True)
        _record(session, "lost.end", fails=True)


def test_a_part_that_is_rolled_back_takes_its_events_along_and_no_others(database: Database) -> None:
    with database.writing() as session:
        _record(session, "before.all")
        with session.begin_nested():
            _record(session, "kept.part")
        with pytest.raises(ZeroDivisionError):
            _record_in_parts_and_fail(session)
        with session.begin_nested():
            with pytest.raises(ZeroDivisionError), session.begin_nested():
                _record(session, "lost.again", fails=True)
            _record(session, "kept.again")
        _record(session, "after.all")
    assert kinds(database) == ["before.all", "kept.part", "kept.again", "after.all"]
    assert_whole(database, length=4)


def test_eight_writers_at_once_make_one_unbroken_chain(database: Database) -> None:
    def write(number: int) -> None:
        for place in range(25):
            with database.writing() as session:
                pending_events(session).extend(an_event(f"w.{number}-{place}-{part}") for part in range(1 + place % 3))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = WRITERS * sum(1 + place % 3 for place in range(25))
    assert len(set(kinds(database))) == expected
    assert_whole(database, length=expected)


def test_writers_in_two_organisations_never_wait_for_each_other(database: Database) -> None:
    def write(first: int, second: int) -> None:
        for _ in range(25):
            with database.writing() as session:
                pending_events(session).extend([an_event(organisation=first), an_event(organisation=second)])

    threads = [threading.Thread(target=write, args=order) for order in ((1, 2), (2, 1)) * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for organisation in (1, 2):
        assert_whole(database, organisation, length=200)


def test_what_cannot_be_recorded_is_not_done(database: Database) -> None:
    with database.writing() as session:
        refuse_new_events(session)

    def do() -> None:
        with database.writing() as session:
            session.add(Organisation(id=3, name="Westshire"))
            pending_events(session).append(an_event(organisation=3))

    with pytest.raises(TrailUnwritable):
        do()
    with database.reading() as session:
        assert session.get(Organisation, 3) is None
    with database.writing() as session:
        session.add(Organisation(id=3, name="Westshire"))


def test_what_cannot_be_done_is_not_recorded(database: Database) -> None:
    def do() -> None:
        with database.writing() as session:
            session.add(Organisation(id=2, name="Another Southshire"))
            pending_events(session).append(an_event())

    with pytest.raises(IntegrityError):
        do()
    assert kinds(database) == []


def test_what_was_done_is_there_when_its_event_is_appended(database: Database) -> None:
    with database.writing() as session:
        session.add(Organisation(id=3, name="Westshire"))
        pending_events(session).append(an_event(organisation=3))
    assert kinds(database, 3) == ["team.made"]
    assert_whole(database, 3, length=1)


def refuse_new_events(session: Any) -> None:
    """From now on the database can write everything but events, as if their part of the disk were full."""
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        connection.execute(
            text("CREATE TRIGGER full BEFORE INSERT ON event BEGIN SELECT RAISE(ABORT, 'disk full'); END")
        )
    else:
        connection.execute(text("CREATE TRIGGER full_disk BEFORE INSERT ON event EXECUTE FUNCTION keep_the_trail()"))


def test_the_first_event_follows_on_nothing(database: Database) -> None:
    with database.writing() as session:
        pending_events(session).append(an_event())
    with database.reading() as session:
        stored = session.exec(select(Event)).one()
    assert stored.number == 1
    assert stored.hash != FIRST_PREVIOUS_HASH


ROLE = "caseaudit_service"
DOCUMENT = (Path(__file__).parent.parent.parent / "docs" / "trail.md").read_text("utf-8")
OF_THE_OWNER = (
    "UPDATE event SET kind = 'made.up'",
    "DELETE FROM event",
    "TRUNCATE event",
    "UPDATE checkpoint SET signed = ''",
    "DELETE FROM checkpoint",
    "DELETE FROM trail",
    "TRUNCATE trail",
    "ALTER TABLE event DISABLE TRIGGER ALL",
    "DROP TRIGGER event_is_kept ON event",
    "CREATE OR REPLACE FUNCTION keep_the_trail() RETURNS trigger LANGUAGE sql AS 'SELECT NULL'",
    "UPDATE alembic_version SET version_num = ''",
)


@pytest.fixture
def service_of_its_own_role(migrated_postgres: Cluster) -> Iterator[Database]:
    """A database that one role owns and another works on, with the privileges that the documentation tells to give."""
    name = f"two_roles_{uuid.uuid4().hex[:8]}"
    owner = open_database(migrated_postgres.create(name, template=TEMPLATE))
    (told,) = re.findall(r"```sql\n(.*?)```", DOCUMENT, re.DOTALL)
    with owner.engine.begin() as connection:
        connection.execute(text(f"CREATE ROLE {ROLE} LOGIN"))
        for statement in told.split(";\n"):
            connection.execute(text(statement.strip() or "SELECT 1"))
    with owner.writing() as session:
        session.add(Organisation(id=1, name="Northshire"))
    service = open_database(migrated_postgres.url(name).replace(SUPERUSER, ROLE, 1))
    yield service
    service.close()
    with owner.engine.begin() as connection:
        connection.execute(text(f"DROP OWNED BY {ROLE}"))
        connection.execute(text(f"DROP ROLE {ROLE}"))
    owner.close()
    migrated_postgres.drop(name)


def test_a_role_of_its_own_adds_to_the_trail_and_cannot_take_from_it(service_of_its_own_role: Database) -> None:
    database = service_of_its_own_role
    for _ in range(2):
        with database.writing() as session:
            pending_events(session).append(an_event())
    assert_whole(database, length=2)
    for statement in OF_THE_OWNER:
        with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"), database.engine.begin() as own:
            own.execute(text(statement))
    assert_whole(database, length=2)


def test_events_from_before_the_chain_are_chained_in_the_order_in_which_they_were_recorded(
    database: Database,
) -> None:
    config = migrations()
    at, subject, person = now(), uuid.uuid4(), uuid.uuid4()
    with database.engine.execution_options(writes=True).connect() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "case_lists")
        plain: list[Any] = [column(name) for name in ("organisation_id", "kind", "details")]
        typed = (column("at", DateTime(timezone=True)), column("subject_id", Uuid()), column("person_id", Uuid()))
        before = table("event", *plain, *typed)
        rows = [
            {
                "organisation_id": 1 + place % 2,
                "at": at,
                "kind": f"k.{place}",
                "subject_id": subject,
                "person_id": person if place % 3 else None,
                "details": '{"themes":"é"}',
            }
            for place in range(2500)
        ]
        connection.execute(insert(before), rows)
        connection.commit()
        command.upgrade(config, "head")
        connection.commit()
    assert kinds(database) == [f"k.{place}" for place in range(0, 2500, 2)]
    with database.writing() as session:
        pending_events(session).append(an_event("k.new"))
    assert_whole(database, length=1251)
    assert_whole(database, 2, length=1250)
    with database.engine.execution_options(writes=True).connect() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "case_lists")
        assert connection.execute(text("SELECT count(*) FROM event")).scalar_one() == 2501
        command.upgrade(config, "head")
        connection.commit()
    assert_whole(database, length=1251)


def test_whoever_waits_for_a_trail_that_is_held_is_told_so(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with database.writing() as session:
        pending_events(session).append(an_event())
    if database.engine.dialect.name == "sqlite":
        monkeypatch.setattr(models.storage.sqlite_engine, "BUSY_MILLISECONDS", 200)
    else:
        monkeypatch.setattr(models.storage.postgresql.engine, "STATEMENT_TIMEOUT_MILLISECONDS", 200)
    other = open_database(database.engine.url.set(drivername=database.engine.dialect.name).render_as_string(False))

    def record() -> None:
        with other.writing() as session:
            pending_events(session).append(an_event())

    holding = "BEGIN IMMEDIATE" if database.engine.dialect.name == "sqlite" else "LOCK TABLE trail"
    with database.engine.connect() as holder:
        if database.engine.dialect.name == "sqlite":
            holder.connection.driver_connection.execute(holding)  # type: ignore[union-attr]
        else:
            holder.execute(text(holding))
        with pytest.raises((TrailUnwritable, OperationalError)):
            record()
        holder.rollback()
    record()
    other.close()
    assert_whole(database, length=2)
