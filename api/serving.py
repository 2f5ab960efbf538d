"""Running the service: one server process a database file, and the first start of a new one."""

import fcntl
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from api.settings import Settings


class CannotServe(Exception):
    """The service cannot start; says why and what to do."""


@contextmanager
def alone_on(path: Path | None) -> Iterator[None]:
    """Hold the database file for this process: SQLite is safe with one writing process, and quick with one.

    Raises CannotServe when another server holds it. The hold ends with the process, however that ends.
    """
    if path is None:
        yield
        return
    with path.with_name(f"{path.name}.serving").open("a") as hold:
        try:
            fcntl.flock(hold, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CannotServe(
                f"Another server is using {path.name}. End it first, or give this one another CASEAUDIT_DATABASE_URL."
            ) from None
        yield


def serve(settings: Settings) -> None:
    """Serve until told to stop. Raises CannotServe when the address or the database is taken."""
    if settings.workers > 1 and settings.sqlite_path is not None:
        raise CannotServe("More than one worker needs PostgreSQL: SQLite has one writer. Set CASEAUDIT_WORKERS=1.")
    with alone_on(settings.sqlite_path), _listening(settings.host, settings.port) as listener:
        config = uvicorn.Config(
            "api.app:create_app_from_environment",
            factory=True,
            workers=settings.workers,
            access_log=False,
            log_level="warning",
            server_header=False,
            date_header=False,
            proxy_headers=settings.behind_https,
            timeout_graceful_shutdown=10,
        )
        if settings.workers > 1:
            uvicorn.supervisors.Multiprocess(config, target=uvicorn.Server(config).run, sockets=[listener]).run()
        else:
            uvicorn.Server(config).run(sockets=[listener])


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            raise CannotServe(
                f"{host}:{port} is taken ({error.strerror}). Set CASEAUDIT_PORT to a free port."
            ) from None
        listener.listen(2048)
        listener.set_inheritable(True)
        print(f"Serving on http://{host}:{listener.getsockname()[1]}", file=sys.stdout, flush=True)
        yield listener
