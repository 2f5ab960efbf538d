"""Every hostile file sent to the page of a server as it runs for people: refused in time and memory, nothing left."""

import time
from pathlib import Path

import psutil
import pytest

from tests.case_lists.exports import ON
from tests.case_lists.readers.hostile_files import HOSTILE_FILES
from tests.live import serving
from tests.trials.conftest import Place, Record
from tests.uploading import Uploader, everything_stored

pytestmark = pytest.mark.trial

MOST_SECONDS = 2
MOST_GROWTH = 20_000_000
# A second after a start the service imports what writing needs: 25 MB, whatever is uploaded.
SECONDS_OF_A_START = 4


def test_every_hostile_file_is_refused_in_time_and_memory(
    sqlite_place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record_property: Record
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    with serving(sqlite_place.url, sqlite_place.folder) as server:
        uploader = Uploader(server, sqlite_place.database, sqlite_place.ground, tmp_path)
        assert uploader.look(b"reference", on=ON).status == 422
        time.sleep(SECONDS_OF_A_START)
        before, memory = everything_stored(sqlite_place.database), _memory(server.processes())
        took: dict[str, float] = {}
        for name, make in HOSTILE_FILES:
            content = make()
            began = time.monotonic()
            status = uploader.look(content, on=ON).status
            took[name] = time.monotonic() - began
            assert status in {413, 422}, name
        growth = _memory(server.processes()) - memory
        assert server.client().send("GET", "/api/v1/health/live").status == 200
        after = everything_stored(sqlite_place.database)
    slowest = max(took, key=took.__getitem__)
    shown = (
        f"{len(took)} hostile files by the page: all refused, the slowest ({slowest}) in {took[slowest]:.2f} s (aim: "
        f"{MOST_SECONDS} s), the server grew by {growth / 1e6:.0f} MB"
    )
    print(shown)
    record_property("figure", shown)
    assert after == before
    assert [*temporary.iterdir()] == []
    assert took[slowest] <= MOST_SECONDS
    assert growth <= MOST_GROWTH


def _memory(processes: list[psutil.Process]) -> int:
    return sum(process.memory_info().rss for process in processes)
