"""SQLite's statistics of tables that have grown.

Without them SQLite takes an index that begins with the organisation to find ten rows, when it finds every row of the
only organisation there is: a report then reads all audits several times.
"""

from typing import Final

from sqlalchemy import Connection

# Fewer rows than this are read as quickly by any plan.
LEAST_ROWS: Final = 100
# How many rows of an index are read at most. With a limit SQLite keeps numbers only, and no value of a row: a reference
# that is erased must not stay in statistics.
ROWS_READ: Final = 10_000
# Which tables PRAGMA optimize would analyse (1: only say so; 2: analyse; 0x10000: of all, used or not).
_WANTED: Final = 0x10003


def grown_tables(connection: Connection) -> list[str]:
    """The tables without statistics, or with ten times as many rows as when they were gathered.

    `connection` must have been opened since they were: SQLite reads them when a database is opened.
    """
    wanted = connection.exec_driver_sql(f"PRAGMA optimize({_WANTED})").scalars()
    named = [statement.rpartition(".")[2].strip('"') for statement in wanted]
    return [name for name in named if _has_rows(connection, name)]


# Otherwise a table without statistics counts as one of a million rows.
_SUPPOSE_SMALL: Final = """
    INSERT INTO sqlite_stat1 (tbl, idx, stat)
    SELECT name, NULL, ? FROM sqlite_master
    WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT IN (SELECT tbl FROM sqlite_stat1)
"""


def analyse(connection: Connection, table: str) -> None:
    """Gather the statistics of one table, in milliseconds. Tables without any count as small. For the writer."""
    connection.exec_driver_sql(f"PRAGMA analysis_limit = {ROWS_READ}")
    connection.exec_driver_sql(f'ANALYZE "{table}"')
    connection.exec_driver_sql(_SUPPOSE_SMALL, (str(LEAST_ROWS),))


def _has_rows(connection: Connection, table: str) -> bool:
    found = connection.exec_driver_sql(f'SELECT 1 FROM "{table}" LIMIT 1 OFFSET {LEAST_ROWS - 1}')  # noqa: S608
    return found.first() is not None
