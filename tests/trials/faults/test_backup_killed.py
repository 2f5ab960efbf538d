"""A server is killed in the middle of the day's backup: another makes it, within two minutes."""

import time
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from api.backup.actions import check_backup
from api.backup.archive import Keys, new_identity
from api.backup.lease import FILE
from api.foundation.settings import Settings
from tests.live import serving
from tests.postgres import Cluster
from tests.trials.conftest import Place, Record

pytestmark = pytest.mark.trial

LONGEST_START_SECONDS = 60.0
LONGEST_SECONDS = 120.0


def test_a_server_that_is_killed_in_the_middle_of_a_backup_leaves_it_to_another(
    durable_cluster: Cluster, postgresql_place: Place, tmp_path: Path, record_property: Record
) -> None:
    identity, recipient = new_identity()
    folder = tmp_path / "backups"
    folder.mkdir()
    environment = {"CASEAUDIT_BACKUP_FOLDER": str(folder), "CASEAUDIT_BACKUP_RECIPIENTS": recipient}
    name = make_url(postgresql_place.url).database
    with psycopg.connect(durable_cluster.url(str(name))) as holding:
        # pg_dump waits for this table, so that the backup is under way for as long as we like.
        holding.execute("LOCK TABLE feedback_link IN ACCESS EXCLUSIVE MODE")
        with serving(postgresql_place.url, postgresql_place.folder, environment=environment) as first:
            _wait_for(folder / FILE, LONGEST_START_SECONDS)
            first_owner = (folder / FILE).read_bytes()[:32]
            with serving(postgresql_place.url, postgresql_place.folder, environment=environment) as second:
                time.sleep(15)  # longer than it takes to renew: the second leaves the first to it
                assert (folder / FILE).read_bytes()[:32] == first_owner
                first.kill()  # with the process that makes the backup, and pg_dump
                holding.rollback()
                killed = time.monotonic()
                made = _wait_for_backup(folder, LONGEST_SECONDS)
                seconds = time.monotonic() - killed
                assert second.process is not None
                assert second.process.poll() is None
    check_backup(Settings(database_url=postgresql_place.url), made, keys=Keys((identity,)))
    shown = f"a server was killed in the middle of a backup: another had made it after {seconds:.0f} s"
    print(shown)
    record_property("figure", shown)


def _wait_for(path: Path, seconds: float) -> None:
    ends = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < ends, f"no {path.name} after {seconds:.0f} s"
        time.sleep(0.1)


def _wait_for_backup(folder: Path, seconds: float) -> Path:
    ends = time.monotonic() + seconds
    while True:
        found = list(folder.glob("*.backup"))
        if found:
            return found[0]
        assert time.monotonic() < ends, f"no backup after {seconds:.0f} s"
        time.sleep(0.1)
