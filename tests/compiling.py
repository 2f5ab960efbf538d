"""In a whole run each process compiles a part of the tests first, and finds the rest compiled by the others.

Pytest compiles a file of tests when it is imported, which for all of them takes longer than to collect them, and each
process imports all. What is compiled is kept from run to run, so this is for the first run in a new checkout.
"""

import fcntl
import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import pytest

from tests import once

_TESTS: Final = Path(__file__).parent


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection(session: pytest.Session) -> Iterator[None]:
    config = session.config
    worker, workers = os.environ.get("PYTEST_XDIST_WORKER", ""), os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")
    asks_for_all = config.args_source is config.ArgsSource.TESTPATHS and not config.option.markexpr.startswith("fast")
    if worker and asks_for_all and not sys.dont_write_bytecode:
        _compile_a_part(int(worker.removeprefix("gw")), int(workers))
    return (yield)


def _compile_a_part(own: int, workers: int) -> None:
    files = sorted(_TESTS.rglob("test_*.py"))
    with _held(own):
        for file in files[own::workers]:
            with suppress(Exception):  # whatever is wrong with the file, collecting it tells
                importlib.import_module(".".join(file.relative_to(_TESTS.parent).with_suffix("").parts))
    for other in range(workers):
        with _held(other):
            pass  # it has compiled its part, or has not begun, and is not waited for


@contextmanager
def _held(part: int) -> Iterator[None]:
    with (once.folder() / f"compiling-{part}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
