"""Each database knows how large a table is soon after it grew, and is asked about no more than it needs."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from models.storage.database import Database, open_database
from models.storage.postgresql.statistics import MOST_WITHOUT_STATISTICS, analyse_grown_tables
from models.storage.sqlite.statistics import LEAST_ROWS, grown_tables
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


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Database]:
    database = open_database(f"sqlite:///{tmp_path}/grown.sqlite3")
    columns = "organisation_id integer, reference text, state text, PRIMARY KEY (organisation_id, reference)"
    run(database, f"CREATE TABLE listed ({columns}) WITHOUT ROWID")
    run(database, "CREATE INDEX ix_listed_reference ON listed (reference)")
    yield database
    database.close()


def insert_references(database: Database, first: int, last: int) -> None:
    with database.writing() as session:
        for number in range(first, last + 1):
            session.execute(text(f"INSERT INTO listed VALUES (1, 'CF-{number}', 'open')"))


def test_a_table_of_sqlite_is_analysed_when_it_has_rows_and_again_when_it_has_ten_times_as_many(file: Database) -> None:
    insert_references(file, 1, LEAST_ROWS - 1)
    assert file.gather_statistics() == []

    insert_references(file, LEAST_ROWS, LEAST_ROWS)
    assert file.gather_statistics() == ["listed"]
    assert file.gather_statistics() == []

    insert_references(file, LEAST_ROWS + 1, 10 * LEAST_ROWS + 1)
    assert file.gather_statistics() == ["listed"]
    assert file.gather_statistics() == []


def test_a_table_without_rows_counts_as_small_until_it_has_some(file: Database) -> None:
    run(file, "CREATE TABLE noted (number integer PRIMARY KEY, words text)")
    run(file, "CREATE INDEX ix_noted_words ON noted (words)")
    insert_references(file, 1, LEAST_ROWS)
    file.gather_statistics()
    with file.reading() as session:
        assert session.execute(text("SELECT stat FROM sqlite_stat1 WHERE tbl = 'noted'")).scalar_one() == str(
            LEAST_ROWS
        )
    for number in range(LEAST_ROWS):
        run(file, f"INSERT INTO noted VALUES ({number}, 'x')")
    assert file.gather_statistics() == ["noted"]
    assert file.gather_statistics() == []


def test_the_statistics_hold_numbers_and_no_value_of_a_row(file: Database) -> None:
    insert_references(file, 1, LEAST_ROWS)
    file.gather_statistics()
    with file.reading() as session:
        tables = session.execute(text("SELECT name FROM sqlite_master WHERE name LIKE 'sqlite_stat%'")).scalars().all()
        kept = [row for table in tables for row in session.execute(text(f"SELECT * FROM {table}"))]
    assert len(kept) == 2
    assert "CF-" not in str(kept)


def test_connections_that_were_open_before_know_the_statistics(file: Database) -> None:
    """With numbers, SQLite no longer expects ten rows of the only organisation there is."""
    insert_references(file, 1, LEAST_ROWS)
    before = average_of_the_organisation(file)
    file.gather_statistics()
    assert (before, average_of_the_organisation(file)) == (None, LEAST_ROWS)


def average_of_the_organisation(database: Database) -> int | None:
    """How many rows of one organisation a connection of the service expects; None where it has no statistics."""
    with database.reading() as session:
        connection = session.connection()
        if grown_tables(connection):
            return None
        words = "SELECT stat FROM sqlite_stat1 WHERE tbl = 'listed' AND idx <> 'ix_listed_reference'"
        return int(connection.execute(text(words)).scalar_one().split(" ")[1])
