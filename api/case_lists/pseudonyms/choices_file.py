"""Answers about a council's own exports, so that each question is asked once: headings and codes only."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from api.foundation.private_files import AlreadyThere, write_over

_FORMAT: Final = "caseaudit-choices/1"
_LARGEST_BYTES: Final = 200_000


class ChoicesFileError(Exception):
    """The file of choices cannot be used; the message says why and how to fix it."""


def load(path: Path) -> dict[str, str]:
    """The answers by the keys of their questions; none when there is no file yet. Raises ChoicesFileError."""
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_BYTES + 1)
    except FileNotFoundError:
        return {}
    except OSError as problem:
        raise ChoicesFileError(f"{path} cannot be read: {problem.strerror or 'disk error'}.") from None
    try:
        held = json.loads(content if len(content) <= _LARGEST_BYTES else b"")
        choices = dict(held["choices"]) if held["format"] == _FORMAT else None
    except (ValueError, KeyError, TypeError, RecursionError):
        choices = None
    if choices is None or not all(isinstance(answer, str) for answer in choices.values()):
        raise ChoicesFileError(
            f"{path} is not a choices file. Correct the file, or remove it to be asked the questions again."
        )
    return choices


def save(path: Path, choices: Mapping[str, str]) -> None:
    """Replace the answers in the file. Raises ChoicesFileError."""
    try:
        write_over(path, written_choices(choices))
    except AlreadyThere as there:
        raise ChoicesFileError(str(there)) from None
    except OSError as problem:
        raise ChoicesFileError(f"{path} cannot be written: {problem.strerror or 'disk error'}.") from None


def written_choices(choices: Mapping[str, str]) -> bytes:
    """The content of a file with these answers."""
    return (json.dumps({"format": _FORMAT, "choices": dict(choices)}, indent=2) + "\n").encode()
