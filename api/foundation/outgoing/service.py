"""Calls of the council's own commands to the service: to one address, with one token, and without following a redirect.

A call is sent again only where that is safe: reading, and writing under an idempotency key. It runs on a council's own
computer and calls the address that its person gives: what `posting` checks of addresses protects the service instead.
"""

import base64
import http.client
import json
import re
import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import unquote, urlencode, urlsplit
from urllib.request import getproxies, proxy_bypass

SECONDS_FOR_AN_ANSWER: Final = 90.0
MOST_BYTES: Final = 32 * 2**20
# The waits between attempts, in seconds, where the service does not say how long.
WAITS: Final = (1, 2, 5, 15, 30)
LONGEST_WAIT: Final = 60
# The header with which the service says that it answered before.
REPLAYED: Final = "Idempotency-Replayed"
_MOST_FAULTS: Final = 20
_TOKEN: Final = re.compile(r"[!-~]{1,500}")


class ServiceRefused(Exception):
    """The service refuses, or is no such service: sending the call again changes nothing. The message says why and what
    to do.

    `faults`: each by its JSON Pointer into what was sent. `kind`: the kind of problem by the service's own name, such
    as "already-exists".
    """

    def __init__(self, words: str, faults: Sequence[tuple[str, str]] = (), kind: str = "") -> None:
        super().__init__(words)
        self.faults: Final = tuple(faults)
        self.kind: Final = kind


class ServiceAway(Exception):
    """The service did not answer, or is busy: try again later."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where the service is. Without TLS only on this machine."""

    secure: bool
    host: str
    port: int
    path: str

    @classmethod
    def of(cls, text: str) -> "Address":
        """Raises ServiceRefused for what is no address of a service."""
        try:
            parts = urlsplit(text.strip())
            host, port = parts.hostname, parts.port
        except ValueError:
            host, port, parts = None, None, urlsplit("")
        if not host or parts.username is not None or parts.query or parts.fragment:
            raise ServiceRefused("Enter the address of the service, such as https://audit.council.example.")
        if parts.scheme != "https" and not (parts.scheme == "http" and _is_this_machine(host)):
            raise ServiceRefused("Enter an address that begins with https://: the token is a secret.")
        secure = parts.scheme == "https"
        return cls(secure, host, port or (443 if secure else 80), parts.path.rstrip("/"))


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the service answered: a status below 300, the object in its body, and whether it had answered before to the
    same idempotency key.
    """

    status: int
    said: Mapping[str, Any]
    is_repeated: bool


@contextmanager
def reading_the_answer() -> Iterator[None]:
    """Read what the service said: raises ServiceRefused for an answer that this version does not know."""
    try:
        yield
    except (KeyError, TypeError, ValueError):
        raise ServiceRefused("The service answers in a way that this version does not know. Update it.") from None


class Service:
    """The service behind an address, for the holder of a token."""

    def __init__(self, address: str, token: str, *, wait: Callable[[float], None] = time.sleep) -> None:
        """Raises ServiceRefused for an address or a token that cannot be one."""
        self._address = Address.of(address)
        if not _TOKEN.fullmatch(token):
            raise ServiceRefused("The token is not one line of visible characters. Copy it again, or create another.")
        self._headers = {
            "Authorization": f"Bearer {token}",
            "Accept": "application/json",
            "User-Agent": "caseaudit",
            "Connection": "close",
        }
        self._wait = wait

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Answer:
        """Read what is at a path below the address. Raises ServiceRefused, ServiceAway."""
        return self._send("GET", f"{path}?{urlencode(query)}" if query else path, None, {})

    def post(self, path: str, body: bytes, *, key: str | None = None) -> Answer:
        """Send JSON under an idempotency key, with which it has one effect; without one where the service stores
        nothing. Raises ServiceRefused, ServiceAway.
        """
        headers = {"Content-Type": "application/json"} | ({} if key is None else {"Idempotency-Key": key})
        return self._send("POST", path, body, headers)

    def wait(self, seconds: float) -> None:
        """Wait before asking again."""
        self._wait(seconds)

    def _send(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        for wait in WAITS:
            try:
                return self._attempt(method, path, body, headers)
            except _Later as later:
                self._wait(wait if later.seconds is None else min(later.seconds, LONGEST_WAIT))
        try:
            return self._attempt(method, path, body, headers)
        except _Later as later:
            raise ServiceAway(f"{later.words} Try again later.") from None

    def _attempt(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        connection = self._connection()
        try:
            connection.request(method, self._address.path + path, body, {**self._headers, **headers})
            got = connection.getresponse()
            content = got.read(MOST_BYTES + 1)
        except ssl.SSLCertVerificationError as error:
            raise ServiceRefused(f"The certificate of the service cannot be trusted: {error.verify_message}.") from None
        except (OSError, http.client.HTTPException) as error:
            raise _Later(f"The service cannot be reached: {_reason(error)}.") from None
        finally:
            connection.close()
        if len(content) > MOST_BYTES or got.length:
            raise _Later("The answer of the service was cut off or is too long.")
        if got.status == http.client.TOO_MANY_REQUESTS or got.status >= 500 or _is_told_to_wait(got):
            raise _Later(str(_refusal_of(got.status, content)), _seconds(got.headers.get("Retry-After")))
        if got.status >= 300:
            raise _refusal_of(got.status, content)
        said = _json(content)
        if said is None:
            raise ServiceRefused("What answers at this address is not Case Audit. Check the address of the service.")
        return Answer(got.status, said, REPLAYED in got.headers)

    def _connection(self) -> http.client.HTTPConnection:
        to = self._address
        if not to.secure:
            return http.client.HTTPConnection(to.host, to.port, timeout=SECONDS_FOR_AN_ANSWER)
        context = ssl.create_default_context()
        proxy = "" if proxy_bypass(to.host) else getproxies().get("https", "")
        if not proxy:
            return http.client.HTTPSConnection(to.host, to.port, timeout=SECONDS_FOR_AN_ANSWER, context=context)
        through = urlsplit(proxy if "//" in proxy else f"//{proxy}")
        made = http.client.HTTPSConnection(
            through.hostname or "", through.port or 8080, timeout=SECONDS_FOR_AN_ANSWER, context=context
        )
        made.set_tunnel(to.host, to.port, headers=_for_proxy(through.username, through.password))
        return made


class _Later(Exception):
    """An attempt that may succeed later; `seconds`: after how long, where the service says so."""

    def __init__(self, words: str, seconds: float | None = None) -> None:
        super().__init__(words)
        self.words = words
        self.seconds = seconds


def _for_proxy(user: str | None, password: str | None) -> dict[str, str]:
    if user is None:
        return {}
    said = base64.b64encode(f"{unquote(user)}:{unquote(password or '')}".encode()).decode()
    return {"Proxy-Authorization": f"Basic {said}"}


def _is_told_to_wait(got: http.client.HTTPResponse) -> bool:
    """Whether something else must end first, such as the import of another list."""
    return got.status == http.client.CONFLICT and "Retry-After" in got.headers


def _seconds(text: str | None) -> float | None:
    return float(text) if text is not None and text.isascii() and text.isdecimal() else None


def _json(content: bytes) -> dict[str, Any] | None:
    try:
        said = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None


def _refusal_of(status: int, content: bytes) -> ServiceRefused:
    """What a refusal says (RFC 9457)."""
    if status == http.client.UNAUTHORIZED:
        return ServiceRefused("The service does not accept the token: it may have expired or been revoked.")
    if status < 400:
        return ServiceRefused("The service answers that it is at another address. Enter that address.")
    said = _json(content) or {}
    errors = said.get("errors")
    faults = [
        (str(each.get("pointer", "")), str(each.get("detail", "")))
        for each in (errors if isinstance(errors, list) else [])[:_MOST_FAULTS]
        if isinstance(each, dict)
    ]
    words = str(said.get("detail") or f"The service answered with status {status}.")
    return ServiceRefused(words, faults, str(said.get("type", "")).rpartition("/")[2])


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"there is no answer within {SECONDS_FOR_AN_ANSWER:.0f} seconds"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return "the connection was cut off"
