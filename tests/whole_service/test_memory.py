"""A server keeps nothing of the requests that it has answered."""

from pathlib import Path

from api.foundation.http.security import cookie_name
from api.foundation.settings import Settings
from tests.desk import a_desk
from tests.factories import signed_in
from tests.live import Server, serving

# What is imported, compiled and built for good comes with the first requests for each page.
FIRST, MORE = 90, 150
MOST_GROWTH = 20_000_000


def test_memory_does_not_grow_with_the_pages_that_are_read(migrated_sqlite_file: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'memory.sqlite3'}"
    (tmp_path / "memory.sqlite3").write_bytes(migrated_sqlite_file.read_bytes())
    with a_desk(url) as desk:
        session = signed_in(desk.database, desk.cast.lena)
        pages = ("/", f"/rounds/{desk.round_id}", "/retention")
    with serving(url, tmp_path) as server:
        reader = server.client()
        reader.headers = {"Cookie": f"{cookie_name(Settings())}={session}"}
        for number in range(FIRST):
            assert reader.send("GET", pages[number % len(pages)]).status == 200
        before = _memory(server)
        for number in range(MORE):
            reader.send("GET", pages[number % len(pages)])
        assert _memory(server) < before + MOST_GROWTH


def _memory(server: Server) -> int:
    memory: int = sum(process.memory_info().rss for process in server.processes())
    return memory
