"""Databases that are encrypted, and what their files hold as they are on the disk."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from api.foundation.keys.database import open_own
from api.foundation.settings import Settings
from api.moving.encrypting import encrypt
from tests.desk import Desk
from tests.service import service_on

CANARY = "Kestrel-of-Northshire"


def files_with(words: str, *folders: Path) -> set[str]:
    """The names of the files in these folders that hold these words, with those that this process has open there.

    A file that was removed while it was open is still on the disk.
    """
    found = {each.name for folder in folders for each in folder.rglob("*") if _holds(each, words)}
    opened = Path("/proc/self/fd")
    if opened.is_dir():
        names = {each: str(each.readlink()) for each in opened.iterdir() if each.exists()}
        removed = (each for each in names if names[each].endswith(" (deleted)"))
        inside = (each for each in removed if names[each].startswith(tuple(f"{folder}/" for folder in folders)))
        found |= {names[each] for each in inside if _holds(each, words)}
    return found


def _holds(path: Path, words: str) -> bool:
    return path.is_file() and words.encode() in path.read_bytes()


@contextmanager
def encrypted_desk(plain: Desk, settings: Settings) -> Iterator[Desk]:
    """The same desk on the same database, which is encrypted now."""
    plain.database.close()
    encrypt(settings)
    database = open_own(settings)
    yield replace(plain, app=service_on(settings, database), database=database, clients=[])
    database.close()
