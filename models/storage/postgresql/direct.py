"""Statements that run with every write, asked of PostgreSQL's client library itself.

The layers of the driver above it take longer than the database: a cursor, a generator and several waits a statement.
Here one call sends a statement and waits for its answer, and other threads go on meanwhile. The transaction, the
connection and what is prepared on it stay the driver's own, so both may be used in turn.
"""

import uuid
from collections.abc import Callable, Sequence
from datetime import date, datetime
from itertools import count
from typing import Any, Final

_numbers = count(1)
Plain = tuple[bytes | None, int]
_TEXT: Final = 0
_BINARY: Final = 1


class Direct:
    """A statement with its parameters as `$1`, `$2` and so on; each connection prepares it when it first runs there.

    Rows are tuples in Python's types, as the driver gives them. Raises the driver's errors.
    """

    def __init__(self, text: str) -> None:
        self._encoded: Final = text.encode()
        # As the driver names what it has prepared: the statement, and the types that it gives the parameters.
        self._key: Final = (self._encoded, ())

    def rows(self, driver: Any, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
        result = self._result(driver, values)
        if not result.ntuples:
            return ()
        from psycopg.adapt import Transformer

        reader = Transformer(driver)
        reader.set_pgresult(result)
        return reader.load_rows(0, result.ntuples, tuple)

    def run(self, driver: Any, values: Sequence[Any]) -> int:
        """Run it where it has no rows; returns how many it changed."""
        return self._result(driver, values).command_tuples or 0

    def _result(self, driver: Any, values: Sequence[Any]) -> Any:
        given = [_plain(value) for value in values]
        begin(driver)
        params, formats = [value for value, _ in given], [kind for _, kind in given]
        if driver.prepare_threshold is None:  # through PgBouncer, which gives each transaction another connection
            return answered(driver.pgconn.exec_params, self._encoded, params, None, formats)
        return answered(driver.pgconn.exec_prepared, self._name_on(driver), params, formats)

    def _name_on(self, driver: Any) -> bytes:
        """Its name on this connection, where it is prepared if it is not.

        Listed with what the driver itself prepares there, because the driver lets go of all of it after some errors.
        """
        prepared = driver._prepared  # noqa: SLF001 - nothing else says what is prepared there
        name: bytes | None = prepared._names.get(self._key)  # noqa: SLF001
        if name is None:
            name = b"caseaudit_%d" % next(_numbers)  # a new one: the old one may not be deallocated yet
            answered(driver.pgconn.prepare, name, self._encoded)
            prepared._names[self._key] = name  # noqa: SLF001
            prepared._rotate()  # noqa: SLF001
        else:
            prepared._names.move_to_end(self._key)  # noqa: SLF001
        return name


def begin(driver: Any) -> None:
    """Begin the transaction, as the driver does before its first statement."""
    from psycopg import IsolationLevel, pq

    if driver.pgconn.transaction_status != pq.TransactionStatus.IDLE or driver.autocommit:
        return
    if (
        driver.isolation_level in {None, IsolationLevel.READ_COMMITTED}
        and driver.read_only is None
        and driver.deferrable is None
    ):
        ask(driver, b"BEGIN ISOLATION LEVEL READ COMMITTED" if driver.isolation_level else b"BEGIN")
    else:
        driver.execute("")


def ask(driver: Any, statements: bytes) -> None:
    """Run statements without parameters, one after another in one round trip. Raises the driver's errors."""
    answered(driver.pgconn.exec_, statements)


def commit(driver: Any) -> None:
    """End the transaction, so that what it did stays. Raises the driver's errors.

    A transaction in which a statement failed cannot be committed: PostgreSQL then rolls it back, and answers that as no
    error. Here it is one.
    """
    from psycopg import pq
    from psycopg.errors import InFailedSqlTransaction

    if driver.pgconn.transaction_status == pq.TransactionStatus.IDLE:
        return
    if answered(driver.pgconn.exec_, b"COMMIT").command_status != b"COMMIT":
        raise InFailedSqlTransaction("a statement had failed, and so the transaction was rolled back")


def roll_back(driver: Any) -> None:
    """End the transaction without an effect. What is prepared on the connection stays so, as it does in the server.

    The driver's own way would let go of all of it, and so nothing would ever be prepared for reading.
    """
    from psycopg import pq

    if driver.pgconn.transaction_status in {pq.TransactionStatus.INTRANS, pq.TransactionStatus.INERROR}:
        ask(driver, b"ROLLBACK")
        # What only reads is planned anew each time, by the values that it is given.
        driver._prepared._counts.clear()  # noqa: SLF001 - nothing else says how often each was asked
    else:
        driver.rollback()


def quoted(driver: Any, value: bytes) -> bytes:
    """A text without NUL, in UTF-8, as part of a statement."""
    from psycopg import pq

    return bytes(pq.Escaping(driver.pgconn).escape_literal(value))


def answered(ask_library: Callable[..., Any], *given: Any) -> Any:
    """What the client library answers. Raises the driver's error if the statement failed or the connection is lost."""
    from psycopg import OperationalError, pq
    from psycopg.errors import error_from_result

    try:
        result = ask_library(*given)
    except MemoryError:  # what the driver makes of no answer at all
        raise OperationalError("the connection is lost") from None
    if result.status in {pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK, pq.ExecStatus.EMPTY_QUERY}:
        return result
    if not result.error_field(pq.DiagnosticField.SQLSTATE):
        # The library says this, and not the server, from which nothing came: what was asked may have been done.
        raise OperationalError(result.get_error_message())
    raise error_from_result(result, "utf-8")


def _of_text(value: str) -> bytes:
    if "\0" in value:
        from psycopg import DataError

        raise DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
    return value.encode()


def _array(values: Sequence[Any]) -> bytes:
    """Values, none of which is None or bytes, as PostgreSQL writes an array."""
    texts = [_plain(value)[0] or b"" for value in values]
    quoted = [b'"%b"' % text.replace(b"\\", rb"\\").replace(b'"', rb"\"") for text in texts]
    return b"{%b}" % b",".join(quoted)


_PLAIN: Final[dict[type, Callable[[Any], Plain]]] = {
    str: lambda value: (_of_text(value), _TEXT),
    int: lambda value: (b"%d" % value, _TEXT),
    bool: lambda value: (b"t" if value else b"f", _TEXT),
    uuid.UUID: lambda value: (value.hex.encode(), _TEXT),
    datetime: lambda value: (value.isoformat(" ").encode(), _TEXT),
    date: lambda value: (value.isoformat().encode(), _TEXT),
    bytes: lambda value: (value, _BINARY),
    list: lambda values: (_array(values), _TEXT),
    type(None): lambda _: (None, _TEXT),
}


def _plain(value: Any) -> Plain:
    """A value as the client library wants it, and whether as text or as bytes."""
    convert = _PLAIN.get(type(value))
    if convert is None:
        kind = next((each for each in type(value).__mro__ if each in _PLAIN), None)
        if kind is None:
            raise TypeError(f"a value of the type {type(value).__name__} cannot be given to this statement")
        convert = _PLAIN[kind]
    return convert(value)
