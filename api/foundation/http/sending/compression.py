"""Compressing pages for slow networks, without telling anybody who watches the network what a page holds.

A compressed page is shorter the more often its words repeat. Anybody who can open pages in somebody's browser with
words of their own in the address, and sees the lengths of the encrypted answers, can guess what else those pages hold
(the BREACH attack, https://breachattack.com). So what another site asked for is never compressed, and every compressed
page gets up to MOST_PADDING bytes at random.
"""

import secrets
import zlib
from collections.abc import Mapping
from typing import Final

from starlette.responses import HTMLResponse, Response

# A page shorter than one packet arrives no sooner when it is compressed.
LEAST_BYTES: Final = 1_400
MOST_PADDING: Final = 100
# Above it, a page takes several times as long for a tenth less.
LEVEL: Final = 4
_HAS_A_NAME: Final = 8
_HEAD: Final = bytes((0x1F, 0x8B, zlib.DEFLATED, _HAS_A_NAME, 0, 0, 0, 0, 0, 0xFF))


def accepts_gzip(headers: Mapping[str, str]) -> bool:
    """Whether the client reads gzip."""
    for each in headers.get("accept-encoding", "").lower().split(","):
        coding, _, quality = each.partition(";")
        if coding.strip() in {"gzip", "*"}:
            return quality.strip().removeprefix("q=").rstrip("0.") != "" or not quality
    return False


def compress_page(response: Response, headers: Mapping[str, str]) -> None:
    """Compress a page, where its reader accepts that and asked for it from a page of this service or by themselves.

    `headers`: those of the request. For a worker's thread, when its transaction is over.
    """
    if not isinstance(response, HTMLResponse) or len(response.body) < LEAST_BYTES:
        return
    response.headers["Vary"] = "Accept-Encoding, Sec-Fetch-Site"
    if accepts_gzip(headers) and headers.get("sec-fetch-site", "none") in {"none", "same-origin"}:
        response.body = gzip(bytes(response.body), level=LEVEL, padding=secrets.randbelow(MOST_PADDING + 1))
        response.headers["Content-Encoding"] = "gzip"
        response.headers["Content-Length"] = str(len(response.body))


def gzip(content: bytes, *, level: int, padding: int = 0) -> bytes:
    """The content as gzip (RFC 1952), longer by `padding` bytes in a name of a file that every reader ignores."""
    packing = zlib.compressobj(level, wbits=-zlib.MAX_WBITS)
    packed = packing.compress(content) + packing.flush()
    end = zlib.crc32(content).to_bytes(4, "little") + (len(content) & 0xFFFFFFFF).to_bytes(4, "little")
    return b"".join((_HEAD, b"x" * padding, b"\0", packed, end))
