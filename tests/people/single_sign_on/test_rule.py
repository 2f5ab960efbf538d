"""What an organisation decides: who signs in with the provider, and who may still use a password."""

import pytest
from sqlmodel import col, select, update

from api.foundation.permissions import operator_of
from api.foundation.settings import Settings
from api.people.single_sign_on.rule import allow_passwords_on_host
from models import Person, Role, SingleSignOn
from tests.cast import PASSWORD, Site, Someone
from tests.people.single_sign_on.made_provider import MadeProvider, allow, sign_in


@pytest.fixture
def ada(site: Site) -> Someone:
    return site.person(Role.ADMINISTRATOR, email="ada@northshire.example", name="Ada")


OFF = {"allowed": "yes", "passwords": "named", "keepers": "ada@northshire.example\n\n", "groups": "", "version": "0"}


@pytest.mark.fast
@pytest.mark.both_databases
def test_passwords_are_turned_off_for_all_but_those_named(site: Site, provider: MadeProvider, ada: Someone) -> None:
    person = site.person(Role.AUDITOR)
    by_password, administrator = site.browser(person), site.browser(ada)
    assert administrator.post("/single-sign-on", data=OFF).status_code == 303
    assert by_password.get("/account").status_code == 303, "sessions that began with a password end"
    assert administrator.get("/account").status_code == 200
    answer = site.browser().post("/sign-in", data={"email": person.email, "password": PASSWORD})
    assert (answer.status_code, "does not use passwords" in answer.text) == (422, True)
    assert "person.password-refused" in site.events()
    wrong = site.browser().post("/sign-in", data={"email": person.email, "password": "not the password"})
    assert "does not use passwords" not in wrong.text, "only somebody with the password learns it"
    assert site.browser(ada).get("/account").status_code == 200
    browser = site.browser()
    assert sign_in(browser, provider) == "/"
    changed = browser.post("/account/password", data={"current_password": PASSWORD, "password": "another three words!"})
    assert (changed.status_code, "without a password here" in changed.text) == (422, True)


def test_a_link_leads_to_the_provider_where_passwords_are_off(site: Site, ada: Someone) -> None:
    person = site.person(Role.AUDITOR)
    path = f"/link/{site.link(person)}"
    assert "Northshire account" not in site.browser().get(path).text
    assert site.browser(ada).post("/single-sign-on", data=OFF).status_code == 303
    page = site.browser().get(path).text
    assert ("Sign in with Northshire account" in page, 'name="password"' in page) == (True, False)
    form = {"email": person.email, "password": "correct horse battery staple"}
    assert site.browser().post(path, data=form).status_code == 422


@pytest.mark.both_in_trials
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"keepers": ""}, "Name at least 1 administrator"),
        ({"keepers": "ash@northshire.example"}, "Name at least 1 administrator"),
        ({"keepers": "ada@northshire.example\nnobody@northshire.example"}, "Line 2: nobody active"),
        ({"allowed": "no"}, "Let people sign in with the provider"),
        ({"groups": "Auditors"}, "Line 1: enter a group"),
        ({"groups": "Auditors = auditor\nLeads = boss"}, "Line 2: choose from these roles"),
        ({"groups": f"{'x' * 201} = auditor"}, "must have 1 to 200 characters"),
    ],
)
def test_what_would_lock_people_out_or_cannot_be_read_is_refused_and_what_was_typed_is_kept(
    site: Site, ada: Someone, change: dict[str, str], words: str
) -> None:
    site.person(Role.AUDITOR)
    page = site.browser(ada).post("/single-sign-on", data={**OFF, **change})
    assert (page.status_code, words in page.text) == (422, True)
    assert all(line in page.text for line in {**OFF, **change}["groups"].splitlines())
    with site.database.reading() as session:
        assert session.exec(select(SingleSignOn)).first() is None


def test_an_administrator_without_a_password_is_not_enough(site: Site, ada: Someone) -> None:
    browser = site.browser(ada)
    with site.database.writing() as session:
        session.execute(update(Person).where(col(Person.id) == ada.id).values(password_hash=None))
    assert browser.post("/single-sign-on", data=OFF).status_code == 422


@pytest.mark.both_in_trials
def test_the_same_over_rest_under_a_version(site: Site, provider: MadeProvider, ada: Someone) -> None:
    browser = site.browser(ada)
    shown = browser.get("/api/v1/single-sign-on")
    assert (shown.status_code, shown.headers["etag"]) == (200, '"0"')
    assert shown.json()["provider"] == {
        "name": "Northshire account",
        "issuer": provider.address,
        "client_id": "caseaudit",
        "redirect_address": "http://127.0.0.1/sign-in/provider/back",
        "logout_address": "http://127.0.0.1/sign-in/provider/logout",
    }
    wanted = {
        "allowed": True,
        "passwords": True,
        "keepers": [],
        "groups": [{"group": "Leads", "roles": ["moderator", "quality-lead"]}],
    }
    changed = browser.put("/api/v1/single-sign-on", json=wanted, headers={"If-Match": '"0"'})
    assert (changed.status_code, changed.headers["etag"]) == (200, '"1"')
    assert {name: changed.json()[name] for name in wanted} == wanted
    for version in ('"0"', '"2"'):
        assert browser.put("/api/v1/single-sign-on", json=wanted, headers={"If-Match": version}).status_code == 412
    page = browser.get("/single-sign-on").text
    assert "Leads = moderator\nLeads = quality-lead" in page
    assert site.events().count("single-sign-on.changed") == 1


def test_turning_it_off_ends_the_sessions_that_began_there(site: Site, provider: MadeProvider, ada: Someone) -> None:
    person = site.person(Role.AUDITOR)
    allow(site, person)
    there, by_password = site.browser(), site.browser(person)
    assert sign_in(there, provider) == "/"
    off = {**OFF, "allowed": "no", "passwords": "everybody", "keepers": "", "version": "1"}
    assert site.browser(ada).post("/single-sign-on", data=off).status_code == 303
    assert [browser.get("/account").status_code for browser in (there, by_password)] == [303, 200]


def test_the_operator_lets_everybody_use_a_password_again(site: Site, ada: Someone) -> None:
    person = site.person(Role.AUDITOR)
    assert site.browser(ada).post("/single-sign-on", data=OFF).status_code == 303
    with site.database.writing() as session:
        allow_passwords_on_host(session, by=operator_of(person.organisation_id))
    assert site.browser(person).get("/account").status_code == 200


def test_who_confirms_access_may_sign_in_with_the_provider_alone(
    site: Site, provider: MadeProvider, ada: Someone
) -> None:
    """Somebody without a password counts as a reader once their account is linked: what is new then waits for them."""
    from api.people.access.hold import readers

    person = site.person(Role.QUALITY_LEAD)
    with site.database.writing() as session:
        session.execute(update(Person).where(col(Person.id) == person.id).values(password_hash=None))
    with site.database.reading() as session:
        assert readers(session, person.organisation_id) == set()
    allow(site, person)
    assert sign_in(site.browser(), provider) == "/"
    with site.database.reading() as session:
        assert readers(session, person.organisation_id) == {person.id}


def test_what_was_typed_before_the_session_ended_is_kept_while_somebody_signs_in_in_another_tab(
    site: Site, provider: MadeProvider
) -> None:
    from html import escape

    from tests.cast import hidden_fields

    person = site.person(Role.AUDITOR)
    allow(site, person)
    browser = site.browser()
    page = browser.post("/account", data={"name": "Ash R.", "version": "1"})
    assert (page.status_code, 'target="_blank"' in page.text) == (401, True)
    carried = {"carried": hidden_fields(page.text)["carried"]}
    early = browser.post("/sign-in/provider/continue", data=carried)
    assert (early.status_code, escape("You are not signed in yet") in early.text) == (422, True)
    assert hidden_fields(early.text)["carried"] == carried["carried"]
    assert sign_in(browser, provider) == "/"
    later = browser.post("/sign-in/provider/continue", data=carried)
    assert (later.status_code, hidden_fields(later.text)["name"]) == (200, "Ash R.")


def test_without_a_provider_the_page_says_who_sets_it_up(site: Site, ada: Someone) -> None:
    settings: Settings = site.app.state.settings
    site.app.state.settings = settings.model_copy(update={"oidc_issuer": ""})
    browser = site.browser(ada)
    assert "The people who run this service set up the provider first" in browser.get("/single-sign-on").text
    refused = browser.post("/single-sign-on", data=OFF)
    assert (refused.status_code, "There is no provider to sign in with" in refused.text) == (422, True)
    assert browser.post("/single-sign-on/test").status_code == 303
    assert browser.post("/api/v1/single-sign-on/test").status_code == 409
