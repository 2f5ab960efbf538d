"""Checks that every request passes before its route: where it came from, and the first part of its body."""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Final

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.foundation.http import bodies
from api.foundation.http.capacity import Capacity
from api.foundation.http.limits import Limits
from api.foundation.http.security import SAFE_METHODS, is_same_site
from api.foundation.identity.protocols import token_in
from api.foundation.problems import CrossSite, Problem, Unavailable, Unsupported
from api.foundation.settings import Settings
from models.storage.slots import Busy

# Answered at once, whatever else waits: monitoring must be able to tell that the service is alive.
UNCHECKED_PATH: Final = "/api/v1/health/live"


class RequestChecks:
    """Refuses requests that another site sent; reads as much of a body as a stranger may send, and limits how many at
    once.

    A request waits here for its slot while it costs next to nothing. `ready_to_work` releases the slot, when the
    request has been checked and goes on to wait for a slot of the kind that its route needs.
    """

    def __init__(
        self, app: ASGIApp, settings: Settings, refuse: Callable[[Request, Problem], Awaitable[Response]]
    ) -> None:
        self.app = app
        self.settings = settings
        self.refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] == UNCHECKED_PATH:
            await self.app(scope, receive, send)
            return
        if scope["method"] == "HEAD":
            await self._answer_head(scope, receive, send)
            return
        await self._answer_checked(scope, receive, send)

    async def _answer_head(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as to GET, without the body. The server keeps its own scope, whose method tells it that no body
        follows the stated length: otherwise it would close the connection.
        """
        asked = {**scope, "method": "GET"}
        try:
            await self._answer_checked(asked, receive, _without_body(send))
        finally:
            scope.update({name: asked[name] for name in ("route",) if name in asked})

    async def _answer_checked(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        try:
            self._check(scope, headers)
            limits: Limits = scope["app"].state.limits
            limits.count(_credential(scope, headers), _address(scope))
            receive = await _read_start_of_body(scope, headers, receive)
            capacity: Capacity = scope["app"].state.capacity
            async with AsyncExitStack() as turn:
                await turn.enter_async_context(
                    capacity.entering.hold_async(_credential(scope, headers) or _address(scope))
                )
                scope["state"]["turn"] = turn
                await self.app(scope, receive, send)
        except bodies.ClientLeft:
            return
        except Busy as busy:
            await self._answer(scope, receive, send, Unavailable.busy(busy.seconds))
        except Problem as problem:
            await self._answer(scope, receive, send, problem)

    def _check(self, scope: Scope, headers: Headers) -> None:
        if not is_same_site(scope["method"], headers, self.settings):
            raise CrossSite("Open the page in this service again and submit the form from there.")
        if headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
            raise Unsupported("Send the body uncompressed. Compressed bodies are not accepted.")

    async def _answer(self, scope: Scope, receive: Receive, send: Send, problem: Problem) -> None:
        response = await self.refuse(Request(scope), problem)
        await response(scope, receive, send)


async def ready_to_work(request: Request) -> None:
    """Release the slot: this request has been checked, and now waits for a slot of its route's kind."""
    turn: AsyncExitStack | None = getattr(request.state, "turn", None)
    if turn is not None:
        await turn.aclose()


async def _read_start_of_body(scope: Scope, headers: Headers, receive: Receive) -> Receive:
    if scope["method"] in SAFE_METHODS and not bodies.has_body(headers):
        return receive
    first, all_of_it = await bodies.read_first_part(receive)
    if all_of_it:
        return bodies.replay_body(first, receive)
    scope["state"]["first_part"] = first
    return receive


def _credential(scope: Scope, headers: Headers) -> str:
    return token_in(headers, scope["path"]) or headers.get("authorization") or headers.get("cookie", "")


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return client[0] if client else ""


def _without_body(send: Send) -> Send:
    async def send_head(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return send_head
