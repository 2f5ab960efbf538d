"""A practice action from a gap to its impact, in a real browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import NewPage, look
from tests.desk import Desk, a_desk
from tests.site_in_browser import browse, served

PHONE = 375


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite_file: Path) -> Iterator[Desk]:
    file = tmp_path_factory.mktemp("improvement") / "desk.sqlite3"
    file.write_bytes(migrated_sqlite_file.read_bytes())
    with a_desk(f"sqlite:///{file}") as made:
        for number in range(6):
            audit_id = made.an_audit()
            made.answer(audit_id, "good" if number < 2 else "inadequate", rationale="Seen on file.")
            made.submit(audit_id)
        yield made


@pytest.fixture(scope="module")
def address(desk: Desk) -> Iterator[str]:
    with served(desk.database) as found:
        yield found


def fill_date(page: Page, legend: str, year: str) -> None:
    group = page.get_by_role("group", name=legend)
    for part, value in (("Day", "31"), ("Month", "3"), ("Year", year)):
        group.get_by_label(part).fill(value)


def test_a_gap_becomes_an_action_that_closes_with_evidence(desk: Desk, address: str, new_page: NewPage) -> None:
    lena, asha = (browse(new_page, desk, address, person, PHONE) for person in (desk.cast.lena, desk.cast.asha))
    lena.goto(f"{address}/rounds/{desk.round_id}/report")
    lena.get_by_role("link", name="Plan an action").click()
    expect(lena.get_by_role("heading", level=1)).to_have_text("Plan an action")
    look(lena)
    lena.get_by_role("button", name="Propose action").click()
    expect(lena.get_by_role("alert")).to_contain_text("Select at least one theme")
    look(lena)
    lena.get_by_label("Planning").check()
    lena.get_by_label("What will be done?").fill("Every plan names who does what by when.")
    fill_date(lena, "Due date", "2040")
    lena.get_by_label("Owner", exact=True).select_option("Asha")
    lena.get_by_label("Success measure").fill("Eight of ten plans name who does what.")
    lena.get_by_label("Dip sample").check()
    fill_date(lena, "When should it be seen?", "2041")
    lena.get_by_label("Steps (optional)").fill("Write a guide\nTrain the team")
    lena.get_by_role("button", name="Propose action").click()
    expect(lena.get_by_text("33%")).to_be_visible()
    look(lena)
    lena.get_by_role("button", name="Agree action").click()
    here = lena.url
    of_owner(asha, address, here)
    lena.goto(here)
    lena.get_by_role("link", name="Confirm impact").click()
    look(lena)
    lena.get_by_label("Dip sample").check()
    fill_date(lena, "When was it seen?", "2020")
    lena.get_by_label("What was seen?").fill("Nine of ten plans name who does what.")
    lena.get_by_role("button", name="Confirm impact").click()
    expect(lena.get_by_text("Impact shown")).to_be_visible()
    look(lena)
    lena.goto(f"{address}/actions?show=closed")
    look(lena)


def of_owner(asha: Page, address: str, here: str) -> None:
    """What the owner does: starts, notes progress, moves the due date, and records it as done."""
    asha.goto(f"{address}/actions")
    look(asha)
    asha.goto(here)
    expect(asha.get_by_text("33%")).to_have_count(0)
    asha.get_by_role("button", name="Start work").click()
    asha.get_by_role("link", name="Note progress").click()
    asha.get_by_label("Write a guide").check()
    asha.get_by_label("What has happened since the last note?").fill("The guide is written and read.")
    look(asha)
    asha.get_by_role("button", name="Save note").click()
    asha.get_by_role("link", name="Move the due date").click()
    fill_date(asha, "New due date", "2042")
    look(asha)
    asha.get_by_label("Why is the due date changing?").fill("The trainer was ill.")
    asha.get_by_role("button", name="Move due date").click()
    asha.get_by_role("link", name="Record as done").click()
    asha.get_by_label("What was done?").fill("The whole team was trained.")
    look(asha)
    asha.get_by_role("button", name="Record as done").click()
    expect(
        asha.get_by_text("The action stays open until someone who does not own it confirms its impact.")
    ).to_be_visible()
    expect(asha.get_by_role("link", name="Confirm impact")).to_have_count(0)
    look(asha)


def test_a_recommendation_is_recorded_acted_on_and_answered(desk: Desk, address: str, new_page: NewPage) -> None:
    lena = browse(new_page, desk, address, desk.cast.lena, PHONE)
    lena.goto(f"{address}/recommendations")
    look(lena)
    lena.get_by_role("link", name="Record a recommendation").click()
    look(lena)
    lena.get_by_label("Template with the themes it is about (optional)").select_option(
        label="A small template, version 1"
    )
    lena.get_by_role("button", name="Show themes").click()
    look(lena)
    lena.get_by_role("button", name="Record recommendation").click()
    expect(lena.get_by_role("alert")).to_contain_text("Select what it is from")
    look(lena)
    lena.get_by_label("Rapid review").check()
    lena.get_by_label("Title of the source").fill("Rapid review of March 2026")
    fill_date(lena, "Date of the source", "2020")
    lena.get_by_label("Recommendation", exact=True).fill("Every plan names who does what by when.")
    lena.get_by_label("Planning").check()
    lena.get_by_label("Person responsible").select_option("Lena")
    fill_date(lena, "Due date", "2041")
    lena.get_by_role("button", name="Record recommendation").click()
    expect(lena.get_by_role("heading", name="What audits have shown since")).to_be_visible()
    expect(lena.get_by_role("link", name="Spring round")).to_be_visible()
    look(lena)
    here = lena.url
    lena.get_by_role("link", name="Change the recommendation").click()
    look(lena)
    lena.goto(here)
    lena.get_by_role("link", name="Answer the recommendation").click()
    look(lena)
    lena.get_by_label("How do you know that it was acted on?").fill("Nine of ten plans name who does what.")
    lena.get_by_role("button", name="Save answer").click()
    expect(lena.get_by_text("Answered by Lena")).to_be_visible()
    look(lena)


def test_an_action_for_a_child_is_proposed_beside_the_answers_and_goes_live(
    desk: Desk, address: str, new_page: NewPage
) -> None:
    audit_id = desk.an_audit()
    desk.answer(audit_id, "inadequate", rationale="Nobody saw the child.")
    asha, lena = (browse(new_page, desk, address, person, PHONE) for person in (desk.cast.asha, desk.cast.lena))
    asha.goto(f"{address}/audits/{audit_id}/actions/new?theme=voice")
    look(asha)
    asha.get_by_role("button", name="Propose action").click()
    look(asha)
    asha.get_by_label("What must happen for this child?").fill("See the child alone.")
    asha.get_by_label("Or the post of an owner without an account").fill("Team manager")
    asha.get_by_role("button", name="Propose action").click()
    look(asha)
    asha.goto(f"{address}/audits/{audit_id}")
    expect(asha.get_by_text("See the child alone.")).to_be_visible()
    look(asha)
    desk.submit(audit_id)
    lena.goto(f"{address}/actions?kind=child-level")
    look(lena)
    lena.get_by_role("link", name="See the child alone.").first.click()
    expect(lena.get_by_role("heading", level=1)).to_have_text("Child-level action")
    look(lena)
    lena.goto(f"{address}/reports/changed")
    look(lena)
    lena.get_by_role("link", name="Version for sharing").click()
    look(lena)


def test_a_characteristic_is_added_set_on_a_case_and_compared_by(desk: Desk, address: str, new_page: NewPage) -> None:
    lena = browse(new_page, desk, address, desk.cast.lena, PHONE)
    title = "Sex"
    lena.goto(f"{address}/characteristics")
    look(lena)
    lena.get_by_role("link", name="Add a characteristic").click()
    lena.get_by_label("Groups").fill("Girl: F, Female\nBoy: F")
    lena.get_by_role("button", name="Add characteristic").click()
    expect(lena.get_by_role("alert")).to_contain_text("Two groups have the same word")
    look(lena)
    lena.get_by_label("Characteristic", exact=True).fill(title)
    lena.get_by_label("Groups").fill("Girl: F, Female\nBoy: M")
    lena.get_by_role("button", name="Add characteristic").click()
    look(lena)
    lena.goto(f"{address}/case-files")
    lena.get_by_role("table").get_by_role("link").first.click()
    lena.get_by_role("link", name="Characteristics of the case").click()
    look(lena)
    lena.get_by_label(title).select_option("Girl")
    lena.get_by_role("button", name="Save characteristics").click()
    lena.goto(f"{address}/rounds/{desk.round_id}/characteristics")
    expect(lena.get_by_role("heading", level=1)).to_contain_text("Who practice is worse for")
    look(lena)


def test_lines_of_a_document_with_recommendations_are_marked(desk: Desk, address: str, new_page: NewPage) -> None:
    lena = browse(new_page, desk, address, desk.cast.lena, PHONE)
    lena.goto(f"{address}/templates/from-document")
    look(lena)
    lena.get_by_label("Title of the document").fill("A review")
    lena.get_by_label("Or paste its text").fill(
        "## The child\n- Voice of the child: nobody asked.\n\n## Recommendations\n- Plans should name who does what."
    )
    lena.get_by_label("Is it a new edition?").select_option(label="A small template")
    lena.get_by_role("button", name="Read document").click()
    expect(lena.get_by_role("heading", name="What changed since version 1")).to_be_visible()
    expect(lena.get_by_role("group", name="Add them to the register?")).to_be_visible()
    look(lena)
