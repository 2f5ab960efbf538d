"""The house keeps its shape: imports run down, names stay ours, and modules stay small."""

import ast
import importlib.metadata
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("api", "models", "checklists")

# From the top of the house to its foundations. Modules on one line may import each other.
LAYERS = (
    ("api.app",),
    ("api.background",),
    (
        "api.cli",
        "api.case_lists.commands",
        "api.serving",
        "api.foundation.http.connections",
        "api.demo.first_start",
        "api.demo.council",
        "api.demo.words",
    ),
    ("api.pages", "api.routes"),
    (
        "api.foundation.http.dependencies",
        "api.foundation.http.routing",
        "api.foundation.http.admission",
        "api.foundation.http.bodies",
        "api.json_bodies",
        "api.foundation.http.recording",
        "api.foundation.http.readiness",
        "api.foundation.http.problem_details",
        "api.foundation.http.security",
        "api.foundation.logs",
        "api.foundation.http.replies",
        "api.foundation.http.gate",
    ),
    (
        "api.foundation.outbox.sending",
        "api.foundation.jobs.doing",
        "api.foundation.jobs.worker",
        "api.foundation.jobs.process",
        "api.foundation.jobs.handover",
    ),
    ("api.foundation.outbox.mail",),
    ("api.actions", "api.reports", "api.case_lists"),
    (
        "api.foundation.permissions",
        "api.people.sign_in.passwords",
        "api.foundation.identity.secrets",
        "api.foundation.http.limits",
        "api.foundation.addresses",
        "api.foundation.http.capacity",
        "api.foundation.own_process",
        "api.foundation.workers",
    ),
    ("api.foundation.problems",),
    ("models",),
    ("checklists",),
)
# What the environment may change is a plain value, which every layer of api may be handed.
ANYWHERE = ("api.foundation.settings",)
BELOW_THE_LINE = (
    "api.actions",
    "api.reports",
    "api.case_lists",
    "api.foundation.permissions",
    "api.foundation.problems",
    "models",
    "checklists",
)
HTTP = {"fastapi", "starlette", "uvicorn"}
SQL = {"sqlalchemy", "sqlmodel", "alembic", "psycopg", "sqlite3", "pysqlite3"}
LONGEST_MODULE = 400


def modules() -> dict[str, Path]:
    """Every module of the product by its dotted name."""
    found = {}
    for room in ROOMS:
        for file in sorted((ROOT / room).rglob("*.py")):
            parts = file.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


def imports(file: Path) -> Iterator[str]:
    """Every dotted name that a module imports, wherever in it the import stands."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imports_within(*parts: str) -> list[tuple[str, str]]:
    """Each import of the modules within these parts: who imports, and what."""
    within = {name: file for name, file in modules().items() if any(is_within(name, part) for part in parts)}
    assert within
    return [(name, imported) for name, file in within.items() for imported in imports(file)]


def library(imported: str) -> str:
    return imported.split(".", maxsplit=1)[0]


def is_within(name: str, part: str) -> bool:
    return name == part or name.startswith(f"{part}.")


def layer_of(name: str) -> int | None:
    """How far down the house a name lives, counted from 0 at the top; None for what is not ours."""
    for depth, layer in enumerate(LAYERS):
        if any(is_within(name, part) for part in layer):
            return depth
    return None


def climbs(name: str, imported: str) -> bool:
    """Whether this import goes up the house."""
    if any(is_within(imported, part) for part in ANYWHERE):
        return not is_within(name, "api")
    here, there = layer_of(name), layer_of(imported)
    return here is not None and there is not None and there < here


def test_imports_run_down_the_house_only() -> None:
    assert [(name, imported) for name, imported in imports_within(*ROOMS) if climbs(name, imported)] == []


@pytest.mark.parametrize(
    ("name", "imported"),
    [
        ("models.audit", "api.foundation.problems"),
        ("checklists.gaps", "models.Audit"),
        ("api.audits.actions", "api.audits.routes.AuditOut"),
        ("api.foundation.permissions", "api.actions"),
        ("models.database", "api.foundation.settings.Settings"),
    ],
)
def test_an_import_that_climbs_is_seen(name: str, imported: str) -> None:
    assert climbs(name, imported)
    assert not climbs(imported, name)


def test_every_module_of_the_service_has_its_place_in_the_house() -> None:
    places = {*(part for layer in LAYERS for part in layer), *ANYWHERE}
    housed = {name for name in modules() if any(is_within(name, place) for place in places)}
    assert set(modules()) - housed - {"api"} == set()


def test_nothing_below_the_line_knows_of_http() -> None:
    found = imports_within(*BELOW_THE_LINE)
    assert [(name, imported) for name, imported in found if library(imported) in HTTP] == []


def test_checklists_are_pure() -> None:
    found = imports_within("checklists")
    assert [(name, imported) for name, imported in found if library(imported) in HTTP | SQL] == []


def test_one_module_opens_sqlite_and_everybody_else_asks_it() -> None:
    """Two releases of SQLite on one file would each keep it only as safe as the older one does."""
    drivers = {"sqlite3", "pysqlite3"}
    found = {name for name, imported in imports_within(*ROOMS) if library(imported) in drivers}
    beside = {file for folder in ("alembic", "benchmarks") for file in (ROOT / folder).rglob("*.py")}
    assert found == {"models.sqlite_engine"}
    assert [file for file in beside if any(library(imported) in drivers for imported in imports(file))] == []


def test_no_dependency_takes_the_name_of_one_of_our_packages() -> None:
    owners = importlib.metadata.packages_distributions()
    assert [(name, owner) for name in ROOMS for owner in owners.get(name, ()) if owner != "caseaudit"] == []


def test_the_folder_alembic_never_hides_the_library() -> None:
    assert (ROOT / "alembic" / "env.py").exists()
    assert not (ROOT / "alembic" / "__init__.py").exists()


def test_every_test_folder_is_a_package_lest_it_hide_the_room_it_mirrors() -> None:
    folders = {file.parent for file in (ROOT / "tests").rglob("*.py")}
    assert [folder for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []


def test_no_module_outgrows_what_can_be_read_in_one_sitting() -> None:
    lengths = {name: len(file.read_text("utf-8").splitlines()) for name, file in modules().items()}
    assert {name: length for name, length in lengths.items() if length > LONGEST_MODULE} == {}
