"""Runs tests on mutants in a copy of the tree, one after another, each in a fork of a process with libraries loaded.

Started with the copy as its working directory. Reads a request a line as JSON from its standard input, and answers
each with a line of JSON.
"""

import contextlib
import importlib
import json
import os
import signal
import sys
import time
import traceback
import types
from pathlib import Path
from typing import Any

import pytest

# What most tests import. Nothing of the product, which each fork imports anew, and nothing that pytest rewrites.
LIBRARIES = (
    *("fastapi", "sqlmodel", "sqlalchemy.dialects.postgresql", "sqlalchemy.dialects.sqlite", "pydantic_settings"),
    *("starlette.testclient", "typer.testing", "jinja2", "numpy", "pandas", "statsmodels.api", "scipy.stats"),
    *("docx", "xlsxwriter", "openpyxl", "pypdf", "typst", "cryptography.hazmat.primitives.asymmetric.ed25519"),
    *("pwdlib", "psycopg", "playwright.sync_api", "uvicorn", "zxcvbn", "krippendorff", "irrCAC"),
)
KILLERS: dict[str, list[str]] = {}
BROKEN = ("NameError", "UnboundLocalError", "ImportError", "ModuleNotFoundError", "SyntaxError")


class Watch:
    """A plugin of pytest: what was collected, what failed first, and no example made smaller."""

    def __init__(self, database: str, first: list[str]) -> None:
        self.database = database
        self.first = first
        self.collected = 0
        self.not_collected = ""
        self.failed = ""
        self.message = ""

    def pytest_sessionstart(self) -> None:
        from hypothesis import Phase, settings

        quick = {"phases": (Phase.explicit, Phase.generate), "database": None}
        settings.register_profile("mutants", settings.get_profile("caseaudit"), **quick)
        settings.load_profile("mutants")

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        kept = [item for item in items if _kind_of(item) in {"", self.database}]
        items[:] = sorted(kept, key=lambda item: item.nodeid not in self.first)
        self.collected = len(items)

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            self.not_collected = self.not_collected or f"{report.nodeid}: {str(report.longrepr)[-300:]}"

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed and not self.failed:
            crash = getattr(report.longrepr, "reprcrash", None)
            self.failed = report.nodeid
            self.message = crash.message if crash else str(report.longrepr)[-300:]


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


def serve() -> None:
    # So that whatever runs in a fork is ended with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    for library in LIBRARIES:
        with contextlib.suppress(ImportError):
            importlib.import_module(library)
    for line in sys.stdin:
        print(json.dumps(_run(json.loads(line))), flush=True)


def _run(asked: dict[str, Any]) -> dict[str, Any]:
    """Run what was asked, beginning with the tests that killed others of this file, which most often kill it too."""
    started = time.monotonic()
    killers = KILLERS.setdefault(asked["file"], [])
    with _changed(asked["file"], asked["source"]):
        fate, detail = _run_tests(asked, killers)
    if fate == "killed" and detail not in killers:
        killers.append(detail)
    return {"fate": fate, "detail": detail, "seconds": time.monotonic() - started}


@contextlib.contextmanager
def _changed(file: str, source: str) -> Any:
    """The file with other content, and no bytecode of it that could be taken for the new one."""
    if not file:
        yield
        return
    path = Path(file)
    was = path.read_bytes()
    for cached in path.parent.glob(f"__pycache__/{path.stem}.*.pyc"):
        cached.unlink()
    path.write_text(source, "utf-8")
    try:
        yield
    finally:
        path.write_bytes(was)


def _run_tests(asked: dict[str, Any], first: list[str]) -> tuple[str, str]:
    report = Path("mutant-report.json")
    report.unlink(missing_ok=True)
    child = os.fork()
    if child == 0:
        _in_child(asked, Watch(asked["database"], first), report)
    try:
        code = _wait(child, asked["seconds"])
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
    if code is None:
        return "timed out", f"after {asked['seconds']:.0f} s"
    if not report.exists():
        return "error", f"the tests ended with {code} and said nothing: {Path('mutant-log.txt').read_text()[-300:]}"
    return fate_of(code, json.loads(report.read_text("utf-8")))


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


def _in_child(asked: dict[str, Any], watch: Watch, report: Path) -> None:
    os.setsid()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    log = os.open("mutant-log.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    code = 3
    try:
        if asked["file"]:
            # The bytecode of a mutant must not outlive it; that of the tree as it is spares the others much time.
            sys.dont_write_bytecode = True
            os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
        if all(test.startswith("tests/checklists/") for test in asked["tests"]):
            # Pure rules ask no room; tests/conftest.py would load them all.
            sys.modules["api.features"] = types.ModuleType("api.features")
        # Libraries that are loaded already bring plugins of which no assertion is rewritten.
        quiet = ("-W", "ignore::pytest.PytestAssertRewriteWarning")
        options = ("-q", "-x", "--tb=short", "-p", "no:cacheprovider", "--hypothesis-seed=0", *quiet)
        code = int(pytest.main([*options, *asked["tests"]], plugins=[watch]))
        sys.stdout.flush()
        report.write_text(json.dumps(vars(watch)), "utf-8")
    except BaseException:  # noqa: BLE001 - a fork must never go on as its parent
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(code)


if __name__ == "__main__":
    serve()
