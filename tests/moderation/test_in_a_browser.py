"""Moderation and sign-off in a real browser: from the queue to a signed audit, and open again."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import NewPage, look
from tests.desk import Desk, a_desk
from tests.signing import submitted
from tests.site_in_browser import browse, served

PHONE = 320
WHY = "The child was seen once only, with a parent in the room."


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite_file: Path) -> Iterator[Desk]:
    file = tmp_path_factory.mktemp("moderation") / "desk.sqlite3"
    file.write_bytes(migrated_sqlite_file.read_bytes())
    with a_desk(f"sqlite:///{file}") as made:
        yield made


@pytest.fixture(scope="module")
def address(desk: Desk) -> Iterator[str]:
    with served(desk.database) as found:
        yield found


def choose(page: Page, group: str, answer: str) -> None:
    """Choose the answer whose label begins so."""
    page.get_by_role("group", name=group).get_by_label(re.compile(rf"^{answer}")).check()


def test_an_audit_is_moderated_signed_and_opened_again(desk: Desk, address: str, new_page: NewPage) -> None:
    audit_id = submitted(desk)
    reference = desk.find(audit_id).case_file.reference
    asha, mo, lena = (
        browse(new_page, desk, address, person, PHONE) for person in (desk.cast.asha, desk.cast.mo, desk.cast.lena)
    )
    lena.goto(f"{address}/rounds/{desk.round_id}/moderation-rule")
    lena.get_by_label("Percentage of audits to moderate").fill("120")
    lena.get_by_role("button", name="Save moderation rules").click()
    expect(lena.get_by_role("alert")).to_contain_text("The percentage of audits must be a whole number from 0 to 100")
    look(lena)

    mo.goto(f"{address}/moderation")
    look(mo)
    mo.get_by_role("link", name=reference).click()
    look(mo)
    mo.get_by_role("button", name="Start moderation").click()
    look(mo)
    choose(mo, "Your answer for Voice of the child", "Inadequate")
    mo.get_by_role("button", name="Save and agree the audit").click()
    expect(mo.get_by_role("alert")).to_contain_text("Voice of the child: enter a reason for changing the answer")
    look(mo)
    mo.get_by_role("link", name="Voice of the child: enter a reason").click()
    expect(mo.get_by_label("Reason for changing the answer").first).to_be_focused()
    mo.get_by_label("Reason for changing the answer").first.fill(WHY)
    for theme in ("Daily life", "Planning", "Challenge"):
        choose(mo, f"Your answer for {theme}", "Good")
    choose(mo, "Your overall judgement", "Good")
    mo.get_by_role("button", name="Save and continue later").click()
    mo.get_by_label("Subject of the comment").select_option("Planning")
    mo.get_by_label("Comment", exact=True).fill("Where does the plan stand?")
    mo.get_by_role("button", name="Add comment").click()
    mo.get_by_role("button", name="Save and agree the audit").click()
    expect(mo.get_by_role("alert")).to_contain_text("Resolve this comment thread first")
    look(mo)

    _answer_and_agree(f"{address}/audits/{audit_id}/moderation", asha, mo)

    lena.goto(f"{address}/moderation")
    lena.get_by_role("link", name=reference).click()
    look(lena)
    choose(lena, "Which overall judgement do you sign off?", "Good")
    lena.get_by_role("button", name="Sign off").click()
    expect(lena.get_by_text("Unchanged since sign-off")).to_be_visible()
    look(lena)
    lena.get_by_label("Why should this audit be reopened?").fill("A page of the file was missing.")
    lena.get_by_role("button", name="Ask to reopen audit").click()
    expect(lena.get_by_role("button", name="Reopen audit")).to_have_count(0)
    mo.goto(f"{address}/audits/{audit_id}/moderation")
    look(mo)
    mo.get_by_role("button", name="Reopen audit").click()
    expect(mo.get_by_role("heading", name="Signature voided")).to_be_visible()
    look(mo)


def _answer_and_agree(audit: str, asha: Page, mo: Page) -> None:
    """The auditor answers the comment before the moderator resolves it, and reads the moderator's reason after."""
    asha.goto(audit)
    expect(asha.get_by_text(WHY)).to_have_count(0)
    asha.get_by_label("Thread to reply to").select_option("Thread 1, started by Mo")
    asha.get_by_label("Comment", exact=True).fill("On page four.")
    asha.get_by_role("button", name="Add comment").click()
    look(asha)
    mo.goto(audit)
    mo.get_by_role("button", name="Resolve thread 1").click()
    mo.get_by_role("button", name="Save and agree the audit").click()
    expect(mo.get_by_text("Waiting for sign-off.")).to_be_visible()
    look(mo)
    asha.goto(audit)
    expect(asha.get_by_text(WHY)).to_be_visible()
