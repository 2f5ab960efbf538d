"""Copying a whole database into a file and back: as it was at one moment, while people go on working."""

import os
import shutil
import subprocess
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from sqlalchemy import URL, make_url

from api.backup.archive import DATABASE, SQLITE, BackupError
from api.backup.work_folder import OWNER_ONLY, WorkFolder
from api.foundation.private_files import put_in_place
from models.storage.encryption.key import DatabaseKey
from models.storage.encryption.rewriting import copy_encrypted, give_other_key, rewrite
from models.storage.failures import is_about_the_disk
from models.storage.sqlite_engine import connect, sqlite_driver

POSTGRESQL: Final = "postgresql"
_INSTALLED: Final = Path("/usr/lib/postgresql")
_HEADS: Final = "SELECT organisation_id, length FROM trail ORDER BY organisation_id"
# Sessions and one-time links: what ended since a backup must not return with it.
_LEFT_OUT: Final = ("web_session", "sign_in_link", "feedback_link")
_REVISION: Final = "SELECT version_num FROM alembic_version"


@dataclass(frozen=True, slots=True)
class Copied:
    """What was copied: the migration that the database is at, and the number of events of each organisation."""

    kind: str
    revision: str
    events: dict[int, int]


@dataclass(frozen=True, slots=True)
class CopyKeys:
    """Of an encrypted SQLite database: the key that opens it, and another with which its copy is encrypted."""

    database: DatabaseKey
    copy: DatabaseKey


def copy_database(url: str, folder: WorkFolder, keys: CopyKeys | None = None) -> Copied:
    """Copy the database into a new part of the folder, without sessions and one-time links; of SQLite encrypted if the
    database is.

    Nobody waits for it on PostgreSQL, and on SQLite with a write-ahead log.

    Raises BackupError when the database is not there or cannot be copied.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != SQLITE:
        return _copy_postgresql(parsed, folder)
    try:
        copied = _copy_sqlite(parsed, folder.path / DATABASE, keys)
    except sqlite_driver().Error as error:
        if is_about_the_disk(error):
            where = folder.path.parent
            raise BackupError(f"The disk is full, or cannot be read or written: {where}. Make room there.") from None
        raise
    folder.note_file(DATABASE)
    return copied


def check_copy(kind: str, folder: WorkFolder, key: DatabaseKey | None = None) -> Copied | None:
    """Check the part that `copy_database` made, as its database does; what an SQLite database holds.

    Raises BackupError for a damaged one, and for one of PostgreSQL where its programs are not installed.
    """
    if kind == POSTGRESQL:
        program = _needed("pg_restore")
        with folder.reading(DATABASE) as dump:
            _run([program, "--list"], {}, stdin=dump)
        return None
    with closing(connect(folder.path / DATABASE, key)) as connection:
        said = [row[0] for row in connection.execute("PRAGMA integrity_check")]
        if said != ["ok"] or connection.execute("PRAGMA foreign_key_check").fetchone():
            raise BackupError("The database in this backup is damaged.")
        return _said_by(connection)


def check_is_empty(url: str) -> None:
    """Raise BackupError unless there is nothing yet where a backup is to be restored."""
    parsed = make_url(url)
    if parsed.get_backend_name() == SQLITE:
        file = Path(str(parsed.database))
        if any(file.with_name(f"{file.name}{ending}").exists() for ending in ("", "-wal", "-journal")):
            raise BackupError(
                f"There is a database at {file.name} already. Move it away, or set a different CASEAUDIT_DATABASE_URL."
            )
        return
    with _connected(parsed) as connection:
        query = "SELECT count(*) FROM pg_catalog.pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        (number,) = connection.execute(query).fetchone()
    if number:
        raise BackupError(
            "The PostgreSQL database is not empty. Create a new database, and set CASEAUDIT_DATABASE_URL to it."
        )


def restore_database(
    url: str, folder: WorkFolder, *, key: DatabaseKey | None = None, new_key: DatabaseKey | None = None
) -> None:
    """Put a checked copy into an empty place, completely or not at all; of SQLite encrypted with the new key, if any.

    Raises BackupError.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == POSTGRESQL:
        words = ["--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges"]
        program = _needed("pg_restore")
        conninfo, environment = _connection_of(parsed)
        with folder.reading(DATABASE) as dump:
            _run([program, *words, f"--dbname={conninfo}"], environment, stdin=dump)
        return
    file, target = folder.path / DATABASE, Path(str(parsed.database))
    if key is not None and new_key is not None:
        give_other_key(file, key, new_key)
    elif key != new_key:
        rewrite(file, key, new_key)
    try:
        put_in_place(file, target)
    except FileExistsError:
        raise BackupError(f"There is a database at {target.name} already.") from None
    file.unlink(missing_ok=True)


def find_program(name: str) -> str:
    """The path of one of PostgreSQL's programs, the newest that is installed; "" if none is."""
    on_path = shutil.which(name)
    if on_path:
        return on_path
    found = sorted(_INSTALLED.glob(f"*/bin/{name}"), key=lambda path: path.parts[-3].zfill(3))
    return str(found[-1]) if found else ""


def _copy_sqlite(url: URL, to: Path, keys: CopyKeys | None) -> Copied:
    source = Path(str(url.database))
    if not source.exists():
        raise BackupError(f"There is no database at {source.name}. Set CASEAUDIT_DATABASE_URL to it.")
    # Each in one reading transaction: it copies what was committed when it began, and leaves out what was deleted.
    if keys is not None:
        copy_encrypted(source, keys.database, to, keys.copy)
    else:
        with closing(connect(source)) as connection:
            connection.execute("VACUUM INTO ?", (str(to),))
    to.chmod(OWNER_ONLY)
    with closing(connect(to, keys.copy if keys else None)) as copied:
        copied.execute("PRAGMA journal_mode = DELETE")  # all of it in one file
        said = _said_by(copied)
        for table in _LEFT_OUT:
            copied.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names
        return said


def _said_by(connection: Any) -> Copied:
    try:
        (revision,) = connection.execute(_REVISION).fetchone()
        events = dict(connection.execute(_HEADS).fetchall())
    except (sqlite_driver().Error, TypeError):
        raise BackupError("This is not a database of Case Audit.") from None
    return Copied(SQLITE, revision, events)


def _copy_postgresql(url: URL, folder: WorkFolder) -> Copied:
    import psycopg

    program = _needed("pg_dump")
    conninfo, environment = _connection_of(url)
    with _connected(url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        try:
            (revision,) = connection.execute(_REVISION).fetchone()
        except psycopg.Error:
            raise BackupError("This is not a database of Case Audit.") from None
        events = dict(connection.execute(_HEADS).fetchall())
        # The dump sees what this transaction sees: so the manifest says how many events the dump has.
        (snapshot,) = connection.execute("SELECT pg_export_snapshot()").fetchone()
        words = [
            "--format=custom",
            "--no-owner",
            "--no-privileges",
            "--enable-row-security",
            f"--snapshot={snapshot}",
        ]
        left_out = [f"--exclude-table-data={table}" for table in _LEFT_OUT]
        command = [program, *words, *left_out, f"--dbname={conninfo}"]
        folder.add(DATABASE, lambda to: _run(command, environment, stdout=to))
    return Copied(POSTGRESQL, revision, events)


def _connected(url: URL) -> Any:
    import psycopg

    try:
        return psycopg.connect(url.set(drivername="postgresql").render_as_string(hide_password=False))
    except psycopg.OperationalError as error:
        raise BackupError(f"The PostgreSQL database cannot be reached: {error}") from None


def _connection_of(url: URL) -> tuple[str, dict[str, str]]:
    """The address without its password, which others on this machine could read off the command, and the password."""
    conninfo = url.set(drivername="postgresql", password=None).render_as_string()
    return conninfo, {"PGPASSWORD": str(url.password)} if url.password else {}


def _needed(name: str) -> str:
    found = find_program(name)
    if not found:
        raise BackupError(
            f"{name} is not installed here. Install PostgreSQL's client programs, of the server's version or newer."
        )
    return found


def _run(
    command: list[str],
    environment: dict[str, str],
    *,
    stdin: IO[bytes] | int = subprocess.DEVNULL,
    stdout: IO[bytes] | int = subprocess.DEVNULL,
) -> None:
    done = subprocess.run(  # noqa: S603 - our own words, and no shell
        command,
        check=False,
        stdin=stdin,
        stdout=stdout,
        stderr=subprocess.PIPE,
        env={**os.environ, **environment},
    )
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines() or ["it gave no reason"]
        raise BackupError(f"{Path(command[0]).name} failed: {said[0]}")
