"""A client of the service within this process, on one event loop for all of them."""

from functools import cache
from queue import SimpleQueue
from threading import Thread
from typing import Any

import anyio
import httpx2
from anyio.from_thread import BlockingPortal
from starlette.types import ASGIApp


class Client(httpx2.Client):
    """Sends its requests to the service, and raises what the service raises. Does not follow redirects.

    The service is neither started nor stopped by it: what works behind the requests is tried elsewhere.
    """

    def __init__(
        self, app: ASGIApp, *, base_url: str = "http://testserver", address: str = "testclient", **options: Any
    ) -> None:
        super().__init__(transport=_WithinThisProcess(app, address), base_url=base_url, **options)


class _WithinThisProcess(httpx2.BaseTransport):
    def __init__(self, app: ASGIApp, address: str) -> None:
        self._service = httpx2.ASGITransport(app, client=(address, 50_000))

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        request.stream = httpx2.ByteStream(request.read())
        return _event_loop().call(self._answer, request)

    async def _answer(self, request: httpx2.Request) -> httpx2.Response:
        answer = await self._service.handle_async_request(request)
        sent = b"".join([part async for part in answer.aiter_raw()])
        return httpx2.Response(answer.status_code, headers=answer.headers, content=sent)


@cache
def _event_loop() -> BlockingPortal:
    """Lives as long as the process: to open one for each request takes longer than most requests."""
    opened: SimpleQueue[BlockingPortal] = SimpleQueue()

    async def serve() -> None:
        async with BlockingPortal() as portal:
            opened.put(portal)
            await portal.sleep_until_stopped()

    Thread(target=anyio.run, args=(serve,), daemon=True).start()
    return opened.get()
