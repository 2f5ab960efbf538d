"""R21: access ends while it is used. 200 ways in end while 4 workers send without a pause: the next request is refused.

A person is deactivated, loses a role, has a token revoked or a session ended: 50 times each. Two workers read and two
write. What was sent after the end was acknowledged is refused, by every process of the server.
"""

import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pytest

from api.foundation.http.security import cookie_name
from api.foundation.identity.secrets import hash_of
from api.foundation.settings import Settings
from api.people.sessions.queries import id_of
from models import Person, Role
from models.storage.database import Database
from tests.conftest import DatabaseKind
from tests.factories import MadeOrganisation, MadePerson, a_person, a_team, a_token_for, an_organisation, signed_in
from tests.live import Client, Server, serving
from tests.trials.conftest import Place, Record

pytestmark = pytest.mark.trial

OF_EACH = 50
WORKERS = 4
ROLES = frozenset({Role.QUALITY_LEAD, Role.AUDITOR})
LONGEST_SECONDS = 20.0
REFUSED = {401, 403}
Headers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class WayIn:
    """A person, what they send to be let in, and what ends that."""

    headers: Headers
    end: Callable[[], int]
    told: str


@dataclass(slots=True)
class Worker:
    """Sends one request after another with a way in, and notes when each was sent and what it was answered."""

    client: Client
    body: dict[str, str] | None
    stopping: threading.Event
    answers: list[tuple[float, int]] = field(default_factory=list)

    def work(self) -> None:
        while not self.stopping.is_set():
            sent = time.monotonic()
            if self.body is None:
                answer = self.client.send("GET", "/api/v1/people?limit=1")
            else:
                answer = self.client.send("POST", "/api/v1/case-files", self.body, Idempotency_Key=str(uuid.uuid4()))
            self.answers.append((sent, answer.status))

    def after(self, moment: float) -> list[int]:
        return [status for sent, status in self.answers if sent > moment]


def test_who_lost_access_is_refused_with_the_next_request_200_of_200(
    place: Place, database_kind: DatabaseKind, record_property: Record
) -> None:
    organisation = an_organisation(place.database)
    body = {
        "team_id": str(a_team(place.database, organisation).id),
        "status": "child-in-need",
        "age_band": "5-to-9",
    }
    ended: Counter[str] = Counter()
    late: list[str] = []
    requests = 0
    with serving(place.url, place.folder, workers=1 if database_kind == "sqlite" else 4) as server:
        for number in range(OF_EACH):
            for way_in in _ways_in(place.database, organisation, server, number):
                wrong, sent = _ends_under_load(server, way_in, body)
                ended[way_in.told] += not wrong
                late += wrong
                requests += sent
    shown = (
        f"R21 on {database_kind}: {sum(ended.values())} of {4 * OF_EACH} refused with the next request of each of "
        f"{WORKERS} workers ({', '.join(f'{told} {count}' for told, count in ended.items())}); {requests:,} requests"
    )
    print(shown)
    record_property("figure", shown)
    assert late == []
    assert sum(ended.values()) == 4 * OF_EACH


def _ends_under_load(server: Server, way_in: WayIn, body: dict[str, str]) -> tuple[list[str], int]:
    """What was answered to requests that should have been refused, or refused before; and how many were sent."""
    stopping = threading.Event()
    workers = [
        Worker(_client(server, way_in.headers), body if number % 2 else None, stopping) for number in range(WORKERS)
    ]
    threads = [threading.Thread(target=worker.work) for worker in workers]
    for thread in threads:
        thread.start()
    try:
        _wait(lambda: all(worker.answers for worker in workers))
        began = time.monotonic()
        assert way_in.end() == 200
        acknowledged = time.monotonic()
        _wait(lambda: all(worker.after(acknowledged) for worker in workers))
    finally:
        stopping.set()
        for thread in threads:
            thread.join()
        for worker in workers:
            worker.client.connection.close()
    before = [status for worker in workers for sent, status in worker.answers if sent < began and status >= 400]
    after = [status for worker in workers for status in worker.after(acknowledged) if status not in REFUSED]
    # One that was on its way when the end began may be answered either way.
    early = [status for status in before if status not in REFUSED]
    return [f"{way_in.told}: {status}" for status in (*early, *after)], sum(len(worker.answers) for worker in workers)


def _ways_in(database: Database, organisation: MadeOrganisation, server: Server, number: int) -> list[WayIn]:
    ada = _client(server, _session(database, organisation.administrator))
    people = [a_person(database, organisation, name="Lena", roles=ROLES) for _ in range(4)]
    deactivated, narrowed, revoked, ended = people
    with database.reading() as session:
        versions = {person.id: session.get_one(Person, (organisation.id, person.id)).version for person in people}
    token = a_token_for(database, revoked)
    secret = signed_in(database, ended)
    lost = _cookie(secret)
    own = _client(server, _session(database, revoked))
    other = _client(server, _session(database, ended))

    def change(person: MadePerson, roles: frozenset[Role], *, active: bool) -> int:
        said = {"name": person.name, "roles": sorted(roles), "active": active}
        return ada.send("PUT", f"/api/v1/people/{person.id}", said, If_Match=f'"{versions[person.id]}"').status

    # Every second deactivated person comes in with a token.
    by_token = {"Authorization": f"Bearer {a_token_for(database, deactivated).secret}"}
    return [
        WayIn(
            by_token if number % 2 else _session(database, deactivated),
            lambda: change(deactivated, ROLES, active=False),
            "deactivated",
        ),
        WayIn(
            _session(database, narrowed),
            lambda: change(narrowed, frozenset({Role.AUDITOR}), active=True),
            "without the role",
        ),
        WayIn(
            {"Authorization": f"Bearer {token.secret}"},
            lambda: own.send("POST", f"/api/v1/me/tokens/{token.id}/revoke").status,
            "token revoked",
        ),
        WayIn(
            lost, lambda: other.send("POST", f"/api/v1/me/sessions/{id_of(hash_of(secret))}/end").status, "signed out"
        ),
    ]


def _session(database: Database, person: MadePerson) -> Headers:
    return _cookie(signed_in(database, person))


def _cookie(secret: str) -> Headers:
    return {"Cookie": f"{cookie_name(Settings())}={secret}", "Sec-Fetch-Site": "same-origin"}


def _client(server: Server, headers: Headers) -> Client:
    client = server.client()
    client.headers = {**headers, "Content-Type": "application/json"}
    return client


def _wait(until: Callable[[], bool]) -> None:
    ends = time.monotonic() + LONGEST_SECONDS
    while not until():
        assert time.monotonic() < ends, "the workers are not answered any more"
        time.sleep(0.001)
