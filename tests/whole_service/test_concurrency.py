"""Many at once, on real sockets: nothing acknowledged is lost, nothing is written twice, nobody is turned away."""

import json
import random
import threading
from collections.abc import Callable, Iterator

import pytest

from models.storage.database import Database, open_database
from tests.live import Answer, Ground, Server, a_complete_audit, a_ground, serving
from tests.trials.editing import an_audit, edit_together, stored
from tests.trials.killing import Aftermath, kill_under_writers

pytestmark = pytest.mark.both_databases

PATH = "/api/v1/complete-audits"
NOTHING_WRONG = Aftermath(lost=0, half_written=0, orphans=0, written_twice=0, corrupt=0)


@pytest.fixture
def database(shared_database_url: str) -> Iterator[Database]:
    opened = open_database(shared_database_url)
    yield opened
    opened.close()


@pytest.fixture
def ground(database: Database) -> Ground:
    """An organisation of this test's own."""
    return a_ground(database)


@pytest.fixture(scope="module")
def server(shared_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(shared_database_url, tmp_path_factory.mktemp("server"), forked=True) as started:
        yield started


def at_once(number: int, ask: Callable[[int], Answer]) -> list[Answer]:
    """The answers to so many requests, sent at the same moment."""
    answers: dict[int, Answer] = {}
    together = threading.Barrier(number)

    def run(place: int) -> None:
        together.wait()
        answers[place] = ask(place)

    threads = [threading.Thread(target=run, args=(place,)) for place in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [answers[place] for place in range(number)]


def number_of_audits(server: Server, ground: Ground) -> int:
    statuses = server.client(ground.integration_token).send("GET", "/api/v1/audit-statuses?limit=100")
    return len(statuses.json()["items"])


def test_a_server_killed_under_writers_has_lost_nothing_that_it_acknowledged(
    database: Database, ground: Ground, server: Server
) -> None:
    acknowledged, aftermath = kill_under_writers(server, database, ground, kills=1)
    assert aftermath == NOTHING_WRONG
    assert acknowledged >= 8


def test_of_eight_who_edit_one_audit_none_overwrites_another(
    database: Database, ground: Ground, server: Server
) -> None:
    audit_id = an_audit(database, ground)
    edits = edit_together(server, ground, audit_id, each=12)
    assert edits.failures == []
    assert edits.acknowledged == 8 * 12
    assert stored(server, ground, audit_id) == (1 + edits.acknowledged, edits.last)


def test_an_edit_that_names_no_version_is_refused(database: Database, ground: Ground, server: Server) -> None:
    path = f"/api/v1/audits/{an_audit(database, ground)}/scores"
    client = server.client(ground.auditor_token)
    refused = [client.send("PUT", f"{path}/neglect", {"answer": "good"}), client.send("PUT", path, {})]
    assert [answer.status for answer in refused] == [428, 428]


def test_a_request_sent_three_times_at_once_has_one_effect_and_one_answer(ground: Ground, server: Server) -> None:
    chance = random.Random(1)
    for place in range(5):
        body = json.dumps(a_complete_audit(ground, chance)).encode()
        clients = [server.client(ground.integration_token) for _ in range(3)]
        answers = at_once(
            3,
            lambda each: clients[each].send("POST", PATH, body, Idempotency_Key=f"thrice-{place}"),  # noqa: B023
        )
        assert [answer.status for answer in answers] == [201, 201, 201]
        assert len({answer.body for answer in answers}) == 1
        assert number_of_audits(server, ground) == place + 1


def test_a_key_is_nobody_elses_and_fits_one_request_only(database: Database, ground: Ground, server: Server) -> None:
    chance = random.Random(2)
    first, second = a_complete_audit(ground, chance), a_complete_audit(ground, chance)
    program, lead = (server.client(token) for token in (ground.integration_token, ground.lead_token))
    made = program.send("POST", PATH, first, Idempotency_Key="one")
    again = program.send("POST", PATH, first, Idempotency_Key="one")
    assert (again.status, again.body, again.headers["location"]) == (201, made.body, made.headers["location"])
    assert again.headers["idempotency-replayed"] == "true"
    assert program.send("POST", PATH, second, Idempotency_Key="one").status == 422
    assert lead.send("POST", PATH, second, Idempotency_Key="one").status == 201
    assert number_of_audits(server, ground) == 2


def test_thirty_who_write_at_once_are_all_served(ground: Ground, server: Server) -> None:
    chance = random.Random(3)
    bodies = [json.dumps(a_complete_audit(ground, chance)).encode() for _ in range(30)]
    clients = [server.client(ground.integration_token) for _ in bodies]
    answers = at_once(
        30, lambda each: clients[each].send("POST", PATH, bodies[each], Idempotency_Key=f"one-of-thirty-{each}")
    )
    assert [answer.status for answer in answers] == [201] * 30
    assert number_of_audits(server, ground) == 30
