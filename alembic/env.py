"""Runs the migrations, on the given connection or on the database in DATABASE_URL."""

import os
from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection, DateTime, TypeDecorator

from models.every import METADATA
from models.evidence.guards import drop_guards, make_guards
from models.storage.database import open_database
from models.storage.migrating import NEWEST


def render_plainly(kind: str, thing: Any, _: Any) -> str | Literal[False]:
    """Write column types in SQLAlchemy's own names: a migration must not import code that changes later."""
    if kind != "type" or not type(thing).__module__.startswith("sqlmodel"):
        return False
    if isinstance(thing, TypeDecorator) and isinstance(thing.impl_instance, DateTime):
        return "sa.DateTime(timezone=True)"
    return f"sa.String(length={thing.length})"


def run(connection: Connection) -> None:
    is_sqlite = connection.dialect.name == "sqlite"
    if is_sqlite:
        # SQLite changes a table by recreating it, and dropping the old one would delete the rows that refer to it. The
        # pragma works only outside a transaction, so this bypasses SQLAlchemy.
        _foreign_keys(connection, "OFF")
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        render_as_batch=True,
        render_item=render_plainly,
        compare_server_default=True,
    )
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            # Two processes that start at once must not migrate at once; a migration must not wait behind a long read.
            connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(2022022103)")
            connection.exec_driver_sql("SET LOCAL lock_timeout = '10s'")
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        drop_guards(connection)
        context.run_migrations()
        if context.get_context().get_current_revision() == NEWEST:
            make_guards(connection)
        if is_sqlite and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()):
            raise RuntimeError(f"the migrations would leave {len(broken)} rows that belong to nothing")


def _foreign_keys(connection: Connection, switch: str) -> None:
    driver: Any = connection.connection.driver_connection
    driver.execute(f"PRAGMA foreign_keys = {switch}")


handed = context.config.attributes.get("connection")
if handed is not None:
    run(handed)
    handed.commit()
    if handed.dialect.name == "sqlite":
        _foreign_keys(handed, "ON")
else:
    database = open_database(os.environ.get("DATABASE_URL", "sqlite:///caseaudit.db"))
    with database.engine.execution_options(writes=True).connect() as own:
        run(own)
        own.commit()
    database.close()
