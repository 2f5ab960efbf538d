"""Webhooks in a real browser: made, tested, switched off and deleted, on a telephone and without JavaScript."""

import re

import pytest
from playwright.sync_api import Page, expect

from api.webhooks.sending import send_due
from tests.browser import NewPage, look
from tests.desk import Desk
from tests.site_in_browser import browse, served
from tests.thorough import some_of
from tests.webhooks.hooking import ADDRESS, it_happens, settings_of
from tests.webhooks.receiving import a_receiver

PHONE = 320


@pytest.mark.parametrize("javascript", some_of([True, False], 1, of="a webhook with a script or without"))
def test_an_administrator_sets_a_webhook_up_and_follows_its_messages(
    new_page: NewPage, desk: Desk, javascript: bool
) -> None:
    with served(desk.database, settings_of(desk)) as address, a_receiver() as receiver:
        page = browse(new_page, desk, address, desk.cast.ada, PHONE, javascript=javascript)
        page.goto(f"{address}/webhooks")
        seen(page, javascript)
        page.get_by_role("link", name="Create a webhook").click()
        page.get_by_role("button", name="Create webhook").click()
        expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()
        seen(page, javascript)
        page.get_by_label("Name").fill("Case system")
        page.get_by_label("Address").fill(ADDRESS)
        page.get_by_role("button", name="Create webhook").click()
        expect(page.get_by_label("Secret")).to_have_value(re.compile(r"^whsec_[\w+/=]{44}$"))
        seen(page, javascript)
        page.get_by_role("link", name="Continue to the webhook").click()
        seen(page, javascript)
        page.get_by_role("button", name="Send a test message").click()
        expect(page.get_by_text("Test message requested")).to_be_visible()
        receiver.is_up = False
        it_happens(desk, "audit.submitted")
        send_due(desk.database, settings_of(desk), receiver.network())
        page.reload()
        expect(page.get_by_role("table")).to_contain_text("Test message")
        expect(page.get_by_role("table")).to_contain_text("No connection to the host")
        seen(page, javascript)
        page.get_by_role("link", name="Case system").click()
        seen(page, javascript)
        page.get_by_role("link", name="Change the secret").click()
        seen(page, javascript)
        page.get_by_role("button", name="Change secret").click()
        expect(page.get_by_text("each message has 2 signatures")).to_be_visible()
        page.get_by_role("link", name="Continue to the webhook").click()
        page.get_by_role("button", name="Switch off").click()
        expect(page.get_by_role("button", name="Switch on")).to_be_visible()
        # What waits is parked by the next pass.
        assert send_due(desk.database, settings_of(desk), receiver.network()) == 0
        page.get_by_role("button", name="Switch on").click()
        page.get_by_role("link", name="Messages", exact=True).click()
        receiver.is_up = True
        page.get_by_role("button", name="Send them again").click()
        expect(page.get_by_text("being sent again")).to_be_visible()
        assert send_due(desk.database, settings_of(desk), receiver.network()) == 2
        page.reload()
        expect(page.get_by_role("table")).to_contain_text("Delivered")
        page.get_by_role("link", name="Case system").click()
        page.get_by_role("link", name="Delete the webhook").click()
        seen(page, javascript)
        page.get_by_role("button", name="Delete webhook").click()
        expect(page.get_by_text("No webhook has been created yet")).to_be_visible()


def seen(page: Page, javascript: bool) -> None:
    """The page can be read by everybody, at this width."""
    look(page, javascript=javascript)
