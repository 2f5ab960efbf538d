"""The command that moves everything to another database."""

import sys
from typing import Annotated

import typer

from api.documents.console import print_line


def mount(cli: typer.Typer) -> None:
    """Adds the command to the command line."""
    cli.command("copy-to")(copy_to)


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
            print_line(str(error), errors=True)
            sys.exit(1)
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
