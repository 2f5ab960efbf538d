"""Where one is signed in, ending one session or all others, and when one last signed in."""

from datetime import UTC, datetime

import pytest
import time_machine

from api.people.sessions import queries
from api.people.sessions.browsers import in_words
from models import Role
from tests.cast import Site

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
EDGE = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 "
    "Safari/537.36 Edg/140.0.0.0"
)
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 "
    "Mobile/15E148 Safari/604.1"
)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (FIREFOX, "Firefox on Windows"),
        (EDGE, "Edge on Windows"),
        (IPHONE, "Safari on iPhone"),
        ("curl/8", ""),
        ("", ""),
    ],
)
def test_a_browser_is_named_in_words_and_nothing_else_of_it_is_kept(said: str, words: str) -> None:
    assert in_words(said) == words


@pytest.mark.fast
@pytest.mark.both_databases
def test_a_person_sees_their_own_sessions_and_ends_one_or_all_others(site: Site) -> None:
    person, other = site.person(Role.AUDITOR), site.person(Role.AUDITOR, email="bo@northshire.example")
    stranger = site.browser(other)
    browsers = []
    for agent in (FIREFOX, EDGE, IPHONE):
        browser = site.browser()
        browser.headers["User-Agent"] = agent
        browser.post("/sign-in", data={"email": person.email, "password": "violet harbour lantern"})
        browsers.append(browser)
    firefox, edge, phone = browsers
    listed = firefox.get("/api/v1/me/sessions").json()["items"]
    assert {each["browser"]: each["is_this"] for each in listed} == {
        "Firefox on Windows": True,
        "Edge on Windows": False,
        "Safari on iPhone": False,
    }
    hashes = {row.secret_hash for row in site.sessions()}
    assert not any(each["id"].replace("-", "") in secret for each in listed for secret in hashes)
    ids = {each["browser"]: each["id"] for each in listed}
    page = firefox.get("/account/sessions").text
    assert "Firefox on Windows (this browser)" in page
    assert firefox.post(f"/account/sessions/{ids['Safari on iPhone']}/end").status_code == 303
    assert phone.get("/account").status_code == 303
    assert stranger.post(f"/api/v1/me/sessions/{ids['Edge on Windows']}/end").status_code == 404
    assert edge.get("/account").status_code == 200
    assert firefox.post("/api/v1/me/sessions/end-others").json() == {"ended": 1}
    assert [edge.get("/account").status_code, firefox.get("/account").status_code] == [303, 200]
    assert stranger.get("/account").status_code == 200
    signed_out = firefox.post(f"/account/sessions/{ids['Firefox on Windows']}/end")
    assert signed_out.headers["location"] == "/sign-in"
    assert site.events().count("person.session-ended") == 3


def test_all_others_are_ended_where_more_are_open_than_are_listed(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "MOST", 1)
    person = site.person(Role.AUDITOR)
    first, second, third = (site.browser(person) for _ in range(3))
    assert first.post("/api/v1/me/sessions/end-others").json() == {"ended": 2}
    assert [each.get("/account").status_code for each in (first, second, third)] == [200, 303, 303]


def test_when_one_last_signed_in_is_shown_not_counting_this_session(site: Site) -> None:
    person = site.person(Role.AUDITOR)
    with time_machine.travel(NOON, tick=False) as clock:
        first = site.browser(person)
        assert "This is your first sign-in" in first.get("/account").text
        assert first.get("/api/v1/me/sessions").json()["last_signed_in_at"] is None
        clock.shift(24 * 60 * 60)
        second = site.browser(person)
        assert "You last signed in on 2 March 2026, 12:00pm" in second.get("/account").text
        assert "last signed in on 2 March 2026, 12:00pm" in second.get("/account/sessions").text
