"""Changing the database as somebody could who may put its guards aside, and what events say besides hashes."""

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, text

from checklists.event_codes import ENTRY as CODE
from models import Event
from models.evidence.sealing import ENTRY


@contextmanager
def guards_aside(connection: Connection, *, of: Collection[str] = ()) -> Iterator[None]:
    """While the block runs, no trigger of the database refuses anything; then all are there again.

    With `of` only these tables may be changed meanwhile: on SQLite the guards of the others stay.
    """
    if connection.dialect.name == "postgresql":
        # Foreign keys are triggers too: what is deleted or inserted meanwhile is not held against them.
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        yield
        connection.exec_driver_sql("SET LOCAL session_replication_role = origin")
        return
    found = connection.execute(text("SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
    stored = [(name, statement) for name, table, statement in found if not of or table in of]
    for name, _ in stored:
        connection.exec_driver_sql(f"DROP TRIGGER {name}")
    yield
    for _, statement in stored:
        connection.exec_driver_sql(statement)


def without_hashes(event: Event) -> dict[str, Any]:
    """The details of an event but for its code and the hashes of what it made so."""
    return {name: value for name, value in json.loads(event.details).items() if name not in {ENTRY, CODE}}
