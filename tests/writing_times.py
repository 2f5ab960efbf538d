"""Fails a test during which a writing transaction of the service lasted too long: everybody else waits meanwhile.

What is measured is the time from the moment at which the slot of the writer is held until the commit is done, less the
time for which nothing could be done because the machine was busy: the time that the thread was ready to run and had no
processor, and on PostgreSQL the same time of its server process. The collector of garbage is left out too: it looks
through what all the tests before have made. What sleeps, computes, waits for the disk, for a lock or for another thread
counts. Linux says how long a thread had no processor; elsewhere only the processor time of the thread is counted, which
sees what computes and not what sleeps.

A machine may stand still, or be slow for a while, for reasons that no process can tell. So the limit is longer while a
fixed piece of work takes longer than it did where the limit was chosen, a test is run again when it wrote for too long,
and it fails if it does so each of RUNS times.

Only what runs in the process of the tests is measured, and not a server that a test starts.
"""

import gc
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, Final

import pytest
from _pytest.runner import runtestprotocol
from sqlalchemy import Connection, event
from sqlmodel import Session

from models.storage.database import Database
from models.storage.trail import TrailSession

LONGEST_MILLISECONDS: Final = 250
# How much longer the limit may become, and the work that says by how much: what it took where the limit was chosen.
MOST_SLOWNESS: Final = 2.0
WORK_STEPS: Final = 120_000
WORK_MILLISECONDS: Final = 7.0
RUNS: Final = 3
NEAREST: Final = 10
MARK: Final = "writes_long"
LONGEST: Final = "longest writing transaction, in milliseconds"
TOO_LONG: Final = "wrote for too long"
_THREADS: Final = Path("/proc/self/task")
_SERVER: Final = "the server process of this session, and how long it had no processor"
_exempt = threading.local()
_measured: list[tuple[str, int]] = []

Writing = Callable[..., Iterator[Session]]


@contextmanager
def filling_for_a_test() -> Iterator[None]:
    """What this thread writes in the block is what a test begins with, and nothing that the service does."""
    before = getattr(_exempt, "filling", False)
    _exempt.filling = True
    try:
        yield
    finally:
        _exempt.filling = before


def measured(writing: Writing) -> Writing:
    """The same method that holds a writing transaction, measured. To be put below `contextmanager`."""

    @wraps(writing)
    def measure(*given: Any) -> Iterator[Session]:
        busy = Stopwatch()
        session = None
        try:
            with contextmanager(writing)(*given) as session:
                yield session
        finally:
            if not getattr(_exempt, "filling", False):
                _measured.append((os.environ.get("PYTEST_CURRENT_TEST", ""), busy.milliseconds(session)))

    return measure


class Collector:
    """How many seconds of processor time the collector of garbage has had."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._began = 0.0

    def __call__(self, phase: str, _: object) -> None:
        if phase == "start":
            self._began = time.thread_time()
        else:
            self.seconds += time.thread_time() - self._began


COLLECTOR: Final = Collector()


class Stopwatch:
    """How long this thread has been at work or waiting, without the time for which it had no processor."""

    def __init__(self) -> None:
        self._thread = _THREADS / str(threading.get_native_id())
        self._began = time.monotonic()
        self._without = _seconds_without_processor(self._thread)
        self._processor = time.thread_time()
        self._collected = COLLECTOR.seconds

    def milliseconds(self, session: Session | None) -> int:
        collected = COLLECTOR.seconds - self._collected
        without = _seconds_without_processor(self._thread)
        if without is None or self._without is None:
            return round(1000 * (time.thread_time() - self._processor - collected))
        seconds = time.monotonic() - self._began - (without - self._without) - collected
        server, before = session.info.get(_SERVER, (None, None)) if session is not None else (None, None)
        after = _seconds_without_processor(server) if server is not None else None
        if before is not None and after is not None:
            seconds -= after - before
        return round(1000 * seconds)


def allowed_milliseconds() -> float:
    """How long a transaction may last on this machine at this moment."""
    began = time.perf_counter()
    sum(number * number % 7 for number in range(WORK_STEPS))
    slowness = 1000 * (time.perf_counter() - began) / WORK_MILLISECONDS
    return LONGEST_MILLISECONDS * min(max(slowness, 1.0), MOST_SLOWNESS)


def _seconds_without_processor(process: Path) -> float | None:
    """For how long it was ready to run and had no processor, since it began; None where nobody says."""
    try:
        return int((process / "schedstat").read_text().split()[1]) / 1e9
    except (OSError, IndexError):
        return None


def _note_server(session: Session, _: object, connection: Connection) -> None:
    if connection.dialect.name == "postgresql" and _SERVER not in session.info:
        driver: Any = connection.connection.driver_connection
        server = Path("/proc") / str(driver.info.backend_pid)
        session.info[_SERVER] = (server, _seconds_without_processor(server))


def pytest_configure() -> None:
    gc.callbacks.append(COLLECTOR)
    event.listen(TrailSession, "after_begin", _note_server)
    unmeasured = Database.writing_in_held_slot.__wrapped__  # type: ignore[attr-defined]
    Database.writing_in_held_slot = contextmanager(measured(unmeasured))  # type: ignore[method-assign]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """Fail the test if it, or what was made for it, wrote for too long."""
    yield
    found, _measured[:] = list(_measured), []
    excepted = _is_excepted(item)
    longest = max((each for _, each in found), default=0)
    allowed = LONGEST_MILLISECONDS if excepted or longest <= LONGEST_MILLISECONDS else allowed_milliseconds()
    too_long = [f"{each} ms in {test}" for test, each in found if each > allowed and not excepted]
    item.user_properties.append((LONGEST, 0 if excepted else longest))
    item.user_properties.extend((TOO_LONG, each) for each in too_long)
    if too_long:
        pytest.fail(f"Wrote for over {LONGEST_MILLISECONDS} ms: {', '.join(too_long)}.", pytrace=False)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool:
    """Run the test, and again when nothing is wrong with it but how long it wrote."""
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    before = list(item.user_properties)
    reports = runtestprotocol(item, log=False, nextitem=nextitem)
    for _ in range(RUNS - 1):
        if _failed(reports) != ["teardown"] or all(name != TOO_LONG for name, _ in item.user_properties):
            break
        item.user_properties[:] = before
        item._initrequest()  # type: ignore[attr-defined]
        # What the tests of a file share is made anew: the run before has changed it.
        item.session._setupstate.teardown_exact(item.session)  # type: ignore[arg-type]
        reports = runtestprotocol(item, log=False, nextitem=nextitem)
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def _failed(reports: Sequence[pytest.TestReport]) -> list[str]:
    return [report.when or "" for report in reports if report.failed]


def _is_excepted(item: pytest.Item) -> bool:
    """Whether a reason is given. Trials are about whole servers, and make much for them."""
    if item.get_closest_marker("trial") is not None:
        return True
    mark = item.get_closest_marker(MARK)
    if mark is None:
        return False
    if len(mark.args) != 1 or not isinstance(mark.args[0], str):
        pytest.fail(f"{MARK} takes one text: the reason.", pytrace=False)
    return True


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List the transactions that were too long, and the tests whose longest came nearest to that."""
    reports = [*terminalreporter.getreports(""), *terminalreporter.getreports("error")]
    ended = [report for report in reports if getattr(report, "when", "") == "teardown"]
    said = [(name, value, report.nodeid) for report in ended for name, value in report.user_properties]
    for value in (value for name, value, _ in said if name == TOO_LONG):
        terminalreporter.write_line(f"Wrote for over {LONGEST_MILLISECONDS} ms: {value}", red=True)
    times = [(value, test) for name, value, test in said if name == LONGEST and 0 < value <= LONGEST_MILLISECONDS]
    for value, test in sorted(times, reverse=True)[:NEAREST]:
        terminalreporter.write_line(f"Longest writing transaction otherwise: {value} ms in {test}")
