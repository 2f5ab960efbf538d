"""Running the service: one server a database file, on one address."""

import ctypes
import fcntl
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from uvicorn.supervisors import Multiprocess

from api.actions.notary import Notary
from api.settings import Settings


class CannotServeError(Exception):
    """What was asked on the command line cannot be done; says why and what to do."""


def serve(settings: Settings) -> None:
    """Serve until told to stop. Raises CannotServeError when the address or the database file is taken, or the
    trail has no key.
    """
    if settings.workers > 1 and settings.sqlite_path is not None:
        raise CannotServeError("More than one worker needs PostgreSQL: SQLite has one writer. Set CASEAUDIT_WORKERS=1.")
    config = uvicorn.Config(
        "api.app:create_app_from_environment",
        factory=True,
        workers=settings.workers,
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=settings.behind_https,
        timeout_graceful_shutdown=10,
    )
    try:
        Notary.of(settings)
    except (OSError, ValueError) as error:
        raise CannotServeError(
            f"The key of the trail at {settings.trail_key_path} can be neither read nor made: {type(error).__name__}."
            " Set CASEAUDIT_TRAIL_KEY_FILE."
        ) from None
    give_memory_back()
    with alone_on(settings.sqlite_path), listening(settings.host, settings.port) as listener:
        print(f"Serving on http://{settings.host}:{listener.getsockname()[1]}", flush=True)  # noqa: T201 - says where
        if settings.workers > 1:
            Multiprocess(config, [listener]).run()
        else:
            uvicorn.Server(config).run(sockets=[listener])


def give_memory_back() -> None:
    """Let the C library return what a long list took, instead of keeping it for the next one: a third less is held."""
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):  # glibc; others return it by themselves
        for option, value in ((-8, 2), (-1, 128 * 1024), (-3, 128 * 1024)):  # arenas, trim and mmap thresholds
            library.mallopt(option, value)


@contextmanager
def alone_on(path: Path | None) -> Iterator[None]:
    """Hold the database file for this process: SQLite is safe and quick with one process that writes.

    The hold ends with the process, however that ends. Raises CannotServeError when another server has it.
    """
    if path is None:
        yield
        return
    with path.with_name(f"{path.name}.serving").open("a") as hold:
        try:
            fcntl.flock(hold, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CannotServeError(
                f"Another server is using {path.name}. End it first, or give this one another CASEAUDIT_DATABASE_URL."
            ) from None
        yield


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """A socket that listens on the address. Raises CannotServeError when it is taken."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            raise CannotServeError(
                f"Cannot listen on {host}:{port}: {error.strerror}. Set CASEAUDIT_PORT to a free port."
            ) from None
        # From now on whoever comes waits for the server to be ready, and is not turned away.
        listener.listen(2048)
        listener.set_inheritable(True)
        yield listener
