"""Running the server: one server for each database file, on one address."""

import errno
import os
import socket
import struct
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

import uvicorn
from uvicorn.supervisors import Multiprocess

from api.foundation.http.connections import LimitedProtocol
from api.foundation.settings import Settings
from api.foundation.systems.limits import keep_little_memory, make_room_for_files
from api.foundation.systems.locks import locked
from api.starting import CannotServeError
from api.trail.checkpoint_signer import CheckpointSigner
from models.storage.encryption.rewriting import discard_left
from models.storage.sqlite_engine import can_encrypt, check_is_on_this_machine, journal_warning

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
    if settings.workers > 1 and sys.platform == "win32":
        raise CannotServeError("More than 1 worker needs Linux or macOS. Set CASEAUDIT_WORKERS=1.")
    config = uvicorn.Config(
        "api.starting:create_app_from_environment",
        factory=True,
        workers=settings.workers,
        # Uvicorn's choice on Windows stops listening when a client leaves while its connection is accepted.
        loop="asyncio:SelectorEventLoop" if sys.platform == "win32" else "auto",
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
    keep_little_memory()
    make_room_for_files(FILES_AND_CONNECTIONS)
    for warning in _warnings(settings):
        print(warning, flush=True)  # noqa: T201 - says why
    with listening_socket(settings.host, settings.port) as listener:
        port = listener.getsockname()[1]
        on_listening(settings.address_to_open(port))
        print(f"Serving on {_listening_address(settings.host, port)}", flush=True)  # noqa: T201 - says where
        if settings.workers > 1:
            Multiprocess(config, [listener]).run()
        else:
            uvicorn.Server(config).run(sockets=[listener])


def _warnings(settings: Settings) -> Iterator[str]:
    """What an operator of an SQLite database should know of this installation."""
    if settings.sqlite_path is None:
        return
    if settings.database_encryption != "off" and not can_encrypt():
        yield (
            "The database is not encrypted, because this installation has no sqlcipher3: it has no wheel for this "
            "Python or system. Encrypt the disk."
        )
    if slower := journal_warning():
        yield slower


def _listening_address(host: str, port: int) -> str:
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


@contextmanager
def hold_database(settings: Settings) -> Iterator[None]:
    """Hold the database of these settings, before anything opens it; remove what an interrupted command left of it.

    Raises CannotServeError, UnsafeDatabase.
    """
    for here, there in settings.misplaced():
        raise CannotServeError(
            f"Move {here} to {there}: keys are now stored in the same folder as the database, not as a link to "
            "the database."
        )
    if settings.sqlite_path is not None:
        check_is_on_this_machine(settings.sqlite_path)
    with lock_database_file(settings.sqlite_path):
        if settings.sqlite_path is not None:
            with suppress(OSError):  # no reason not to serve: `caseaudit doctor` says that it is still there
                discard_left(settings.sqlite_path.resolve())
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
    with ExitStack() as holds:
        try:
            holds.enter_context(locked(real.with_name(f"{real.name}.serving"), waits=False))
            holds.enter_context(_file_itself_locked(real))
        except BlockingIOError:
            raise CannotServeError(
                f"Another server is using {path.name}. Stop that server first, or set a different "
                "CASEAUDIT_DATABASE_URL."
            ) from None
        except OSError as error:
            raise CannotServeError(f"{path.name} cannot be opened or created: {error.strerror or error}.") from None
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


@contextmanager
def _file_itself_locked(path: Path) -> Iterator[None]:
    """Lock the file under all of its names. Raises BlockingIOError when another server has it, and OSError.

    Uses a lock that belongs to the descriptor and not to the process, on a byte that SQLite does not use. On systems
    without one, only the refusal of files with a second name (`models.storage.sqlite_engine`) protects the file.
    """
    if sys.platform != "linux":
        yield
        return
    import fcntl

    def ask(how: int) -> None:
        try:
            fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, struct.pack("hhqqi", how, os.SEEK_SET, _BEYOND_SQLITE, 1, 0))
        except OSError as error:
            if error.errno in {errno.EACCES, errno.EAGAIN}:
                raise BlockingIOError("another server has the file") from None

    descriptor = _descriptor_of(path)
    ask(fcntl.F_WRLCK)
    try:
        yield
    finally:
        ask(fcntl.F_UNLCK)


@contextmanager
def listening_socket(host: str, port: int) -> Iterator[socket.socket]:
    """A socket that listens on the address. Raises CannotServeError when it is in use."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as listener:
        # Windows would let another program take an address that is used again, and with it what is sent there.
        alone = getattr(socket, "SO_EXCLUSIVEADDRUSE", None)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR if alone is None else alone, 1)
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
