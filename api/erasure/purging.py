"""Rewrite the files of the database, so that no deleted data is left in them."""

from contextlib import closing
from typing import Final

from models.evidence.erasing import CASE, belongings
from models.storage.database import Database

# What else held words of a case for a while.
_COPIES: Final = ("case_list_draft", "counted_audit", "export_file", "idempotent_request", "job")


def purge(database: Database) -> int:
    """Rewrite what may hold deleted rows: on SQLite the whole file, on PostgreSQL each table; how many tables.

    PostgreSQL leaves the bytes of deleted rows in its files even after an ordinary VACUUM, until something takes their
    place. Its log (WAL) and its archives are not rewritten: they go when they are replaced.
    """
    if database.is_sqlite:
        with closing(database.engine.raw_connection()) as raw:  # outside any transaction
            raw.cursor().execute("VACUUM")
        database.empty_log()
        return 0
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("SET statement_timeout = 0")
        tables = sorted({CASE, *(each.table for each in belongings()), *_COPIES})
        for table in tables:
            connection.exec_driver_sql(f'VACUUM (FULL, ANALYZE) "{table}"')
        return len(tables)
