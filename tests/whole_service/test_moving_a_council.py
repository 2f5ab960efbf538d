"""A whole council moves from SQLite to PostgreSQL and back, and is the same, with all that is signed and released.

What is exported of it as files is the same from both.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from api.moving.copying import copy_everything
from api.moving.exporting import export_everything
from models import Organisation
from models.evidence.guards import missing_guards
from models.storage.bulk import table_of
from models.storage.database import open_database
from tests.conftest import DatabaseKind
from tests.moving.test_copying import an_empty_postgresql, lines_of
from tests.moving.test_exporting import check_it_reads_back, files_of
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
    with first.engine.connect() as connection:
        organisations = connection.execute(select(table_of(Organisation).c.id)).scalars().all()
    for own in organisations:
        for database, place in ((first, f"here-{own}"), (second, f"there-{own}")):
            export_everything(database, tmp_path / place, organisation_id=own)
        check_it_reads_back(second, own, tmp_path / f"there-{own}")
        files, others = files_of(tmp_path / f"here-{own}"), files_of(tmp_path / f"there-{own}")
        assert files.keys() == others.keys()
        assert [name for name in files if name != "manifest.json" and files[name] != others[name]] == []
    for database in (second, third):
        with database.engine.connect() as connection:
            assert missing_guards(connection) == []
        database.close()
    first.close()
