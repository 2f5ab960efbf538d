"""Migrations keep every row: one back and forth, and killed in the middle as often as you like."""

import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from itertools import pairwise
from typing import Any

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, make_url, text

from benchmarks.store import fill
from models.storage.database import open_database
from models.storage.migrating import NEWEST, migrate, migrations, revision_of
from tests.conftest import DatabaseKind
from tests.live import ROOT
from tests.postgres import Cluster
from tests.trials.conftest import Place, Record

pytestmark = pytest.mark.trial

AUDITS = 1_000
KILLS = 20
Content = Mapping[str, tuple[int, str]]


@contextmanager
def migrating(url: str) -> Iterator[tuple[Connection, Any]]:
    database = open_database(url)
    config = migrations()
    with database.engine.execution_options(writes=True).connect() as connection:
        config.attributes["connection"] = connection
        yield connection, config
    database.close()


def content(connection: Connection) -> Content:
    """How many rows each table has, and a digest of all of them."""
    found = {}
    for table in inspect(connection).get_table_names():
        rows = sorted(map(repr, connection.execute(text(f'SELECT * FROM "{table}"'))))
        found[table] = len(rows), sha256("\n".join(rows).encode()).hexdigest()
    connection.rollback()
    return found


@pytest.fixture
def filled(place: Place) -> Place:
    fill(place.database, place.ground, [place.ground.round_id], audits_each=AUDITS)
    place.database.engine.dispose()
    return place


def test_each_migration_is_taken_back_and_made_again_without_losing_a_row(
    filled: Place, database_kind: DatabaseKind, record_property: Record
) -> None:
    revisions = [each.revision for each in ScriptDirectory.from_config(migrations()).walk_revisions()]
    rows = []
    with migrating(filled.url) as (connection, config):
        for newer, older in pairwise(revisions):
            command.downgrade(config, older)
            before = content(connection)
            command.upgrade(config, newer)
            command.downgrade(config, older)
            assert content(connection) == before, f"by {newer} and back"
            rows.append(sum(number for number, _ in before.values()))
    shown = f"{len(rows)} migrations back and forth on {database_kind} with {max(rows):,} rows: none lost"
    print(shown)
    record_property("figure", shown)


def test_a_migration_that_is_killed_runs_again_to_its_end(
    request: pytest.FixtureRequest, filled: Place, database_kind: DatabaseKind, record_property: Record
) -> None:
    with migrating(filled.url) as (connection, config):
        command.downgrade(config, _half_way())
        before = content(connection)
    began = time.monotonic()
    whole = [_copy(request, database_kind, filled, name) for name in ("whole", "whole_too")]
    for url in whole:
        _end_of(_started(url), 300)
    seconds = (time.monotonic() - began) / len(whole)
    first, second = map(_content_at_newest, whole)
    # What a migration itself writes may have the time in it.
    expected = {table: rows if rows == second[table] else (rows[0], "") for table, rows in first.items()}
    chance, in_the_middle = random.Random(1), 0
    for number in range(KILLS):
        url = _copy(request, database_kind, filled, f"killed_{number}")
        process = _started(url)
        time.sleep(chance.uniform(0.2, 0.95) * seconds)
        in_the_middle += process.poll() is None
        process.kill()
        process.wait()
        with migrating(url) as (connection, _):
            stands = content(connection)
        # Each migration is there whole or not at all.
        lost = {table: number - stands[table][0] for table, (number, _) in before.items() if table in stands}
        assert {table: number for table, number in lost.items() if number} == {}
        migrate(url)
        found = _content_at_newest(url)
        assert {table: rows if expected[table][1] else (rows[0], "") for table, rows in found.items()} == expected
    shown = (
        f"{KILLS} migrations killed on {database_kind}, {in_the_middle} before their end ({seconds:.1f} s): none lost"
    )
    print(shown)
    record_property("figure", shown)
    assert in_the_middle >= KILLS / 2


def _content_at_newest(url: str) -> Content:
    with migrating(url) as (connection, _):
        assert revision_of(connection) == NEWEST
        return content(connection)


def _half_way() -> str:
    revisions = [each.revision for each in ScriptDirectory.from_config(migrations()).walk_revisions()]
    return revisions[len(revisions) // 2]


def _started(url: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "CASEAUDIT_DATABASE_URL": url}
    command_line = [sys.executable, "-c", "from api.cli import main; main()", "migrate"]
    return subprocess.Popen(command_line, cwd=ROOT, env=environment)


def _end_of(process: subprocess.Popen[bytes], seconds: float) -> None:
    assert process.wait(seconds) == 0


def _copy(request: pytest.FixtureRequest, kind: DatabaseKind, place: Place, name: str) -> str:
    """A database like that of the place."""
    if kind == "sqlite":
        file = make_url(place.url).database
        assert file is not None
        copy = place.folder / f"{name}.sqlite3"
        shutil.copy(file, copy)
        return f"sqlite:///{copy}"
    cluster: Cluster = request.getfixturevalue("durable_cluster")
    return cluster.create(f"migrated_{name}", make_url(place.url).database or "")
