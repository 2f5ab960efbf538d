"""Ways to lose a connection to PostgreSQL; one is cut when it has committed, and before it can say so."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import make_url

_COMMIT = b"COMMIT"
_CHUNK = 65_536


@dataclass(slots=True)
class Way:
    """Passes everything on, until `cuts` is set: then it cuts the connection of the next commit, once."""

    url: str = ""
    cuts: bool = False
    has_cut: threading.Event = field(default_factory=threading.Event)


@contextmanager
def a_way_to(url: str) -> Iterator[Way]:
    """A way to the database at this URL, whose server answers on a socket in a folder."""
    parsed = make_url(url)
    to = f"{parsed.query['host']}/.s.PGSQL.5432"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        way = Way(parsed.set(host="127.0.0.1", port=port, query={"sslmode": "disable"}).render_as_string(False))
        threading.Thread(target=_accept, args=(listener, to, way), daemon=True).start()
        yield way


def shut(driver: Any) -> None:
    """Let the driver's connection be lost, without the server saying why."""
    with socket.socket(fileno=socket.dup(driver.fileno())) as connection:
        connection.shutdown(socket.SHUT_RDWR)


def _accept(listener: socket.socket, to: str, way: Way) -> None:
    with suppress(OSError):  # it is closed at the end
        while True:
            client = listener.accept()[0]
            server = socket.socket(socket.AF_UNIX)
            server.connect(to)
            asked = threading.Event()
            threading.Thread(target=_ask, args=(client, server, way, asked), daemon=True).start()
            threading.Thread(target=_answer, args=(client, server, way, asked), daemon=True).start()


def _ask(client: socket.socket, server: socket.socket, way: Way, asked: threading.Event) -> None:
    with suppress(OSError):
        while part := client.recv(_CHUNK):
            if way.cuts and _COMMIT in part:
                way.cuts = False
                asked.set()
            server.sendall(part)
    _end(client, server)


def _answer(client: socket.socket, server: socket.socket, way: Way, asked: threading.Event) -> None:
    with suppress(OSError):
        while part := server.recv(_CHUNK):
            if asked.is_set():  # it has committed
                way.has_cut.set()
                break
            client.sendall(part)
    _end(client, server)


def _end(*ends: socket.socket) -> None:
    for each in ends:
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
        each.close()
