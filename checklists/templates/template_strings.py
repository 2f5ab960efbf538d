"""Text types of a template: stripped, of limited length, and without characters that no page can show."""

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, StringConstraints
from pydantic_core import PydanticCustomError

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_CONTROL_OR_BREAK = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def _plain_line_ends(value: object) -> object:
    return value.replace("\r\n", "\n") if isinstance(value, str) else value


def _on_one_line(value: str) -> str:
    if _CONTROL_OR_BREAK.search(value):
        raise PydanticCustomError("one_line", "holds a line break or a control character")
    return value


def _without_controls(value: str) -> str:
    if _CONTROL.search(value):
        raise PydanticCustomError("no_controls", "holds a control character")
    return value


Label = Annotated[
    str,
    StringConstraints(strict=True, strip_whitespace=True, min_length=1, max_length=80),
    AfterValidator(_on_one_line),
]
Title = Annotated[
    str,
    StringConstraints(strict=True, strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(_on_one_line),
]
# An optional title, for a place in a source.
Place = Annotated[
    str,
    StringConstraints(strict=True, strip_whitespace=True, max_length=200),
    AfterValidator(_on_one_line),
]
Question = Annotated[
    str,
    StringConstraints(strict=True, strip_whitespace=True, min_length=1, max_length=600),
    BeforeValidator(_plain_line_ends),
    AfterValidator(_without_controls),
]
Paragraph = Annotated[
    str,
    StringConstraints(strict=True, strip_whitespace=True, max_length=2000),
    BeforeValidator(_plain_line_ends),
    AfterValidator(_without_controls),
]
