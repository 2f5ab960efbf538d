"""While a backup is made, checked or restored, no file holds what is in it unencrypted: not even for a moment.

Only SQLite reads its own copy from a file, which is encrypted where the database is (test_encrypted_backups).
"""

import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyrage
import pytest

from api.backup import actions, copying
from api.backup.actions import back_up, check_backup, restore_backup
from api.backup.archive import Keys, new_identity
from api.backup.work_folder import WorkFolder
from tests.backup.conftest import Place
from tests.encrypted import CANARY, files_with

IDENTITY, RECIPIENT = new_identity()
MAKING, OPENING = Keys((RECIPIENT,)), Keys((IDENTITY,))
TERMS_KEY = "k" * 32
# PostgreSQL compresses the rows of a dump. This is what each begins with.
DUMP = "PGDMP"


@dataclass
class Watch:
    """Looks at every file of some folders all the time, and when it is asked to."""

    folders: tuple[Path, ...]
    words: tuple[str, ...] = (CANARY, DUMP, TERMS_KEY)
    most: int = 0
    plain: set[str] = field(default_factory=set)

    def look(self) -> None:
        with suppress(FileNotFoundError):  # one that went while we looked
            self.most = max(self.most, sum(1 for folder in self.folders for _ in folder.rglob("*.age")))
            for words in self.words:
                self.plain |= files_with(words, *self.folders)

    @contextmanager
    def looking(self) -> Iterator[None]:
        over = threading.Event()

        def look_on() -> None:
            while not over.is_set():
                self.look()

        thread = threading.Thread(target=look_on)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


@pytest.fixture
def watch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Watch:
    """Of the folder for temporary files and that of backups, also whenever something has been written there."""
    found = Watch((tmp_path / "temporary", tmp_path / "backups"))
    for folder in found.folders:
        folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(found.folders[0]))
    monkeypatch.setattr(tempfile, "tempdir", str(found.folders[0]))
    for where, name in ((copying, "_run"), (actions, "check_copy"), (actions, "_write_file"), (WorkFolder, "add")):
        function = getattr(where, name)

        def called(*given: Any, function: Any = function, **named: Any) -> Any:
            answered = function(*given, **named)
            found.look()
            return answered

        monkeypatch.setattr(where, name, called)
    return found


@pytest.fixture
def filled(place: Place) -> Place:
    place.desk.answer(place.desk.an_audit(), rationale=CANARY)
    return place


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True, scope="session")
def test_of_postgresql_no_file_holds_a_dump_a_word_or_a_key(filled: Place, watch: Watch) -> None:
    with watch.looking():
        file, _ = back_up(filled.settings, to=watch.folders[1], keys=MAKING, with_trail_key=True)
        check_backup(filled.settings, file, keys=OPENING)
        restore_backup(filled.empty, file, keys=OPENING)
    assert watch.plain == set()
    assert watch.most >= 3, "files were there to look at"
    assert list(watch.folders[0].iterdir()) == []
    assert filled.empty.risky_terms_key_path.read_text() == TERMS_KEY


def test_the_watch_finds_what_is_plain(tmp_path: Path, watch: Watch) -> None:
    (watch.folders[0] / "dump").write_bytes(DUMP.encode())
    with watch.looking():
        pass
    assert watch.plain == {"dump"}


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True, scope="session")
def test_of_sqlite_the_keys_are_in_no_file_beside_their_own(filled: Place, watch: Watch) -> None:
    beside = Watch((Path(str(filled.settings.sqlite_path)).parent,), words=(TERMS_KEY,))
    with beside.looking():
        file, _ = back_up(filled.settings, to=watch.folders[1], keys=MAKING, with_trail_key=True)
        check_backup(filled.settings, file, keys=OPENING)
    assert beside.most > 0, "files were there to look at"
    assert beside.plain <= {filled.settings.risky_terms_key_path.name}
    assert watch.plain == set()


def test_what_a_process_that_was_killed_leaves_opens_for_nobody(tmp_path: Path) -> None:
    left = WorkFolder(tmp_path)
    left.add("database", lambda to: to.write(CANARY.encode()))
    assert left.content("database") == CANARY.encode()
    assert files_with(CANARY, tmp_path) == set()
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt((tmp_path / "database.age").read_bytes(), [pyrage.x25519.Identity.from_str(IDENTITY)])
