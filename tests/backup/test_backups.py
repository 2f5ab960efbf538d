"""A backup has what was stored when it began, opens with its key alone, and is restored completely or not at all."""

import os
import random
import tarfile
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pyrage
import pytest
from sqlalchemy import inspect, text
from sqlmodel import col, select

from api.backup import copying
from api.backup.actions import back_up, check_backup, remove_old_backups, restore_backup
from api.backup.archive import (
    MANIFEST,
    BackupError,
    Keys,
    Manifest,
    check_recipients,
    new_identity,
    read_archive,
    write_archive,
)
from api.backup.work_folder import WorkFolder
from api.foundation.key_files import event_key_at
from api.foundation.settings import Settings
from api.trail.checkpoint_signer import CheckpointSigner
from api.trail.checkpoints import write_due
from api.trail.verifying.verification import Verification, in_words, verify
from models import Audit, Event, Score, WebSession, now
from models.evidence.guards import missing_guards
from models.storage.database import Database, open_database
from models.storage.sqlite_engine import connect
from tests.backup.conftest import Place
from tests.thorough import many

PASSPHRASE = "harbour lantern violet orchard thimble gravel"
WORDS = "The plan of April was not reviewed in May."


def tables_of(database: Database) -> dict[str, int]:
    with database.engine.connect() as connection:
        names = inspect(connection).get_table_names()
        return {name: connection.execute(text(f'SELECT count(*) FROM "{name}"')).scalar_one() for name in names}


def is_empty(settings: Settings) -> bool:
    if settings.sqlite_path is not None:
        return not settings.sqlite_path.exists()
    database = open_database(settings.database_url)
    found = tables_of(database)
    database.close()
    return found == {}


@pytest.mark.both_databases
def test_what_was_stored_is_there_again_and_the_trail_verifies(place: Place, keys: tuple[Keys, Keys]) -> None:
    audit = place.desk.an_audit()
    place.desk.answer(audit, rationale=WORDS)
    place.desk.submit(audit)
    lock, opening = keys
    file, manifest = back_up(place.settings, to=place.folder, keys=lock, with_trail_key=True)
    assert WORDS.encode() not in file.read_bytes()
    assert check_backup(place.settings, file, keys=opening) == manifest
    restored = restore_backup(place.empty, file, keys=opening)
    assert not restored.needs_trail_key
    assert place.empty.trail_key_path.read_bytes() == place.settings.trail_key_path.read_bytes()
    there = open_database(place.empty.database_url)
    here = place.desk.database
    assert tables_of(there) == {**tables_of(here), "feedback_link": 0, "sign_in_link": 0, "web_session": 0}
    with there.reading() as session:
        assert {score.rationale for score in session.exec(select(Score))} == {WORDS}
        events = session.exec(select(Event)).all()
    assert sum(manifest.events.values()) == len(events) > 10
    said, before = (
        [line for line in in_words(verify(database, CheckpointSigner.of(settings))) if str(place.folder) not in line]
        for database, settings in ((there, place.empty), (here, place.settings))
    )
    assert said == before
    there.close()


@pytest.mark.both_databases
def test_nobody_is_signed_in_after_a_restore(place: Place, keys: tuple[Keys, Keys]) -> None:
    place.desk.browser(place.desk.cast.asha)
    lock, opening = keys
    file, _ = back_up(place.settings, to=place.folder, keys=lock)
    restored = restore_backup(place.empty, file, keys=opening)
    assert restored.needs_trail_key
    assert not place.empty.trail_key_path.exists()
    there = open_database(place.empty.database_url)
    with there.reading() as session:
        assert session.exec(select(WebSession)).all() == []
    with place.desk.database.reading() as session:
        assert session.exec(select(WebSession)).all() != []
    there.close()


@pytest.mark.both_databases
def test_an_audit_that_was_acknowledged_before_a_backup_began_is_in_it_while_others_go_on(
    place: Place, keys: tuple[Keys, Keys]
) -> None:
    lock, opening = keys
    acknowledged: list[str] = []
    stop = threading.Event()

    def work() -> None:
        while not stop.is_set():
            acknowledged.append(str(place.desk.an_audit()))

    worker = threading.Thread(target=work)
    worker.start()
    try:
        while len(acknowledged) < 3:
            stop.wait(0.01)
        before = list(acknowledged)
        file, _ = back_up(place.settings, to=place.folder, keys=lock)
    finally:
        stop.set()
        worker.join()
    restore_backup(place.empty, file, keys=opening)
    there = open_database(place.empty.database_url)
    with there.reading() as session:
        stored = {str(each) for each in session.exec(select(col(Audit.id)))}
        allocated = session.exec(select(Event.subject_id).where(Event.kind == "audit.allocated")).all()
    assert set(before) <= stored
    assert stored == {str(each) for each in allocated}  # nothing half-written
    there.close()


@pytest.mark.both_databases
def test_a_place_that_is_not_empty_is_left_unchanged(place: Place, keys: tuple[Keys, Keys]) -> None:
    lock, opening = keys
    file, _ = back_up(place.settings, to=place.folder, keys=lock)
    before = tables_of(place.desk.database)
    with pytest.raises(BackupError, match=r"already|not empty"):
        restore_backup(place.settings, file, keys=opening)
    assert tables_of(place.desk.database) == before


def test_with_another_key_file_in_its_place_nothing_is_restored(place: Place, keys: tuple[Keys, Keys]) -> None:
    lock, opening = keys
    file, _ = back_up(place.settings, to=place.folder, keys=lock)
    place.empty.risky_terms_key_path.write_bytes(b"another")
    with pytest.raises(BackupError, match="another file"):
        restore_backup(place.empty, file, keys=opening)
    assert is_empty(place.empty)
    assert place.empty.risky_terms_key_path.read_bytes() == b"another"


@pytest.mark.both_databases
def test_a_wrong_key_a_cut_file_and_a_newer_version_are_refused_and_change_nothing(
    place: Place, keys: tuple[Keys, Keys], monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, opening = keys
    file, _ = back_up(place.settings, to=place.folder, keys=lock)
    with pytest.raises(BackupError, match="does not open"):
        restore_backup(place.empty, file, keys=Keys((new_identity()[0],)))
    cut = place.folder / "cut.backup"
    cut.write_bytes(file.read_bytes()[:-1024])
    with pytest.raises(BackupError, match="damaged"):
        restore_backup(place.empty, cut, keys=opening)
    monkeypatch.setattr("api.backup.actions.is_known_revision", lambda _: False)
    with pytest.raises(BackupError, match="newer"):
        restore_backup(place.empty, file, keys=opening)
    assert is_empty(place.empty)
    assert [each for each in place.empty.trail_key_path.parent.iterdir() if each.suffix != ".restoring"] == []
    assert list(place.folder.rglob(".caseaudit-backup-*")) == []


def test_the_work_folder_of_a_backup_that_was_killed_goes_a_day_later(place: Place, keys: tuple[Keys, Keys]) -> None:
    beside = (place.settings.sqlite_path or place.settings.trail_key_path).parent
    left, under_way = beside / ".caseaudit-backup-left", beside / ".caseaudit-backup-now"
    hours = 3600
    for folder, age in ((left, 25 * hours), (under_way, 23 * hours)):
        folder.mkdir()
        (folder / "database.age").write_bytes(b"encrypted")
        for path in (folder / "database.age", folder):
            os.utime(path, (time.time() - age,) * 2)
    os.utime(under_way, (time.time() - 30 * hours,) * 2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(beside))
        back_up(place.settings, to=place.folder / "key.backup", keys=keys[0])
    assert not left.exists()
    assert (under_way / "database.age").exists()


def test_every_flipped_bit_of_a_backup_is_noticed(place: Place, keys: tuple[Keys, Keys]) -> None:
    lock, opening = keys
    file, manifest = back_up(place.settings, to=place.folder / "key.backup", keys=lock)
    flips = many(40, thorough=97)
    assert flips_refused(place, file, opening, flips) == flips
    assert check_backup(place.settings, file, keys=opening) == manifest


def flips_refused(place: Place, file: Path, keys: Keys, flips: int) -> int:
    """How many of so many backups that differ from this one in a bit are refused, first in its first bytes."""
    chance, whole, refused = random.Random(4), file.read_bytes(), 0
    for at in [*range(min(3, flips)), *(chance.randrange(len(whole)) for _ in range(flips - 3))]:
        changed = bytearray(whole)
        changed[at] ^= 1 << chance.randrange(8)
        file.write_bytes(bytes(changed))
        with pytest.raises(BackupError):
            check_backup(place.settings, file, keys=keys)
        refused += 1
    file.write_bytes(whole)
    return refused


def test_a_passphrase_opens_its_backup_and_another_or_a_flipped_bit_does_not(place: Place) -> None:
    """Each try takes a second, on purpose."""
    right = Keys(passphrase=PASSPHRASE)
    file, manifest = back_up(place.settings, to=place.folder, keys=right)
    for wrong in (Keys(passphrase="harbour"), Keys((new_identity()[0],))):
        with pytest.raises(BackupError, match="passphrase"):
            check_backup(place.settings, file, keys=wrong)
    assert flips_refused(place, file, right, 1) == 1
    assert check_backup(place.settings, file, keys=right) == manifest


def test_an_archive_with_a_part_that_its_manifest_does_not_list_is_refused(tmp_path: Path) -> None:
    identity, recipient = new_identity()
    manifest = Manifest(made_at="", version="1", database="sqlite", revision="", events={}, parts=[])
    for stray, said in (("../stray", "does not list"), ("stray", "does not list"), (None, "database is missing")):
        crafted = BytesIO()
        with tarfile.open(fileobj=crafted, mode="w|") as archive:
            for name, content in ((MANIFEST, manifest.model_dump_json().encode()), (stray, b"stray")):
                if name is not None:
                    entry = tarfile.TarInfo(name)
                    entry.size = len(content)
                    archive.addfile(entry, BytesIO(content))
        source = BytesIO(pyrage.encrypt(crafted.getvalue(), check_recipients([recipient])))
        into = tmp_path / str(stray).strip("./")
        into.mkdir(exist_ok=True)
        with pytest.raises(BackupError, match=said):
            read_archive(source, Keys((identity,)), WorkFolder(into))
        assert list(into.iterdir()) == []


def test_a_backup_that_cannot_be_written_leaves_no_file(
    place: Place, keys: tuple[Keys, Keys], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("api.backup.actions.write_archive", full)
    with pytest.raises(BackupError, match="No space left"):
        back_up(place.settings, to=place.folder / "one.backup", keys=keys[0])
    assert [path.name for path in place.folder.iterdir() if "backup" in path.name] == []


def test_when_the_database_cannot_be_restored_no_key_file_is_left(
    place: Place, keys: tuple[Keys, Keys], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise BackupError("No space left on device")

    lock, opening = keys
    file, _ = back_up(place.settings, to=place.folder, keys=lock, with_trail_key=True)
    monkeypatch.setattr("api.backup.actions.restore_database", full)
    with pytest.raises(BackupError, match="No space left"):
        restore_backup(place.empty, file, keys=opening)
    assert list(place.empty.trail_key_path.parent.iterdir()) == []


def test_without_the_programs_of_postgresql_no_backup_of_it_is_called_sound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "find_program", lambda _: "")
    with pytest.raises(BackupError, match="pg_restore is not installed"):
        copying.check_copy(copying.POSTGRESQL, WorkFolder(tmp_path))


def test_only_files_named_as_backups_are_ever_deleted(tmp_path: Path) -> None:
    newest = now()
    for days in range(100):
        made = newest - timedelta(days=days)
        (tmp_path / made.strftime("caseaudit-%Y%m%dT%H%M%SZ.backup")).touch()
    for other in ("by-hand.backup", "caseaudit.backup", "notes.txt"):
        (tmp_path / other).touch()
    removed = remove_old_backups(tmp_path)
    left = {path.name for path in tmp_path.iterdir()}
    assert {"by-hand.backup", "caseaudit.backup", "notes.txt"} < left
    assert len(removed) + len(left) == 103
    assert 10 <= len(left) - 3 <= 15


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_a_password_is_not_in_the_command_that_others_on_the_machine_can_see(
    place: Place, keys: tuple[Keys, Keys], monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: list[list[str]] = []
    run = copying._run

    def noted(words: list[str], given: dict[str, str], **streams: Any) -> None:
        commands.append(words)
        run(words, given, **streams)

    monkeypatch.setattr(copying, "_run", noted)
    url = place.settings.database_url.replace("caseaudit@", "caseaudit:secret-words@")
    back_up(place.settings.model_copy(update={"database_url": url}), to=place.folder, keys=keys[0])
    assert commands
    assert not any("secret-words" in word for command in commands for word in command)


def verified(database: Database, settings: Settings) -> Verification:
    """What verification finds once everything is signed."""
    signer = CheckpointSigner.of(settings)
    while write_due(database, signer, longest=timedelta(0)):
        pass
    return verify(database, signer)


@contextmanager
def restored(place: Place, file: Path, opening: Keys) -> Iterator[Database]:
    restore_backup(place.empty, file, keys=opening)
    there = open_database(place.empty.database_url)
    there.event_key = event_key_at(place.empty.trail_key_path)
    yield there
    there.close()


@pytest.fixture
def submitted(place: Place) -> Place:
    """A desk with a submitted audit, whose trail is signed."""
    audit = place.desk.an_audit()
    place.desk.answer(audit)
    place.desk.submit(audit)
    assert verified(place.desk.database, place.settings).is_whole
    return place


@pytest.mark.both_databases
def test_a_restored_backup_is_whole_and_one_older_than_its_checkpoints_is_told(
    submitted: Place, keys: tuple[Keys, Keys]
) -> None:
    lock, opening = keys
    file, _ = back_up(submitted.settings, to=submitted.folder, keys=lock, with_trail_key=True)
    with restored(submitted, file, opening) as there:
        with there.engine.connect() as connection:
            assert missing_guards(connection) == []
        assert verified(there, submitted.empty).is_whole
        # Since then the service went on: its checkpoints tell of events that the older database has not.
        submitted.desk.an_audit()
        verified(submitted.desk.database, submitted.settings)
        now_signed = CheckpointSigner.of(submitted.settings)
        assert not verify(there, now_signed).is_whole
        assert "tampered with" in "\n".join(in_words(verify(there, now_signed)))


def test_a_backup_that_somebody_altered_and_encrypted_anew_is_told_after_it_was_restored(
    submitted: Place, keys: tuple[Keys, Keys]
) -> None:
    """Anybody may encrypt for a recipient: that a backup opens says nothing of who made it."""
    lock, opening = keys
    file, manifest = back_up(submitted.settings, to=submitted.folder, keys=lock, with_trail_key=True)
    opened = WorkFolder(submitted.folder / "opened")
    opened.path.mkdir()
    with file.open("rb") as source:
        read_archive(source, opening, opened)
    alter(opened.path / "database")
    opened.note_file("database")
    forged = submitted.folder / "forged.backup"
    with forged.open("wb") as out:
        write_archive(out, manifest.model_copy(update={"parts": list(opened.parts.values())}), opened, lock)
    assert check_backup(submitted.settings, forged, keys=opening).events == manifest.events
    with restored(submitted, forged, opening) as there:
        found = verified(there, submitted.empty)
        assert not found.is_whole
        said = "\n".join(in_words(found))
        assert "its answers, sampling weight and case were changed in the database" in said


def alter(file: Path) -> None:
    """Give every answer the best grade, with the guards put aside and made again."""
    connection = connect(file)
    stored = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in stored:
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute("UPDATE score SET answer = 'outstanding'")
    for _, statement in stored:
        connection.execute(statement)
    connection.commit()
    connection.close()
