"""The guards that a database has, as one hash: shows whether all are there without importing the tables."""

from collections.abc import Iterable
from hashlib import sha256
from typing import Final

from sqlalchemy import Connection, text

PREFIX: Final = "kept_"
# What `hash_of` gives for the guards of each database. A test prints the new ones after a change.
HASHES: Final = {
    "sqlite": "46bf5900af5da1d5a2688b17be2a19edad2550d32f29612e151f2461f1768502",
    "postgresql": "5848be60bb2707f1dfb468aee26999ebf8080427019f78eccdfc3d6fd3dacd2f",
}


def stored_triggers(connection: Connection) -> list[tuple[str, str, str]]:
    """Every trigger that is enabled: its name, its table and, on SQLite, its statement."""
    query = "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'"
    if connection.dialect.name == "postgresql":
        query = (
            "SELECT tgname, relname, '' FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
            " WHERE NOT tgisinternal AND tgenabled <> 'D' AND relnamespace = current_schema()::regnamespace"
        )
    return [(name, table, statement) for name, table, statement in connection.execute(text(query))]


def hash_of(triggers: Iterable[tuple[str, str, str]]) -> str:
    """The SHA-256 of guards: of the name, the table and, on SQLite, the statement of each."""
    return sha256("\n".join("\t".join(each) for each in sorted(triggers)).encode()).hexdigest()


def are_as_made(connection: Connection) -> bool:
    """Whether the guards that are stored and enabled are the same as the newest migration makes."""
    stored = (each for each in stored_triggers(connection) if each[0].startswith(PREFIX))
    return hash_of(stored) == HASHES[connection.dialect.name]
