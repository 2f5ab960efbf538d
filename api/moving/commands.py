"""The commands that move everything to another database, or write it as files."""

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from api.documents.console import print_line

if TYPE_CHECKING:
    from models.storage.database import Database


def mount(cli: typer.Typer, opened: "Callable[[], AbstractContextManager[Database]]") -> None:
    """Adds the commands to the command line. `opened` opens the database of the settings."""
    cli.command("copy-to")(copy_to)

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
        print_line(f"Exported {exported.rows:,} rows of {len(exported.tables)} tables to {to}.")
        print_line(f"Read {exporting.README} there first. The files hold personal data: keep them safe.")


def copy_to(
    target: Annotated[
        str, typer.Argument(help="The other database: sqlite:///file.db or postgresql://user@host/name.")
    ],
) -> None:
    """Copy everything into another, empty database, and compare both. Stop the service first."""
    from api import serving
    from api.foundation.settings import Settings
    from api.moving.copying import CannotCopyError, copy_everything
    from models.storage.database import open_database

    settings = Settings()
    with serving.hold_database(settings):
        database = open_database(settings.database_url)
        try:
            copied = copy_everything(database, target)
        except CannotCopyError as error:
            _fail(str(error))
        finally:
            database.close()
    rows, tables = sum(copied.rows.values()), len(copied.rows)
    print_line(f"Copied {rows:,} rows of {tables} tables. Both databases are the same: {copied.digest}")
    print_line("Start the service with these settings, so that it finds the files that belong to the database:")
    print_line("  CASEAUDIT_DATABASE_URL: the other database")
    for name, path in (
        ("TRAIL_KEY_FILE", settings.trail_key_path),
        ("TRAIL_CHECKPOINTS_FILE", settings.trail_checkpoints_path),
        ("RISKY_TERMS_KEY_FILE", settings.risky_terms_key_path),
        ("ERASED_CASES_FILE", settings.erased_cases_path),
    ):
        print_line(f"  CASEAUDIT_{name}={path}")
    print_line("Then run: caseaudit verify-events. Keep the first database until you have made a backup of the other.")


def _fail(words: str) -> NoReturn:
    print_line(words, errors=True)
    sys.exit(1)
