"""Migrations: bringing a database to the schema of the models."""

from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, inspect, text

from models.evidence.stored_guards import are_as_made
from models.storage import row_security
from models.storage.database import Database, open_database
from models.storage.encryption.key import DatabaseKey

NEWEST: Final = "first_submissions"


def migrations() -> Any:
    """Alembic's configuration: the migrations packed beside the models, or in alembic/ of a checkout."""
    # Not at the top: a server whose database is up to date saves its 12 MB and a tenth of a second.
    from alembic.config import Config

    packed = Path(__file__).parent / "migrations"
    config = Config()
    config.set_main_option("script_location", str(packed if packed.is_dir() else Path(__file__).parents[2] / "alembic"))
    return config


def migrate(url: str, revision: str = NEWEST, *, key: DatabaseKey | None = None) -> None:
    """Migrate the database at `url` to a revision; does nothing when it is there already."""
    database = open_database(url, key)
    try:
        with database.engine.execution_options(writes=True).connect() as connection:
            if revision_of(connection) == revision:
                _restore_guards(connection)
                _protect_new_tables(connection)
                return
            from alembic import command

            connection.rollback()
            config = migrations()
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
            _protect_new_tables(connection)
    finally:
        database.close()


def _restore_guards(connection: Connection) -> None:
    """Make the guards again if somebody removed or disabled some."""
    if not are_as_made(connection):
        # Not at the top: it imports every table, and a start needs only a few.
        from models.evidence.guards import drop_guards, make_guards

        drop_guards(connection)
        make_guards(connection)
        connection.commit()


def _protect_new_tables(connection: Connection) -> None:
    """If rows are separated by organisation, separate those of newer tables and views too."""
    if row_security.is_on(connection) and row_security.unprotected(connection):
        row_security.switch_on(connection)
        connection.commit()


def is_up_to_date(database: Database) -> bool:
    """Whether the database has the schema of the models."""
    with database.engine.connect() as connection:
        return revision_of(connection) == NEWEST


def is_known_revision(revision: str) -> bool:
    """Whether this version of the service has the migration. If not, a newer version made the database."""
    from alembic.script import ScriptDirectory

    known = ScriptDirectory.from_config(migrations()).walk_revisions()
    return any(revision == each.revision for each in known)


def revision_of(connection: Connection) -> str | None:
    """The migration that a database is at; None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
