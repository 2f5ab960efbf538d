"""Encrypting a SQLite database, decrypting it, and giving it another key: each completely, or not at all."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final

from models.storage.encryption.key import DatabaseKey
from models.storage.sqlite_engine import (
    LEAST_ROOM_BYTES,
    KeyProblem,
    NoRoom,
    check_key,
    connect,
    replaced_original,
    sqlite_driver,
)

_AT_ONCE: Final = 1024 * 1024
_BUSY: Final = 5
_COPIED_PRAGMAS: Final = ("user_version", "application_id")


class InUse(KeyProblem):
    """Somebody else has the database open."""


def copy_encrypted(path: Path, key: DatabaseKey, to: Path, new_key: DatabaseKey) -> None:
    """Copy a database into a new file under another key, as it was at one moment, while others write to it."""
    with closing(connect(path, key)) as connection:
        _export(connection, to, new_key)


def rewrite(path: Path, key: DatabaseKey | None, new_key: DatabaseKey | None) -> None:
    """Put a copy that this key opens in place of the database; without a key, one that is not encrypted.

    The copy is compared with the database, row by row, before it takes its place. Killed at any moment, the one or the
    other is there, whole, and this can be run again. What was not encrypted before is overwritten then; if this is
    killed before that, `discard_left` does it. Raises InUse.
    """
    copy, original = unfinished_copy(path), replaced_original(path)
    mode = path.stat().st_mode & 0o777
    with _held_alone(path, key) as connection:
        try:
            _export(connection, copy, new_key)
            _compare(connection, copy, new_key)
        except BaseException:
            _discard(copy)
            raise
        copy.chmod(mode)
        with path.open("r+b") as old, copy.open("rb") as new:
            os.fsync(new.fileno())
            if key is None:
                with suppress(OSError):  # a disk without hard links
                    os.link(path, original)
            copy.replace(path)
            _settle(path.parent)
            if key is None:
                _overwrite(old)
                original.unlink(missing_ok=True)


def give_other_key(path: Path, key: DatabaseKey, new_key: DatabaseKey) -> None:
    """Encrypt every page anew, in one transaction. Killed at any moment, one of the keys opens it.

    Raises InUse, NoRoom, and KeyProblem where the database cannot be written.
    """
    with _held_alone(path, key) as connection:
        try:
            connection.execute(f'PRAGMA rekey = "{new_key.literal}"')
        except sqlite_driver().DatabaseError:  # which does not say why
            raise KeyProblem(
                f"{path.name} could not be written, and has the key that it had. Check its disk, then run this again."
            ) from None
    check_key(path, new_key)


def unfinished_copy(path: Path) -> Path:
    """Where the copy is made that is to take the place of this database. A run that was killed leaves it there."""
    return path.with_name(f".{path.name}.rewritten")


def discard_left(path: Path) -> None:
    """Overwrite and remove what a run that was killed left beside this database: some of it may not be encrypted.

    For a process that has the database to itself.
    """
    if not path.exists():
        return
    original = replaced_original(path)
    if original.exists() and original.stat().st_nlink > 1:
        original.unlink()  # it was killed before the copy took its place: this is the database, wherever it is now
    for left in (unfinished_copy(path), original):
        _discard(left)


@contextmanager
def _held_alone(path: Path, key: DatabaseKey | None) -> Iterator[Any]:
    """A connection to the whole database, in one file, which nobody else can use until the block ends.

    There is room for as much again on its disk, for a copy or a journal: else it raises NoRoom.
    """
    with closing(connect(path, key)) as connection:
        connection.execute("PRAGMA busy_timeout = 0")
        try:
            (mode,) = connection.execute("PRAGMA journal_mode = DELETE").fetchone()
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("COMMIT")  # the lock stays
        except sqlite_driver().OperationalError as error:
            if error.sqlite_errorcode & 0xFF != _BUSY:
                raise
            mode = "in use"
        if mode != "delete":
            raise InUse(f"{path.name} is in use. Nothing was changed. Stop the service, then run this again.")
        discard_left(path)
        if shutil.disk_usage(path.parent).free < path.stat().st_size + LEAST_ROOM_BYTES:
            raise NoRoom(errno.ENOSPC, "the disk of the database is full", str(path.parent))
        yield connection


def _discard(copy: Path) -> None:
    """Overwrite and remove what a run that was killed left: it may not be encrypted."""
    if copy.exists():
        with copy.open("r+b") as file:
            _overwrite(file)
    for left in (copy, copy.with_name(f"{copy.name}-journal")):
        left.unlink(missing_ok=True)


def _export(connection: Any, to: Path, key: DatabaseKey | None) -> None:
    to.touch(0o600, exist_ok=False)
    connection.execute("ATTACH ? AS copy KEY ?", (str(to), key.literal if key else ""))
    try:
        connection.execute("BEGIN")  # all of it as it was at this moment
        connection.execute("SELECT sqlcipher_export('copy')").fetchone()
        for name in _COPIED_PRAGMAS:
            (value,) = connection.execute(f"PRAGMA main.{name}").fetchone()
            connection.execute(f"PRAGMA copy.{name} = {value}")
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        connection.execute("DETACH copy")


def _compare(connection: Any, copy: Path, key: DatabaseKey | None) -> None:
    """Raise KeyProblem unless a copy has the same schema and rows, by its own connection."""
    with closing(connect(copy, key)) as other:
        other.execute("PRAGMA journal_mode = DELETE")
        schema = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name"
        same = connection.execute(schema).fetchall() == other.execute(schema).fetchall()
        tables = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_st%'"
        )
        for (name,) in tables.fetchall():
            query = f'SELECT * FROM "{name}" NOT INDEXED'  # noqa: S608 - a table's own name; in the order of its keys
            pairs = zip_longest(connection.execute(query), other.execute(query))
            same = same and all(one == another for one, another in pairs)
        same = same and other.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    if not same:
        raise KeyProblem("The copy is not the same as the database. Nothing was changed: report this.")


def _overwrite(file: Any) -> None:
    """Write zeros over what is in this file, which has no name any more."""
    left = os.fstat(file.fileno()).st_size
    while left > 0:
        left -= file.write(bytes(min(left, _AT_ONCE)))
    file.flush()
    os.fsync(file.fileno())


def _settle(folder: Path) -> None:
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
