"""What tests of backups may ask for: a desk whose settings name files of its own, and an empty place to restore to."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text

from api.backup.archive import Keys, new_identity
from api.foundation.key_files import event_key_at
from api.foundation.settings import Settings
from api.trail.checkpoint_signer import CheckpointSigner
from models.storage.database import open_database
from tests.conftest import DatabaseKind, new_database
from tests.desk import Desk, a_desk
from tests.service import settings_in


@dataclass(frozen=True)
class Place:
    """A desk whose settings name files that no other test uses, and an empty place to restore to."""

    desk: Desk
    settings: Settings
    empty: Settings
    folder: Path


@pytest.fixture
def place(
    request: pytest.FixtureRequest, database_kind: DatabaseKind, database_url: str, tmp_path: Path
) -> Iterator[Place]:
    settings = settings_in(tmp_path / "here", database_url)
    CheckpointSigner.of(settings)  # the key is created at the first start
    settings.risky_terms_key_path.write_bytes(b"k" * 32)
    if database_kind == "sqlite":
        empty_url = f"sqlite:///{tmp_path / 'there.sqlite3'}"
    else:
        empty_url = new_database(request, database_kind, tmp_path)
        emptied = open_database(empty_url)
        with emptied.engine.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
        emptied.close()
    with a_desk(database_url) as desk:
        desk.database.event_key = event_key_at(settings.trail_key_path)
        yield Place(desk, settings, settings_in(tmp_path / "there", empty_url), tmp_path)


@pytest.fixture
def keys() -> tuple[Keys, Keys]:
    """What makes a backup, and what opens it."""
    identity, recipient = new_identity()
    return Keys((recipient,)), Keys((identity,))
