"""Many people are invited at once: every fault beside its line, and nobody invited while one is left."""

import pytest
from sqlmodel import col, select

from models import Person, Role
from tests.browser import NewPage, axe
from tests.cast import Site
from tests.page_forms import SeenPage
from tests.site_in_browser import served

GOOD = "Name,Email address,Roles\nSam Lee,sam@north.example,auditor\nNia Roe,nia@north.example,Quality lead; moderator"


def names(site: Site) -> set[str]:
    with site.reading() as session:
        return set(session.exec(select(col(Person.name))))


@pytest.mark.both_in_trials
@pytest.mark.parametrize("as_file", [False, True])
def test_everybody_on_correct_lines_gets_a_link_of_their_own(site: Site, as_file: bool) -> None:
    ada = site.browser(site.person(Role.ADMINISTRATOR, name="Ada"))
    form = {"key": "once", "lines": "" if as_file else GOOD}
    files = {"file": ("people.csv", ("\ufeff" + GOOD.replace("\n", "\r\n")).encode(), "text/csv")} if as_file else None
    made = ada.post("/people/invite", data=form, files=files)
    assert made.status_code == 200, made.text
    assert made.text.count("http://127.0.0.1/link/") == 2
    assert names(site) == {"Ada", "Sam Lee", "Nia Roe"}
    if not as_file:
        assert ada.post("/people/invite", data=form).headers["location"] == "/people"
        assert len(names(site)) == 3


@pytest.mark.both_in_trials
def test_each_fault_is_beside_its_line_and_nothing_is_half_done(site: Site) -> None:
    ada = site.browser(site.person(Role.ADMINISTRATOR, name="Ada", email="ada@north.example"))
    lines = (
        "Sam Lee,sam@north.example,auditor\n"
        "Nia Roe,no address,auditor\n"
        "Bo,bo@north.example,boss\n"
        "Only a name\n"
        "Twice,ada@north.example,auditor\n"
        "Sam Again,SAM@north.example,auditor\n"
    )
    # What cannot be read and what the action refuses, of people and of teams, all at once.
    refused = ada.post("/people/invite", data={"lines": lines, "teams": "North\nnorth"})
    words = SeenPage(refused).words
    assert refused.status_code == 422
    for number, fault in (
        (2, "Enter an email address"),
        (3, "Enter roles from this list: Auditor"),
        (4, "Enter a name, an email address and roles"),
        (5, "This email address"),
        (6, "This email address"),
    ):
        assert f"Person on line {number}: {fault}" in words
    assert "Person on line 1:" not in words
    assert "Team on line 2:" in words
    assert "Sam Lee,sam@north.example,auditor" in refused.text
    assert names(site) == {"Ada"}


@pytest.mark.parametrize(
    ("lines", "fault"), [("", "Enter at least 1 person"), ("A,b@c.example,auditor\n" * 201, "no more than 200 people")]
)
def test_a_list_that_is_empty_or_too_long_is_refused(site: Site, lines: str, fault: str) -> None:
    ada = site.browser(site.person(Role.ADMINISTRATOR))
    assert fault in SeenPage(ada.post("/people/invite", data={"lines": lines})).words


@pytest.mark.both_databases
def test_over_rest_all_or_nobody_is_invited(site: Site) -> None:
    ada = site.browser(site.person(Role.ADMINISTRATOR, name="Ada"))
    people = [{"name": f"Person {n}", "email": f"p{n}@north.example", "roles": ["auditor"]} for n in range(3)]
    wrong = [*people, {"name": "Wrong", "email": "wrong", "roles": ["auditor"]}]
    refused = ada.post("/api/v1/people/batch", json={"people": wrong}, headers={"Idempotency-Key": "a"})
    assert refused.status_code == 422
    assert [fault["pointer"] for fault in refused.json()["errors"]] == ["/people/3/email"]
    assert names(site) == {"Ada"}
    made = ada.post("/api/v1/people/batch", json={"people": people}, headers={"Idempotency-Key": "b"}).json()["items"]
    assert [each["link"].startswith("/link/") for each in made] == [True] * 3
    again = ada.post("/api/v1/people/batch", json={"people": people}, headers={"Idempotency-Key": "b"}).json()["items"]
    assert [each["link"] for each in again] == [None] * 3


def test_a_link_is_copied_with_one_button(site: Site, new_page: NewPage) -> None:
    person = site.person(Role.ADMINISTRATOR, email="ada@north.example")
    with served(site.database) as address:
        page = new_page(fresh=True)
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.goto(f"{address}/sign-in?next=/people/invite")
        page.fill("#email", person.email)
        page.fill("#password", "violet harbour lantern")
        page.click("main button:has-text('Sign in')")
        assert axe(page) == []
        page.fill("#lines", GOOD)
        page.click("main button:has-text('Invite people')")
        assert axe(page) == []
        page.click("button:has-text('Copy link for Sam Lee')")
        page.wait_for_selector("text=Copied")
        assert page.evaluate("navigator.clipboard.readText()") == page.input_value("#link-1")
