"""The driver of a connection, for statements that run with every write: a layer above it takes longer than they do."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError


@contextmanager
def driver_of(connection: Connection) -> Iterator[Any]:
    """The driver's own connection, in the transaction of this one. Its errors are raised as SQLAlchemy raises them."""
    errors = connection.dialect.loaded_dbapi.Error
    try:
        yield connection.connection.driver_connection
    except errors as error:
        # Without the statement, which may hold values.
        raise DBAPIError.instance("", None, error, errors, hide_parameters=True, dialect=connection.dialect) from error
