"""Send one request to a host whose name somebody entered, and only to public addresses.

The name is resolved once, every address that it has must be public, and the connection goes to one of those: a name
that changes its address in between (DNS rebinding) leads nowhere else. The certificate is checked for the name.
Redirects are not followed, proxies of the environment not used, and the body of the answer is not read.
"""

import socket
import ssl
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import httpcore2

from api.foundation.outgoing.targets import Host
from checklists.public_addresses import is_public
from models import WhyNotSent

SECONDS_FOR_A_REQUEST: Final = 15.0
SECONDS_TO_CONNECT: Final = 5.0
MOST_BYTES_OF_AN_ANSWER: Final = 32 * 1024
MOST_ADDRESSES: Final = 4

Resolve = Callable[[Host], Sequence[str]]
Connect = Callable[[str, int, float], httpcore2.NetworkStream]


class NotSent(Exception):
    """No response came. `why` says what went wrong."""

    def __init__(self, why: WhyNotSent) -> None:
        super().__init__(why.value)
        self.why: Final = why


def addresses_of(host: Host) -> Sequence[str]:
    """The addresses of a host, by the resolver of this machine, in the order in which to try them. Raises OSError."""
    found = socket.getaddrinfo(host.name, host.port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def connect_to(address: str, port: int, seconds: float) -> httpcore2.NetworkStream:
    """A connection to this address. Raises what httpcore2 raises."""
    return httpcore2.SyncBackend().connect_tcp(address, port, timeout=seconds)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """How requests leave: the resolver, the network, and whose certificates count.

    Only tests give others than these. Whatever they give, the addresses are checked.
    """

    resolve: Resolve = addresses_of
    connect: Connect = connect_to
    trusted: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    seconds: float = SECONDS_FOR_A_REQUEST

    def post(self, address: str, host: Host, *, headers: Mapping[str, str], body: bytes) -> int:
        """Send a POST request to an https address of this host; returns the status of the answer. Raises NotSent."""
        network = _Pinned(self._public_addresses(host), self.connect, time.monotonic() + self.seconds)
        try:
            with (
                httpcore2.ConnectionPool(ssl_context=self.trusted, network_backend=network) as pool,
                pool.stream("POST", address, headers=list(headers.items()), content=body) as answer,
            ):
                return answer.status
        except httpcore2.TimeoutException:
            raise NotSent(WhyNotSent.TIME) from None
        except httpcore2.ConnectError as error:
            is_certificate = isinstance(error.__cause__ or error.__context__, ssl.SSLError)
            raise NotSent(WhyNotSent.CERTIFICATE if is_certificate else WhyNotSent.CONNECTION) from None
        except (httpcore2.NetworkError, httpcore2.ProtocolError, OSError):
            raise NotSent(WhyNotSent.CONNECTION) from None

    def _public_addresses(self, host: Host) -> Sequence[str]:
        try:
            found = self.resolve(host)
        except (OSError, UnicodeError):
            raise NotSent(WhyNotSent.NAME) from None
        if not found:
            raise NotSent(WhyNotSent.NAME)
        if not all(map(is_public, found)):
            raise NotSent(WhyNotSent.ADDRESS)
        return found[:MOST_ADDRESSES]


class _Pinned(httpcore2.NetworkBackend):
    """Connects to these addresses, whatever the host of the request; every connection ends by one deadline."""

    def __init__(self, addresses: Sequence[str], connect: Connect, ends: float) -> None:
        self._addresses = addresses
        self._connect = connect
        self._ends = ends

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        del host, timeout, local_address, socket_options  # the addresses and the end are known already
        for address in self._addresses[:-1]:
            try:
                return self._connected(address, port)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                continue
        return self._connected(self._addresses[-1], port)

    def _connected(self, address: str, port: int) -> httpcore2.NetworkStream:
        seconds = min(_seconds_until(self._ends), SECONDS_TO_CONNECT)
        return _Bounded(self._connect(address, port, seconds), self._ends)


class _Bounded(httpcore2.NetworkStream):
    """A connection that ends by a deadline, even if a byte comes now and then, and limits how many bytes it reads."""

    def __init__(self, stream: httpcore2.NetworkStream, ends: float) -> None:
        self._stream = stream
        self._ends = ends
        self._left = MOST_BYTES_OF_AN_ANSWER

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        del timeout
        if self._left <= 0:
            raise httpcore2.ReadError("the answer is too long")
        found = self._stream.read(min(max_bytes, self._left), _seconds_until(self._ends))
        self._left -= len(found)
        return found

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        del timeout
        self._stream.write(buffer, _seconds_until(self._ends))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        del timeout
        secured = self._stream.start_tls(ssl_context, server_hostname, _seconds_until(self._ends))
        return _Bounded(secured, self._ends)

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)


def _seconds_until(ends: float) -> float:
    left = ends - time.monotonic()
    if left <= 0:
        raise httpcore2.ReadTimeout("the request took too long")
    return left
