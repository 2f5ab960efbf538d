"""Of an encrypted database no word is in any file: not in the log, not in the journal, not in what is temporary."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from models.storage import sqlite_engine
from models.storage.database import Database, open_database
from models.storage.encryption.key import DatabaseKey
from models.storage.sqlite_engine import KeyProblem, can_encrypt, check_key, connect, is_encrypted, open_scratch
from tests.encrypted import CANARY, files_with

KEY = DatabaseKey.new()
# More than a connection keeps in memory, so that pages go to the disk before the commit.
MANY = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9000) INSERT INTO told SELECT ? FROM n"


@pytest.fixture(params=["log", "journal"])
def database(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """An encrypted file with one table of texts, in both journal modes."""
    if request.param == "journal":
        monkeypatch.setattr(sqlite_engine.sqlite_driver(), "sqlite_version_info", (3, 40, 1))
    opened = open_database(f"sqlite:///{tmp_path}/database.sqlite3", KEY)
    put(opened, "CREATE TABLE told (words text)")
    yield opened
    opened.close()


def put(database: Database, statement: str, *values: str) -> None:
    with database.writing() as session:
        session.connection().exec_driver_sql(statement, values)


def test_no_file_holds_a_word_while_it_is_written_or_afterwards(database: Database, tmp_path: Path) -> None:
    line = f"{CANARY} " * 50
    put(database, "INSERT INTO told VALUES (?)", line)
    with database.writing() as session:
        connection = session.connection()
        connection.exec_driver_sql(MANY, (line,))
        connection.exec_driver_sql("UPDATE told SET words = words || 'x'")
        sizes = {each.name: each.stat().st_size for each in tmp_path.iterdir()}
        assert sum(sizes.values()) > 9_000_000, "pages are on the disk already"
        assert files_with(CANARY, tmp_path) == set()
    assert files_with(CANARY, tmp_path) == set()
    database.shorten_log()
    with database.reading() as session:
        rows = session.connection().exec_driver_sql("SELECT words FROM told ORDER BY words || rowid DESC")
        assert CANARY in str(rows.scalars().first())  # sorted, all of them
        assert files_with(CANARY, tmp_path) == set()
    database.close()
    assert files_with(CANARY, tmp_path) == set()
    assert b"SQLite" not in (tmp_path / "database.sqlite3").read_bytes()


def test_a_database_that_is_not_encrypted_is_found_out_by_the_same_search(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/plain.sqlite3")
    put(database, "CREATE TABLE told (words text)")
    put(database, "INSERT INTO told VALUES (?)", CANARY)
    assert files_with(CANARY, tmp_path) != set()
    database.close()


def test_what_a_verification_writes_down_is_encrypted_with_a_key_that_nobody_has(temporary_folder: Path) -> None:
    with closing(open_scratch("PRAGMA cache_size = 10; CREATE TABLE note (words text)")) as scratch:
        scratch.execute("BEGIN")
        scratch.executemany("INSERT INTO note VALUES (?)", [(f"{CANARY} " * 50,)] * 5_000)
        assert files_with(CANARY, temporary_folder) == set()
        assert scratch.execute("SELECT count(*) FROM note").fetchone() == (5_000,)


def test_nothing_that_is_sorted_or_put_aside_goes_to_a_file(database: Database) -> None:
    with database.reading() as session:
        memory = 2
        assert session.connection().exec_driver_sql("PRAGMA temp_store").scalar_one() == memory


def test_only_its_key_opens_it_and_the_refusal_says_what_to_do(
    database: Database, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "database.sqlite3"
    database.close()
    assert is_encrypted(file)
    check_key(file, KEY)
    for open_it in (
        lambda: check_key(file, DatabaseKey.new()),
        lambda: open_database(f"sqlite:///{file}", DatabaseKey.new()),
    ):
        with pytest.raises(KeyProblem, match=r"or the file is damaged. Put the right key back, or restore"):
            open_it()
    without = open_database(f"sqlite:///{file}")
    with pytest.raises(KeyProblem, match=r"is encrypted, or damaged, and is opened without a key"):
        put(without, "DELETE FROM told")
    assert capfd.readouterr().err == "", "SQLCipher writes lines of its own"


def test_a_changed_byte_is_noticed(database: Database, tmp_path: Path) -> None:
    put(database, MANY, CANARY)
    database.close()
    file = tmp_path / "database.sqlite3"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with closing(connect(file, KEY)) as connection, pytest.raises(sqlite_engine.sqlite_driver().DatabaseError):
        connection.execute("SELECT sum(length(words)) FROM told").fetchone()


def test_without_the_driver_that_encrypts_it_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert can_encrypt()
    monkeypatch.setattr(sqlite_engine, "can_encrypt", lambda: False)
    with pytest.raises(KeyProblem, match=r"no sqlcipher3. Install it"):
        check_key(tmp_path / "database.sqlite3", KEY)


@pytest.mark.parametrize("text", ["", "12", "g" * 64, "1" * 63, "1" * 65, "A" * 64, "1" * 64 + "\n"])
def test_a_key_is_64_hexadecimal_digits(text: str) -> None:
    with pytest.raises(ValueError, match=r"64 hexadecimal digits"):
        DatabaseKey(text)


def test_nothing_shows_a_key() -> None:
    assert KEY.digits not in f"{KEY} {KEY!r}"
