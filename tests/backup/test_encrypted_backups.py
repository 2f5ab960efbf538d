"""A backup of an encrypted database needs the key of backups alone, and gives nobody the key of the database."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from api.backup import actions, copying
from api.backup.actions import back_up, check_backup, restore_backup
from api.backup.archive import BackupError, Keys, Manifest, new_identity, read_archive, write_archive
from api.backup.work_folder import WorkFolder
from api.foundation.keys.database import key_of, open_own
from api.foundation.settings import Settings
from api.moving.copying import canonical_lines
from api.moving.encrypting import change_key, encrypt
from models.storage.encryption.key import DatabaseKey
from models.storage.sqlite_engine import KeyProblem, check_key, is_encrypted
from tests.desk import a_desk
from tests.encrypted import CANARY, files_with

IDENTITY, RECIPIENT = new_identity()
MAKING, OPENING = Keys((RECIPIENT,)), Keys((IDENTITY,))


@pytest.fixture
def settings(database_url: str) -> Settings:
    with a_desk(database_url) as desk:
        desk.answer(desk.an_audit(), rationale=CANARY)
    found = Settings(database_url=database_url, database_encryption="auto")
    encrypt(found)
    return found


def there(tmp_path: Path, **more: Any) -> Settings:
    """Of an empty place on another machine."""
    (tmp_path / "there").mkdir(exist_ok=True)
    return Settings(**{"database_url": f"sqlite:///{tmp_path}/there/new.db", "database_encryption": "auto", **more})


def names(settings: Settings) -> list[str]:
    assert settings.sqlite_path is not None
    # But for the empty file that is locked, which stays as after every service.
    return sorted(each.name for each in settings.sqlite_path.parent.iterdir() if each.suffix != ".serving")


def lines_of(settings: Settings) -> set[str]:
    """But for sessions and one-time links, which are in no backup."""
    database = open_own(settings)
    with database.engine.connect() as connection:
        lines = set(canonical_lines(connection))
    database.close()
    return lines


def test_while_it_is_made_no_file_holds_a_word_and_it_has_not_the_key_that_is_used(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[set[str]] = []

    def look(to: Any, manifest: Manifest, folder: WorkFolder, keys: Keys) -> None:
        looked.append(files_with(CANARY, tmp_path))
        assert is_encrypted(folder.path / "database")
        write(to, manifest, folder, keys)

    write = write_archive
    monkeypatch.setattr(actions, "write_archive", look)
    key = key_of(settings)
    assert key is not None
    file, manifest = back_up(settings, to=tmp_path / "one.backup", keys=MAKING)
    assert looked == [set()]
    assert files_with(CANARY, tmp_path) == set()
    opened = tmp_path / "opened"
    opened.mkdir()
    with file.open("rb") as source:
        read_archive(source, OPENING, WorkFolder(opened))
    assert files_with(CANARY, opened) == set()
    assert files_with(key.digits, opened) == set()
    check_key(opened / "database", DatabaseKey(manifest.database_key))
    assert manifest.database_key not in (key.digits, repr(manifest))
    assert manifest.database_key not in repr(manifest)


@pytest.mark.parametrize("source", ["file", "environment", "command", "off"])
def test_on_a_new_machine_it_is_restored_with_the_key_that_is_named_there(
    settings: Settings, tmp_path: Path, source: str
) -> None:
    new = DatabaseKey.new()
    named: dict[str, dict[str, Any]] = {
        "file": {},
        "environment": {"database_key": SecretStr(new.digits)},
        "command": {"database_key_command": f"echo {new.digits}"},
        "off": {"database_encryption": "off"},
    }
    empty = there(tmp_path, **named[source])
    file, _ = back_up(settings, to=tmp_path / "one.backup", keys=MAKING)
    before = lines_of(settings)
    change_key(settings)  # later, which does not matter to a backup
    assert check_backup(empty, file, keys=OPENING).events
    restore_backup(empty, file, keys=OPENING)
    assert lines_of(empty) <= before
    assert any(CANARY in line for line in lines_of(empty))
    expected = {"file": ["new.db", "new.db.database-key"]}.get(source, ["new.db"])
    assert [name for name in names(empty) if "checkpoints" not in name and "erased" not in name] == expected
    assert (files_with(CANARY, tmp_path / "there") == set()) is (source != "off")
    if source == "file":
        assert key_of(empty) not in (None, key_of(settings))


def test_a_backup_of_a_database_that_was_not_encrypted_is_restored_as_one_that_is(
    database_url: str, tmp_path: Path
) -> None:
    with a_desk(database_url) as desk:
        desk.answer(desk.an_audit(), rationale=CANARY)
    plain, empty = Settings(database_url=database_url), there(tmp_path)
    file, manifest = back_up(plain, to=tmp_path / "one.backup", keys=MAKING)
    assert manifest.database_key == ""
    restore_backup(empty, file, keys=OPENING)
    assert files_with(CANARY, tmp_path / "there") == set()
    assert any(CANARY in line for line in lines_of(empty))


def test_where_it_cannot_be_restored_no_key_is_left(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cannot_write(*_: object) -> None:
        raise KeyProblem("The copy could not be written.")

    def full(*_: object, **__: object) -> None:
        raise BackupError("No space left on device")

    file, _ = back_up(settings, to=tmp_path / "one.backup", keys=MAKING)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(actions, "restore_database", full)
        with pytest.raises(BackupError, match="No space left"):
            restore_backup(there(tmp_path), file, keys=OPENING)
    assert names(there(tmp_path)) == []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(copying, "give_other_key", cannot_write)
        with pytest.raises(BackupError, match="could not be written"):
            restore_backup(there(tmp_path), file, keys=OPENING)
    assert names(there(tmp_path)) == []
    monkeypatch.setattr(actions, "can_encrypt", lambda: False)
    for what in (check_backup, restore_backup):
        with pytest.raises(BackupError, match="is encrypted, and this installation has no sqlcipher3"):
            what(there(tmp_path), file, keys=OPENING)
    assert names(there(tmp_path)) == []


def test_a_backup_with_a_lost_key_is_refused_in_a_sentence(settings: Settings, tmp_path: Path) -> None:
    settings.database_key_path.unlink()
    with pytest.raises(BackupError, match="there is no key at"):
        back_up(settings, to=tmp_path / "one.backup", keys=MAKING)
    assert not (tmp_path / "one.backup").exists()
