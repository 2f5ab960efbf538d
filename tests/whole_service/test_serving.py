"""One server a database file, by whatever name it is reached; and one set of keys for it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from api.foundation.settings import Settings
from api.serving import hold_database, lock_database_file
from api.starting import CannotServeError
from models.storage.database import open_database
from models.storage.sqlite_engine import sqlite_driver
from tests.forked import ForkedProcess


def hold(path: str) -> None:
    """Hold the file until standard input ends, and say so, or why not."""
    try:
        with lock_database_file(Path(path)):
            print("held", flush=True)
            sys.stdin.read()
    except CannotServeError as refused:
        print(refused, flush=True)


def write(path: str) -> None:
    """Begin to write to the file with SQLite alone; say why not."""
    connection = sqlite_driver().connect(path, timeout=0, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite_driver().OperationalError as refused:
        print(refused, flush=True)


@contextmanager
def another_process_on(path: Path | str) -> Iterator[str]:
    """What another process says that tries to hold this file."""
    with ForkedProcess(hold, str(path), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().decode().strip()
        finally:
            process.communicate()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "kept" / "audits.db"
    made.parent.mkdir()
    open_database(f"sqlite:///{made}").close()
    made.touch()
    return made


def names_of(file: Path, kind: str) -> str:
    """Another name of the same file, which is made where it needs to be."""
    other = file.parent.parent / "other.db"
    if kind == "symbolic link":
        other.symlink_to(file)
    elif kind == "link in a linked folder":
        (file.parent.parent / "linked").symlink_to(file.parent)
        return str(file.parent.parent / "linked" / file.name)
    elif kind == "hard link":
        os.link(file, other)
    elif kind == "hard link in its folder":
        other = file.with_name("twin.db")
        os.link(file, other)
    elif kind == "relative":
        return os.path.relpath(file)
    elif kind == "by way of its parent":
        return f"{file.parent}/../{file.parent.name}/{file.name}"
    else:
        assert kind == "its own"
        return str(file)
    return str(other)


KINDS = (
    "its own",
    "symbolic link",
    "link in a linked folder",
    "hard link",
    "hard link in its folder",
    "relative",
    "by way of its parent",
)


@pytest.mark.parametrize("kind", KINDS)
def test_a_second_server_does_not_start_by_whatever_name_it_reaches_the_file(file: Path, kind: str) -> None:
    other = names_of(file, kind)
    with lock_database_file(file), another_process_on(other) as said:
        assert "Another server is using" in said
    with another_process_on(other) as said:
        assert said == "held", "the hold ends with the first"
        with pytest.raises(CannotServeError, match="Another server"), lock_database_file(file):
            raise AssertionError


def test_the_hold_lasts_while_connections_come_and_go(file: Path) -> None:
    """A process that closes a file loses its locks on it: a hold of the ordinary kind would be gone."""
    database = open_database(f"sqlite:///{file}")
    with lock_database_file(file):
        with database.writing() as session:
            session.connection().exec_driver_sql("CREATE TABLE told (words text)")
        database.close()
        with another_process_on(names_of(file, "hard link")) as said:
            assert "Another server is using" in said


@pytest.mark.writes_long("Another process is started while the writer is held.")
def test_holding_the_file_drops_no_lock_of_sqlite(file: Path) -> None:
    database = open_database(f"sqlite:///{file}")
    with database.writing() as session:
        session.connection()
        for _ in range(2):
            with lock_database_file(file):
                pass
        with lock_database_file(file), ForkedProcess(write, str(file), stdout=subprocess.PIPE) as other:
            said, _ = other.communicate()
        assert b"locked" in said
    database.close()


def test_two_files_are_held_side_by_side(file: Path) -> None:
    with lock_database_file(file), another_process_on(file.with_name("second.db")) as said:
        assert said == "held"


def test_a_folder_that_is_not_there_is_said_plainly(file: Path) -> None:
    with (
        pytest.raises(CannotServeError, match="cannot be opened or created"),
        lock_database_file(file.parent / "gone" / "it.db"),
    ):
        raise AssertionError


def test_a_database_has_one_set_of_keys_by_whatever_name_it_is_reached(file: Path) -> None:
    for kind in ("symbolic link", "link in a linked folder", "relative", "by way of its parent"):
        by_another_name, by_its_own = (
            Settings(database_url=f"sqlite:///{name}") for name in (names_of(file, kind), str(file))
        )
        for key in ("trail_key_path", "trail_checkpoints_path", "risky_terms_key_path"):
            assert getattr(by_another_name, key) == getattr(by_its_own, key), kind


def test_keys_beside_a_link_are_not_left_behind_in_silence(file: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{names_of(file, 'symbolic link')}")
    beside_the_link = file.parent.parent / "other.db.trail-key"
    beside_the_link.write_text("a key")
    with (
        pytest.raises(CannotServeError, match=r"Move .*other.db.trail-key to .*audits.db.trail-key"),
        hold_database(settings),
    ):
        raise AssertionError
    beside_the_link.rename(settings.trail_key_path)
    with hold_database(settings):
        pass
