"""From the bytes of a file to plain values, and the faults of a file that cannot be parsed."""

import json
import math
import re
import tomllib
from typing import Final, Literal, NoReturn

from checklists.templates.faults import MOST_FAULTS, Fault, Path, TemplateRefused, pointer_to

MAX_TEMPLATE_BYTES: Final = 1_000_000
_DEEPEST: Final = 30
# Python's TOML reader copies a dotted name at every dot, so a line of dots would take it minutes.
_MOST_DOTS_ON_A_LINE: Final = 200
_TOO_DEEP: Final = "The file has lists or objects nested too deeply. Remove levels of nesting."


def plain_value(content: bytes, *, kind: Literal["json", "toml"]) -> tuple[object, list[Fault]]:
    """The content of the file, and every name that one object has twice (its last value is returned).

    Raises TemplateRefused when the file is too big, not UTF-8, not well formed or nested too deep.
    """
    if len(content) > MAX_TEMPLATE_BYTES:
        size = math.ceil(len(content) / 100_000) / 10  # rounded up: the limit itself is no reason to refuse it
        _refuse(f"The file is {size} MB. It must be 1 MB or less. Remove anything that is not part of the template.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        _refuse("The file is not UTF-8 text. Save it again as UTF-8.", line=content.count(b"\n", 0, error.start) + 1)
    try:
        value = _from_json(text) if kind == "json" else _from_toml(text)
    except RecursionError:
        _refuse(_TOO_DEEP)
    return value, _repeated_names(value)


def _refuse(message: str, *, line: int | None = None) -> NoReturn:
    raise TemplateRefused([Fault("", message, line)]) from None


class _Object(dict[str, object]):
    """A JSON object that remembers its repeated names."""

    repeated: tuple[str, ...] = ()


def _object_of(pairs: list[tuple[str, object]]) -> _Object:
    made = _Object(pairs)
    if len(made) < len(pairs):
        seen: set[str] = set()
        again: dict[str, None] = {}
        for name, _ in pairs:
            if name in seen:
                again[name] = None
            seen.add(name)
        made.repeated = tuple(again)
    return made


def _number_of(digits: str) -> int:
    # The numbers of a template are small: the value of a huge one does not matter, and reading it must not take long.
    return int(digits[:20])


def _from_json(text: str) -> object:
    try:
        return json.loads(text, object_pairs_hook=_object_of, parse_int=_number_of)
    except json.JSONDecodeError as error:
        what = "The file is empty." if not text.strip() else "The file is not well-formed JSON."
        _refuse(f"{what} Check line {error.lineno}, column {error.colno}.", line=error.lineno)


def _from_toml(text: str) -> object:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.count(".") > _MOST_DOTS_ON_A_LINE:
            _refuse("This line has too many dots. Remove some dots.", line=number)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        said = "The file is not well-formed TOML, or has an entry twice."
        place = re.search(r"at line (\d+), column (\d+)\)$", str(error))
        if place is None:
            _refuse(f"{said} Check the last line.", line=text.rstrip().count("\n") + 1)
        line, column = place.groups()
        _refuse(f"{said} Check line {line}, column {column}.", line=int(line))
    except ValueError:
        _refuse("The file contains a number or date that cannot be read. Put text in quotation marks.")


def _repeated_names(value: object) -> list[Fault]:
    found: list[Fault] = []
    waiting: list[tuple[Path, object]] = [((), value)]
    while waiting and len(found) < MOST_FAULTS:
        path, part = waiting.pop()
        if len(path) > _DEEPEST:
            _refuse(_TOO_DEEP)
        inside: list[tuple[str | int, object]] = []
        if isinstance(part, dict):
            inside = list(part.items())
        elif isinstance(part, list):
            inside = list(enumerate(part))
        if isinstance(part, _Object):
            words = "This name is used twice in one object. Remove one."
            found += [Fault(pointer_to((*path, name)), words) for name in part.repeated]
        waiting += [((*path, step), each) for step, each in reversed(inside) if each and isinstance(each, dict | list)]
    return found
