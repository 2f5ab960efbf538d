"""How many clicks and pages the first hour and one audit take: counted in a browser, printed, and held."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from playwright.sync_api import Browser, Page
from sqlmodel import select

from api.audit_templates import actions as templates
from api.foundation.settings import Settings
from api.people import actions as people
from api.people.account import actions as account
from models import Score
from models.storage.database import Database
from tests.cast import PASSWORD
from tests.desk import a_desk, built_in_template
from tests.factories import an_actor
from tests.site_in_browser import served, sign_in

FIRST_HOUR_CLICKS, FIRST_HOUR_LOADS = 16, 14
ONE_AUDIT_CLICKS, ONE_AUDIT_PAGES = 20, 6


@dataclass
class Counted:
    """A browser whose clicks and pages are counted."""

    browser: Browser
    clicks: int = 0
    loads: int = 0
    pages: list[Page] = field(default_factory=list)

    @contextmanager
    def person(self) -> Iterator[Page]:
        context = self.browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
        page = context.new_page()
        page.on("load", lambda _: self._loaded())
        yield page
        context.close()

    def _loaded(self) -> None:
        self.loads += 1

    def click(self, page: Page, selector: str, *, goes: bool = True) -> None:
        self.clicks += 1
        if goes:
            with page.expect_navigation():
                page.click(selector)
            page.wait_for_load_state("load")
        else:
            page.click(selector)


def typed_date(page: Page, name: str, day: date) -> None:
    for suffix, value in (("", day.day), ("-month", day.month), ("-year", day.year)):
        page.fill(f"#{name}{suffix}", str(value))


def test_from_an_empty_service_to_the_first_saved_answer(
    database: Database, browser: Browser, record_property: Any
) -> None:
    with database.writing() as session:
        invited = people.first_administrator(
            session, organisation_name="Northshire", name="Ada", email="ada@north.example", settings=Settings()
        )
        templates.add_whole_library(session, organisation_id=invited.person.organisation_id)
    counted = Counted(browser)
    with served(database) as address:
        links = administrator(counted, address, invited.secret)
        lead(counted, address, links[0])
        auditor(counted, address, links[1])
    with database.reading() as session:
        assert len(session.exec(select(Score)).all()) == 1
    figure = f"From an empty service to the first saved answer: {counted.clicks} clicks, {counted.loads} page loads"
    record_property("figure", figure)
    print(figure)
    assert counted.clicks <= FIRST_HOUR_CLICKS
    assert counted.loads <= FIRST_HOUR_LOADS


def choose_password(counted: Counted, page: Page, link: str) -> None:
    page.goto(link)
    page.fill("#password", PASSWORD)
    counted.click(page, "main button.govuk-button:not([type=button])")


def administrator(counted: Counted, address: str, secret: str) -> list[str]:
    with counted.person() as page:
        choose_password(counted, page, f"{address}/link/{secret}")
        counted.click(page, "text=Add teams")
        page.fill("#teams", "North\nSouth")
        page.fill("#lines", "Lena Okafor,lena@north.example,Quality lead\nAsha Shah,asha@north.example,Auditor")
        counted.click(page, "main button:has-text('Add teams and invite people')")
        return [page.input_value(f"#link-{number}") for number in (1, 2)]


def lead(counted: Counted, address: str, link: str) -> None:
    today = date.today()  # noqa: DTZ011 - dates of a form
    with counted.person() as page:
        choose_password(counted, page, link)
        counted.click(page, "main a:has-text('Or paste a list of case files')")
        page.fill("#lines", "\n".join(f"CF-10{n:02},North,Child in need,5 to 9," for n in range(3)))
        counted.click(page, "main button:has-text('Create case files')")
        page.fill("#title", "Spring")
        typed_date(page, "due_on", today + timedelta(days=30))
        option = page.locator("#template_version option", has_text="Themes from Serious Case Reviews").first
        page.select_option("#template_version", option.get_attribute("value"))
        typed_date(page, "period_from", today - timedelta(days=100))
        typed_date(page, "period_to", today - timedelta(days=10))
        counted.click(page, "main button:has-text('Plan round')")
        counted.click(page, "text=Select all 3 case files on this page", goes=False)
        counted.click(page, "label:has-text('Asha Shah')", goes=False)
        counted.click(page, "label:has-text('Open the round now')", goes=False)
        counted.click(page, "main button:has-text('Allocate case files')")
        assert "Round opened. Auditors can now score their audits." in page.inner_text("main")


def auditor(counted: Counted, address: str, link: str) -> None:
    with counted.person() as page:
        choose_password(counted, page, link)
        counted.click(page, "main a:has-text('Start the audit of') >> nth=0")
        counted.click(page, "label:has-text('Good') >> nth=0", goes=False)
        counted.click(page, "main button:has-text('Save and continue')")


def test_one_audit_from_the_start_page_to_its_submission(
    database_url: str, browser: Browser, record_property: Any
) -> None:
    with a_desk(database_url, template=built_in_template()) as desk:
        desk.an_audit(reference="CF-1001")
        asha = an_actor(desk.cast.asha)
        with desk.database.writing() as session:
            account.change_account(
                session,
                name="Asha",
                scoring_layout=None,
                notice_mail=False,
                version=1,
                by=asha,
            )
        counted = Counted(browser)
        with served(desk.database) as address, counted.person() as page:
            sign_in(page, address, desk.database, asha)
            page.goto(f"{address}/")
            counted.click(page, "text=Start the audit of CF-1001")
            for domain in desk.template.learning_domains:
                for theme in domain.themes:
                    counted.click(page, f"label[for^='{theme.key}--answer']:has-text('Good')", goes=False)
                counted.click(page, "main button:has-text('Save and continue')")
            counted.click(page, "main button:has-text('Submit')")
            assert "/submitted" in page.url or "submitted" in page.inner_text("main").lower()
    figure = f"One audit of 15 themes: {counted.clicks} clicks, {counted.loads} pages"
    record_property("figure", figure)
    print(figure)
    assert counted.clicks <= ONE_AUDIT_CLICKS
    assert counted.loads <= ONE_AUDIT_PAGES
