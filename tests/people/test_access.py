"""Nobody reaches an audit through another's account: links and roles for who may read audits need a second person."""

import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy import update
from sqlmodel import col, select

from api.foundation.problems import Conflict, NotAllowed, NotFound
from api.foundation.settings import Settings
from api.people import actions as people
from api.people.access import actions as access
from api.people.actions import Invited
from api.people.sign_in import actions as sign_in
from api.trail.checkpoint_signer import CheckpointSigner
from api.trail.checkpoints import write_due
from api.trail.verifying.verification import in_words, verify
from models import AccessRequest, Event, Notice, Person, Role, Token
from models.storage.database import Database
from tests.desk import a_desk
from tests.factories import Cast, MadePerson, a_key, a_token_for, an_actor, client_for, program_for
from tests.guards_aside import guards_aside, without_hashes

PASSWORD = "violet harbour lantern"
SETTINGS = Settings()


def use(database: Database, secret: str) -> None:
    sign_in.choose_password(database, secret=secret, password=PASSWORD)


def a_link(database: Database, cast: Cast, person: MadePerson) -> Invited:
    with database.writing() as session:
        return people.issue_link(session, person_id=person.id, settings=SETTINGS, by=an_actor(cast.ada))


def an_invitation(database: Database, cast: Cast, *roles: Role, name: str = "Quinn") -> Invited:
    with database.writing() as session:
        email = f"{name.lower()}-{uuid.uuid4()}@northshire.example"
        return people.invite_person(
            session, name=name, email=email, roles=roles, settings=SETTINGS, by=an_actor(cast.ada)
        )


def the_request(database: Database, person_id: uuid.UUID) -> AccessRequest:
    with database.reading() as session:
        query = select(AccessRequest).where(col(AccessRequest.person_id) == person_id)
        return session.exec(query.order_by(col(AccessRequest.id).desc())).all()[0]


def decide(database: Database, person_id: uuid.UUID, by: MadePerson, *, confirmed: bool = True) -> None:
    with database.writing() as session:
        access.decide(session, request_id=the_request(database, person_id).id, confirmed=confirmed, by=an_actor(by))


def kinds(database: Database, person_id: uuid.UUID) -> list[str]:
    with database.reading() as session:
        query = select(col(Event.kind)).where(col(Event.subject_id) == person_id).order_by(col(Event.number))
        return list(session.exec(query))


def notices(database: Database, person: MadePerson) -> list[str]:
    with database.reading() as session:
        return [str(kind) for kind in session.exec(select(col(Notice.kind)).where(col(Notice.person_id) == person.id))]


def roles_of(database: Database, cast: Cast, person_id: uuid.UUID) -> tuple[Role, ...]:
    with database.reading() as session:
        return people.find_person(session, person_id=person_id, by=an_actor(cast.ada)).roles


def change(database: Database, cast: Cast, person_id: uuid.UUID, *roles: Role) -> None:
    with database.writing() as session:
        person = session.get_one(Person, (cast.organisation.id, person_id))
        people.change_person(
            session,
            person_id=person_id,
            name=person.name,
            roles=roles,
            active=True,
            version=person.version,
            settings=SETTINGS,
            by=an_actor(cast.ada),
        )


@pytest.fixture
def lena(database: Database, cast: Cast) -> MadePerson:
    """A lead who has chosen a password: from now on, anybody who may read audits is confirmed."""
    use(database, cast.lena.secret_of_link)
    return cast.lena


@pytest.mark.both_in_trials
def test_an_administrator_signs_in_as_nobody_who_may_read_audits(
    app: FastAPI, database: Database, cast: Cast, lena: MadePerson
) -> None:
    ada = client_for(app, cast.ada)
    made = ada.post(f"/api/v1/people/{cast.asha.id}/link", headers=a_key()).json()
    assert made["waits"] is True
    secret = made["link"].removeprefix("/link/")
    with pytest.raises(NotFound):
        use(database, secret)
    assert ada.get("/api/v1/access-requests").status_code == 403
    request_id = the_request(database, cast.asha.id).id
    body = {"confirmed": True}
    refused = ada.post(f"/api/v1/access-requests/{request_id}/decision", json=body, headers=a_key())
    assert refused.status_code == 403
    assert notices(database, cast.asha) == ["access-asked"]
    assert notices(database, lena) == ["access-waits"]

    client = client_for(app, lena)
    (shown,) = client.get("/api/v1/access-requests").json()["items"]
    assert (shown["person"], shown["asked_by"], shown["kind"], shown["may_decide"]) == ("Asha", "Ada", "link", True)
    answer = client.post(f"/api/v1/access-requests/{request_id}/decision", json=body, headers=a_key())
    assert (answer.status_code, answer.json()["confirmed"]) == (200, True)
    assert notices(database, lena) == []
    use(database, secret)
    assert kinds(database, cast.asha.id)[-4:] == [
        *("person.access-waits", "person.access-confirmed", "person.password-chosen", "person.signed-in")
    ]
    with database.reading() as session:
        chosen = session.exec(select(Event).where(col(Event.kind) == "person.password-chosen")).all()[-1]
        assert str(cast.ada.id) in chosen.details


@pytest.mark.both_databases
def test_confirmed_roles_and_ended_tokens_are_no_tampering_and_a_token_that_lives_again_is(
    database: Database, cast: Cast, lena: MadePerson, tmp_path: Path
) -> None:
    settings = Settings(trail_key_file=tmp_path / "key", trail_checkpoints_file=tmp_path / "checkpoints")
    signer = CheckpointSigner.of(settings)
    invited = an_invitation(database, cast, Role.QUALITY_LEAD)
    decide(database, invited.person.id, lena)
    use(database, invited.secret)
    a_token_for(database, cast.asha)
    with database.writing() as session:
        people.end_sessions(session, person_id=cast.asha.id, by=an_actor(cast.ada))

    def found() -> str:
        while write_due(database, signer, longest=timedelta(0)):
            pass
        return "\n".join(in_words(verify(database, signer, organisation_id=cast.organisation.id)))

    assert "changed in the database" not in found()
    with database.writing() as session, guards_aside(session.connection()):
        session.execute(update(Token).values(revoked_at=None))
    assert "its end was changed in the database" in found()


def test_an_invented_lead_holds_no_role_and_no_link_until_they_are_confirmed(
    database: Database, cast: Cast, lena: MadePerson
) -> None:
    invited = an_invitation(database, cast, Role.QUALITY_LEAD)
    assert (invited.roles, invited.waits) == ((), True)
    with pytest.raises(NotFound):
        use(database, invited.secret)
    with pytest.raises(NotAllowed, match="You cannot confirm your own request"):
        access.check_can_decide(
            the_request(database, invited.person.id),
            by=an_actor(
                MadePerson(
                    cast.organisation.id, cast.ada.id, "Ada", "", frozenset({Role.ADMINISTRATOR, Role.QUALITY_LEAD}), ""
                )
            ),
        )
    decide(database, invited.person.id, lena)
    assert roles_of(database, cast, invited.person.id) == (Role.QUALITY_LEAD,)
    use(database, invited.secret)
    with pytest.raises(Conflict, match="Another person has already confirmed or declined this"):
        decide(database, invited.person.id, lena)


def test_what_is_declined_never_works(database: Database, cast: Cast, lena: MadePerson) -> None:
    invited = an_invitation(database, cast, Role.AUDITOR)
    decide(database, invited.person.id, lena, confirmed=False)
    with pytest.raises(NotFound):
        use(database, invited.secret)
    assert roles_of(database, cast, invited.person.id) == ()


def test_nobody_confirms_their_own_link(database: Database, cast: Cast, lena: MadePerson) -> None:
    a_link(database, cast, lena)
    with pytest.raises(NotAllowed, match="You cannot confirm your own access"):
        decide(database, lena.id, lena)
    use(database, cast.ben.secret_of_link)
    decide(database, lena.id, cast.ben)


def test_a_role_with_which_somebody_may_read_audits_waits_and_others_do_not(
    database: Database, cast: Cast, lena: MadePerson
) -> None:
    change(database, cast, cast.asha.id, Role.AUDITOR, Role.QUALITY_LEAD)
    assert roles_of(database, cast, cast.asha.id) == (Role.AUDITOR,)
    # Saved again with the same roles: one request waits, not two.
    change(database, cast, cast.asha.id, Role.AUDITOR, Role.QUALITY_LEAD)
    with database.reading() as session:
        assert len(access.list_waiting(session, by=an_actor(lena))) == 1
    decide(database, cast.asha.id, lena)
    assert roles_of(database, cast, cast.asha.id) == (Role.AUDITOR, Role.QUALITY_LEAD)
    # Taken back before anybody decided.
    change(database, cast, cast.ben.id, Role.AUDITOR, Role.MODERATOR)
    change(database, cast, cast.ben.id, Role.AUDITOR)
    with database.reading() as session:
        assert access.list_waiting(session, by=an_actor(lena)) == []
    assert an_invitation(database, cast, Role.ADMINISTRATOR).waits is False


def test_of_two_links_that_wait_the_newer_one_is_confirmed(database: Database, cast: Cast, lena: MadePerson) -> None:
    older, newer = a_link(database, cast, cast.mo), a_link(database, cast, cast.mo)
    with database.reading() as session:
        assert len(access.list_waiting(session, by=an_actor(lena))) == 1
    decide(database, cast.mo.id, lena)
    with pytest.raises(NotFound):
        use(database, older.secret)
    use(database, newer.secret)


def test_an_invitation_waits_on_without_the_roles_that_were_taken_back(
    database: Database, cast: Cast, lena: MadePerson
) -> None:
    invited = an_invitation(database, cast, Role.QUALITY_LEAD)
    change(database, cast, invited.person.id, Role.ADMINISTRATOR)
    assert the_request(database, invited.person.id).roles == ""
    decide(database, invited.person.id, lena)
    use(database, invited.secret)
    assert roles_of(database, cast, invited.person.id) == (Role.ADMINISTRATOR,)


def test_while_nobody_may_read_audits_a_new_service_gets_its_first_people_at_once(
    database: Database, cast: Cast
) -> None:
    invited = an_invitation(database, cast, Role.QUALITY_LEAD)
    assert (invited.roles, invited.waits) == ((Role.QUALITY_LEAD,), False)
    use(database, invited.secret)
    assert an_invitation(database, cast, Role.AUDITOR).waits is True


def deactivate(database: Database, cast: Cast, person: MadePerson) -> None:
    with database.writing() as session:
        found = people.find_person(session, person_id=person.id, by=an_actor(cast.ada))
        people.change_person(
            session,
            person_id=person.id,
            name=person.name,
            roles=found.roles,
            active=False,
            version=found.person.version,
            settings=SETTINGS,
            by=an_actor(cast.ada),
        )


@pytest.mark.both_in_trials
@pytest.mark.parametrize("what", ["an audit", "a request"])
def test_an_administrator_who_deactivates_everybody_who_may_read_audits_invites_nobody_in_their_place(
    database_url: str, what: str
) -> None:
    with a_desk(database_url) as desk:
        database, cast = desk.database, desk.cast
        use(database, cast.lena.secret_of_link)
        if what == "an audit":
            desk.an_audit()
        else:
            a_link(database, cast, cast.asha)
        for person in (cast.lena, cast.asha, cast.ben, cast.mo):
            deactivate(database, cast, person)
        invited = an_invitation(database, cast, Role.QUALITY_LEAD)
        assert (invited.roles, invited.waits) == ((), True)
        with pytest.raises(NotFound):
            use(database, invited.secret)
        # Only the operator, who may read the database anyway, can let somebody in.
        with database.writing() as session:
            new = people.issue_link_from_host(session, email=invited.person.email, settings=SETTINGS)
        use(database, new.secret)
        assert roles_of(database, cast, invited.person.id) == (Role.QUALITY_LEAD,)
        request = the_request(database, invited.person.id)
        assert (request.confirmed, request.decided_by_id) == (True, None)
        assert an_invitation(database, cast, Role.AUDITOR).waits is True


def test_the_operators_link_confirms_no_roles_while_somebody_else_could(
    database: Database, cast: Cast, lena: MadePerson
) -> None:
    invited = an_invitation(database, cast, Role.QUALITY_LEAD)
    with database.writing() as session:
        people.issue_link_from_host(session, email=invited.person.email, settings=SETTINGS)
    assert roles_of(database, cast, invited.person.id) == ()
    assert the_request(database, invited.person.id).decided_at is None


@pytest.mark.both_in_trials
def test_an_administrator_signs_in_as_no_owner_of_actions_for_children(
    database: Database, cast: Cast, lena: MadePerson
) -> None:
    invited = an_invitation(database, cast, Role.ACTION_OWNER)
    assert (invited.roles, invited.waits) == ((Role.ACTION_OWNER,), False)
    use(database, invited.secret)
    with database.writing() as session:
        link = people.issue_link(session, person_id=invited.person.id, settings=SETTINGS, by=an_actor(cast.ada))
    assert link.waits is True
    with pytest.raises(NotFound):
        use(database, link.secret)
    decide(database, invited.person.id, lena)
    use(database, link.secret)


def test_the_operator_on_the_host_lets_a_lone_lead_back_in_and_everybody_is_told(
    database: Database, cast: Cast, lena: MadePerson
) -> None:
    use(database, cast.ben.secret_of_link)
    with database.writing() as session:
        invited = people.issue_link_from_host(session, email=lena.email, settings=SETTINGS)
    use(database, invited.secret)
    assert notices(database, lena) == ["access-asked"]
    assert notices(database, cast.ben) == ["access-made"]
    with database.reading() as session:
        chosen = session.exec(select(Event).where(col(Event.kind) == "person.password-chosen")).all()[-1]
        assert without_hashes(chosen) == {"link_by": "host"}


def test_the_page_says_what_waits_and_why_it_is_refused(
    app: FastAPI, database: Database, cast: Cast, lena: MadePerson
) -> None:
    invited = an_invitation(database, cast, Role.AUDITOR)
    page = client_for(app, lena).get("/access").text
    assert "Quinn" in page
    assert "an account with the roles auditor, and a sign-in link" in page
    request_id = the_request(database, invited.person.id).id
    client = client_for(app, lena)
    assert "Select confirm or decline" in client.post(f"/access/{request_id}", data={"decision": "x"}).text
    assert client.post(f"/access/{request_id}", data={"decision": "confirm"}).status_code == 303
    again = client.post(f"/access/{request_id}", data={"decision": "decline"})
    assert (again.status_code, "Another person has already confirmed or declined this." in again.text) == (409, True)
    assert "There is nothing to confirm." in client.get("/access").text
    waiting = an_invitation(database, cast, Role.AUDITOR, name="Rory")
    shown = client_for(app, cast.ada).get(f"/people/{waiting.person.id}").text
    assert "take effect after another person who can read audits has confirmed it" in shown


def living(database: Database, person: MadePerson) -> int:
    with database.reading() as session:
        query = select(Token).where(col(Token.person_id) == person.id, col(Token.revoked_at).is_(None))
        return len(session.exec(query).all())


@pytest.mark.both_in_trials
@pytest.mark.parametrize("what", ["password", "link", "sessions", "role"])
def test_a_token_of_a_person_ends_with_a_password_a_link_all_sessions_and_a_lost_role(
    app: FastAPI, database: Database, cast: Cast, what: str
) -> None:
    use(database, cast.asha.secret_of_link)
    token = a_token_for(database, cast.asha)
    program = program_for(app, token)
    assert program.get("/api/v1/me").status_code == 200
    ada = an_actor(cast.ada)
    if what == "password":
        sign_in.change_password(database, current=PASSWORD, password="another harbour lantern", by=an_actor(cast.asha))
    elif what == "link":
        a_link(database, cast, cast.asha)
    else:
        with database.writing() as session:
            if what == "sessions":
                people.end_sessions(session, person_id=cast.asha.id, by=ada)
            else:
                version = session.get_one(Person, (cast.organisation.id, cast.asha.id)).version
                people.change_person(
                    session,
                    person_id=cast.asha.id,
                    name="Asha",
                    roles={Role.ADMINISTRATOR},
                    active=True,
                    version=version,
                    settings=SETTINGS,
                    by=ada,
                )
    assert living(database, cast.asha) == 0
    assert program.get("/api/v1/me").status_code == 401
