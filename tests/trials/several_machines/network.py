"""Machines as network namespaces of this one, on a switch that can cut each of them off. For root on Linux."""

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.trials.several_machines.programs import find_program

PREFIX = "caseaudit-"
SWITCH_NAME = "switch"
SWITCH = f"{PREFIX}{SWITCH_NAME}"
_LIBRARY = ctypes.CDLL(None, use_errno=True)
_NETWORK = 0x40000000  # CLONE_NEWNET
LONGEST_END_SECONDS = 10.0


@dataclass(slots=True)
class Network:
    """The switch, and the machines on it by name."""

    addresses: Mapping[str, str]
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def make(self) -> None:
        _ip("netns", "add", SWITCH)
        _ip("-n", SWITCH, "link", "add", "switch", "type", "bridge")
        _ip("-n", SWITCH, "link", "set", "switch", "up")
        for name, address in self.addresses.items():
            own = PREFIX + name
            _ip("netns", "add", own)
            _ip("-n", SWITCH, "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", own)
            _ip("-n", SWITCH, "link", "set", name, "master", "switch", "up")
            _ip("-n", own, "addr", "add", f"{address}/24", "dev", "eth0")
            _ip("-n", own, "link", "set", "eth0", "up")
            _ip("-n", own, "link", "set", "lo", "up")

    def remove(self) -> None:
        """End what was started, and take the machines away."""
        for name in self.addresses:
            self.kill(name)
        for process in self.started:
            process.wait()
        for name in (SWITCH, *(PREFIX + name for name in self.addresses)):
            _ip("netns", "delete", name)

    def run(
        self,
        name: str,
        command: Sequence[str | Path],
        log: Path,
        *,
        user: str = "",
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
    ) -> None:
        """Start a program on a machine; what it says goes into the log."""
        as_user = [
            find_program("setpriv", "util-linux"),
            f"--reuid={user}",
            f"--regid={user}",
            "--init-groups",
            "--reset-env",
        ]
        whole = ["ip", "netns", "exec", PREFIX + name, *(as_user if user else ()), *command]
        with log.open("ab") as output:
            process = subprocess.Popen(
                whole,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, **(environment or {})},
                cwd=folder,
                start_new_session=True,
            )
        self.started.append(process)

    def cut(self, name: str) -> None:
        """Pull the cable of a machine."""
        _ip("-n", SWITCH, "link", "set", name, "down")

    def heal(self, name: str) -> None:
        _ip("-n", SWITCH, "link", "set", name, "up")

    def know_each_other(self) -> None:
        """Let every machine know for good which card has which address: packets to one that is cut off then vanish,
        and nobody is told that it is away.
        """
        cards = {name: _card_of(PREFIX + name) for name in self.addresses}
        for name in self.addresses:
            for other, address in self.addresses.items():
                if other != name:
                    _ip(
                        "-n",
                        PREFIX + name,
                        "neigh",
                        "replace",
                        address,
                        "lladdr",
                        cards[other],
                        "dev",
                        "eth0",
                        "nud",
                        "permanent",
                    )

    def split(self, name: str, *others: str) -> None:
        """Let nothing through between a machine and others, which all the rest still reach."""
        for other in others:
            _ip("-n", PREFIX + name, "route", "add", "blackhole", f"{self.addresses[other]}/32")

    def join(self, name: str, *others: str) -> None:
        for other in others:
            _ip("-n", PREFIX + name, "route", "delete", "blackhole", f"{self.addresses[other]}/32")

    def kill(self, name: str) -> None:
        """End everything that runs on a machine at once."""
        ends = time.monotonic() + LONGEST_END_SECONDS
        while pids := self._processes(name):
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            assert time.monotonic() < ends, f"{name} still runs {pids}"
            time.sleep(0.05)
            for process in self.started:
                process.poll()

    def _processes(self, name: str) -> list[int]:
        said = subprocess.run(["ip", "netns", "pids", PREFIX + name], check=False, capture_output=True, text=True)
        return [int(pid) for pid in said.stdout.split() if _is_running(int(pid))]


def _is_running(pid: int) -> bool:
    """Whether it is there, and no mere entry that its parent has not read yet."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


@contextmanager
def network(addresses: Mapping[str, str]) -> Iterator[Network]:
    if os.geteuid() != 0:
        raise PermissionError("This trial makes network namespaces: run it as root.")
    made = Network(addresses)
    try:
        made.make()
        yield made
    finally:
        made.remove()


@contextmanager
def on_machine(name: str) -> Iterator[None]:
    """While the block runs, this thread and every thread that it starts open their connections on this machine."""
    with Path("/proc/thread-self/ns/net").open() as before, Path(f"/run/netns/{PREFIX}{name}").open() as there:
        _enter(there.fileno())
        try:
            yield
        finally:
            _enter(before.fileno())


def _enter(descriptor: int) -> None:
    if _LIBRARY.setns(descriptor, _NETWORK):
        raise OSError(ctypes.get_errno(), "the machine cannot be entered: this trial needs root")


def _card_of(namespace: str) -> str:
    said = subprocess.run(
        ["ip", "-n", namespace, "-o", "link", "show", "eth0"], check=True, capture_output=True, text=True
    )
    return said.stdout.partition("link/ether ")[2].split()[0]


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, stdin=subprocess.DEVNULL)
