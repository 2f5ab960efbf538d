"""The menu: six tasks at most on its top line, whatever roles somebody has, and every page below them."""

from itertools import combinations

import pytest

from api.foundation.pages.menu import MENU, MenuEntry, Section, navigation
from api.foundation.permissions import Actor, Permission
from models import Role, new_id
from tests.browser import NewPage
from tests.desk import Desk
from tests.factories import an_actor
from tests.site_in_browser import served, sign_in

EVERY_MIX = [frozenset(mix) for size in range(1, len(Role) + 1) for mix in combinations(Role, size)]
MOST = 6


def somebody(roles: frozenset[Role]) -> Actor:
    return Actor(1, new_id(), roles=roles)


def test_the_top_line_has_six_items_at_most_for_every_role_and_combination_of_roles() -> None:
    assert len(Section) <= MOST
    for roles in EVERY_MIX:
        found = navigation(somebody(roles), "/")
        # Who only owns actions has them on the home page.
        least = 1 if roles == {Role.ACTION_OWNER} else 2
        assert least <= len(found.sections) <= MOST
        assert len({link.text for link in found.sections}) == len(found.sections)
        assert len({link.path for link in found.sections}) == len(found.sections)


def test_a_new_feature_lengthens_the_lower_level_and_not_the_top_line(monkeypatch: pytest.MonkeyPatch) -> None:
    lead = somebody(frozenset({Role.QUALITY_LEAD}))
    before = navigation(lead, "/rounds")
    entry = MenuEntry("Bookmarks", "/bookmarks", Permission.READ_AUDITS, Section.ROUNDS, place=99)
    monkeypatch.setattr(MENU, "_providers", [*MENU, entry])
    after = navigation(lead, "/bookmarks")
    assert len(after.sections) == len(before.sections)
    assert [link.text for link in after.pages] == [*(link.text for link in before.pages), "Bookmarks"]
    assert [link.text for link in after.pages if link.is_current] == ["Bookmarks"]


@pytest.mark.parametrize("roles", EVERY_MIX, ids=lambda roles: "+".join(sorted(roles)))
def test_every_page_of_the_menu_is_one_or_two_links_away(roles: frozenset[Role]) -> None:
    actor = somebody(roles)
    allowed = {entry.path for entry in MENU if actor.may(entry.permission)}
    top = navigation(actor, "/nowhere").sections
    below = {link.path for section in top for link in navigation(actor, section.path).pages}
    assert {link.path for link in top} | below == allowed


@pytest.mark.parametrize("roles", EVERY_MIX, ids=lambda roles: "+".join(sorted(roles)))
def test_a_section_that_is_named_after_a_page_opens_that_page(roles: frozenset[Role]) -> None:
    path_of = {entry.text: entry.path for entry in MENU}
    top = navigation(somebody(roles), "/").sections
    assert [(link.text, link.path) for link in top if path_of.get(link.text, link.path) != link.path] == []


def test_calibration_is_beside_the_checking_of_audits_for_those_who_audit_nothing() -> None:
    for role, section in ((Role.AUDITOR, "My audits"), (Role.QUALITY_LEAD, "Check audits")):
        found = navigation(somebody(frozenset({role})), "/calibration")
        assert [link.text for link in found.sections if link.is_current] == [section]
        assert [link.text for link in found.pages if link.is_current] == ["Calibration"]


@pytest.mark.parametrize(
    ("page", "section", "entry"),
    [
        ("", "Rounds", "Rounds"),
        ("/audits", "Rounds", "Rounds"),
        ("/report", "Reports", "Gap report"),
        ("/answers", "Reports", "Gap report"),
        ("/agreement", "Reports", "Agreement"),
        ("/snapshot", "Reports", "Snapshots"),
    ],
)
def test_a_report_of_a_round_belongs_to_reports(page: str, section: str, entry: str) -> None:
    found = navigation(somebody(frozenset({Role.QUALITY_LEAD})), f"/rounds/{new_id()}{page}")
    assert [link.text for link in found.sections if link.is_current] == [section]
    assert [link.text for link in found.pages if link.is_current] == [entry]


def test_the_line_fits_at_1280_pixels_and_names_the_organisation(desk: Desk, new_page: NewPage) -> None:
    for person in (desk.cast.asha, desk.cast.mo, desk.cast.lena, desk.cast.ada):
        with served(desk.database) as address:
            page = new_page(width=1280)
            sign_in(page, address, desk.database, an_actor(person))
            page.goto(f"{address}/")
            places = page.locator(".govuk-service-navigation__item").evaluate_all(
                "items => items.map(item => item.getBoundingClientRect().top)"
            )
            assert len(set(places)) == 1
            assert desk.cast.organisation.name in page.inner_text("header")
