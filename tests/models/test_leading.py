"""Of all processes on one database, at most one leads the background work, and another does when it ends."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from models.storage.database import Database, open_database
from models.storage.postgresql.leading import (
    APPLICATION,
    CUT_OFF_AFTER_SECONDS,
    LEADS_FOR_SECONDS,
    LOST_AFTER_SECONDS,
    RENEWED_EVERY_SECONDS,
    Leader,
)
from tests.postgres import TEMPLATE, Cluster


@pytest.fixture
def two(migrated_postgres: Cluster) -> Iterator[tuple[Database, Database]]:
    """One database, as two processes have opened it."""
    url = migrated_postgres.create("led", template=TEMPLATE)
    opened = open_database(url), open_database(url, through_pgbouncer=True)
    yield opened
    for database in opened:
        database.close()
    migrated_postgres.drop("led")


def end_the_connection_of_the_leader(database: Database) -> None:
    query = text("SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE application_name = :name")
    with database.engine.connect() as connection:
        assert connection.execute(query, {"name": APPLICATION}).scalar() == 1


def test_one_leads_and_another_when_it_resigns(two: tuple[Database, Database]) -> None:
    first, second = map(Leader, two)
    assert (first.stand(), second.stand()) == (True, False)
    assert (first.stand(), second.stand()) == (True, False)
    first.resign()
    assert (second.stand(), first.stand()) == (True, False)
    second.resign()


def test_when_its_connection_ends_another_leads(two: tuple[Database, Database]) -> None:
    first, second = map(Leader, two)
    assert first.stand()
    end_the_connection_of_the_leader(two[1])
    assert second.stand()
    with pytest.raises(SQLAlchemyError):
        first.stand()
    assert not first.leads
    assert not first.stand()
    second.resign()
    assert first.stand()
    first.resign()


def test_a_leader_that_receives_nothing_stops_before_another_can_lead(two: tuple[Database, Database]) -> None:
    clock = 100.0
    leader = Leader(two[0], monotonic=lambda: clock)
    assert leader.stand()
    clock += LEADS_FOR_SECONDS - 0.1
    assert leader.leads
    clock += 0.2
    assert not leader.leads
    assert leader._held is not None
    waits = leader._held.exec_driver_sql("SHOW idle_in_transaction_session_timeout").scalar()
    leader.resign()
    assert waits == f"{LOST_AFTER_SECONDS}s"
    assert RENEWED_EVERY_SECONDS * 2 < LEADS_FOR_SECONDS < LOST_AFTER_SECONDS < CUT_OFF_AFTER_SECONDS


def test_the_transaction_of_the_leader_keeps_nothing_from_being_tidied(two: tuple[Database, Database]) -> None:
    leader = Leader(two[0])
    leader.stand()
    query = text("SELECT backend_xid, backend_xmin FROM pg_stat_activity WHERE application_name = :name")
    with two[1].engine.connect() as connection:
        assert tuple(connection.execute(query, {"name": APPLICATION}).one()) == (None, None)
    leader.resign()


def test_on_sqlite_the_only_process_leads(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/led.sqlite3")
    leader = Leader(database)
    assert leader.leads
    assert leader.stand()
    leader.resign()
    assert leader.leads
    database.close()
