"""Tables are added by one thread, when it first needs them, while other threads run queries."""

import threading

import pytest
from sqlalchemy import Column, Integer, Table
from sqlalchemy.orm import registry
from sqlmodel.main import default_registry

from models import Person
from models.mapping import SteadyManagers, let_threads_add_tables

TABLES, TIMES = 60, 10


def failures_while_tables_are_added(tables: registry) -> list[str]:
    """What goes wrong where one thread adds tables, and another makes them ready, as a query does."""
    over, failures = threading.Event(), []

    def make_ready() -> None:
        while not over.is_set():
            try:
                list(tables._mappers_to_configure())
            except RuntimeError as error:
                failures.append(str(error))

    other = threading.Thread(target=make_ready)
    other.start()
    try:
        for number in range(TABLES):
            table = Table(f"table_{number}", tables.metadata, Column("id", Integer, primary_key=True))
            tables.map_imperatively(type(f"Table{number}", (), {}), table)
    finally:
        over.set()
        other.join()
    tables.configure()
    assert all(mapper.configured for mapper in tables.mappers)
    tables.dispose()
    return failures


@pytest.mark.usefixtures("threads_take_turns")
def test_tables_are_added_while_others_are_made_ready() -> None:
    for _ in range(TIMES):
        tables = registry()
        let_threads_add_tables(tables)
        assert failures_while_tables_are_added(tables) == []


@pytest.mark.usefixtures("threads_take_turns")
def test_the_trial_finds_the_failure_that_sqlalchemy_alone_has() -> None:
    assert any(failures_while_tables_are_added(registry()) for _ in range(10 * TIMES))


def test_our_tables_are_kept_so() -> None:
    kept = default_registry._managers
    assert isinstance(kept, SteadyManagers)
    assert Person in {mapper.class_ for mapper in default_registry.mappers}
    assert len(list(kept)) == len(set(kept.keys())) == len(kept)
