"""One change to one file, and what became of it."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


@dataclass(frozen=True, slots=True)
class Mutant:
    """A file with one change. `where` and `change` name it even when its line moves."""

    file: str
    line: int
    where: str
    change: str
    # Compared too: one line may have the same change in two places, and each has a fate of its own.
    make_source: Callable[[], str]
    tests: tuple[str, ...]
    database: str = "sqlite"
    is_guard: bool = False

    @property
    def key(self) -> tuple[str, str, str]:
        return self.file, self.where, self.change

    def rank(self, seed: int) -> str:
        """Its turn in a sample: the same for a seed, whatever other mutants there are."""
        return hashlib.sha256(f"{seed} {self.key} {self.line}".encode()).hexdigest()


class Fate(StrEnum):
    """What became of a mutant. An error is neither a kill nor a survival: its tests said nothing of it."""

    KILLED = "killed"
    ALIVE = "alive"
    TIMED_OUT = "timed out"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The fate of a mutant, the seconds that its tests took, and the test that failed or what went wrong."""

    fate: Fate
    seconds: float
    detail: str = ""


def find_tests(names: tuple[str, ...]) -> tuple[str, ...]:
    """The paths of test files, named by the end of their path, so that a file may move to another folder.

    Of several of one name the one outside tests/checklists is meant. LookupError when a name fits none or several.
    """
    paths = []
    for name in names:
        all_files = (path.relative_to(ROOT).as_posix() for path in (ROOT / "tests").rglob(Path(name).name))
        found = sorted(path for path in all_files if f"/{path}".endswith(f"/{name}"))
        outside = [path for path in found if not path.startswith("tests/checklists/")]
        meant = outside or found
        if len(meant) != 1:
            raise LookupError(f"{name} should name one test file, and names {meant or 'none'}")
        paths += meant
    return tuple(paths)
