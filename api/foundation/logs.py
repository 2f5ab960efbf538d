"""Logs: one JSON object a line on standard error, without children's names or anything that was typed."""

import json
import logging
import os
import sys
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, TextIO

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from models import new_id

REQUESTS: Final = logging.getLogger("caseaudit.requests")
_PLACES_SHOWN = 12


class JsonLines(logging.Formatter):
    """A record as one line: time, level, logger, message, and what was given as `extra={"fields": {...}}`.

    For an exception it shows the class and the lines of code that it came through, but not its message: a database
    repeats the values of the statement there.
    """

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[1] is not None:
            line["exception"] = type(record.exc_info[1]).__qualname__
            line["through"] = places(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False, default=str)


def places(problem: BaseException) -> list[str]:
    """The last lines of code that an exception came through, without any value."""
    frames = traceback.extract_tb(problem.__traceback__)[-_PLACES_SHOWN:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]


class WholeLines(logging.StreamHandler[TextIO]):
    """Writes each record in one piece. After one that was cut, as by a full disk, the next begins a new line."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._is_cut = False

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record; nothing is raised when there is no room."""
        try:
            line = f"{self.format(record)}\n".encode(errors="replace")
            self.flush()
            left = b"\n" + line if self._is_cut else line
            while left:
                left = left[os.write(self.stream.fileno(), left) :]
                self._is_cut = bool(left)
        except OSError:
            pass  # there is no room, and nowhere to say so
        except Exception:  # noqa: BLE001 - as every handler of the standard library does
            self.handleError(record)


def start_logs(level: str = "INFO") -> None:
    """Send every log of this process to standard error as JSON lines. For the command line to call, once."""
    handler = WholeLines(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    # It would log paths and queries as they were typed; RequestLog logs the route instead.
    logging.getLogger("uvicorn.access").handlers.clear()
    logging.getLogger("uvicorn.access").propagate = False


class RequestLog:
    """Gives each request an identifier, logs its result, and turns unhandled exceptions into a response.

    `count` is called for each request with its method, the template of its route, its status and its seconds.
    `templates` maps the id of each route to its path template, which is logged instead of the path, since a path may
    contain anything.
    """

    def __init__(
        self,
        app: ASGIApp,
        answer_failure: Callable[[Request], Awaitable[Response]],
        templates: Mapping[int, str],
        count: Callable[[str, str, int, float], None] = lambda *_: None,
    ) -> None:
        self.app = app
        self.answer_failure = answer_failure
        self.templates = templates
        self.count = count

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        state = scope.setdefault("state", {})
        # Generated here, never accepted from the client: what a client sends must not reach the log.
        state["request_id"] = new_id().hex
        status = 0

        async def send_named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-Id"] = state["request_id"]
            await send(message)

        failure: Exception | None = None
        try:
            await self.app(scope, receive, send_named)
        except Exception as error:  # noqa: BLE001 - last resort: nobody is shown what went wrong inside
            failure = error
            if not status:
                response = await self.answer_failure(Request(scope, receive))
                await response(scope, receive, send_named)
        finally:
            self._log(scope, status, started, failure)

    def _log(self, scope: Scope, status: int, started: float, failure: Exception | None) -> None:
        actor = scope["state"].get("actor")
        route = self.templates.get(id(scope.get("route")), "(none)")
        seconds = time.perf_counter() - started
        # Methods are counted too, and anybody can make one up.
        self.count(scope["method"] if route != "(none)" else "(any)", route, status, seconds)
        REQUESTS.log(
            logging.ERROR if failure is not None else logging.INFO,
            "failed" if failure is not None else "answered",
            exc_info=failure,
            extra={
                "fields": {
                    "request_id": scope["state"]["request_id"],
                    "method": scope["method"],
                    "route": route,
                    "status": status,
                    "ms": round(seconds * 1000, 1),
                    "actor": str(actor.id) if actor is not None else None,
                }
            },
        )
