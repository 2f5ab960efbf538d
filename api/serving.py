"""Running the server: one server for each database file, on one address."""

import ctypes
import errno
import fcntl
import os
import resource
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import uvicorn
from uvicorn.supervisors import Multiprocess

from api.foundation.http.connections import LimitedProtocol
from api.foundation.settings import Settings
from api.starting import CannotServeError
from api.trail.checkpoint_signer import CheckpointSigner
from models.storage.sqlite_engine import journal_warning

FILES_AND_CONNECTIONS: Final = 4096


def serve(settings: Settings, *, on_listening: Callable[[str], None] = lambda _: None) -> None:
    """Serve until stopped, on a database that this process has locked. Raises CannotServeError when the address is in
    use or the trail has no key.

    `on_listening` is called with the address at which people open the service, when its port is known.
    """
    if settings.workers > 1 and settings.sqlite_path is not None:
        raise CannotServeError(
            "More than 1 worker needs PostgreSQL, because SQLite allows 1 writer. Set CASEAUDIT_WORKERS=1."
        )
    config = uvicorn.Config(
        "api.starting:create_app_from_environment",
        factory=True,
        workers=settings.workers,
        http=LimitedProtocol,
        ws="none",  # not used here, and its protocol would have no limits
        timeout_keep_alive=int(LimitedProtocol.limits.idle_seconds),
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=settings.behind_https,
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=10,
    )
    try:
        CheckpointSigner.of(settings)
    except (OSError, ValueError) as error:
        raise CannotServeError(
            f"The trail key at {settings.trail_key_path} cannot be read or created: {type(error).__name__}. Set "
            "CASEAUDIT_TRAIL_KEY_FILE."
        ) from None
    trim_memory()
    make_room_for_connections()
    if settings.sqlite_path is not None and (slower := journal_warning()):
        print(slower, flush=True)  # noqa: T201 - says why
    with listening_socket(settings.host, settings.port) as listener:
        port = listener.getsockname()[1]
        on_listening(settings.address_to_open(port))
        print(f"Serving on {_listening_address(settings.host, port)}", flush=True)  # noqa: T201 - says where
        if settings.workers > 1:
            Multiprocess(config, [listener]).run()
        else:
            uvicorn.Server(config).run(sockets=[listener])


def _listening_address(host: str, port: int) -> str:
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def trim_memory() -> None:
    """Let the C library return memory after a long list instead of keeping it: saves a third of the memory."""
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):  # glibc; other libraries return memory by themselves
        for option, value in ((-8, 2), (-1, 128 * 1024), (-3, 128 * 1024)):  # arenas, trim and mmap thresholds
            library.mallopt(option, value)


def make_room_for_connections() -> None:
    """Raise this process's and its workers' limit of open files to what their connections need."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = FILES_AND_CONNECTIONS if hard == resource.RLIM_INFINITY else min(hard, FILES_AND_CONNECTIONS)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


@contextmanager
def hold_database(settings: Settings) -> Iterator[None]:
    """Hold the database of these settings, before anything opens it. Raises CannotServeError."""
    for here, there in settings.misplaced():
        raise CannotServeError(
            f"Move {here} to {there}: keys are now stored in the same folder as the database, not as a link to "
            "the database."
        )
    with lock_database_file(settings.sqlite_path):
        yield


@contextmanager
def lock_database_file(path: Path | None) -> Iterator[None]:
    """Lock the database file for this process: SQLite is safe and quick with one writing process.

    Locks the file, whatever name it was reached by, and also its path in its folder. The lock ends with the process,
    however that ends. Raises CannotServeError when another server has it, or when it cannot be made.
    """
    if path is None:
        yield
        return
    real = path.resolve()
    taken = CannotServeError(
        f"Another server is using {path.name}. Stop that server first, or set a different CASEAUDIT_DATABASE_URL."
    )
    with ExitStack() as holds:
        try:
            beside = holds.enter_context(real.with_name(f"{real.name}.serving").open("a"))
            file = _descriptor_of(real)
        except OSError as error:
            raise CannotServeError(f"{path.name} cannot be opened or created: {error.strerror}.") from None
        try:
            fcntl.flock(beside, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise taken from None
        if not _lock_file_itself(file, fcntl.F_WRLCK):
            raise taken
        holds.callback(_lock_file_itself, file, fcntl.F_UNLCK)
        yield


_DESCRIPTORS: Final[dict[tuple[int, int], int]] = {}
_BEYOND_SQLITE: Final = 2**62  # SQLite locks bytes from the first gigabyte of the file


def _descriptor_of(path: Path) -> int:
    """A descriptor of the file, opened once and never closed: closing any descriptor of a file drops every lock that
    SQLite has on it in this process.
    """
    opened = path.stat() if path.exists() else None
    if opened is None or (opened.st_dev, opened.st_ino) not in _DESCRIPTORS:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        opened = os.fstat(descriptor)
        _DESCRIPTORS[opened.st_dev, opened.st_ino] = descriptor
    return _DESCRIPTORS[opened.st_dev, opened.st_ino]


def _lock_file_itself(descriptor: int, how: int) -> bool:
    """Lock or unlock the file under all of its names; false when another server has it.

    Uses a lock that belongs to the descriptor and not to the process, on a byte that SQLite does not use. On systems
    without one, only the refusal of files with a second name (`models.storage.sqlite_engine`) protects the file.
    """
    if not hasattr(fcntl, "F_OFD_SETLK"):
        return True
    asked = struct.pack("hhqqi", how, os.SEEK_SET, _BEYOND_SQLITE, 1, 0)
    try:
        fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, asked)
    except OSError as error:
        return error.errno not in {errno.EACCES, errno.EAGAIN}
    return True


@contextmanager
def listening_socket(host: str, port: int) -> Iterator[socket.socket]:
    """A socket that listens on the address. Raises CannotServeError when it is in use."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            raise CannotServeError(
                f"Cannot listen on {host}:{port}: {error.strerror}. Set CASEAUDIT_PORT to a free port."
            ) from None
        # From now on connections wait for the server to be ready instead of being refused.
        listener.listen(2048)
        listener.set_inheritable(True)
        yield listener
