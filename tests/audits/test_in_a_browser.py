"""Auditing in a real browser: by mouse, by keyboard, without JavaScript, in two windows, and after a session ended."""

import uuid
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlmodel import col, update

from api.foundation.http.security import cookie_name
from api.foundation.settings import Settings
from models import Person, ScoringLayout, WebSession
from tests.browser import axe, look, scrolls_sideways
from tests.desk import SMALL, THEMES, Desk, a_desk, built_in_template
from tests.factories import MadePerson, signed_in
from tests.site_in_browser import served
from tests.thorough import some_of

PASSWORD = "violet harbour lantern"
WORDS = "She was seen alone, twice.\n\n“Quoted” & <b>marked</b>, as typed."
PHONE = 390


@pytest.fixture
def desk(tmp_path: Path, migrated_sqlite_file: Path) -> Iterator[Desk]:
    file = tmp_path / "desk.sqlite3"
    file.write_bytes(migrated_sqlite_file.read_bytes())
    with a_desk(f"sqlite:///{file}") as made:
        yield made


@pytest.fixture(scope="module")
def long_desk(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite_file: Path) -> Iterator[Desk]:
    """A desk with the built-in template, whose pages are as long as they get."""
    file = tmp_path_factory.mktemp("long") / "desk.sqlite3"
    file.write_bytes(migrated_sqlite_file.read_bytes())
    with a_desk(f"sqlite:///{file}", template=built_in_template()) as made:
        yield made


@pytest.fixture(scope="module")
def long_address(long_desk: Desk) -> Iterator[str]:
    with served(long_desk.database) as found:
        yield found


@pytest.fixture(scope="module")
def long_audits(long_desk: Desk) -> dict[str, uuid.UUID]:
    """One audit in each state, and one overdue."""
    keys = long_desk.template.theme_keys
    audits = {state: long_desk.an_audit() for state in ("begun", "returned", "submitted")}
    long_desk.an_audit(round_id=long_desk.a_round(title="Overdue round", due_in_days=-2))
    long_desk.answer(audits["begun"], "good", *keys[:4], rationale="Seen alone.")
    long_desk.answer(audits["begun"], "inadequate", keys[4])
    for state in ("returned", "submitted"):
        long_desk.answer(audits[state], "inadequate", rationale="Nobody asked the child what a day was like.")
        long_desk.conclude(audits[state], "Seen weekly.", "Nobody asks why.", "Ask why.", "Your notes are clear.")
        long_desk.submit(audits[state])
    long_desk.give_back(audits["returned"], "Review the impact on the child.")
    return audits


def sign_in(page: Page, desk: Desk, address: str, person: MadePerson | None = None) -> Page:
    secret = signed_in(desk.database, person or desk.cast.asha)
    page.context.add_cookies([{"name": cookie_name(Settings()), "value": secret, "url": address}])
    return page


def chosen_answer(page: Page, called: str, rationale: str) -> None:
    page.get_by_label(called, exact=True).check()
    page.get_by_label("Rationale", exact=True).fill(rationale)


PAGES = {
    "desk": ("asha", "/audits"),
    "submitted-audits": ("asha", "/audits/submitted"),
    "audit": ("asha", "/audits/{begun}"),
    "returned": ("asha", "/audits/{returned}"),
    "theme": ("asha", "/audits/{begun}/themes/neglect"),
    "theme-without-rationale": ("asha", "/audits/{begun}/themes/adolescent-vulnerability"),
    "domain": ("asha", "/audits/{begun}/domains/practice-issues"),
    "whole": ("asha", "/audits/{begun}/whole"),
    "conclusion": ("asha", "/audits/{begun}/conclusion"),
    "check": ("asha", "/audits/{begun}/check"),
    "withdraw": ("asha", "/audits/{begun}/withdraw"),
    "print": ("asha", "/audits/{begun}/print"),
    "blank": ("asha", "/audits/{begun}/print?blank=1"),
    "submitted": ("asha", "/audits/{submitted}/submitted"),
    "feedback": ("asha", "/audits/{submitted}/feedback"),
    "read": ("asha", "/audits/{submitted}"),
    "of-others": ("mo", "/audits/of-others"),
    "read-by-moderator": ("mo", "/audits/{submitted}"),
    "return": ("mo", "/audits/{submitted}/return"),
    "history": ("asha", "/audits/{submitted}/history"),
    "redact": ("mo", "/audits/{submitted}/redact"),
}


@pytest.mark.parametrize("name", some_of([*PAGES], 9, of="pages of audits"))
def test_a_page_of_audits_has_no_barrier_and_fits_a_phone(
    name: str, long_desk: Desk, long_address: str, long_audits: dict[str, uuid.UUID], page: Page
) -> None:
    who, path = PAGES[name]
    sign_in(page, long_desk, long_address, getattr(long_desk.cast, who))
    answer = page.goto(long_address + path.format(**long_audits))
    assert answer is not None
    assert answer.status == 200
    look(page)
    levels = page.locator("h1, h2, h3, h4").evaluate_all("all => all.map(one => Number(one.tagName[1]))")
    assert levels[0] == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels)), levels
    page.set_viewport_size({"width": PHONE, "height": 800})
    assert not scrolls_sideways(page)


def test_a_whole_audit_is_done_with_the_mouse(desk: Desk, address: str, page: Page) -> None:
    audit = desk.an_audit()
    sign_in(page, desk, address).goto(address)
    page.get_by_role("link", name="Start the audit of").click()
    for theme in SMALL["learning_domains"][0]["themes"] + SMALL["learning_domains"][1]["themes"]:
        expect(page.get_by_role("heading", level=1)).to_have_text(theme["title"])
        chosen_answer(page, "Good", f"About {theme['title']}.")
        page.get_by_role("button", name="Save and continue").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your answers")
    page.get_by_role("link", name="Change Planning").click()
    chosen_answer(page, "Inadequate", WORDS)
    page.get_by_role("button", name="Save and return to your answers").click()
    page.get_by_label("What we are worried about").fill(WORDS)
    page.get_by_label("With family").check()
    page.get_by_role("button", name="Submit audit").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Audit submitted")
    assert axe(page) == []
    assert desk.stored(audit).keys() == set(THEMES)
    assert desk.stored(audit)["planning"] == ("inadequate", WORDS, "", "")
    assert desk.find(audit).audit.mode == "with-family"
    assert desk.find(audit).conclusion.worries == WORDS


def test_a_whole_audit_is_done_by_keyboard_alone_without_javascript(
    desk: Desk, address: str, page_without_javascript: Page
) -> None:
    audit = desk.an_audit()
    page = sign_in(page_without_javascript, desk, address)
    page.goto(f"{address}/audits/{audit}")

    def press_on_to(name: str, key: str = "Enter", *, steps: int = 40) -> None:
        """Press Tab until the named thing has the focus, and then the key."""
        for _ in range(steps):
            page.keyboard.press("Tab")
            words = page.locator(":focus").evaluate(
                "one => one.labels?.length ? one.labels[0].innerText : one.innerText || one.name"
            )
            if words.strip() != name:
                continue
            if key == "Enter":
                with page.expect_navigation():
                    page.keyboard.press(key)
            else:
                page.keyboard.press(key)
            return
        pytest.fail(f"Tab never comes to {name}")

    press_on_to("Start")
    for _ in THEMES:
        press_on_to("Outstanding", "Space")
        press_on_to("Rationale", "S")
        page.keyboard.type("een, and heard.")
        press_on_to("Save and continue")
    press_on_to("Feedback for the practitioner", "W")
    page.keyboard.type("ell recorded.")
    press_on_to("Submit audit")
    expect(page.get_by_role("heading", level=1)).to_have_text("Audit submitted")
    assert set(desk.stored(audit).values()) == {("outstanding", "Seen, and heard.", "", "")}
    assert desk.find(audit).conclusion.feedback == "Well recorded."
    assert desk.find(audit).audit.state == "submitted"


def test_a_learning_domain_on_a_page_is_scored_without_javascript(
    desk: Desk, address: str, page_without_javascript: Page
) -> None:
    audit = desk.an_audit()
    with desk.database.writing() as session:
        session.execute(update(Person).values(scoring_layout=ScoringLayout.LEARNING_DOMAIN))
    page = sign_in(page_without_javascript, desk, address)
    page.goto(f"{address}/audits/{audit}")
    page.get_by_role("link", name="Start", exact=True).click()
    for domain in SMALL["learning_domains"]:
        expect(page.get_by_role("heading", level=1)).to_have_text(domain["title"])
        for theme in domain["themes"]:
            part = page.get_by_role("region", name=theme["title"])
            part.get_by_label("Good", exact=True).check()
            part.get_by_label(f"Rationale for {theme['title']}").fill(WORDS)
        page.get_by_role("button", name="Save and continue").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your answers")
    assert set(desk.stored(audit).values()) == {("good", WORDS, "", "")}


def test_a_fault_takes_the_focus_and_leads_to_its_field_with_every_word_kept(
    desk: Desk, address: str, page: Page
) -> None:
    audit = desk.an_audit()
    sign_in(page, desk, address).goto(f"{address}/audits/{audit}/themes/voice")
    page.get_by_label("Rationale").fill(WORDS)
    page.get_by_role("button", name="Save and continue").click()
    expect(page.locator(".govuk-error-summary")).to_be_focused()
    assert page.title().startswith("Error: ")
    assert axe(page) == []
    page.get_by_role("link", name="To save your text, select an answer for").click()
    expect(page.get_by_label("Outstanding", exact=True)).to_be_focused()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Save and continue").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Daily life")
    assert desk.stored(audit)["voice"] == ("outstanding", WORDS, "", "")


def test_two_windows_on_one_conclusion_lose_no_word(desk: Desk, address: str, page: Page) -> None:
    audit = desk.an_audit()
    sign_in(page, desk, address)
    other = page.context.new_page()
    for window, words in ((page, "From one window."), (other, "From the other.")):
        window.goto(f"{address}/audits/{audit}/conclusion")
        window.get_by_label("What is working well").fill(words)
    for window in (page, other):
        window.get_by_role("button", name="Save and return to theme list").click()
    expect(other.locator(".govuk-inset-text").get_by_text("From one window.")).to_be_visible()
    expect(other.get_by_label("What is working well")).to_have_value("From the other.")
    assert axe(other) == []
    other.get_by_role("button", name="Save and return to theme list").click()
    expect(other.get_by_role("heading", level=1)).to_contain_text("Audit of")
    assert desk.find(audit).conclusion.works_well == "From the other."


def test_what_is_missing_takes_the_focus_and_leads_to_the_theme(desk: Desk, address: str, page: Page) -> None:
    audit = desk.an_audit()
    desk.answer(audit, "good", "voice", "planning", "challenge")
    sign_in(page, desk, address).goto(f"{address}/audits/{audit}/check")
    page.get_by_role("button", name="Submit audit").click()
    expect(page.locator(".app-missing")).to_be_focused()
    assert page.title().startswith("Error: ")
    assert axe(page) == []
    page.get_by_role("link", name="Daily life: select an answer").click()
    chosen_answer(page, "Good", "Seen.")
    page.get_by_role("button", name="Save and return to your answers").click()
    page.get_by_role("button", name="Submit audit").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Audit submitted")


def test_two_windows_on_one_theme_get_a_plain_choice(desk: Desk, address: str, page: Page) -> None:
    audit = desk.an_audit()
    sign_in(page, desk, address)
    other = page.context.new_page()
    for window, words in ((page, "From one window."), (other, "From the other.")):
        window.goto(f"{address}/audits/{audit}/themes/voice")
        chosen_answer(window, "Good", words)
    page.get_by_role("button", name="Save and continue").click()
    other.get_by_role("button", name="Save and continue").click()
    expect(other.get_by_role("heading", level=1)).to_have_text("Choose which version to keep")
    expect(other.get_by_text("From one window.")).to_be_visible()
    expect(other.get_by_text("From the other.")).to_be_visible()
    assert axe(other) == []
    other.set_viewport_size({"width": PHONE, "height": 800})
    assert not scrolls_sideways(other)
    assert desk.stored(audit)["voice"][1] == "From one window."
    other.get_by_label("Keep my changes").check()
    other.get_by_role("button", name="Save and continue").click()
    expect(other.get_by_role("heading", level=1)).to_have_text("Daily life")
    assert desk.stored(audit)["voice"][1] == "From the other."


def test_a_session_that_ends_mid_typing_gives_the_words_back_after_signing_in(
    desk: Desk, address: str, page: Page
) -> None:
    audit = desk.an_audit()
    page.goto(f"{address}/link/{desk.cast.asha.secret_of_link}")
    page.get_by_label("Email address").fill(desk.cast.asha.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Save password and sign in").click()
    page.goto(f"{address}/audits/{audit}/themes/voice")
    chosen_answer(page, "Good", WORDS)
    with desk.database.writing() as session:
        session.execute(update(WebSession).values(ended_at=col(WebSession.started_at)))
    page.get_by_role("button", name="Save and return to theme list").click()
    page.get_by_label("Email address").fill(desk.cast.asha.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("She was seen alone, twice.")).to_be_visible()
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Audit of")
    assert desk.stored(audit)["voice"] == ("good", WORDS, "", "")


def test_on_paper_a_checklist_shows_no_menus_and_splits_no_theme_from_its_answers(
    long_desk: Desk, long_address: str, long_audits: dict[str, uuid.UUID], page: Page
) -> None:
    sign_in(page, long_desk, long_address).goto(f"{long_address}/audits/{long_audits['begun']}/print")
    page.emulate_media(media="print")
    for hidden in ("nav", "footer", ".govuk-back-link", ".app-screen-only"):
        expect(page.locator(hidden).first).to_be_hidden()
    expect(page.get_by_text("Nobody asked").or_(page.get_by_text("Seen alone.")).first).to_be_visible()
    kept = page.locator(".app-checklist__theme > .app-keep-together")
    assert kept.count() == len(long_desk.template.theme_keys)
    assert kept.evaluate_all("all => all.every(one => getComputedStyle(one).breakInside === 'avoid')")
    assert page.pdf(format="A4").startswith(b"%PDF")
