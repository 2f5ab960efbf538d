"""Changing the database as somebody could who may put its guards aside."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text


@contextmanager
def guards_aside(connection: Connection) -> Iterator[None]:
    """While the block runs, no trigger of the database refuses anything; then all are there again."""
    if connection.dialect.name == "postgresql":
        # Foreign keys are triggers too: what is deleted or inserted meanwhile is not held against them.
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        yield
        connection.exec_driver_sql("SET LOCAL session_replication_role = origin")
        return
    stored = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
    for name, _ in stored:
        connection.exec_driver_sql(f"DROP TRIGGER {name}")
    yield
    for _, statement in stored:
        connection.exec_driver_sql(statement)
