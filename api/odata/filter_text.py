"""Reading a $filter: the part of OData's language that the feed supports, by recursive descent.

What is OData and not supported is refused as such, and what is no OData as unreadable; nothing is skipped. See OData
Version 4.0 Part 2, URL Conventions, section 5.1.1, and its ABNF for the literals.
"""

import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from api.foundation.local_time import read_moment
from api.foundation.problems import BadRequest, NotSupported
from api.odata.shapes import Kind, Value

LONGEST: Final = 2_000
# Names, values, operators and brackets.
MOST_TOKENS: Final = 400
DEEPEST: Final = 50
FUNCTIONS: Final = frozenset({"contains", "startswith", "endswith"})
TURNED: Final[Mapping[str, str]] = {"eq": "eq", "ne": "ne", "lt": "gt", "le": "ge", "gt": "lt", "ge": "le"}
_NOT_HERE: Final = frozenset({"add", "sub", "mul", "div", "divby", "mod", "has", "any", "all"})
NOT_READ: Final = "The $filter cannot be read. Write it as Name eq 'text' and Number gt 5."
ONLY: Final = (
    "This part of $filter is not supported. Compare a column with a value by eq, ne, gt, ge, lt, le or in, or use "
    "contains, startswith or endswith, joined by and, or and not."
)


@dataclass(frozen=True, slots=True)
class Literal:
    """A value, and of which type it is written; none for null."""

    kind: Kind | None
    value: Value


@dataclass(frozen=True, slots=True)
class Name:
    """The name of a column, for a column that is true or false."""

    name: str


@dataclass(frozen=True, slots=True)
class Compared:
    """A column compared with values: one, or several for `in`."""

    name: str
    operator: str
    values: tuple[Literal, ...]


@dataclass(frozen=True, slots=True)
class Called:
    """A function that looks for a text in a column."""

    function: str
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Negated:
    """That a filter does not hold."""

    part: "Filter"


@dataclass(frozen=True, slots=True)
class Joined:
    """Filters that must all hold, or any of them."""

    all_of: bool
    parts: tuple["Filter", ...]


Filter = Literal | Name | Compared | Called | Negated | Joined

_TOKEN: Final = re.compile(
    r"\s*(?:"
    r"(?P<text>'(?:[^']|'')*')"
    r"|(?P<guid>[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\b)"
    r"|(?P<moment>\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,12})?)?(?:Z|[+-]\d\d:\d\d))"
    r"|(?P<day>\d{4}-\d\d-\d\d\b)"
    r"|(?P<number>-?\d{1,30}(?:\.\d{1,30})?(?:[eE][+-]?\d{1,3})?(?![\w.]))"
    r"|(?P<word>[A-Za-z_]\w*)"
    r"|(?P<sign>[(),])"
    r"|(?P<other>[/$@:.*+{}\[\]-])"
    r")",
    re.ASCII,
)


def read_filter(text: str) -> Filter:
    """The filter that a text means. Raises BadRequest for any other text, NotSupported for a filter that is not
    supported here.
    """
    if len(text) > LONGEST:
        raise BadRequest(f"The $filter is longer than {LONGEST} characters. Make it shorter.")
    reader = _Reader(_tokens(text))
    found = reader.alternatives(0)
    reader.expect_end()
    return found


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    place, text = 0, text.rstrip()
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None or match.lastgroup is None:
            raise BadRequest(NOT_READ)
        if match.lastgroup == "other":
            raise NotSupported(ONLY)
        found.append(_Token(match.lastgroup, match[match.lastgroup]))
        place = match.end()
    if len(found) > MOST_TOKENS:
        raise BadRequest("The $filter has too many parts. Make it shorter.")
    return found


class _Reader:
    """Reads tokens from the first to the last."""

    def __init__(self, tokens: Sequence[_Token]) -> None:
        self._tokens = tokens
        self._place = 0

    def alternatives(self, depth: int) -> Filter:
        """Filters joined by `or`, which binds least."""
        return self._joined("or", lambda: self._joined("and", lambda: self._single(depth)))

    def expect_end(self) -> None:
        if self._next() is not None:
            raise self._refusal()

    def _joined(self, word: str, read: Callable[[], Filter]) -> Filter:
        parts = [read()]
        while self._skip("word", word):
            parts.append(read())
        return parts[0] if len(parts) == 1 else Joined(word == "and", tuple(parts))

    def _single(self, depth: int) -> Filter:
        if depth > DEEPEST:
            raise BadRequest("The $filter is nested too deeply. Make it simpler.")
        if self._skip("word", "not"):
            is_bracketed = self._next() == _Token("sign", "(")
            found = self._single(depth + 1)
            if isinstance(found, Compared) and not is_bracketed:
                # It binds more than a comparison: the whole would be another one than it seems.
                raise BadRequest("Write brackets after not, as in not (Name eq 'text').")
            return Negated(found)
        if self._skip("sign", "("):
            found = self.alternatives(depth + 1)
            self._expect(")")
            return found
        return self._comparison()

    def _comparison(self) -> Filter:
        left = self._operand()
        if isinstance(left, Called):
            return left
        operator = self._next()
        if operator is None or operator.kind != "word" or operator.text not in {*TURNED, "in"}:
            return left
        self._place += 1
        if operator.text == "in":
            return Compared(self._name_of(left), "in", self._list())
        right = self._operand()
        if isinstance(left, Literal) and isinstance(right, Name):
            return Compared(right.name, TURNED[operator.text], (left,))
        if isinstance(left, Name) and isinstance(right, Literal):
            return Compared(left.name, operator.text, (right,))
        raise NotSupported(ONLY)

    def _operand(self) -> Literal | Name | Called:
        token = self._taken()
        if token.kind == "sign":
            raise BadRequest(NOT_READ)
        if token.kind != "word":
            return _literal(token)
        if token.text in {"true", "false"}:
            return Literal(Kind.YES_NO, token.text == "true")
        if token.text == "null":
            return Literal(None, None)
        if not self._skip("sign", "("):
            return Name(token.text)
        if token.text not in FUNCTIONS:
            raise NotSupported(ONLY)
        return self._call(token.text)

    def _call(self, function: str) -> Called:
        name = self._name_of(self._operand())
        self._expect(",")
        text = self._operand()
        self._expect(")")
        if not isinstance(text, Literal) or not isinstance(text.value, str):
            raise NotSupported(ONLY)
        return Called(function, name, text.value)

    def _list(self) -> tuple[Literal, ...]:
        self._expect("(")
        values = []
        while True:
            value = self._operand()
            if not isinstance(value, Literal):
                raise NotSupported(ONLY)
            values.append(value)
            if not self._skip("sign", ","):
                self._expect(")")
                return tuple(values)

    def _name_of(self, operand: Literal | Name | Called) -> str:
        if not isinstance(operand, Name):
            raise NotSupported(ONLY)
        return operand.name

    def _next(self) -> _Token | None:
        return self._tokens[self._place] if self._place < len(self._tokens) else None

    def _taken(self) -> _Token:
        token = self._next()
        if token is None:
            raise BadRequest(NOT_READ)
        self._place += 1
        return token

    def _skip(self, kind: str, text: str) -> bool:
        if self._next() != _Token(kind, text):
            return False
        self._place += 1
        return True

    def _expect(self, sign: str) -> None:
        if not self._skip("sign", sign):
            raise self._refusal()

    def _refusal(self) -> BadRequest | NotSupported:
        """What is said of a token that cannot stand where it does."""
        token = self._next()
        is_odata = token is not None and token.kind == "word" and token.text in _NOT_HERE
        return NotSupported(ONLY) if is_odata else BadRequest(NOT_READ)


def _literal(token: _Token) -> Literal:
    try:
        return _READ[token.kind](token.text)
    except ValueError:
        raise BadRequest(NOT_READ) from None


def _number(text: str) -> Literal:
    is_whole = text.removeprefix("-").isdecimal()
    return Literal(Kind.WHOLE, int(text)) if is_whole else Literal(Kind.NUMBER, float(text))


_READ: Final[Mapping[str, Callable[[str], Literal]]] = {
    "text": lambda text: Literal(Kind.TEXT, text[1:-1].replace("''", "'")),
    "guid": lambda text: Literal(Kind.IDENTIFIER, uuid.UUID(text)),
    "moment": lambda text: Literal(Kind.MOMENT, read_moment(text)),
    "day": lambda text: Literal(Kind.DAY, date.fromisoformat(text)),
    "number": _number,
}
