"""The service below a path of a host that it shares: every link, form, redirect and cookie stays below it."""

import re
from collections.abc import Iterator
from typing import Any, Final

import pytest
from fastapi import FastAPI
from playwright.sync_api import expect

from api.app import create_app
from api.foundation.http.openapi import complete_openapi
from api.foundation.http.sending.below_path import links_below
from api.foundation.settings import Settings
from tests.browser import NewPage, look
from tests.client import Client
from tests.desk import Desk, a_desk
from tests.factories import MadePerson, a_key, a_token_for, an_actor, client_for
from tests.site_in_browser import served, sign_in

PATH: Final = "/case-audit"
SHARED: Final = Settings(public_address=f"https://intranet.example.org{PATH}/", behind_https=True)
_LINK: Final = re.compile(r'\b(href|src|action|formaction)="(/[^"]*)"')


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with a_desk(database_url) as desk:
        yield desk


@pytest.fixture
def app(desk: Desk) -> FastAPI:
    return create_app(SHARED, desk.database)


def links_of(page: str) -> set[str]:
    """Where links, forms and files of this host on the page lead."""
    return {link for _, link in _LINK.findall(page)}


def followed_from(page: str) -> set[str]:
    return {link.partition("#")[0].replace("&amp;", "&") for kind, link in _LINK.findall(page) if kind == "href"}


def visit(client: Client, person: MadePerson, *, most: int) -> tuple[set[str], set[str]]:
    """Follow the links from the home page; the addresses that were read, and all links of this host on their pages."""
    waiting, read, linked = [f"{PATH}/"], set[str](), set[str]()
    while waiting and len(read) < most:
        address = waiting.pop(0)
        answered = client.get(address)
        assert answered.status_code in {200, 303}, (address, answered.status_code, person.name)
        read.add(address)
        text = answered.text if answered.headers.get("content-type", "").startswith("text/html") else ""
        if answered.status_code == 303:
            text += f'<a href="{answered.headers["location"]}">'
        linked |= links_of(text)
        waiting += sorted(each for each in followed_from(text) - read - {*waiting} if each.startswith(f"{PATH}/"))
    return read, linked


def test_every_link_of_every_page_stays_below_the_path(app: FastAPI, desk: Desk) -> None:
    desk.an_audit()
    for person, least in ((desk.cast.lena, 40), (desk.cast.asha, 20)):
        read, linked = visit(client_for(app, person), person, most=40)
        assert len(read) >= least
        assert [link for link in linked if not link.startswith(f"{PATH}/")] == []


def test_a_path_that_the_proxy_has_taken_off_is_the_same_page(app: FastAPI, desk: Desk) -> None:
    client = client_for(app, desk.cast.lena)
    with_path, without = client.get(f"{PATH}/rounds"), client.get("/rounds")
    assert without.status_code == with_path.status_code == 200
    assert links_of(without.text) == links_of(with_path.text)
    assert client.get(PATH).status_code == 200
    assert client.get(f"{PATH}-of-somebody-else/rounds").status_code == 404


def test_the_cookies_of_a_session_are_for_this_path_alone(app: FastAPI, desk: Desk) -> None:
    answered = client_for(app, desk.cast.lena).post(f"{PATH}/sign-out")
    assert answered.headers["location"].startswith(f"{PATH}/")
    cookies = answered.headers.get_list("set-cookie")
    (session,) = [each for each in cookies if each.startswith("__Secure-caseaudit=")]
    assert {"secure", "httponly", "samesite=lax"} <= {each.strip().lower() for each in session.split(";")}
    assert all(f"; path={PATH}" in each.lower() for each in cookies)


def test_programs_are_given_addresses_below_the_path(app: FastAPI, desk: Desk) -> None:
    client = Client(app, headers={"Authorization": f"Bearer {a_token_for(desk.database, desk.cast.lena).secret}"})
    theme_code = {"name": "Seen late"}
    made = client.post(f"{PATH}/api/v1/rounds/{desk.round_id}/codes", json=theme_code, headers=a_key())
    assert made.status_code == 201, made.text
    assert made.headers["location"].startswith(f"{PATH}/api/v1/rounds/")
    bundle: Any = client.get(f"{PATH}/api/v1/fhir/Questionnaire?limit=1").json()
    address = bundle["entry"][0]["fullUrl"]
    assert address.startswith(f"{PATH}/api/v1/fhir/Questionnaire/")
    assert client.get(address).status_code == 200
    document: dict[str, Any] = {}
    complete_openapi(document, {}, {}, cookie="caseaudit", below=SHARED.public_path)
    assert document["servers"][0]["url"] == PATH


def test_a_score_is_saved_in_a_browser_below_the_path(desk: Desk, new_page: NewPage) -> None:
    theme = f"{PATH}/audits/{desk.an_audit()}/themes/voice"
    with served(desk.database, Settings(public_address=f"http://127.0.0.1{PATH}")) as address:
        page = new_page()
        sign_in(page, address, desk.database, an_actor(desk.cast.asha))
        page.goto(f"{address}{theme}")
        page.get_by_label("Good", exact=True).check()
        page.get_by_label("Rationale").fill("The child was seen alone twice.")
        page.get_by_role("button", name="Save").first.click()
        page.wait_for_url(re.compile(f"{PATH}/audits/(?!.*voice)"))
        look(page)
        page.goto(f"{address}{theme}")
        expect(page.get_by_label("Good", exact=True)).to_be_checked()


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ('<a href="/">', '<a href="/case-audit/">'),
        ('<form action="/audits" method="post">', '<form action="/case-audit/audits" method="post">'),
        ('<a href="//elsewhere.example">', '<a href="//elsewhere.example">'),
        ('<a href="https://elsewhere.example/x">', '<a href="https://elsewhere.example/x">'),
        ('<a href="#top">', '<a href="#top">'),
        ("href=&#34;/audits", "href=&#34;/audits"),
    ],
)
def test_only_links_of_templates_to_this_service_are_changed(written: str, shown: str) -> None:
    assert links_below(PATH, written) == shown
    assert links_below("", written) == written
