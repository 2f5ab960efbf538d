"""The newest built-in template: a theme takes less than two screens, and its blank checklist prints on four pages."""

import io
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page
from pypdf import PdfReader

from checklists.templates.library import load_library_template
from tests.browser import NewPage
from tests.desk import Desk, a_desk
from tests.factories import an_actor
from tests.site_in_browser import served, sign_in

HEIGHT = 900
MOST_SCREENS = 2
MOST_PRINTED_PAGES = 4


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    newest = load_library_template("scr-themes").model_copy(update={"key": "scr-themes-again"})
    with a_desk(database_url, template=newest) as made:
        yield made


def height_of(page: Page) -> int:
    height: int = page.evaluate("() => document.documentElement.scrollHeight")
    return height


def test_a_theme_takes_less_than_two_screens_and_a_blank_checklist_four_pages(desk: Desk, new_page: NewPage) -> None:
    audit = desk.an_audit(reference="CF-1001")
    page = new_page(width=1280, height=HEIGHT)
    with served(desk.database) as address:
        sign_in(page, address, desk.database, an_actor(desk.cast.asha))
        heights = {}
        for theme in desk.template.theme_keys:
            page.goto(f"{address}/audits/{audit}/themes/{theme}")
            heights[theme] = height_of(page)
        page.goto(f"{address}/audits/{audit}/print?blank=1")
        assert "Cannot be judged from the file" in page.inner_text("main")
        printed = len(PdfReader(io.BytesIO(page.pdf(format="A4"))).pages)
    print(f"The longest theme is {max(heights.values())} pixels high; the blank checklist has {printed} pages")
    assert {theme: height for theme, height in heights.items() if height >= MOST_SCREENS * HEIGHT} == {}
    assert printed <= MOST_PRINTED_PAGES
