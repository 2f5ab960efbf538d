"""JSON bodies before their route: bounded before parsing, and parsed off the event loop when large."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from subprocess import Popen
from typing import Any

from anyio import CancelScope
from starlette.requests import Request
from starlette.types import Receive, Scope

from api.foundation.http.admission import capacity_of
from api.foundation.http.bodies import FIRST_BYTES, SEND_JSON, Body, is_json, iterate_parts
from api.foundation.http.dependencies import fingerprint_begins_with
from api.foundation.http.json_bodies.bounds import NotUtf8, TooDeep, TooManyValues, check_bounds
from api.foundation.http.json_bodies.reading import (
    NOT_UTF_8,
    TOO_DEEP,
    TOO_MANY_VALUES,
    LargeModel,
    read_large,
    start_splitting,
)
from api.foundation.http.json_bodies.spooling import SpooledBody
from api.foundation.problems import BadRequest, TooLarge, Unsupported


class ReadRequest(Request):
    """A request whose body has been read already, and is no longer kept."""

    def __init__(self, scope: Scope, receive: Receive, content: Any) -> None:
        super().__init__(scope, receive)
        self._content = content

    async def body(self) -> bytes:
        """Not empty, since the framework asks whether there is a body before it asks for its content."""
        return b"{}"

    async def json(self) -> Any:
        return self._content


async def check_ordinary(request: Request) -> None:
    """Raise a Problem for JSON that the framework must not parse, since it is deeper or longer than any body here."""
    if not is_json(request.headers):
        return
    content = await request.body()

    def check() -> None:
        try:
            check_bounds(content)
        except NotUtf8:
            raise BadRequest(NOT_UTF_8) from None
        except TooDeep:
            raise BadRequest(TOO_DEEP) from None
        except TooManyValues:
            raise TooLarge(TOO_MANY_VALUES) from None

    if len(content) <= FIRST_BYTES:
        check()
    else:
        await capacity_of(request).run(check)


async def read_beside(request: Request, first: bytes, limit: Body, large: LargeModel) -> Request:
    """The request with its large body parsed. The caller holds a slot. Raises Problem or RequestValidationError."""
    if not is_json(request.headers):
        raise Unsupported(SEND_JSON)
    run: Callable[..., Any] = capacity_of(request).run
    async with _splitting(large, run) as process:
        with closing(SpooledBody(fingerprint_begins_with(request))) as body:
            await body.take(iterate_parts(first, request.receive, limit), run)
            request.state.fingerprint = body.fingerprint
            content = await run(lambda: read_large(large, body, process))
    return ReadRequest(request.scope, request.receive, content)


@asynccontextmanager
async def _splitting(large: LargeModel, run: Callable[..., Any]) -> AsyncIterator[Popen[bytes]]:
    """A process that can split a body: it starts while the body arrives, and is ended with the block."""
    process = await run(lambda: start_splitting(large))
    try:
        yield process
    finally:
        if process.returncode is None:  # the body did not arrive, or was refused on the way
            with CancelScope(shield=True):
                await run(lambda: _end(process))


def _end(process: Popen[bytes]) -> None:
    with process:
        process.kill()
