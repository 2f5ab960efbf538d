"""How deep and how much JSON is, found by a scan that makes no objects: what is too much is never read.

Needs the standard library alone, since a process that splits a large body runs it too.
"""

import re
from json import detect_encoding
from typing import Final

# No body of this service nests half as deep.
DEEPEST: Final = 20
# In one body of ordinary size, or one item of a large one. Reading and checking so many takes some 20 ms.
MOST_VALUES: Final = 20_000
# How much is looked at in one step, during which nothing else of the process runs.
STEP: Final = 64 * 1024

_STRING: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\Z)', re.DOTALL)
# Stands behind what is looked at: a string that is not over swallows it.
_END: Final = b"\x00"
_SAME_BRACKETS: Final = bytes.maketrans(b"{}", b"[]")
_ALL_BUT_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))


class OutOfBounds(Exception):
    """What was sent is not what a body of this service can be."""


class TooDeep(OutOfBounds):
    """Lists and objects stand in one another more than DEEPEST deep."""


class TooManyValues(OutOfBounds):
    """There are more values than may come at once."""


class NotUtf8(OutOfBounds):
    """It is JSON in another encoding, if it is JSON."""


class Bounds:
    """Looks at JSON part by part, in time that grows with its length alone, whatever it holds.

    What is no JSON at all may pass: whoever reads it finds that out.
    """

    def __init__(self, most_values: int = MOST_VALUES) -> None:
        self._most_values: Final = most_values
        self._values = 1
        self._depth = 0
        # What an unfinished string of the part before begins the next one with.
        self._unfinished = b""

    def look_at(self, part: bytes) -> None:
        """The next part. Raises TooDeep and TooManyValues."""
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
        self._look_at_depth(b"[" * self._depth + brackets)
        if self._values > self._most_values:
            raise TooManyValues

    def _look_at_depth(self, brackets: bytes) -> None:
        """Take away pairs with nothing between them, again and again: what stands deepest goes first."""
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
    """Raise OutOfBounds for a whole body that is deeper or more than one of ordinary size can be."""
    # Other encodings could hide brackets from the scan; RFC 8259 allows none of them between systems.
    if not detect_encoding(content).startswith("utf-8"):
        raise NotUtf8
    opened = content.count(b"[") + content.count(b"{")
    if opened > DEEPEST or opened + content.count(b",") >= MOST_VALUES:
        Bounds().look_at(content)
