"""The migrations make the tables that the models say, and can be taken back and made again."""

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import inspect
from sqlmodel import SQLModel

from models.storage.database import open_database
from models.storage.migrating import NEWEST, migrations
from tests.check_each import of_each

pytestmark = pytest.mark.both_databases


@pytest.mark.fast
def test_migrations_are_in_step_with_the_models(database_url: str) -> None:
    database = open_database(database_url)
    config = migrations()
    with database.engine.execution_options(writes=True).connect() as connection:
        config.attributes["connection"] = connection
        command.check(config)
    database.close()


def test_the_newest_revision_is_the_one_that_a_server_asks_for() -> None:
    assert ScriptDirectory.from_config(migrations()).get_current_head() == NEWEST


def test_every_migration_can_be_taken_back_and_made_again(database_url: str) -> None:
    database = open_database(database_url)
    config = migrations()
    with database.engine.execution_options(writes=True).connect() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        assert set(inspect(connection).get_table_names()) == {"alembic_version"}
        command.upgrade(config, "head")
        assert set(inspect(connection).get_table_names()) == {"alembic_version", *SQLModel.metadata.tables}
    database.close()


@of_each((table,) for table in sorted(SQLModel.metadata.tables))
def test_every_table_but_the_shared_ones_belongs_to_an_organisation(table: str) -> None:
    shared = {"organisation", "sign_in_count", "spent_answer"}
    assert table in shared or "organisation_id" in SQLModel.metadata.tables[table].columns
