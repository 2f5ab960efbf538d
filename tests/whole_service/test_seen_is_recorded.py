"""Whatever shows what somebody wrote of a case records that it was seen: so who saw it does not read the case blind."""

import re
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from sqlmodel import Session, col, select

from api.foundation.access_log import AccessRecorder
from api.foundation.http.security import cookie_name
from api.foundation.permissions import Permission
from api.foundation.settings import Settings
from models import Audit, HasListed, HasSeen, Role
from tests.audits.beside_template import a_beside_template
from tests.client import Client
from tests.desk import Desk, a_desk
from tests.factories import MadePerson, a_person, a_token_for, an_actor, signed_in
from tests.guards_aside import guards_aside
from tests.odata.feed import basic
from tests.service import service_on
from tests.thorough import many, part_of
from tests.whole_service.matrix import declared
from tests.whole_service.rehearsal import Rehearsal
from tests.whole_service.test_blindness import CANARY, FACT, UNKNOWN, comment_on, queries_of, write_everything

WATCHERS: Mapping[str, frozenset[Role]] = {
    "moderator": frozenset({Role.MODERATOR}),
    "lead": frozenset({Role.AUDITOR, Role.MODERATOR, Role.QUALITY_LEAD}),
    "owner": frozenset({Role.AUDITOR, Role.ACTION_OWNER}),
}
CASE = "CASE-7001"
# They show of an audit what no answer can be told from: its state, who is to do what, and when.
TELLS_NO_ANSWER = {
    "GET /api/v1/audits/{audit_id}/drafts": "what the person typed, which is none of another's audit",
}

# They show what was answered, without a word that the auditor wrote.
SHOWS_ANSWERS = (
    *("GET /moderation", "GET /api/v1/moderation-queue", "GET /reports/gaps", "GET /api/v1/reports/gaps"),
    *("GET /rounds/{round_id}/report", "GET /api/v1/rounds/{round_id}/report"),
    *("GET /actions", "GET /api/v1/actions", "GET /concerns", "GET /api/v1/concerns", "GET /odata/{table}"),
)


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with a_desk(database_url, template=a_beside_template(case_facts=[FACT])) as made:
        yield made


class Watching:
    """What one request recorded that a person has seen."""

    def __init__(self, desk: Desk, person: MadePerson) -> None:
        self.person, self.recorded = person, False
        database = Rehearsal(desk.database.engine)
        database.before_it_is_given_up = self._look
        settings = Settings(allow_combined_administrator=True)
        app = service_on(settings, database)
        cookie = f"{cookie_name(app.state.settings)}={signed_in(desk.database, person)}"
        self.client = Client(app, headers={"Cookie": cookie, "Sec-Fetch-Site": "same-origin"})
        # The data feed is read with a token.
        self._token = basic(a_token_for(desk.database, person).secret)

    def _look(self, session: Session) -> None:
        for table in (HasSeen, HasListed):
            query = select(table).where(col(table.person_id) == self.person.id)
            self.recorded |= session.exec(query).first() is not None

    def ask(self, path: str) -> tuple[int, str, bool]:
        """The status, the text, and whether it was recorded; nothing of it lasts."""
        self.recorded = False
        answer = self.client.get(path, headers=self._token if path.startswith("/odata") else {})
        self.client.cookies.clear()
        return answer.status_code, answer.text.lower(), self.recorded


@pytest.mark.parametrize("who", WATCHERS)
def test_no_answer_has_a_word_of_an_audit_without_a_record_that_it_was_seen(
    desk: Desk, who: str, monkeypatch: pytest.MonkeyPatch, record_property: Any
) -> None:
    """Half of the routes, the other half on other days."""
    # Each request counts for itself: nothing of the one before lasts.
    monkeypatch.setattr(AccessRecorder, "must_be_recorded", lambda _, rows: bool(rows))
    monkeypatch.setattr(AccessRecorder, "_not_remembered", lambda _, rows: list(rows))
    watcher = a_person(desk.database, desk.cast.organisation, roles=WATCHERS[who], name="Wanda")
    audit_id = desk.an_audit(reference=CASE)
    beside = write_everything(desk, audit_id, CANARY, by=desk.cast.asha, owner=watcher)
    desk.submit(audit_id)
    beside["thread_id"] = comment_on(desk, audit_id, f"{CANARY}?")
    with desk.database.writing() as session:
        # An owner has seen it from the beginning.
        for table in (HasSeen, HasListed):
            for row in session.exec(select(table).where(col(table.person_id) == watcher.id)):
                with guards_aside(session.connection()):
                    session.delete(row)
                    session.flush()
        case_file_id = session.get_one(Audit, (watcher.organisation_id, audit_id)).case_file_id
    address = {name: str(uuid.uuid4()) for name in (*UNKNOWN, "snapshot_id", "briefing_id", "programme_id", "line_id")}
    address |= {"audit_id": str(audit_id), "case_file_id": str(case_file_id), "round_id": str(desk.round_id)}
    address |= {"template_id": str(desk.template_id), "team_id": str(desk.team_id), "person_id": str(desk.cast.asha.id)}
    address |= {name: str(identifier) for name, identifier in beside.items()}
    address |= {"number": "1", "kind": "csv", "key": "voice", "slug": "stale", "secret": "none", "page": "help"}
    address |= {"theme": "voice", "theme_key": "voice", "domain_key": "the-child", "part": "words", "move": "finish"}
    address |= {"domain_at": "0", "theme_at": "0", "question_at": "0", "table": "Audits", "rest": "$count"}
    watching, unrecorded, showed = Watching(desk, watcher), [], 0
    with watching.client:
        for route, permission in part_of(declared(desk.app).items(), one_in=2, of=f"seen by {who}"):
            method, _, path = route.partition(" ")
            if method != "GET" or (permission != "public" and not an_actor(watcher).may(Permission(permission))):
                continue
            for query in queries_of(route, address, desk.cast.asha.id):
                status, text, recorded = watching.ask(re.sub(r"{(\w+)}", lambda name: address[name[1]], path) + query)
                of_audit = "{audit_id}" in route and route not in TELLS_NO_ANSWER
                of_audit |= route in SHOWS_ANSWERS and (
                    CASE.lower() in text or "{round_id}" in route or "round=" in query
                )
                if CANARY in text or (of_audit and status == 200):
                    showed += 1
                    if not recorded:
                        unrecorded.append(route + query)
    record_property("figure", f"{who}: {showed} answers show an audit, {len(unrecorded)} of them unrecorded")
    assert showed > many(2, thorough=5)
    assert unrecorded == []
