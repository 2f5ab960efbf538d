"""Before a session ends the page says so, and one button keeps it."""

from playwright.sync_api import Page

from tests.browser import NewPage, axe
from tests.desk import Desk
from tests.factories import an_actor
from tests.site_in_browser import served, sign_in


def test_a_warning_comes_before_the_session_ends_and_one_button_keeps_it(desk: Desk, new_page: NewPage) -> None:
    with served(desk.database) as address:
        page: Page = new_page(fresh=True)
        page.clock.install()
        sign_in(page, address, desk.database, an_actor(desk.cast.asha))
        page.goto(f"{address}/account")
        page.clock.fast_forward("26:30")
        assert not page.locator("#session-ends").is_visible()
        page.clock.fast_forward("01:30")
        page.wait_for_selector("#session-ends[open]")
        assert "You will be signed out at" in page.inner_text("#session-ends")
        assert axe(page) == []
        with page.expect_response("**/account/stay-signed-in") as answered:
            page.click("text=Stay signed in")
        assert answered.value.status == 204
        page.wait_for_selector("#session-ends", state="hidden")
        page.clock.fast_forward("30:00")
        page.wait_for_selector("#session-ends[open]")
        assert "You are signed out" in page.inner_text("#session-ends")
