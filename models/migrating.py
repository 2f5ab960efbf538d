"""Migrations: bringing a database to the tables that the models describe."""

from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, inspect, text

from models.database import open_database

NEWEST: Final = "signed_weight"


def migrations() -> Any:
    """Alembic's configuration: the migrations packed beside the models, or in alembic/ of a checkout."""
    # Not at the top: a server whose database is up to date does without its 12 MB and its tenth of a second.
    from alembic.config import Config

    packed = Path(__file__).parent / "migrations"
    config = Config()
    config.set_main_option(
        "script_location", str(packed if packed.is_dir() else Path(__file__).parent.parent / "alembic")
    )
    return config


def migrate(url: str, revision: str = NEWEST) -> None:
    """Bring the database at `url` to a revision of its tables; one that is there already is left alone."""
    database = open_database(url)
    try:
        with database.engine.execution_options(writes=True).connect() as connection:
            if _revision_of(connection) == revision:
                return
            from alembic import command

            connection.rollback()
            config = migrations()
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
    finally:
        database.close()


def _revision_of(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
