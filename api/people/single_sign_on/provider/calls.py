"""Calls to the provider: only to hosts that the operator named, bounded in time and size, without redirects."""

import contextlib
import http.client
import json
import socket
import ssl
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address
from threading import Timer
from typing import Any, Final
from urllib.parse import urlsplit

CONNECT_SECONDS: Final = 5
TOTAL_SECONDS: Final = 10  # from the connection to the last byte
MOST_BYTES: Final = 256 * 1024


class AwayError(Exception):
    """The provider cannot be reached, or does not answer as it should: what is wrong, in words."""


@dataclass(frozen=True, slots=True)
class Hosts:
    """Where calls may go: these hosts, each with its port where it is not 443, by https.

    `loopback`: also by http to this machine, which only tests need.
    """

    names: frozenset[str]
    loopback: bool = False

    @classmethod
    def of(cls, issuer: str, others: Collection[str] = (), *, loopback: bool = False) -> "Hosts":
        """The issuer's own host and these others."""
        return cls(frozenset({urlsplit(issuer).netloc.lower(), *(name.lower() for name in others)}), loopback)

    def fault_of(self, url: str) -> str:
        """Why this address may not be called, in words; "" where it may."""
        try:
            parts = urlsplit(url)
            port, host = parts.port, parts.hostname
        except ValueError:
            return "is not an address"
        if not host or parts.username is not None or (port is not None and port < 1):
            return "is not an address"
        if parts.scheme != "https" and not (parts.scheme == "http" and self.loopback and is_this_machine(host)):
            return "does not begin with https"
        if parts.netloc.lower() not in self.names:
            return f"is at {parts.netloc}, which is not among the hosts that may be called"
        return ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the provider answered: the status, the header Date, and the body."""

    status: int
    date: str
    body: bytes

    def json(self) -> dict[str, Any]:
        """The object in the body. Raises AwayError for anything else."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise AwayError("the answer is not JSON")
        return found


def call(url: str, *, hosts: Hosts, form: str | None = None, headers: Mapping[str, str] | None = None) -> Answer:
    """Send a GET, or with a `form` a POST. Raises AwayError."""
    fault = hosts.fault_of(url)
    if fault:
        raise AwayError(f"the address {fault}")
    parts = urlsplit(url)
    connection = _Connection(parts.hostname or "", parts.port, secure=parts.scheme == "https")
    sent = {"Accept": "application/json", "User-Agent": "caseaudit", "Connection": "close", **(headers or {})}
    if form is not None:
        sent["Content-Type"] = "application/x-www-form-urlencoded"
    path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
    try:
        connection.request("GET" if form is None else "POST", path, form, sent)
        got = connection.getresponse()
        body = got.read(MOST_BYTES + 1)
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise AwayError(_in_words(error)) from None
    finally:
        connection.close()
    if len(body) > MOST_BYTES:
        raise AwayError(f"the answer is longer than {MOST_BYTES // 1024} kB")
    if got.length:
        raise AwayError("the answer was cut off")
    return Answer(got.status, got.headers.get("Date", ""), body)


def is_this_machine(host: str) -> bool:
    """Whether a host is the loopback of this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


class _Connection(http.client.HTTPConnection):
    """A connection that is cut TOTAL_SECONDS after it began, however slowly the other side sends."""

    def __init__(self, host: str, port: int | None, *, secure: bool) -> None:
        super().__init__(host, port or (443 if secure else 80), timeout=CONNECT_SECONDS)
        self._secure = secure
        self._watch: Timer | None = None

    def connect(self) -> None:
        plain = socket.create_connection((self.host, self.port), CONNECT_SECONDS)
        self.sock: socket.socket = plain
        if self._secure:
            self.sock = _context().wrap_socket(plain, server_hostname=self.host, do_handshake_on_connect=False)
        self._watch = Timer(TOTAL_SECONDS, _cut, [self.sock])
        self._watch.daemon = True
        self._watch.start()
        if isinstance(self.sock, ssl.SSLSocket):
            self.sock.do_handshake()

    def close(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
        super().close()


def _cut(connected: socket.socket) -> None:
    with contextlib.suppress(OSError):
        socket.socket.shutdown(connected, socket.SHUT_RDWR)


@cache
def _context() -> ssl.SSLContext:
    """Certificates are checked against the ones that the system trusts."""
    return ssl.create_default_context()


def _in_words(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate cannot be trusted: {error.verify_message}"
    if isinstance(error, TimeoutError):
        return f"there is no answer within {CONNECT_SECONDS} seconds"
    if isinstance(error, socket.gaierror):
        return "its name is not known"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return "the answer was cut off, or is not HTTP"
