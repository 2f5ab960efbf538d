"""A second factor besides the password: no code works twice, nobody gets in without it, and nobody is locked out."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import escape

import pyotp
import pytest
import time_machine
from sqlmodel import col, select, update

from api.foundation.identity.secrets import hash_of
from api.foundation.pages.resumed_form import CarriedForm
from api.people.second_factor import codes, recovery
from api.people.second_factor.sealing import TICKET_LASTS, Owner, Ticket, seal, unseal
from api.people.sign_in.attempts import key_of
from models import Event, OneTimeCodes, Person, RecoveryCode, Role, RoleGrant, SecondFactorRule, WebSession, now
from tests.cast import PASSWORD, Site, Someone, hidden_fields
from tests.client import Client

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
TYPED = "Seen alone on 3 visits.\nWell kept."


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def code(*, later: int = 0) -> str:
    """The code of the app now, or in so many half minutes."""
    return pyotp.TOTP(SECRET).at(now() + timedelta(seconds=later * codes.EVERY))


def with_codes(site: Site, *roles: Role, email: str = "ash@northshire.example") -> Someone:
    """Somebody who has set up one-time codes, and has two recovery codes: aaaa… and bbbb…."""
    person = site.person(*roles, email=email)
    owner = Owner(person.organisation_id, person.id)
    key = key_of(site.app.state.settings.trail_key_path)
    own, sealed = person.organisation_id, seal(key, owner, SECRET)
    with site.database.writing() as session:
        session.add(OneTimeCodes(organisation_id=own, person_id=person.id, sealed_secret=sealed, confirmed_at=now()))
        session.add_all(
            RecoveryCode(organisation_id=own, person_id=person.id, code_hash=hash_of(sign * 16)) for sign in "ab"
        )
    return person


def password_given(site: Site, person: Someone, **more: str) -> tuple[Client, dict[str, str], str]:
    """A browser after the right password, the hidden fields of the page that asks for the code, and that page."""
    browser = site.browser()
    answer = browser.post("/sign-in", data={"email": person.email, "password": PASSWORD, **more})
    assert answer.status_code == 200, answer.text
    assert "caseaudit" not in browser.cookies
    return browser, hidden_fields(answer.text), answer.text


@pytest.mark.fast
@pytest.mark.both_databases
def test_after_the_password_a_code_is_asked_for_and_only_then_a_session_starts(
    site: Site, clock: time_machine.Traveller
) -> None:
    person = with_codes(site, Role.AUDITOR)
    browser, fields, page = password_given(site, person, next="/audits")
    assert "Enter a code" in page
    assert site.sessions() == []
    assert browser.get("/account").status_code == 303
    answer = browser.post("/sign-in/code", data={**fields, "code": code()})
    assert (answer.status_code, answer.headers["location"]) == (303, "/audits")
    assert browser.get("/account").status_code == 200
    assert site.events()[-1] == "person.signed-in"


@pytest.mark.both_databases
def test_a_code_works_once_whether_sent_again_or_by_somebody_else(site: Site, clock: time_machine.Traveller) -> None:
    person = with_codes(site, Role.AUDITOR)
    first, fields, _ = password_given(site, person)
    second, others, _ = password_given(site, person)
    assert first.post("/sign-in/code", data={**fields, "code": code()}).status_code == 303
    assert first.post("/sign-in/code", data={**fields, "code": code()}).status_code == 422
    refused = second.post("/sign-in/code", data={**others, "code": code()})
    assert (refused.status_code, "has been used" in refused.text) == (422, True)
    # The code before it no longer works either; the next one does.
    assert second.post("/sign-in/code", data={**others, "code": code(later=-1)}).status_code == 422
    clock.shift(30)
    assert second.post("/sign-in/code", data={**others, "code": code()}).status_code == 303
    assert site.events().count("person.second-factor-failed") == 3


@pytest.mark.parametrize("wrong", ["", "000000", "12345", "abcdef", "１２３４５６", "aaaa-bbbb-cccc-dddd"])
def test_any_other_code_is_refused_at_its_field_and_the_page_asks_again(
    site: Site, clock: time_machine.Traveller, wrong: str
) -> None:
    person = with_codes(site, Role.AUDITOR)
    browser, fields, _ = password_given(site, person)
    refused = browser.post("/sign-in/code", data={**fields, "code": wrong})
    assert (refused.status_code, 'href="#code"' in refused.text) == (422, True)
    assert hidden_fields(refused.text)["ticket"] == fields["ticket"]
    assert browser.post("/sign-in/code", data={**fields, "code": f" {code()[:3]} {code()[3:]} "}).status_code == 303


def test_guessing_codes_is_slowed_like_guessing_passwords(site: Site, clock: time_machine.Traveller) -> None:
    person = with_codes(site, Role.AUDITOR)
    browser, fields, _ = password_given(site, person)
    tried = [browser.post("/sign-in/code", data={**fields, "code": f"{n:06}"}).status_code for n in range(11)]
    assert tried == [422] * 10 + [429]
    assert browser.post("/sign-in/code", data={**fields, "code": code()}).status_code == 429
    clock.shift(30)
    assert browser.post("/sign-in/code", data={**fields, "code": code()}).status_code == 303


@pytest.mark.both_in_trials
def test_a_recovery_code_works_once_in_place_of_the_phone(site: Site, clock: time_machine.Traveller) -> None:
    person = with_codes(site, Role.AUDITOR)
    for _, expected in ((1, 303), (2, 422)):
        browser, fields, _ = password_given(site, person)
        answer = browser.post("/sign-in/code", data={**fields, "code": " AAAA-aaaa aaaa-aaaa"})
        assert answer.status_code == expected
    signed = site.browser()
    answer = signed.post("/sign-in", data={"email": person.email, "password": PASSWORD})
    signed.post("/sign-in/code", data={**hidden_fields(answer.text), "code": code()})
    assert "1 recovery code left" in signed.get("/account/second-factor").text
    with site.reading() as session:
        details = session.exec(select(Event.details).where(Event.kind == "person.signed-in")).all()
    assert [each for each in details if "recovery-code" in each] == ['{"second_factor":"recovery-code"}']


def test_the_step_ends_after_ten_minutes_and_with_the_password_and_is_for_one_person(
    site: Site, clock: time_machine.Traveller
) -> None:
    person = with_codes(site, Role.AUDITOR)
    other = with_codes(site, Role.AUDITOR, email="bo@northshire.example")
    browser, fields, _ = password_given(site, person)
    stolen = fields["ticket"].replace(person.id.hex, other.id.hex)
    for ticket in (stolen, "", "1.2.3", "x" * 5000, f"{'9' * 50}.{person.id.hex}.x", fields["ticket"][:-2]):
        refused = browser.post("/sign-in/code", data={**fields, "ticket": ticket, "code": code()})
        assert (refused.status_code, "Enter your password again" in refused.text) == (422, True)
    with site.database.writing() as session:
        session.execute(update(Person).where(col(Person.id) == person.id).values(password_hash="$argon2id$x"))
    assert browser.post("/sign-in/code", data={**fields, "code": code()}).status_code == 422
    browser, fields, _ = password_given(site, other)
    clock.shift(TICKET_LASTS)
    assert browser.post("/sign-in/code", data={**fields, "code": code()}).status_code == 422
    assert site.sessions() == []


def test_a_link_and_a_new_password_do_not_go_round_the_second_factor(site: Site, clock: time_machine.Traveller) -> None:
    person = with_codes(site, Role.AUDITOR)
    browser = site.browser()
    form = {"email": person.email, "password": "marble otter telescope"}
    page = browser.post(f"/link/{site.link(person)}", data=form)
    assert (page.status_code, site.sessions()) == (200, [])
    answer = browser.post("/sign-in/code", data={**hidden_fields(page.text), "code": code()})
    assert answer.status_code == 303
    assert browser.get("/account").status_code == 200


def test_words_typed_in_a_session_that_ended_come_back_after_the_code(
    site: Site, clock: time_machine.Traveller
) -> None:
    person = with_codes(site, Role.AUDITOR)
    browser, fields, _ = password_given(site, person)
    browser.post("/sign-in/code", data={**fields, "code": code()})
    with site.database.writing() as session:
        session.execute(update(WebSession).values(ended_at=now()))
    ended = browser.post("/account", data={"name": TYPED, "version": "1"})
    form = {**hidden_fields(ended.text), "email": person.email, "password": PASSWORD}
    asked = browser.post("/sign-in", data=form)
    clock.shift(30)
    wrong = browser.post("/sign-in/code", data={**hidden_fields(asked.text), "code": "000000"})
    back = browser.post("/sign-in/code", data={**hidden_fields(wrong.text), "code": code()})
    assert hidden_fields(back.text)["name"] == TYPED


def test_a_wrong_recovery_code_is_recorded_like_any_other_wrong_code(site: Site, clock: time_machine.Traveller) -> None:
    person = with_codes(site, Role.AUDITOR)
    browser, fields, _ = password_given(site, person)
    assert browser.post("/sign-in/code", data={**fields, "code": "cccc-cccc-cccc-cccc"}).status_code == 422
    assert site.events().count("person.second-factor-failed") == 1


def set_up(browser: Client, **more: str) -> list[str]:
    """Set up one-time codes through the pages; the recovery codes that are shown."""
    browser.post("/account/second-factor/codes")
    page = browser.get("/account/second-factor/codes").text
    found = re.search(r'id="secret"[^>]*value="([^"]+)"', page)
    assert found is not None
    secret = found[1].replace(" ", "")
    form = {**hidden_fields(page), "code": pyotp.TOTP(secret).at(now()), **more}
    answer = browser.post("/account/second-factor/codes/confirm", data=form)
    assert answer.status_code == 200, answer.text
    return re.findall(r"<li><code>([^<]+)</code>", answer.text)


@pytest.mark.fast
@pytest.mark.both_in_trials
def test_an_administrator_without_one_can_only_set_one_up_and_then_everything(
    site: Site, clock: time_machine.Traveller
) -> None:
    organisation = site.organisation(needs_second_factor=True)
    person = site.person(Role.ADMINISTRATOR, organisation_id=organisation)
    browser = site.browser()
    answer = browser.post("/sign-in", data={"email": person.email, "password": PASSWORD, "next": "/people"})
    assert answer.headers["location"] == "/account/second-factor"
    for path in ("/", "/people", "/account", "/account/tokens/new", "/account/password", "/account/sessions"):
        assert browser.get(path).headers["location"] == "/account/second-factor", path
    refused = browser.get("/api/v1/people")
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/second-factor-needed")
    token = {"name": "x", "scopes": ["people:read"]}
    assert browser.post("/api/v1/me/tokens", json=token, headers={"Idempotency-Key": "k"}).status_code == 403
    recovery_codes = set_up(browser)
    assert len(set(recovery_codes)) == recovery.HOW_MANY
    assert browser.get("/people").status_code == 200
    with site.reading() as session:
        stored = session.exec(select(OneTimeCodes)).one()
        hashes = session.exec(select(RecoveryCode.code_hash)).all()
    assert set(hashes) == {hash_of(each.replace("-", "")) for each in recovery_codes}
    assert len(stored.sealed_secret) > 60
    assert SECRET not in stored.sealed_secret


def test_a_session_with_the_password_alone_gains_nothing_when_the_owner_sets_one_up(
    site: Site, clock: time_machine.Traveller
) -> None:
    organisation = site.organisation(needs_second_factor=True)
    person = site.person(Role.ADMINISTRATOR, organisation_id=organisation)
    thief, owner = site.browser(), site.browser()
    for browser in (thief, owner):
        browser.post("/sign-in", data={"email": person.email, "password": PASSWORD})
    set_up(owner)
    assert owner.get("/people").status_code == 200
    assert thief.get("/people").headers["location"].startswith("/sign-in")


def test_a_one_time_link_lets_an_administrator_work_and_the_home_page_says_what_is_missing(site: Site) -> None:
    organisation = site.organisation(needs_second_factor=True)
    person = site.person(Role.ADMINISTRATOR, organisation_id=organisation)
    browser = site.browser()
    browser.post(f"/link/{site.link(person)}", data={"email": person.email, "password": "marble otter telescope"})
    assert browser.get("/people").status_code == 200
    assert "Set up a second factor" in browser.get("/").text
    browser.post("/sign-out")
    again = {"email": person.email, "password": "marble otter telescope"}
    assert browser.post("/sign-in", data=again).headers["location"] == "/account/second-factor"


def test_words_typed_before_the_rule_are_kept_while_a_second_factor_is_set_up(
    site: Site, clock: time_machine.Traveller
) -> None:
    organisation = site.organisation(needs_second_factor=True)
    person = site.person(Role.ADMINISTRATOR, organisation_id=organisation)
    browser = site.browser()
    browser.post(f"/link/{site.link(person)}", data={"email": person.email, "password": PASSWORD})
    with site.database.writing() as session:
        session.execute(update(WebSession).values(ended_at=now()))
    ended = browser.post("/account", data={"name": TYPED, "version": "1"})
    form = {**hidden_fields(ended.text), "email": person.email, "password": PASSWORD}
    first = browser.post("/sign-in", data=form)
    offered = browser.post("/account/second-factor/codes", data=hidden_fields(first.text))
    found = re.search(r'id="secret"[^>]*value="([^"]+)"', offered.text)
    assert found is not None
    secret = found[1].replace(" ", "")
    fields = hidden_fields(offered.text)
    wrong = browser.post("/account/second-factor/codes/confirm", data={**fields, "code": "000000"})
    assert wrong.status_code == 422
    form = {**hidden_fields(wrong.text), "code": pyotp.TOTP(secret).at(now())}
    done = browser.post("/account/second-factor/codes/confirm", data=form)
    assert hidden_fields(done.text)["name"] == TYPED
    assert escape(TYPED) in done.text, "and shown"


def test_words_typed_before_the_rule_are_not_shown_to_another_person_who_sets_one_up(
    site: Site, clock: time_machine.Traveller
) -> None:
    organisation = site.organisation(needs_second_factor=True)
    asha = site.person(Role.AUDITOR, organisation_id=organisation)
    ada = site.person(Role.ADMINISTRATOR, email="ada@northshire.example", organisation_id=organisation)
    browser = site.browser(asha)
    with site.database.writing() as session:
        session.execute(update(WebSession).values(ended_at=now()))
    ended = browser.post("/account", data={"name": TYPED, "version": "1"})
    form = {**hidden_fields(ended.text), "email": ada.email, "password": PASSWORD}
    first = browser.post("/sign-in", data=form)
    assert "another person has unsaved changes" in first.text


def test_words_typed_in_another_window_are_kept_until_a_second_factor_is_set_up(
    site: Site, clock: time_machine.Traveller
) -> None:
    organisation = site.organisation(needs_second_factor=True)
    person = site.person(Role.ADMINISTRATOR, organisation_id=organisation)
    browser = site.browser()
    browser.post("/sign-in", data={"email": person.email, "password": PASSWORD})
    page = browser.post("/account", data={"name": TYPED, "version": "1"})
    assert "Set up a second factor to continue" in page.text
    long = TYPED * 20_000
    carried = CarriedForm("/account", (("name", long),), person.id).write()
    offered = browser.post("/account/second-factor/codes", data={"carried": carried})
    assert long in dict(json.loads(hidden_fields(offered.text)["carried"])["fields"]).values()


def test_what_another_person_typed_is_not_shown_with_the_recovery_codes(
    site: Site, clock: time_machine.Traveller
) -> None:
    browser, other = site.browser(site.person(Role.AUDITOR)), site.person(email="bo@northshire.example")
    theirs = CarriedForm("/account", (("name", TYPED),), other.id).write()
    browser.post("/account/second-factor/codes")
    page = browser.get("/account/second-factor/codes").text
    found = re.search(r'id="secret"[^>]*value="([^"]+)"', page)
    assert found is not None
    right = pyotp.TOTP(found[1].replace(" ", "")).at(now())
    form = {**hidden_fields(page), "code": right, "carried": theirs}
    answer = browser.post("/account/second-factor/codes/confirm", data=form)
    assert (answer.status_code, answer.text.count("<li><code>")) == (200, recovery.HOW_MANY)
    assert escape(TYPED) not in answer.text


@pytest.mark.both_in_trials
def test_an_administrator_chooses_the_roles_and_people_without_one_sign_in_again(
    site: Site, clock: time_machine.Traveller
) -> None:
    ada = site.person(Role.ADMINISTRATOR, email="ada@northshire.example")
    asha = site.person(Role.AUDITOR)
    ben = with_codes(site, Role.AUDITOR, email="ben@northshire.example")
    at_work, administrator = site.browser(asha), site.browser(ada)
    other, fields, _ = password_given(site, ben)
    other.post("/sign-in/code", data={**fields, "code": code()})
    path = "/api/v1/second-factor-rule"
    assert administrator.get(path).json() == {"roles": []}
    body = {"roles": ["auditor", "administrator"]}
    assert administrator.put(path, json=body, headers={"If-Match": '"0"'}).status_code == 412
    assert administrator.put(path, json=body, headers={"If-Match": '"1"'}).json() == {
        "roles": ["auditor", "administrator"]
    }
    assert at_work.get("/account").status_code == 303
    assert [other.get("/account").status_code, administrator.get("/account").status_code] == [200, 200]
    answer = site.browser().post("/sign-in", data={"email": asha.email, "password": PASSWORD})
    assert answer.headers["location"] == "/account/second-factor"
    page = administrator.get("/second-factor")
    saved = administrator.post("/second-factor", data={**hidden_fields(page.text), "roles": "auditor"})
    assert saved.status_code == 303
    with site.reading() as session:
        assert session.exec(select(SecondFactorRule.roles)).one() == "auditor"


def test_without_a_decision_administrators_need_one_and_no_other_role(site: Site) -> None:
    organisation = site.organisation(needs_second_factor=True)
    for role in Role:
        person = site.person(role, email=f"{role}@northshire.example", organisation_id=organisation)
        answer = site.browser().post("/sign-in", data={"email": person.email, "password": PASSWORD})
        assert (answer.headers["location"] == "/account/second-factor") is (role is Role.ADMINISTRATOR), role


def test_a_new_role_that_needs_one_ends_the_sessions_of_somebody_without(site: Site) -> None:
    organisation = site.organisation(needs_second_factor=True)
    ada = site.person(Role.ADMINISTRATOR, email="ada@northshire.example", organisation_id=organisation)
    owner = site.person(Role.ACTION_OWNER, organisation_id=organisation)
    administrator = site.browser()
    administrator.post(f"/link/{site.link(ada)}", data={"email": ada.email, "password": PASSWORD})
    at_work = site.browser(owner)
    body = {"name": "Ash Rowe", "roles": ["administrator"], "active": True}
    changed = administrator.put(f"/api/v1/people/{owner.id}", json=body, headers={"If-Match": '"1"'})
    assert changed.status_code == 200
    assert at_work.get("/account").headers["location"].startswith("/sign-in")


@pytest.mark.both_in_trials
def test_an_administrator_removes_the_lost_one_of_another_and_not_their_own(
    site: Site, clock: time_machine.Traveller
) -> None:
    asha = with_codes(site, Role.AUDITOR)
    ada = site.person(Role.ADMINISTRATOR, email="ada@northshire.example")
    administrator = site.browser(ada)
    at_work, fields, _ = password_given(site, asha)
    at_work.post("/sign-in/code", data={**fields, "code": code()})
    assert "Remove second factor" in administrator.get(f"/people/{asha.id}").text
    path = f"/api/v1/people/{asha.id}/second-factor/remove"
    assert administrator.post(path).status_code == 204
    assert administrator.post(path).status_code == 409
    assert administrator.post(path.replace(str(asha.id), str(ada.id))).status_code == 403
    assert at_work.get("/account").status_code == 303
    site.browser(asha)
    with site.reading() as session:
        assert session.exec(select(RecoveryCode)).all() == []


def test_the_last_one_is_not_removed_by_somebody_whose_role_needs_it(site: Site, clock: time_machine.Traveller) -> None:
    organisation = site.organisation(needs_second_factor=True)
    person = site.person(Role.ADMINISTRATOR, organisation_id=organisation)
    browser = site.browser()
    browser.post("/sign-in", data={"email": person.email, "password": PASSWORD})
    set_up(browser)
    refused = browser.post("/api/v1/me/second-factor/codes/remove")
    assert (refused.status_code, "Set up another one" in refused.text) == (409, True)
    page = browser.post("/account/second-factor/codes/remove")
    assert (page.status_code, "Set up another one" in page.text) == (409, True)
    with site.database.writing() as session:
        session.execute(update(RoleGrant).values(role=Role.AUDITOR))
    assert browser.post("/api/v1/me/second-factor/codes/remove").json()["has_one_time_codes"] is False


def test_by_rest_the_same_is_set_up_and_the_secrets_are_given_once(site: Site, clock: time_machine.Traveller) -> None:
    browser, path = site.browser(site.person(Role.AUDITOR)), "/api/v1/me/second-factor"
    assert browser.post(f"{path}/recovery-codes", headers={"Idempotency-Key": "r"}).status_code == 409
    offered = browser.post(f"{path}/codes").json()
    key = {"Idempotency-Key": "k"}
    wrong = browser.post(f"{path}/codes/confirm", json={"code": "000000"}, headers={"Idempotency-Key": "w"})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/code")
    app = pyotp.parse_uri(offered["address"])
    assert isinstance(app, pyotp.TOTP)
    body = {"code": app.at(now())}
    confirmed = browser.post(f"{path}/codes/confirm", json=body, headers=key).json()
    assert len(confirmed["recovery_codes"]) == recovery.HOW_MANY
    again = browser.post(f"{path}/codes/confirm", json=body, headers=key).json()
    assert again == {"recovery_codes": []}
    assert browser.post(f"{path}/codes").status_code == 409
    assert browser.get(path).json() == {
        "has_one_time_codes": True,
        "passkeys": [],
        "recovery_codes_left": recovery.HOW_MANY,
    }
    new = browser.post(f"{path}/recovery-codes", headers={"Idempotency-Key": "n"}).json()["recovery_codes"]
    assert set(new).isdisjoint(confirmed["recovery_codes"])


def test_a_token_reads_and_changes_nothing_of_it(site: Site) -> None:
    person = site.person(Role.ADMINISTRATOR)
    program = site.program(site.token(person, "account", "people:write"))  # type: ignore[arg-type]
    for method, path in (
        ("GET", "/me/second-factor"),
        ("POST", "/me/second-factor/codes"),
        ("POST", f"/people/{person.id}/second-factor/remove"),
    ):
        assert program.request(method, f"/api/v1{path}").status_code == 403, path
    changed = program.put("/api/v1/second-factor-rule", json={"roles": []}, headers={"If-Match": '"1"'})
    assert changed.status_code == 403


def test_a_code_from_before_the_clock_was_put_back_blocks_nobody() -> None:
    step = int(NOON.timestamp()) // codes.EVERY
    right = pyotp.TOTP(SECRET).at(NOON)
    early = pyotp.TOTP(SECRET).at(NOON + timedelta(seconds=60))
    with time_machine.travel(NOON, tick=False):
        assert codes.step_of(SECRET, right, last_step=0) == step
        assert codes.step_of(SECRET, right, last_step=step) is None
        assert codes.step_of(SECRET, right, last_step=step + 1) is None
        assert codes.step_of(SECRET, right, last_step=step + 1000) == step
        assert codes.step_of(SECRET, early, last_step=0) is None


def test_what_is_sealed_opens_with_its_key_for_its_person_alone(site: Site) -> None:
    person = site.person()
    owner, other = Owner(1, person.id), Owner(2, person.id)
    key = b"k" * 32
    sealed = seal(key, owner, SECRET)
    assert sealed != seal(key, owner, SECRET)
    assert unseal(key, owner, sealed) == SECRET
    assert [unseal(key, other, sealed), unseal(b"l" * 32, owner, sealed)] == ["", ""]
    written = Ticket.new(owner).write(key, "sign-in", "state")
    assert Ticket.read(key, "sign-in", owner, written, "state") is not None
    for found in (
        Ticket.read(b"l" * 32, "sign-in", owner, written, "state"),
        Ticket.read(key, "passkey", owner, written, "state"),
        Ticket.read(key, "sign-in", other, written, "state"),
        Ticket.read(key, "sign-in", owner, written, "other"),
        Ticket.read(key, "sign-in", owner, written[:-1] + bytes([written[-1] ^ 1]), "state"),
        Ticket.read(key, "sign-in", owner, b"", "state"),
    ):
        assert found is None
