"""Opening PostgreSQL: directly, or through PgBouncer, which gives each transaction another connection."""

import select
import sys
import time
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry

from models.storage.postgresql.direct import commit, roll_back

STATEMENT_TIMEOUT_MILLISECONDS: Final = 30_000
LOCK_TIMEOUT_MILLISECONDS: Final = 2_500  # no lock is held for longer than a short transaction takes
ASKED_AFTER_SECONDS: Final = 5  # without use, after which a connection may have been lost
CONNECT_SECONDS: Final = 5
# A machine that is cut off says nothing. Without these, a request to it would wait for a quarter of an hour.
NOTICED: Final = {
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}


def _settings() -> dict[str, str]:
    """What holds on every connection."""
    return {
        "timezone": "UTC",
        "jit": "off",  # compiling a report's query takes PostgreSQL longer than it saves
        "statement_timeout": str(STATEMENT_TIMEOUT_MILLISECONDS),
        "lock_timeout": str(LOCK_TIMEOUT_MILLISECONDS),
    }


def open_postgresql(
    url: str,
    *,
    pool_size: int,
    max_overflow: int,
    through_pgbouncer: bool = False,
    connect_seconds: int = CONNECT_SECONDS,
) -> Engine:
    """An engine on the database at `url`.

    `through_pgbouncer`: a connection is the same for one transaction only. So settings are made in each transaction, a
    round trip more, and no statement is prepared.
    """
    settings = _settings()
    words: dict[str, Any] = {"options": " ".join(f"-c {name}={value}" for name, value in settings.items())}
    if through_pgbouncer:  # which refuses `options`
        words = {"prepare_threshold": None}
    engine = create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        pool_size=pool_size,
        max_overflow=max_overflow,
        pool_use_lifo=True,  # the connection used last has its pages and plans in its caches
        # The encoding whatever the environment says: texts are given to the client library as they are sent.
        connect_args={"connect_timeout": connect_seconds, "client_encoding": "utf8", **NOTICED, **words},
    )
    engine.dialect.do_commit = commit  # type: ignore[assignment, method-assign]
    engine.dialect.do_rollback = roll_back  # type: ignore[assignment, method-assign]
    _replace_lost_connections(engine)
    if through_pgbouncer:
        calls = ", ".join(f"set_config('{name}', '{value}', true)" for name, value in settings.items())

        @event.listens_for(engine, "begin")
        def set_for_transaction(connection: Connection) -> None:
            connection.exec_driver_sql(f"SELECT {calls}")

    return engine


def _replace_lost_connections(engine: Engine) -> None:
    @event.listens_for(engine, "checkin")
    def note(_: object, entry: ConnectionPoolEntry) -> None:
        entry.info["used"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def ask_whether_it_lives(connection: Any, entry: ConnectionPoolEntry, _: object) -> None:
        # A check takes a round trip to the server, so a recently used connection is checked only when it looks lost.
        used = entry.info.get("used")
        is_old = used is not None and time.monotonic() - used > ASKED_AFTER_SECONDS
        if is_old or _has_unread(connection.fileno()):
            try:
                engine.dialect.do_ping(connection)
            except engine.dialect.loaded_dbapi.Error:
                if used is None:  # made this moment and lost already: the pool would try once more, then blame its user
                    raise
                raise DisconnectionError from None


def _has_unread(descriptor: int) -> bool:
    """Whether a connection that nobody uses has received something: most likely its end. Asks no server."""
    if sys.platform == "win32":
        return bool(select.select([descriptor], [], [], 0)[0])
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))
