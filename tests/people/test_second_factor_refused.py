"""What is refused around a second factor and a sign-in: too many, too late, not theirs, or not understood."""

import json
import re
import uuid
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from api.cli import cli
from api.foundation.permissions import Actor, Proof
from api.foundation.problems import Conflict, Invalid, NotAllowed, NotFound, Stale
from api.foundation.settings import Settings
from api.people.access import actions as access
from api.people.second_factor import actions, passkeys, proving
from api.people.second_factor.passkeys import Registered
from api.people.second_factor.proving import Found, Given
from api.people.second_factor.rule import change_rule
from api.people.second_factor.sealing import Owner, Ticket, as_bytes, as_text, unseal_text
from api.people.sessions.actions import end_other_sessions
from api.people.sessions.queries import last_signed_in
from api.people.sign_in import actions as sign_in
from api.people.sign_in import second_step
from api.people.sign_in.attempts import Caller, network_place
from models import OneTimeCodes, Role, now
from tests.cast import PASSWORD, Site, Someone

KEY = b"k" * 32
NOBODY = "00000000-0000-4000-8000-000000000000"

UNKNOWN = uuid.UUID("01a20000-0000-7000-8000-00000000ffff")


@pytest.fixture
def ash(site: Site) -> Someone:
    return site.person(Role.AUDITOR)


def acting(person: Someone, *roles: Role) -> Actor:
    return Actor(person.organisation_id, person.id, name=person.name, roles=frozenset(roles or {Role.AUDITOR}))


def with_codes(site: Site, person: Someone) -> None:
    with site.database.writing() as session:
        session.add(
            OneTimeCodes(
                organisation_id=person.organisation_id, person_id=person.id, sealed_secret="sealed", confirmed_at=now()
            )
        )


def test_what_cannot_be_unsealed_is_nothing() -> None:
    owner = Owner(1, uuid.uuid4())
    assert unseal_text(KEY, "a purpose", as_text(b"\xff\xfe")) == ""
    assert as_bytes("a") == b""
    far = (2**63).to_bytes(8, "big")
    written = Ticket.new(owner).write(KEY, "a purpose")
    assert Ticket.read(KEY, "a purpose", owner, far + written[8:]) is None
    assert Ticket.read(KEY, "a purpose", owner, written) is not None


def test_the_operator_removes_a_second_factor_that_is_there(
    site: Site, ash: Someone, monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    with site.database.writing() as session, pytest.raises(NotFound):
        actions.remove_on_host(session, email="nobody@northshire.example")
    with site.database.writing() as session, pytest.raises(Conflict, match="no second factor"):
        actions.remove_on_host(session, email=ash.email)
    with_codes(site, ash)
    monkeypatch.setenv("CASEAUDIT_DATABASE_URL", database_url)
    ended = CliRunner().invoke(cli, ["remove-second-factor", ash.email], catch_exceptions=False)
    assert (ended.exit_code, "Second factor removed" in ended.output) == (0, True)
    assert "person.second-factor-removed" in site.events()


def test_the_operator_chooses_who_needs_a_second_factor(
    site: Site, ash: Someone, monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    monkeypatch.setenv("CASEAUDIT_DATABASE_URL", database_url)

    def said(roles: str) -> str:
        return CliRunner().invoke(cli, ["require-second-factor", "--roles", roles], catch_exceptions=False).output

    assert "These roles need a second factor: auditor moderator." in said("auditor moderator")
    assert "No role needs a second factor." in said("")
    with pytest.raises(Invalid, match="Choose from these roles"):
        said("ruler")


def test_a_rule_is_changed_from_its_newest_version(site: Site) -> None:
    ada = acting(site.person(Role.ADMINISTRATOR, email="ada@northshire.example"), Role.ADMINISTRATOR)
    for version in (7, 0):
        with site.database.writing() as session, pytest.raises(Stale):
            change_rule(session, roles=[Role.AUDITOR], version=version, by=ada)
    page = site.browser(site.person(Role.ADMINISTRATOR, email="eve@northshire.example"))
    answer = page.post("/second-factor", data={"version": "1", "roles": "ruler"})
    assert (answer.status_code, "Select from the roles shown" in answer.text) == (422, True)


def test_a_second_factor_that_is_not_there_is_not_removed(site: Site, ash: Someone) -> None:
    browser = site.browser(site.person(Role.ADMINISTRATOR, email="ada@northshire.example"))
    answer = browser.post(f"/people/{ash.id}/second-factor/remove")
    assert answer.headers["location"].startswith(f"/people/{ash.id}")
    assert "no second factor" in browser.get(answer.headers["location"]).text


def test_a_passkey_is_set_up_once_and_not_more_than_so_many(site: Site, ash: Someone) -> None:
    by = acting(ash)
    made = Registered(as_text(b"credential"), as_text(b"key"), 0)
    with site.database.writing() as session:
        assert actions.add_passkey(session, registered=made, name="Phone", by=by)
    with site.database.writing() as session, pytest.raises(Conflict, match="set up already"):
        actions.add_passkey(session, registered=made, name="Phone", by=by)
    with site.database.writing() as session, pytest.raises(Invalid):
        actions.check_can_add_passkey(session, name="", by=by)
    with site.database.writing() as session:
        for number in range(actions.MOST_PASSKEYS - 1):
            another = Registered(as_text(b"%d" % number), as_text(b"key"), 0)
            actions.add_passkey(session, registered=another, name="Phone", by=by)
    with site.database.writing() as session, pytest.raises(Conflict, match="Remove one first"):
        actions.check_can_add_passkey(session, name="Phone", by=by)


def test_of_two_uses_of_one_proof_at_once_one_succeeds(site: Site, ash: Someone) -> None:
    owner = Owner(ash.organisation_id, ash.id)
    with site.database.writing() as session:
        with pytest.raises(Invalid):
            proving.use_up(session, owner, Found(recovery_code="a" * 16))
        with pytest.raises(Invalid):
            proving.use_up(session, owner, Found(step=1))


def test_who_has_no_second_factor_makes_no_recovery_codes_and_removes_no_passkey(site: Site, ash: Someone) -> None:
    browser = site.browser(ash)
    answer = browser.post("/account/second-factor/recovery-codes")
    assert answer.status_code in {409, 422}


def test_a_network_address_that_is_none_counts_as_itself_and_a_mapped_one_as_what_it_maps() -> None:
    assert network_place("a socket") == "a socket"
    assert network_place("::ffff:192.0.2.1") == network_place("192.0.2.1") == "192.0.2.1"
    assert network_place("2001:db8::1%eth0") == "2001:db8::/64"


def test_a_program_has_no_sessions_to_end_but_all(site: Site, ash: Someone) -> None:
    site.browser(ash)
    with site.database.writing() as session:
        assert end_other_sessions(session, settings=Settings(), by=acting(ash)) == 1
        assert last_signed_in(session, by=acting(ash)) is not None


def test_a_password_is_changed_once_of_two_at_once(site: Site, ash: Someone, monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = Actor(ash.organisation_id, uuid.uuid4(), roles=frozenset({Role.AUDITOR}))
    with pytest.raises(NotFound):
        sign_in.change_password(site.database, current=PASSWORD, password="another three words!", by=nobody)
    monkeypatch.setattr(sign_in, "is_unchanged", lambda *_: False)
    with pytest.raises(Invalid, match="Your password was changed"):
        sign_in.change_password(site.database, current=PASSWORD, password="another three words!", by=acting(ash))


def test_an_access_request_that_is_not_there_is_not_decided(site: Site) -> None:
    lead = acting(site.person(Role.QUALITY_LEAD, email="lena@northshire.example"), Role.QUALITY_LEAD)
    with site.database.writing() as session, pytest.raises(NotFound):
        access.decide(session, request_id=uuid.uuid4(), confirmed=True, by=lead)


def test_a_passkey_that_answers_nothing_asked_is_refused() -> None:
    owner, here = Owner(1, uuid.uuid4()), passkeys.Site("https://audit.example")

    def answer(purpose: str) -> str:
        data = json.dumps({"challenge": as_text(Ticket.new(owner).write(KEY, purpose))}).encode()
        return json.dumps({"id": "x", "response": {"clientDataJSON": as_text(data)}})

    with pytest.raises(Invalid, match=re.escape(passkeys.REFUSED)):
        passkeys.read_new(KEY, owner, here, answer("new passkey"))
    with pytest.raises(Invalid, match=re.escape(passkeys.REFUSED)):
        passkeys.read_proof(KEY, owner, here, answer("passkey"), [])


@pytest.mark.parametrize("ticket", ["", "x.y.z", f"0.{UNKNOWN}.x", f"1.{UNKNOWN}.x", f"{10**30}.{UNKNOWN}.x"])
def test_a_ticket_of_nobody_leads_nowhere(site: Site, ticket: str) -> None:
    with pytest.raises(NotFound):
        second_step.ask_again(site.database, ticket=ticket, caller=Caller(KEY, "192.0.2.1"))


def test_only_a_person_in_a_session_that_is_open_proves_who_they_are(site: Site, ash: Someone) -> None:
    def prove(by: Actor) -> None:
        second_step.prove_again(site.database, password=PASSWORD, given=Given(), caller=Caller(KEY, "192.0.2.1"), by=by)

    with pytest.raises(NotAllowed, match="with a browser"):
        prove(acting(ash))
    nowhere = Proof(session="0" * 64, at=now())
    with pytest.raises(NotFound):
        prove(replace(acting(ash), proof=nowhere))
    with pytest.raises(NotFound):
        prove(replace(acting(ash), person_id=uuid.uuid4(), proof=nowhere))


def test_a_link_without_a_browser_gives_no_session_where_a_second_factor_is_asked_for(site: Site, ash: Someone) -> None:
    with_codes(site, ash)
    with pytest.raises(NotAllowed, match="Use the link in a browser"):
        sign_in.choose_password(site.database, secret=site.link(ash), password="another three words!")


def test_where_no_other_session_is_open_none_is_ended(site: Site, ash: Someone) -> None:
    with site.database.writing() as session:
        assert end_other_sessions(session, settings=Settings(), by=acting(ash)) == 0
    assert "person.session-ended" not in site.events()
