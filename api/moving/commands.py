"""The commands that move everything to another database, or write it as files."""

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from api.documents.console import print_line
from checklists.plurals import plural

if TYPE_CHECKING:
    from api.foundation.settings import Settings
    from models.storage.database import Database


def mount(cli: typer.Typer, opened: "Callable[[], AbstractContextManager[Database]]") -> None:
    """Adds the commands to the command line. `opened` opens the database of the settings."""
    cli.command("copy-to")(copy_to)
    cli.command("encrypt-database")(encrypt_database)
    cli.command("decrypt-database")(decrypt_database)
    cli.command("change-database-key")(change_database_key)

    @cli.command("export-everything")
    def export_everything(
        to: Annotated[Path, typer.Option("--to", help="A new or empty folder, which this user alone can read.")],
        organisation: Annotated[str, typer.Option(help="The name of the organisation, where there are several.")] = "",
    ) -> None:
        """Write everything of an organisation but secrets as open files, with their meaning and hashes."""
        from api.foundation.settings import Settings
        from api.moving import exporting
        from api.people import organisations
        from api.starting import check_key_exists

        check_key_exists(Settings())
        try:
            exporting.prepare_folder(to)
            with opened() as database:
                # Recorded before anything is read: what cannot be recorded is not exported.
                with database.writing() as session:
                    own = organisations.record_export(session, name=organisation)
                exported = exporting.export_everything(database, to, organisation_id=own)
        except exporting.CannotExportError as error:
            _fail(str(error))
        print_line(f"Exported {plural(exported.rows, 'row')} of {plural(len(exported.tables), 'table')} to {to}.")
        print_line(f"Read {exporting.README} there first. The files hold personal data: keep them safe.")


def copy_to(
    target: Annotated[
        str, typer.Argument(help="The other database: sqlite:///file.db or postgresql://user@host/name.")
    ],
) -> None:
    """Copy everything into another, empty database, and compare both. Stop the service first."""
    from api import serving
    from api.foundation.keys.database import key_of, open_own
    from api.foundation.settings import Settings
    from api.moving.copying import CannotCopyError, copy_everything
    from models.storage.sqlite_engine import is_encrypted

    settings = Settings()
    there = settings.model_copy(update={"database_url": target})
    if there.sqlite_path is not None and settings.sqlite_path == there.sqlite_path:
        _fail("This is the database itself. Name another one that is empty, or does not exist yet.")
    with serving.hold_database(settings), _removed_if_nothing_is_copied(there):
        database = open_own(settings)
        try:
            copied = copy_everything(database, target, key_of(there))
        except CannotCopyError as error:
            _fail(str(error))
        finally:
            database.close()
    rows, tables = sum(copied.rows.values()), len(copied.rows)
    print_line(f"Copied {rows:,} rows of {tables} tables. Both databases are the same: {copied.digest}")
    print_line("Start the service with these settings, so that it finds the files that belong to the database:")
    print_line("  CASEAUDIT_DATABASE_URL: the other database")
    if there.sqlite_path is not None and is_encrypted(there.sqlite_path) and there.keeps_key_in_file:
        print_line(f"  CASEAUDIT_DATABASE_KEY_FILE={there.database_key_path}")
    for name, path in (
        ("TRAIL_KEY_FILE", settings.trail_key_path),
        ("TRAIL_CHECKPOINTS_FILE", settings.trail_checkpoints_path),
        ("RISKY_TERMS_KEY_FILE", settings.risky_terms_key_path),
        ("ERASED_CASES_FILE", settings.erased_cases_path),
    ):
        print_line(f"  CASEAUDIT_{name}={path}")
    print_line("Then run: caseaudit verify-events. Keep the first database until you have made a backup of the other.")


@contextmanager
def _removed_if_nothing_is_copied(there: "Settings") -> Iterator[None]:
    """Hold an SQLite database that is copied to. If that fails, one that was not there before is removed again, with
    the key that was created for it: otherwise it could fill the disk that was too small for it.
    """
    from api import serving

    if there.sqlite_path is None:
        yield
        return
    path, key = there.sqlite_path.resolve(), there.database_key_path
    files = [path.with_name(f"{path.name}{ending}") for ending in ("", "-wal", "-shm", "-journal")]
    if not key.exists():
        files.append(key)
    with serving.lock_database_file(path):
        was_there = path.stat().st_size > 0
        try:
            yield
        except BaseException:
            for file in files if not was_there else ():
                file.unlink(missing_ok=True)
            raise


def encrypt_database() -> None:
    """Encrypt the SQLite database, with a key of its own. Stop the service first, and make a backup."""
    from api.moving import encrypting

    with _held() as settings:
        encrypting.encrypt(settings)
    print_line("The database is encrypted, and what was there before is overwritten.")
    _say_where_the_key_is(settings)
    print_line(
        "Older backups and copies of the disk may still hold it unencrypted: docs/encryption.md says what to do."
    )


def decrypt_database() -> None:
    """Turn an encrypted SQLite database into one that is not. Stop the service first, and make a backup."""
    from api.moving import encrypting

    with _held() as settings:
        encrypting.decrypt(settings)
    print_line(
        "The database is not encrypted any more. Set CASEAUDIT_DATABASE_ENCRYPTION=off to keep it so, and remove"
    )
    print_line(
        "the other settings CASEAUDIT_DATABASE_KEY… if you have any. Keep the key as long as old copies need it."
    )


def change_database_key(
    new_key_file: Annotated[
        Path | None,
        typer.Option("--new-key-file", help="A file with the new key, where the service gets its key from elsewhere."),
    ] = None,
) -> None:
    """Encrypt the SQLite database with a new key. Stop the service first, and make a backup."""
    from api.moving import encrypting

    with _held() as settings:
        encrypting.change_key(settings, new_key_file)
    print_line("The database has a new key, and the one before does not open it.")
    if settings.keeps_key_in_file:
        _say_where_the_key_is(settings)
    else:
        print_line("Put the new key where the service gets it from, before you start the service.")


@contextmanager
def _held() -> Iterator["Settings"]:
    """The settings, while no other server can use their database."""
    from api import serving
    from api.foundation.settings import Settings
    from api.moving.encrypting import check_is_there

    settings = Settings()
    check_is_there(settings)
    with serving.hold_database(settings):
        yield settings


def _say_where_the_key_is(settings: "Settings") -> None:
    if settings.keeps_key_in_file:
        print_line(
            f"The key is at {settings.database_key_path}. Keep a copy of it elsewhere: without it, nothing opens"
        )
        print_line("the database, and only backups are left.")


def _fail(words: str) -> NoReturn:
    print_line(words, errors=True)
    sys.exit(1)
