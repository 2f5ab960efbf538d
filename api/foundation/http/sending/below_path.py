"""The service below a path of a host that it shares, such as https://intranet.example.org/case-audit.

The rooms know nothing of it: their routes and links begin at "/". The path comes off a request here and goes onto what
a response tells the browser to open or to send back: locations, cookies, and the links of a page (`links_below`).
"""

import re
from typing import Final
from urllib.parse import quote

from starlette.types import ASGIApp, Message, Receive, Scope, Send

# A template writes each link as an attribute in double quotes, and escapes every quote in what people wrote.
_LINK: Final = re.compile(r'\b(href|src|action|formaction)="/(?!/)')
_LOCATIONS: Final = frozenset({b"location", b"content-location"})


class BelowPath:
    """Serves below `path`, such as "/case-audit". A proxy may take the path off the request itself, or leave it on."""

    def __init__(self, app: ASGIApp, path: str) -> None:
        self.app = app
        self.path = path
        self.in_headers = quote(path).encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_below(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [(name, self._below(name, value)) for name, value in message["headers"]]
            await send(message)

        await self.app(self._inside(scope), receive, send_below)

    def _inside(self, scope: Scope) -> Scope:
        path: str = scope["path"]
        if path != self.path and not path.startswith(f"{self.path}/"):
            return scope
        raw = scope.get("raw_path") or b""
        inside = {**scope, "path": path[len(self.path) :] or "/"}
        if raw.startswith(self.in_headers):
            inside["raw_path"] = raw[len(self.in_headers) :] or b"/"
        return inside

    def _below(self, name: bytes, value: bytes) -> bytes:
        if name.lower() in _LOCATIONS and value.startswith(b"/") and not value.startswith(b"//"):
            return self.in_headers + value
        if name.lower() == b"set-cookie":
            return re.sub(rb"(?i); path=/(?=;|$)", lambda _: b"; Path=" + self.in_headers, value)
        return value


def links_below(path: str, page: str) -> str:
    """The page with every link and form to this service below the path; unchanged without a path."""
    return _LINK.sub(rf'\1="{quote(path)}/', page) if path else page
