"""Processes of the service that begin at once: each is forked from one that has imported the service already.

To import the service takes seconds of processor time, and the tests start it more than a hundred times. A process that
is forked differs from one started at a terminal in this alone: it has its own arguments, environment, folder, session
and streams, may be killed, and ends as that would. That the service also starts by itself is tried where that is the
promise: by the demonstration in whole_service/test_command_line.py, by the trials, and by whoever asks for
`processes_of_their_own`.
"""

import multiprocessing
import os
import runpy
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from multiprocessing.reduction import DupFd
from pathlib import Path
from types import SimpleNamespace, TracebackType
from typing import IO, Any, Final, Self

import pytest

import api.foundation.own_process

_CONTEXT: Final = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["pytest", "uvicorn", "api.cli", "api.serving", "tests.every_module", "tests.forked"])
# Modules that the service runs in a process of its own, and that import most of the service.
_HEAVY: Final = ("api.foundation.jobs.process", "api.trail.verifying.process", "api.backup.process")


class _Streams:
    """Standard input, output and errors of a process, given to it when it is forked."""

    def __init__(self, *files: int) -> None:
        self._files = files

    def __getstate__(self) -> list[Any]:
        return [DupFd(file) for file in self._files]

    def __setstate__(self, given: list[Any]) -> None:
        self._files = tuple(each.detach() for each in given)

    def use(self) -> None:
        """Replace this process's own by them."""
        for place, file in enumerate(self._files):
            os.dup2(file, place)
            os.close(file)
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - for as long as the process lives
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False, buffering=1)  # noqa: SIM115


class ForkedProcess:
    """A process that runs a function of ours; used as one of `subprocess.Popen` is."""

    def __init__(
        self,
        run: Callable[..., object],
        *given: object,
        stdin: IO[Any] | int = subprocess.DEVNULL,
        stdout: IO[Any] | int = subprocess.DEVNULL,
        stderr: IO[Any] | int = subprocess.DEVNULL,
        env: Mapping[str, str] | None = None,
    ) -> None:
        """The function is found by its name. The process gets our folder, and our environment if no other is given."""
        ours: list[int] = []
        its_input, self.stdin = _its_end(stdin, ours, is_read_by_us=False)
        its_output, self.stdout = _its_end(stdout, ours, is_read_by_us=True)
        its_errors, self.stderr = _its_end(stderr, ours, is_read_by_us=True)
        streams = _Streams(its_input, its_output, its_errors)
        environment = dict(os.environ if env is None else env)
        self._process = _CONTEXT.Process(target=_become, args=(streams, environment, str(Path.cwd()), run, given))
        self._process.start()
        for file in ours:
            os.close(file)
        assert self._process.pid is not None
        self.pid: int = self._process.pid

    @property
    def returncode(self) -> int | None:
        """Minus the number of the signal that ended it; None while it runs."""
        return self._process.exitcode

    def poll(self) -> int | None:
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Raises TimeoutExpired when it still runs after so many seconds."""
        self._process.join(timeout)
        if self.returncode is None:
            raise subprocess.TimeoutExpired(self._process.name, timeout or 0)
        return self.returncode

    def communicate(self, given: bytes | None = None, timeout: float | None = None) -> tuple[bytes, bytes]:
        """Send all of `given`, and read what it prints and its errors until it ends; empty for what is no pipe."""
        if self.stdin is not None:
            with suppress(BrokenPipeError), self.stdin:
                self.stdin.write(given or b"")
        printed, errors = (b"" if each is None else each.read() for each in (self.stdout, self.stderr))
        self.wait(timeout)
        return printed, errors

    def terminate(self) -> None:
        self._process.terminate()

    def kill(self) -> None:
        self._process.kill()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, error: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        for stream in (self.stdin, self.stdout, self.stderr):
            if stream is not None:
                stream.close()
        self.wait()


def _its_end(asked: IO[Any] | int, ours: list[int], *, is_read_by_us: bool) -> tuple[int, IO[bytes] | None]:
    """The file that the process gets, and our end of the pipe. What is to be closed once it has it goes into `ours`."""
    if asked == subprocess.DEVNULL:
        nothing = os.open(os.devnull, os.O_RDWR)
        ours.append(nothing)
        return nothing, None
    if asked != subprocess.PIPE:
        return asked if isinstance(asked, int) else asked.fileno(), None
    read, write = os.pipe()
    ours.append(write if is_read_by_us else read)
    return (write, os.fdopen(read, "rb")) if is_read_by_us else (read, os.fdopen(write, "wb"))


def _become(
    streams: _Streams, environment: dict[str, str], folder: str, run: Callable[..., object], given: tuple[object, ...]
) -> None:
    """What the new process does: nothing of the test is left in it but what has been imported."""
    os.setsid()
    streams.use()
    os.environ.clear()
    os.environ.update(environment)
    tempfile.tempdir = None  # found anew, as the environment says
    os.chdir(folder)
    run(*given)


def command_line(module: str, *words: str) -> None:
    """The command of a module that serves as `caseaudit` does, with these words after it."""
    sys.argv = ["caseaudit", *words]
    import_module(module).main()


def run_command(
    *words: str, env: Mapping[str, str], stdin: int = subprocess.DEVNULL, seconds: float = 60
) -> subprocess.CompletedProcess[str]:
    """What `caseaudit` with these words printed and how it ended."""
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        with ForkedProcess(
            command_line, "api.cli", *words, env=env, stdin=stdin, stdout=output, stderr=errors
        ) as process:
            try:
                ended = process.wait(seconds)
            finally:
                process.kill()
        output.seek(0)
        errors.seek(0)
        return subprocess.CompletedProcess(["caseaudit", *words], ended, output.read(), errors.read())


def run_module(module: str, *arguments: str) -> None:
    """The module, as `python -m` runs it."""
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _popen(command: Sequence[str], *, env: Mapping[str, str], **streams: Any) -> Any:
    """Start a module as `own_process` does: forked if to import it takes long."""
    module, *arguments = command[command.index("-m") + 1 :]
    if module not in _HEAVY:
        return subprocess.Popen(command, env=env, **streams)
    return ForkedProcess(run_module, module, *arguments, env=env, **streams)


@pytest.fixture(scope="session", autouse=True)
def forked_processes() -> Iterator[None]:
    """What the service computes in a process of its own is computed in a forked one."""
    with pytest.MonkeyPatch.context() as patch:
        names = {"PIPE": subprocess.PIPE, "DEVNULL": subprocess.DEVNULL}
        patch.setattr(api.foundation.own_process, "subprocess", SimpleNamespace(Popen=_popen, **names))
        yield


@pytest.fixture
def processes_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the service computes in a process of its own is computed in one that begins with nothing, as it does."""
    monkeypatch.setattr(api.foundation.own_process, "subprocess", subprocess)
