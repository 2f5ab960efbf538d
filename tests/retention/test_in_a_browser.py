"""A shorter retention period is requested and confirmed, in a real browser."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from api.foundation.settings import Settings
from tests.browser import NewPage, axe, scrolls_sideways
from tests.desk import Desk, a_desk
from tests.factories import an_actor
from tests.site_in_browser import served, sign_in


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite_file: Path) -> Iterator[Desk]:
    file = tmp_path_factory.mktemp("retention") / "desk.sqlite3"
    file.write_bytes(migrated_sqlite_file.read_bytes())
    with a_desk(f"sqlite:///{file}") as made:
        yield made


@pytest.fixture(scope="module")
def address(desk: Desk) -> Iterator[str]:
    with served(desk.database, Settings(database_url=str(desk.database.engine.url))) as found:
        yield found


def look(page: Page) -> None:
    """That the page reads well, as it stands."""
    assert axe(page) == [], page.url
    assert not scrolls_sideways(page), page.url


def test_a_lead_asks_for_a_shorter_period_and_a_moderator_confirms_it(
    desk: Desk, address: str, new_page: NewPage
) -> None:
    desk.answer(audit_id := desk.an_audit())
    desk.submit(audit_id)
    desk.close_round()
    lena, mo = new_page(width=1280), new_page(width=320)
    sign_in(lena, address, desk.database, an_actor(desk.cast.lena))
    sign_in(mo, address, desk.database, an_actor(desk.cast.mo))
    lena.goto(f"{address}/retention")
    look(lena)
    lena.get_by_role("button", name="Change period").click()
    expect(lena.get_by_text("There is a problem")).to_be_visible()
    look(lena)
    lena.get_by_label("Kind of record").select_option("audits")
    lena.get_by_label("Months").fill("1")
    lena.get_by_role("button", name="Change period").click()
    expect(lena.get_by_text("Shorter period requested")).to_be_visible()
    mo.goto(f"{address}/retention")
    look(mo)
    mo.get_by_role("button", name=re.compile("^Confirm")).click()
    expect(mo.get_by_text("It applies in 30 days")).to_be_visible()
    expect(mo.get_by_text("Audits of Spring round")).to_be_visible()
    look(mo)
