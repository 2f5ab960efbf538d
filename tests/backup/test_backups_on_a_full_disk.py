"""A disk that is full is said to be, and where; no backup is called damaged for it, and nothing is left."""

from io import BytesIO
from pathlib import Path
from typing import Literal

import pytest

from api.backup import work_folder
from api.backup.actions import back_up, check_backup
from api.backup.archive import Keys, check_recipients, new_identity
from api.backup.process import back_up_here
from api.backup.work_folder import WorkFolder, encrypt
from api.foundation.keys.database import key_of
from api.foundation.settings import Settings
from models.storage.migrating import migrate
from tests.backup.conftest import Place
from tests.full_disk import files_that_cannot_grow

IDENTITY, RECIPIENT = new_identity()


class FullAtTheEnd(BytesIO):
    def close(self) -> None:
        super().close()
        raise OSError(28, "No space left on device")


class FullMeanwhile(BytesIO):
    def write(self, _: object) -> int:
        raise OSError(28, "No space left on device")


@pytest.mark.parametrize("add", ["add", "add_as_it_is"])
@pytest.mark.parametrize("full", [FullAtTheEnd, FullMeanwhile])
def test_a_full_disk_is_told_with_the_folder_that_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, full: type[BytesIO], add: str
) -> None:
    monkeypatch.setattr(work_folder, "_new_file", lambda _: full())
    with pytest.raises(OSError, match="No space left") as told:
        getattr(WorkFolder(tmp_path), add)("database", lambda to: to.write(bytes(1_000_000)))
    assert told.value.filename == str(tmp_path)


@pytest.mark.both_databases
def test_a_backup_is_not_said_to_be_damaged_because_the_disk_is_full(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, _ = back_up(place.settings, to=place.folder / "one.backup", keys=Keys((RECIPIENT,)))
    with monkeypatch.context() as patch:
        patch.setattr(work_folder, "_new_file", lambda _: FullMeanwhile())
        with pytest.raises(OSError, match="No space left"):
            check_backup(place.settings, file, keys=Keys((IDENTITY,)))
    check_backup(place.settings, file, keys=Keys((IDENTITY,)))


def test_what_age_says_hides_no_full_disk() -> None:
    with pytest.raises(OSError, match="No space left"):
        encrypt(BytesIO(bytes(1_000_000)), FullMeanwhile(), check_recipients([RECIPIENT]))


@pytest.mark.parametrize("encryption", ["auto", "off"])
def test_a_full_disk_beside_the_database_is_said_by_the_days_backup(
    tmp_path: Path, encryption: Literal["auto", "off"]
) -> None:
    """What its process writes elsewhere nobody reads."""
    settings = Settings(database_url=f"sqlite:///{tmp_path}/here.db", database_encryption=encryption)
    migrate(settings.database_url, key=key_of(settings))
    to = tmp_path / "backups"
    to.mkdir()
    with files_that_cannot_grow(50_000):
        said = back_up_here(to, [RECIPIENT], settings)
    assert said == f"The disk is full, or cannot be read or written: {tmp_path}. Make room there."
    assert list(to.iterdir()) == list(tmp_path.glob(".caseaudit-*")) == []
    assert back_up_here(to, [RECIPIENT], settings) == ""
