"""SQLite is opened by one driver, in a journal mode that is safe with it, and its log holds nobody up."""

import os
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from models.storage import sqlite_engine
from models.storage.database import Database, open_database
from models.storage.sqlite_engine import (
    UnsafeDatabase,
    journal_mode,
    journal_warning,
    sqlite_driver,
    write_ahead_log_is_safe,
)

CANARY = "Kestrel-of-Northshire"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "database.sqlite3"


@pytest.fixture
def database(file: Path) -> Iterator[Database]:
    """A file with one table of texts."""
    opened = open_database(f"sqlite:///{file}")
    put(opened, "CREATE TABLE told (words text)")
    yield opened
    opened.close()


def put(database: Database, statement: str, *values: str) -> None:
    with database.writing() as session:
        session.connection().exec_driver_sql(statement, values)


def mode_of(file: Path) -> str:
    """The journal mode that is written in the file itself."""
    return {1: "delete", 2: "wal"}[file.read_bytes()[18]]


def log_of(file: Path) -> Path:
    return file.with_name(f"{file.name}-wal")


@pytest.mark.parametrize(
    ("version", "safe"),
    [
        ((3, 7, 0), False),
        ((3, 34, 1), False),
        ((3, 40, 1), False),
        ((3, 43, 2), False),
        ((3, 44, 0), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 44, 9), True),
        ((3, 45, 0), False),
        ((3, 46, 1), False),
        ((3, 49, 2), False),
        ((3, 50, 0), False),
        ((3, 50, 6), False),
        ((3, 50, 7), True),
        ((3, 51, 0), False),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 52, 0), True),
        ((4, 0, 0), True),
    ],
)
def test_the_write_ahead_log_is_used_only_where_it_cannot_corrupt(version: tuple[int, int, int], safe: bool) -> None:
    assert write_ahead_log_is_safe(version) is safe
    assert journal_mode(version) == ("wal" if safe else "delete")


def test_where_there_is_no_safe_sqlite_the_start_says_so_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_engine.sqlite_driver(), "sqlite_version_info", (3, 53, 4))
    assert journal_warning() == ""
    monkeypatch.setattr(sqlite_engine.sqlite_driver(), "sqlite_version_info", (3, 40, 1))
    said = journal_warning()
    assert "WAL-reset bug" in said
    assert said.count(". ") == 0


def test_a_file_is_turned_to_the_log_at_the_start_and_back_where_it_is_not_safe(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = sqlite3.connect(file)
    older.execute("CREATE TABLE told (words text)")
    older.execute("INSERT INTO told VALUES ('before')")
    older.commit()
    older.close()
    assert mode_of(file) == "delete"
    words: list[str] = []
    for version, mode in (((3, 53, 4), "wal"), ((3, 40, 1), "delete"), ((3, 53, 4), "wal")):
        monkeypatch.setattr(sqlite_engine.sqlite_driver(), "sqlite_version_info", version)
        database = open_database(f"sqlite:///{file}")
        put(database, "INSERT INTO told VALUES (?)", mode)
        with database.reading() as session:
            words = list(session.connection().exec_driver_sql("SELECT words FROM told").scalars())
        database.close()
        assert mode_of(file) == mode
        assert words[0] == "before"
    assert words == ["before", "wal", "delete", "wal"]


def test_a_long_reading_transaction_holds_up_no_save_and_reads_what_it_began_with(database: Database) -> None:
    def save() -> None:
        for _ in range(20):
            put(database, "INSERT INTO told VALUES (?)", "more")

    put(database, "INSERT INTO told VALUES (?)", "one")
    with database.reading() as long:
        count = "SELECT count(*) FROM told"
        assert long.connection().exec_driver_sql(count).scalar_one() == 1
        assert in_a_thread(save) < 5, "SQLite itself would wait for ten seconds, and give up"
        assert long.connection().exec_driver_sql(count).scalar_one() == 1
    with database.reading() as short:
        assert short.connection().exec_driver_sql(count).scalar_one() == 21


def test_a_long_writing_transaction_holds_up_no_reader(database: Database) -> None:
    def read() -> None:
        for _ in range(20):
            with database.reading() as session:
                assert session.connection().exec_driver_sql("SELECT count(*) FROM told").scalar_one() == 0

    with database.writing() as session:
        # More than the driver keeps in memory, so that pages go to the disk before the commit.
        session.connection().exec_driver_sql(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9000)"
            " INSERT INTO told SELECT hex(randomblob(500)) FROM n"
        )
        assert in_a_thread(read) < 5


def in_a_thread(work: Callable[[], None]) -> float:
    """How many seconds it took in a thread of its own, where its connection is another."""
    failed: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - told to whoever asked
            failed.append(error)

    started = time.monotonic()
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert failed == []
    return time.monotonic() - started


def test_the_log_stays_short_while_people_write(database: Database, file: Path) -> None:
    longest = 0
    for _ in range(40):
        put(database, "INSERT INTO told SELECT hex(randomblob(500000))")
        database.shorten_log()
        longest = max(longest, log_of(file).stat().st_size)
    assert longest < 3 * sqlite_engine.MOST_LOG_BYTES_KEPT
    assert file.stat().st_size > 30_000_000


def test_the_log_is_bounded_even_where_nothing_shortens_it(database: Database, file: Path) -> None:
    for _ in range(60):
        put(database, "INSERT INTO told SELECT hex(randomblob(500000))")
    assert log_of(file).stat().st_size < 1.2 * sqlite_engine.MOST_PAGES_IN_LOG * sqlite_engine.PAGE_BYTES


def test_while_the_log_is_copied_others_save(database: Database) -> None:
    """Only for the rest of a long log is the writer held, and no reader is ever waited for with it."""
    put(database, "INSERT INTO told SELECT hex(randomblob(9000000))")
    with database.reading() as long:
        long.connection().exec_driver_sql("SELECT count(*) FROM told").scalar_one()
        put(database, "INSERT INTO told SELECT hex(randomblob(9000000))")
        stopped = threading.Event()
        slowest = [0.0]

        def save() -> None:
            while not stopped.is_set():
                started = time.monotonic()
                put(database, "INSERT INTO told VALUES ('short')")
                slowest[0] = max(slowest[0], time.monotonic() - started)

        saver = threading.Thread(target=save)
        saver.start()
        for _ in range(20):
            database.shorten_log()
        stopped.set()
        saver.join()
    assert slowest[0] < 2


def test_what_was_deleted_stays_neither_in_the_file_nor_in_the_log(database: Database, file: Path) -> None:
    put(database, "INSERT INTO told VALUES (?)", CANARY)
    database.shorten_log()
    assert where(CANARY, file) == {file.name}
    put(database, "INSERT INTO told VALUES (?)", CANARY)
    assert where(CANARY, file) == {file.name, log_of(file).name}
    put(database, "DELETE FROM told")
    database.empty_log()
    assert where(CANARY, file) == set()
    assert log_of(file).stat().st_size == 0


def test_what_a_long_reader_keeps_in_the_log_is_emptied_after_it_and_holds_nobody_up(
    database: Database, file: Path
) -> None:
    put(database, "INSERT INTO told VALUES (?)", CANARY)
    with database.reading() as long:
        long.connection().exec_driver_sql("SELECT count(*) FROM told").scalar_one()
        put(database, "DELETE FROM told")
        assert in_a_thread(database.empty_log) < 5
        assert where(CANARY, file) != set()
    database.shorten_log()
    assert where(CANARY, file) == set()


def test_what_a_crash_left_in_the_log_is_emptied_after_the_next_start(
    database: Database, file: Path, tmp_path: Path
) -> None:
    database.empty_log()
    put(database, "INSERT INTO told VALUES (?)", CANARY)
    put(database, "DELETE FROM told")
    crashed = tmp_path / "crashed"
    crashed.mkdir()
    for left in (file, log_of(file)):
        shutil.copyfile(left, crashed / left.name)
    copy = crashed / file.name
    assert where(CANARY, copy) != set()
    again = open_database(f"sqlite:///{copy}")
    with again.reading() as session:
        assert session.connection().exec_driver_sql("SELECT count(*) FROM told").scalar_one() == 0
    again.shorten_log()
    assert where(CANARY, copy) == set()
    again.close()


def where(words: str, file: Path) -> set[str]:
    """The names of the database's files that hold these words."""
    return {each.name for each in file.parent.glob(f"{file.name}*") if words.encode() in each.read_bytes()}


def test_closing_the_database_leaves_one_file_that_can_be_copied(database: Database, file: Path) -> None:
    put(database, "INSERT INTO told VALUES (?)", CANARY)
    database.close()
    assert [each.name for each in file.parent.iterdir()] == [file.name]
    assert CANARY.encode() in file.read_bytes()


def test_a_file_with_a_second_name_is_refused_because_its_log_goes_by_one(file: Path) -> None:
    open_database(f"sqlite:///{file}").close()
    file.touch()
    os.link(file, file.with_name("other"))
    for name in (file, file.with_name("other")):
        with pytest.raises(UnsafeDatabase, match="hard link"):
            open_database(f"sqlite:///{name}")
    file.with_name("other").unlink()
    open_database(f"sqlite:///{file}").close()


@pytest.mark.parametrize("url", ["sqlite+pysqlite:///{}", "sqlite:///{}?timeout=1", "sqlite:///file:{}?uri=true"])
def test_a_file_goes_by_one_kind_of_address(file: Path, url: str) -> None:
    with pytest.raises(UnsafeDatabase, match="without a driver or options"):
        open_database(url.format(file))


def test_a_refusal_of_the_database_has_its_code(database: Database) -> None:
    """By which the service tells a full disk from a fault of its own."""
    connection = sqlite_engine.connect(Path(str(database.engine.url.database)))
    with database.writing() as session:
        session.connection()
        connection.execute("PRAGMA busy_timeout = 0")
        with pytest.raises(sqlite_driver().OperationalError) as refused:
            connection.execute("BEGIN IMMEDIATE")
    connection.close()
    busy = 5
    assert refused.value.sqlite_errorcode & 0xFF == busy
