"""From the rule of a round to what was corrected, in a real browser at the width of a telephone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser import NewPage, look
from tests.desk import Desk, a_desk
from tests.follow_ups.following import NOT_ON_FILE, NOW, at_lowest, moderated
from tests.site_in_browser import browse, served

PHONE = 375


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite_file: Path) -> Iterator[Desk]:
    file = tmp_path_factory.mktemp("follow-ups") / "desk.sqlite3"
    file.write_bytes(migrated_sqlite_file.read_bytes())
    with a_desk(f"sqlite:///{file}") as made:
        yield made


@pytest.fixture(scope="module")
def address(desk: Desk) -> Iterator[str]:
    with served(desk.database) as found:
        yield found


def test_an_audit_at_the_lowest_rating_is_followed_up(desk: Desk, address: str, new_page: NewPage) -> None:
    lena, ben = (browse(new_page, desk, address, person, PHONE) for person in (desk.cast.lena, desk.cast.ben))
    lena.goto(f"{address}/rounds/{desk.round_id}")
    lena.get_by_role("link", name="When an audit is at the lowest rating").click()
    look(lena)
    lena.get_by_role("button", name="Save rule").click()
    expect(lena.get_by_role("alert")).to_contain_text("Select who is notified")
    look(lena)
    lena.get_by_label("Voice of the child").check()
    lena.get_by_label("Post of somebody without an account").fill("Head of Service")
    lena.get_by_role("button", name="Save rule").click()
    expect(lena.get_by_text("Rule for follow-ups saved.")).to_be_visible()

    audit_id = at_lowest(desk)
    moderated(desk, audit_id)
    lena.goto(f"{address}/follow-ups")
    expect(lena.get_by_text("Not notified", exact=True)).to_be_visible()
    look(lena)
    lena.get_by_role("link", name=desk.find(audit_id).case_file.reference).click()
    look(lena)
    lena.get_by_role("button", name="Record that they were notified").click()
    expect(lena.get_by_role("alert")).to_be_visible()
    lena.get_by_label("Reader").select_option("Ben")
    lena.get_by_role("button", name="Allocate follow-up").click()
    expect(lena.get_by_text("Follow-up allocated.")).to_be_visible()
    look(lena)

    ben.goto(address)
    ben.get_by_role("link", name="1 follow-up to do").click()
    ben.get_by_role("link", name=desk.find(audit_id).case_file.reference).click()
    expect(ben.get_by_text(NOT_ON_FILE)).to_be_visible()
    look(ben)
    ben.get_by_label("Voice of the child: what the file shows now").fill(NOW)
    ben.get_by_role("button", name="Record follow-up").click()
    expect(ben.get_by_role("alert")).to_contain_text("Voice of the child: select whether it was corrected")
    expect(ben.get_by_label("Voice of the child: what the file shows now")).to_have_value(NOW)
    look(ben)
    ben.get_by_label("Corrected", exact=True).check()
    ben.get_by_role("button", name="Record follow-up").click()
    expect(ben.get_by_text("Follow-up recorded.")).to_be_visible()
    look(ben)

    lena.goto(f"{address}/follow-ups?show=done")
    expect(lena.get_by_text("Done", exact=True).last).to_be_visible()
    look(lena)
    lena.goto(f"{address}/rounds/{desk.round_id}/report")
    expect(lena.get_by_role("heading", name="Audits at the lowest rating, and their follow-ups")).to_be_visible()
