"""A restore beside another restore, or beside a service that starts, is refused and removes no key of theirs."""

from typing import Any

import pytest

from api.backup import actions, copying
from api.backup.actions import back_up, restore_backup
from api.backup.archive import BackupError, Keys
from models.storage.database import open_database
from models.storage.migrating import is_up_to_date, migrate
from tests.backup.conftest import Place


@pytest.mark.both_databases
def test_of_two_restores_into_one_place_the_second_is_refused_and_the_first_keeps_its_keys(
    place: Place, keys: tuple[Keys, Keys], monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, opening = keys
    file, _ = back_up(place.settings, to=place.folder, keys=lock, with_trail_key=True)
    restore_database, refused = copying.restore_database, list[str]()

    def restored_meanwhile(*arguments: Any, **named: Any) -> None:
        if not refused:
            refused.append("")
            with pytest.raises(BackupError) as problem:
                restore_backup(place.empty, file, keys=opening)
            refused.append(str(problem.value))
        restore_database(*arguments, **named)

    monkeypatch.setattr(actions, "restore_database", restored_meanwhile)
    restore_backup(place.empty, file, keys=opening)
    assert "Another restore" in refused[1]
    assert place.empty.trail_key_path.read_bytes() == place.settings.trail_key_path.read_bytes()
    there = open_database(place.empty.database_url)
    assert is_up_to_date(there)
    there.close()


@pytest.mark.both_databases
def test_where_somebody_else_put_a_database_meanwhile_the_keys_stay(
    place: Place, keys: tuple[Keys, Keys], monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, opening = keys
    file, _ = back_up(place.settings, to=place.folder, keys=lock, with_trail_key=True)
    restore_database = copying.restore_database

    def made_meanwhile(*arguments: Any, **named: Any) -> None:
        migrate(place.empty.database_url)
        restore_database(*arguments, **named)

    monkeypatch.setattr(actions, "restore_database", made_meanwhile)
    with pytest.raises(BackupError):
        restore_backup(place.empty, file, keys=opening)
    assert place.empty.trail_key_path.exists()
