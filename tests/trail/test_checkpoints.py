"""Trails are signed in time, once, with a key and in a place outside the database, and whatever crashes meanwhile."""

import json
import stat
import threading
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import col, select

from api.foundation.events import row
from api.foundation.key_files import key_at
from api.foundation.permissions import Actor
from api.foundation.settings import Settings
from api.trail import checkpoints
from api.trail.checkpoint_signer import CheckpointSigner, Link, Signed
from api.trail.checkpoints import write_all_due, write_due
from api.trail.verifying.verification import in_words, verify
from models import Checkpoint, Organisation, new_id, now
from models.storage.database import Database, open_database
from models.storage.trail import pending_events

pytestmark = pytest.mark.both_databases

BY = Actor(1, person_id=new_id())


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = open_database(database_url)
    with opened.writing() as session:
        session.add(Organisation(id=1, name="Northshire"))
    yield opened
    opened.close()


@pytest.fixture
def signer(tmp_path: Path) -> CheckpointSigner:
    return CheckpointSigner(key_at(tmp_path / "key"), tmp_path / "checkpoints")


def record(database: Database, number: int, *, minutes_ago: int = 0) -> None:
    at = now() - timedelta(minutes=minutes_ago)
    with database.writing() as session:
        pending_events(session).extend({**row("audit.read", new_id(), by=BY), "at": at} for _ in range(number))


def signed(database: Database) -> list[int]:
    with database.reading() as session:
        return list(session.exec(select(col(Checkpoint.number)).order_by(col(Checkpoint.number))))


def is_whole(database: Database, signer: CheckpointSigner) -> bool:
    return all(found.is_whole for found in verify(database, signer))


def test_every_hundred_events_are_signed_and_what_is_less_waits_five_minutes(
    database: Database, signer: CheckpointSigner, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(database, 99)
    assert (write_due(database, signer), signed(database)) == (0, [])
    record(database, 131)
    assert (write_due(database, signer), signed(database)) == (2, [100, 200])
    assert write_due(database, signer) == 0
    later = now() + timedelta(minutes=5)
    monkeypatch.setattr(checkpoints, "now", lambda: later)
    assert (write_due(database, signer), signed(database)) == (1, [100, 200, 230])
    assert write_due(database, signer) == 0
    assert is_whole(database, signer)


def test_one_old_event_is_signed_with_those_that_came_since(database: Database, signer: CheckpointSigner) -> None:
    record(database, 1, minutes_ago=6)
    record(database, 3)
    assert (write_due(database, signer), signed(database)) == (1, [4])


@pytest.mark.fast
def test_a_checkpoint_stands_in_both_places_and_says_how_far_it_reaches(
    database: Database, signer: CheckpointSigner
) -> None:
    record(database, 100)
    write_due(database, signer)
    with database.reading() as session:
        stored = session.exec(select(Checkpoint)).one().signed
    assert signer.place.read_text() == f"{stored}\n"
    said = json.loads(stored)
    assert (said["organisation"], said["after"], said["number"], len(said["marks"])) == (1, 0, 100, 1600)


def test_processes_that_sign_at_once_sign_everything_once(
    database: Database, database_url: str, signer: CheckpointSigner
) -> None:
    record(database, 1000)

    def sign() -> None:
        own = open_database(database_url) if database.engine.dialect.name == "postgresql" else database
        for _ in range(5):
            write_due(own, CheckpointSigner(signer.key, signer.place))
        if own is not database:
            own.close()

    threads = [threading.Thread(target=sign) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert signed(database) == list(range(100, 1001, 100))
    assert len(signer.place.read_text().splitlines()) == 10
    assert is_whole(database, signer)


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True, scope="session")
def test_while_another_machine_signs_nothing_is_signed_here(database: Database, signer: CheckpointSigner) -> None:
    record(database, 100)
    with database.reading() as elsewhere:
        assert checkpoints._only_here(elsewhere)
        assert (write_due(database, signer), signed(database)) == (0, [])
    assert (write_due(database, signer), signed(database)) == (1, [100])


def test_the_background_work_signs_everything_that_is_due(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "MOST_AT_ONCE", 1)
    settings = Settings(trail_key_file=tmp_path / "key", trail_checkpoints_file=tmp_path / "checkpoints")
    record(database, 350)
    write_all_due(database, settings)
    assert signed(database) == [100, 200, 300]
    assert is_whole(database, CheckpointSigner.of(settings))


def test_before_anything_is_signed_there_is_nothing_to_read(signer: CheckpointSigner) -> None:
    assert (signer.stored(), list(signer.lines()), signer.remembered()) == ([], [], None)


class Crashing(CheckpointSigner):
    """Its process ends as soon as the second place has the lines."""

    def append(self, made: Sequence[Signed]) -> None:
        super().append(made)
        raise KeyboardInterrupt


def test_a_crash_between_the_two_places_is_made_good(database: Database, signer: CheckpointSigner) -> None:
    record(database, 100)
    with pytest.raises(KeyboardInterrupt):
        write_due(database, Crashing(signer.key, signer.place))
    assert (signed(database), len(signer.stored())) == ([], 1)
    assert not is_whole(database, signer)
    record(database, 100)
    write_due(database, signer)
    assert (signed(database), len(signer.stored())) == ([100, 200], 2)
    assert is_whole(database, signer)


def test_a_line_that_a_crash_cut_short_spoils_no_other(database: Database, signer: CheckpointSigner) -> None:
    record(database, 100)
    write_due(database, signer)
    with signer.place.open("a") as place:
        place.write('{"format":"caseaudit-ch')
    record(database, 100)
    write_due(database, signer)
    assert [checkpoint.number for checkpoint in signer.stored()] == [100, 200]
    assert is_whole(database, signer)


def test_what_cannot_be_kept_in_the_second_place_is_not_signed_in_the_database(
    database: Database, signer: CheckpointSigner, tmp_path: Path
) -> None:
    record(database, 100)
    with pytest.raises(IsADirectoryError):
        write_due(database, CheckpointSigner(signer.key, tmp_path))
    assert signed(database) == []


def test_a_second_place_of_another_database_is_left_as_it_is_and_told(
    database: Database, signer: CheckpointSigner, caplog: pytest.LogCaptureFixture
) -> None:
    signer.append([signer.sign(1, 0, ["f" * 64] * 100)])
    record(database, 100)
    assert write_due(database, signer) == 1
    assert "belongs to another trail" in caplog.text
    found = "\n".join(in_words(verify(database, signer)))
    assert "The first incorrect event is number 1: it is not the event that was signed in a checkpoint." in found


def test_a_trail_that_cannot_be_signed_delays_no_other(
    database: Database, signer: CheckpointSigner, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.writing() as session:
        session.add(Organisation(id=2, name="Southshire"))
        rows = [{**row("audit.read", new_id(), by=BY), "organisation_id": own} for own in (1, 2) for _ in range(100)]
        pending_events(session).extend(rows)
    whole = CheckpointSigner.sign

    def breaks(
        self: CheckpointSigner, organisation_id: int, after: int, hashes: Sequence[str], *, follows: Link
    ) -> Signed:
        if organisation_id == 1:
            raise ValueError("a row that nobody can read")
        return whole(self, organisation_id, after, hashes, follows=follows)

    monkeypatch.setattr(CheckpointSigner, "sign", breaks)
    assert [write_due(database, signer) for _ in range(2)] == [1, 0]
    assert [checkpoint.organisation_id for checkpoint in signer.stored()] == [2]
    monkeypatch.undo()
    assert write_due(database, signer) == 1
    assert is_whole(database, signer)


def test_the_key_is_made_once_and_read_by_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "key"
    made: list[bytes] = []
    threads = [threading.Thread(target=lambda: made.append(key_at(path).private_bytes_raw())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 1
    assert len(made) == 8
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["key"]


def test_key_and_second_place_lie_beside_the_database_unless_told_otherwise(tmp_path: Path) -> None:
    beside = Settings(database_url=f"sqlite:///{tmp_path}/audits.sqlite3")
    assert beside.trail_key_path == tmp_path / "audits.sqlite3.trail-key"
    assert beside.trail_checkpoints_path == tmp_path / "audits.sqlite3.checkpoints"
    elsewhere = Settings(trail_key_file=tmp_path / "a", trail_checkpoints_file=tmp_path / "b")
    assert (elsewhere.trail_key_path, elsewhere.trail_checkpoints_path) == (tmp_path / "a", tmp_path / "b")
    of_server = Settings(database_url="postgresql://caseaudit@localhost/audits?host=/tmp")
    assert str(of_server.trail_key_path) == "audits.trail-key"


def test_verifying_says_what_it_found_organisation_by_organisation(
    database: Database, signer: CheckpointSigner
) -> None:
    record(database, 150)
    write_due(database, signer)
    line, codes, where, *_ = in_words(verify(database, signer))
    assert where.startswith(f"The second checkpoints file is {signer.place}.")
    assert codes == "  Events 1 to 150 were recorded before events had a code of the service."
    assert line == "Northshire (organisation 1): 150 events, unchanged; signed up to event 100."
