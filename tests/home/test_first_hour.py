"""How many clicks and pages the first hour and one audit take: counted in a browser, printed, and held."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from sqlmodel import select

from api.audit_templates import actions as templates
from api.case_lists.pseudonyms.list_file import write_case_list
from api.foundation.settings import Settings
from api.people import actions as people
from api.people.account import actions as account
from checklists.case_list import CaseList, ListedCase
from checklists.privacy.pseudonyms import Key, child_reference
from models import Score
from models.storage.database import Database
from tests.cast import PASSWORD
from tests.desk import a_desk, built_in_template
from tests.factories import an_actor
from tests.site_in_browser import served, sign_in

FIRST_HOUR_CLICKS, FIRST_HOUR_LOADS = 14, 13
CASE_LIST_CLICKS, CASE_LIST_LOADS = 14, 14
ONE_AUDIT_CLICKS, ONE_AUDIT_PAGES = 20, 6
WITH_KEYS_CLICKS = 8
FIRST_OF_A_RUN_CLICKS, FIRST_OF_A_RUN_PAGES = 18, 3
# One for each theme, and one to submit it and to open the next.
OF_A_RUN_CLICKS = 16


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


@pytest.mark.parametrize("by_case_list", [False, True], ids=["by a pasted list", "by a case list and a sample"])
def test_from_an_empty_service_to_the_first_saved_answer(
    database: Database, browser: Browser, record_property: Any, by_case_list: bool
) -> None:
    with database.writing() as session:
        invited = people.first_administrator(
            session, organisation_name="Northshire", name="Ada", email="ada@north.example", settings=Settings()
        )
        templates.add_whole_library(session, organisation_id=invited.person.organisation_id)
    counted = Counted(browser)
    with served(database) as address:
        links = administrator(counted, address, invited.secret)
        (lead_with_case_list if by_case_list else lead)(counted, address, links[0])
        auditor(counted, address, links[1])
    with database.reading() as session:
        assert len(session.exec(select(Score)).all()) == 1
    route = "a case list and a sample" if by_case_list else "a pasted list"
    figure = (
        f"From an empty service to the first saved answer, by {route}: {counted.clicks} clicks, "
        f"{counted.loads} page loads"
    )
    record_property("figure", figure)
    print(figure)
    assert counted.clicks <= (CASE_LIST_CLICKS if by_case_list else FIRST_HOUR_CLICKS)
    assert counted.loads <= (CASE_LIST_LOADS if by_case_list else FIRST_HOUR_LOADS)


def choose_password(counted: Counted, page: Page, link: str, email: str) -> None:
    page.goto(link)
    page.fill("#email", email)
    page.fill("#password", PASSWORD)
    counted.click(page, "main button.govuk-button:not([type=button])")


def administrator(counted: Counted, address: str, secret: str) -> list[str]:
    with counted.person() as page:
        choose_password(counted, page, f"{address}/link/{secret}", "ada@north.example")
        page.fill("#teams", "North\nSouth")
        page.fill("#lines", "Lena Okafor,lena@north.example,Quality lead\nAsha Shah,asha@north.example,Auditor")
        counted.click(page, "main button:has-text('Add teams and invite people')")
        return [page.input_value(f"#link-{number}") for number in (1, 2)]


def lead(counted: Counted, address: str, link: str) -> None:
    with counted.person() as page:
        choose_password(counted, page, link, "lena@north.example")
        counted.click(page, "main a:has-text('paste a list of case files')")
        page.fill("#lines", "\n".join(f"CF-10{n:02},North,Child in need,5 to 9," for n in range(3)))
        counted.click(page, "main button:has-text('Create case files')")
        plan_round(counted, page)
        counted.click(page, "text=Select all 3 case files on this page", goes=False)
        counted.click(page, "label:has-text('Asha Shah')", goes=False)
        counted.click(page, "label:has-text('Open the round now')", goes=False)
        counted.click(page, "main button:has-text('Allocate case files')")
        assert "Round opened. Auditors can now score their audits." in page.inner_text("main")


def lead_with_case_list(counted: Counted, address: str, link: str) -> None:
    """The list that `caseaudit pseudonymise` wrote; choosing a file is a click."""
    with counted.person() as page:
        choose_password(counted, page, link, "lena@north.example")
        counted.clicks += 1
        page.set_input_files("#file", {"name": "list.csv", "mimeType": "text/csv", "buffer": a_case_list()})
        counted.click(page, "main button:has-text('Preview list')")
        counted.click(page, "main button:has-text('Import 6 cases')")
        plan_round(counted, page, sample_size=3)
        assert "No sample has been drawn yet." in page.inner_text("main")
        counted.click(page, "main button:has-text('Draw 3 cases')")
        assert "No audits are allocated yet." in page.inner_text("main")
        counted.click(page, "label:has-text('Open the round now')", goes=False)
        counted.click(page, "main button:has-text('Allocate 3 audits')")
        assert "Round opened. Auditors can now score their audits." in page.inner_text("main")


def a_case_list() -> bytes:
    cases = (
        ListedCase(child_reference(Key(b"k" * 32), f"C{number:04}"), "North", "child-in-need", "5-to-9", "neglect")
        for number in range(6)
    )
    return write_case_list(CaseList(date.today(), "1a2b3c4d", "annex-a", tuple(cases)))  # noqa: DTZ011 - day of a list


def plan_round(counted: Counted, page: Page, *, sample_size: int = 0) -> None:
    today = date.today()  # noqa: DTZ011 - dates of a form
    page.fill("#title", "Spring")
    typed_date(page, "due_on", today + timedelta(days=30))
    option = page.locator("#template_version option", has_text="Themes from Serious Case Reviews").first
    page.select_option("#template_version", option.get_attribute("value"))
    typed_date(page, "period_from", today - timedelta(days=100))
    typed_date(page, "period_to", today - timedelta(days=10))
    if sample_size:
        page.fill("#sample_size", str(sample_size))
    counted.click(page, "main button:has-text('Plan round')")


def auditor(counted: Counted, address: str, link: str) -> None:
    with counted.person() as page:
        choose_password(counted, page, link, "asha@north.example")
        counted.click(page, "main a:has-text('Start the audit of') >> nth=0")
        counted.click(page, "label:has-text('Good') >> nth=0", goes=False)
        counted.click(page, "main button:has-text('Save and continue')")


@pytest.mark.parametrize("with_keys", [False, True], ids=["by mouse", "with keys"])
def test_one_audit_from_the_home_page_to_its_submission(
    database_url: str, browser: Browser, record_property: Any, with_keys: bool
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
            keys = 0
            for domain in desk.template.learning_domains:
                for at, theme in enumerate(domain.themes):
                    if with_keys and at:
                        page.keyboard.press("n")
                        page.keyboard.press("2")
                        keys += 2
                        assert page.is_checked(f"input[name='{theme.key}--answer'][value=good]")
                    else:
                        counted.click(page, f"label[for^='{theme.key}--answer']:has-text('Good')", goes=False)
                counted.click(page, "main button:has-text('Save and continue')")
            counted.click(page, "main button:has-text('Submit')")
            assert "/submitted" in page.url or "submitted" in page.inner_text("main").lower()
    figure = f"One audit of 15 themes: {counted.clicks} clicks, {keys} keys, {counted.loads} pages"
    record_property("figure", figure)
    print(figure)
    assert counted.clicks <= (WITH_KEYS_CLICKS if with_keys else ONE_AUDIT_CLICKS)
    assert counted.loads <= ONE_AUDIT_PAGES


def test_in_a_run_of_audits_each_costs_its_ratings_and_one_click(
    database_url: str, browser: Browser, record_property: Any
) -> None:
    with a_desk(database_url, template=built_in_template()) as desk:
        for number in (1, 2, 3):
            desk.an_audit(reference=f"CF-100{number}")
        asha = an_actor(desk.cast.asha)
        counted, costs = Counted(browser), []
        with served(desk.database) as address, counted.person() as page:
            sign_in(page, address, desk.database, asha)
            page.goto(f"{address}/")
            before = (counted.clicks, counted.loads)
            counted.click(page, "text=Start the audit of CF-1001")
            counted.click(page, "text=Answer the whole audit on one page")
            for last in (False, False, True):
                for theme in desk.template.theme_keys:
                    counted.click(page, f"label[for^='{theme}--answer']:has-text('Good')", goes=False)
                button = "Submit audit" if last else "Submit and open the next audit"
                counted.click(page, f"main button:has-text('{button}')")
                costs.append((counted.clicks - before[0], counted.loads - before[1]))
                before = (counted.clicks, counted.loads)
        assert desk.events().count("audit.submitted") == 3
    figure = f"Audits of 15 themes one after another, each on one page: {costs} clicks and pages"
    record_property("figure", figure)
    print(figure)
    assert costs[0] <= (FIRST_OF_A_RUN_CLICKS, FIRST_OF_A_RUN_PAGES)
    assert set(costs[1:]) == {(OF_A_RUN_CLICKS, 1)}
