"""Bodies of requests: how much is read, from whom, and when."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final

from fastapi import Depends
from starlette.datastructures import Headers
from starlette.types import Message, Receive

from api.foundation.problems import TooLarge

KILOBYTE: Final = 1024
MEGABYTE: Final = 1024 * KILOBYTE
# The most that is read before the sender is known.
FIRST_BYTES: Final = 64 * KILOBYTE
ORDINARY: Final = MEGABYTE
SEND_JSON: Final = "Send JSON, with Content-Type: application/json."
_BODY_FOLLOWS: Final = {"content-length", "transfer-encoding"}
_JSON: Final = re.compile(r"application/(?:[\w.-]+\+)?json\s*(?:;.*)?", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True)
class Body:
    """The largest body that a route accepts, in bytes; whether it may contain files, which alone are never copied; and,
    for a JSON object, which field holds the long list.
    """

    most: int = ORDINARY
    files: bool = False
    long_list: str = ""

    async def __call__(self) -> None:
        return None

    def too_large(self) -> TooLarge:
        return TooLarge(f"Send no more than {self.most // MEGABYTE} MB at once.")


def body(most: int, *, files: bool = False, long_list: str = "") -> Any:
    """`dependencies=[body(16 * MEGABYTE)]` on a route that accepts more than the default."""
    return Depends(Body(most, files, long_list))


class ClientLeft(Exception):
    """The client closed the connection before its body was complete."""


def has_body(headers: Headers) -> bool:
    """Whether a body follows these headers."""
    return not _BODY_FOLLOWS.isdisjoint(headers.keys())


def is_json(headers: Headers) -> bool:
    """Whether the content type is JSON, or a kind of JSON."""
    return _JSON.fullmatch(headers.get("content-type", "")) is not None


def declared_length(headers: Headers) -> int:
    """The declared length of the body in bytes; 0 when none is declared."""
    text = headers.get("content-length", "")
    if not text.isdecimal():
        return 0
    return int(text) if len(text) <= 12 else 10**12


async def read_first_part(receive: Receive, most: int = FIRST_BYTES) -> tuple[bytes, bool]:
    """Read the first bytes of a body, slightly more than `most` at most; and whether that is all. Raises ClientLeft."""
    parts: list[bytes] = []
    size = 0
    async for part, more in _parts(receive):
        parts.append(part)
        size += len(part)
        if not more:
            return b"".join(parts), True
        if size > most:
            break
    return b"".join(parts), False


async def _parts(receive: Receive) -> AsyncIterator[tuple[bytes, bool]]:
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientLeft
        more = message.get("more_body", False)
        yield message.get("body", b""), more


def replay_body(body: bytes, receive: Receive) -> Receive:
    """A `receive` that returns this body at once, and after it passes on later messages."""
    given = False

    async def give() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return give


def replay_then_stream(first: bytes, receive: Receive, limit: Body) -> Receive:
    """A `receive` that returns what has arrived, then the rest as it arrives. It raises TooLarge."""
    size = len(first)
    given = False

    async def give() -> Message:
        nonlocal given, size
        if not given:
            given = True
            return {"type": "http.request", "body": first, "more_body": True}
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientLeft
        size += len(message.get("body", b""))
        if size > limit.most:
            raise limit.too_large()
        return message

    return give


async def read_rest(first: bytes, receive: Receive, limit: Body) -> bytes:
    """The whole body; its first part has been read already. Raises TooLarge and ClientLeft."""
    return b"".join([part async for part in iterate_parts(first, receive, limit)])


async def iterate_parts(first: bytes, receive: Receive, limit: Body) -> AsyncIterator[bytes]:
    """The body part by part; the first part has been read already. Raises TooLarge and ClientLeft."""
    yield first
    size = len(first)
    async for part, _ in _parts(receive):
        size += len(part)
        if size > limit.most:
            raise limit.too_large()
        yield part
