"""From the case system's list to an auditor's worklist in a real browser, without JavaScript and at every width."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from rich.console import Console
from sqlmodel import col, select

from api.case_lists.pseudonyms import key_file
from api.demo import demonstration
from api.foundation.permissions import Actor
from api.foundation.settings import Settings
from models import Person, Sample
from models.storage.database import Database, open_database
from tests.browser import NewPage, look
from tests.case_lists import exports
from tests.site_in_browser import served, sign_in
from tests.thorough import some_of

PHONE = 320
TODAY = date.today()  # noqa: DTZ011 - what somebody would type


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory, demonstration_file: Path) -> Iterator[Database]:
    file = tmp_path_factory.mktemp("sampled") / "demo.sqlite3"
    file.write_bytes(demonstration_file.read_bytes())
    opened = open_database(f"sqlite:///{file}")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def lead(database: Database) -> Actor:
    return demonstration.set_up_demonstration(database, Console(quiet=True), settings=Settings())


@pytest.fixture(scope="module")
def address(database: Database, lead: Actor) -> Iterator[str]:
    assert lead.person_id is not None
    with served(database) as found:
        yield found


@pytest.fixture(scope="module")
def council(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The council's export and its key file."""
    folder = tmp_path_factory.mktemp("council")
    key_file.create_key_file(folder / "council.key", on=TODAY)
    (folder / "annex-a.xlsx").write_bytes(exports.annex_a(exports.made_children(240)))
    return folder / "annex-a.xlsx", folder / "council.key"


class Walk:
    """A lead's way through the pages, looked at on every step where there is JavaScript to look with."""

    def __init__(self, page: Page, address: str, *, looks: bool) -> None:
        self.page, self.address, self.looks = page, address, looks

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=re.compile(name)).first.click()
        self.look()

    def follow(self, name: str) -> None:
        self.page.get_by_role("link", name=re.compile(name)).first.click()
        self.look()

    def look(self) -> None:
        if self.looks:
            look(self.page)

    def type_day(self, name: str, day: date) -> None:
        for part, value in zip(("day", "month", "year"), (day.day, day.month, day.year), strict=True):
            self.page.fill(f"input[name={name}-{part}]", str(value))

    def told(self, words: str) -> None:
        expect(self.page.get_by_text(words).first).to_be_visible()

    def take_the_list_in(self, export: Path, key: Path) -> None:
        page = self.page
        page.goto(f"{self.address}/case-files")
        self.follow("Case lists")
        self.follow("Import case list")
        page.set_input_files("input[name=file]", export)
        self.press("Preview list")
        self.told("Select the council's key file too")
        page.set_input_files("input[name=file]", export)
        page.set_input_files("input[name=key_file]", key)
        self.type_day("on", TODAY)
        self.press("Preview list")
        self.told("240 cases, all under pseudonyms")
        if page.locator("select").count():
            self.press("Import 240 cases")
            self.told("Select a team, or select to add a new team")
            for choice in page.locator("select").all():
                choice.select_option("make")
            self.press("Import 240 cases")
            self.told("240 cases imported")
        else:  # the second time round, the very list has been taken in
            self.press("Import 240 cases")
            self.told("This list has already been imported")

    def draw(self, title: str) -> None:
        page = self.page
        page.goto(f"{self.address}/rounds/new")
        page.fill("input[name=title]", title)
        page.select_option("select[name=template_version]", index=1)
        for name in ("period_from", "period_to", "due_on"):
            self.type_day(name, date(2026, 12, 24))
        self.press("Plan round")
        self.follow("Draw a sample")
        page.fill("input[name=size]", "1000")
        self.press("Preview sample")
        self.told("or fewer")
        page.fill("input[name=size]", "12")
        page.get_by_label("Team", exact=True).check()
        self.press("Preview sample")
        self.press("Draw 12 cases")
        self.follow("Replace")
        self.press("Replace case")
        self.told("Enter why this case is not suitable")
        page.fill("textarea[name=reason]", "The case moved to another council.")
        self.press("Replace case")
        self.follow("Check sample by drawing again")
        self.told("the same cases were drawn")

    def allocate(self) -> None:
        page = self.page
        self.follow("Allocate 12 cases")
        page.get_by_label("Percentage of cases to read twice").fill("25")
        self.press("Preview allocations")
        self.press("Allocate 15 audits")
        self.follow("Exemptions")
        page.select_option("select[name=person]", index=1)
        page.fill("textarea[name=reason]", "New in post.")
        self.press("^Add exemption$")
        self.follow("Back to round")
        self.follow("Open round")
        self.press("Open round")


@pytest.mark.parametrize("javascript", some_of([True, False], 1, of="a sample with a script or without"))
def test_a_lead_goes_from_the_councils_list_to_an_auditors_worklist(
    new_page: NewPage,
    address: str,
    database: Database,
    lead: Actor,
    council: tuple[Path, Path],
    javascript: bool,
) -> None:
    page = new_page(width=PHONE, javascript=javascript)
    sign_in(page, address, database, lead)
    walk = Walk(page, address, looks=javascript)
    walk.take_the_list_in(*council)
    title = "Sample drawn " + ("with a script" if javascript else "without")
    walk.draw(title)
    walk.allocate()
    with database.reading() as session:
        asha = session.exec(select(Person).where(col(Person.name) == "Asha")).one()
    reader = new_page(width=PHONE)
    sign_in(reader, address, database, Actor(asha.organisation_id, person_id=asha.id))
    reader.goto(f"{address}/audits")
    look(reader)
    expect(reader.get_by_text(title).first).to_be_visible()
    expect(reader.get_by_text("Due 24 December 2026").first).to_be_visible()


def test_every_page_of_samples_fits_a_phone(
    new_page: NewPage, address: str, database: Database, lead: Actor, council: tuple[Path, Path]
) -> None:
    with database.reading() as session:
        sample = session.exec(select(Sample)).first()
    assert sample is not None, "the walk above has drawn one"
    page = new_page(width=PHONE)
    sign_in(page, address, database, lead)
    of_round = f"/rounds/{sample.round_id}"
    for path in (
        *("/case-lists", "/case-lists/new", of_round, f"{of_round}/samples/new", f"{of_round}/proposal"),
        *(f"{of_round}/exemptions", f"{of_round}/report", f"/samples/{sample.id}", "/people"),
    ):
        page.goto(f"{address}{path}")
        look(page)


def test_a_lead_says_what_a_person_does_not_audit(
    new_page: NewPage, address: str, database: Database, lead: Actor
) -> None:
    page = new_page(width=PHONE)
    sign_in(page, address, database, lead)
    page.goto(f"{address}/people")
    page.get_by_role("link", name="Availability of Asha").click()
    look(page)
    page.get_by_label("North locality").check()
    page.fill("textarea[name=absences]", "some day")
    page.get_by_role("button", name="Save availability").click()
    look(page)
    expect(page.get_by_role("alert")).to_contain_text("Line 1: enter 2 dates")
    expect(page.get_by_label("North locality")).to_be_checked()
    page.fill("textarea[name=absences]", "1/12/2027 to 14/12/2027")
    page.get_by_role("button", name="Save availability").click()
    look(page)
    expect(page.get_by_text("Availability saved.")).to_be_visible()
    expect(page.get_by_label("Absences")).to_have_value("1/12/2027 to 14/12/2027")
