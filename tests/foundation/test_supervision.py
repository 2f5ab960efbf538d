"""The service reports to systemd that it serves, and that it goes on: one that hangs is started again."""

import configparser
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest

from api.foundation.systems.supervision import REPORTS, supervised
from tests.live import ROOT, serving

UNIT = ROOT / "deploy" / "systemd" / "caseaudit.service"
SECONDS = 0.4
TOLD = {"WATCHDOG_USEC": str(int(SECONDS * 1e6))}


@pytest.fixture(params=["file", "abstract"])
def systemd(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, socket.socket]]:
    """What stands for systemd: the name of its socket, and the socket."""
    if request.param == "abstract" and sys.platform != "linux":
        pytest.skip("only Linux has sockets without a file")
    name = f"{tmp_path}/notify" if request.param == "file" else f"@caseaudit-{tmp_path.name}-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        told.bind(f"\0{name[1:]}" if name.startswith("@") else name)
        told.settimeout(30)
        yield name, told


def heard(told: socket.socket) -> list[bytes]:
    """Everything that was said until now."""
    said = []
    told.setblocking(False)
    with suppress(BlockingIOError):
        while True:
            said.append(told.recv(100))
    told.settimeout(30)
    return said


def test_a_server_says_that_it_serves_and_that_it_goes_on(
    systemd: tuple[str, socket.socket], tmp_path: Path, database_url: str
) -> None:
    name, told = systemd
    with serving(database_url, tmp_path, forked=True, environment={"NOTIFY_SOCKET": name, **TOLD}) as server:
        assert [told.recv(100) for _ in range(4)] == [b"READY=1", *[b"WATCHDOG=1"] * 3]
        assert server.client().send("GET", "/api/v1/health/live").status == 200


def test_one_whose_event_loop_hangs_says_nothing_any_more(
    systemd: tuple[str, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    name, told = systemd
    monkeypatch.setenv("NOTIFY_SOCKET", name)
    monkeypatch.setenv("WATCHDOG_USEC", TOLD["WATCHDOG_USEC"])
    during: list[bytes] = []

    async def hang() -> None:
        async with supervised():
            await anyio.sleep(SECONDS / REPORTS)
            assert b"WATCHDOG=1" in heard(told)
            time.sleep(2 * SECONDS)  # noqa: ASYNC251 - that is what hangs
            during.extend(heard(told))

    anyio.run(hang)
    assert during == []


def test_nothing_is_said_where_nobody_asks(monkeypatch: pytest.MonkeyPatch, systemd: tuple[str, socket.socket]) -> None:
    name, told = systemd

    async def serve() -> None:
        async with supervised():
            await anyio.lowlevel.checkpoint()

    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    monkeypatch.setenv("WATCHDOG_USEC", TOLD["WATCHDOG_USEC"])
    anyio.run(serve)
    assert heard(told) == []
    monkeypatch.delenv("WATCHDOG_USEC")
    for address, said in ((name, [b"READY=1"]), (f"{name} that is not there", [])):
        monkeypatch.setenv("NOTIFY_SOCKET", address)
        anyio.run(serve)
        assert heard(told) == said


def test_the_unit_asks_for_it_and_gives_a_migration_all_the_time_it_needs() -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.read(UNIT)
    service = unit["Service"]
    assert (service["Type"], service["NotifyAccess"], service["TimeoutStartSec"]) == ("notify", "all", "infinity")
    assert int(service["WatchdogSec"]) >= 30
    assert service["Restart"] == "on-failure"
