"""A SQLite database in a folder on a network is refused, in a sentence, before anything is written there."""

from pathlib import Path

import pytest

from api.foundation.settings import Settings
from api.serving import hold_database
from models.storage.database import open_database
from models.storage.sqlite import network_folders
from models.storage.sqlite.network_folders import kind_of_folder, network_file_system
from models.storage.sqlite_engine import UnsafeDatabase

MOUNTS = r"""
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
31 22 0:40 / /srv rw,relatime shared:9 master:2 - nfs4 10.0.0.5:/srv rw,vers=4.2
32 31 8:17 / /srv/local rw - xfs /dev/sdb1 rw
33 22 0:51 / /mnt/case\040files rw - cifs //files/cases rw,vers=3.1.1
34 22 0:52 / /over rw - nfs 10.0.0.5:/over rw
35 34 0:53 / /over rw - tmpfs tmpfs rw
a line that says nothing
"""


def test_the_kind_is_that_of_the_nearest_folder_and_of_what_was_mounted_last() -> None:
    kinds = {
        "/var/lib/caseaudit/a.db": "ext4",
        "/srv/a.db": "nfs4",
        "/srv/deep/er/a.db": "nfs4",
        "/srv/local/a.db": "xfs",
        "/srvice/a.db": "ext4",
        "/mnt/case files/a.db": "cifs",
        "/over/a.db": "tmpfs",
    }
    assert {path: kind_of_folder(Path(path), MOUNTS) for path in kinds} == kinds
    assert kind_of_folder(Path("/a.db"), "") == ""


@pytest.fixture
def mounted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that Linux says is on another machine."""
    folder = tmp_path / "on a network"
    folder.mkdir()
    said = tmp_path / "mountinfo"
    point = str(folder.resolve()).replace(" ", r"\040")
    said.write_text(f"1 0 8:1 / / rw - ext4 /dev/sda1 rw\n2 1 0:40 / {point} rw - nfs4 10.0.0.5:/srv rw\n")
    monkeypatch.setattr(network_folders, "_MOUNTS", said)
    return folder


def test_a_database_there_is_refused_and_nothing_is_written(mounted: Path) -> None:
    for file in (mounted / "a.db", mounted / "deeper" / "a.db"):
        with pytest.raises(UnsafeDatabase, match=r"a\.db is in a folder on a network \(nfs4\).*Move it to a disk"):
            open_database(f"sqlite:///{file}")
    linked = mounted.parent / "linked.db"
    linked.symlink_to(mounted / "a.db")
    with pytest.raises(UnsafeDatabase, match="on a network"):
        open_database(f"sqlite:///{linked}")
    settings = Settings(database_url=f"sqlite:///{mounted}/a.db")
    with pytest.raises(UnsafeDatabase, match="on a network"), hold_database(settings):
        pytest.fail("it is served")
    assert list(mounted.iterdir()) == []
    open_database(f"sqlite:///{mounted.parent}/here.db").close()


def test_where_the_system_does_not_say_nothing_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network_folders, "_MOUNTS", tmp_path / "not there")
    assert network_file_system(tmp_path / "a.db") == ""
