"""Leading in a real browser: every page of a lead readable at every width, and the report without JavaScript."""

import io
import re
import uuid
from collections.abc import Iterator
from pathlib import Path

import pypdf
import pytest
from playwright.sync_api import Page, expect
from rich.console import Console
from sqlmodel import Session, col, select

from api.demo import demonstration
from api.demo.council import COMPLIANCE_BANDS, CONTACTS_ROUND, FIRST_ROUND, SECOND_ROUND
from api.foundation.jobs.queue import write_refusal
from api.foundation.permissions import Actor
from api.foundation.problems import Conflict
from api.foundation.settings import Settings
from api.release.briefings import actions as briefings
from api.release.snapshots import actions as snapshots
from api.release.snapshots.actions import NewSnapshot
from api.reports.exports import actions as exports
from api.reports.round_report.document import document_of
from models import CaseFile, Job, JobKind, JobState, Round, RoundState, now
from models.storage.database import Database, open_database
from tests.browser import NewPage, axe, look, scrolls_sideways
from tests.checklists.full_template import a_full_template
from tests.desk import a_desk
from tests.factories import an_actor
from tests.reports.asked_audits import record_asked
from tests.site_in_browser import served, sign_in
from tests.thorough import part_of

PHONE = 320


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory, demonstration_file: Path) -> Iterator[Database]:
    """The demonstration: a closed round of sixty audits and an open one."""
    file = tmp_path_factory.mktemp("led") / "demo.sqlite3"
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
def shared(database: Database, lead: Actor) -> list[str]:
    """Pages of what is shared of the closed round: a snapshot, a briefing of it, and exports in two states."""
    with database.writing() as session:
        closed = session.exec(select(Round.id).where(col(Round.title) == FIRST_ROUND)).one()
        snapshot = snapshots.make_snapshot(session, round_id=closed, snapshot=NewSnapshot("For the board"), by=lead).id
        briefing = briefings.create_briefing(session, snapshot_id=snapshot, title="What we learned", by=lead).id
        written = exports.request_export(session, round_id=closed, by=lead).id
    claimed = exports.claim_export(database)
    assert claimed is not None
    exports.write_export(database, claimed)
    with database.writing() as session:
        waiting = exports.request_export(session, round_id=closed, by=lead).id
        cancelled = exports.request_export(session, round_id=closed, by=lead).id
        exports.cancel_export(session, export_id=cancelled, by=lead)
        followed = [_a_job(session, lead, closed, state) for state in JobState]
    return [
        *(f"/rounds/{closed}/report", f"/rounds/{closed}/report?by=form-of-harm", f"/rounds/{closed}/trend"),
        *(f"/rounds/{closed}/conclusions", f"/rounds/{closed}/conclusions?part=worries"),
        *(f"/rounds/{closed}/answers?theme=neglect", f"/rounds/{closed}/snapshot", "/snapshots"),
        *(f"/snapshots/{snapshot}", f"/snapshots/{snapshot}?status=child-in-need&mode=records-only"),
        *(f"/briefings/{briefing}", f"/briefings/{briefing}/edit"),
        *("/exports", f"/exports/{written}", f"/exports/{waiting}", f"/exports/{cancelled}"),
        *("/jobs", *(f"/jobs/{job}" for job in followed)),
    ]


def _a_job(session: Session, lead: Actor, round_id: uuid.UUID, state: JobState) -> uuid.UUID:
    job = Job(
        organisation_id=lead.organisation_id,
        kind=JobKind.SNAPSHOT,
        state=state,
        person_id=lead.person_id,
        round_id=round_id,
        size=12_000,
        finished_at=now() if state.is_over else None,
        made_id=uuid.uuid4() if state is JobState.DONE else None,
        refusal=write_refusal(Conflict("This round has not been opened, so there is nothing to share yet."))
        if state is JobState.FAILED
        else "",
    )
    session.add(job)
    return job.id


def paths(database: Database) -> list[str]:
    with database.reading() as session:
        rounds = {
            each.state: each.id for each in session.exec(select(Round).order_by(col(Round.scope).desc(), col(Round.id)))
        }
        case_file = session.exec(select(CaseFile.id)).first()
        re_audit = session.exec(select(Round.id).where(col(Round.scope) != "")).one()
    closed, opened = rounds[RoundState.CLOSED], rounds[RoundState.OPEN]
    return [
        *("/rounds", "/rounds/new", f"/rounds/{opened}", f"/rounds/{closed}", f"/rounds/{opened}/edit"),
        *(f"/rounds/{closed}/re-audit", f"/rounds/{opened}/themes", f"/rounds/{re_audit}/change"),
        *(f"/rounds/{opened}/close", f"/rounds/{opened}/audits", f"/rounds/{opened}/audits?state=withdrawn"),
        *("/case-files", "/case-files?status=closed&team=none", "/case-files/new", f"/case-files/{case_file}/edit"),
        *("/case-files/list", f"/rounds/{opened}/allocate", f"/rounds/{opened}/allocate?reading=2"),
        f"/reports/gaps?round={closed}",
        *(f"/reports/gaps?round={closed}&by={by}" for by in ("team", "form-of-harm")),
        f"/reports/gaps?round={closed}&round={opened}&by=team",
    ]


def test_every_page_of_a_lead_is_accessible_and_fits_its_window(
    new_page: NewPage, address: str, database: Database, lead: Actor, shared: list[str]
) -> None:
    """A quarter of them, others on other days; `make trials` opens them all."""
    page = new_page()
    sign_in(page, address, database, lead)
    for path in part_of([*paths(database), *shared], one_in=4, of="pages of a lead"):
        answer = page.goto(f"{address}{path}")
        assert answer is not None
        assert answer.status == 200, path
        look(page)


def test_every_table_of_the_reports_of_the_demonstration_has_figures(database: Database, lead: Actor) -> None:
    """What docs/published-reports.md finds there. Nothing of the demonstration was sampled, so nothing is weighted."""
    with database.reading() as session:
        rounds = {each.title: each.id for each in session.exec(select(Round))}
        found = [
            document_of(session, round_id=rounds[title], by=lead, texts=True)
            for title in (FIRST_ROUND, SECOND_ROUND, CONTACTS_ROUND)
        ]
    for document in found:
        for section in document.sections:
            figures = [cell.text for row in section.table.rows for cell in row[1:]] if section.table else section.points
            assert any(figure not in {"", "0", "0%"} for figure in figures) or section.paragraphs, section.heading
    first, second, contacts = ({each.heading.partition(":")[0] for each in document.sections} for document in found)
    promised = {
        *("Summary", "The children", "Overall judgements", "Themes, largest gap first", "Views recorded"),
        *("What the family said", "Barriers to the work", "Practice gaps and recording gaps", "Completion"),
        *("Strengths and areas for development noted by auditors", "All answers to all questions", "Time spent"),
        *("Exemplary practice", "Strengths by theme", "Areas for development by theme", "Audits counted"),
    }
    assert promised <= first
    assert "Areas for development, previous and current round" in second
    assert sum(each.heading.startswith("Questions: ") for each in found[0].sections) == 18
    columns = {column.label for document in found for table in document.tables for column in table.columns}
    assert set(named_in_published_reports()) <= {*first, *second, *contacts, *columns}
    # Sutton's and Leicestershire's: contacts counted in their own word, and compliance with a band.
    assert any("Contacts" in f"{table.caption} {table.columns}" for table in found[2].tables)
    (compliance,) = (section for section in found[2].sections if section.heading == "Compliance")
    assert any(str(band["label"]) in str(compliance) for band in COMPLIANCE_BANDS)


def named_in_published_reports() -> list[str]:
    """The sections and columns of a report in which that page finds what published reports print."""
    page = Path("docs/published-reports.md").read_text()
    places = [line.split("|")[3].strip() for line in page.splitlines() if line.count("|") == 4]
    in_report = [place for place in places if place.startswith(("report", "the same tables"))]
    named = [name for place in in_report for name in re.findall(r"\*([^*]+)\*", place)]
    assert len(named) > 25
    return named


def test_a_lead_reads_the_widest_gap_first_and_splits_it_by_team_without_javascript(
    new_page: NewPage, address: str, database: Database, lead: Actor
) -> None:
    page = new_page(javascript=False)
    sign_in(page, address, database, lead)
    page.goto(f"{address}/")
    page.get_by_role("link", name="Reports").click()
    first = page.get_by_role("region", name="Every theme against the target").get_by_role("rowheader").first
    expect(first).to_have_text("Children's lived experience")
    page.get_by_role("link", name="Combine or split rounds").click()
    page.get_by_label("Split by").select_option("team")
    page.get_by_role("button", name="Update report").click()
    for team in ("North locality", "South locality", "Children looked after"):
        expect(page.get_by_role("heading", name=f"{team}: learning domains")).to_be_visible()


def test_a_lead_goes_from_the_report_to_a_snapshot_and_a_briefing_without_javascript(
    new_page: NewPage, address: str, database: Database, lead: Actor, shared: list[str]
) -> None:
    """By what the pages offer alone. A second snapshot of the round is refused, and the way to the first is there."""
    assert any(path.startswith("/snapshots/") for path in shared)
    page = new_page(javascript=False)
    sign_in(page, address, database, lead)
    page.goto(f"{address}/rounds")
    page.get_by_role("link", name="first round").first.click()
    page.get_by_role("link", name="Report", exact=True).click()
    expect(page.get_by_role("heading", name="Summary")).to_be_visible()
    page.get_by_role("region", name="Every theme against the target").get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="auditors’ answers")).to_be_visible()
    page.get_by_role("link", name="Back to report").click()
    page.get_by_role("link", name="Create snapshot to share").click()
    page.get_by_role("button", name="Create snapshot").click()
    expect(page.get_by_role("alert")).to_contain_text("counted since an earlier snapshot of this round")
    page.get_by_role("link", name="Reports").click()
    page.get_by_role("link", name="Snapshots").click()
    page.get_by_role("region", name="Snapshots").get_by_role("link").first.click()
    expect(page.get_by_text("Released under disclosure control").first).to_be_visible()
    page.get_by_role("button", name="Create 7-minute briefing").click()
    page.get_by_label("Your text about background").fill("We looked again at our own files.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("We looked again at our own files.")).to_be_visible()


def test_a_phone_shows_the_narrow_chart_and_a_desktop_the_wide_one(
    new_page: NewPage, address: str, database: Database, lead: Actor
) -> None:
    for width, shown, hidden in ((PHONE, "narrow", "wide"), (1280, "wide", "narrow")):
        page = new_page(width=width)
        sign_in(page, address, database, lead)
        page.goto(f"{address}/reports/gaps")
        expect(page.locator(f".app-chart--{shown}").first).to_be_visible()
        expect(page.locator(f".app-chart--{hidden}").first).to_be_hidden()


def printed_pages(database: Database, shared: list[str]) -> list[str]:
    """The reports that are printed: of a round, over time, added up, split, and released."""
    with database.reading() as session:
        rounds = [str(each) for each in session.exec(select(Round.id).where(col(Round.opened_at).is_not(None)))]
    report, trend = shared[0], shared[2]
    added = "/reports/gaps?" + "&".join(f"round={each}" for each in rounds)
    snapshots_made = [path for path in shared if path.startswith(("/snapshots/", "/briefings/"))]
    return [report, f"{report}?by=form-of-harm", trend, added, f"{added}&by=status", *snapshots_made[:1]]


def test_tables_of_a_report_scroll_where_they_are_wide_and_are_whole_on_paper_without_addresses(
    new_page: NewPage, address: str, database: Database, lead: Actor, shared: list[str]
) -> None:
    """On a screen each scrolls inside a part of the page that can be focused, and the page itself does not."""
    page = new_page()
    sign_in(page, address, database, lead)
    for path in printed_pages(database, shared):
        page.goto(f"{address}{path}")
        for width in (375, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            assert not scrolls_sideways(page), (path, width)
        named = "all => all.map(one => [one.getAttribute('tabindex'), Boolean(one.getAttribute('aria-label'))])"
        assert all(each == ["0", True] for each in page.locator(".app-table").evaluate_all(named)), path
        check_printed(page, path)


def check_printed(page: Page, path: str) -> None:
    # As wide as A4 between its margins.
    page.set_viewport_size({"width": 680, "height": 900})
    page.emulate_media(media="print")
    after = "links => links.map(link => getComputedStyle(link, '::after').content)"
    assert set(page.locator("a").evaluate_all(after)) <= {"none", "normal"}, path
    wide = "tables => tables.filter(it => it.getBoundingClientRect().right > window.innerWidth).length"
    assert page.locator(".app-table:not(.app-table--many) table").evaluate_all(wide) == 0, path
    page.set_viewport_size({"width": 1030, "height": 700})
    assert page.locator(".app-table--many table").evaluate_all(wide) == 0, path
    page.emulate_media(media="screen")


def test_a_printed_report_is_read_from_its_pages_without_addresses(
    new_page: NewPage, address: str, database: Database, lead: Actor, shared: list[str]
) -> None:
    page = new_page()
    sign_in(page, address, database, lead)
    page.goto(f"{address}{shared[0]}")
    pages = pypdf.PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True))).pages
    words = " ".join(" ".join(each.extract_text().split()) for each in pages)
    assert "/answers?" not in words
    assert "http" not in words
    for fact in ("Organisation", "Period under review", "Counted", "Created by", "Wilson's 95% interval"):
        assert fact in words
    assert {each.mediabox.width > each.mediabox.height for each in pages} == {True, False}


def test_heat_maps_and_charts_are_read_without_colour(
    new_page: NewPage, address: str, database: Database, lead: Actor, shared: list[str]
) -> None:
    page = new_page()
    sign_in(page, address, database, lead)
    page.goto(f"{address}{shared[0]}?by=team")
    page.emulate_media(forced_colors="active")
    heat = page.locator(".app-table--heat")
    expect(heat.locator(".app-legend")).to_have_text("● on target, ■ gap, ◆ possible gap, ○ too few to say.")
    cells = [cell.inner_text() for cell in heat.locator("td.app-tone").all()]
    assert len(cells) > 30
    assert all(cell[0] in "●■◆○" for cell in cells)
    # The shapes are drawn in the colour of text, whatever it is, and not in that of the page.
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    for part in ("meets", "below", "unsure"):
        for shape in page.locator(f".app-chart--wide .app-chart__{part}").all()[:3]:
            drawn = shape.evaluate("it => getComputedStyle(it).fill")
            assert drawn != ground
            assert drawn == page.locator(".app-chart text").first.evaluate("it => getComputedStyle(it).fill")
    for words in ("On target", "Gap", "Possible gap", "Too few to say", "95% interval"):
        expect(page.locator(".app-chart--wide").first.get_by_text(words, exact=True)).to_be_visible()
    assert axe(page) == []


def test_a_report_with_questions_is_accessible_and_its_answers_unfold(new_page: NewPage, database_url: str) -> None:
    with a_desk(database_url, template=a_full_template()) as desk:
        record_asked(desk, audits=12)
        first = desk.round_id
        desk.round_id = desk.a_round(title="Summer round", target_percent=None, follows_id=first)
        record_asked(desk, audits=25, seed=2, round_id=desk.round_id)
        with served(desk.database) as address:
            page = new_page()
            sign_in(page, address, desk.database, an_actor(desk.cast.lena))
            report = f"/rounds/{desk.round_id}/report?by=fact:open-for"
            for path in (f"/rounds/{desk.round_id}/trend", f"/reports/gaps?round={first}&by=fact:category", report):
                page.goto(f"{address}{path}")
                check_on_both_widths(page)
            expect(page.get_by_role("heading", name="The children")).to_be_visible()
            answers = page.get_by_role("region", name="Counted audits by question and answer")
            expect(answers).to_be_hidden()
            page.locator("summary", has_text="All answers to all questions").click()
            expect(answers).to_be_visible()
            check_on_both_widths(page)


def check_on_both_widths(page: Page) -> None:
    """Axe on both, since the charts of a phone are others than those of a desktop."""
    for width in (PHONE, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert axe(page) == [], (page.url, width)
        assert not scrolls_sideways(page), (page.url, width)
