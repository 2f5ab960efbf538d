"""Feedback from its form to the practitioner's reflection and the team's representation, in a real browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import NewPage, look
from tests.desk import Desk, a_desk
from tests.factories import MadePerson
from tests.feedback.giving import THINK, audited
from tests.improvement.acting import an_owner
from tests.site_in_browser import browse, served

PHONE = 375


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite_file: Path) -> Iterator[Desk]:
    file = tmp_path_factory.mktemp("feedback") / "desk.sqlite3"
    file.write_bytes(migrated_sqlite_file.read_bytes())
    with a_desk(f"sqlite:///{file}") as made:
        yield made


@pytest.fixture(scope="module")
def olu(desk: Desk) -> MadePerson:
    return an_owner(desk)


@pytest.fixture(scope="module")
def address(desk: Desk) -> Iterator[str]:
    with served(desk.database) as found:
        yield found


def test_feedback_reaches_the_practitioner_and_the_team_and_both_answer(
    desk: Desk, olu: MadePerson, address: str, new_page: NewPage
) -> None:
    audit_id = audited(desk)
    asha, lena, mo = (
        browse(new_page, desk, address, person, PHONE) for person in (desk.cast.asha, desk.cast.lena, desk.cast.mo)
    )
    asha.goto(f"{address}/audits/{audit_id}")
    asha.get_by_role("link", name="Feedback to the practitioner").click()
    look(asha)
    asha.get_by_role("link", name="Give feedback").click()
    asha.get_by_role("button", name="Save feedback").click()
    expect(asha.get_by_role("alert")).to_contain_text("Enter the day on which the feedback was given")
    look(asha)
    asha.get_by_label("What should the practitioner think about?").fill(THINK)
    today = asha.evaluate("new Date().toISOString().slice(0, 10).split('-')")
    for part, value in zip(("Year", "Month", "Day"), today, strict=True):
        asha.get_by_label(part).fill(value)
    asha.get_by_role("button", name="Save feedback").click()
    expect(asha.get_by_text(THINK)).to_be_visible()
    look(asha)
    asha.get_by_role("link", name="Sheet for supervision").click()
    look(asha)
    asha.go_back()
    asha.get_by_role("button", name="Make a link for the practitioner").click()
    link = asha.get_by_label("One-time link").input_value()
    look(asha)
    of_practitioner(new_page(width=PHONE), address + "/feedback/" + link.rpartition("/feedback/")[2])
    asha.goto(f"{address}/reflections")
    look(asha)
    lena.goto(f"{address}/audits/{audit_id}/feedback")
    expect(lena.get_by_text("I will ask who does what.")).to_be_visible()
    lena.get_by_role("button", name="Share with the team").click()
    expect(lena.get_by_text("Feedback shared with the team of the case.")).to_be_visible()
    look(lena)
    of_team(browse(new_page, desk, address, olu, PHONE), address)
    of_moderator(mo, f"{address}/audits/{audit_id}", address)


def of_practitioner(page: Page, link: str) -> None:
    """Without an account: read, and reflect."""
    page.goto(link)
    expect(page.get_by_text(THINK)).to_be_visible()
    look(page)
    page.get_by_role("button", name="Send reflection").click()
    expect(page.get_by_role("alert")).to_contain_text("Enter the reflection")
    page.get_by_label("Your reflection").fill("I will ask who does what.")
    page.get_by_role("button", name="Send reflection").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your reflection is sent")
    look(page)
    page.goto(link)
    expect(page.get_by_role("heading", level=1)).to_have_text("This link no longer works")
    look(page)


def of_team(page: Page, address: str) -> None:
    """An action owner finds the feedback, and disagrees with a theme."""
    page.goto(f"{address}/team-feedback")
    look(page)
    page.locator("th a").first.click()
    expect(page.get_by_text(THINK)).to_be_visible()
    page.get_by_label("Theme").select_option("Planning")
    page.get_by_role("button", name="Make a representation").click()
    expect(page.get_by_role("alert")).to_contain_text("Enter why the team disagrees")
    look(page)
    page.get_by_label("Why does the team disagree?").fill("The plan is on the page before.")
    page.get_by_role("button", name="Make a representation").click()
    expect(page.get_by_text("Not answered yet")).to_be_visible()
    look(page)


def of_moderator(page: Page, audit: str, address: str) -> None:
    """A moderator finds the representation and answers; both are beside the score."""
    page.goto(f"{address}/representations")
    look(page)
    page.locator("th a").first.click()
    page.get_by_label("Not upheld").check()
    page.get_by_label("Reasons").fill("The plan has no dates.")
    look(page)
    page.get_by_role("button", name="Answer representation").click()
    expect(page.get_by_text("Representation answered.")).to_be_visible()
    look(page)
    for place in ("", "/moderation", "/print"):
        page.goto(audit + place)
        expect(page.get_by_text("The plan has no dates.")).to_be_visible()
        look(page)
