"""Roles by groups: given and taken away at each sign-in, within what holds for administrators too."""

from typing import Any

import pytest
from sqlmodel import col, select

from api.foundation.permissions import Permission
from models import AccessKind, AccessRequest, Audit, GroupRole, Role, RoleGrant
from tests.cast import Site, Someone
from tests.factories import a_key
from tests.people.single_sign_on.made_provider import MadeProvider, allow, refused, sign_in

GROUPS = {"auditors": Role.AUDITOR, "leads": Role.QUALITY_LEAD, "admins": Role.ADMINISTRATOR}


def roles_of(site: Site, person: Someone) -> set[Role]:
    with site.database.reading() as session:
        return set(session.exec(select(col(RoleGrant.role)).where(col(RoleGrant.person_id) == person.id)))


def with_groups(site: Site, person: Someone, asker: Someone) -> None:
    allow(site, person, changed_by_id=asker.id)
    with site.database.writing() as session:
        session.add_all(
            GroupRole(organisation_id=person.organisation_id, group_name=name, role=role)
            for name, role in GROUPS.items()
        )


@pytest.fixture
def ada(site: Site) -> Someone:
    return site.person(Role.ADMINISTRATOR, email="ada@northshire.example", name="Ada")


@pytest.mark.both_databases
def test_a_role_with_which_somebody_may_read_audits_waits_for_a_second_person_and_goes_with_the_group(
    site: Site, provider: MadeProvider, ada: Someone
) -> None:
    lead = site.person(Role.QUALITY_LEAD, email="lena@northshire.example", name="Lena")
    person = site.person(Role.ACTION_OWNER)
    with_groups(site, person, ada)
    browser = site.browser()
    assert sign_in(browser, provider, groups=["auditors", "of no role"]) == "/"
    assert roles_of(site, person) == {Role.ACTION_OWNER}
    assert browser.get("/api/v1/rounds").status_code == 403
    with site.database.reading() as session:
        (request,) = session.exec(select(AccessRequest)).all()
    assert (request.roles, request.asked_by_id) == ("auditor", ada.id)
    assert sign_in(site.browser(), provider, groups=["auditors"]) == "/", "nothing is asked for twice"
    confirmed = site.browser(lead).post(
        f"/api/v1/access-requests/{request.id}/decision", json={"confirmed": True}, headers=a_key()
    )
    assert confirmed.status_code == 200, confirmed.text
    assert roles_of(site, person) == {Role.ACTION_OWNER, Role.AUDITOR}
    program = site.program(site.token(person, Permission.READ_ROUNDS))
    assert (browser.get("/api/v1/rounds").status_code, program.get("/api/v1/rounds").status_code) == (200, 200)
    assert sign_in(site.browser(), provider, groups=[]) == "/"
    assert roles_of(site, person) == {Role.ACTION_OWNER}, "what is not decided by groups stays"
    assert (browser.get("/api/v1/rounds").status_code, program.get("/api/v1/rounds").status_code) == (403, 401)
    assert "person.roles-of-groups" in site.events()


def test_what_waits_is_taken_back_with_the_group(site: Site, provider: MadeProvider, ada: Someone) -> None:
    site.person(Role.QUALITY_LEAD, email="lena@northshire.example")
    person = site.person(Role.ACTION_OWNER)
    with_groups(site, person, ada)
    for groups in (["auditors"], []):
        assert sign_in(site.browser(), provider, groups=groups) == "/"
    with site.database.reading() as session:
        (request,) = session.exec(select(AccessRequest)).all()
    assert (request.decided_at is not None, request.confirmed) == (True, False)


@pytest.mark.both_in_trials
def test_nobody_becomes_an_administrator_who_reads_audits(site: Site, provider: MadeProvider, ada: Someone) -> None:
    person = site.person(Role.AUDITOR)
    with_groups(site, person, ada)
    browser = site.browser()
    assert sign_in(browser, provider, groups=["auditors", "admins"]) == "/"
    assert roles_of(site, person) == {Role.AUDITOR}
    assert "An administrator cannot see audits" in browser.get("/").text
    browser = site.browser()
    assert sign_in(browser, provider, groups=["admins"]) == "/"
    assert roles_of(site, person) == {Role.ADMINISTRATOR}
    assert "An administrator cannot see audits" not in browser.get("/").text


def test_a_role_that_waits_by_hand_keeps_an_administrator_of_groups_from_it(
    site: Site, provider: MadeProvider, ada: Someone
) -> None:
    site.person(Role.QUALITY_LEAD, email="lena@northshire.example")
    person = site.person(Role.ACTION_OWNER)
    with_groups(site, person, ada)
    with site.database.writing() as session:
        session.add(
            AccessRequest(
                organisation_id=person.organisation_id,
                person_id=person.id,
                kind=AccessKind.ROLES,
                roles="moderator",
                asked_by_id=ada.id,
            )
        )
    assert sign_in(site.browser(), provider, groups=["admins"]) == "/"
    assert roles_of(site, person) == {Role.ACTION_OWNER}
    with site.database.reading() as session:
        assert session.exec(select(col(AccessRequest.roles))).all() == ["moderator"]


def test_the_last_administrator_stays_one(site: Site, provider: MadeProvider) -> None:
    person = site.person(Role.ADMINISTRATOR)
    with_groups(site, person, person)
    browser = site.browser()
    assert sign_in(browser, provider, groups=["auditors"]) == "/"
    assert roles_of(site, person) == {Role.ADMINISTRATOR}
    assert "because you are the last" in browser.get("/").text
    site.person(Role.ADMINISTRATOR, email="ada@northshire.example")
    assert sign_in(site.browser(), provider, groups=[]) == "/"
    assert roles_of(site, person) == set()


def test_in_a_new_service_the_first_reader_needs_nobody(site: Site, provider: MadeProvider, ada: Someone) -> None:
    person = site.person()
    with site.database.reading() as session:
        assert session.exec(select(Audit)).first() is None
    with_groups(site, person, ada)
    assert sign_in(site.browser(), provider, groups="leads") == "/"
    assert roles_of(site, person) == {Role.QUALITY_LEAD}
    second = site.person(email="bo@northshire.example")
    assert sign_in(site.browser(), provider, sub="bo", email=second.email, groups=["leads"]) == "/"
    assert roles_of(site, second) == set()


@pytest.mark.parametrize(
    "said",
    [
        {"_claim_names": {"groups": "src1"}},
        {"hasgroups": True},
        {"groups": [f"group {number}" for number in range(1001)]},
    ],
)
def test_where_the_provider_does_not_name_all_groups_nobody_gets_in_by_old_ones(
    site: Site, provider: MadeProvider, ada: Someone, said: dict[str, Any]
) -> None:
    person = site.person(Role.AUDITOR)
    with_groups(site, person, ada)
    assert refused(sign_in(site.browser(), provider, **said)) == "groups-unknown"
    assert (roles_of(site, person), site.sessions()) == ({Role.AUDITOR}, [])


def test_groups_are_asked_for_where_the_token_leaves_them_out(site: Site, provider: MadeProvider, ada: Someone) -> None:
    person = site.person()
    with_groups(site, person, ada)
    provider.people["code-1"] = {"sub": "ash-there", "groups": ["admins"]}
    assert sign_in(site.browser(), provider) == "/"
    assert roles_of(site, person) == {Role.ADMINISTRATOR}


def test_without_a_mapping_groups_change_nothing(site: Site, provider: MadeProvider) -> None:
    person = site.person(Role.AUDITOR)
    allow(site, person)
    assert sign_in(site.browser(), provider, groups=["admins"], hasgroups=True) == "/"
    assert roles_of(site, person) == {Role.AUDITOR}
