"""Where trials happen: durable databases, and the ground on which an organisation works."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from models.storage.database import Database, open_database
from models.storage.migrating import migrate
from tests.conftest import DatabaseKind
from tests.live import Ground, a_ground
from tests.postgres import Cluster, running_cluster


@dataclass(frozen=True, slots=True)
class Place:
    """A durable database of one trial, and what it begins with."""

    url: str
    database: Database
    ground: Ground
    folder: Path


Record = Callable[[str, object], None]


@pytest.fixture(scope="module")
def durable_cluster() -> Iterator[Cluster]:
    with running_cluster(durable=True) as cluster:
        yield cluster


def _place(url: str, folder: Path) -> Iterator[Place]:
    migrate(url)
    database = open_database(url)
    yield Place(url, database, a_ground(database), folder)
    database.close()


@pytest.fixture
def place(request: pytest.FixtureRequest, database_kind: DatabaseKind, tmp_path: Path) -> Iterator[Place]:
    if database_kind == "sqlite":
        yield from _place(f"sqlite:///{tmp_path}/trial.sqlite3", tmp_path)
        return
    cluster: Cluster = request.getfixturevalue("durable_cluster")
    yield from _place(cluster.create(f"trial_{tmp_path.name[:40]}".lower()), tmp_path)


@pytest.fixture
def sqlite_place(tmp_path: Path) -> Iterator[Place]:
    yield from _place(f"sqlite:///{tmp_path}/trial.sqlite3", tmp_path)


@pytest.fixture
def postgresql_place(durable_cluster: Cluster, tmp_path: Path) -> Iterator[Place]:
    yield from _place(durable_cluster.create(f"trial_{tmp_path.name[:40]}".lower()), tmp_path)
