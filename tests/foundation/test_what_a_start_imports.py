"""A start imports what every request needs; what a few addresses need comes with the first request for one of them."""

import asyncio
import importlib
import math
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from types import ModuleType

import anyio.to_thread
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

import api.features
from api.app import PREFIX, NoPermissionDeclaredError, create_app, every_route
from api.foundation.feature import Feature, RoutesAt
from api.foundation.hooks import WRITING, Hook, Later, Moment
from api.foundation.http.routing import Router, RoutesInOrder, is_at
from api.foundation.settings import Settings
from models.storage.sqlite_engine import can_encrypt
from tests.cast import Site

ROOT = Path(__file__).parents[2]
MOST_FACING = 12
# What a first request asks for.
AT_ONCE = {"api.foundation.health.routes", "api.people.sign_in.pages", "api.people.sign_in.proving_pages"}
# Parts of a room that only some of its addresses, its jobs or a process of their own need.
NOT_AT_A_START = {
    "alembic",
    "api.audits.actions",
    "api.backup.actions",
    "api.backup.process",
    "api.case_files.queries",
    "api.demo.council",
    "api.foundation.identity.having_seen",
    "api.improvement.pages",
    "api.people.actions",
    "api.reports.closing",
    "api.reports.exports.writing",
    "api.reports.gaps.document",
    "api.trail.verifying.process",
    "checklists.templates.template",
    "docx",
    "httpcore2",
    "models.audits.audit",
    "models.audits.round",
    "models.cases.case_file",
    "models.every",
    "models.improvement.action",
    "pydantic.v1",
    "pypdf",
    "rich",
    "typst",
    "watchfiles",
    "xlsxwriter",
    "zxcvbn",
    # Beside the driver that encrypts, a second SQLite would take 2 MB.
    *({"sqlite3"} if can_encrypt() else ()),
}
START = """
import sys
from api.starting import create_app_from_environment, importing
with importing():
    import api.serving
create_app_from_environment()
print(*(name for name, module in sys.modules.items() if module is not None))
"""

# Tells what the event loop itself imports while strangers ask for what is there and what is not.
STRANGERS = """
import asyncio, sys
from api.starting import create_app_from_environment

class Noted:
    def find_spec(self, name, path=None, target=None):
        if asyncio._get_running_loop() is not None and name.split(".")[0] in {"api", "checklists", "models"}:
            print(name)

async def ask(app, method, path):
    address = {"http_version": "1.1", "scheme": "http", "server": ("127.0.0.1", 80), "client": ("127.0.0.1", 1)}
    path = {"path": path, "raw_path": path.encode(), "query_string": b"", "root_path": ""}
    headers = {"headers": [(b"host", b"127.0.0.1")]}
    async def receive(): return {"type": "http.request", "body": b"", "more_body": False}
    async def send(message): statuses.update({message["status"]} if "status" in message else ())
    scope = {"type": "http", "asgi": {"version": "3.0"}, "method": method, **address, **path, **headers}
    await app(scope, receive, send)

async def asked():
    app = create_app_from_environment()
    async with app.router.lifespan_context(app):
        sys.meta_path.insert(0, Noted())
        paths = ["/people", "/people/new", "/sign-in", "/nothing", "/api/v1/people", "/api/v1/nothing"]
        await asyncio.gather(*(ask(app, method, path) for path in paths for method in ("GET", "POST", "PUT")))

statuses = set()
asyncio.run(asked())
print(*sorted(statuses), file=sys.stderr)
"""

JOB = """
import sys
import api.foundation.jobs.worker, api.release.snapshots.long_work
print(*sys.modules)
"""
# What takes long to import, and what only another room's work needs.
NOT_IN_A_JOB = {
    "api.allocation.proposals.long_work",
    "api.case_lists.long_work",
    "api.features",
    "api.foundation.http",
    "api.foundation.settings",
    "api.notices.actions",
    "fastapi",
    "jinja2",
    "models.every",
    "pydantic_settings",
}


def named() -> list[tuple[str, RoutesAt]]:
    """Every module of routes that is imported when it is needed, with what stands before its addresses."""
    return [
        (prefix, each)
        for feature in api.features.FEATURES
        for prefix, some in ((PREFIX, feature.routes), ("", feature.pages))
        for each in some
        if isinstance(each, RoutesAt)
    ]


def imported_at_a_start(tmp_path: Path, database_url: str) -> set[str]:
    environment = {"CASEAUDIT_DATABASE_URL": database_url, "CASEAUDIT_TRAIL_KEY_FILE": f"{tmp_path}/key"}
    done = subprocess.run(
        [sys.executable, "-c", START], check=False, cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_a_start_imports_no_module_that_a_first_request_does_not_need(tmp_path: Path) -> None:
    imported = imported_at_a_start(tmp_path, f"sqlite:///{tmp_path}/one.sqlite3")
    assert "api.features" in imported
    # A new room may begin with a few; that of all rooms would be a hundred and fifty.
    facing = {name for name in imported if name.startswith("api.") and name.endswith(("pages", "routes"))}
    assert len(facing) <= MOST_FACING, sorted(facing)
    assert imported & (NOT_AT_A_START | {each.module for _, each in named()}) == AT_ONCE


def test_a_start_on_postgresql_imports_no_sqlite(tmp_path: Path) -> None:
    imported = imported_at_a_start(tmp_path, "postgresql://nobody@127.0.0.1:1/none")
    assert "psycopg" in imported
    assert imported & {"sqlcipher3", "sqlite3"} == set()


def test_the_event_loop_imports_nothing_while_it_answers_strangers(tmp_path: Path, migrated_sqlite_file: Path) -> None:
    file = shutil.copyfile(migrated_sqlite_file, tmp_path / "one.sqlite3")
    environment = {"CASEAUDIT_DATABASE_URL": f"sqlite:///{file}", "CASEAUDIT_TRAIL_KEY_FILE": f"{tmp_path}/key"}
    done = subprocess.run(
        [sys.executable, "-c", STRANGERS], check=False, cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines()[-1] == "200 303 401 404 405 422"
    assert done.stdout.split() == []


def test_the_process_of_a_snapshot_imports_no_other_room_than_it_needs() -> None:
    done = subprocess.run([sys.executable, "-c", JOB], check=False, cwd=ROOT, env={}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert NOT_IN_A_JOB & set(done.stdout.split()) == set()


def test_every_route_lies_at_an_address_that_its_module_is_imported_for() -> None:
    modules = named()
    assert len(modules) > 140
    for prefix, each in modules:
        assert all(re.fullmatch(r"/[^*{}]*|/[^/*{}]+(/[^/{}]+)+", address) for address in each.addresses), each
        for path in importlib.import_module(each.module).router.paths:
            parts = f"{prefix}{path}".split("/")
            assert any(is_at(parts, f"{prefix}{address}".split("/")) for address in each.addresses), (each, path)


def test_every_room_names_routes_of_its_own() -> None:
    rooms = {
        id(module.FEATURE): name.removesuffix(".feature").removesuffix(".pages")
        for name, module in sys.modules.items()
        if name.startswith("api.") and name.endswith(".feature") and hasattr(module, "FEATURE")
    }
    for feature in api.features.FEATURES:
        modules = [each.module for each in (*feature.routes, *feature.pages) if isinstance(each, RoutesAt)]
        assert [name for name in modules if not name.startswith(f"{rooms[id(feature)]}.")] == []


def test_every_provider_that_is_imported_later_exists() -> None:
    providers = [
        provider for feature in api.features.FEATURES for filling in feature.provides for provider in filling.providers
    ]
    itself = [each for each in providers if isinstance(each, Later)]
    called = [
        value
        for provider in providers
        if not isinstance(provider, Later)
        for value in (getattr(provider, name, None) for name in getattr(provider, "__slots__", ()))
        if isinstance(value, Later)
    ]
    assert len(itself) > 50
    assert len(called) > 30
    assert [each for each in itself if each.there() is None] == []
    assert [each for each in called if not callable(each.there())] == []


def test_a_hook_gives_what_is_imported_later_itself() -> None:
    hook = Hook[object]("a test's hook")
    hook.fill(Later("math", "pi"))
    hook.fill(7)
    assert list(hook) == [math.pi, 7]


def test_what_work_before_a_moment_adds_is_done_before_it_too() -> None:
    moment, done = Moment(), list[str]()
    moment.before(lambda: moment.before(lambda: done.append("added")))
    moment.prepare()
    assert moment.is_prepared
    assert done == ["added"]


def test_what_transactions_that_write_call_is_imported_beforehand() -> None:
    WRITING.prepare()
    assert WRITING.is_prepared
    for module in ("api.foundation.identity.having_seen", "api.follow_ups.rules", "api.reports.closing"):
        assert module in sys.modules, module


def test_routes_keep_their_order_whichever_is_asked_for_first(site: Site) -> None:
    settings, database = site.app.state.settings, site.app.state.database
    wanted = paths_of(create_app(settings, database))
    app = create_app(settings, database)
    for path in ("/rounds/0/change", "/audits/0/themes/x", "/", "/api/v1/reports/gaps", "/audits"):
        app.state.routes.import_at_once(path)
    assert len(app.routes) < len(wanted) / 2
    assert paths_of(app) == wanted


def paths_of(app: FastAPI) -> list[str]:
    return [str(route.path) for route in iter_route_contexts(every_route(app))]


def test_a_module_with_a_route_that_declares_no_permission_serves_none_of_its_routes(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = Router(prefix="/bare")

    @bare.get("/{thing}")
    def show(thing: str) -> str:
        return thing

    monkeypatch.setattr(
        importlib.import_module("tests.foundation.test_what_a_start_imports"), "router", bare, raising=False
    )
    later = RoutesAt("tests.foundation.test_what_a_start_imports", "/bare")
    monkeypatch.setattr(api.features, "FEATURES", (*api.features.FEATURES, Feature(routes=(later,))))
    app = create_app(Settings(database_url=database_url))
    before = list(app.routes)
    for _ in range(2):
        with pytest.raises(NoPermissionDeclaredError, match=r"GET /api/v1/bare/\{thing\}"):
            app.state.routes.import_at_once("/api/v1/bare/x")
    assert app.routes == before


ROUTES = """
from api.foundation.http.dependencies import public
from api.foundation.http.routing import Router

router = Router(prefix="/{name}", dependencies=[public("a test")])


@router.get("")
def show() -> str:
    return "{name}"
"""


@pytest.fixture
def quick_and_slow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[RoutesInOrder, list[str]]]:
    """Two modules of routes that no process has imported, at /quick and /slow, and what is admitted of them."""
    app, admitted = FastAPI(), list[str]()
    routes = RoutesInOrder(app, admit=lambda new: admitted.extend(str(each.path) for each in iter_route_contexts(new)))
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("quick", "slow"):
        (tmp_path / f"routes_of_a_test_{name}.py").write_text(ROUTES.replace("{name}", name))
        routes.add(RoutesAt(f"routes_of_a_test_{name}", f"/{name}"))
    yield routes, admitted
    for name in ("quick", "slow"):
        sys.modules.pop(f"routes_of_a_test_{name}", None)


def test_the_event_loop_goes_on_while_two_hundred_wait_for_a_module(
    quick_and_slow: tuple[RoutesInOrder, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    routes, admitted = quick_and_slow
    began, may_end = {name: Event() for name in ("quick", "slow")}, {name: Event() for name in ("quick", "slow")}
    in_time = []

    def imported(module: str) -> ModuleType:
        name = module.rpartition("_")[2]
        began[name].set()
        in_time.append(may_end[name].wait(20))
        return importlib.import_module(module)

    monkeypatch.setattr("api.foundation.http.routing.import_module", imported)

    async def ask() -> None:
        quick = asyncio.create_task(routes.import_for("/quick"))
        await asyncio.to_thread(began["quick"].wait)
        slow = [asyncio.create_task(routes.import_for("/slow/7")) for _ in range(200)]
        for _ in range(10):
            await asyncio.sleep(0)
        assert anyio.to_thread.current_default_thread_limiter().borrowed_tokens == 1, "who waits holds no thread"
        may_end["quick"].set()
        await quick
        may_end["slow"].set()
        await asyncio.gather(*slow)

    asyncio.run(ask())
    assert in_time == [True, True], "the event loop stood still while a module was imported"
    assert admitted == ["/quick", "/slow"]


def test_a_module_that_cannot_be_imported_is_tried_again_at_the_next_request(
    quick_and_slow: tuple[RoutesInOrder, list[str]], tmp_path: Path
) -> None:
    routes, admitted = quick_and_slow
    file = tmp_path / "routes_of_a_test_quick.py"
    right = file.read_text()
    file.write_text("raise ValueError('no such setting')")
    for _ in range(2):
        with pytest.raises(ValueError, match="no such setting"):
            asyncio.run(routes.import_for("/quick"))
    asyncio.run(routes.import_for("/slow"))
    file.write_text(right)
    asyncio.run(routes.import_for("/quick"))
    assert admitted == ["/slow", "/quick"]


def test_addresses_are_compared_part_by_part() -> None:
    for path, address, wanted in (
        ("/rounds", "/rounds", True),
        ("/rounds/7/report", "/rounds", True),
        ("/rounds/7/report", "/rounds/*/report", True),
        ("/rounds/7/reports", "/rounds/*/report", False),
        ("/rounds/7/change.csv", "/rounds/*/change.*", True),
        ("/rounds/7/change", "/rounds/*/change.*", False),
        ("/roundsof", "/rounds", False),
        ("/", "/", True),
        ("/rounds", "/", False),
        ("", "/", False),
    ):
        assert is_at(path.split("/"), address.split("/")) is wanted, (path, address)


def test_a_later_provider_is_the_same_as_another_by_its_names() -> None:
    hook = Hook[Later]("a test's hook")
    hook.fill(Later("api.rounds.pages", "opening"))
    with pytest.raises(ValueError, match="filled twice"):
        hook.fill(Later("api.rounds.pages", "opening"))
    assert Later("math", "floor")(2.5) == 2
