"""A receiver of webhooks on this machine, over TLS, and a network in which its host has a public address.

What the service sends goes through its own resolving, checking, pinning and checking of certificates: only the resolver
answers otherwise, and a connection to the public address arrives here.
"""

import socket
import ssl
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpcore2
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from api.foundation.outgoing.posting import Outgoing
from api.foundation.outgoing.targets import Host

HOSTS = ("hooks.example.org", "other.example.org")
PUBLIC = {"hooks.example.org": "93.184.215.14", "other.example.org": "93.184.215.15"}


@dataclass(frozen=True)
class Received:
    """One request as it arrived."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """What arrived, and how it is answered."""

    port: int = 0
    requests: list[Received] = field(default_factory=list)
    # The status for a request, by default 204. It may wait before it answers.
    answer: Callable[[Received], int] = lambda _: 204
    # Sent with a redirect.
    location: str = ""
    # A whole answer instead of the usual one.
    raw: Callable[[socket.socket], None] | None = None
    is_up: bool = True
    # Hosts that cannot be reached while it is up.
    away: AbstractSet[str] = frozenset()
    # Every connection that the service asked for: address and port.
    connections: list[tuple[str, int]] = field(default_factory=list)
    resolved: list[str] = field(default_factory=list)

    def connect(self, address: str, port: int, seconds: float) -> httpcore2.NetworkStream:
        self.connections.append((address, port))
        reached = {public for host, public in PUBLIC.items() if host not in self.away}
        if not self.is_up or address not in reached:
            raise httpcore2.ConnectError("refused")
        return httpcore2.SyncBackend().connect_tcp("127.0.0.1", self.port, timeout=seconds)

    def resolve(self, host: Host) -> Sequence[str]:
        self.resolved.append(host.name)
        return [PUBLIC[host.name]]

    def network(self, **other: Any) -> Outgoing:
        """The network of the service, in which this receiver is at public addresses."""
        usual = {"resolve": self.resolve, "connect": self.connect, "trusted": trusted(), "seconds": 5.0}
        return Outgoing(**{**usual, **other})


class _Handler(BaseHTTPRequestHandler):
    receiver: Receiver
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        request = Received(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
        status = self.receiver.answer(request)
        self.receiver.requests.append(request)
        if self.receiver.raw is not None:
            self.receiver.raw(self.connection)
            self.close_connection = True
            return
        self.send_response(status)
        if self.receiver.location:
            self.send_header("Location", self.receiver.location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its signature
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    context: ssl.SSLContext

    def finish_request(self, request: Any, client_address: Any) -> None:
        # In the thread of the connection, so that one that says nothing holds up no other.
        try:
            secured = self.context.wrap_socket(request, server_side=True)
        except OSError:
            return
        with secured:
            try:
                super().finish_request(secured, client_address)
            except OSError:  # whoever spoke has gone
                return


@contextmanager
def a_receiver(certificate_of: tuple[str, ...] = HOSTS) -> Iterator[Receiver]:
    """A receiver that takes everything; it is away when the block ends."""
    receiver = Receiver()
    handler = type("Handler", (_Handler,), {"receiver": receiver})
    with _Server(("127.0.0.1", 0), handler) as server:
        server.context = _identity(certificate_of)
        receiver.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield receiver
        server.shutdown()
        thread.join()


@cache
def _authority() -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Authority of the tests")])
    return key, _signed(key, name, key, name, x509.BasicConstraints(ca=True, path_length=0))


def _signed(
    signer: ec.EllipticCurvePrivateKey,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    name: x509.Name,
    *extensions: x509.ExtensionType,
) -> x509.Certificate:
    begins = datetime.now(UTC) - timedelta(days=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=400))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    for extension in extensions:
        made = made.add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
    return made.sign(signer, hashes.SHA256())


@cache
def _identity(hosts: tuple[str, ...]) -> ssl.SSLContext:
    """A server's side of TLS, with a certificate for these hosts."""
    signer, authority = _authority()
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, hosts[0])])
    names = x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts])
    certificate = _signed(signer, authority.subject, key, name, names)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "identity.pem"
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        file.write_bytes(private + certificate.public_bytes(Encoding.PEM))
        context.load_cert_chain(file)
    return context


def authority_in(folder: Path) -> Path:
    """A file with the certificate of the authority of the tests, for another process."""
    file = folder / "authority.pem"
    file.write_bytes(_authority()[1].public_bytes(Encoding.PEM))
    return file


@cache
def trusted() -> ssl.SSLContext:
    """A client's side of TLS that trusts the authority of the tests alone."""
    context = ssl.create_default_context()
    context.load_verify_locations(cadata=_authority()[1].public_bytes(Encoding.PEM).decode())
    return context
