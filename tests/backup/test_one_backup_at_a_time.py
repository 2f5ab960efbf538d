"""Of several processes, on any machine, one makes the day's backup; when it dies, another does a minute later."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.backup import lease
from api.backup.lease import DEAD_AFTER_SECONDS, FILE, Lease
from tests.live import ROOT

HOLDS = """
import sys, time
from pathlib import Path
from api.backup import lease
lease.RENEWED_EVERY_SECONDS = 0.01
with lease.Lease.claim(Path(sys.argv[1])).renewed():
    print("holds", flush=True)
    time.sleep(60)
"""


class Clock:
    """The monotonic clock of this process, put forward by hand."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(lease, "time", found)
    monkeypatch.setattr(lease, "_seen", {})
    return found


@pytest.fixture
def other(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Another process, which makes a backup into this folder for as long as it lives."""
    command = [sys.executable, "-c", HOLDS, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        process.kill()


def wait_until_renewed(folder: Path) -> None:
    before = (folder / FILE).read_bytes()
    ends = time.monotonic() + 20
    while (folder / FILE).read_bytes() == before:
        assert time.monotonic() < ends, "the other process does not renew its lease"
        time.sleep(0.01)


def test_a_process_that_lives_keeps_it_and_one_that_was_killed_does_not(
    tmp_path: Path, clock: Clock, other: subprocess.Popen[bytes]
) -> None:
    for _ in range(4):
        assert Lease.claim(tmp_path) is None
        wait_until_renewed(tmp_path)
        clock.seconds += DEAD_AFTER_SECONDS
    other.kill()
    other.wait()
    assert Lease.claim(tmp_path) is None, "how long it has been still, nobody here knows yet"
    clock.seconds += DEAD_AFTER_SECONDS - 1
    assert Lease.claim(tmp_path) is None
    clock.seconds += 1
    own = Lease.claim(tmp_path)
    assert own is not None
    own.give_back()
    assert list(tmp_path.iterdir()) == []


def test_one_of_two_gets_it_and_gives_back_only_its_own(tmp_path: Path, clock: Clock) -> None:
    first, second = Lease.claim(tmp_path), Lease.claim(tmp_path)
    assert first is not None
    assert second is None
    Lease(tmp_path, "0" * 32).give_back()
    assert first.renew(1)
    (tmp_path / FILE).write_bytes(b"of another that took it over")
    assert not first.renew(2)
    first.give_back()
    assert (tmp_path / FILE).read_bytes() == b"of another that took it over"


def test_the_file_of_a_dead_process_is_removed_and_never_one_that_came_in_its_place(
    tmp_path: Path, clock: Clock
) -> None:
    (tmp_path / FILE).touch()  # as an earlier version left it
    assert Lease.claim(tmp_path) is None
    clock.seconds += DEAD_AFTER_SECONDS
    own = Lease.claim(tmp_path)
    assert own is not None
    # Another that judged the dead one at the same moment.
    lease._take_away(tmp_path, b"")
    assert own.renew(1)
    assert [each.name for each in tmp_path.iterdir()] == [FILE]
