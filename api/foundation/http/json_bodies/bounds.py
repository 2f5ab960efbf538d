"""Depth and size of JSON, found by a scan that makes no objects: what is over the limits is never parsed.

Needs only the standard library, since a process that splits a large body runs it too.
"""

import re
from json import detect_encoding
from typing import Final

# No body of this service nests half as deep.
DEEPEST: Final = 20
# In one body of ordinary size, or one item of a large one. Parsing and checking this many takes about 20 ms.
MOST_VALUES: Final = 20_000
# How much is scanned in one step, during which nothing else of the process runs.
STEP: Final = 64 * 1024

_STRING: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\Z)', re.DOTALL)
# Appended to what is scanned: it becomes part of a string that is not closed.
_END: Final = b"\x00"
_SAME_BRACKETS: Final = bytes.maketrans(b"{}", b"[]")
_ALL_BUT_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))


class OutOfBounds(Exception):
    """The JSON exceeds what any body of this service can be."""


class TooDeep(OutOfBounds):
    """Lists and objects are nested more than DEEPEST deep."""


class TooManyValues(OutOfBounds):
    """There are more values than may be sent at once."""


class NotUtf8(OutOfBounds):
    """It is not UTF-8, so it may be JSON in another encoding."""


class Bounds:
    """Scans JSON part by part, in time that grows with its length alone, whatever it contains.

    Invalid JSON may pass: the parser finds that out.
    """

    def __init__(self, most_values: int = MOST_VALUES) -> None:
        self._most_values: Final = most_values
        self._values = 1
        self._depth = 0
        # The part of an unfinished string with which the next part begins.
        self._unfinished = b""

    def scan(self, part: bytes) -> None:
        """Scan the next part. Raises TooDeep and TooManyValues."""
        for start in range(0, len(part), STEP):
            self._step(part[start : start + STEP])

    def _step(self, part: bytes) -> None:
        given = self._unfinished + part + _END
        plain = _STRING.sub(b"", given)
        in_string = not plain.endswith(_END)
        escapes = len(given) - len(given[:-1].rstrip(b"\\")) - 1
        self._unfinished = (b'"\\' if escapes % 2 else b'"') if in_string else b""
        brackets = plain.translate(_SAME_BRACKETS, _ALL_BUT_BRACKETS)
        self._values += plain.count(b",") + brackets.count(b"[")
        self._scan_depth(b"[" * self._depth + brackets)
        if self._values > self._most_values:
            raise TooManyValues

    def _scan_depth(self, brackets: bytes) -> None:
        """Remove pairs with nothing between them, repeatedly: the deepest go first."""
        self._depth = max(0, 2 * brackets.count(b"[") - len(brackets))
        if self._depth > DEEPEST:
            raise TooDeep
        brackets += b"]" * self._depth
        passes = 0
        while b"[]" in brackets:
            brackets = brackets.replace(b"[]", b"")
            passes += 1
            if passes > DEEPEST:
                raise TooDeep


def check_bounds(content: bytes) -> None:
    """Raise OutOfBounds for a whole body that is deeper or longer than one of ordinary size can be."""
    # Other encodings could hide brackets from the scan; RFC 8259 allows none of them between systems.
    if not detect_encoding(content).startswith("utf-8"):
        raise NotUtf8
    opened = content.count(b"[") + content.count(b"{")
    if opened > DEEPEST or opened + content.count(b",") >= MOST_VALUES:
        Bounds().scan(content)
