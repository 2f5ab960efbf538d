"""The key file, which leads from a reference back to a child. It is created once, and stays with the council."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from secrets import token_bytes
from typing import Final

from api.foundation.private_files import AlreadyThere, NotPrivate, read_private, write_new, write_over
from checklists.privacy.pseudonyms import METHOD, SECRET_BYTES, Key

_FORMAT: Final = f"caseaudit-key/{METHOD}"
_NOTE: Final = (
    "Anyone with this file can identify the children behind the references. Keep the file within the council."
)
_LARGEST_BYTES: Final = 100_000


class KeyFileError(Exception):
    """The key file cannot be used. The message says why and what to do, without repeating its content."""


@dataclass(frozen=True, slots=True)
class DatedKey:
    """A key, and the day on which it was created."""

    key: Key
    made_on: date


def create_key_file(path: Path, *, on: date) -> Key:
    """Create a key file with one key, which only its owner may read. Never overwrites a file: raises KeyFileError."""
    made, content = new_key_file(on=on)
    try:
        write_new(path, content)
    except AlreadyThere as there:
        raise KeyFileError(str(there)) from None
    except OSError as problem:
        raise _not_usable(path, problem) from None
    return made


def new_key_file(*, on: date) -> tuple[Key, bytes]:
    """A new key, and the content of its file."""
    made = Key(token_bytes(SECRET_BYTES))
    return made, _written([DatedKey(made, on)])


def rotate_key(path: Path, *, on: date) -> Key:
    """Add a new key before the others, which stay: references under the previous key can still be resolved."""
    made = Key(token_bytes(SECRET_BYTES))
    content = _written([DatedKey(made, on), *load_keys(path)])
    try:
        write_over(path, content)
    except AlreadyThere as there:
        raise KeyFileError(str(there)) from None
    except OSError as problem:
        raise _not_usable(path, problem) from None
    return made


def load_keys(path: Path) -> tuple[DatedKey, ...]:
    """The keys, the newest first. Raises KeyFileError, also for a file that others may read."""
    try:
        content = read_private(path, most=_LARGEST_BYTES)
    except NotPrivate as problem:
        raise KeyFileError(str(problem)) from None
    except OSError as problem:
        raise _not_usable(path, problem) from None
    return _whole(content, str(path))


def parse_keys(content: bytes) -> tuple[Key, ...]:
    """The keys of a key file's content, the newest first. Raises KeyFileError."""
    return tuple(each.key for each in _whole(content, "This"))


def _whole(content: bytes, called: str) -> tuple[DatedKey, ...]:
    try:
        keys = _read(content)
    except (ValueError, KeyError, TypeError, RecursionError):
        keys = ()
    if not keys or len({each.key.id for each in keys}) < len(keys):
        raise KeyFileError(f"{called} is not a complete key file. Use the original file or a backup.")
    return keys


def _read(content: bytes) -> tuple[DatedKey, ...]:
    if len(content) > _LARGEST_BYTES:
        raise ValueError("too large")
    held = json.loads(content)
    if held["format"] != _FORMAT:
        raise ValueError("another format")
    keys = tuple(
        DatedKey(Key(bytes.fromhex(each["secret"])), date.fromisoformat(each["made_on"])) for each in held["keys"]
    )
    # A secret with a changed character would give references that match nothing.
    if any(it.key.id != each["id"] for it, each in zip(keys, held["keys"], strict=True)):
        raise ValueError("a key has been changed")
    return keys


def _written(keys: Sequence[DatedKey]) -> bytes:
    told = [{"id": it.key.id, "made_on": it.made_on.isoformat(), "secret": it.key.secret.hex()} for it in keys]
    return (json.dumps({"format": _FORMAT, "note": _NOTE, "keys": told}, indent=2) + "\n").encode()


def _not_usable(path: Path, problem: OSError) -> KeyFileError:
    return KeyFileError(f"{path} cannot be used: {problem.strerror or 'disk error'}.")
