"""What is refused around a second factor and a sign-in: too many, too late, not theirs, or not understood."""

import json
import re
import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import select, update
from typer.testing import CliRunner

from api.cli import cli
from api.foundation.permissions import Actor, Proof
from api.foundation.problems import Conflict, Invalid, NotAllowed, NotFound, Stale
from api.foundation.settings import Settings
from api.people.access import actions as access
from api.people.second_factor import actions, codes, passkeys, proving
from api.people.second_factor.passkeys import PasskeyProof, Registered
from api.people.second_factor.proving import Found, Given
from api.people.second_factor.rule import change_rule
from api.people.second_factor.sealing import Owner, Ticket, as_bytes, as_text, unseal_text
from api.people.sessions.actions import end_other_sessions
from api.people.sessions.queries import last_signed_in
from api.people.sign_in import actions as sign_in
from api.people.sign_in import second_step
from api.people.sign_in.attempts import Caller, key_of, network_place
from models import OneTimeCodes, Passkey, Person, RecoveryCode, Role, WebSession, now
from tests.cast import PASSWORD, Site, Someone, hidden_fields
from tests.waiting import waits

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


def with_passkey(site: Site, person: Someone) -> Passkey:
    """A passkey that somebody set up yesterday."""
    made = Registered(as_text(uuid.uuid4().bytes), as_text(b"key"), 0)
    with site.database.writing() as session:
        actions.add_passkey(session, registered=made, name="Phone", by=acting(person))
        session.execute(update(Passkey).values(challenged_at=now() - timedelta(days=1)))
    with site.database.reading() as session:
        return session.exec(select(Passkey)).one()


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
    passkey = with_passkey(site, ash)
    found = Found(passkey=PasskeyProof(passkey, Ticket.new(owner), sign_count=1))
    with site.database.writing() as session:
        proving.use_up(session, owner, found)
        with pytest.raises(Invalid):
            proving.use_up(session, owner, found)


def test_one_time_codes_are_not_confirmed_where_another_window_replaced_their_key_meanwhile(
    site: Site, ash: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    by = acting(ash)
    with site.database.writing() as session:
        actions.offer_codes(session, key=KEY, by=by)

        def meanwhile(*_: object, **__: object) -> int:
            actions.offer_codes(session, key=KEY, by=by)
            return 1

        monkeypatch.setattr(codes, "step_of", meanwhile)
        with pytest.raises(Conflict, match="in another window"):
            actions.confirm_codes(session, key=KEY, code="123456", by=by)
    with site.database.reading() as session:
        assert session.exec(select(OneTimeCodes)).one().confirmed_at is None


def test_recovery_codes_are_kept_while_another_second_factor_is_left(site: Site, ash: Someone) -> None:
    passkey = with_passkey(site, ash)
    with_codes(site, ash)

    def recovery_codes() -> int:
        with site.database.reading() as session:
            return len(session.exec(select(RecoveryCode)).all())

    assert recovery_codes()
    with site.database.writing() as session:
        actions.remove_codes(session, by=acting(ash))
    assert recovery_codes()
    with site.database.writing() as session:
        actions.remove_passkey(session, passkey_id=passkey.id, by=acting(ash))
    assert not recovery_codes()


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_of_two_second_factors_that_are_removed_at_once_the_one_that_a_role_needs_is_kept(
    site: Site, ash: Someone
) -> None:
    ada = acting(site.person(Role.ADMINISTRATOR, email="ada@northshire.example"), Role.ADMINISTRATOR)
    passkey = with_passkey(site, ash)
    with_codes(site, ash)
    with site.database.writing() as session:
        change_rule(session, roles=[Role.AUDITOR], version=1, by=ada)
    with site.database.writing() as first:
        actions.remove_codes(first, by=acting(ash))
        # The other waits for this one, or it would count what is about to go.
        assert waits(
            site.database, lambda second: actions.remove_passkey(second, passkey_id=passkey.id, by=acting(ash))
        )
    with site.database.writing() as session, pytest.raises(Conflict, match="Set up another one"):
        actions.remove_passkey(session, passkey_id=passkey.id, by=acting(ash))


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_recovery_codes_that_are_made_twice_at_once_are_the_last_ones_alone(site: Site, ash: Someone) -> None:
    with_codes(site, ash)
    with site.database.writing() as first:
        actions.make_recovery_codes(first, by=acting(ash))
        assert waits(site.database, lambda second: actions.make_recovery_codes(second, by=acting(ash)))
    with site.database.writing() as session:
        made = actions.make_recovery_codes(session, by=acting(ash))
        assert len(session.exec(select(RecoveryCode)).all()) == len(made)


def test_the_page_says_why_one_is_not_set_up_twice_and_the_last_one_is_not_removed(site: Site, ash: Someone) -> None:
    ada = acting(site.person(Role.ADMINISTRATOR, email="ada@northshire.example"), Role.ADMINISTRATOR)
    browser = site.browser(ash)
    with_codes(site, ash)
    twice = browser.post("/account/second-factor/codes")
    assert (twice.status_code, "You already have one-time codes" in twice.text) == (409, True)
    passkey = with_passkey(site, ash)
    assert browser.post("/account/second-factor/codes/remove").status_code == 303
    with site.database.writing() as session:
        change_rule(session, roles=[Role.AUDITOR], version=1, by=ada)
    last = browser.post(f"/account/second-factor/passkeys/{passkey.id}/remove")
    assert (last.status_code, "Set up another one before you remove this one" in last.text) == (409, True)


def test_an_administrator_removes_the_second_factor_of_another_on_the_page(site: Site, ash: Someone) -> None:
    browser = site.browser(site.person(Role.ADMINISTRATOR, email="ada@northshire.example"))
    with_codes(site, ash)
    answer = browser.post(f"/people/{ash.id}/second-factor/remove")
    assert answer.headers["location"].startswith(f"/people/{ash.id}")
    assert "Second factor removed, and all sessions ended." in browser.get(answer.headers["location"]).text
    with site.database.reading() as session:
        assert session.exec(select(OneTimeCodes)).all() == []


def test_a_password_that_changes_while_the_code_is_checked_lets_nobody_in(
    site: Site, ash: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_codes(site, ash)
    asked = site.browser().post("/sign-in", data={"email": ash.email, "password": PASSWORD})
    ticket = hidden_fields(asked.text)["ticket"]

    def meanwhile(*_: object) -> Found:
        with site.database.writing() as session:
            session.execute(update(Person).values(password_hash="another"))
        return Found(step=1)

    monkeypatch.setattr(proving, "check", meanwhile)
    caller = Caller(key_of(site.app.state.settings.trail_key_path), "192.0.2.1")
    with pytest.raises(NotFound):
        second_step.finish_sign_in(site.database, ticket=ticket, given=Given(code="123456"), caller=caller)
    assert site.sessions() == []


@pytest.mark.parametrize("ended", [True, False])
def test_a_form_that_cannot_be_read_is_not_kept_while_somebody_signs_in_or_proves_who_they_are(
    site: Site, ash: Someone, *, ended: bool
) -> None:
    browser = site.browser(site.person(Role.ADMINISTRATOR, email="ada@northshire.example"))
    long_ago = now() - timedelta(hours=1)
    with site.database.writing() as session:
        if ended:
            session.execute(update(WebSession).values(ended_at=now()))
        else:
            session.execute(update(WebSession).values(started_at=long_ago, proved_at=long_ago))
    path = f"/people/{ash.id}/second-factor/remove"
    asked = browser.post(path, content=b"kept words", headers={"Content-Type": "text/plain"})
    assert (asked.status_code, 'name="password"' in asked.text) == (401 if ended else 403, True)
    assert "kept words" not in asked.text


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
