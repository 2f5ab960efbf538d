"""A PostgreSQL server of our own for tests, trials and benchmarks, in a folder that is gone at the end."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

OLDEST_SERVER = 13
COPIES_BY_LOG = 150_000
SUPERUSER = "caseaudit"
SERVICE_ACCOUNT = "postgres"  # Debian's package makes it; for tests that run as root
WITHOUT_CARE = (
    *("fsync=off", "synchronous_commit=off", "full_page_writes=off"),
    # Databases of tests live for less than a second: nothing is worth tidying, sending on or compiling.
    *("autovacuum=off", "wal_level=minimal", "max_wal_senders=0", "jit=off"),
)
TEMPLATE = "template_migrated"  # on a server of tests: every migration run, and no rows
# For each server a connection that is kept: databases are made and dropped a thousand times.
_administering: dict[str, psycopg.Connection] = {}


def find_server_programs() -> Path:
    """The folder that holds initdb and pg_ctl. Raises FileNotFoundError, with what to do about it."""
    on_path = shutil.which("pg_ctl")
    folders = [Path(on_path).resolve().parent] if on_path else []
    installed = Path("/usr/lib/postgresql").glob("*/bin")
    folders += sorted(installed, key=lambda folder: folder.parent.name.zfill(3), reverse=True)
    for folder in folders:
        if (folder / "initdb").exists() and _version_of(folder) >= OLDEST_SERVER:
            return folder
    raise FileNotFoundError(
        f"No PostgreSQL server, {OLDEST_SERVER} or newer, is on the PATH or in /usr/lib/postgresql. "
        "Debian and Ubuntu: apt-get install postgresql."
    )


def _version_of(folder: Path) -> int:
    command = (folder / "postgres", "--version")
    said = subprocess.run(command, check=False, capture_output=True, text=True)
    digits = said.stdout.removeprefix("postgres (PostgreSQL) ").split(".", maxsplit=1)[0]
    return int(digits) if digits.isdigit() else 0


@dataclass(frozen=True)
class Cluster:
    """A running server that answers only on a socket in its own folder."""

    folder: Path
    programs: Path
    settings: tuple[str, ...]

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://{SUPERUSER}@/{database}?host={self.folder}"

    def initialise(self) -> None:
        account = ("-U", SUPERUSER, "--auth=trust")
        self.run("initdb", "-D", self.data, *account, "--encoding=UTF8", "--locale=C", "--no-sync")

    def start(self) -> None:
        where = ("listen_addresses=", f"unix_socket_directories={self.folder}")
        words = " ".join(f"-c {setting}" for setting in (*where, "max_connections=500", *self.settings))
        # No pipes: the server would hold them open for as long as it runs.
        self.run("pg_ctl", "start", "--wait", "--silent", "-D", self.data, "-l", self.log, "-o", words)

    def stop(self, mode: str = "fast") -> None:
        """Stop the server. With mode "immediate" it stops dead, and recovers when it is started again."""
        if self.url() in _administering:
            _administering.pop(self.url()).close()
        self.run("pg_ctl", "stop", "--wait", "--silent", "-D", self.data, "-m", mode)

    def end(self, mode: str = "immediate") -> None:
        """Stop the server, and take its folder away."""
        try:
            self.stop(mode)
        finally:
            shutil.rmtree(self.folder)

    @property
    def is_running(self) -> bool:
        """Whether it has a process; it may still be recovering."""
        return (self.data / "postmaster.pid").exists() and _is_alive(self.data / "postmaster.pid")

    def create(self, database: str, template: str = "template0") -> str:
        """Make a database as a copy of another, to which nobody may be connected; answers its URL."""
        make_like(self.url(), database, template)
        return self.url(database)

    def drop(self, database: str) -> None:
        """Take a database away if it is there, together with whoever is still connected to it."""
        _administer(self.url(), sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def run(self, program: str, *words: str | Path) -> None:
        # PostgreSQL refuses to run as root.
        account = SERVICE_ACCOUNT if is_root() else None
        try:
            subprocess.run(
                [self.programs / program, *words],
                check=True,
                user=account,
                group=account,
                extra_groups=None if account is None else [],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
        except subprocess.CalledProcessError:
            if self.log.exists():
                print(self.log.read_text(), file=sys.stderr)
            raise


def is_root() -> bool:
    """Whether this runs as root, as which PostgreSQL refuses to run."""
    return os.geteuid() == 0


def _is_alive(file: Path) -> bool:
    return Path(f"/proc/{file.read_text().splitlines()[0]}").exists()


def make_like(server: str, database: str, template: str, *, anew: bool = False) -> None:
    """Make a database as a copy of another, to which nobody may be connected. `server` is the URL of its database
    postgres. `anew`: if there is one of this name, it goes first."""
    names = sql.Identifier(database), sql.Identifier(template)
    if anew:
        _administer(server, sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(names[0]))
    # To copy the files takes a quarter of the time of writing each page into the log, which is the rule since 15.
    is_new = _administrator(server).info.server_version >= COPIES_BY_LOG
    copied = sql.SQL(" STRATEGY FILE_COPY" if is_new else "")
    _administer(server, sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*names) + copied)


def has_database(server: str, database: str) -> bool:
    found = _administer(server, sql.SQL("SELECT FROM pg_database WHERE datname = {}").format(database))
    return found.fetchone() is not None


def _administer(server: str, statement: sql.Composed) -> psycopg.Cursor:
    return _administrator(server).execute(statement)


def _administrator(server: str) -> psycopg.Connection:
    connection = _administering.get(server)
    if connection is None or connection.closed:
        connection = _administering[server] = psycopg.connect(server, autocommit=True)
    return connection


@contextmanager
def running_cluster(*, durable: bool = False) -> Iterator[Cluster]:
    """A fresh cluster for as long as the block lasts.

    Unless `durable`, it does not wait for the disk: quicker, and right for all but tests that crash it.
    """
    cluster = started_cluster(durable=durable)
    try:
        yield cluster
    finally:
        cluster.end("fast" if durable else "immediate")


def started_cluster(*, durable: bool = False, within: Path | None = None) -> Cluster:
    """The same, to be ended by whoever asks for it. `within`: on the disk of this folder."""
    folder = Path(tempfile.mkdtemp(prefix="caseaudit-postgres-", dir=within))
    if is_root():
        shutil.chown(folder, SERVICE_ACCOUNT, SERVICE_ACCOUNT)
    try:
        cluster = Cluster(folder, find_server_programs(), () if durable else WITHOUT_CARE)
        cluster.initialise()
        cluster.start()
    except BaseException:
        shutil.rmtree(folder)
        raise
    return cluster
