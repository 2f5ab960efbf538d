"""The file of erased cases, kept outside the database: what a backup brings back is erased again.

A line for each case: its organisation, its identifier and its erasure, no reference and no word of it, with a code that
only the service can make. So a line that somebody else wrote erases nothing.
"""

import hmac
import json
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Final, Self

from sqlmodel import col, select

from api.foundation.hooks import Later
from api.foundation.key_files import erasure_key_of, key_at
from api.foundation.private_files import write_over
from api.foundation.settings import Settings
from models import Erasure
from models.storage.database import Database

FORMAT: Final = "caseaudit-erased/1"
# Imported where there is a case in the file: it knows every table.
_ERASE_AGAIN: Final = Later("api.erasure.erasing_again", "erase_again")


@dataclass(frozen=True, slots=True, order=True)
class ErasedCase:
    """A case that was erased, and by which erasure. `at`: when, in UTC, to the second."""

    organisation_id: int
    case_file_id: uuid.UUID
    erasure_id: uuid.UUID
    at: str

    def line(self, key: bytes) -> str:
        """The case as a line of the file, with its code."""
        said = [FORMAT, self.organisation_id, self.case_file_id.hex, self.erasure_id.hex, self.at]
        return json.dumps([*said, self.code(key)], separators=(",", ":"))

    def code(self, key: bytes) -> str:
        """The code that only the holder of the key can make."""
        said = f"{FORMAT} {self.organisation_id} {self.case_file_id.hex} {self.erasure_id.hex} {self.at}"
        return blake2b(said.encode(), key=key, digest_size=16).hexdigest()

    @classmethod
    def read(cls, line: str, key: bytes) -> Self | None:
        """The case of a line; None for a line that the service did not write with this key."""
        try:
            form, own, case, erasure, at, code = json.loads(line)
            found = cls(int(own), uuid.UUID(case), uuid.UUID(erasure), str(at))
        except (ValueError, TypeError, AttributeError):
            return None
        return found if form == FORMAT and hmac.compare_digest(found.code(key), str(code)) else None


def lines_in(file: Path) -> list[str]:
    """The lines of a file; none where there is no file. Raises OSError."""
    try:
        return lines_of(file.read_bytes())
    except FileNotFoundError:
        return []


def lines_of(content: bytes) -> list[str]:
    """The lines of what such a file holds."""
    return [line for line in content.decode("utf-8").splitlines() if line.strip()]


def merge(file: Path, lines: Iterable[str]) -> int:
    """Add the lines that a file does not have yet; how many those were. Raises OSError, AlreadyThere."""
    known = lines_in(file)
    new = [line for line in dict.fromkeys(lines) if line not in set(known)]
    if new:
        write_over(file, "".join(f"{line}\n" for line in (*known, *new)).encode())
    return len(new)


def erased_after(file: Path, moment: str) -> int:
    """How many cases of a file were erased after this moment, in UTC as ISO 8601. Their codes are not checked."""
    return sum(1 for at in _times_in(lines_in(file)) if at > moment)


def _times_in(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        try:
            yield str(json.loads(line)[4])
        except (ValueError, TypeError, IndexError, KeyError):
            continue


def keep_file(database: Database, settings: Settings) -> int:
    """Write into the file what was erased and is not in it yet; how many cases. Call after every erasure."""
    with database.reading() as session:
        query = select(Erasure).where(col(Erasure.confirmed)).order_by(col(Erasure.organisation_id), col(Erasure.id))
        erased = session.exec(query).all()
    if not erased:
        return 0
    key = erasure_key_of(key_at(settings.trail_key_path))
    lines = [
        ErasedCase(
            each.organisation_id,
            each.case_file_id,
            each.id,
            each.decided_at.isoformat(timespec="seconds") if each.decided_at else "",
        ).line(key)
        for each in erased
    ]
    return merge(settings.erased_cases_path, lines)


def finish(database: Database, settings: Settings) -> None:
    """After an erasure: note it in the file, and remove the case from SQLite's log."""
    keep_file(database, settings)
    database.empty_log()


def agree(database: Database, settings: Settings) -> int:
    """Erase again what is stored again, and write new erasures into the file; returns the number of those cases. Call
    before the first request, and every minute.
    """
    again = _ERASE_AGAIN(database, settings) if lines_in(settings.erased_cases_path) else 0
    new = keep_file(database, settings)
    if new:
        database.empty_log()  # the process that erased them may have ended before it did so
    return again + new
