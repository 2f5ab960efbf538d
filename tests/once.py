"""What takes long to make is made once for a run of the tests, by whichever of its processes needs it first."""

import atexit
import fcntl
import os
import pickle
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

from models.storage.migrating import migrate

Made = TypeVar("Made")
# Named in the environment, which the processes of a run have from the one that started them.
_FOLDER: Final = "TESTS_SHARED_FOLDER"


def begin() -> Path | None:
    """Make the folder that the processes of this run share; None in a process that was given one."""
    return None if _FOLDER in os.environ else _begin()


def _begin() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="caseaudit-once-"))
    os.environ[_FOLDER] = str(folder)
    return folder


def begin_in_fork() -> Path:
    """Leave the folder to the process that this one was forked from, and make another."""
    del os.environ[_FOLDER]
    return _begin()


def folder() -> Path:
    """The folder that the processes of this run share."""
    return Path(os.environ[_FOLDER])


def end(folder: Path) -> None:
    del os.environ[_FOLDER]
    shutil.rmtree(folder)


def once(name: str, make: Callable[[Path], Made]) -> tuple[Path, Made]:
    """The folder that `make` has filled, to be read and copied only, and what it answered, which can be pickled.

    Others that need it wait until it is made.
    """
    if _FOLDER not in os.environ:
        atexit.register(end, _begin())
    folder = Path(os.environ[_FOLDER]) / name
    answer = folder.with_suffix(".answer")
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not answer.exists():
            shutil.rmtree(folder, ignore_errors=True)  # somebody else failed to make it
            folder.mkdir()
            answer.write_bytes(pickle.dumps(make(folder)))
    made: Made = pickle.loads(answer.read_bytes())  # noqa: S301 - written by ourselves
    return folder, made


def made(name: str) -> Any:
    """What making this answered in this run, or None."""
    answer = (folder() / name).with_suffix(".answer")
    return pickle.loads(answer.read_bytes()) if answer.exists() else None  # noqa: S301 - written by ourselves


def migrated_file() -> Path:
    """A SQLite file with every migration run and nothing in it."""
    return once("migrated", _migrate_in)[0] / "migrated.sqlite3"


def _migrate_in(folder: Path) -> None:
    migrate(f"sqlite:///{folder / 'migrated.sqlite3'}")
    left_open = [*folder.glob("*-wal"), *folder.glob("*-journal")]
    assert left_open == [], "migrating must close the database, or a copy of the file would lack its end"
