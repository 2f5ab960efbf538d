"""Find where the items of one long JSON list begin and end, in a separate process and without their model.

Run as a module it reads the body from standard input; its argument is the name of the list in the outermost object
(empty when the list is the whole body). It writes a line for each piece: `items START END NUMBER`, `field START END`,
or, when it ends early, `refused WHY`. The last line is `whole`. START and END are byte offsets in the body; every
piece is valid JSON and small enough to be parsed in one step.
"""

import json
import re
import sys
from collections.abc import Callable, Iterator
from typing import BinaryIO, Final

from api.foundation.http.json_bodies.bounds import MOST_VALUES, Bounds, TooDeep, TooManyValues
from api.foundation.own_process import limit_this_process

# One item may hold no more than when it is sent alone.
LARGEST_ITEM: Final = 1024 * 1024
# Several items are parsed together up to these limits, so that one step in the server takes a few milliseconds.
LARGEST_PIECE: Final = 64 * 1024
MOST_VALUES_OF_A_PIECE: Final = 4_000
MOST_VALUES_OF_A_BODY: Final = 2_000_000
MOST_MEMORY: Final = 192 * 1024 * 1024
MOST_PROCESSOR_SECONDS: Final = 20
_CHUNK: Final = LARGEST_ITEM
_SPACE: Final = re.compile(r"[ \t\n\r]*+")
# A truncated text is refused at its end, or no further from it than the longest word or escape.
_LONGEST_WORD: Final = 16
# For example "e-", which may be at the end of the window with more digits after it.
_LONGEST_SIGNS_IN_A_NUMBER: Final = 2
_KINDS: Final = {"{": "object", "[": "list", '"': "text"}


class Refused(Exception):
    """Why the body is refused, in one word."""


class _Text:
    """A window that moves along the body. One byte is one character: JSON's own signs are single bytes."""

    def __init__(self, given: BinaryIO) -> None:
        self._given = given
        self._bounds: Final = Bounds(MOST_VALUES_OF_A_BODY)
        self._scan: Final = json.JSONDecoder().scan_once  # type: ignore[attr-defined]
        self._before = 0
        self._is_whole = False
        self.text = ""
        self.at = 0
        self._move()
        if self.text.startswith("\xef\xbb\xbf"):
            self.at = 3

    @property
    def place(self) -> int:
        """How many bytes of the body have been passed."""
        return self._before + self.at

    def _move(self) -> None:
        chunk = self._given.read(_CHUNK)
        # Other encodings could hide brackets from the scan.
        if not self._before and not self.text and not json.detect_encoding(chunk).startswith("utf-8"):
            raise Refused("not-utf-8")
        # Before any value is built.
        self._bounds.scan(chunk)
        self._is_whole = len(chunk) < _CHUNK
        self.text = self.text[self.at :] + chunk.decode("latin-1")
        self._before += self.at
        self.at = 0

    def next_sign(self) -> str:
        """The next character that is not white space, without passing it; empty at the end."""
        while True:
            found = _SPACE.match(self.text, self.at)
            self.at = found.end() if found else self.at
            if self.at < len(self.text):
                return self.text[self.at]
            if self._is_whole:
                return ""
            self._move()

    def take(self, signs: str) -> str:
        """Pass the next character, which must be one of these."""
        sign = self.next_sign()
        if not sign or sign not in signs:
            raise Refused("not-json")
        self.at += 1
        return sign

    def value(self) -> tuple[object, int]:
        """Pass a value; returns its kind, and roughly how many values it holds."""
        self.next_sign()
        while True:
            try:
                found, end = self._scan(self.text, self.at)
            except StopIteration as stopped:
                self._go_on_if_cut_off(stopped.value)
                continue
            except json.JSONDecodeError as error:
                self._go_on_if_cut_off(len(self.text) if error.msg.startswith("Unterminated") else error.pos)
                continue
            may_go_on = isinstance(found, int | float) and end + _LONGEST_SIGNS_IN_A_NUMBER >= len(self.text)
            if self._is_whole or not may_go_on:
                break
            self._move()
        return found, self._passed(end)

    def _go_on_if_cut_off(self, stopped_at: int) -> None:
        if self._is_whole or stopped_at < len(self.text) - _LONGEST_WORD:
            raise Refused("not-json")
        if len(self.text) - self.at > LARGEST_ITEM:
            raise Refused("large-item")
        self._move()

    def _passed(self, end: int) -> int:
        start, self.at = self.at, end
        if end - start > LARGEST_ITEM:
            raise Refused("large-item")
        values = 1 + sum(self.text.count(sign, start, end) for sign in ",[{")
        if values > MOST_VALUES:
            # These may be characters inside a string.
            try:
                Bounds().scan(self.text[start:end].encode("latin-1"))
            except TooManyValues:
                raise Refused("many-values-in-an-item") from None
        return values


def split(given: BinaryIO, long_list: str, most: int) -> Iterator[str]:
    """The lines of the pieces. Raises Refused, TooDeep and TooManyValues."""
    text = _Text(given)
    sign = text.next_sign()
    if sign != ("{" if long_list else "["):
        value, _ = (None, 0) if sign in _KINDS else text.value()
        yield f"other {_KINDS.get(sign) or json.dumps(type(value).__name__)}"
        return
    if long_list:
        yield from _fields(text, long_list, most)
    else:
        yield from _items(text, most)
    if text.next_sign():
        raise Refused("not-json")
    yield "whole"


def _fields(text: _Text, long_list: str, most: int) -> Iterator[str]:
    text.take("{")
    if text.next_sign() == "}":
        text.take("}")
        return
    is_listed, size, values = False, 0, 0
    while True:
        if text.next_sign() != '"':
            raise Refused("not-json")
        start = text.place
        name, _ = text.value()
        text.take(":")
        if name == long_list:
            if is_listed:
                raise Refused("list-twice")
            is_listed = True
        if name == long_list and text.next_sign() == "[":
            yield from _items(text, most)
        else:
            _, more = text.value()
            size, values = size + text.place - start, values + more
            if size > LARGEST_ITEM:
                raise Refused("large-item")
            if values > MOST_VALUES:
                raise Refused("many-values-in-an-item")
            yield f"field {start} {text.place}"
        if text.take(",}") == "}":
            return


def _items(text: _Text, most: int) -> Iterator[str]:
    text.take("[")
    yield "list"
    if text.next_sign() == "]":
        text.take("]")
        return
    start = end = number = values = in_all = 0
    while True:
        text.next_sign()
        began = text.place
        _, more = text.value()
        if number and (text.place - start > LARGEST_PIECE or values + more > MOST_VALUES_OF_A_PIECE):
            yield f"items {start} {end} {number}"
            number = values = 0
        if not number:
            start = began
        end, number, values, in_all = text.place, number + 1, values + more, in_all + 1
        if in_all > most:
            raise Refused("long-list")
        if text.take(",]") == "]":
            break
    yield f"items {start} {end} {number}"


def _split_here(given: BinaryIO, write: Callable[[str], object], long_list: str, most: int) -> None:
    try:
        for line in split(given, long_list, most):
            write(f"{line}\n")
    except Refused as refused:
        write(f"refused {refused}\n")
    except (TooDeep, RecursionError):
        write("refused deep\n")
    except TooManyValues:
        write("refused many-values\n")
    except ValueError:  # a number of digits that is a multiple of a thousand
        write("refused not-json\n")


if __name__ == "__main__":
    limit_this_process(memory=MOST_MEMORY, processor_seconds=MOST_PROCESSOR_SECONDS)
    # Each line at once: the server reads the first pieces while the next are found.
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    _split_here(sys.stdin.buffer, sys.stdout.write, sys.argv[1], int(sys.argv[2]))
