"""One client's connection, which costs next to nothing and never waits for ever."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

# Somewhat longer than anybody may have to wait, so that the trial can say how long it was.
LONGEST_WAIT_SECONDS = 30.0
# A server may close a connection that nobody used for a while; a request sent just then would fail for no fault.
UNUSED_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Got:
    """An answer; status 0 when there was none, with the reason as its body."""

    status: int
    seconds: float
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Connection:
    """A kept connection from an address of its own: limits that count by address must tell clients apart."""

    def __init__(self, port: int, number: int, *, longest_wait: float = LONGEST_WAIT_SECONDS) -> None:
        self.port = port
        self.address = f"127.0.{1 + number // 250}.{1 + number % 250}"
        self.longest_wait = longest_wait
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._used = 0.0

    async def open(self) -> None:
        """Connect, if no usable connection is open."""
        if self._writer is not None and time.monotonic() - self._used < UNUSED_SECONDS:
            return
        self.close()
        self._reader, self._writer = await asyncio.open_connection(
            "127.0.0.1", self.port, local_addr=(self.address, 0), limit=2**20
        )
        self._used = time.monotonic()

    async def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Got:
        """Send one request and wait for the whole answer."""
        began = time.monotonic()
        try:
            async with asyncio.timeout(self.longest_wait):
                await self.open()
                got = await self._exchange(_head(method, path, body, headers) + (body or b""), began)
        except TimeoutError:
            self.close()
            return Got(0, time.monotonic() - began, body=b"no answer in time")
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError) as error:
            self.close()
            return Got(0, time.monotonic() - began, body=f"{type(error).__name__}: {error}".encode())
        self._used = time.monotonic()
        if got.headers.get("connection", "").lower() == "close":
            self.close()
        return got

    def close(self) -> None:
        if self._writer is not None:
            self._writer.transport.abort()
        self._reader = self._writer = None

    async def _exchange(self, request: bytes, began: float) -> Got:
        assert self._writer is not None
        assert self._reader is not None
        self._writer.write(request)
        await self._writer.drain()
        first, *lines = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        status = int(first.split(" ", 2)[1])
        pairs = (line.partition(":") for line in lines if line)
        headers: dict[str, str] = {}
        for name, _, value in pairs:  # of cookies there are several
            before = headers.get(name.lower())
            headers[name.lower()] = value.strip() if before is None else f"{before}\n{value.strip()}"
        body = b"" if status in {204, 304} else await _body(self._reader, headers)
        return Got(status, time.monotonic() - began, headers, body)


async def _body(reader: asyncio.StreamReader, headers: Mapping[str, str]) -> bytes:
    if "content-length" in headers:
        return await reader.readexactly(int(headers["content-length"]))
    parts = []
    while size := int(await reader.readline(), 16):
        parts.append(await reader.readexactly(size))
        await reader.readline()
    await reader.readline()
    return b"".join(parts)


def _head(method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items() if value]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode()
