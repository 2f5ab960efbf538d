"""The file of erased cases, kept outside the database: what a backup brings back is erased again.

A line for each case: its organisation, its identifier and its erasure, no reference and no word of it, with a code that
only the service can make. So a line that somebody else wrote erases nothing.
"""

import hmac
import json
import logging
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Final, Self

from sqlmodel import col, select

from api.erasure.erasing import erase, prepare_erasure
from api.foundation import events
from api.foundation.key_files import erasure_key_of, key_at
from api.foundation.permissions import operator_of
from api.foundation.private_files import write_over
from api.foundation.settings import Settings
from models import Erasure, StoredCaseFile
from models.storage.database import Database
from models.storage.portions import in_portions

LOG: Final = logging.getLogger("caseaudit")
FORMAT: Final = "caseaudit-erased/1"


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
        return [line for line in file.read_text("utf-8").splitlines() if line.strip()]
    except FileNotFoundError:
        return []


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


def erase_again(database: Database, settings: Settings) -> int:
    """Erase every case of the file that is stored again, because a backup was restored; how many that were."""
    lines = lines_in(settings.erased_cases_path)
    if not lines:
        return 0
    key = erasure_key_of(key_at(settings.trail_key_path))
    known = [ErasedCase.read(line, key) for line in lines]
    if not all(known):
        LOG.error(
            "%d lines of %s were not written with the trail key of this service, and erase nothing",
            sum(each is None for each in known),
            settings.erased_cases_path,
        )
    number = 0
    for each in _stored_again(database, [found for found in known if found is not None]):
        by = operator_of(each.organisation_id)
        with database.reading_one_moment() as session:
            prepared = prepare_erasure(session, case_file_id=each.case_file_id, by=by)
        with database.writing(each.organisation_id) as session:
            erase(session, prepared, erasure_id=each.erasure_id, by=by)
            said: dict[str, str | int | bool | None] = {"case_file": str(each.case_file_id), "at": each.at}
            events.record(session, "erasure.repeated", each.erasure_id, by=by, details=said)
        number += 1
    if number:
        database.empty_log()
        LOG.warning("%d cases that had been erased were in the database again, and were erased again", number)
    return number


def _stored_again(database: Database, erased: Iterable[ErasedCase]) -> list[ErasedCase]:
    wanted = {(each.organisation_id, each.case_file_id): each for each in erased}
    found = []
    with database.reading() as session:
        for some in in_portions(sorted({case for _, case in wanted})):
            query = select(StoredCaseFile.organisation_id, StoredCaseFile.id).where(col(StoredCaseFile.id).in_(some))
            found += [wanted[own, case] for own, case in session.exec(query) if (own, case) in wanted]
    return found


def finish(database: Database, settings: Settings) -> None:
    """After an erasure: note it in the file, and let nothing of the case stay in the log of SQLite."""
    keep_file(database, settings)
    database.empty_log()


def agree(database: Database, settings: Settings) -> int:
    """Erase again what is stored again, and write what is new into the file; how many cases. Call before the first
    request, and every minute.
    """
    again, new = erase_again(database, settings), keep_file(database, settings)
    if new:
        database.empty_log()  # the process that erased them may have ended before it did so
    return again + new
