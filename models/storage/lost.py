"""Whether an error says that the connection to the database is lost: what was asked last was done, or was not."""

from typing import Final

from sqlalchemy.exc import DBAPIError

# The server ends a connection, or does not accept one yet: PostgreSQL's classes of errors.
_CLASSES: Final = ("08", "57P")


def is_lost(error: BaseException) -> bool:
    """Whether this error, or one that it came from, is a connection that was lost or could not be made.

    Only PostgreSQL's: SQLite has no connection that others can end.
    """
    found: BaseException | None = error
    while found is not None:
        driver = found.orig if isinstance(found, DBAPIError) else found
        # The driver's errors: without a state where the server said nothing any more.
        state = getattr(driver, "sqlstate", "")
        if state is None and any(each.__name__ == "OperationalError" for each in type(driver).__mro__):
            return True
        if state and str(state).startswith(_CLASSES):
            return True
        found = found.__cause__
    return False
