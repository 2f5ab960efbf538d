"""PostgreSQL knows how large a table is soon after it grew, and is asked about no more than it needs."""

import time
from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, text

from models.storage.database import Database, open_database
from models.storage.postgresql.statistics import MOST_WITHOUT_STATISTICS, analyse_grown_tables
from tests.postgres import Cluster

ENOUGH = MOST_WITHOUT_STATISTICS + 1
ROLE = "owns_no_tables"


@pytest.fixture
def database(postgres_cluster: Cluster) -> Iterator[Database]:
    database = open_database(postgres_cluster.create("grown"))
    run(database, "CREATE TABLE listed (number integer PRIMARY KEY)")
    yield database
    database.close()
    postgres_cluster.drop("grown")


def run(database: Database, statement: str) -> None:
    with database.writing() as session:
        session.execute(text(statement))


def insert_rows(database: Database, first: int, last: int) -> None:
    before = changes_seen(database)
    run(database, f"INSERT INTO listed SELECT generate_series({first}, {last})")
    database.engine.dispose()  # a session reports its changes at its end, if not before
    until = time.monotonic() + 20
    while changes_seen(database) < before + last - first + 1:
        assert time.monotonic() < until, "PostgreSQL has not counted the new rows"
        time.sleep(0.02)


def changes_seen(database: Database) -> int:
    with database.reading() as session:
        return int(session.execute(text("SELECT n_mod_since_analyze FROM pg_stat_user_tables")).scalar_one())


def rows_expected(database: Database) -> float:
    with database.reading() as session:
        return float(session.execute(text("SELECT reltuples FROM pg_class WHERE relname = 'listed'")).scalar_one())


def test_a_table_is_analysed_when_it_has_doubled_and_not_before(database: Database) -> None:
    insert_rows(database, 1, ENOUGH - 1)
    assert analyse_grown_tables(database.engine) == []

    insert_rows(database, ENOUGH, ENOUGH)
    assert analyse_grown_tables(database.engine) == ["listed"]
    assert rows_expected(database) == ENOUGH
    assert analyse_grown_tables(database.engine) == []

    insert_rows(database, ENOUGH + 1, 3 * ENOUGH)
    assert analyse_grown_tables(database.engine) == ["listed"]
    assert rows_expected(database) == 3 * ENOUGH


def test_a_table_of_another_role_is_left_to_its_owner(database: Database) -> None:
    insert_rows(database, 1, ENOUGH)
    run(database, f"CREATE ROLE {ROLE} LOGIN")
    try:
        service = create_engine(database.engine.url.set(username=ROLE))
        assert analyse_grown_tables(service) == []
        service.dispose()
    finally:
        run(database, f"DROP ROLE {ROLE}")
    assert analyse_grown_tables(database.engine) == ["listed"]
