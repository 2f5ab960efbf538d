"""A database is encrypted, decrypted and given another key: completely, or it stays as it was."""

import errno
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from api.foundation.keys.database import key_of, next_key_path, open_own
from api.foundation.settings import Settings
from api.moving.copying import canonical_lines, copy_everything
from api.moving.encrypting import change_key, decrypt, encrypt
from api.serving import hold_database
from models.storage.encryption import rewriting
from models.storage.encryption.key import DatabaseKey
from models.storage.encryption.rewriting import InUse, unfinished_copy
from models.storage.sqlite_engine import (
    KeyProblem,
    NoRoom,
    check_key,
    connect,
    is_encrypted,
    replaced_original,
    sqlite_driver,
)
from tests.desk import a_desk
from tests.encrypted import CANARY, files_with
from tests.full_disk import files_that_cannot_grow
from tests.thorough import some_of
from tests.whole_service.test_command_line import run


@pytest.fixture
def settings(database_url: str) -> Settings:
    """Of a database that is not encrypted, with a word in it."""
    with a_desk(database_url) as desk:
        desk.answer(desk.an_audit(), rationale=CANARY)
    return Settings(database_url=database_url, database_encryption="auto")


def file_of(settings: Settings) -> Path:
    assert settings.sqlite_path is not None
    return settings.sqlite_path


def lines_of(settings: Settings) -> list[str]:
    database = open_own(settings)
    with database.engine.connect() as connection:
        lines = list(canonical_lines(connection))
    database.close()
    return lines


def test_encrypted_it_holds_the_same_and_no_word_can_be_read_in_the_file_or_where_it_was(settings: Settings) -> None:
    file, before = file_of(settings), lines_of(settings)
    assert files_with(CANARY, file.parent) == {file.name}
    file.chmod(0o640)
    with file.open("rb") as where_it_was:
        encrypt(settings)
        assert CANARY.encode() not in where_it_was.read(), "its bytes on the disk are overwritten"
        assert where_it_was.tell() > 0
    assert is_encrypted(file)
    assert files_with(CANARY, file.parent) == set()
    assert file.stat().st_mode & 0o777 == 0o640
    assert lines_of(settings) == before
    decrypt(settings)
    assert is_encrypted(file) is False
    assert lines_of(settings) == before
    assert files_with(CANARY, file.parent) == {file.name}


def test_what_is_done_already_is_said(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(KeyProblem, match="is not encrypted"):
        decrypt(settings)
    with pytest.raises(KeyProblem, match=r"is not encrypted. Run: caseaudit encrypt-database"):
        change_key(settings)
    encrypt(settings)
    with pytest.raises(KeyProblem, match=r"encrypted already. Another key: caseaudit change-database-key"):
        encrypt(settings)


def test_after_a_change_only_the_new_key_opens_it(settings: Settings) -> None:
    encrypt(settings)
    before, old = lines_of(settings), key_of(settings)
    assert old is not None
    change_key(settings)
    assert lines_of(settings) == before
    assert key_of(settings) != old
    assert not next_key_path(settings).exists()
    with pytest.raises(KeyProblem, match="does not open"):
        check_key(file_of(settings), old)


def test_a_key_that_is_elsewhere_is_changed_there_by_its_owner(settings: Settings, tmp_path: Path) -> None:
    old, new = DatabaseKey.new(), DatabaseKey.new()
    elsewhere = settings.model_copy(update={"database_key_command": f"echo {old.digits}"})
    encrypt(elsewhere)
    with pytest.raises(KeyProblem, match="--new-key-file FILE"):
        change_key(elsewhere)
    file = tmp_path / "new-key"
    file.write_text(new.digits)
    file.chmod(0o644)
    with pytest.raises(KeyProblem, match="Other users can read"):
        change_key(elsewhere, file)
    check_key(file_of(settings), old)
    file.chmod(0o600)
    change_key(elsewhere, file)
    assert lines_of(settings.model_copy(update={"database_key_command": f"echo {new.digits}"}))
    assert not settings.database_key_path.exists()


@pytest.mark.parametrize("what", [encrypt, decrypt, change_key])
def test_while_somebody_uses_it_nothing_is_changed(settings: Settings, what: Any) -> None:
    if what is not encrypt:
        encrypt(settings)
    file = file_of(settings)
    key = key_of(settings)
    with closing(connect(file, key)) as other:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM event").fetchone()
        with pytest.raises(InUse, match=r"is in use. Nothing was changed. Stop the service, then run this again"):
            what(settings)
    assert is_encrypted(file) is (what is not encrypt)
    assert key_of(settings) == key
    assert lines_of(settings)


def test_a_copy_that_differs_does_not_take_its_place(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def export_less(connection: Any, to: Path, key: DatabaseKey | None) -> None:
        export(connection, to, key)
        with closing(connect(to, key)) as copy:
            copy.execute("PRAGMA journal_mode = DELETE")
            copy.execute("DROP TRIGGER event_refuses_update")
            copy.execute("UPDATE event SET kind = 'another' WHERE number = 1")

    export = rewriting._export
    monkeypatch.setattr(rewriting, "_export", export_less)
    before = lines_of(settings)
    with pytest.raises(KeyProblem, match=r"not the same as the database. Nothing was changed"):
        encrypt(settings)
    assert is_encrypted(file_of(settings)) is False
    assert lines_of(settings) == before


@pytest.mark.parametrize("what", [encrypt, decrypt, change_key])
def test_on_a_full_disk_nothing_is_changed_and_no_copy_is_left(
    settings: Settings, what: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    if what is not encrypt:
        encrypt(settings)
    before, was_encrypted = lines_of(settings), is_encrypted(file_of(settings))
    with monkeypatch.context() as patch:
        patch.setattr(rewriting, "LEAST_ROOM_BYTES", 2**62)
        with pytest.raises(NoRoom):
            what(settings)
    with monkeypatch.context() as patch:  # filled by somebody else meanwhile
        patch.setattr(rewriting, "_held_alone", partial(_with_few_pages, rewriting._held_alone))
        with pytest.raises(
            (KeyProblem, sqlite_driver().OperationalError), match=r"could not be written|disk is full|disk I/O error"
        ):
            what(settings)
    assert is_encrypted(file_of(settings)) == was_encrypted
    assert lines_of(settings) == before
    assert not unfinished_copy(file_of(settings)).exists()
    what(settings)
    assert lines_of(settings) == before


@contextmanager
def _with_few_pages(hold: Any, path: Path, key: DatabaseKey | None) -> Iterator[Any]:
    """The connection, where a file that it makes cannot grow, as on a disk that is full."""
    with hold(path, key) as connection, files_that_cannot_grow(100_000):
        yield connection


# Each is killed when it is about to do this.
KILLED = """
import os, signal, sys
from pathlib import Path
from api.foundation.settings import Settings
from api.moving import encrypting as commands
from models.storage.encryption import rewriting

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

what, where, name = sys.argv[1:]
places = {"rewriting": rewriting, "commands": commands, "Path": Path}
setattr(places[where], name, die)
getattr(commands, what)(Settings(database_encryption="auto"))
"""


def killed_at(settings: Settings, what: str, where: str, name: str) -> None:
    """Run the command in a process that is killed when it is about to call this."""
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, what, where, name],
        env={**os.environ, "CASEAUDIT_DATABASE_URL": settings.database_url},
        cwd=Path(__file__).parents[2],
        check=False,
        capture_output=True,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr


@pytest.mark.parametrize(
    ("what", "where", "name", "is_done"),
    some_of(
        [
            ("encrypt", "rewriting", "_compare", False),
            ("encrypt", "Path", "replace", False),
            ("encrypt", "rewriting", "_settle", True),
            ("encrypt", "rewriting", "_overwrite", True),
            ("decrypt", "rewriting", "_compare", False),
            ("decrypt", "rewriting", "_settle", True),
            ("change_key", "rewriting", "_held_alone", False),
            ("change_key", "rewriting", "check_key", True),
            ("change_key", "Path", "replace", True),
        ],
        3,
        of="moments to be killed at",
    ),
)
def test_killed_at_any_moment_it_is_whole_and_the_command_can_be_run_again(
    settings: Settings, what: str, where: str, name: str, is_done: bool
) -> None:
    command = {"encrypt": encrypt, "decrypt": decrypt, "change_key": change_key}[what]
    if command is not encrypt:
        encrypt(settings)
    before, key = lines_of(settings), key_of(settings)
    killed_at(settings, what, where, name)
    assert lines_of(settings) == before
    if command is change_key:
        assert (key_of(settings) != key) is is_done
    else:
        assert bool(is_encrypted(file_of(settings))) is ((command is encrypt) is is_done)
    if not is_done:
        command(settings)
    with hold_database(settings):  # as the next start does
        assert lines_of(settings) == before
    assert not unfinished_copy(file_of(settings)).exists()
    assert not replaced_original(file_of(settings)).exists()


@pytest.mark.parametrize("name", ["_settle", "_overwrite"])
def test_killed_before_the_old_bytes_are_overwritten_the_next_start_does_it(settings: Settings, name: str) -> None:
    file = file_of(settings)
    with file.open("rb") as where_it_was:
        killed_at(settings, "encrypt", "rewriting", name)
        assert CANARY.encode() in where_it_was.read()
        with hold_database(settings):
            where_it_was.seek(0)
            assert CANARY.encode() not in where_it_was.read()
    assert is_encrypted(file)
    assert files_with(CANARY, file.parent) == set()


def test_an_unencrypted_copy_that_a_killed_command_left_goes_with_the_next_start(settings: Settings) -> None:
    file = file_of(settings)
    encrypt(settings)
    killed_at(settings, "decrypt", "rewriting", "_compare")
    with unfinished_copy(file).open("rb") as where_it_was:
        assert CANARY.encode() in where_it_was.read()
        with hold_database(settings):
            where_it_was.seek(0)
            assert CANARY.encode() not in where_it_was.read()
    assert (is_encrypted(file), files_with(CANARY, file.parent)) == (True, set())


@pytest.mark.parametrize("another_is_there", [False, True])
def test_a_database_that_was_moved_away_after_its_command_was_killed_is_not_overwritten(
    settings: Settings, another_is_there: bool
) -> None:
    file = file_of(settings)
    killed_at(settings, "encrypt", "Path", "replace")
    assert replaced_original(file).samefile(file)
    moved = file.rename(file.with_name("moved.db"))
    before = moved.read_bytes()
    if another_is_there:
        shutil.copyfile(moved, file)
    with hold_database(settings):
        assert moved.read_bytes() == before


def test_where_the_key_file_cannot_be_replaced_no_key_is_removed(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a file that a container has as a volume; an earlier version changed the key all the same."""
    encrypt(settings)
    following, old = next_key_path(settings), key_of(settings)
    key = DatabaseKey.new()
    assert old is not None
    rewriting.give_other_key(file_of(settings), old, key)
    following.write_text(key.digits)
    following.chmod(0o600)
    replace = Path.replace

    def busy(self: Path, target: Path) -> Path:
        if target == settings.database_key_path:
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", busy)
    with pytest.raises(KeyProblem, match=r"cannot be replaced.*Nothing was changed"):
        change_key(settings)
    assert key_of(settings) == key
    monkeypatch.undo()
    change_key(settings)
    assert key_of(settings) not in {key, old}


def test_a_copy_to_another_file_is_encrypted_as_every_new_database(settings: Settings, tmp_path: Path) -> None:
    there = settings.model_copy(update={"database_url": f"sqlite:///{tmp_path / 'there.sqlite3'}"})
    database = open_own(settings)
    copy_everything(database, there.database_url, key_of(there))
    database.close()
    assert is_encrypted(tmp_path / "there.sqlite3")
    assert lines_of(there) == lines_of(settings)
    assert CANARY.encode() not in (tmp_path / "there.sqlite3").read_bytes()


def test_the_commands_say_where_the_key_is_and_what_is_left_to_do(settings: Settings) -> None:
    url = settings.database_url
    for command, words in (
        ("encrypt-database", f"The key is at {settings.database_key_path}. Keep a copy of it elsewhere"),
        ("change-database-key", "The database has a new key"),
        ("decrypt-database", "Set CASEAUDIT_DATABASE_ENCRYPTION=off to keep it so"),
    ):
        done = run(command, url=url)
        assert (done.returncode, done.stderr) == (0, "")
        assert words in done.stdout
        again = run(command, url="sqlite:///none.sqlite3")
        assert (again.returncode, again.stderr.count("\n")) == (1, 1)
        assert "There is no database at none.sqlite3" in again.stderr
    elsewhere = run("encrypt-database", url="postgresql://nobody@127.0.0.1:9/none")
    assert (elsewhere.returncode, "docs/encryption.md" in elsewhere.stderr) == (1, True)
