"""A whole council moves from SQLite to PostgreSQL and back, and is the same, with all that is signed and released."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from api.moving.copying import copy_everything
from models.evidence.guards import missing_guards
from models.storage.database import open_database
from tests.conftest import DatabaseKind
from tests.moving.test_copying import an_empty_postgresql, lines_of
from tests.whole_service.conftest import SetStage


def test_a_whole_council_moves_to_postgresql_and_back(
    request: pytest.FixtureRequest,
    set_stage: Callable[[DatabaseKind], SetStage],
    tmp_path: Path,
) -> None:
    url, _ = set_stage("sqlite")
    here = shutil.copyfile(url.removeprefix("sqlite:///"), tmp_path / "here.sqlite3")
    first = open_database(f"sqlite:///{here}")
    there = an_empty_postgresql(request, tmp_path)
    copied = copy_everything(first, there)
    assert sum(copied.rows.values()) > 2_000
    second = open_database(there)
    back = f"sqlite:///{tmp_path / 'back.sqlite3'}"
    again = copy_everything(second, back)
    third = open_database(back)
    assert again == copied
    assert lines_of(first) == lines_of(second) == lines_of(third)
    for database in (second, third):
        with database.engine.connect() as connection:
            assert missing_guards(connection) == []
        database.close()
    first.close()
