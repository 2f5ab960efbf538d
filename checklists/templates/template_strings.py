"""Text types of a template: stripped, of limited length, and without characters that no page can show."""

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, StringConstraints
from pydantic_core import PydanticCustomError

Key = Annotated[
    str,
    StringConstraints(strict=True, strip_whitespace=True, max_length=60, pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"),
]

_ADDRESS = re.compile(r"https://[^\s<>\"]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_CONTROL_OR_BREAK = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def _plain_line_ends(value: object) -> object:
    return value.replace("\r\n", "\n") if isinstance(value, str) else value


def on_one_line(value: str) -> str:
    """The text, when it is on one line and has no control character."""
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
    AfterValidator(on_one_line),
]
Title = Annotated[
    str,
    StringConstraints(strict=True, strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(on_one_line),
]
# An optional title, for a place in a source.
Place = Annotated[
    str,
    StringConstraints(strict=True, strip_whitespace=True, max_length=200),
    AfterValidator(on_one_line),
]
Prompt = Annotated[
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


def _https_address(value: str) -> str:
    if value and not _ADDRESS.fullmatch(value):
        raise PydanticCustomError("not_an_address", "not an https address")
    return value


# An optional address of a page.
Address = Annotated[
    str, StringConstraints(strict=True, strip_whitespace=True, max_length=300), AfterValidator(_https_address)
]
