"""A disk of a few megabytes, which can be filled and emptied."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

_BLOCK = 4096


@dataclass(frozen=True, slots=True)
class SmallDisk:
    folder: Path

    @property
    def _filling(self) -> Path:
        return self.folder / "filling"

    def fill(self, *, leaving: int = 0) -> None:
        """Fill it, but for so many bytes."""
        with suppress(OSError), self._filling.open("ab", buffering=0) as filled:
            while True:
                filled.write(bytes(_BLOCK))
        if leaving:
            with self._filling.open("ab") as filled:
                filled.truncate(max(0, self._filling.stat().st_size - leaving))

    def empty(self) -> None:
        """Make room again."""
        self._filling.unlink(missing_ok=True)

    def names(self) -> set[str]:
        """The files in it, but for what fills it."""
        found = {path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*") if path.is_file()}
        return found - {self._filling.name}


@contextmanager
def small_disk(folder: Path, *, megabytes: int) -> Iterator[SmallDisk]:
    """A disk of this size at a new folder, where this machine lets us mount one."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", f"{folder}"]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no disk can be mounted here")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", f"{folder}"], check=True)
