"""500 submissions are sent three times each at one moment, with one key each: each takes effect once, and is answered
alike."""

import random
import threading
import time
from dataclasses import dataclass, field

import pytest

from tests.conftest import DatabaseKind
from tests.live import Answer, Client, Server, a_complete_audit, serving
from tests.trials.conftest import Place, Record
from tests.trials.faults.under_load import NOTHING_WRONG, faults_of_the_trail
from tests.trials.killing import look_at

pytestmark = pytest.mark.trial

SUBMISSIONS = 500
EACH = 3
GROUPS = 8
PATH = "/api/v1/complete-audits"


@dataclass(slots=True)
class Sent:
    """Everything that was answered, by key."""

    answers: dict[str, list[Answer]] = field(default_factory=dict)
    refused: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, client: Client, key: str, body: object) -> None:
        """Send it until the answer is another than "come again"."""
        while (answer := client.send("POST", PATH, body, Idempotency_Key=key)).status == 503:
            with self.lock:
                self.refused += 1
            time.sleep(0.1)
        with self.lock:
            self.answers.setdefault(key, []).append(answer)


def test_500_submissions_that_are_sent_three_times_at_once_are_done_once(
    place: Place, database_kind: DatabaseKind, record_property: Record
) -> None:
    ground, sent = place.ground, Sent()
    bodies = {f"key-{each}": a_complete_audit(ground, random.Random(each)) for each in range(SUBMISSIONS)}
    with serving(place.url, place.folder) as server:
        _three_at_once(server, place, sent, bodies)
        client = server.client(ground.integration_token)
        others = [
            client.send("POST", PATH, a_complete_audit(ground, random.Random(f"another {key}")), Idempotency_Key=key)
            for key in bodies
        ]
        afterwards = server.client(ground.integration_token)
        again = {key: afterwards.send("POST", PATH, body, Idempotency_Key=key) for key, body in bodies.items()}
    alike = sum(len({(each.status, each.body, each.headers.get("etag")) for each in got}) == 1 for got in _all(sent))
    made = sum(sum("idempotency-replayed" not in each.headers for each in got) == 1 for got in _all(sent))
    reused = [each.json()["type"] for each in others]
    aftermath = look_at(place.database, ground, {key: got[0].json()["audit_id"] for key, got in sent.answers.items()})
    shown = (
        f"{SUBMISSIONS} submissions sent {EACH} times at once on {database_kind}: {alike} answered alike, {made} made "
        f"by one of the {EACH}, {sent.refused} told to come again; with another body "
        f"{reused.count('/problems/idempotency-key-reused')} refused; {aftermath}"
    )
    print(shown)
    record_property("figure", shown)
    assert {each.status for got in _all(sent) for each in got} == {201}
    assert (alike, made, len(sent.answers)) == (SUBMISSIONS, SUBMISSIONS, SUBMISSIONS)
    assert {each.status for each in others} == {422}
    assert [key for key, answer in again.items() if answer.body != sent.answers[key][0].body] == []
    assert aftermath == NOTHING_WRONG
    assert faults_of_the_trail(place) == []


def _all(sent: Sent) -> list[list[Answer]]:
    return list(sent.answers.values())


def _three_at_once(server: Server, place: Place, sent: Sent, bodies: dict[str, dict[str, object]]) -> None:
    keys = list(bodies)

    def work(group: int, together: threading.Barrier) -> None:
        client = server.client(place.ground.integration_token)
        for key in keys[group::GROUPS]:
            together.wait(60)
            sent.send(client, key, bodies[key])

    threads = []
    for group in range(GROUPS):
        together = threading.Barrier(EACH)
        threads += [threading.Thread(target=work, args=(group, together)) for _ in range(EACH)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
