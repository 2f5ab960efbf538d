"""A saved profile: which database is read and how, so that a scheduled task is one line. It holds no secret."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Final

from api.documents.reading.refusals import UnreadableError
from api.foundation.private_files import write_over

_FORMAT: Final = "caseaudit-profile/1"
_LARGEST: Final = 100_000


@dataclass(frozen=True, slots=True)
class Profile:
    """The options of reading a database; empty where one was not given. Paths are from the folder of the profile."""

    from_database: str = ""
    schema: str = ""
    password_file: str = ""
    key: str = ""
    choices: str = ""
    template: str = ""
    characteristics: str = ""

    def with_options(self, given: "Profile") -> "Profile":
        """This profile, with the options that were given now in place of its own."""
        return Profile(**{name: value or getattr(self, name) for name, value in asdict(given).items()})


def load_profile(file: Path) -> Profile:
    """A saved profile, with its paths made complete. Raises UnreadableError, OSError."""
    with file.open("rb") as opened:
        content = opened.read(_LARGEST + 1)
    try:
        said = json.loads(content if len(content) <= _LARGEST else b"")
        known = said.pop("format") == _FORMAT and set(said) <= {each.name for each in fields(Profile)}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        known, said = False, {}
    if not known or not all(isinstance(value, str) for value in said.values()):
        raise UnreadableError(f"{file} is not a profile that caseaudit pseudonymise saved. Save it again.")
    return Profile(**{name: _from(file, name, value) for name, value in said.items()})


def save_profile(file: Path, profile: Profile) -> None:
    """Save a profile, in place of an earlier one. Raises AlreadyThere, OSError."""
    said: Mapping[str, str] = {name: _complete(name, value) for name, value in asdict(profile).items() if value}
    write_over(file, (json.dumps({"format": _FORMAT, **said}, indent=2) + "\n").encode())


_NO_PATHS: Final = frozenset({"from_database", "schema"})


def _from(file: Path, name: str, value: str) -> str:
    return value if name in _NO_PATHS or not value else str(file.parent / value)


def _complete(name: str, value: str) -> str:
    return value if name in _NO_PATHS or not value else str(Path(value).absolute())
