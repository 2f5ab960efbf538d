"""Forty bodies that are built to do harm: each is a head, and the parts that follow it."""

import json
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

MEGABYTE = 1024 * 1024
LARGE = 66 * MEGABYTE
JUST_WITHIN = 63 * MEGABYTE
PART = 64 * 1024
SLOW_SECONDS = 0.5
SLOW_PARTS = 16
BATCH, FILES, LISTS = "/api/v1/complete-audits/batch", "/api/v1/case-files/batch", "/api/v1/case-lists"
ORDINARY = "/api/v1/case-files"
LIST_PAGE, SIGN_IN, IMPORT = "/case-lists/new", "/sign-in", "/templates/import"
JSON, FORM, MULTIPART = "application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"
Parts = Iterator[bytes]


@dataclass(frozen=True, slots=True)
class Body:
    """What is sent, and to where. Without a length it is sent in chunks."""

    name: str
    path: str
    kind: str
    parts: Callable[[], Parts]
    length: int | None = None
    headers: dict[str, str] = field(default_factory=dict)


def repeated(unit: bytes, size: int, *, begin: bytes = b"", end: bytes = b"") -> tuple[Callable[[], Parts], int]:
    """About so many bytes of one thing over and over, made as they are sent; and how many they are exactly."""
    times = (size - len(begin) - len(end)) // len(unit)
    in_part = max(1, PART // len(unit))
    piece = unit * in_part

    def parts() -> Parts:
        yield begin
        for _ in range(times // in_part):
            yield piece
        yield unit * (times % in_part)
        yield end

    return parts, len(begin) + times * len(unit) + len(end)


def _sized(name: str, path: str, kind: str, made: tuple[Callable[[], Parts], int], **headers: str) -> Body:
    return Body(name, path, kind, made[0], made[1], headers)


def _of(
    name: str, path: str, kind: str, content: bytes, length: int | None = None, headers: Mapping[str, str] | None = None
) -> Body:
    def parts() -> Parts:
        for start in range(0, len(content), PART):
            yield content[start : start + PART]

    return Body(name, path, kind, parts, len(content) if length is None else length, dict(headers or {}))


def _slowly(unit: bytes, number: int = SLOW_PARTS) -> Callable[[], Parts]:
    def parts() -> Parts:
        for _ in range(number):
            yield unit
            time.sleep(SLOW_SECONDS)

    return parts


def _endless(unit: bytes) -> Callable[[], Parts]:
    def parts() -> Parts:
        while True:
            yield unit

    return parts


_CASE = json.dumps({"reference": "x" * 20, "team": "North", "status": "closed", "age_band": "5-to-9"}).encode() + b","
_HEAD_OF_LIST = b'{"listed_on":"2026-01-01","cases":['
_FIELD = b'--b\r\nContent-Disposition: form-data; name="f"\r\n\r\nx\r\n'
_FILE = b'--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'


def _large() -> list[Body]:
    return [
        _sized("form of 66 MB", LIST_PAGE, FORM, repeated(b"%41", LARGE, begin=b"list=")),
        _sized("form just within", LIST_PAGE, FORM, repeated(b"%41", JUST_WITHIN, begin=b"list=")),
        _sized("form of fields", LIST_PAGE, FORM, repeated(b"a=1&", JUST_WITHIN)),
        _sized("list of 66 MB", BATCH, JSON, repeated(b"1,", LARGE, begin=b"[", end=b"1]")),
        _sized("list of 15 MB", BATCH, JSON, repeated(b"1,", 15 * MEGABYTE, begin=b"[", end=b"1]")),
        _sized("empty objects", BATCH, JSON, repeated(b"{},", 15 * MEGABYTE, begin=b"[", end=b"{}]")),
        _sized("empty objects as files", FILES, JSON, repeated(b"{},", 15 * MEGABYTE, begin=b"[", end=b"{}]")),
        _sized("objects in an item", BATCH, JSON, repeated(b'{"":{}},', 15 * MEGABYTE, begin=b"[[", end=b"{}]]")),
        _sized("nested lists", BATCH, JSON, repeated(b"[", 15 * MEGABYTE)),
        _sized("nested objects", LISTS, JSON, repeated(b'{"cases":', JUST_WITHIN)),
        _sized("nested past the scan", BATCH, JSON, repeated(b"[" * 19 + b"]" * 19 + b",", 15 * MEGABYTE, begin=b"[")),
        _sized("one text", LISTS, JSON, repeated(b"x", JUST_WITHIN, begin=b'{"source":"', end=b'"}')),
        _sized("escapes", LISTS, JSON, repeated(b"\\u00e9", JUST_WITHIN, begin=b'{"source":"', end=b'"}')),
        _sized("escaped quotes", LISTS, JSON, repeated(b'\\"', JUST_WITHIN, begin=b'["')),
        _sized("backslashes", LISTS, JSON, repeated(b"\\", JUST_WITHIN, begin=b'["')),
        _sized("space", LISTS, JSON, repeated(b" ", JUST_WITHIN, begin=b"{", end=b"}")),
        _sized("a number", LISTS, JSON, repeated(b"9", JUST_WITHIN)),
        _sized("one name again and again", LISTS, JSON, repeated(b'"a":1,', JUST_WITHIN, begin=b"{", end=b'"a":1}')),
        _sized("cases", LISTS, JSON, repeated(_CASE, JUST_WITHIN, begin=_HEAD_OF_LIST, end=_CASE[:-1] + b"]}")),
        _sized("cases that do not fit", LISTS, JSON, repeated(b"{},", MEGABYTE, begin=_HEAD_OF_LIST, end=b"{}]}")),
        _sized("fields of a form with files", LIST_PAGE, MULTIPART, repeated(_FIELD, JUST_WITHIN, end=b"--b--\r\n")),
        _sized("a file", LIST_PAGE, MULTIPART, repeated(b"x", JUST_WITHIN, begin=_FILE, end=b"\r\n--b--\r\n")),
        _sized("a file that never ends", LIST_PAGE, MULTIPART, repeated(b"--b\r\n", JUST_WITHIN, begin=_FILE)),
        _sized("header of a part", LIST_PAGE, MULTIPART, repeated(b"x", JUST_WITHIN, begin=b"--b\r\nContent-")),
    ]


def _ordinary() -> list[Body]:
    return [
        _sized("[ of 1 MB", ORDINARY, JSON, repeated(b"[", MEGABYTE)),
        _sized("objects of 1 MB", ORDINARY, JSON, repeated(b"{},", MEGABYTE, begin=b"[", end=b"{}]")),
        _sized("names of 1 MB", ORDINARY, JSON, repeated(b'"":0,', MEGABYTE, begin=b"{", end=b'"":0}')),
        _sized("[ of 60 kB", ORDINARY, JSON, repeated(b"[", 60_000)),
        _sized("objects of 60 kB", ORDINARY, JSON, repeated(b"{},", 60_000, begin=b"[", end=b"{}]")),
        _sized(
            "template of 1 MB", IMPORT, MULTIPART, repeated(b"[", MEGABYTE - 200, begin=_FILE, end=b"\r\n--b--\r\n")
        ),
        _sized("escapes in a form", SIGN_IN, FORM, repeated(b"%41%", 4 * MEGABYTE - 100, begin=b"email=")),
        _of("utf-16", BATCH, JSON, ("[" + "[" * 90_000).encode("utf-16")),
        _of("compressed", LISTS, JSON, zlib.compress(b"[" * 9_000_000), headers={"Content-Encoding": "deflate"}),
    ]


def _lying() -> list[Body]:
    return [
        _of("a length of 10^15", LISTS, JSON, b"[1]", 10**15),
        _of("a length of more than comes", BATCH, JSON, b"[" * 200_000, 10 * MEGABYTE),
        _of("a length of less than comes", BATCH, JSON, b"[" * 2_000_000, 10),
        Body("slowly", LISTS, JSON, _slowly(b"1" * 8_000), 20 * MEGABYTE),
        Body("slowly to sign in", SIGN_IN, FORM, _slowly(b"a=1&"), MEGABYTE),
        Body("chunks without end", LISTS, JSON, _endless(b"1," * 30_000)),
        Body("small chunks without end", SIGN_IN, FORM, _endless(b"a")),
    ]


def forty() -> list[Body]:
    """All of them."""
    return [*_large(), *_ordinary(), *_lying()]


def ten_of_escapes() -> list[Body]:
    """Ten forms at once of as many escapes as a stranger may send."""
    made = repeated(b"%41%", 64_000, begin=b"email=")
    return [_sized(f"escapes of 64 kB, {number}", SIGN_IN, FORM, made) for number in range(10)]


def ten_to_sign_in() -> list[Body]:
    """Ten posts of 4 MB at once, each of which a sign-in page may carry for somebody known."""
    made = repeated(b"carried=abc&", 4 * MEGABYTE - 100)
    return [_sized(f"4 MB to sign in, {number}", SIGN_IN, FORM, made) for number in range(10)]
