"""What tests of the service may ask for: a database, the service on it, and the people of the cast."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from fastapi import FastAPI
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from rich.console import Console

from api.demo import demonstration
from api.foundation.settings import Settings
from api.people.sign_in import passwords
from models.storage.database import Database, open_database
from tests.cast import Site
from tests.client import Client
from tests.desk import Desk, a_desk
from tests.factories import Cast, a_cast
from tests.kept_cast import kept_cast
from tests.once import once
from tests.service import service_on, settings_for
from tests.site_in_browser import served
from tests.writing_times import filling_for_a_test

# As the service hashes: for tests of how passwords are stored.
STRONG_HASHES: Final = (passwords._HASHER, passwords._NOBODYS)


@pytest.fixture(scope="session", autouse=True)
def quick_hashes() -> Iterator[None]:
    """Passwords are hashed with the least that argon2id takes: most tests ask nothing of how hard a hash is to find."""
    quick = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_HASHER", quick)
        patch.setattr(passwords, "_NOBODYS", quick.hash("nobody's password"))
        yield


@pytest.fixture(scope="session")
def demonstration_file(migrated_sqlite_file: Path) -> Path:
    """A SQLite file that holds the demonstration, to be copied."""

    def make(folder: Path) -> None:
        file = folder / "demo.sqlite3"
        shutil.copyfile(migrated_sqlite_file, file)
        database = open_database(f"sqlite:///{file}")
        with filling_for_a_test():
            demonstration.set_up_demonstration(database, Console(quiet=True), settings=Settings())
        database.close()

    return once("demonstration", make)[0] / "demo.sqlite3"


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty, up-to-date database for this test alone."""
    opened = open_database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def settings(database_url: str) -> Settings:
    return settings_for(database_url)


@pytest.fixture
def app(database: Database, settings: Settings) -> FastAPI:
    """The service on the database of this test."""
    return service_on(settings, database)


@pytest.fixture
def cast(database: Database, database_url: str) -> Cast:
    """The people of the database. On SQLite it is a copy of one that holds them: see `new_database`."""
    return kept_cast(database_url).made if database.is_sqlite else a_cast(database)


@pytest.fixture
def site(app: FastAPI, database: Database) -> Iterator[Site]:
    """The service on an empty database, for tests of signing in that make their people themselves."""
    made = Site(app, database)
    yield made
    for client in made.clients:
        client.close()


@pytest.fixture
def temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where this process and those that it starts put temporary files, within the folder of the test."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    """An auditor's desk, with the small template and one open round."""
    with a_desk(database_url) as made:
        yield made


@pytest.fixture
def address(desk: Desk) -> Iterator[str]:
    """Where the service on the desk's database answers a browser."""
    with served(desk.database) as found:
        yield found


@pytest.fixture
def asha(desk: Desk) -> Client:
    """The client of an auditor."""
    return desk.browser(desk.cast.asha)


@pytest.fixture
def lena(desk: Desk) -> Client:
    """The client of a quality lead."""
    return desk.browser(desk.cast.lena)
