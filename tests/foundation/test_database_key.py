"""Which key opens the database, where it comes from, and what is said when it does not fit."""

import shlex
import stat
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from api.foundation.keys import database as database_key
from api.foundation.keys.database import key_of, next_key_path, open_own
from api.foundation.settings import Settings
from models.storage.encryption.key import DatabaseKey
from models.storage.sqlite_engine import KeyProblem, UnsafeDatabase, connect, is_encrypted


def settings_of(folder: Path, **more: Any) -> Settings:
    return Settings(**{"database_url": f"sqlite:///{folder}/audits.sqlite3", "database_encryption": "auto", **more})


def created(folder: Path, **more: Any) -> Settings:
    settings = settings_of(folder, **more)
    with closing(connect(file_of(settings), key_of(settings))) as connection:
        connection.execute("CREATE TABLE told (words text)")
    return settings


def is_opened(settings: Settings) -> bool:
    open_own(settings).close()
    return True


def file_of(settings: Settings) -> Path:
    assert settings.sqlite_path is not None
    return settings.sqlite_path


def test_a_new_database_is_encrypted_with_a_key_in_a_file_for_its_owner_alone(tmp_path: Path) -> None:
    settings = created(tmp_path)
    assert is_encrypted(file_of(settings))
    assert settings.database_key_path == tmp_path / "audits.sqlite3.database-key"
    assert len(settings.database_key_path.read_text().strip()) == 64
    assert stat.S_IMODE(settings.database_key_path.stat().st_mode) == 0o600
    key = key_of(settings)
    assert key_of(settings) == key, "it is made once"
    assert is_opened(settings)


def test_a_database_that_was_there_stays_as_it_is(tmp_path: Path) -> None:
    settings = created(tmp_path, database_encryption="off")
    assert is_encrypted(file_of(settings)) is False
    assert key_of(settings_of(tmp_path)) is None
    assert is_opened(settings_of(tmp_path))
    assert not settings.database_key_path.exists()


def test_switched_off_a_new_one_is_not_encrypted_and_an_encrypted_one_opens_all_the_same(tmp_path: Path) -> None:
    created(tmp_path)
    assert is_opened(settings_of(tmp_path, database_encryption="off"))


def test_where_it_cannot_be_encrypted_the_service_starts_without_unless_it_is_required(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_key, "can_encrypt", lambda: False)
    for asked in ({"database_encryption": "required"}, {"database_key": "1" * 64}):
        with pytest.raises(KeyProblem, match=r"cannot encrypt a database, because it has no sqlcipher3"):
            key_of(settings_of(tmp_path, **asked))
    settings = created(tmp_path)
    assert is_encrypted(file_of(settings)) is False


@pytest.mark.parametrize(
    "asked", [{"database_encryption": "required"}, {"database_key": "1" * 64}, {"database_key_file": "/none"}], ids=str
)
def test_one_that_is_not_encrypted_is_refused_where_the_settings_ask_for_it(
    tmp_path: Path, asked: dict[str, Any]
) -> None:
    created(tmp_path, database_encryption="off")
    with pytest.raises(KeyProblem, match=r"not encrypted, .* run: caseaudit encrypt-database"):
        key_of(settings_of(tmp_path, **asked))


def test_a_lost_key_and_a_wrong_key_are_told_apart(tmp_path: Path) -> None:
    settings = created(tmp_path)
    file = settings.database_key_path
    file.rename(tmp_path / "kept")
    with pytest.raises(KeyProblem, match=r"is encrypted, and there is no key at .* Put your copy of the key there"):
        key_of(settings)
    assert not file.exists(), "no other key is made"
    for text, words in (
        (DatabaseKey.new().digits, "The key does not open audits.sqlite3: it is the key of another database"),
        ("no key", "is not a database key, which has 64 hexadecimal digits"),
        ("", "is not a database key"),
    ):
        file.write_text(text)
        file.chmod(0o600)
        with pytest.raises(KeyProblem, match=words):
            key_of(settings)
    (tmp_path / "kept").rename(file)
    assert is_opened(settings)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    settings = created(tmp_path)
    settings.database_key_path.chmod(mode)
    with pytest.raises(KeyProblem, match=r"Other users can read .*database-key. Run: chmod 600"):
        key_of(settings)


def test_a_key_comes_from_the_environment_or_from_a_command_and_no_file_is_made(tmp_path: Path) -> None:
    key = DatabaseKey.new()
    store = tmp_path / "a key store"
    store.write_text(f"{key.digits.upper()}\n")
    by_command = {"database_key_command": f"cat {shlex.quote(str(store))}"}
    for number, source in enumerate(({"database_key": key.digits}, by_command)):
        folder = tmp_path / str(number)
        folder.mkdir()
        settings = created(folder, **source)
        assert key_of(settings) == key
        assert [each.name for each in folder.iterdir()] == ["audits.sqlite3"]
        with pytest.raises(KeyProblem, match=r"there is no key at"):
            key_of(settings_of(folder))
        for other in ({"database_key": key.digits}, by_command):
            assert is_opened(settings_of(folder, **other))


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("false", "ended with 1. Run it by hand as the user of the service"),
        ("no-such-program", "cannot be run .No such file or directory"),
        ("'", "cannot be run"),
        ("echo key", "is not a database key"),
    ],
)
def test_a_command_that_gives_no_key_is_said_to(tmp_path: Path, command: str, words: str) -> None:
    with pytest.raises(KeyProblem, match=words):
        key_of(settings_of(tmp_path, database_key_command=command))


def test_a_command_that_never_answers_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_key, "COMMAND_SECONDS", 0.1)
    with pytest.raises(KeyProblem, match=r"gave no key in"):
        key_of(settings_of(tmp_path, database_key_command="sleep 20"))


def test_two_places_for_one_key_are_refused_and_no_text_shows_it() -> None:
    with pytest.raises(ValidationError, match=r"Set only one"):
        Settings(database_key=SecretStr("1" * 64), database_key_command="cat key")
    assert "1" * 64 not in repr(Settings(database_key=SecretStr("1" * 64)))


def test_after_an_interrupted_change_the_key_that_opens_it_takes_its_place(tmp_path: Path) -> None:
    settings = created(tmp_path)
    key = key_of(settings)
    following = next_key_path(settings)
    following.write_text(DatabaseKey.new().digits)
    following.chmod(0o600)
    assert key_of(settings) == key, "the database has not got the new one yet"
    settings.database_key_path.rename(following)
    assert key_of(settings) == key
    assert settings.database_key_path.exists()
    assert not following.exists()


def test_an_address_that_is_refused_makes_no_key(tmp_path: Path) -> None:
    for url in (f"sqlite:///{tmp_path}/a.sqlite3?timeout=1", "sqlite:///:memory:"):
        with pytest.raises(UnsafeDatabase):
            key_of(settings_of(tmp_path, database_url=url))
    assert list(tmp_path.iterdir()) == []
    assert key_of(Settings(database_url="postgresql://nobody@/none")) is None
