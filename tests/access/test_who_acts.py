"""Who acts: what a request sends to say so, and that nobody acts who no longer may."""

import asyncio
import base64
import uuid
from typing import Any

import pytest
from sqlmodel import col, update

from api.access.blindness import check_reads_no_longer, every_hidden_reading
from api.access.people import Hindrance, words_of
from api.access.seen import wrote_audit
from api.foundation import events
from api.foundation.http.security import SecurityHeaders
from api.foundation.identity.actors import actor_by_email, current_actor, email_of
from api.foundation.identity.protocols import PROTOCOLS, token_in
from api.foundation.identity.secrets import hash_of, new_secret
from api.foundation.identity.sessions import session_exists
from api.foundation.permissions import Actor, Permission, check_may, person_of
from api.foundation.problems import Conflict, NotAllowed
from api.foundation.settings import Settings
from models import Audit, Person
from models.storage.database import Database
from tests.cast import Site
from tests.desk import a_desk
from tests.factories import Cast, a_token_for, an_actor, signed_in


def test_an_actor_is_a_person_or_a_token() -> None:
    with pytest.raises(ValueError, match="a person or a token"):
        _ = Actor(1).id
    program = Actor(1, token_id=uuid.uuid4(), scopes=frozenset({Permission.READ_TEAMS}))
    assert program.id == program.token_id
    with pytest.raises(NotAllowed, match="Only a person"):
        person_of(program)
    with pytest.raises(NotAllowed, match="teams:write"):
        check_may(program, Permission.WRITE_TEAMS)


def test_a_password_that_cannot_be_read_is_no_token() -> None:
    path = next(iter(PROTOCOLS)).address

    def sent(text: bytes, scheme: str = "Basic") -> str | None:
        return token_in({"authorization": f"{scheme} {base64.b64encode(text).decode()}"}, path)

    assert sent(b"anybody:secret") == "secret"
    assert sent(b"anybody:") is None
    assert sent(b"\xff:secret") is None
    assert token_in({"authorization": "Basic *"}, path) is None
    assert token_in({"authorization": "Basic YTpi"}, "/api/v1/teams") is None
    assert token_in({"authorization": "Bearer secret "}, path) == "secret"


def test_a_token_that_no_token_looks_like_is_nobodys(site: Site) -> None:
    answer = site.browser().get("/api/v1/teams", headers={b"authorization": "Bearer café".encode("latin-1")})
    assert answer.status_code == 401


def test_what_is_no_request_gets_no_headers() -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append((scope, send))

    async def nothing(*_: Any) -> Any:
        raise AssertionError

    scope: Any = {"type": "lifespan"}
    asyncio.run(SecurityHeaders(app, Settings())(scope, nothing, nothing))
    assert seen == [(scope, nothing)]


def test_why_somebody_cannot_go_on_is_said() -> None:
    assert words_of(Hindrance.CANNOT_SIGN_IN, Permission.SCORE_AUDITS) == "can no longer sign in"
    assert words_of(Hindrance.LOST_THE_ROLE, Permission.SCORE_AUDITS) == "is no longer an auditor"
    assert words_of(Hindrance.LOST_THE_ROLE, Permission.WRITE_TEAMS) == "no longer has the role for it"


def test_work_that_waited_is_done_as_who_asked_for_it_while_they_have_access(database: Database, cast: Cast) -> None:
    own, asha = cast.organisation.id, cast.asha
    token = a_token_for(database, asha)
    with database.reading() as session:
        person = current_actor(session, organisation_id=own, person_id=asha.id, token_id=None)
        program = current_actor(session, organisation_id=own, person_id=asha.id, token_id=token.id)
        assert (person.roles, program.token_id) == (asha.roles, token.id)
        assert email_of(session, organisation_id=own, person_id=asha.id) == asha.email
        assert actor_by_email(session, asha.email) == person
        assert actor_by_email(session, "nobody@northshire.example") is None
        with pytest.raises(NotAllowed):
            current_actor(session, organisation_id=own, person_id=None, token_id=uuid.uuid4())
    with database.writing() as session:
        session.execute(update(Person).where(col(Person.id) == asha.id).values(active=False))
    with database.reading() as session:
        assert email_of(session, organisation_id=own, person_id=asha.id) is None
        for token_id in (None, token.id):
            with pytest.raises(NotAllowed):
                current_actor(session, organisation_id=own, person_id=asha.id, token_id=token_id)


def test_a_session_is_found_by_its_secret_alone(database: Database, cast: Cast) -> None:
    secret = signed_in(database, cast.asha)
    assert session_exists(database, secret_hash=hash_of(secret))
    assert not session_exists(database, secret_hash=hash_of(new_secret()))


def test_a_person_who_reads_a_case_closes_nothing_and_a_program_reads_nothing(database_url: str) -> None:
    with a_desk(database_url) as desk:
        audit_id = desk.an_audit()
        program = Actor(desk.cast.organisation.id, token_id=uuid.uuid4())
        with desk.database.reading() as session:
            asha = an_actor(desk.cast.asha)
            with pytest.raises(Conflict, match="You have audits to submit in this round"):
                check_reads_no_longer(session, asha, desk.round_id, what="release it")
            check_reads_no_longer(session, an_actor(desk.cast.ben), desk.round_id, what="release it")
            check_reads_no_longer(session, program, desk.round_id, what="release it")
            assert every_hidden_reading(session, asha.organisation_id, None) == []
            audit = session.get_one(Audit, (asha.organisation_id, audit_id))
            assert wrote_audit(session, asha, audit)
            assert not wrote_audit(session, program, audit)
            assert not wrote_audit(session, an_actor(desk.cast.ben), audit)


def test_too_many_events_to_look_through_count_as_changes(database: Database, cast: Cast) -> None:
    with database.reading() as session:
        newest = events.number_of_newest(session, cast.organisation.id)
        ask = {"after": newest, "up_to": newest}
        assert events.has_only(session, cast.organisation.id, ["person.signed-in"], **ask)
        ask["up_to"] = newest + events.MOST_LOOKED_THROUGH + 1
        assert not events.has_only(session, cast.organisation.id, ["person.signed-in"], **ask)
