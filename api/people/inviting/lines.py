"""Reading people from lines: a name, an email address and roles on each."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from api.people.inviting.actions import MOST, NewPerson
from models import Role

_COLUMNS: Final = 3
_HEADINGS: Final = {"name", "email", "email address", "e-mail", "roles", "role"}
_ROLES: Final = {plain: role for role in Role for plain in (role.value.replace("-", " "), role.label.casefold())}


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it was read; its faults, or the person in it."""

    number: int
    shown: str
    person: NewPerson | None = None
    faults: tuple[str, ...] = ()


class UnreadableLinesError(ValueError):
    """The lines are no table of people; says what to do."""


def read_lines(text: str) -> list[Line]:
    """The lines that are not blank; a heading row is left out. Raises UnreadableLinesError."""
    separator = "\t" if "\t" in text else ","
    try:
        rows = [
            (number, [cell.strip() for cell in cells])
            for number, cells in enumerate(csv.reader(io.StringIO(text), delimiter=separator), start=1)
            if any(cell.strip() for cell in cells)
        ]
    except csv.Error:
        raise UnreadableLinesError("A cell is too long. Enter 1 person on each line.") from None
    if rows and {cell.casefold() for cell in rows[0][1]} <= _HEADINGS:
        del rows[0]
    if not rows:
        raise UnreadableLinesError("Enter at least 1 person.")
    if len(rows) > MOST:
        raise UnreadableLinesError(f"Invite no more than {MOST} people at once.")
    return [_read(number, cells) for number, cells in rows]


def text_of_file(content: bytes) -> str:
    """The text of a CSV file as spreadsheets write it. Raises UnreadableLinesError."""
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
        except UnicodeDecodeError:
            continue
    raise UnreadableLinesError("The file is not a CSV file. Save it again as CSV UTF-8.")


def _read(number: int, cells: Sequence[str]) -> Line:
    shown = ", ".join(cells)
    if len(cells) != _COLUMNS:
        return Line(number, shown, faults=("Enter a name, an email address and roles, separated by commas.",))
    name, email, typed = cells
    roles = [
        _ROLES.get(" ".join(part.casefold().replace("-", " ").split())) for part in typed.split(";") if part.strip()
    ]
    known = frozenset(role for role in roles if role is not None)
    if len(known) < len(roles):
        return Line(number, shown, faults=(f"Enter roles from this list: {', '.join(role.label for role in Role)}.",))
    return Line(number, shown, NewPerson(name, email, known))
