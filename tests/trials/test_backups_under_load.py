"""Each of twenty backups under load restores to all that was acknowledged before it began, and nothing half-written."""

import time
from pathlib import Path

import pytest

from api.backup.actions import back_up, restore_backup
from api.backup.archive import Keys, new_identity
from api.trail.checkpoint_signer import CheckpointSigner
from api.trail.verifying.verification import in_words, verify
from models.storage.database import open_database
from tests.conftest import DatabaseKind
from tests.live import serving, settings_of_server
from tests.postgres import Cluster
from tests.trials.conftest import Place, Record
from tests.trials.faults.under_load import NOTHING_WRONG
from tests.trials.killing import Aftermath, Writers, look_at

pytestmark = pytest.mark.trial

TIMES = 20
AUDITS_BETWEEN = 20


def test_twenty_backups_under_load_have_everything_that_was_acknowledged(
    request: pytest.FixtureRequest, place: Place, database_kind: DatabaseKind, record_property: Record
) -> None:
    identity, recipient = new_identity()
    here = settings_of_server(place.url, place.folder)
    acknowledged: list[int] = []
    seconds: list[float] = []
    found: list[Aftermath] = []
    trails: list[str] = []
    with serving(place.url, place.folder) as server:
        writers = Writers(server, place.ground)
        writers.start()
        try:
            for number in range(TIMES):
                writers.wait_for(more=AUDITS_BETWEEN)
                before, began = dict(writers.acknowledged), time.monotonic()
                to = place.folder / f"{number}.backup"
                file, _ = back_up(here, to=to, keys=Keys((recipient,)), with_trail_key=True)
                seconds.append(time.monotonic() - began)
                acknowledged.append(len(before))
                folder = place.folder / str(number)
                folder.mkdir()
                there = settings_of_server(_empty(request, database_kind, folder), folder)
                restore_backup(there, file, keys=Keys((identity,)))
                restored = open_database(there.database_url)
                found.append(look_at(restored, place.ground, before))
                trail = verify(restored, CheckpointSigner.of(there))
                trails += [] if trail.is_whole else in_words(trail)
                restored.close()
        finally:
            writers.stop()
    shown = (
        f"{len(seconds)} backups on {database_kind} while audits were recorded, {acknowledged[0]} acknowledged before "
        f"the first and {acknowledged[-1]:,} before the last; {sum(each.lost for each in found)} lost, "
        f"{sum(each.half_written for each in found)} half-written, {len(trails)} faults in trails; "
        f"{max(seconds):.1f} s at most; longest save {writers.longest_seconds:.2f} s"
    )
    print(shown, *trails, sep="\n  ")
    record_property("figure", shown)
    assert writers.failures == []
    assert found == [NOTHING_WRONG] * TIMES
    assert trails == []


def _empty(request: pytest.FixtureRequest, kind: DatabaseKind, folder: Path) -> str:
    if kind == "sqlite":
        return f"sqlite:///{folder / 'restored.sqlite3'}"
    cluster: Cluster = request.getfixturevalue("durable_cluster")
    return cluster.create(f"restored_{folder.parent.name[:40]}_{folder.name}".lower())
