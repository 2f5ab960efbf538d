"""Tables are imported when they are named, each with those it refers to; a start knows the guards without them."""

import ast
import importlib
from pathlib import Path

import pytest
from sqlalchemy import Table, text

import models
from models.every import METADATA
from models.evidence.guards import missing_guards
from models.evidence.stored_guards import are_as_made
from models.storage.database import open_database
from models.storage.migrating import migrate
from tests.test_architecture import MODULES, imports

SOURCE = ast.parse(Path(models.__file__).read_text("utf-8"))


def test_the_lists_of_what_the_models_offer_agree() -> None:
    typed = {
        alias.name: node.module for node in ast.walk(SOURCE) if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    at_once = {"Organisation", "new_id", "now"}
    listed = {name: module for module, names in models.MODULES.items() for name in names.split()}
    assert {name: module for name, module in typed.items() if name in models.__all__ and name not in at_once} == listed
    assert sorted([*listed, *at_once]) == sorted(models.__all__)
    assert [name for name in models.__all__ if not hasattr(models, name)] == []


def test_a_module_with_a_table_imports_the_tables_that_it_refers_to() -> None:
    homes = home_of_each_table()
    for table, home in homes.items():
        imported = all_imported_by(home) | {"models.people.organisation"}
        referred = {homes[key.referred_table] for key in table.foreign_key_constraints}
        assert referred <= imported, f"{home} does not import {sorted(referred - imported)}: see belongs_to"


def home_of_each_table() -> dict[Table, str]:
    """The module of each table of the service."""
    found = {}
    for module in models.MODULES:
        for value in vars(importlib.import_module(module)).values():
            table = getattr(value, "__table__", None)
            if isinstance(table, Table) and value.__module__ == module and table.metadata is METADATA:
                found[table] = module
    found[METADATA.tables["organisation"]] = "models.people.organisation"
    assert set(found) == set(METADATA.tables.values())
    return found


def all_imported_by(module: str) -> set[str]:
    """A module, and those of the models that it imports, and so on."""
    found, waiting = set[str](), [module]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            named = {imported.rpartition(".")[0] for imported in imports(name)}
            waiting += [each for each in named if each in MODULES and each != "models"]
    return found


@pytest.mark.both_databases
def test_a_start_knows_the_guards_that_the_migrations_made(database_url: str) -> None:
    database = open_database(database_url)
    with database.engine.connect() as connection:
        assert missing_guards(connection) == []
        assert are_as_made(connection)
    database.close()


@pytest.mark.both_databases
def test_a_guard_that_was_put_aside_is_made_anew_at_the_next_start(database_url: str) -> None:
    database = open_database(database_url)
    where = "" if database.is_sqlite else " ON audit"
    with database.engine.begin() as connection:
        connection.execute(text(f"DROP TRIGGER kept_audit_marked_update{where}"))
        assert missing_guards(connection) == ["kept_audit_marked_update"]
        assert not are_as_made(connection)
    migrate(database_url)
    with database.engine.connect() as connection:
        assert missing_guards(connection) == []
    database.close()
