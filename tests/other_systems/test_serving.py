"""What the server does otherwise on Windows: one process, another event loop, an address and locks of its own."""

import asyncio
import errno
import io
import socket
from pathlib import Path
from types import SimpleNamespace

import pytest
import uvicorn

from api import serving
from api.foundation import own_process
from api.foundation.settings import Settings
from api.foundation.systems import limits, locks
from api.starting import CannotServeError


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (serving, limits):
        monkeypatch.setattr(module, "sys", SimpleNamespace(platform="win32"))


@pytest.mark.usefixtures("windows")
def test_several_workers_are_refused() -> None:
    settings = Settings(database_url="postgresql://nobody@localhost/none", workers=2)
    with pytest.raises(CannotServeError, match="More than 1 worker needs Linux or macOS"):
        serving.serve(settings)


@pytest.mark.usefixtures("windows")
def test_connections_are_accepted_by_the_loop_that_survives_a_client_that_leaves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Uvicorn's own choice there stops listening for good when a client leaves before it was accepted."""
    chosen = []
    monkeypatch.setattr(uvicorn.Server, "run", lambda self, **_: chosen.append(self.config.get_loop_factory()))
    serving.serve(Settings(database_url=f"sqlite:///{tmp_path / 'audits.db'}", port=0))
    assert chosen == [asyncio.SelectorEventLoop]
    assert limits.most_open_files() == 512, "more would end that loop"


def test_an_address_in_use_is_not_shared_with_another_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows lets anybody share an address that is used again, so there another option is set."""
    monkeypatch.setattr(socket, "SO_EXCLUSIVEADDRUSE", socket.SO_KEEPALIVE, raising=False)
    with serving.listening_socket("127.0.0.1", 0) as listener:
        assert listener.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        assert listener.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR) == 0


def test_the_lock_of_a_file_is_that_file_or_one_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "checkpoints"
    assert locks.lock_of(place) == place
    monkeypatch.setattr(locks, "os", SimpleNamespace(name="nt"))
    assert locks.lock_of(place) == tmp_path / "checkpoints.lock"


def test_a_lock_is_had_by_one_and_waited_for_by_others(tmp_path: Path) -> None:
    file = tmp_path / "held"
    with locks.locked(file, waits=False), pytest.raises(BlockingIOError), locks.locked(file, waits=False):
        raise AssertionError
    with locks.locked(file, waits=True):
        pass


@pytest.mark.parametrize("code", [errno.EPIPE, errno.EINVAL])
def test_a_process_that_has_ended_is_given_nothing_more(code: int) -> None:
    """Windows calls a pipe that nobody reads invalid, and others call it broken."""

    class NobodyReads(io.BytesIO):
        def write(self, _: object) -> int:
            raise OSError(code, "nobody reads")

    own_process.give(NobodyReads(), [b"content"])
    code = errno.EIO
    with pytest.raises(OSError, match="nobody reads"):
        own_process.give(NobodyReads(), [b"content"])
