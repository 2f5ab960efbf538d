"""The commands of erasure: what the operator runs on the host."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

import typer

from api.documents.console import print_line
from checklists.plurals import plural

if TYPE_CHECKING:
    from models.storage.database import Database


def mount(cli: typer.Typer, opened: "Callable[[], AbstractContextManager[Database]]") -> None:
    """Adds the commands to the command line. `opened` opens the database of the settings."""

    @cli.command("purge-erased")
    def purge_erased() -> None:
        """Rewrite the files of the database, so that nothing of erased cases is left in them.

        Nobody can write meanwhile. On PostgreSQL, run it as the role that owns the tables.
        """
        from api.erasure.purging import purge

        with opened() as database:
            number = purge(database)
        print_line(f"{plural(number, 'table')} rewritten." if number else "The database file is rewritten.")

    @cli.command("erase-again")
    def erase_again() -> None:
        """Erase what a restored backup brought back. The service does the same at every start, before any request."""
        from api.erasure.erasing_again import erase_again
        from api.foundation.settings import Settings

        with opened() as database:
            number = erase_again(database, Settings())
        print_line(f"{plural(number, 'case')} erased again.")
