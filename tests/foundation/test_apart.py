"""A pure function is computed in a process of its own, or here where there is none."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path
from typing import Any, Final

import pytest

from api.foundation import own_process
from api.foundation.apart import computing as apart
from api.foundation.hooks import Later
from checklists.release.altered_copy import Column
from checklists.release.copied_counts import PartToCopy, ToCopy, copy_parts

ROOT: Final = Path(__file__).parents[2]
WANTED: Final = ToCopy(
    {"team": ["north", "south"]},
    [{"team": ("north",)}, {"team": ("south",)}],
    [(place % 2, "a digest", "mb"[place % 3 == 0], ()) for place in range(600)],
    [PartToCopy([Column("-mb")], 0, b"a key")],
)
READY: Final = """
import sys
import api.foundation.apart.process, checklists.release.copied_counts
print(*sys.modules)
"""
# What takes long to import, and what a process without a database does not need.
NOT_IN_A_PURE_PROCESS: Final = {
    "api.foundation.settings",
    "checklists.templates.template",
    "fastapi",
    "models",
    "pydantic",
    "sqlalchemy",
    "sqlmodel",
}


@wraps(copy_parts)
def only_there(_: ToCopy) -> Any:
    """`copy_parts` for another process; here it fails."""
    raise AssertionError("computed here")


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[subprocess.Popen[bytes]]]:
    begun, start = list[subprocess.Popen[bytes]](), own_process.start_process

    def start_process(*given: str) -> subprocess.Popen[bytes]:
        begun.append(start(*given))
        return begun[-1]

    monkeypatch.setattr(apart, "start_process", start_process)
    yield begun
    assert all(each.poll() is not None for each in begun), "each ends with the block"


def test_it_is_computed_in_another_process_as_here(started: list[subprocess.Popen[bytes]]) -> None:
    with apart.computing_apart(only_there) as compute:
        computed = compute(WANTED)
    assert computed == copy_parts(WANTED)
    assert computed[0].copied != [letters for _, _, letters, _ in WANTED.audits], "some letters differ in the copy"
    assert len(started) == 1


def test_it_is_computed_here_when_the_process_ends_early(started: list[subprocess.Popen[bytes]]) -> None:
    with apart.computing_apart(copy_parts) as compute:
        started[0].kill()
        started[0].wait()
        assert compute(WANTED) == copy_parts(WANTED)


def test_it_is_computed_here_where_no_process_can_start(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: str) -> None:
        raise BlockingIOError("no more processes")

    monkeypatch.setattr(apart, "start_process", fail)
    with apart.computing_apart(copy_parts) as compute:
        assert compute(WANTED) == copy_parts(WANTED)


@pytest.mark.skipif(sys.platform == "win32", reason="processes have no niceness there")
def test_requests_go_first_unless_a_person_waits_for_what_is_computed() -> None:
    niceness: Callable[[int], int] = Later("os", "nice")
    with apart.computing_apart(niceness) as behind, apart.computing_apart(niceness, as_a_request=True) as beside:
        assert (behind(0), beside(0)) == (min(os.nice(0) + 10, 19), os.nice(0))


def test_the_process_imports_little_and_nothing_of_the_database() -> None:
    done = subprocess.run([sys.executable, "-c", READY], check=False, cwd=ROOT, env={}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert NOT_IN_A_PURE_PROCESS & set(done.stdout.split()) == set()
