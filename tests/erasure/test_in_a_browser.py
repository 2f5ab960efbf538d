"""A case is looked up, its erasure requested and confirmed, in a real browser."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from api.foundation.settings import Settings
from tests.browser import NewPage, axe, scrolls_sideways
from tests.desk import Desk, a_desk
from tests.erasure.full_case import REFERENCE, a_full_case
from tests.factories import an_actor
from tests.site_in_browser import served, sign_in
from tests.thorough import some_of

PHONE = 320


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite_file: Path) -> Iterator[Desk]:
    file = tmp_path_factory.mktemp("erasure") / "desk.sqlite3"
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


@pytest.mark.parametrize("width", some_of([1280, PHONE], 1, of="widths of erasing"))
def test_a_lead_looks_a_case_up_and_a_moderator_confirms_its_erasure(
    desk: Desk, address: str, new_page: NewPage, width: int
) -> None:
    reference = f"{REFERENCE}-{width}"
    a_full_case(desk, reference=reference)
    lena, mo = new_page(width=width), new_page(width=width)
    sign_in(lena, address, desk.database, an_actor(desk.cast.lena))
    sign_in(mo, address, desk.database, an_actor(desk.cast.mo))
    lena.goto(f"{address}/case-records")
    look(lena)
    lena.get_by_label("Reference of the case file").fill(reference)
    lena.get_by_role("button", name="Show what is held").click()
    expect(lena.get_by_role("heading", level=1)).to_contain_text(reference)
    look(lena)
    lena.get_by_role("button", name="Request erasure").click()
    expect(lena.get_by_text("There is a problem")).to_be_visible()
    look(lena)
    lena.get_by_label("The person asked for it").check()
    lena.get_by_role("button", name="Request erasure").click()
    expect(lena.get_by_text("Erasure requested")).to_be_visible()
    look(lena)
    mo.goto(f"{address}/erasures")
    look(mo)
    mo.get_by_role("button", name=re.compile("^Erase")).click()
    expect(mo.get_by_text("The case was erased")).to_be_visible()
    expect(mo.get_by_text(reference)).to_have_count(0)
    look(mo)
