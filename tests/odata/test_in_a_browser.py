"""The page of the data feed in a real browser, at the width of a phone and of a desk, with and without JavaScript."""

import pytest
from playwright.sync_api import expect

from tests.browser import DESKTOP_WIDTH, NewPage, look
from tests.desk import Desk
from tests.site_in_browser import browse, served

PHONE = 320


@pytest.mark.parametrize(("width", "javascript"), [(PHONE, False), (DESKTOP_WIDTH, True)])
def test_the_page_says_how_to_connect_and_gives_the_file(
    new_page: NewPage, desk: Desk, width: int, javascript: bool
) -> None:
    with served(desk.database) as address:
        page = browse(new_page, desk, address, desk.cast.lena, width, javascript=javascript)
        page.goto(f"{address}/data-feed")
        expect(page.get_by_label("Address of the feed")).to_have_value(f"{address}/odata")
        expect(page.get_by_role("table")).to_contain_text("Answers")
        look(page, javascript=javascript)
        with page.expect_download() as download:
            page.get_by_role("link", name="Download the file for Power BI").click()
        assert download.value.suggested_filename == "case-audit.pbids"
