"""Runs tests on mutants in a copy of the tree, one after another, each in a fork.

A change within a function is tried first in a fork of a process that has imported and collected everything already:
the function gets the changed code. What lives there, and every other change, is run again the long way, with the file
itself changed and all of the product imported anew: a function may have done its work while it was imported.

Started with the copy as its working directory. Reads a request a line as JSON from its standard input, and answers
each with a line of JSON.
"""

import contextlib
import gc
import importlib
import json
import os
import signal
import sys
import time
import traceback
import types
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pytest

from tests.mutants.swapping import NotSwappableError, swap

# What most tests import. Nothing of the product, which each fork imports anew, and nothing that pytest rewrites.
LIBRARIES = (
    *("fastapi", "sqlmodel", "sqlalchemy.dialects.postgresql", "sqlalchemy.dialects.sqlite", "pydantic_settings"),
    *("starlette.testclient", "typer.testing", "jinja2", "numpy", "pandas", "statsmodels.api", "scipy.stats"),
    *("docx", "xlsxwriter", "openpyxl", "pypdf", "typst", "cryptography.hazmat.primitives.asymmetric.ed25519"),
    *("pwdlib", "psycopg", "playwright.sync_api", "uvicorn", "zxcvbn", "krippendorff", "irrCAC"),
)
KILLERS: dict[str, list[str]] = {}
PASSES: set[str] = set()
NOT_SWAPPED = 77
BROKEN = ("NameError", "UnboundLocalError", "ImportError", "ModuleNotFoundError", "SyntaxError")


@dataclass(frozen=True, slots=True)
class Pipes:
    """How a process is asked, and how it answers; and for whoever asks, its number."""

    asked: IO[str]
    answers: IO[str]
    process: int = 0


class Watch:
    """A plugin of pytest: what was collected, what failed first, and no example made smaller."""

    def __init__(self, database: str, first: list[str], *, serves: "Pipes | None" = None) -> None:
        self.database = database
        self.first = first
        self.serves = serves
        self.only = ""
        self.collected = 0
        self.not_collected = ""
        self.failed = ""
        self.message = ""

    def pytest_sessionstart(self) -> None:
        from hypothesis import Phase, settings

        quick = {"phases": (Phase.explicit, Phase.generate), "database": None}
        settings.register_profile("mutants", settings.get_profile("caseaudit"), max_examples=100, **quick)
        settings.load_profile("mutants")

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        kept = [item for item in items if _kind_of(item) in {"", self.database}]
        items[:] = sorted(kept, key=lambda item: item.nodeid not in self.first)
        self.collected = len(items)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: Any) -> None:
        """With pipes to serve, go on only in forks, each with a change made."""
        if self.serves is not None and not self.not_collected:
            serve_collected(self, self.serves)
            _make_once_anew(session)
            session.items.sort(key=lambda item: item.nodeid not in self.first)
            session.items[:] = [item for item in session.items if self.only in {"", item.nodeid}]

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            self.not_collected = self.not_collected or f"{report.nodeid}: {str(report.longrepr)[-300:]}"

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed and not self.failed:
            crash = getattr(report.longrepr, "reprcrash", None)
            self.failed = report.nodeid
            self.message = crash.message if crash else str(report.longrepr)[-300:]


def _make_once_anew(session: Any) -> None:
    """In a fork: make with the change whatever is made once a run, and leave the folder to the others."""
    from tests.conftest import SHARED
    from tests.once import begin_in_fork

    session.config.stash[SHARED] = begin_in_fork()


def _kind_of(item: Any) -> str:
    callspec = getattr(item, "callspec", None)
    return str(callspec.params.get("database_kind", "")) if callspec else ""


def fate_of(code: int, watch: dict[str, Any]) -> tuple[str, str]:
    """The fate of a mutant whose tests ended with this exit code, and why."""
    if watch["not_collected"]:
        return "error", f"not collected: {watch['not_collected']}"
    if code == 0 and watch["collected"]:
        return "alive", f"{watch['collected']} tests passed"
    if code == 1 and watch["failed"]:
        if watch["message"].startswith(BROKEN):
            return "error", f"the change itself does not run: {watch['message'][:200]}"
        return "killed", watch["failed"]
    return "error", f"pytest ended with {code} after {watch['collected']} tests"


COLLECTED: dict[tuple[Any, ...], Pipes | None] = {}
REPORT, LOG = Path("mutant-report.json"), Path("mutant-log.txt")


def serve() -> None:
    # So that whatever runs in a fork is ended with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    for library in LIBRARIES:
        with contextlib.suppress(ImportError):
            importlib.import_module(library)
    try:
        for line in sys.stdin:
            print(json.dumps(_run(json.loads(line))), flush=True)
    finally:
        for pipes in filter(None, COLLECTED.values()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pipes.process, signal.SIGTERM)


def _run(asked: dict[str, Any]) -> dict[str, Any]:
    """Run what was asked, beginning with the tests that killed others of this file, which most often kill it too.

    A test that fails kills only when it passes on the tree as it is.
    """
    started = time.monotonic()
    killers = KILLERS.setdefault(asked["file"], [])
    fate, detail = _try_quickly({**asked, "first": killers, "only": ""})
    if fate != "killed":
        with _changed(asked["file"], asked["source"]):
            fate, detail = _in_fork(asked["seconds"], lambda: _run_pytest(asked, killers))
    if fate == "killed" and detail not in PASSES:
        before, why = _try_quickly({**asked, "file": "", "source": "", "first": [], "only": detail})
        if before != "alive":
            fate, detail = "error", f"{detail} fails without any change: {before}, {why}"
        else:
            PASSES.add(detail)
    if fate == "killed" and detail not in killers:
        killers.append(detail)
    return {"fate": fate, "detail": detail, "seconds": time.monotonic() - started}


@contextlib.contextmanager
def _changed(file: str, source: str) -> Any:
    """The file with other content, and no bytecode of it that could be taken for the new one."""
    path = Path(file)
    was = path.read_bytes()
    for cached in path.parent.glob(f"__pycache__/{path.stem}.*.pyc"):
        cached.unlink()
    path.write_text(source, "utf-8")
    try:
        yield
    finally:
        path.write_bytes(was)


def _in_fork(seconds: float, run: Callable[[], None]) -> tuple[str, str]:
    """The fate of a mutant whose tests are run in a fork of this process, and why."""
    REPORT.unlink(missing_ok=True)
    child = os.fork()
    if child == 0:
        _leave_parent()
        run()
        os._exit(3)
    try:
        code = _wait(child, seconds)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
    return _told(code, seconds)


def _told(code: int | None, seconds: float) -> tuple[str, str]:
    if code is None:
        return "timed out", f"after {seconds:.0f} s"
    if not REPORT.exists():
        return "error", f"the tests ended with {code} and said nothing: {LOG.read_text('utf-8')[-300:]}"
    return fate_of(code, json.loads(REPORT.read_text("utf-8")))


def _wait(child: int, seconds: float) -> int | None:
    """The exit code, or None when it took too long and was killed."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def _leave_parent() -> None:
    """In a fork: a group of its own, so that it is ended with all that it starts, and nothing said in the answers."""
    os.setsid()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for target, flags, number in ((os.devnull, os.O_RDONLY, 0), (LOG, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 1)):
        os.dup2(os.open(target, flags), number)
    os.dup2(1, 2)


def _run_pytest(asked: dict[str, Any], first: list[str], *, serves: Pipes | None = None) -> None:
    """Run the tests, write what became of them and end this process."""
    code = 3
    try:
        if serves is None:
            # The bytecode of a mutant must not outlive it; that of the tree as it is spares the others much time.
            sys.dont_write_bytecode = True
            os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
        if all(test.startswith("tests/checklists/") for test in asked["tests"]):
            # Pure rules ask no room; tests/conftest.py would load them all.
            sys.modules["api.features"] = no_rooms = types.ModuleType("api.features")
            vars(no_rooms)["FEATURES"] = ()
        # Libraries that are loaded already bring plugins of which no assertion is rewritten.
        quiet = ("-W", "ignore::pytest.PytestAssertRewriteWarning")
        options = ("-q", "-x", "--tb=short", "-p", "no:cacheprovider", "--hypothesis-seed=0", *quiet)
        watch = Watch(asked["database"], first, serves=serves)
        code = int(pytest.main([*options, *asked["tests"]], plugins=[watch]))
        sys.stdout.flush()
        said = ("collected", "not_collected", "failed", "message")
        REPORT.write_text(json.dumps({name: getattr(watch, name) for name in said}), "utf-8")
    except BaseException:  # noqa: BLE001 - a fork must never go on as its parent
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _try_quickly(asked: dict[str, Any]) -> tuple[str, str]:
    """The fate of a mutant in a process that has collected its tests; "" where the change cannot be made in one."""
    key = (*asked["tests"], asked["database"])
    if key not in COLLECTED:
        COLLECTED[key] = _collected(asked)
    pipes = COLLECTED[key]
    if pipes is None:
        return "", ""
    pipes.asked.write(json.dumps(asked) + "\n")
    pipes.asked.flush()
    line = pipes.answers.readline()
    if not line:
        COLLECTED[key] = None
        return "", ""
    fate, detail = json.loads(line)
    return fate, detail


def _collected(asked: dict[str, Any]) -> Pipes:
    """A process that has imported and collected these tests and waits to be asked."""
    its_end, our_end = os.pipe(), os.pipe()
    process = os.fork()
    if process == 0:
        os.close(its_end[1])
        serves = Pipes(os.fdopen(its_end[0]), os.fdopen(our_end[1], "w"))
        for pipes in COLLECTED.values():
            if pipes is not None:
                pipes.asked.close()
        _leave_parent()
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
        _run_pytest(asked, [], serves=serves)
    os.close(its_end[0])
    os.close(our_end[1])
    return Pipes(os.fdopen(its_end[1], "w"), os.fdopen(our_end[0]), process)


def serve_collected(watch: Watch, pipes: Pipes) -> None:
    """Answer what is asked, each in a fork, and return only there, with the change made; end when no more is asked."""
    for line in pipes.asked:
        asked = json.loads(line)
        REPORT.unlink(missing_ok=True)
        child = os.fork()
        if child == 0:
            _leave_parent()
            sys.dont_write_bytecode = True
            gc.unfreeze()
            try:
                if asked["file"]:
                    swap(asked["file"], asked["source"])
            except NotSwappableError:
                os._exit(NOT_SWAPPED)
            watch.first, watch.only = asked["first"], asked["only"]
            return
        try:
            code = _wait(child, asked["seconds"])
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child, signal.SIGKILL)
        told = ("", "") if code == NOT_SWAPPED else _told(code, asked["seconds"])
        pipes.answers.write(json.dumps(told) + "\n")
        pipes.answers.flush()
    os._exit(0)


if __name__ == "__main__":
    serve()
