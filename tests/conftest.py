"""What every test may ask for: a database of its own, made by the migrations, on SQLite or on both databases."""

import gc
import importlib
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Literal

import pytest
from sqlalchemy import make_url

import api.features  # noqa: F401 - fills the hooks of every room
import models.every  # noqa: F401 - tests go through all tables while they are collected
from models.storage.migrating import migrate
from tests import once, shared_caches, thorough
from tests.kept_cast import asks_for_the_cast, kept_cast
from tests.postgres import TEMPLATE, Cluster, started_cluster

pytest_plugins = [
    "tests.compiling",
    "tests.writing_times",
    "tests.browser",
    "tests.forked",
    "tests.fixtures",
    "tests.encrypted",
]

DatabaseKind = Literal["sqlite", "postgresql"]
KINDS: tuple[DatabaseKind, ...] = ("sqlite", "postgresql")
TESTS = Path(__file__).parent
# "make test-fast" runs all of these but what is marked `long`, and what is marked `fast`.
FAST_FILES = ("checklists/", "test_architecture.py", "test_documentation.py")
LONGEST_FILES = (
    "whole_service/test_permission_matrix.py",
    "whole_service/test_isolation.py",
    "whole_service/test_blindness.py",
    "whole_service/test_evidence.py",
    "outbox/test_outbox.py",
    "case_lists/test_importing.py",
    "case_lists/test_leaks.py",
    "reports/test_gap_reports.py",
    "whole_service/test_command_line.py",
    "jobs/test_jobs.py",
    "whole_service/test_hostile_values.py",
    "whole_service/test_schemathesis.py",
    "moderation/test_sign_off.py",
    # Those with a browser come after all others: these first.
    "reports/test_in_a_browser.py",
    "audits/test_questions_in_a_browser.py",
    "audits/test_in_a_browser.py",
    "people/test_in_a_browser.py",
    "sampling/test_in_a_browser.py",
    "improvement/test_in_a_browser.py",
    "audit_templates/test_in_a_browser.py",
    "home/test_first_hour.py",
    "whole_service/test_every_page_in_a_browser.py",
    "rounds/test_in_a_browser.py",
    "whole_service/test_look.py",
    "moderation/test_in_a_browser.py",
)
SLOWEST_FILES_SHOWN = 30
MEMORY = Path("/dev/shm")  # noqa: S108 - each run makes a folder of its own in it
ROOM_IN_MEMORY = 4 * 1024**3
SERVER = "postgres"
SHARED = pytest.StashKey[Path | None]()
_numbers = count(1)


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Whatever is there by now stays to the end: not to look through it again and again saves a quarter of the time.

    So every module of routes is imported now, and no test that holds a transaction waits for one.
    """
    importlib.import_module("tests.every_module")
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def pytest_addoption(parser: pytest.Parser) -> None:
    thorough.add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Let the tests, which ask as one client, ask for as much as they like, and put what they write into memory.

    Most of them wait for the disk for most of their time. Not the trials: some are about how long a disk takes.
    """
    thorough.configure(config)
    shared_caches.share_statements()
    shared_caches.share_document()
    # Most tests make their databases, and look into them, without the settings of a service. Some ask for encryption.
    os.environ.setdefault("CASEAUDIT_DATABASE_ENCRYPTION", "off")
    for name in ("REQUESTS_A_MINUTE", "STRANGERS_REQUESTS_A_MINUTE"):
        os.environ.setdefault(f"CASEAUDIT_{name}", "1000000000")
    if config.option.markexpr == "not trial" and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM_IN_MEMORY:
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)


def pytest_sessionstart(session: pytest.Session) -> None:
    session.config.stash[SHARED] = once.begin()
    shared_caches.share_templates()


def pytest_sessionfinish(session: pytest.Session) -> None:
    folder = session.config.stash[SHARED]
    if folder is not None:
        server: Cluster | None = once.made(SERVER)
        if server is not None:
            server.end()
        once.end(folder)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that needs a database runs on SQLite; on PostgreSQL too if it is marked so, or is a trial."""
    own = [mark.args[0] for mark in metafunc.definition.iter_markers("parametrize")]
    if "database_kind" not in metafunc.fixturenames or "database_kind" in own:
        return
    marks = ("both_databases", "trial", *(["both_in_trials"] if thorough.is_thorough() else []))
    both = any(metafunc.definition.get_closest_marker(mark) is not None for mark in marks)
    metafunc.parametrize("database_kind", KINDS if both else KINDS[:1], indirect=True, scope="session")


@pytest.fixture(scope="session")
def database_kind(request: pytest.FixtureRequest) -> DatabaseKind:
    """On which database the test runs: see the marker `both_databases`."""
    kind: DatabaseKind = request.param
    return kind


@pytest.fixture(scope="session")
def postgres_cluster() -> Cluster:
    """The PostgreSQL server of this run of the tests, quick rather than durable; the run ends it."""
    return once.once(SERVER, lambda _: started_cluster())[1]


@pytest.fixture(scope="session")
def migrated_sqlite_file() -> Path:
    """A SQLite file with every migration run and nothing in it, to be copied."""
    return once.migrated_file()


@pytest.fixture(scope="session")
def migrated_postgres(postgres_cluster: Cluster) -> Cluster:
    """The server of this run, holding a database with every migration run and nothing in it, to be copied.

    Nobody may connect to it, since others copy it at any time.
    """
    once.once("migrated-postgres", lambda _: migrate(postgres_cluster.create(TEMPLATE)))
    return postgres_cluster


def new_database(request: pytest.FixtureRequest, kind: DatabaseKind, folder: Path, *, like: str = "") -> str:
    """The URL of a new database, up to date: empty, or a copy of the one at the URL `like`, which nobody has open.

    On SQLite it holds the cast if the test asks for that of tests/fixtures.py.

    On PostgreSQL it is there until it is dropped, or until the server of this run ends. For a test that asks for a desk
    it is not made yet, because `a_desk` makes it.
    """
    name = f"test_{os.getpid()}_{next(_numbers)}"
    has_desk = "desk" in request.fixturenames and not like
    if kind == "sqlite" and not like and request.scope == "function" and asks_for_the_cast(request):
        url = f"sqlite:///{folder / name}.sqlite3"
        kept_cast(url).copy_to(url)
        return url
    if kind == "sqlite":
        copy = folder / f"{name}.sqlite3"
        if has_desk:
            return f"sqlite:///{copy}"
        migrated: Path = request.getfixturevalue("migrated_sqlite_file")
        shutil.copyfile(like.removeprefix("sqlite:///") or migrated, copy)
        return f"sqlite:///{copy}"
    cluster: Cluster = request.getfixturevalue("migrated_postgres")
    if has_desk:
        return cluster.url(name)
    return cluster.create(name, template=make_url(like).database or "" if like else TEMPLATE)


@contextmanager
def fresh_database(
    request: pytest.FixtureRequest, kind: DatabaseKind, folder: Path, *, like: str = ""
) -> Iterator[str]:
    """The same, gone when the block ends."""
    url = new_database(request, kind, folder, like=like)
    yield url
    if kind == "sqlite":
        return
    name = make_url(url).database or ""
    cluster: Cluster = request.getfixturevalue("migrated_postgres")
    cluster.drop(name)
    for key in Path().glob(f"{name}.*"):  # the service keeps its keys where it runs
        key.unlink()


@pytest.fixture
def database_url(
    request: pytest.FixtureRequest,
    database_kind: DatabaseKind,
    tmp_path: Path,
) -> Iterator[str]:
    """An empty, up-to-date database for this test alone."""
    with fresh_database(request, database_kind, tmp_path) as url:
        yield url


@pytest.fixture(scope="module")
def shared_database_url(
    request: pytest.FixtureRequest,
    database_kind: DatabaseKind,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """An up-to-date database for all the tests of one module: for promises that only read."""
    with fresh_database(request, database_kind, tmp_path_factory.mktemp("shared")) as url:
        yield url


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out files without a fast test when only those are asked for: to import the others takes longer than to run
    what is fast."""
    if not config.option.markexpr.startswith("fast") or collection_path.suffix != ".py":
        return None
    is_fast = path_of(collection_path).startswith(FAST_FILES) or "pytest.mark.fast" in collection_path.read_text()
    return None if is_fast else True


def pytest_itemcollected(item: pytest.Item) -> None:
    if path_of(item.path).startswith(FAST_FILES) and item.get_closest_marker("long") is None:
        item.add_marker("fast")


def path_of(file: Path) -> str:
    """Where the file stands, from this folder."""
    return file.relative_to(TESTS).as_posix()


def _database_of(item: pytest.Item) -> str:
    callspec = getattr(item, "callspec", None)
    return str(callspec.params.get("database_kind", "neither")) if callspec else "neither"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first, so that no process is alone with one at the end; those with a browser last.

    Playwright leaves an event loop running in its thread for as long as its browser is open.
    """
    for item in items:
        item.user_properties.append(("database", _database_of(item)))
    with_browser = {item.path for item in items if "browser" in getattr(item, "fixturenames", ())}
    turns = {file: turn for turn, file in enumerate(LONGEST_FILES)}
    others = len(turns)
    items.sort(key=lambda item: (item.path in with_browser, turns.get(path_of(item.path), others)))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = terminalreporter.getreports("passed")
    passed = Counter(dict(report.user_properties)["database"] for report in reports)
    counts = ", ".join(f"{name} {passed[name]}" for name in (*KINDS, "neither"))
    terminalreporter.write_line(f"Passed on each database: {counts}")
    terminalreporter.write_line(thorough.said())
    for file, seconds in _seconds_of_files(terminalreporter).most_common(SLOWEST_FILES_SHOWN):
        terminalreporter.write_line(f"{seconds:6.1f} s in {file}")
    for report in reports:
        for name, value in report.user_properties:
            if name == "figure":
                terminalreporter.write_line(str(value))


def _seconds_of_files(terminalreporter: pytest.TerminalReporter) -> Counter[str]:
    """How long the tests of each file took, with what was made for them."""
    seconds: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                seconds[report.nodeid.partition("::")[0]] += report.duration  # type: ignore[assignment]
    return seconds
