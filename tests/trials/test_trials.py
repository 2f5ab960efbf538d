"""The long trials: killing, crowding and quarrelling at full length. `make trials` runs these."""

import random
import threading
import time
from statistics import quantiles

import pytest

from api.trail.checkpoint_signer import CheckpointSigner
from api.trail.verifying.verification import in_words, verify
from tests.conftest import DatabaseKind
from tests.live import a_complete_audit, serving, settings_of_server
from tests.trials.conftest import Place, Record
from tests.trials.editing import CLIENTS, an_audit, edit_together, stored
from tests.trials.killing import Aftermath, kill_under_writers

pytestmark = pytest.mark.trial

NOTHING_WRONG = Aftermath(lost=0, half_written=0, orphans=0, written_twice=0, corrupt=0)


def test_killed_twenty_times_under_writers_it_loses_nothing_that_it_acknowledged(
    place: Place, database_kind: DatabaseKind, record_property: Record
) -> None:
    with serving(place.url, place.folder) as server:
        acknowledged, aftermath = kill_under_writers(server, place.database, place.ground, kills=20)
    record_property("figure", f"20 kills on {database_kind}: {acknowledged} audits acknowledged; {aftermath}")
    assert aftermath == NOTHING_WRONG
    assert acknowledged >= 20 * 8
    trails = verify(place.database, CheckpointSigner.of(settings_of_server(place.url, place.folder)))
    record_property("figure", f"The trail after 20 kills on {database_kind}: {' '.join(in_words(trails))}")
    assert [trail.is_whole for trail in trails] == [True]


def test_the_same_trial_finds_the_loss_where_the_commit_comes_after_the_answer(
    place: Place, database_kind: DatabaseKind, record_property: Record
) -> None:
    with serving(place.url, place.folder, module="tests.trials.commits_late") as server:
        acknowledged, aftermath = kill_under_writers(server, place.database, place.ground, kills=5)
    record_property("figure", f"Committing late on {database_kind}, 5 kills: {acknowledged} acknowledged; {aftermath}")
    assert aftermath.lost > 0


def test_of_1600_edits_of_one_audit_by_eight_clients_none_is_lost(
    place: Place, database_kind: DatabaseKind, record_property: Record
) -> None:
    audit_id = an_audit(place.database, place.ground)
    with serving(place.url, place.folder) as server:
        edits = edit_together(server, place.ground, audit_id, each=200)
        record_property(
            "figure", f"{edits.acknowledged} edits acknowledged on {database_kind}, {edits.stale} stale and made again"
        )
        assert edits.failures == []
        assert edits.acknowledged == CLIENTS * 200
        assert stored(server, place.ground, audit_id) == (1 + edits.acknowledged, edits.last)


def test_thirty_writers_at_once_never_find_the_database_locked(sqlite_place: Place, record_property: Record) -> None:
    waited: list[float] = []
    statuses: list[int] = []

    def write(number: int) -> None:
        client, chance = server.client(sqlite_place.ground.integration_token), random.Random(number)
        for part in range(20):
            body = a_complete_audit(sqlite_place.ground, chance)
            started = time.monotonic()
            answer = client.send("POST", "/api/v1/complete-audits", body, Idempotency_Key=f"{number}-{part}")
            waited.append(time.monotonic() - started)
            statuses.append(answer.status)

    with serving(sqlite_place.url, sqlite_place.folder) as server:
        threads = [threading.Thread(target=write, args=(number,)) for number in range(30)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        locked = server.log.read_text().count("locked")
    slow = f"p95 {quantiles(waited, n=20)[-1]:.2f} s, longest {max(waited):.2f} s"
    record_property("figure", f"30 writers on SQLite, 600 audits: {slow}, {locked} times locked")
    assert statuses == [201] * 600
    assert locked == 0
