"""SQLite's connections, each with megabytes of its own, are closed when nobody uses them."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import event, text

from models.storage.database import Database, open_database
from models.storage.sqlite.statistics import LEAST_ROWS


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(f"sqlite:///{tmp_path / 'database.sqlite3'}")
    with opened.writing() as session:
        session.execute(text("CREATE TABLE listed (number integer PRIMARY KEY, words text)"))
        session.execute(text("CREATE INDEX ix_listed_words ON listed (words)"))
    yield opened
    opened.close()


@pytest.fixture
def connections(database: Database) -> set[int]:
    """Those that are open, as the driver's own are opened and closed."""
    database.engine.dispose()
    opened: set[int] = set()
    event.listen(database.engine, "connect", lambda connection, _: opened.add(id(connection)))
    event.listen(database.engine, "close", lambda connection, _: opened.discard(id(connection)))
    event.listen(database.engine, "close_detached", lambda connection: opened.discard(id(connection)))
    return opened


def use(database: Database, stack: ExitStack) -> None:
    session = stack.enter_context(database.reading())
    session.execute(text("SELECT count(*) FROM listed")).all()


def use_once(database: Database) -> None:
    with ExitStack() as stack:
        use(database, stack)


def test_those_that_were_not_used_since_the_call_before_are_closed_and_those_in_use_stay(
    database: Database, connections: set[int]
) -> None:
    with ExitStack() as reader:
        use(database, reader)
        with ExitStack() as others:
            for _ in range(4):
                use(database, others)
        assert len(connections) == 5
        assert not database.close_unused()
        assert len(connections) == 5
        with ExitStack() as again:
            for _ in range(2):
                use(database, again)
        assert database.close_unused()
        assert len(connections) == 3
        assert database.close_unused()
        assert len(connections) == 2
        assert not database.close_unused()
        use(database, reader)
        assert len(connections) == 2, "the one that was kept is used"


def test_one_that_was_in_use_when_statistics_were_gathered_is_closed_once_it_is_back(
    database: Database, connections: set[int]
) -> None:
    with database.writing() as session:
        for number in range(LEAST_ROWS):
            session.execute(text(f"INSERT INTO listed VALUES ({number}, 'x')"))
    with ExitStack() as reader:
        use(database, reader)
        (old,) = connections
        assert database.gather_statistics() == ["listed"]
        assert old in connections
    assert old not in connections
    use_once(database)
    assert len(connections) == 1
