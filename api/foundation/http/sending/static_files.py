"""Static files: compressed, and kept for a year by browsers where the address holds the mark of their content."""

import mimetypes
from functools import cache
from pathlib import Path
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from api.foundation.http.sending.compression import accepts_gzip, gzip

_TEXTS: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}

# On Windows, other programs may set other types in the registry, and browsers would then not run our scripts.
for _ending, _media_type in _TEXTS.items():
    mimetypes.add_type(_media_type, _ending)


class StaticTexts(StaticFiles):
    """Static files, cached for a year where the address contains the hash of their content."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        marked = scope.get("query_string", b"").startswith(b"v=")
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if marked else "no-cache"
        if isinstance(response, FileResponse) and Path(response.path).suffix in _TEXTS:
            response.headers["Vary"] = "Accept-Encoding"
            if accepts_gzip(Headers(scope=scope)):
                response = _compressed(response)
        return response


def _compressed(file: FileResponse) -> Response:
    content = _gzip_of(str(file.path), file.headers["etag"])
    headers = {name: file.headers[name] for name in ("cache-control", "vary", "last-modified")}
    # The tag of the uncompressed file, marked as weak because the bytes differ.
    headers |= {"content-encoding": "gzip", "etag": f"W/{file.headers['etag']}"}
    return Response(content, file.status_code, headers, media_type=file.media_type)


@cache
def _gzip_of(path: str, etag: str) -> bytes:  # noqa: ARG001 - part of the cache key: another tag, other content
    return gzip(Path(path).read_bytes(), level=9)
