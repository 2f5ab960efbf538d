"""What is asked of PostgreSQL's client library itself: as the driver would, and prepared for as long as it can be."""

import select
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any

import psycopg
import pytest
from psycopg import DatabaseError, InternalError, OperationalError, ProgrammingError, errors, pq
from sqlalchemy import event, text
from sqlalchemy.exc import DataError, DBAPIError, SQLAlchemyError

from models.storage.database import Database, open_database
from models.storage.driver import driver_of
from models.storage.failures import is_lost
from models.storage.postgresql.direct import Direct, answered
from tests.cut_at_commit import shut
from tests.postgres import TEMPLATE, Cluster

ECHO = Direct("SELECT $1::varchar, $2::integer, $3::uuid, $4::timestamptz, $5::bytea, $6::boolean, $7::date")
NUMBER = Direct("SELECT $1::integer")
VALUES: tuple[Any, ...] = (
    "Zoë's \\ words; -- and 100 % of them \N{GRINNING FACE}",
    -7,
    uuid.UUID(int=2**127 + 5),
    datetime(2026, 3, 29, 0, 59, 59, 123456, tzinfo=UTC),
    b"\x00\xff'",
    True,
    date(2024, 2, 29),
)


@pytest.fixture(params=[False, True], ids=["directly", "through PgBouncer"])
def on_postgresql(request: pytest.FixtureRequest, migrated_postgres: Cluster) -> Iterator[Database]:
    database = open_database(migrated_postgres.create("direct", template=TEMPLATE), through_pgbouncer=request.param)
    yield database
    database.close()
    migrated_postgres.drop("direct")


def number_of_prepared(session: Any) -> int:
    found: int = session.scalar(text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%$1::integer'"))
    return found


def given_back(session: Any, values: tuple[Any, ...]) -> Any:
    with driver_of(session.connection()) as driver:
        return ECHO.rows(driver, values)


def test_values_come_back_as_they_were_given(on_postgresql: Database) -> None:
    nothing = (None,) * len(VALUES)
    with on_postgresql.reading() as session:
        for values in (VALUES, nothing, VALUES):
            assert given_back(session, values) == [values]


def test_texts_are_the_same_whatever_encoding_the_environment_asks_for(
    on_postgresql: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
    with on_postgresql.reading() as session:
        assert given_back(session, VALUES) == [VALUES]
        assert session.scalar(text("SELECT CAST(:words AS varchar)"), {"words": VALUES[0]}) == VALUES[0]


def test_a_text_is_refused_rather_than_cut_at_what_the_database_cannot_store(on_postgresql: Database) -> None:
    with on_postgresql.reading() as session, pytest.raises(DataError, match="NUL"):
        given_back(session, ("before\0after", *VALUES[1:]))


def test_it_stays_prepared_when_a_transaction_is_rolled_back(on_postgresql: Database) -> None:
    expected = 0 if on_postgresql.opened_with["through_pgbouncer"] else 1
    for _ in range(3):
        with on_postgresql.reading() as session:
            with driver_of(session.connection()) as driver:
                assert NUMBER.rows(driver, (5,)) == [(5,)]
            assert number_of_prepared(session) == expected


def test_it_is_prepared_again_where_the_driver_let_go_of_everything(on_postgresql: Database) -> None:
    with on_postgresql.reading() as session, driver_of(session.connection()) as driver:
        for number in range(3):
            assert NUMBER.rows(driver, (number,)) == [(number,)]
            driver.rollback()  # in the driver's own way
            assert number_of_prepared(session) == 0


def test_nothing_stays_of_a_transaction_that_failed(on_postgresql: Database) -> None:
    with on_postgresql.writing() as session:
        session.execute(text("CREATE TABLE mark (number integer)"))
    add = Direct("INSERT INTO mark VALUES ($1::integer)")
    for ends in ("x", "1"):
        with suppress(DBAPIError), on_postgresql.writing() as session:
            with driver_of(session.connection()) as driver:
                assert add.run(driver, (1,)) == 1
            session.execute(text("SELECT CAST(:ends AS integer)"), {"ends": ends})
    with on_postgresql.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM mark")) == 1


@pytest.mark.parametrize("says_why", [True, False])
def test_a_lost_connection_is_told_from_a_refusal(on_postgresql: Database, says_why: bool) -> None:
    with suppress(DBAPIError), on_postgresql.reading() as session:
        with driver_of(session.connection()) as driver:
            NUMBER.rows(driver, (1,))
            if not says_why:
                shut(driver)
        if says_why:
            with on_postgresql.engine.connect() as other:
                other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": driver.info.backend_pid})
        for another in (NUMBER, ECHO, NUMBER):  # whatever is asked of it afterwards
            with pytest.raises(DBAPIError) as lost, driver_of(session.connection()) as driver:
                another.rows(driver, VALUES if another is ECHO else (1,))
            assert is_lost(lost.value)
    with on_postgresql.reading() as session, driver_of(session.connection()) as driver:
        assert NUMBER.rows(driver, (2,)) == [(2,)]


def test_without_an_answer_of_the_server_a_connection_counts_as_lost(on_postgresql: Database) -> None:
    class Unanswered:
        """What the client library says of itself when it cannot send, while it does not yet know of the loss."""

        status = pq.ExecStatus.FATAL_ERROR

        def error_field(self, _: int) -> None:
            return None

        def get_error_message(self) -> str:
            return "could not send data to server: Broken pipe"

    def no_memory() -> None:
        raise MemoryError

    with on_postgresql.reading() as session:
        for ask_library in (Unanswered, no_memory):
            with pytest.raises(DBAPIError) as lost, driver_of(session.connection()):
                answered(ask_library)
            assert is_lost(lost.value)


def test_a_transaction_in_which_a_statement_failed_is_never_said_to_be_committed(on_postgresql: Database) -> None:
    """PostgreSQL answers such a commit with "ROLLBACK", and no error."""
    with pytest.raises(DBAPIError) as refused, on_postgresql.writing() as session, suppress(DBAPIError):
        session.execute(text("SELECT 1 / 0"))
    assert refused.type is not DataError
    assert not is_lost(refused.value), "nothing is unknown: nothing was stored"
    with on_postgresql.writing() as session:
        assert session.scalar(text("SELECT 1")) == 1


@pytest.mark.parametrize("has_read", [True, False])
def test_a_connection_that_is_lost_as_soon_as_it_is_made_counts_as_lost(
    on_postgresql: Database, has_read: bool
) -> None:
    if has_read:  # and so one waits that was lost meanwhile
        with on_postgresql.reading() as session, driver_of(session.connection()) as waiting:
            NUMBER.rows(waiting, (1,))
        shut(waiting)

    @event.listens_for(on_postgresql.engine, "connect")
    def lose(driver: Any, _: object) -> None:
        shut(driver)

    for _ in range(2):
        with pytest.raises(SQLAlchemyError) as lost, on_postgresql.reading() as session:
            session.scalar(text("SELECT 1"))
        assert is_lost(lost.value)
    event.remove(on_postgresql.engine, "connect", lose)
    with on_postgresql.reading() as session:
        assert session.scalar(text("SELECT 1")) == 1


def test_a_connection_whose_transaction_the_server_ended_counts_as_lost(on_postgresql: Database) -> None:
    """As the server does where it lets no transaction be idle for long."""
    asked: list[Callable[[Any], object]] = [lambda driver: NUMBER.rows(driver, (1,)), lambda driver: driver.execute("")]
    for ask in asked:
        with suppress(DBAPIError), on_postgresql.reading() as session:
            session.execute(text("SET LOCAL idle_in_transaction_session_timeout = 1"))
            with driver_of(session.connection()) as driver:
                select.select([driver.fileno()], [], [], 10)
            with pytest.raises(DBAPIError) as lost, driver_of(session.connection()) as driver:
                ask(driver)
            assert is_lost(lost.value)


def test_what_the_driver_says_without_the_server_is_a_loss_but_not_what_it_cannot_send() -> None:
    for lost in (DatabaseError("no answer"), InternalError("received 2 results"), OperationalError("closed")):
        assert is_lost(lost)
    for other in (psycopg.DataError("NUL"), ProgrammingError("no such column"), errors.UniqueViolation("twice")):
        assert not is_lost(other)
