"""The driver under a connection, and identifiers as it returns them: for work where the layers above cost too much."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import ColumnElement, Connection, String, type_coerce
from sqlalchemy.exc import DBAPIError

# An identifier as the driver returns it: converting 20,000 of them takes longer than counting them.
PlainId = Any


@contextmanager
def driver_of(connection: Connection) -> Iterator[Any]:
    """The driver's own connection, in the transaction of this one. Its errors are raised as SQLAlchemy raises them."""
    dialect = connection.dialect
    errors = dialect.loaded_dbapi.Error
    driver: Any = connection.connection.driver_connection
    try:
        yield driver
    except errors as error:
        # Without the statement, which may hold values.
        raise DBAPIError.instance(
            "",
            None,
            error,
            errors,
            hide_parameters=True,
            connection_invalidated=dialect.is_disconnect(error, driver, None),
            dialect=dialect,
        ) from error


def plain_id(column: Any) -> ColumnElement[PlainId]:
    """The column without conversion: on SQLite a text, on PostgreSQL a UUID."""
    return type_coerce(column, String)


def identifier(plain: PlainId) -> uuid.UUID:
    """The identifier as a UUID, from what the driver returned."""
    return plain if isinstance(plain, uuid.UUID) else uuid.UUID(plain)
