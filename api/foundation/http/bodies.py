"""Bodies of requests: how much of one is taken in, from whom, and when."""

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
# What anybody may send before it is known who they are.
FIRST_BYTES: Final = 64 * KILOBYTE
ORDINARY: Final = MEGABYTE
SEND_JSON: Final = "Send JSON, with Content-Type: application/json."
_BODY_FOLLOWS: Final = {"content-length", "transfer-encoding"}
_JSON: Final = re.compile(r"application/(?:[\w.-]+\+)?json\s*(?:;.*)?", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True)
class Body:
    """The largest body that a route takes, in bytes; whether it may carry files, which alone are never copied; and,
    for one of JSON that is an object, which field of it is the long list.
    """

    most: int = ORDINARY
    files: bool = False
    long_list: str = ""

    async def __call__(self) -> None:
        return None

    def too_large(self) -> TooLarge:
        return TooLarge(f"Send at most {self.most // MEGABYTE} MB at once.")


def body(most: int, *, files: bool = False, long_list: str = "") -> Any:
    """`dependencies=[body(16 * MEGABYTE)]` on a route that takes more than the ordinary."""
    return Depends(Body(most, files, long_list))


class ClientLeft(Exception):
    """The client closed the connection before its body was complete."""


def has_body(headers: Headers) -> bool:
    """Whether a body follows these headers."""
    return not _BODY_FOLLOWS.isdisjoint(headers.keys())


def is_json(headers: Headers) -> bool:
    """Whether the body is said to be JSON, or a kind of it."""
    return _JSON.fullmatch(headers.get("content-type", "")) is not None


def declared_length(headers: Headers) -> int:
    """How long the body says it is, in bytes; 0 when it does not say."""
    text = headers.get("content-length", "")
    if not text.isdecimal():
        return 0
    return int(text) if len(text) <= 12 else 10**12


async def read_first_part(receive: Receive, most: int = FIRST_BYTES) -> tuple[bytes, bool]:
    """The first bytes of a body, a little over `most` at the most, and whether that is all. Raises ClientLeft."""
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
    """A `receive` that gives this body at once, and after it whatever follows."""
    given = False

    async def give() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return give


def replay_then_stream(first: bytes, receive: Receive, limit: Body) -> Receive:
    """A `receive` that gives what has come already, and then the rest as it comes. It raises TooLarge."""
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
    """The whole body, of which the first part has come already. Raises TooLarge and ClientLeft."""
    return b"".join([part async for part in iterate_parts(first, receive, limit)])


async def iterate_parts(first: bytes, receive: Receive, limit: Body) -> AsyncIterator[bytes]:
    """The body part by part, of which the first has come already. Raises TooLarge and ClientLeft."""
    yield first
    size = len(first)
    async for part, _ in _parts(receive):
        size += len(part)
        if size > limit.most:
            raise limit.too_large()
        yield part
