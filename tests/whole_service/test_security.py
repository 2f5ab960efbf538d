"""What protects every page and call: where requests come from, headers on replies, and declared permissions."""

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.datastructures import Headers

import api.app
import api.features
from api.app import WITHOUT_PERMISSION, NoPermissionDeclaredError, create_app, every_route
from api.foundation.feature import Feature
from api.foundation.http.dependencies import public
from api.foundation.http.routing import Route, Router
from api.foundation.http.security import CONTENT_SECURITY_POLICY, is_same_site
from api.foundation.logs import JsonLines
from api.foundation.permissions import Permission
from api.foundation.settings import Settings
from models import Role
from models.storage.database import open_database
from tests.cast import ORIGIN, PASSWORD, Site
from tests.check_each import of_each
from tests.client import Client

EVIL = "https://elsewhere.example"
HERE = {"host": "127.0.0.1"}
COOKIE = {"cookie": "caseaudit=secret"}


SENT: Sequence[tuple[dict[str, str], bool]] = (
    ({"sec-fetch-site": "same-origin"}, True),
    ({"sec-fetch-site": "same-origin", "origin": "http://127.0.0.1"}, True),
    ({"sec-fetch-site": "cross-site"}, False),
    ({"sec-fetch-site": "cross-site", "origin": "http://127.0.0.1"}, False),
    ({"sec-fetch-site": "same-site"}, False),
    ({"sec-fetch-site": "something-new"}, False),
    ({"sec-fetch-site": "none"}, False),
    ({"sec-fetch-site": "none", "origin": "http://127.0.0.1"}, True),
    ({"sec-fetch-site": "none", "origin": EVIL}, False),
    ({"origin": "http://127.0.0.1"}, True),
    ({"origin": "https://127.0.0.1"}, True),
    ({"origin": "http://127.0.0.1:80"}, True),
    ({"origin": "https://127.0.0.1:443"}, True),
    ({"origin": "https://127.0.0.1:80"}, False),
    ({"origin": "http://127.0.0.1:no"}, False),
    ({"origin": "http://somebody@127.0.0.1"}, False),
    ({"origin": EVIL}, False),
    ({"origin": "null"}, False),
    ({"origin": ""}, False),
    ({"origin": "http://127.0.0.1:8000"}, False),
    ({"origin": "http://127.0.0.1.elsewhere.example"}, False),
    ({"origin": "ftp://127.0.0.1"}, False),
    ({}, False),
    ({"authorization": "Bearer abc"}, True),
    ({"authorization": "Bearer abc", "sec-fetch-site": "cross-site"}, True),
    ({"authorization": "Basic abc", "sec-fetch-site": "cross-site"}, False),
    ({"authorization": "Basic abc"}, False),
)


@of_each((method, *sent) for method in ("POST", "PUT", "PATCH", "DELETE") for sent in SENT)
def test_a_browser_with_a_session_writes_only_from_our_own_pages(
    method: str, headers: dict[str, str], taken: bool
) -> None:
    assert is_same_site(method, Headers({**HERE, **COOKIE, **headers}), Settings()) is taken


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_reading_is_open_to_requests_from_anywhere(method: str) -> None:
    assert is_same_site(method, Headers({**HERE, "sec-fetch-site": "cross-site"}), Settings())


def test_a_program_without_a_cookie_and_without_the_headers_of_a_browser_may_try() -> None:
    assert is_same_site("POST", Headers(HERE), Settings())


def test_behind_https_a_page_over_http_is_another_site() -> None:
    settings = Settings(behind_https=True)
    assert not is_same_site("POST", Headers({**HERE, "origin": "http://127.0.0.1"}), settings)
    assert is_same_site("POST", Headers({**HERE, "origin": "https://127.0.0.1"}), settings)


def test_host_names_are_compared_without_case_and_default_ports() -> None:
    sent = {**COOKIE, "host": "Audit.Example.org:443", "origin": "https://audit.example.org"}
    assert is_same_site("POST", Headers(sent), Settings(behind_https=True))


def test_the_public_address_is_our_own_whatever_host_the_proxy_sends() -> None:
    settings = Settings(behind_https=True, public_address="https://Audit.example.org/")
    sent = {**COOKIE, "host": "127.0.0.1:8000", "origin": "https://audit.example.org"}
    assert is_same_site("POST", Headers(sent), settings)
    assert not is_same_site("POST", Headers({**sent, "origin": EVIL}), settings)
    assert not is_same_site("POST", Headers({**sent, "origin": "http://audit.example.org"}), settings)


@pytest.mark.fast
def test_a_write_from_another_site_reaches_no_route(site: Site) -> None:
    browser = site.browser(site.person(Role.QUALITY_LEAD))
    before = site.events()
    for path in ("/account", "/sign-in", "/sign-out", "/api/v1/rounds", "/link/abc", "/nowhere"):
        for kind in ("application/x-www-form-urlencoded", "text/plain", "application/json"):
            headers = {"Sec-Fetch-Site": "cross-site", "Origin": EVIL, "Content-Type": kind}
            answer = browser.post(path, content=b"name=x", headers=headers)
            assert answer.status_code == 403
            assert "came from another site" in answer.text
    assert site.events() == before


REPLIES = [
    ("GET", "/sign-in", 200),
    ("GET", "/account", 303),
    ("GET", "/nowhere", 404),
    ("DELETE", "/account", 405),
    ("POST", "/sign-in", 422),
    ("GET", "/static/caseaudit.css", 200),
    ("GET", "/static/nowhere.css", 404),
    ("GET", "/api/v1/rounds", 401),
    ("GET", "/api/v1/nowhere", 404),
    ("GET", "/api/v1/health/ready", 200),
    ("HEAD", "/api/v1/health/ready", 200),
    ("GET", "/api/v1/openapi.json", 200),
    ("GET", "/problems/stale", 200),
    ("GET", "/fails", 500),
    ("GET", "/api/v1/fails", 500),
]


@pytest.fixture(scope="module")
def failing_app(shared_database_url: str) -> Iterator[FastAPI]:
    """The service with two routes that fail."""
    app = create_app(Settings(database_url=shared_database_url))

    @app.get("/fails", dependencies=[public("a test")])
    @app.get("/api/v1/fails", dependencies=[public("a test")])
    def fail() -> None:
        raise RuntimeError("the words of Ash")

    yield app
    app.state.database.close()


@pytest.mark.fast
@pytest.mark.parametrize(("method", "path", "status"), REPLIES)
def test_every_kind_of_reply_carries_the_protective_headers(
    failing_app: FastAPI, method: str, path: str, status: int
) -> None:
    with Client(failing_app, base_url=ORIGIN) as client:
        answer = client.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert "camera=()" in answer.headers["permissions-policy"]
    assert len(answer.headers["x-request-id"]) == 32
    assert "strict-transport-security" not in answer.headers
    kept = path.startswith("/static/") and status == 200
    assert answer.headers["cache-control"] == ("no-cache" if kept else "no-store")
    assert "server" not in answer.headers


def test_a_style_sheet_is_kept_for_a_year_under_the_mark_of_its_content(site: Site) -> None:
    browser = site.browser()
    page = browser.get("/sign-in").text
    path = page[page.index("/static/caseaudit.css") :].split('"', 1)[0]
    assert "?v=" in path
    assert "immutable" in browser.get(path).headers["cache-control"]


def test_behind_https_cookies_are_secure_and_browsers_told_to_insist(database_url: str) -> None:
    database = open_database(database_url)
    secure = Site(create_app(Settings(database_url=database_url, behind_https=True), database), database)
    person = secure.person(Role.AUDITOR)
    with Client(secure.app, base_url="https://audit.example") as client:
        client.headers.update({"Sec-Fetch-Site": "same-origin"})
        answer = client.post("/sign-in", data={"email": person.email, "password": PASSWORD})
        cookies = answer.headers.get_list("set-cookie")
        assert cookies[0].startswith("__Host-caseaudit=")
        for cookie in cookies:
            assert cookie.startswith("__Host-")
            assert "Secure" in cookie
            assert "Domain" not in cookie
        assert answer.headers["strict-transport-security"].startswith("max-age=")
        form = {"current_password": PASSWORD, "password": "marble otter telescope"}
        changed = client.post("/account/password", data=form)
        assert changed.status_code == 303
        assert all("secure" in cookie.lower() for cookie in changed.headers.get_list("set-cookie"))
    database.close()
    database.close()


def test_the_host_header_makes_no_address(site: Site) -> None:
    headers = {"Host": "elsewhere.example"}
    browser = site.browser()
    for path in ("/", "/account/", "/account", "/sign-in", "/api/v1/rounds/", "/nowhere"):
        answer = browser.get(path, headers=headers)
        assert "elsewhere" not in answer.text + answer.headers.get("location", "")


def test_a_token_is_refused_where_its_scopes_end(site: Site) -> None:
    person = site.person(Role.QUALITY_LEAD)
    program = site.program(site.token(person, Permission.READ_ROUNDS))
    assert program.get("/api/v1/rounds").status_code == 200
    assert program.post("/api/v1/rounds", json={}).status_code == 403
    assert site.program("caseaudit_unknown").get("/api/v1/rounds").status_code == 401


def test_the_service_refuses_to_start_with_a_route_that_declares_no_permission(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = Router(prefix="/bare")

    @bare.get("/{thing}")
    def show(thing: str) -> str:
        return thing

    monkeypatch.setattr(api.features, "FEATURES", (*api.features.FEATURES, Feature(routes=(bare,))))
    with pytest.raises(NoPermissionDeclaredError, match=r"GET /api/v1/bare/\{thing\}"):
        create_app(Settings(database_url=database_url))


def test_each_route_asks_for_the_permission_that_it_declares(site: Site) -> None:
    routes = [each.original_route for each in iter_route_contexts(every_route(site.app))]
    ours = [route for route in routes if isinstance(route, Route)]
    for route in ours:
        assert route.declared in [each.call for each in route.dependant.dependencies], route.path
    assert len(ours) > 400


def test_few_paths_are_served_without_a_declared_permission(site: Site) -> None:
    bare = {
        route.path
        for route in iter_route_contexts(every_route(site.app))
        if not isinstance(route.original_route, APIRoute)
    }
    assert bare == set(WITHOUT_PERMISSION)
    assert len(WITHOUT_PERMISSION) <= 6


def test_the_log_names_the_route_and_the_actor_and_nothing_that_was_typed(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    person = site.person(Role.AUDITOR)
    browser = site.browser(person)
    with caplog.at_level(logging.INFO, logger="caseaudit"):
        browser.get("/account?said=secret-words")
        browser.post("/account", data={"name": "secret-words", "version": "x"})
        browser.get("/secret-words")
        browser.get("/link/secret-words")
    records = [record for record in caplog.records if record.name.startswith("caseaudit")]
    lines = [str(getattr(record, "fields", "")) + record.getMessage() for record in records]
    assert [line for line in lines if "secret-words" in line] == []
    fields = [getattr(record, "fields", {}) for record in records]
    assert [(line["route"], line["status"]) for line in fields] == [
        ("/account", 200),
        ("/account", 422),
        ("(none)", 404),
        ("/link/{secret}", 410),
    ]
    assert fields[0]["actor"] == str(person.id)


def test_a_failure_is_logged_by_its_place_and_not_by_its_words(
    failing_app: FastAPI, caplog: pytest.LogCaptureFixture
) -> None:
    with Client(failing_app, base_url=ORIGIN) as client:
        answer = client.get("/api/v1/fails")
    assert answer.status_code == 500
    assert "Ash" not in answer.text
    failed = [record for record in caplog.records if record.getMessage() == "failed"]
    written = JsonLines().format(failed[0])
    assert "RuntimeError" in written
    assert "test_security.py" in written
    assert "Ash" not in written
    assert answer.json()["request_id"] in written


def test_nothing_in_the_pages_asks_for_what_the_policy_forbids() -> None:
    files = sorted(Path(api.app.__file__).parent.rglob("templates/**/*.html"))
    assert files
    found = [
        (file.name, forbidden)
        for file in files
        for forbidden in (" style=", "<style", " onclick", " onsubmit", "javascript:", "<script>", "http://", "|safe")
        if forbidden in file.read_text("utf-8").replace('xmlns="http://www.w3.org/2000/svg"', "")
    ]
    assert found == []
