"""Whether one transaction waits for another, on PostgreSQL, without waiting for it in the test."""

from collections.abc import Callable

from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from models.storage.database import Database
from models.storage.failures import is_busy


def waits(database: Database, do: Callable[[Session], object]) -> bool:
    """Whether this waits for a transaction that is open, and so decides by what that one leaves."""
    try:
        with database.writing() as session:
            session.connection().exec_driver_sql("SET LOCAL lock_timeout = 1")
            do(session)
    except OperationalError as error:
        return is_busy(error)
    return False
