"""Everything moves from SQLite to PostgreSQL and back, and is the same; or nothing is copied."""

import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlmodel import select

from api.foundation.identity.showing import ShowingKinds
from api.foundation.key_files import event_key_at
from api.foundation.settings import Settings
from api.moving import copying
from api.moving.copying import CannotCopyError, canonical_lines, copy_everything
from api.trail.checkpoint_signer import CheckpointSigner
from api.trail.verifying.verification import verify
from models import Audit, Organisation
from models.storage.database import Database, open_database
from tests.conftest import new_database
from tests.desk import Desk, a_desk
from tests.whole_service.test_command_line import CASEAUDIT, environment, run


def lines_of(database: Database) -> list[str]:
    with database.engine.connect() as connection:
        return list(canonical_lines(connection))


def rows_that_the_planner_expects(database: Database, table: str) -> int:
    """As of the last ANALYZE; -1 before the first."""
    with database.engine.connect() as connection:
        found = connection.execute(text("SELECT reltuples FROM pg_class WHERE relname = :table"), {"table": table})
        return int(found.scalar_one())


def an_empty_postgresql(request: pytest.FixtureRequest, folder: Path) -> str:
    url = new_database(request, "postgresql", folder)
    emptied = open_database(url)
    with emptied.engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    emptied.close()
    return url


def test_the_trail_verifies_and_people_go_on_working_after_a_move(
    request: pytest.FixtureRequest, database_url: str, tmp_path: Path
) -> None:
    settings = Settings(
        database_url=database_url, trail_key_file=tmp_path / "key", trail_checkpoints_file=tmp_path / "c"
    )
    signer = CheckpointSigner.of(settings)
    with a_desk(database_url) as desk:
        desk.database.event_key = event_key_at(settings.trail_key_path)
        audit = desk.an_audit()
        desk.answer(audit, rationale="The plan of April was not reviewed in May.")
        there = an_empty_postgresql(request, tmp_path)
        copy_everything(desk.database, there)
        moved = open_database(there)
        assert rows_that_the_planner_expects(moved, "score") > 0
        moved.event_key = event_key_at(settings.trail_key_path)
        assert verify(moved, signer, showing=ShowingKinds.registered()).is_whole
        on_there = Desk(desk.app, moved, desk.cast, desk.template, desk.template_id, desk.team_id, desk.round_id)
        on_there.submit(audit)
        with moved.writing() as session:
            session.add(Organisation(name="Another"))
        assert verify(moved, signer, showing=ShowingKinds.registered()).trails[0].different == 0
        with moved.reading() as session:
            assert session.exec(select(Audit.state)).all() == ["submitted"]
            assert len(session.exec(select(Organisation)).all()) == 3
        moved.close()


def test_a_place_that_is_not_empty_is_refused_and_stays_as_it_was(database_url: str, tmp_path: Path) -> None:
    with a_desk(database_url) as desk:
        there = f"sqlite:///{tmp_path / 'there.sqlite3'}"
        copy_everything(desk.database, there)
        database = open_database(there)
        before = lines_of(database)
        with pytest.raises(CannotCopyError, match="not empty"):
            copy_everything(desk.database, there)
        assert lines_of(database) == before
        database.close()


def test_of_two_copies_into_one_place_at_once_the_second_finds_it_not_empty(
    request: pytest.FixtureRequest, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there, began, ended = an_empty_postgresql(request, tmp_path), threading.Event(), threading.Event()
    check, said = copying._check_is_empty, list[str]()

    def check_slowly(connection: Connection) -> None:
        check(connection)
        if not began.is_set():
            began.set()
            ended.wait(2)  # the second has come as far as it can before the first commits

    def copy_too(database: Database) -> None:
        assert began.wait(60)
        try:
            copy_everything(database, there)
        except Exception as error:  # noqa: BLE001 - what it says is what is tested
            said.append(str(error))

    with a_desk(database_url) as desk:
        monkeypatch.setattr(copying, "_check_is_empty", check_slowly)
        second = threading.Thread(target=copy_too, args=(desk.database,))
        second.start()
        copy_everything(desk.database, there)
        second.join()
    assert said == ["The other database is not empty. Name one that is empty, or does not exist yet."]


def test_a_copy_that_is_not_the_same_is_given_up(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = f"sqlite:///{tmp_path / 'there.sqlite3'}"
    whole = copying._in_parts
    monkeypatch.setattr(copying, "_in_parts", lambda rows: [part[:-1] or part for part in whole(rows)])
    with a_desk(database_url) as desk, pytest.raises(CannotCopyError, match=r"not the same|not there"):
        copy_everything(desk.database, there)
    database = open_database(there)
    with database.reading() as session:
        assert session.exec(select(Organisation)).all() == []
    database.close()


def test_rows_that_name_rows_of_their_own_table_come_after_them() -> None:
    rows: list[Mapping[str, Any]] = [{"id": 1, "of": 3}, {"id": 2, "of": None}, {"id": 3, "of": 2}, {"id": 4, "of": 4}]
    ordered = [row["id"] for row in copying._owners_first(rows, "of")]
    assert ordered.index(2) < ordered.index(3) < ordered.index(1)
    assert sorted(ordered) == [1, 2, 3, 4]


def test_a_copy_for_which_the_disk_is_too_small_gives_its_room_back(database_url: str, tmp_path: Path) -> None:
    with a_desk(database_url) as desk:
        desk.an_audit()
    there = tmp_path / "there" / "copy.db"
    there.parent.mkdir()
    # A copy is larger than this, in blocks of 1,024 bytes, and its shared memory is not.
    limited = ["bash", "-c", 'ulimit -f 500 && exec "$0" copy-to "$1"', str(CASEAUDIT), f"sqlite:///{there}"]
    done = subprocess.run(limited, env=environment(database_url), check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert "The disk is full or cannot be written" in done.stderr
    assert [file.name for file in there.parent.iterdir()] == ["copy.db.serving"]
    assert run("copy-to", f"sqlite:///{there}", url=database_url).returncode == 0
    again = run("copy-to", f"sqlite:///{there}", url=database_url)
    assert (again.returncode, "is not empty" in again.stderr) == (1, True)
    assert there.stat().st_size > 500 * 1024


def test_a_database_is_not_copied_onto_itself(database_url: str) -> None:
    with a_desk(database_url):
        pass
    refused = run("copy-to", database_url, url=database_url)
    assert (refused.returncode, "This is the database itself" in refused.stderr) == (1, True)
