"""Signing in, staying signed in, and losing no word when a session ends."""

import threading
from datetime import UTC, datetime, timedelta
from html import escape

import pytest
import time_machine
from sqlalchemy import QueuePool, event
from sqlmodel import col, select, update

from api.foundation.identity.secrets import hash_of
from api.people.sign_in import actions as sign_in
from api.people.sign_in import attempts
from api.people.sign_in.passwords import check_password, is_password
from models import Person, Role, SignInCount, new_id, now
from tests.cast import PASSWORD, Site, Someone, hidden_fields
from tests.client import Client
from tests.page_forms import SeenPage

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
WORDS = "She was seen alone on 3 visits.\n\n  \"Quoted\" & <b>marked</b> – 'kept' as typed"


@pytest.mark.fast
@pytest.mark.both_databases
def test_the_right_password_signs_in_and_starts_a_session_that_is_stored_only_as_a_hash(site: Site) -> None:
    person = site.person(Role.AUDITOR)
    browser = site.browser()
    answer = browser.post("/sign-in", data={"email": " ASH@northshire.example ", "password": PASSWORD})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    secret = browser.cookies["caseaudit"]
    assert [row.person_id for row in site.sessions()] == [person.id]
    assert secret not in {row.secret_hash for row in site.sessions()}
    assert browser.get("/account").status_code == 200
    assert site.events() == ["person.signed-in"]


def test_the_cookie_is_kept_from_scripts_and_from_other_sites(site: Site) -> None:
    person = site.person()
    answer = site.browser().post("/sign-in", data={"email": person.email, "password": PASSWORD})
    cookie = answer.headers["set-cookie"].lower()
    assert all(part in cookie for part in ("httponly", "samesite=lax", "path=/"))


@pytest.mark.fast
@pytest.mark.both_in_trials
def test_a_wrong_password_and_an_unknown_address_are_refused_in_the_same_words(site: Site) -> None:
    person = site.person()
    browser = site.browser()
    wrong = browser.post("/sign-in", data={"email": person.email, "password": "not the password"})
    unknown = browser.post("/sign-in", data={"email": "nobody@northshire.example", "password": "not the password"})
    assert wrong.status_code == unknown.status_code == 422
    assert wrong.text.replace(person.email, "-") == unknown.text.replace("nobody@northshire.example", "-")
    assert "not the password" not in wrong.text
    assert site.events() == ["person.sign-in-failed"]


@pytest.mark.parametrize("missing", ["email", "password"])
def test_an_empty_field_is_named(site: Site, missing: str) -> None:
    form = {"email": "ash@northshire.example", "password": PASSWORD} | {missing: ""}
    answer = site.browser().post("/sign-in", data=form)
    assert answer.status_code == 422
    assert f'href="#{missing}"' in answer.text


def test_somebody_who_has_been_made_inactive_can_neither_sign_in_nor_stay(site: Site) -> None:
    person = site.person(Role.AUDITOR)
    browser = site.browser(person)
    with site.database.writing() as session:
        session.execute(update(Person).values(active=False))
    assert browser.get("/account").status_code == 303
    answer = site.browser().post("/sign-in", data={"email": person.email, "password": PASSWORD})
    assert answer.status_code == 422


@pytest.mark.both_databases
def test_after_ten_wrong_passwords_even_the_right_one_has_to_wait(site: Site) -> None:
    person = site.person(Role.AUDITOR)
    other = site.person(Role.AUDITOR, email="bo@northshire.example")
    signed_in_before = site.browser(person)
    browser = site.browser()
    with time_machine.travel(NOON, tick=False) as clock:
        for _ in range(10):
            assert guess(browser, person) == 422
            clock.shift(10)
        refused = browser.post("/sign-in", data={"email": person.email, "password": PASSWORD})
        assert refused.status_code == 429
        wait = int(refused.headers["retry-after"])
        assert wait == 20
        assert "Wait 20 seconds and try again." in refused.text
        assert browser.post("/sign-in", data={"email": other.email, "password": PASSWORD}).status_code == 303
        clock.shift(wait - 1)
        assert browser.post("/sign-in", data={"email": person.email, "password": PASSWORD}).status_code == 429
        clock.shift(1)
        assert browser.post("/sign-in", data={"email": person.email, "password": PASSWORD}).status_code == 303
    # The person who was signed in all along was never locked out.
    assert signed_in_before.get("/account").status_code == 200


def guess(browser: Client, person: Someone) -> int:
    return browser.post("/sign-in", data={"email": person.email, "password": "wrong, wrong, wrong"}).status_code


@pytest.mark.both_in_trials
def test_the_wait_grows_with_every_wrong_password_and_ends_by_itself(site: Site) -> None:
    person, browser, waits = site.person(), site.browser(), []
    with time_machine.travel(NOON, tick=False) as clock:
        for _ in range(17):
            while True:
                answer = browser.post("/sign-in", data={"email": person.email, "password": "wrong, wrong, wrong"})
                if answer.status_code == 422:
                    break
                waits.append(int(answer.headers["retry-after"]))
                clock.shift(waits[-1])
    assert waits == [30, 60, 120, 240, 480, 900, 900]


def test_a_stranger_slows_himself_and_not_whom_he_tries(site: Site) -> None:
    person = site.person(Role.AUDITOR)
    known = site.browser(person, address="203.0.113.5")
    known.post("/sign-out")
    stranger = site.browser(address="198.51.100.7")
    assert [guess(stranger, person) for _ in range(12)] == [422] * 10 + [429] * 2
    right = {"email": person.email, "password": PASSWORD}
    assert site.browser(address="203.0.113.6").post("/sign-in", data=right).status_code == 303
    assert stranger.post("/sign-in", data=right).status_code == 429
    # The browser that the person has signed in from, though it is where the stranger is now.
    at_his_place = site.browser(address="198.51.100.7")
    at_his_place.cookies.update(known.cookies)
    assert at_his_place.post("/sign-in", data=right).status_code == 303


@pytest.mark.both_in_trials
def test_a_known_browser_is_known_for_its_person_alone_and_counted_by_itself(site: Site) -> None:
    person, other = site.person(), site.person(email="bo@northshire.example")
    browser = site.browser(person)
    browser.post("/sign-out")
    assert [guess(browser, person) for _ in range(12)] == [422] * 10 + [429] * 2
    assert [guess(browser, other) for _ in range(12)] == [422] * 10 + [429] * 2
    stranger = site.browser()
    stranger.cookies.set("caseaudit-known", browser.cookies["caseaudit-known"].replace("2", "3"))
    assert guess(stranger, other) == 429, "a cookie of one's own making is none"


@pytest.mark.both_in_trials
def test_trying_many_people_from_one_place_is_slowed_though_each_is_tried_once(site: Site) -> None:
    answers = []
    with time_machine.travel(NOON, tick=False):
        for number in range(60):
            browser = site.browser(address=f"2001:db8:1:2::{number:x}")
            email = f"person{number}@northshire.example"
            answers.append(browser.post("/sign-in", data={"email": email, "password": "Northshire2026!"}))
    assert [answer.status_code for answer in answers] == [422] * 50 + [429] * 10
    assert int(answers[-1].headers["retry-after"]) == 5
    person = site.person()
    elsewhere = site.browser(address="2001:db8:1:3::1")
    assert elsewhere.post("/sign-in", data={"email": person.email, "password": PASSWORD}).status_code == 303


def test_signing_in_oneself_does_not_make_up_for_trying_others(site: Site) -> None:
    own = site.person()
    browser = site.browser()
    with time_machine.travel(NOON, tick=False):
        statuses = []
        for number in range(60):
            if number % 10 == 9:
                browser.cookies.clear()
                browser.post("/sign-in", data={"email": own.email, "password": PASSWORD})
            email = f"person{number}@northshire.example"
            answer = browser.post("/sign-in", data={"email": email, "password": "Northshire2026!"})
            statuses.append(answer.status_code)
    assert statuses == [422] * 50 + [429] * 10


def test_no_place_and_no_account_is_stored_in_a_form_that_can_be_tried_out(site: Site) -> None:
    guess(site.browser(address="198.51.100.7"), site.person())
    with site.reading() as session:
        stored = {row.key_hash for row in session.exec(select(SignInCount))}
    assert len(stored) == 3
    parts = ("198.51.100.7", "ash@northshire.example")
    assert not stored & {hash_of(text) for text in (*parts, "".join(parts), " ".join(parts))}


@pytest.mark.both_databases
@pytest.mark.parametrize("email", ["ash@northshire.example", "nobody@northshire.example"])
def test_an_attempt_is_two_writing_transactions_and_none_is_open_while_a_password_is_hashed(
    site: Site, email: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.person()
    commits: list[str] = []
    pool = site.database.engine.pool
    assert isinstance(pool, QueuePool)

    def hashing(password: str, stored: str | None) -> bool:
        commits.append(f"{pool.checkedout()} connections while hashing")
        return is_password(password, stored)

    monkeypatch.setattr("api.people.sign_in.actions.is_password", hashing)
    engine = site.database._write_engine
    event.listen(engine, "begin", lambda _: commits.append("begin"))
    browser = site.browser()
    assert browser.post("/sign-in", data={"email": email, "password": "wrong, wrong, wrong"}).status_code == 422
    assert commits == ["begin", "0 connections while hashing", "begin"]


def test_an_attempt_is_counted_before_a_password_is_rated(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    person = site.person()
    rated: list[str] = []
    check = check_password

    def rate(password: str, *, about: tuple[str, ...]) -> None:
        rated.append(password)
        check(password, about=about)

    monkeypatch.setattr(sign_in, "check_password", rate)
    secret, browser = site.link(person), site.browser(person)
    weak = {"email": person.email, "current_password": PASSWORD, "password": "northshire 2026"}
    for path in (f"/link/{secret}", "/account/password"):
        answers = [browser.post(path, data=weak) for _ in range(12)]
        assert [answer.status_code for answer in answers] == [422] * 10 + [429] * 2
        assert "Too many attempts. Wait" in answers[-1].text
        assert int(answers[-1].headers["retry-after"]) > 0
    assert len(rated) == 20


@pytest.mark.both_in_trials
def test_signing_in_forgets_the_attempts_before_it(site: Site) -> None:
    person = site.person()
    browser = site.browser()
    for _ in range(3):
        guess(browser, person)
    browser.post("/sign-in", data={"email": person.email, "password": PASSWORD})
    with site.reading() as session:
        assert [row.attempts for row in session.exec(select(SignInCount))] == [3, 3], "of the place and of the account"
    assert [guess(browser, person) for _ in range(11)] == [422] * 10 + [429]


@pytest.mark.both_databases
def test_counts_are_forgotten_after_a_day_and_so_are_those_of_days_to_come(site: Site) -> None:
    guess(site.browser(), site.person())
    attempts.delete_old_counts(site.database)
    with site.reading() as session:
        assert len(session.exec(select(SignInCount)).all()) == 3
    for days in (-2, 2):
        guess(site.browser(), Someone(1, new_id(), "nobody@northshire.example", ""))
        with site.database.writing() as session:
            session.execute(update(SignInCount).values(at=now() + timedelta(days=days)))
        attempts.delete_old_counts(site.database)
        with site.reading() as session:
            assert session.exec(select(SignInCount)).all() == []


@pytest.mark.both_databases
def test_many_guesses_at_the_same_moment_are_counted_too(site: Site) -> None:
    person = site.person()
    statuses: list[int] = []

    def guess_once() -> None:
        answer = site.program().post("/sign-in", data={"email": person.email, "password": "wrong, wrong, wrong"})
        statuses.append(answer.status_code)

    guesses = [threading.Thread(target=guess_once) for _ in range(16)]
    for one in guesses:
        one.start()
    for one in guesses:
        one.join()
    assert sorted(statuses) == [422] * 10 + [429] * 6


@pytest.mark.both_in_trials
def test_a_session_ends_after_its_idle_limit_and_not_before(site: Site) -> None:
    person = site.person(Role.AUDITOR)
    with time_machine.travel(NOON, tick=False) as clock:
        browser = site.browser(person)
        clock.shift(timedelta(minutes=30) - timedelta(seconds=1))
        assert browser.get("/account").status_code == 200
        clock.shift(timedelta(minutes=30) - timedelta(seconds=1))
        assert browser.get("/account").status_code == 200
        clock.shift(timedelta(minutes=30))
        assert browser.get("/account").status_code == 303


def test_a_session_ends_after_its_absolute_limit_however_much_it_is_used(site: Site) -> None:
    person = site.person(Role.AUDITOR)
    with time_machine.travel(NOON, tick=False) as clock:
        browser = site.browser(person)
        for _ in range(12 * 3 - 1):
            clock.shift(timedelta(minutes=20))
            assert browser.get("/account").status_code == 200
        clock.shift(timedelta(minutes=20) - timedelta(seconds=1))
        assert browser.get("/account").status_code == 200
        clock.shift(timedelta(seconds=1))
        assert browser.get("/account").status_code == 303


def test_signing_in_gives_a_new_secret_and_ends_the_session_before_it(site: Site) -> None:
    person = site.person(Role.AUDITOR)
    browser = site.browser(person)
    before = browser.cookies["caseaudit"]
    browser.post("/sign-in", data={"email": person.email, "password": PASSWORD})
    assert browser.cookies["caseaudit"] != before
    thief = site.browser()
    thief.cookies.set("caseaudit", before)
    assert thief.get("/account").status_code == 303


def test_a_secret_that_somebody_planted_is_never_taken_over(site: Site) -> None:
    person = site.person(Role.AUDITOR)
    browser = site.browser()
    browser.cookies.set("caseaudit", "planted-by-somebody", domain="127.0.0.1")
    answer = browser.post("/sign-in", data={"email": person.email, "password": PASSWORD})
    assert "planted-by-somebody" not in answer.headers["set-cookie"]
    thief = site.browser()
    thief.cookies.set("caseaudit", "planted-by-somebody")
    assert thief.get("/account").status_code == 303


@pytest.mark.both_in_trials
def test_a_secret_is_worth_nothing_after_signing_out(site: Site) -> None:
    person = site.person(Role.AUDITOR)
    browser = site.browser(person)
    secret = browser.cookies["caseaudit"]
    answer = browser.post("/sign-out")
    assert answer.headers["location"] == "/sign-in"
    assert answer.headers["clear-site-data"] == '"cache"'
    replay = site.browser()
    replay.cookies.set("caseaudit", secret)
    assert replay.get("/account").status_code == 303
    assert site.events()[-1] == "person.signed-out"


def test_signing_out_twice_is_no_error(site: Site) -> None:
    browser = site.browser(site.person())
    assert [browser.post("/sign-out").status_code for _ in range(2)] == [303, 303]


def test_after_signing_in_the_page_that_was_asked_for_is_shown(site: Site) -> None:
    person = site.person(Role.AUDITOR)
    browser = site.browser()
    asked = browser.get("/account?from=mail")
    assert asked.headers["location"] == "/sign-in?next=%2Faccount%3Ffrom%3Dmail"
    onward = hidden_fields(browser.get(asked.headers["location"]).text)["next"]
    answer = browser.post("/sign-in", data={"email": person.email, "password": PASSWORD, "next": onward})
    assert answer.headers["location"] == "/account?from=mail"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://elsewhere.example/",
        "//elsewhere.example",
        "/\\elsewhere.example",
        "\\\\elsewhere.example",
        "/\t/elsewhere.example",
        "/\n/elsewhere.example",
        "javascript:alert(1)",
        "elsewhere",
        " //elsewhere.example",
    ],
)
def test_nobody_is_sent_to_another_site_after_signing_in(site: Site, elsewhere: str) -> None:
    person = site.person(Role.AUDITOR)
    answer = site.browser().post("/sign-in", data={"email": person.email, "password": PASSWORD, "next": elsewhere})
    assert answer.headers["location"] == "/"


@pytest.mark.fast
@pytest.mark.both_databases
def test_a_link_lets_its_person_choose_a_password_once(site: Site) -> None:
    person = site.person(Role.AUDITOR)
    elsewhere = site.browser(person)
    secret = site.link(person)
    browser = site.browser()
    shown = [browser.get(f"/link/{secret}") for _ in range(2)]
    assert [page.status_code for page in shown] == [200, 200]
    assert person.email not in shown[0].text, "what only its person knows is asked for"
    assert "caseaudit" not in browser.cookies, "opening a link must not sign in: mail scanners open links too"
    answer = browser.post(f"/link/{secret}", data={"email": person.email, "password": "marble otter telescope"})
    assert answer.status_code == 303
    assert browser.get("/account").status_code == 200
    assert elsewhere.get("/account").status_code == 303, "other sessions must have ended"
    assert browser.get(f"/link/{secret}").status_code == 410
    assert (
        browser.post(f"/link/{secret}", data={"email": person.email, "password": "copper window violin"}).status_code
        == 410
    )
    again = site.browser().post("/sign-in", data={"email": person.email, "password": "marble otter telescope"})
    assert again.status_code == 303
    assert "person.password-chosen" in site.events()


def test_who_chooses_a_password_in_an_empty_service_begins_with_their_first_step(site: Site) -> None:
    expected = {Role.ADMINISTRATOR: "/people/invite", Role.QUALITY_LEAD: "/case-lists/new", Role.AUDITOR: "/"}
    for role, first in expected.items():
        person = site.person(role, email=f"{role.value}@northshire.example")
        answer = site.browser().post(
            f"/link/{site.link(person)}", data={"email": person.email, "password": "marble otter telescope"}
        )
        assert answer.headers["location"] == first


def test_a_link_that_has_expired_says_whom_to_ask(site: Site) -> None:
    person = site.person()
    with time_machine.travel(NOON, tick=False) as clock:
        secret = site.link(person, hours=1)
        clock.shift(timedelta(hours=1))
        answer = site.browser().get(f"/link/{secret}")
    assert answer.status_code == 410
    assert "Ask an administrator" in answer.text


def test_a_bad_password_leaves_the_link_working(site: Site) -> None:
    person = site.person()
    secret = site.link(person)
    browser = site.browser()
    assert browser.post(f"/link/{secret}", data={"email": person.email, "password": "Password2026!"}).status_code == 422
    assert (
        browser.post(f"/link/{secret}", data={"email": person.email, "password": "marble otter telescope"}).status_code
        == 303
    )


@pytest.mark.both_in_trials
def test_a_mail_scanner_that_opens_and_submits_a_link_does_not_use_it_up(site: Site) -> None:
    person = site.person(Role.AUDITOR)
    secret = site.link(person)
    scanner = site.browser(address="198.51.100.7")
    page = scanner.get(f"/link/{secret}")
    assert person.email not in page.text
    assert scanner.request("HEAD", f"/link/{secret}").status_code in {200, 405}
    strong = "marble otter telescope"
    forms = (
        hidden_fields(page.text),
        {**hidden_fields(page.text), "password": strong},
        {"email": "test@example.com", "password": strong},
        {"email": "noreply@northshire.example", "password": "Test1234!"},
    )
    for _ in range(10):
        for form in forms:
            refused = scanner.post(f"/link/{secret}", data=form)
            assert (refused.status_code, 'href="#email"' in refused.text) == (422, True)
    assert site.events() == []
    right = {"email": " ASH@northshire.example ", "password": strong}
    assert site.browser().post(f"/link/{secret}", data=right).status_code == 303


@pytest.mark.both_databases
def test_of_two_who_use_a_link_at_the_same_moment_one_wins(site: Site) -> None:
    person = site.person()
    secret = site.link(person)
    statuses: list[int] = []
    passwords = ["marble otter telescope", "copper window violin"]

    def use(password: str) -> None:
        statuses.append(
            site.browser().post(f"/link/{secret}", data={"email": person.email, "password": password}).status_code
        )

    both = [threading.Thread(target=use, args=(password,)) for password in passwords]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted(statuses) == [303, 410]
    assert site.events().count("person.password-chosen") == 1


@pytest.mark.both_in_trials
def test_choosing_a_password_makes_every_other_link_of_the_person_useless(site: Site) -> None:
    person = site.person()
    first, second = site.link(person), site.link(person)
    site.browser().post(f"/link/{first}", data={"email": person.email, "password": "marble otter telescope"})
    assert site.browser().get(f"/link/{second}").status_code == 410


@pytest.mark.both_in_trials
def test_changing_a_password_ends_every_other_session_and_gives_this_one_a_new_secret(site: Site) -> None:
    person = site.person(Role.AUDITOR)
    here, elsewhere = site.browser(person), site.browser(person)
    before = here.cookies["caseaudit"]
    form = {"current_password": PASSWORD, "password": "marble otter telescope"}
    assert here.post("/account/password", data=form).status_code == 303
    assert here.cookies["caseaudit"] != before
    assert here.get("/account").status_code == 200
    assert elsewhere.get("/account").status_code == 303
    thief = site.browser()
    thief.cookies.set("caseaudit", before)
    assert thief.get("/account").status_code == 303


def test_a_password_is_not_changed_without_the_current_one(site: Site) -> None:
    browser = site.browser(site.person(Role.AUDITOR))
    form = {"current_password": "a guess of somebody", "password": "marble otter telescope"}
    answer = browser.post("/account/password", data=form)
    assert answer.status_code == 422
    assert 'href="#current_password"' in answer.text
    assert "marble otter" not in answer.text


def test_the_current_password_cannot_be_guessed_at_leisure_from_a_stolen_session(site: Site) -> None:
    browser = site.browser(site.person(Role.AUDITOR))
    form = {"current_password": "a guess of somebody", "password": "marble otter telescope"}
    statuses = [browser.post("/account/password", data=form).status_code for _ in range(11)]
    assert statuses == [422] * 10 + [429]


@pytest.mark.both_in_trials
def test_words_typed_after_the_session_ended_are_kept_and_saved_after_signing_in_again(site: Site) -> None:
    person = site.person(Role.AUDITOR)
    with time_machine.travel(NOON, tick=False) as clock:
        browser = site.browser(person)
        version = hidden_fields(browser.get("/account").text)["version"]
        clock.shift(timedelta(hours=1))
        form = {"version": version, "name": "Ash Rowe-Lindqvist", "scoring_layout": "theme"}
        late = browser.post("/account?tab=1", data=form)
        assert late.status_code == 401
        carried = hidden_fields(late.text)["carried"]
        wrong = browser.post(
            "/sign-in", data={"email": person.email, "password": "wrong, wrong, wrong", "carried": carried}
        )
        assert hidden_fields(wrong.text)["carried"] == carried, "a wrong password must keep carrying the words"
        again = browser.post("/sign-in", data={"email": person.email, "password": PASSWORD, "carried": carried})
        assert again.status_code == 200
        assert "have not been saved yet" in again.text
        assert "Ash Rowe-Lindqvist" in again.text
        assert 'action="/account?tab=1"' in again.text
        saved = browser.post("/account?tab=1", data=hidden_fields(again.text))
        assert saved.status_code == 303
        assert "Ash Rowe-Lindqvist" in browser.get("/account").text


def test_every_character_survives_being_carried(site: Site) -> None:
    person = site.person(Role.AUDITOR)
    browser = site.browser()
    late = browser.post("/account", data={"name": WORDS.replace("\n", "\r\n"), "note": ["1", "2"]})
    carried = hidden_fields(late.text)["carried"]
    again = browser.post("/sign-in", data={"email": person.email, "password": PASSWORD, "carried": carried})
    fields = hidden_fields(again.text)
    assert fields["name"] == WORDS
    assert again.text.count('name="note"') == 2
    assert escape(WORDS, quote=False).split("\n")[0].replace('"', "&#34;") in again.text


def test_words_are_not_shown_to_another_person_and_still_not_lost(site: Site) -> None:
    person = site.person(Role.AUDITOR)
    other = site.person(Role.AUDITOR, email="bo@northshire.example", name="Bo Marsh")
    with time_machine.travel(NOON, tick=False) as clock:
        browser = site.browser(person)
        clock.shift(timedelta(hours=1))
        carried = hidden_fields(browser.post("/account", data={"name": "Words of Ash"}).text)["carried"]
        shown = browser.post("/sign-in", data={"email": other.email, "password": PASSWORD, "carried": carried})
        assert "entered by another person" in shown.text
        assert 'name="name"' not in shown.text
        out = browser.post("/sign-out", data={"carried": hidden_fields(shown.text)["carried"]})
        back = browser.post(
            "/sign-in",
            data={"email": person.email, "password": PASSWORD, "carried": hidden_fields(out.text)["carried"]},
        )
        assert hidden_fields(back.text)["name"] == "Words of Ash"


def test_passwords_are_never_carried(site: Site) -> None:
    form = {"current_password": "my old secret words", "password": "my new secret words"}
    answer = site.browser().post("/account/password", data=form)
    assert answer.status_code == 401
    assert "secret words" not in answer.text


@pytest.mark.parametrize(
    "carried",
    [
        "",
        "not JSON",
        "[]",
        "[" * 20_000,
        '{"path": "https://elsewhere.example", "fields": [], "typist": null, "lost_file": false}',
        '{"path": "//elsewhere.example", "fields": [], "typist": null, "lost_file": false}',
        '{"path": "/account", "fields": [["a"]], "typist": null, "lost_file": false}',
        '{"path": "/account", "fields": [], "typist": "nobody", "lost_file": false}',
    ],
)
def test_what_was_not_carried_by_the_service_is_left_behind(site: Site, carried: str) -> None:
    person = site.person(Role.AUDITOR)
    form = {"email": person.email, "password": PASSWORD, "carried": carried}
    assert site.browser().post("/sign-in", data=form).status_code == 303


@pytest.mark.both_in_trials
def test_a_session_that_ended_long_ago_is_forgotten_when_its_person_signs_in(site: Site) -> None:
    person = site.person(Role.AUDITOR)
    with time_machine.travel(NOON, tick=False) as clock:
        site.browser(person)
        clock.shift(timedelta(days=8))
        site.browser(person)
    assert [row.started_at for row in site.sessions()] == [NOON + timedelta(days=8)]
    assert now() > NOON


def test_whoever_is_signed_in_is_not_asked_to_sign_in(site: Site) -> None:
    browser = site.browser(site.person(Role.AUDITOR))
    assert browser.get("/sign-in?next=/account").headers["location"] == "/account"


@pytest.mark.parametrize("roles", [*((role,) for role in Role), ()])
def test_everybody_has_a_home_page(site: Site, roles: tuple[Role, ...]) -> None:
    assert site.browser(site.person(*roles)).get("/").status_code == 200


@pytest.mark.both_in_trials
def test_an_account_changed_in_another_tab_is_not_overwritten(site: Site) -> None:
    browser = site.browser(site.person(Role.AUDITOR))
    form = hidden_fields(browser.get("/account").text) | {"name": "First Tab", "scoring_layout": "learning-domain"}
    assert browser.post("/account", data=form).status_code == 303
    late = browser.post("/account", data=form | {"name": "Second Tab"})
    assert late.status_code == 412
    with site.reading() as session:
        assert session.exec(select(col(Person.name))).all() == ["First Tab"]


def test_only_what_a_person_wrote_is_shown_of_a_carried_form(site: Site) -> None:
    person = site.person(Role.AUDITOR)
    browser = site.browser()
    form = {"asked": "seen-alone:yes visited:no", "voice--asked": "home:no bed:yes", "was 1 rationale": "a b"}
    late = browser.post("/audits/1/themes/voice", data={**form, "voice--rationale": "The child was seen alone."})
    carried = hidden_fields(late.text)["carried"]
    again = browser.post("/sign-in", data={"email": person.email, "password": PASSWORD, "carried": carried})
    shown = SeenPage(again).words
    assert "Your changes The child was seen alone. Save changes" in shown
    assert {name: hidden_fields(again.text)[name] for name in form} == form, "they are kept, unseen"


@pytest.mark.parametrize(("role", "asks"), [(Role.AUDITOR, True), (Role.ADMINISTRATOR, False)])
def test_only_people_who_score_choose_how_and_everybody_saves_their_account(site: Site, role: Role, asks: bool) -> None:
    browser = site.browser(site.person(role))
    page = browser.get("/account")
    assert ("How you want to score audits" in page.text) == asks
    form = {"scoring_layout": "by-template", **hidden_fields(page.text), "name": "Robin"}
    assert browser.post("/account", data=form).status_code == 303
