"""The home page says what to do next, and how an empty service gets to its first open round."""

import pytest

from models import Role
from tests.cast import Site
from tests.desk import Desk, a_desk
from tests.page_forms import SeenPage

STEPS = (
    "Add teams",
    "Invite people",
    "Import a case list",
    "Plan a round",
    "Draw a sample",
    "Allocate audits",
    "Open the round",
)


def test_an_empty_service_shows_every_first_step_to_those_who_do_some_of_them(site: Site) -> None:
    words = SeenPage(site.browser(site.person(Role.ADMINISTRATOR)).get("/")).words
    assert [step for step in STEPS if step not in words] == []
    assert "0 of 7 done" in words
    lead = SeenPage(site.browser(site.person(Role.QUALITY_LEAD, email="lena@northshire.example")).get("/")).words
    assert "An administrator does this." in lead
    auditor = SeenPage(site.browser(site.person(Role.AUDITOR, email="asha@northshire.example")).get("/")).words
    assert "Get started" not in auditor
    assert "You have nothing to do now." in auditor


@pytest.mark.both_in_trials
def test_steps_are_done_one_by_one_and_disappear_with_the_first_open_round(database_url: str) -> None:
    with a_desk(database_url, opened=False) as desk:
        lena = desk.browser(desk.cast.lena)
        assert "3 of 7 done" in SeenPage(lena.get("/")).words  # teams, people, round
        desk.an_audit(reference="CF-1001")
        page = SeenPage(lena.get("/"))
        assert "6 of 7 done" in page.words
        assert f"/rounds/{desk.round_id}/open" in page.links
        opened = lena.post(f"/rounds/{desk.round_id}/open", data={"version": "1"})
        assert opened.status_code == 303
        words = SeenPage(lena.get("/")).words
        assert "Get started" not in words
        assert "Check the progress of Spring round" in words


@pytest.mark.both_in_trials
def test_auditors_see_their_next_audits_returned_ones_first(desk: Desk) -> None:
    audit_id = desk.an_audit(reference="CF-1001")
    desk.an_audit(reference="CF-1002")
    desk.answer(audit_id)
    desk.submit(audit_id)
    desk.give_back(audit_id, "Look again.")
    words = SeenPage(desk.browser(desk.cast.asha).get("/")).words
    assert words.index("Correct the audit of CF-1001") < words.index("Start the audit of CF-1002")
    assert "Spring round. Due" in words
    for number in range(6):
        desk.an_audit(reference=f"CF-200{number}")
    assert "View all 8 audits to do" in SeenPage(desk.browser(desk.cast.asha).get("/")).words


def test_moderators_and_leads_see_how_much_waits(desk: Desk) -> None:
    for reference in ("CF-1001", "CF-1002"):
        audit_id = desk.an_audit(reference=reference)
        desk.answer(audit_id)
        desk.submit(audit_id)
    assert "2 audits to moderate or sign off" in SeenPage(desk.browser(desk.cast.mo).get("/")).words
    lead = SeenPage(desk.browser(desk.cast.lena).get("/")).words
    assert "Close Spring round" in lead
    assert "2 of 2 audits submitted." in lead
