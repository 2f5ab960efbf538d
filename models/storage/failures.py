"""Whether an error comes from around the database: a lost connection, a full disk, or others who are in the way."""

import errno
from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy.exc import DBAPIError

# The server ends a connection, or does not accept one yet: PostgreSQL's classes of errors.
_CLASSES: Final = ("08", "57P")
# What each says of a disk: SQLite read only, reading or writing failed, full; PostgreSQL the last two.
_SQLITE_DISK: Final = {8, 10, 13}
_POSTGRESQL_DISK: Final = {"58030", "53100"}
# A lock timed out, or there was a deadlock; SQLite is busy or locked.
_POSTGRESQL_LOCKED: Final = {"55P03", "40P01", "40001"}
_POSTGRESQL_TOO_LONG: Final = "57014"  # a response timed out
_SQLITE_LOCKED: Final = {5, 6}
_DISK: Final = {errno.EROFS, errno.EIO, errno.ENOSPC, errno.EDQUOT}
# What PostgreSQL's driver calls an error without a state: it, and not the server, says that something failed. Those of
# its other classes are faults of what was asked, such as a text that cannot be sent.
_OF_DRIVER: Final = {"DatabaseError", "InternalError"}


def is_lost(error: BaseException) -> bool:
    """Whether this error, or one that it came from, is a connection that was lost or could not be made: what was asked
    last on it was done, or was not.

    Only PostgreSQL's: SQLite has no connection that others can end.
    """
    for each in _causes(error):
        if isinstance(each, DBAPIError) and each.connection_invalidated:
            return True
        # Without a state where the server said nothing any more.
        driver = _driver(each)
        state = getattr(driver, "sqlstate", "")
        if state is None and _is_of_driver(type(driver)):
            return True
        if state and str(state).startswith(_CLASSES):
            return True
    return False


def _is_of_driver(kind: type) -> bool:
    return kind.__name__ in _OF_DRIVER or any(each.__name__ == "OperationalError" for each in kind.__mro__)


def is_about_the_disk(error: BaseException) -> bool:
    """Whether this error, or one that it came from, is a disk that is full, fails or cannot be written."""
    return any(
        (isinstance(driver, OSError) and driver.errno in _DISK)
        or getattr(driver, "sqlite_errorcode", 0) & 0xFF in _SQLITE_DISK
        or getattr(driver, "sqlstate", "") in _POSTGRESQL_DISK
        for driver in map(_driver, _causes(error))
    )


def is_busy(error: BaseException) -> bool:
    """Whether this error, or one that it came from, is others in the way: nothing was done, and the same may succeed in
    a few seconds."""
    return is_locked(error) or any(
        getattr(driver, "sqlstate", None) == _POSTGRESQL_TOO_LONG for driver in map(_driver, _causes(error))
    )


def is_locked(error: BaseException) -> bool:
    """The same, without what took too long, and may do so each time."""
    return any(
        getattr(driver, "sqlstate", None) in _POSTGRESQL_LOCKED
        or getattr(driver, "sqlite_errorcode", 0) & 0xFF in _SQLITE_LOCKED
        for driver in map(_driver, _causes(error))
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and every error that it came from."""
    found: BaseException | None = error
    while found is not None:
        yield found
        found = found.__cause__


def _driver(error: BaseException) -> Any:
    """The driver's error behind an error of SQLAlchemy; any other error unchanged."""
    return error.orig if isinstance(error, DBAPIError) else error
