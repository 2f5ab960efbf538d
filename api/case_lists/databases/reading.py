"""The tables of the Standard Safeguarding Dataset in a database, as the export that a council would make of them.

Only the columns that the reader of files uses are selected, and nothing is written. What comes out is a return of
several tables as files, so that there is one reader, with its questions, limits and separate process.
"""

import csv
import io
import zipfile
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Select, column, create_engine, make_url, select, table, text
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from api.case_lists.readers.formats.standard_dataset import TABLES
from api.documents.reading.limits import LARGEST_FILE, MEGABYTE
from api.documents.reading.refusals import UnreadableError
from models.storage.sqlite_engine import sqlite_driver

# By the name of the kind of database in an address: the driver that reads it.
DRIVERS: Final = {
    "postgresql": "postgresql+psycopg",
    "sqlite": "sqlite",
    "mssql": "mssql+mssqlpython",
}
# Where the scripts of the dataset create its tables.
USUAL_SCHEMA: Final = "ssd_development"
# How all tables are read as of one moment, where the database can without a right to write. SQLite always does.
_ONE_MOMENT: Final[Mapping[str, Mapping[str, Any]]] = {
    "postgresql": {"postgresql_readonly": True, "isolation_level": "REPEATABLE READ"},
}
_ROWS_AT_ONCE: Final = 2_000
_CONNECT_SECONDS: Final = 15


def database_of(address: str, password: str = "") -> URL:
    """The address of a database, with the password that stands elsewhere.

    Raises UnreadableError for another kind of database, and for an address with a password in it.
    """
    try:
        url = make_url(address)
    except ArgumentError:
        url = None
    kind = "" if url is None else url.get_backend_name()
    if url is None or kind not in DRIVERS or not url.database:
        raise UnreadableError(
            "Enter the address of the database, such as postgresql://reader@host/name, mssql://reader@host/name or "
            "sqlite:///file.db."
        )
    if url.password is not None:
        raise UnreadableError(
            "The address has a password in it, which other users of this computer can read. Put the password into a "
            "file that only you can read, and name it with --password-file."
        )
    # A file has no logins.
    return url.set(drivername=DRIVERS[kind], password=(password or None) if kind != "sqlite" else None)


def statement_of(name: str, columns: Sequence[str], schema: str) -> Select[*tuple[Any, ...]]:
    """The statement that reads these columns of a table."""
    return select(*map(column, columns)).select_from(table(name, schema=schema or None))


def export_of(url: URL, *, schema: str) -> bytes:
    """The tables as a zip of CSV files. Raises UnreadableError, which repeats nothing that the database says."""
    packed = io.BytesIO()
    size = 0
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as together, _reading(url) as connection:
        for name in TABLES:
            with together.open(f"{name}.csv", "w") as file, closing(_lines(connection, name, schema)) as portions:
                for lines in portions:
                    size += len(lines)
                    if size > LARGEST_FILE:
                        raise UnreadableError(f"The tables have more than {LARGEST_FILE // MEGABYTE} MB of values.")
                    file.write(lines)
    return packed.getvalue()


@contextmanager
def _reading(url: URL) -> Iterator[Connection]:
    """A connection in one transaction that writes nothing; where the database can, all of it is of one moment."""
    try:
        engine = create_engine(url, hide_parameters=True, **_options(url))
    except (NoSuchModuleError, ImportError):
        raise UnreadableError(
            "The driver for this database is not installed. For SQL Server, install the package mssql-python."
        ) from None
    try:
        with engine.execution_options(**_ONE_MOMENT.get(url.get_backend_name(), {})).connect() as connection:
            yield connection
    except DBAPIError:
        raise UnreadableError(
            "The database cannot be read. Check its address, the login and its password, and that this computer may "
            "connect to it."
        ) from None
    finally:
        engine.dispose()


def _options(url: URL) -> dict[str, Any]:
    if url.get_backend_name() != "sqlite":
        return {"connect_args": {"connect_timeout": _CONNECT_SECONDS}} if "postgresql" in url.drivername else {}

    def connect() -> Any:
        # A file that is not there would be created otherwise, and one that is could be written.
        file = Path(url.database or "").absolute().as_uri()
        return sqlite_driver().connect(f"{file}?mode=ro", uri=True, check_same_thread=False)

    return {"module": sqlite_driver(), "creator": connect}


def _lines(connection: Connection, name: str, schema: str) -> Generator[bytes]:
    """A table as lines of CSV, some at a time: its headings first."""
    wanted = dict.fromkeys(heading for headings in TABLES[name].headings.values() for heading in headings)
    there = _columns_of(connection, name, schema)
    columns = [heading for heading in wanted if heading in there]
    yield _csv([columns])
    statement = statement_of(name, columns, schema).execution_options(stream_results=True)
    with connection.execute(statement) as found:
        for rows in found.partitions(_ROWS_AT_ONCE):
            yield _csv([[_cell(value) for value in row] for row in rows])


def _columns_of(connection: Connection, name: str, schema: str) -> frozenset[str]:
    """The columns of a table or view, by asking for no row of it: no right is needed but to read it."""
    none = select(text("*")).select_from(table(name, schema=schema or None)).where(text("1 = 0"))
    try:
        with connection.begin_nested():
            names = connection.execute(none).keys()
        return frozenset(str(each).lower() for each in names)
    except SQLAlchemyError:
        where = f"{schema}.{name}" if schema else name
        raise UnreadableError(
            f"There is no table or view {where}, or this login may not read it. Its schema is chosen with --schema."
        ) from None


def _csv(rows: Sequence[Sequence[str]]) -> bytes:
    """Lines for the reader alone, as they are: no spreadsheet opens them, and an identifier must not change."""
    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows(rows)
    return out.getvalue().encode()


def _cell(value: object) -> str:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date) else str(value)
