"""Looking at the database: whether it is there, up to date and guarded, what its roles may do, and its clock."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from api.foundation.events import LONGEST_SILENCE, NOTICED_WITHIN, doubted_since
from api.foundation.health.findings import Finding, good, look, wrong
from api.foundation.keys.database import open_own
from api.foundation.local_time import local_date
from api.foundation.settings import Settings
from api.retention.queries import overdue, overdue_in_words
from checklists.plurals import plural
from models import now
from models.evidence.guards import missing_guards
from models.storage import row_security
from models.storage.database import Database, open_database
from models.storage.encryption.rewriting import unfinished_copy
from models.storage.migrating import is_known_revision, is_up_to_date, revision_of
from models.storage.sqlite_engine import (
    KeyProblem,
    UnsafeDatabase,
    can_encrypt,
    journal_warning,
    replaced_original,
)

MOST_SKEW: Final = timedelta(seconds=5)
# Without them PostgreSQL may lose, or half keep, what it has confirmed.
DURABLE: Final = ("fsync", "synchronous_commit", "full_page_writes")
_OWN_ROLE: Final = "Give the service a role of its own: docs/trail.md, two roles."
_HERE: Final = frozenset({"", "localhost", "127.0.0.1", "::1"})


def look_at_database(settings: Settings) -> Iterator[Finding]:
    """Everything about the database; one finding where it cannot be opened."""
    if settings.sqlite_path is not None and not settings.sqlite_path.exists():
        yield look("database", f"There is none at {settings.sqlite_path}.", "Run: caseaudit migrate")
        return
    try:
        database = open_own(settings)
    except KeyProblem as error:
        yield wrong("encryption", str(error), "docs/encryption.md says more.")
        return
    except (UnsafeDatabase, ValueError) as error:
        yield wrong("database", str(error), "Correct CASEAUDIT_DATABASE_URL.")
        return
    try:
        yield from _of_open(database, settings)
    except SQLAlchemyError as error:
        yield wrong(
            "database",
            f"It cannot be read: {type(error).__name__}.",
            "Check that it runs, and the address, user and password in CASEAUDIT_DATABASE_URL.",
        )
    finally:
        database.close()


def _of_open(database: Database, settings: Settings) -> Iterator[Finding]:
    with database.engine.connect() as connection:
        revision = revision_of(connection)
        if revision is None:
            yield look("database", "It is empty.", "Run: caseaudit migrate")
            return
        if not is_known_revision(revision):
            yield wrong(
                "database", f"A newer version made it (migration {revision}).", "Install that version or newer."
            )
            return
        if not is_up_to_date(database):
            yield wrong("database", f"It is at an older migration ({revision}).", "Run: caseaudit migrate")
            return
        yield good("database", f"It is up to date ({revision}).")
        missing = missing_guards(connection)
        if missing:
            said = f"{plural(len(missing), 'guard is', 'guards are')} missing or changed, including {missing[0]}."
            yield wrong("guards", said, "Run: caseaudit migrate, then caseaudit verify-events, and ask who had access.")
        else:
            yield good("guards", "The database refuses to change what is frozen.")
        yield _of_encryption(connection, database)
        if connection.dialect.name == "postgresql":
            yield of_storing({name: str(connection.execute(text(f"SHOW {name}")).scalar()) for name in DURABLE})
        yield from _of_rights(connection)
        yield from _of_separation(connection)
        yield _of_clock(connection)
    yield _of_retention(database)
    yield from _of_standby(database)
    yield from _of_pgbouncer(settings)


def _of_standby(database: Database) -> Iterator[Finding]:
    with database.reading() as session:
        problem = database.problem_of_standby(session)
    if problem:
        yield look("standby", f"Reports are read from the primary. {problem}", "See docs/several-machines.md.")
    elif problem is not None:
        yield good("standby", "It has everything that was saved. Reports are read from it.")


def _of_pgbouncer(settings: Settings) -> Iterator[Finding]:
    """Whether each address leads where its setting says: what needs a session must not go through PgBouncer."""
    if not settings.pgbouncer_url:
        return
    pooled = open_database(settings.pgbouncer_url, through_pgbouncer=True)
    try:
        with pooled.reading() as session:
            is_there = session.scalar(text("SELECT to_regclass('audit') IS NOT NULL"))
            sees_all = row_security.is_bypassed(session.connection())
    except SQLAlchemyError as error:
        is_there = sees_all = False
        said = f"It does not answer: {type(error).__name__}."
    else:
        said = "It leads to another database."
    finally:
        pooled.close()
    if is_there and sees_all:
        yield wrong("PgBouncer", "Row-level security is on, but its role is not subject to it.", _OWN_ROLE)
    elif is_there:
        yield good("PgBouncer", "It answers.")
    else:
        yield wrong("PgBouncer", said, "Check that it runs, and the address in CASEAUDIT_PGBOUNCER_URL.")


def _of_separation(connection: Connection) -> Iterator[Finding]:
    """On PostgreSQL, whether it hides rows of other organisations itself."""
    if connection.dialect.name == "sqlite":
        return
    what, command = "separation of organisations", "caseaudit separate-organisations, as the owner of the tables"
    if not row_security.is_on(connection):
        organisations = connection.execute(text("SELECT count(*) FROM organisation")).scalar_one()
        if organisations > 1:
            yield look(what, "The service alone separates them: row-level security is off.", f"Run: {command}")
        return
    missing = row_security.unprotected(connection)
    if missing:
        said = f"Row-level security is on, but not for {len(missing)}, including {missing[0]}."
        yield wrong(what, said, f"Run: {command}")
    elif row_security.is_bypassed(connection):
        said = "Row-level security is on, but the role of the service is not subject to it."
        yield wrong(what, said, _OWN_ROLE)
    else:
        yield good(what, "Row-level security is on.")


def of_storing(settings: Mapping[str, str]) -> Finding:
    """Whether PostgreSQL has what it confirms on its disk, by its own settings of these names."""
    off = [name for name in DURABLE if settings[name] == "off"]
    if off:
        said = f"A power cut can lose changes that PostgreSQL has confirmed: {' and '.join(off)} off."
        return wrong("storing", said, "Set them to on in postgresql.conf, and restart PostgreSQL.")
    return good("storing", "PostgreSQL stores changes before it confirms them.")


def _of_rights(connection: Connection) -> Iterator[Finding]:
    if connection.dialect.name == "sqlite":
        slower = journal_warning()
        yield (
            look("journal", slower, "Install sqlcipher3, or use PostgreSQL.")
            if slower
            else good("journal", "Write-ahead log.")
        )
        return
    query = text(
        "SELECT r.rolsuper, pg_has_role(c.relowner, 'MEMBER'),"
        " has_table_privilege('event', 'UPDATE') OR has_table_privilege('event', 'DELETE')"
        " FROM pg_roles r, pg_class c WHERE r.rolname = current_user AND c.oid = 'event'::regclass"
    )
    is_super, owns, may_change = connection.execute(query).one()
    if is_super or owns or may_change:
        said = "The role of the service may change events" + (", as a superuser." if is_super else ".")
        yield look("rights in the database", said, "Give the service a role of its own: docs/trail.md, two roles.")
    else:
        yield good("rights in the database", "The role of the service cannot change events.")


def _of_encryption(connection: Connection, database: Database) -> Finding:
    """Whether the SQLite file, or the connection to PostgreSQL, is encrypted."""
    about = "encryption"
    if not database.is_sqlite:
        # What the driver really uses, whether that came from the address, its environment or a file.
        driver: Any = connection.connection.driver_connection
        info = driver.info
        return of_connection(
            host=info.hostaddr or info.host,
            is_encrypted=info.pgconn.ssl_in_use,
            mode=info.get_parameters().get("sslmode", ""),
        )
    file = Path(str(database.engine.url.database))
    for copy in (unfinished_copy(file), replaced_original(file)):
        if copy.exists():
            said = f"A command that was interrupted left a copy of the database at {copy}, which may not be encrypted."
            return wrong(about, said, "Restart the service: it overwrites the copy and removes it.")
    if database.key is not None:
        return good(about, "The database is encrypted.")
    if not can_encrypt():
        said = "The database is not encrypted, and this installation has no sqlcipher3."
        return look(
            about, said, "Use a Python for which sqlcipher3 has a wheel, or encrypt the disk: docs/encryption.md."
        )
    said = "The database is not encrypted."
    return look(about, said, "Stop the service, then run: caseaudit encrypt-database")


def of_connection(*, host: str, is_encrypted: bool, mode: str) -> Finding:
    """Whether nobody between this machine and PostgreSQL on another one can read or answer in its place.

    Only `verify-full` compares the certificate with the name of the server.
    """
    about, to_do = "connection to the database", "Add ?sslmode=verify-full to the address: docs/encryption.md."
    if host in _HERE or host.startswith(("/", "@")):
        return good(about, "PostgreSQL is on this machine.")
    if not is_encrypted:
        return wrong(about, "It is not encrypted.", to_do)
    if mode == "verify-ca":
        said = "It is encrypted, but the certificate of any server by the same authority is accepted."
        return look(about, said, to_do)
    if mode != "verify-full":
        return wrong(about, "It is encrypted, but the certificate is not checked: anybody could answer.", to_do)
    return good(about, "It is encrypted, and the certificate and name of the server are checked.")


def _of_retention(database: Database) -> Finding:
    with database.reading() as session:
        late = overdue_in_words(overdue(session, local_date(now())))
    if late:
        to_do = "Look in the log for what prevents it: docs/retention.md. A running service deletes every five minutes."
        return look("retention", late, to_do)
    return good("retention", "Nothing is kept longer than its period.")


def _of_clock(connection: Connection) -> Finding:
    here = now()
    newest = connection.execute(text("SELECT max(at) FROM event")).scalar()
    last = _moment(newest) if newest is not None else None
    if last is not None and last > here + MOST_SKEW:
        said = f"The newest event is of {last:%Y-%m-%d %H:%M:%S} UTC, and it is {here:%Y-%m-%d %H:%M:%S} here."
        return wrong("clock", said, "Set the clock of this machine, and keep it by NTP (timedatectl set-ntp true).")
    if connection.dialect.name == "postgresql":
        skew = abs(_moment(connection.execute(text("SELECT clock_timestamp()")).scalar_one()) - here)
        if skew > MOST_SKEW:
            said = f"The clock of the database is {skew.total_seconds():.0f} seconds off from this one."
            return look("clock", said, "Keep both machines by NTP (timedatectl set-ntp true).")
    with Session(connection) as session:
        known = doubted_since(session, here)
    if known is not None:
        silence = f"from {LONGEST_SILENCE.days} to {NOTICED_WITHIN.days} days ago"
        said = f"It is {here:%Y-%m-%d} here, and nobody used the service {silence}: they did on {known:%Y-%m-%d}."
        to_do = "If the year is wrong, set the clock of this machine within the week: docs/time-and-sign-in.md."
        return look("clock", said, to_do)
    return good("clock", f"{here:%Y-%m-%d %H:%M:%S} UTC.")


def _moment(at: str | datetime) -> datetime:
    found = at if isinstance(at, datetime) else datetime.fromisoformat(at)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
