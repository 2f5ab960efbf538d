"""What every request passes before a route sees it: where it came from, and how large it is."""

from collections.abc import Awaitable, Callable
from typing import Final

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import CrossSite, Problem, TooLarge
from api.security import SAFE_METHODS, is_of_this_site
from api.settings import Settings

_BODY_FOLLOWS: Final = {"content-length", "transfer-encoding"}
MEGABYTE: Final = 1024 * 1024
MOST_BYTES: Final = MEGABYTE
MOST_BYTES_OF: Final = {
    "/api/v1/complete-audits/batch": 16 * MEGABYTE,
    "/api/v1/case-files/batch": 16 * MEGABYTE,
    "/api/v1/case-lists": 64 * MEGABYTE,
    # An export of a case system, or the list that was made of it.
    "/case-lists/new": 64 * MEGABYTE,
    # Carries the words of a form of the ordinary size, wrapped up once more.
    "/sign-in": 4 * MEGABYTE,
}


class Gate:
    """Refuses what another site sent and what is too large; gives the rest on, its body wholly received.

    A route that writes holds SQLite's one writer, so it must never wait for the body of a slow client.
    """

    def __init__(
        self, app: ASGIApp, settings: Settings, refuse: Callable[[Request, Problem], Awaitable[Response]]
    ) -> None:
        self.app = app
        self.settings = settings
        self.refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if scope["method"] == "HEAD":
            scope["method"], send = "GET", _without_body(send)
        headers = Headers(scope=scope)
        problem: Problem | None = None
        received: Receive | None = receive
        if not is_of_this_site(scope["method"], headers, self.settings):
            problem = CrossSite("Open the page of this service again, and send the form from there.")
        elif scope["method"] not in SAFE_METHODS or not _BODY_FOLLOWS.isdisjoint(headers.keys()):
            most = MOST_BYTES_OF.get(scope["path"], MOST_BYTES)
            try:
                received = await _received(receive, headers, most)
            except TooLarge as too_large:
                problem = too_large
        if problem is not None:
            response = await self.refuse(Request(scope), problem)
            await response(scope, receive, send)
        elif received is not None:
            await self.app(scope, received, send)


async def _received(receive: Receive, headers: Headers, most: int) -> Receive | None:
    """A `receive` that gives the whole body at once; None when the client left. Raises TooLarge."""
    declared = headers.get("content-length", "")
    too_large = TooLarge(f"Send at most {most // MEGABYTE} MB at once.")
    if declared.isdecimal() and (len(declared) > 12 or int(declared) > most):
        raise too_large
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        part = message.get("body", b"")
        size += len(part)
        if size > most:
            raise too_large
        parts.append(part)
        more = message.get("more_body", False)
    given = False

    async def give() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": b"".join(parts), "more_body": False}

    return give


def _without_body(send: Send) -> Send:
    async def send_head(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return send_head
