"""A scratch database for what a verification has read, so that its memory does not grow with the trail."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from models.storage.sqlite_engine import open_scratch

# How much of the scratch database is kept in memory; the rest is in a file that is deleted at the end.
MEGABYTES: int = 16

# A connection of the driver that opens SQLite here.
Scratch = Any

_TABLES = f"""
PRAGMA cache_size = -{MEGABYTES * 1024};
CREATE TABLE second_place (organisation, number, digest, PRIMARY KEY (organisation, number, digest)) WITHOUT ROWID;
CREATE TABLE signed (
    organisation, after, number, hash, marks, serial, previous, digest PRIMARY KEY
) WITHOUT ROWID;
CREATE INDEX signed_of ON signed (organisation, after, number);
CREATE INDEX signed_serial ON signed (serial);
CREATE TABLE note (
    record, id, number, part, event, at, kind, form, value,
    PRIMARY KEY (record, id, number, part)
) WITHOUT ROWID;
CREATE TABLE shown (
    of_round, subject, person, event, at, kind, PRIMARY KEY (of_round, subject, person)
) WITHOUT ROWID;
CREATE TABLE code (digits INTEGER PRIMARY KEY, event INTEGER);
"""


@contextmanager
def scratch() -> Iterator[Scratch]:
    """An empty private database, deleted when the block ends."""
    connection = open_scratch(_TABLES)
    try:
        connection.execute("BEGIN")
        yield connection
    finally:
        connection.close()
