"""Run one of our modules in a separate process: its resources are limited, and its memory is freed when it ends."""

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from threading import Timer
from types import MappingProxyType
from typing import IO, Final

# What an interpreter on Windows cannot start without.
_KEPT_FROM_THE_ENVIRONMENT: Final = ("SYSTEMROOT",)
# Where PostgreSQL's library looks for passwords and certificates; the second on Windows.
_HOMES: Final = frozenset({"HOME", "APPDATA"})
_NICENESS: Final = 10


@contextmanager
def own_process(
    module: str,
    *arguments: str,
    seconds: float,
    environment: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[subprocess.Popen[bytes]]:
    """A process of `start_process`. It is ended when the block ends, and after this many seconds in any case."""
    started = start_process(module, *arguments, environment=environment)
    with ended_in_time(started, seconds) as process:
        yield process


def start_process(
    module: str,
    *arguments: str,
    environment: Mapping[str, str] = MappingProxyType({}),
) -> subprocess.Popen[bytes]:
    """A process that runs this module, with pipes for its input and output. Its environment has only what is given."""
    kept = {name: os.environ[name] for name in _KEPT_FROM_THE_ENVIRONMENT if name in os.environ}
    with finishing_its_work():
        return subprocess.Popen(  # noqa: S603 - our own interpreter and module; its input comes through standard input
            # -I: nothing is imported from the environment or the working directory; -B: no bytecode is written.
            [sys.executable, "-I", "-B", "-X", "utf8", "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=kept | dict(environment),
        )


@contextmanager
def finishing_its_work() -> Iterator[None]:
    """A process that is started in this block goes on when the service is asked to stop, and so does what it starts.

    systemd and a terminal send the signal to every process of the service. The server waits for work in progress; a job
    whose process had ended would count as failed.
    """
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    try:
        yield  # a process inherits what its starting thread does not receive
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def ended_in_time(started: subprocess.Popen[bytes], seconds: float) -> Iterator[subprocess.Popen[bytes]]:
    """The process, which is ended when the block ends, and after this many seconds in any case."""
    with started as process:
        timer = Timer(seconds, process.kill)
        timer.start()
        try:
            yield process
        finally:
            timer.cancel()
            process.kill()


def give(stream: IO[bytes] | None, parts: Iterable[bytes]) -> None:
    """Write all that a process is given, and close its input.

    A process that has ended reads nothing more: that is no error, and what it wrote can still be read.
    """
    if stream is None:
        return
    try:
        with stream:
            for part in parts:
                stream.write(part)
    except OSError as error:
        if error.errno not in {errno.EPIPE, errno.EINVAL}:  # the second is Windows' word for it
            raise


def answer_of(module: str, content: bytes, *, seconds: float, largest: int) -> bytes:
    """What a process that runs this module writes, at most `largest` bytes, after it was given this content.

    b"" when it failed or was ended. Writes nothing to the disk.
    """
    with own_process(module, seconds=seconds) as process:
        give(process.stdin, [content])
        answer = process.stdout.read(largest) if process.stdout is not None else b""
        return answer if process.wait() == 0 else b""


def connection_environment() -> dict[str, str]:
    """The environment variables that PostgreSQL's library uses: passwords, certificates, names of services."""
    return {name: value for name, value in os.environ.items() if name.startswith("PG") or name in _HOMES}


def let_requests_go_first() -> None:
    """Lower the priority of this process, where it has one that it may lower."""
    if sys.platform != "win32":
        os.nice(_NICENESS)


def limit_this_process(*, memory: int, processor_seconds: int, file_size: int = 0) -> None:
    """Limit this process, in bytes and seconds; -1 is no limit.

    Only Linux enforces the limits of memory and processor time; elsewhere only the time-out applies.
    """
    if sys.platform != "linux":
        return
    import resource

    for limit, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, processor_seconds),
        (resource.RLIMIT_FSIZE, file_size),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (most, most))
