"""Files for their owner alone are replaced completely or not at all, whoever was killed while replacing them."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from api.foundation.private_files import AlreadyThere, write_new, write_over
from api.foundation.systems.locks import locked
from tests.full_disk import files_that_cannot_grow

# Is killed when everything is written, before the new file takes the place of the other.
KILLED = """
import os, signal, sys
from pathlib import Path
from api.foundation.private_files import write_over

Path.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
write_over(Path(sys.argv[1]), b"never in place")
"""


def test_what_a_process_that_was_killed_left_is_in_nobodys_way(tmp_path: Path) -> None:
    file = tmp_path / "file"
    write_over(file, b"before")
    killed = subprocess.run([sys.executable, "-c", KILLED, file], cwd=Path(__file__).parents[2], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert (file.read_bytes(), len(list(tmp_path.iterdir()))) == (b"before", 2)
    write_over(file, b"after")
    assert (file.read_bytes(), list(tmp_path.iterdir())) == (b"after", [file])


def test_while_another_process_replaces_it_nothing_is_changed(tmp_path: Path) -> None:
    file, made = tmp_path / "file", tmp_path / ".file.new"
    write_over(file, b"before")
    made.write_bytes(b"half")
    with locked(made, waits=False), pytest.raises(AlreadyThere, match="is being written"):
        write_over(file, b"after")
    assert (file.read_bytes(), made.read_bytes()) == (b"before", b"half")


def test_a_file_that_another_process_put_in_place_meanwhile_is_not_taken_for_one_that_was_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, made = tmp_path / "file", tmp_path / ".file.new"
    made.write_bytes(b"of another process")
    opened = os.open

    def open_late(path: Path, *how: int) -> int:
        descriptor = opened(path, *how)
        if made.exists() and not how[0] & os.O_CREAT:
            made.replace(file)
            made.write_bytes(b"of a third process")
        return descriptor

    monkeypatch.setattr(os, "open", open_late)
    with pytest.raises(AlreadyThere):
        write_over(file, b"after")
    assert (file.read_bytes(), made.read_bytes()) == (b"of another process", b"of a third process")


@pytest.mark.parametrize("write", [write_new, write_over])
def test_a_full_disk_is_said_with_the_file_and_nothing_is_left(
    tmp_path: Path, write: Callable[[Path, bytes], None]
) -> None:
    with files_that_cannot_grow(100), pytest.raises(OSError, match="File too large") as told:
        write(tmp_path / "file", bytes(1_000))
    assert told.value.filename == str(tmp_path / "file")
    assert list(tmp_path.iterdir()) == []
