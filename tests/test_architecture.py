"""The layout of the code holds: rooms import only rooms below them, and only what those offer; modules stay small."""

import ast
import importlib
import importlib.metadata
from functools import cache
from pathlib import Path

import pytest

from api.foundation.hooks import Hook, UnfilledHookError
from models.evidence.guards import guards
from models.evidence.stored_guards import HASHES, hash_of
from tests.sources import PACKAGES, ROOT, files, parsed, source_of, sources, text_of

# From the lowest room to the highest: a room imports only rooms that stand before it.
ORDER = (
    "checklists",
    "models",
    "api.foundation",
    "api.documents",
    "api.foundation.http",
    "api.foundation.health",
    "api.foundation.pages",
    "api.outbox",
    "api.jobs",
    "api.access",
    "api.people",
    "api.notices",
    "api.sensitive_terms",
    "api.information",
    "api.rest_reference",
    "api.audit_templates",
    "api.from_documents",
    "api.case_files",
    "api.case_lists",
    "api.rounds",
    "api.sampling",
    "api.audits",
    "api.allocation",
    "api.concerns",
    "api.blind_reading",
    "api.moderation",
    "api.feedback",
    "api.calibration",
    "api.reports",
    "api.agreement",
    "api.coding",
    "api.re_audits",
    "api.follow_ups",
    "api.joint_rounds",
    "api.release",
    "api.improvement",
    "api.programme",
    "api.results",
    "api.fhir",
    "api.odata",
    "api.trail",
    "api.webhooks",
    "api.erasure",
    "api.retention",
    "api.home",
    "api.backup",
    "api.features",
    "api.demo",
    "api.app",
    "api.starting",
    "api.serving",
    "api.doctor",
    "api.moving",
    "api.terminal_reports",
    "api.cli",
)
# The groups of the pure rules and of the tables, from the lowest to the highest, in the same way.
GROUPS = (
    "checklists.statistics",
    "checklists.actions",
    "checklists.programme",
    "checklists.templates",
    "checklists.audits",
    "checklists.reports",
    "checklists.reliability",
    "checklists.passages",
    "checklists.joint",
    "checklists.outlines",
    "checklists.samples",
    "checklists.privacy",
    "checklists.release",
    "models.evidence",
    "models.storage",
    "models.people",
    "models.cases",
    "models.audits",
    "models.joint",
    "models.samples",
    "models.improvement",
    "models.programme",
    "models.reports",
    "models.service",
)
# What everybody stands on: all of it may be used. Of a feature only what it offers.
SHARED = {
    "checklists",
    "models",
    "api.foundation",
    "api.documents",
    "api.foundation.http",
    "api.foundation.health",
    "api.foundation.pages",
    "api.access",
}
FEATURES = [room for room in ORDER[: ORDER.index("api.features")] if room not in SHARED]
# Modules that face a person or a program: HTTP is theirs, and neither rules nor SQL are.
FACING = ("pages", "routes", "parts", "forms", "bodies", "rows", "page_parts", "round_parts", "feature", "hooks")
HTTP = {"fastapi", "starlette", "uvicorn"}
SQL = {"sqlalchemy", "sqlmodel", "alembic", "psycopg", "sqlite3", "sqlcipher3"}
ASKS_THE_DATABASE = {"exec", "execute", "scalar", "scalars", "get_one", "refresh", "connection"}
LONGEST_MODULE = 400
LONGEST_FUNCTION = 60
MOST_MODULES = 15


def modules() -> dict[str, Path]:
    """Every module of the product by its dotted name."""
    found = {}
    for file in files(*PACKAGES):
        parts = file.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


MODULES = modules()


def imports(name: str) -> list[str]:
    """Every dotted name that a module imports, wherever in it the import stands."""
    return [".".join(filter(None, each)) for each in sources()[MODULES[name]].imports]


@cache
def all_imports() -> list[tuple[str, str]]:
    """Every module, and each name that it imports."""
    return [(name, imported) for name in MODULES for imported in imports(name)]


def library(imported: str) -> str:
    return imported.split(".", maxsplit=1)[0]


def is_within(name: str, part: str) -> bool:
    return name == part or name.startswith(f"{part}.")


def room_of(name: str, order: tuple[str, ...] = ORDER) -> str | None:
    """The room in which a name lives; None for what is not in one of them."""
    return max((room for room in order if is_within(name, room)), key=len, default=None)


def climbs(name: str, imported: str, order: tuple[str, ...] = ORDER) -> bool:
    """Whether this import goes to a room above."""
    here, there = room_of(name, order), room_of(imported, order)
    return here is not None and there is not None and order.index(there) > order.index(here)


def offered(room: str) -> set[str]:
    return {f"{room}.{module}" for module in importlib.import_module(room).OFFERS}


def reaches_in(name: str, imported: str) -> bool:
    """Whether this import takes from another room what that room does not offer."""
    here, there = room_of(name), room_of(imported)
    if there is None or here == there:
        return False
    if imported.rpartition(".")[2].startswith("_"):
        return True
    if there not in FEATURES or here == "api.features":
        return False
    return not any(is_within(imported, module) for module in offered(there))


def is_facing(name: str) -> bool:
    """Whether a module of a feature faces a person or a program."""
    last = name.rpartition(".")[2]
    return last in FACING or last.endswith(("_pages", "_routes"))


def test_rooms_import_only_rooms_below_them() -> None:
    assert [(name, imported) for name, imported in all_imports() if climbs(name, imported)] == []
    assert [(name, imported) for name, imported in all_imports() if climbs(name, imported, GROUPS)] == []


@pytest.mark.parametrize(
    ("name", "imported"),
    [
        ("models.audits.audit", "api.foundation.problems"),
        ("checklists.reports.gaps", "models.Audit"),
        ("api.rounds.actions", "api.concerns.queries.concerns_for"),
        ("api.foundation.permissions", "api.people.actions"),
        ("api.documents.document", "api.foundation.pages.rendering"),
        ("models.storage.database", "api.foundation.settings.Settings"),
    ],
)
def test_an_import_that_climbs_is_seen(name: str, imported: str) -> None:
    assert climbs(name, imported)
    assert not climbs(imported, name)


def test_a_feature_is_used_only_through_what_it_offers() -> None:
    assert [(name, imported) for name, imported in all_imports() if reaches_in(name, imported)] == []


@pytest.mark.parametrize(
    ("imported", "reaches"),
    [
        ("api.rounds.actions.find_round", False),
        ("api.rounds.pages.router", True),
        ("api.rounds.actions._check_plan", True),
        ("api.foundation.permissions.Actor", False),
        ("api.foundation.permissions._LABELS", True),
    ],
)
def test_reaching_into_a_feature_is_seen(imported: str, *, reaches: bool) -> None:
    assert reaches_in("api.sampling.actions", imported) is reaches


def test_what_a_feature_offers_exists_and_is_used_by_another() -> None:
    used = {name for room in FEATURES for name in offered(room)}
    unused = {
        module
        for module in used
        if not any(is_within(imported, module) and room_of(name) != room_of(module) for name, imported in all_imports())
    }
    assert used - MODULES.keys() == set()
    assert unused == set()


def test_every_module_has_its_place_in_the_order() -> None:
    assert [name for name in MODULES if name != "api" and room_of(name) is None] == []


def test_every_group_has_its_place_in_the_order() -> None:
    folders = {name for name, file in MODULES.items() if file.name == "__init__.py" and name.count(".") == 1}
    assert {name for name in folders if library(name) != "api"} == set(GROUPS)


def test_every_room_says_what_it_is_for() -> None:
    packages = [name for name, file in MODULES.items() if file.name == "__init__.py"]
    said = {name: (ast.get_docstring(ast.parse(text_of(MODULES[name]))) or "") for name in packages}
    assert {name: text for name, text in said.items() if len(text.split()) < 3} == {}


def test_rules_and_queries_know_nothing_of_http() -> None:
    within = [name for name in MODULES if room_of(name) in {"checklists", "models", "api.access", *FEATURES}]
    found = [(name, imported) for name, imported in all_imports() if name in within and library(imported) in HTTP]
    # How much a file may hold is said in terms of HTTP where a route takes it in.
    assert [(name, imported) for name, imported in found if not is_facing(name)] == []


def test_pages_and_routes_hold_no_sql() -> None:
    facing = [name for name in MODULES if room_of(name) in FEATURES and is_facing(name)]
    assert len(facing) > 60
    imported = [
        (name, each)
        for name, each in all_imports()
        if name in facing and library(each) in SQL and each != "sqlmodel.Session"
    ]
    asked = [(name, sources()[MODULES[name]].attributes & ASKS_THE_DATABASE) for name in facing]
    assert imported == []
    assert [(name, attributes) for name, attributes in asked if attributes] == []


def test_checklists_are_pure() -> None:
    found = [(name, imported) for name, imported in all_imports() if is_within(name, "checklists")]
    assert [(name, imported) for name, imported in found if library(imported) in HTTP | SQL] == []


def test_every_hook_is_filled() -> None:
    names = [name for name in MODULES if is_within(name, "api") and not name.endswith(".process")]
    found = [value for name in names for value in vars(importlib.import_module(name)).values()]
    hooks = [value for value in found if isinstance(value, Hook)]
    assert len(hooks) > 10
    assert [hook.name for hook in hooks if not list(hook)] == []


def test_a_hook_that_nobody_filled_is_not_taken_for_an_empty_one() -> None:
    hook = Hook[str]("a test's hook")
    with pytest.raises(UnfilledHookError, match=r"api\.features"):
        list(hook)
    hook.fill("once")
    with pytest.raises(ValueError, match="filled twice"):
        hook.fill("once")
    assert list(hook) == ["once"]


def test_one_module_opens_sqlite_and_everybody_else_asks_it() -> None:
    """Two releases of SQLite on one file would each keep it only as safe as the older one does."""
    drivers = {"sqlite3", "sqlcipher3"}
    assert {name for name, imported in all_imports() if library(imported) in drivers} == {
        "models.storage.sqlite_engine"
    }
    beside = parsed(rf"\b({'|'.join(drivers)})\b", "alembic", "benchmarks")
    used = {library(name) for file, _ in beside for name, _ in source_of(text_of(file)).imports}
    assert used & drivers == set()


def test_table_aliases_are_made_once() -> None:
    """One made for each request takes longer than its query, and refers to itself: it stays until all is collected. One
    that SQLAlchemy makes is completed by whoever uses it first, and of two threads each sees it half complete.
    """
    makers = {"sqlalchemy.orm.aliased", "sqlalchemy.orm.util.AliasedClass"}
    uses = {name for name, imported in all_imports() if imported in makers}
    assert uses == {"models.storage.joins"}
    inside = {
        f"{file.relative_to(ROOT)}:{call.lineno}"
        for file, tree in parsed(r"\btable_alias\b|\.alias\b", *PACKAGES)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for call in ast.walk(function)
        if isinstance(call, ast.Call) and _is_alias_of_a_table(call.func)
    }
    assert inside == set()


def _is_alias_of_a_table(called: ast.expr) -> bool:
    if isinstance(called, ast.Attribute):
        return called.attr == "alias" and isinstance(called.value, ast.Name) and called.value.id.isupper()
    return isinstance(called, ast.Name) and called.id == "table_alias"


def test_no_dependency_takes_the_name_of_one_of_our_packages() -> None:
    owners = importlib.metadata.packages_distributions()
    assert [(name, owner) for name in PACKAGES for owner in owners.get(name, ()) if owner != "caseaudit"] == []


def test_the_folder_alembic_never_hides_the_library() -> None:
    assert (ROOT / "alembic" / "env.py").exists()
    assert not (ROOT / "alembic" / "__init__.py").exists()


def test_every_test_folder_is_a_package() -> None:
    folders = {file.parent for file in (ROOT / "tests").rglob("*.py")}
    assert [folder for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []


def test_no_module_is_too_long_to_read_in_one_sitting() -> None:
    lengths = {name: len(text_of(file).splitlines()) for name, file in MODULES.items()}
    assert {name: length for name, length in lengths.items() if length > LONGEST_MODULE} == {}


def test_no_function_is_too_long_to_read_at_a_glance() -> None:
    lengths = {
        f"{name}.{function}": length for name, file in MODULES.items() for function, length in sources()[file].functions
    }
    assert {name: length for name, length in lengths.items() if length > LONGEST_FUNCTION} == {}


def test_no_folder_is_crowded() -> None:
    folders: dict[Path, int] = {}
    for file in MODULES.values():
        if file.name != "__init__.py":
            folders[file.parent] = folders.get(file.parent, 0) + 1
    assert {str(folder): number for folder, number in folders.items() if number > MOST_MODULES} == {}


def test_the_hashes_of_the_guards_are_those_of_the_guards() -> None:
    made = {
        dialect: hash_of(
            (guard.name, guard.table, guard.statements[-1] if dialect == "sqlite" else "") for guard in guards(dialect)
        )
        for dialect in HASHES
    }
    assert made == HASHES, f"Guards have changed: in models/evidence/stored_guards.py, HASHES is now {made}"


def test_only_what_imports_every_table_goes_through_the_tables() -> None:
    through = {
        name
        for name, file in MODULES.items()
        if name not in {"models.base", "models.every"}
        and ("SQLModel.metadata" in (code := text_of(file)) or "vars(models)" in code)
    }
    assert through == set(), "These would miss the tables that are not imported yet: use models.every"
