"""What tests of the whole service may ask for: a stage with two councils in every state, made once and copied."""

import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from api.foundation import permissions
from api.moving.copying import copy_everything
from models.storage.database import open_database
from tests.conftest import DatabaseKind, fresh_database, new_database
from tests.once import once
from tests.whole_service.council import Council
from tests.whole_service.matrix import Stage, a_stage, two_councils


@pytest.fixture(autouse=True, scope="package")
def _proofs_last() -> Iterator[None]:
    """On a slow machine these tests take longer than a proof lasts; tests/people/test_proving_again.py holds that."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(permissions, "PROOF_LASTS", timedelta(days=1))
        yield


SetStage = tuple[str, tuple[Council, Council]]


@pytest.fixture(scope="session")
def set_stage(request: pytest.FixtureRequest) -> Callable[[DatabaseKind], SetStage]:
    """The two councils and the URL of the database that holds them, which nobody has open, so that it can be copied.

    It is made once a run, on SQLite, and moved to PostgreSQL for tests that ask there, which is quicker than making it
    there too. That what is moved is the same is tested in test_moving_a_council.py.
    """

    def make(folder: Path) -> SetStage:
        url = new_database(request, "sqlite", folder)
        database = open_database(url)
        first, second = two_councils(database)
        database.close()
        for council in (first, second):
            council.database = None  # type: ignore[assignment]  # `a_stage` puts another in its place
        return url, (first, second)

    def move(folder: Path) -> SetStage:
        url, councils = get("sqlite")
        there = new_database(request, "postgresql", folder)
        here = open_database(f"sqlite:///{shutil.copyfile(url.removeprefix('sqlite:///'), folder / 'here.sqlite3')}")
        copy_everything(here, there)
        here.close()
        return there, councils

    def get(kind: DatabaseKind) -> SetStage:
        return once(f"councils-{kind}", make if kind == "sqlite" else move)[1]

    return get


@pytest.fixture(scope="module")
def stage(
    request: pytest.FixtureRequest,
    database_kind: DatabaseKind,
    set_stage: Callable[[DatabaseKind], SetStage],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Stage]:
    """The service on a copy that belongs to the tests of one module."""
    url, councils = set_stage(database_kind)
    folder = tmp_path_factory.mktemp("stage")
    with fresh_database(request, database_kind, folder, like=url) as copy, a_stage(copy, councils) as made:
        yield made
