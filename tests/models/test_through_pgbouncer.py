"""What the service needs of a connection, it says in each transaction: through PgBouncer the next is another's."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from models.storage import row_security
from models.storage.database import Database, open_database
from tests.postgres import TEMPLATE, Cluster

SETTINGS = {"TimeZone": "UTC", "jit": "off", "statement_timeout": "30s", "lock_timeout": "2500ms"}


@pytest.fixture
def pooled(migrated_postgres: Cluster) -> Iterator[Database]:
    """A database opened as if through PgBouncer, whose own settings differ."""
    url = migrated_postgres.create("pooled", template=TEMPLATE)
    owner = open_database(url)
    with owner.engine.begin() as connection:
        for name, value in {"timezone": "Asia/Tokyo", "statement_timeout": "1h", "lock_timeout": "1h"}.items():
            connection.exec_driver_sql(f"ALTER DATABASE pooled SET {name} = '{value}'")
    owner.close()
    database = open_database(url, through_pgbouncer=True)
    yield database
    database.close()
    migrated_postgres.drop("pooled")


def shown(database: Database) -> dict[str, str]:
    with database.reading() as session:
        return {name: session.scalar(text(f"SHOW {name}")) for name in SETTINGS}


def test_each_transaction_has_the_settings_of_the_service(pooled: Database) -> None:
    assert shown(pooled) == shown(pooled) == SETTINGS
    with pooled.reading_one_moment() as session:
        assert session.scalar(text("SHOW statement_timeout")) == "30s"
        assert session.scalar(text("SHOW transaction_isolation")) == "repeatable read"


def test_nothing_of_a_transaction_stays_on_its_connection(pooled: Database) -> None:
    with pooled.writing() as session:
        row_security.narrow(session.connection(), 7)
        for _ in range(20):  # psycopg prepares what is asked often, unless it is told not to
            session.scalar(text("SELECT CAST(:number AS integer)"), {"number": 1})
    with pooled.engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.rollback()
        driver.autocommit = True
        left = driver.execute(
            "SELECT current_setting('caseaudit.organisation', true), current_setting('statement_timeout'),"
            " (SELECT count(*) FROM pg_prepared_statements),"
            " (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid())"
        ).fetchone()
        driver.autocommit = False
    assert left == ("", "1h", 0, 0)


def test_another_process_opens_the_database_likewise(pooled: Database) -> None:
    again = open_database(**pooled.opened_with)
    assert shown(again) == SETTINGS
    assert again.opened_with == pooled.opened_with
    again.close()
