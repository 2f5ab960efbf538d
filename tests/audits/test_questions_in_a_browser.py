"""Answering questions in a real browser: at once what an answer brings, by keys, on a phone, and how many clicks."""

import re
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlmodel import update

from api.release.snapshots import actions as snapshots
from api.release.snapshots.actions import NewSnapshot
from checklists.templates.template_file import write_template
from models import Person, ScoringLayout
from tests.audits.asking_desk import ANSWERS, answers_to, stored_answers, template_of_questions
from tests.audits.test_in_a_browser import sign_in
from tests.browser import NewPage, axe, scrolls_sideways
from tests.checklists.full_template import a_full_template
from tests.desk import Desk, a_desk
from tests.factories import an_actor
from tests.thorough import chance_of, is_thorough, many

PHONE = 375
LAYOUTS = ("theme", "domain")
LABELS = {"yes": "Yes", "partly": "Partly", "home": "At home"}
# Of the tools below: as many as councils have in a thorough run; each kind of question and three pages in any run.
QUESTIONS_OF_A_LARGE_TOOL, ITS_THEMES = many(12, thorough=40), many(3, thorough=10)
QUESTIONS_BY_MOUSE, THEMES_BY_MOUSE = many(12, thorough=30), many(6, thorough=15)


@pytest.fixture
def desk(tmp_path: Path, migrated_sqlite_file: Path, request: pytest.FixtureRequest) -> Iterator[Desk]:
    template = getattr(request, "param", None) or a_full_template()
    file = tmp_path / "desk.sqlite3"
    file.write_bytes(migrated_sqlite_file.read_bytes())
    with a_desk(f"sqlite:///{file}", template=template) as made:
        yield made


def question(page: Page, key: str) -> Locator:
    return page.locator(f'[id="questions/{key}"]')


def by_themes(desk: Desk) -> None:
    with desk.database.writing() as session:
        session.execute(update(Person).values(scoring_layout=ScoringLayout.THEME, chose_layout=True))


def test_what_an_answer_brings_is_shown_at_once_and_without_a_script_after_saving(
    desk: Desk, address: str, new_page: NewPage
) -> None:
    audit_id = desk.an_audit(harms=())
    page = sign_in(new_page(), desk, address)
    page.goto(f"{address}/audits/{audit_id}/themes/voice")
    expect(question(page, "where")).not_to_be_visible()
    expect(page.get_by_text("The question appears here when you save that answer.")).not_to_be_visible()
    page.get_by_label("Yes", exact=True).check()
    expect(question(page, "where")).to_be_visible()
    page.get_by_label("At school").check()
    page.get_by_label("No", exact=True).check()
    expect(question(page, "where")).not_to_be_visible()
    page.get_by_role("button", name="Save and return to theme list").click()
    assert stored_answers(desk, audit_id) == {"seen-alone": "no"}

    plain = sign_in(new_page(javascript=False), desk, address)
    plain.goto(f"{address}/audits/{audit_id}/themes/voice")
    expect(plain.get_by_text("The question appears here when you save that answer.")).to_be_visible()
    plain.get_by_label("Yes", exact=True).check()
    plain.get_by_role("button", name="Save and continue").click()
    expect(plain.get_by_text("Saved. This page now has 1 more question.")).to_be_visible()
    plain.get_by_label("At school").check()
    plain.get_by_role("button", name="Save and continue").click()
    assert stored_answers(desk, audit_id) == {"seen-alone": "yes", "where": "school"}


def test_keys_choose_the_answers_of_the_question_in_focus(desk: Desk, address: str, page: Page) -> None:
    audit_id = desk.an_audit(harms=())
    sign_in(page, desk, address).goto(f"{address}/audits/{audit_id}/themes/voice")
    question(page, "seen-alone").focus()
    page.keyboard.press("1")
    expect(page.get_by_label("Yes", exact=True)).to_be_checked()
    page.keyboard.press("3")
    expect(page.locator('input[name="questions/seen-alone"][value="not-evidenced"]')).to_be_checked()
    page.keyboard.press("9")
    expect(page.locator('input[name="questions/seen-alone"][value="not-evidenced"]')).to_be_checked()
    page.locator("#answer").focus()
    page.keyboard.press("2")
    expect(page.locator('input[name="answer"][value="good"]')).to_be_checked()
    page.get_by_label("Rationale", exact=True).fill("Seen 1 time.")
    page.get_by_role("button", name="Save and return to theme list").click()
    assert stored_answers(desk, audit_id) == {"seen-alone": "not-evidenced"}
    assert desk.stored(audit_id)["voice"][:2] == ("good", "Seen 1 time.")


def test_boxes_are_shown_for_the_chosen_answer_and_words_are_never_hidden(desk: Desk, address: str, page: Page) -> None:
    audit_id = desk.an_audit(harms=())
    sign_in(page, desk, address).goto(f"{address}/audits/{audit_id}/themes/history")
    impact, evidence = page.get_by_label("Impact on the child"), page.get_by_label("Evidence", exact=True)
    page.locator('input[name="answer"][value="good"]').check()
    expect(evidence).to_be_visible()
    expect(impact).not_to_be_visible()
    page.locator('input[name="answer"][value="inadequate"]').check()
    expect(impact).to_be_visible()
    expect(evidence).not_to_be_visible()
    impact.fill("Nothing changed for her.")
    page.locator('input[name="answer"][value="good"]').check()
    expect(impact).to_be_visible()
    page.get_by_role("button", name="Save and return to theme list").click()
    assert desk.stored(audit_id)["history"] == ("good", "", "Nothing changed for her.", "")


def test_a_tool_of_many_questions_goes_from_its_file_to_what_is_released(
    desk: Desk, address: str, new_page: NewPage
) -> None:
    """Imported and published by a lead, scored on a phone and over REST, read on the phone, reported and released."""
    tool = template_of_questions(QUESTIONS_OF_A_LARGE_TOOL, themes=ITS_THEMES).model_copy(update={"key": "large-tool"})
    lead = sign_in(new_page(), desk, address, desk.cast.lena)
    lead.goto(f"{address}/templates/import")
    lead.locator("textarea[name=text]").fill(write_template(tool).decode())
    lead.locator("main form button").last.click()
    lead.wait_for_url(re.compile("/versions/1$"))
    desk.template, desk.template_id = tool, uuid.UUID(lead.url.split("/")[-3])
    lead.goto(f"{lead.url}/publish")
    lead.get_by_role("button", name="Publish version 1").click()
    desk.round_id = desk.a_round(title="The council's tool")

    audit_id = desk.an_audit(harms=())
    _score_on_a_phone(new_page(width=PHONE, height=667), desk, address, audit_id)

    lena = desk.browser(desk.cast.lena)
    whole = {
        "round_id": str(desk.round_id),
        "auditor_id": str(desk.cast.asha.id),
        "case_file": {"team_id": str(desk.team_id), "status": "child-in-need", "age_band": "5-to-9"},
        "scores": [{"theme": key, "answer": "good", "rationale": f"Seen in {key}."} for key in tool.theme_keys],
        "questions": answers_to(tool, meets=False),
    }
    for _ in range(11):
        made = lena.post("/api/v1/complete-audits", json=whole, headers={"Idempotency-Key": str(uuid.uuid4())})
        assert made.status_code == 201, made.text
    with desk.database.writing() as session:
        new = NewSnapshot("For the board")
        snapshot = snapshots.make_snapshot(
            session, round_id=desk.round_id, snapshot=new, by=an_actor(desk.cast.lena)
        ).id
    for path in (f"/rounds/{desk.round_id}/report", f"/snapshots/{snapshot}"):
        lead.goto(f"{address}{path}")
        said = lead.inner_text("main")
        missing = [question.text for question in tool.questions if question.has_standard and question.text not in said]
        assert missing == [], path
        assert axe(lead) == [], path
    lead.goto(f"{address}/rounds/{desk.round_id}/report")
    assert "What does the file say about step 0? Yes in 1 of 12" in lead.inner_text("main")


def _score_on_a_phone(page: Page, desk: Desk, address: str, audit_id: uuid.UUID) -> None:
    """Answer every question of every theme, submit the audit, and look at every page on which it is read."""
    sign_in(page, desk, address).goto(f"{address}/audits/{audit_id}/themes/theme-0")
    for key in desk.template.theme_keys:
        assert page.url.endswith(f"/themes/{key}")
        assert not scrolls_sideways(page)
        page.locator('input[name="answer"][value="good"]').check()
        _answer_all(page)
        page.get_by_role("button", name="Save and continue").click()
    assert len(stored_answers(desk, audit_id)) == QUESTIONS_OF_A_LARGE_TOOL
    for path in ("", "/domains/domain-0", "/themes/theme-0", "/print", "/print?blank=1", "/check"):
        page.goto(f"{address}/audits/{audit_id}{path}")
        assert not scrolls_sideways(page), path
        assert axe(page) == [], path
    page.get_by_role("button", name="Submit audit").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("submitted")
    for who, path in (("mo", ""), ("mo", "/moderation"), ("asha", "")):
        sign_in(page, desk, address, getattr(desk.cast, who)).goto(f"{address}/audits/{audit_id}{path}")
        assert not scrolls_sideways(page), path
        assert axe(page) == [], path


def test_pages_with_questions_have_no_barrier_whatever_is_wrong(desk: Desk, address: str, page: Page) -> None:
    audit_id = desk.an_audit(harms=())
    sign_in(page, desk, address)
    for path in ("/themes/voice", "/themes/plan", "/domains/child", "/domains/practice", "/check"):
        page.goto(f"{address}/audits/{audit_id}{path}")
        assert axe(page) == [], path
    page.goto(f"{address}/audits/{audit_id}/themes/voice")
    page.locator('[name="questions/visits-typed"]').fill("seven")
    page.locator('[name="questions/chronology-typed"]').fill("13")
    page.get_by_role("button", name="Save and continue").click()
    assert axe(page) == []
    page.get_by_role("link", name=re.compile("Enter a whole number of days")).click()
    expect(page.locator('[name="questions/visits-typed"]')).to_be_focused()
    expect(page.locator('[name="questions/visits-typed"]')).to_have_value("seven")


class Clicks:
    """Counts what a mouse does, and which keys are pressed beside it."""

    def __init__(self) -> None:
        self.clicks = self.keys = 0

    def on(self, place: Locator) -> None:
        place.click()
        self.clicks += 1

    def typing(self, place: Locator, text: str) -> None:
        self.on(place)
        place.press_sequentially(text)
        self.keys += len(text)


@pytest.mark.parametrize("layout", LAYOUTS if is_thorough() else [chance_of("layouts").choice(LAYOUTS)])
@pytest.mark.parametrize("desk", [template_of_questions(QUESTIONS_BY_MOUSE, themes=THEMES_BY_MOUSE)], indirect=True)
def test_themes_with_questions_take_few_clicks(
    desk: Desk, address: str, page: Page, layout: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A learning domain a page is what auditors get who chose nothing. One layout, the other on other days; fifteen
    themes with thirty questions in a thorough run, and in any run by keys.
    """
    if layout == "theme":
        by_themes(desk)
    audit_id, clicks = desk.an_audit(harms=()), Clicks()
    sign_in(page, desk, address).goto(f"{address}/audits/{audit_id}")
    clicks.on(page.get_by_role("link", name="Start"))
    at = ""
    while "/themes/" in page.url or "/domains/" in page.url:
        assert page.url != at, page.inner_text("main")[:2000]
        at = page.url
        for answer in page.locator('label[for^="answer"], label[for*="--answer"]').filter(has_text="Good").all():
            clicks.on(answer)
        _answer_all(page, clicks)
        clicks.on(page.get_by_role("button", name="Save and continue"))
    assert len(desk.stored(audit_id)) == THEMES_BY_MOUSE
    assert len(stored_answers(desk, audit_id)) == QUESTIONS_BY_MOUSE
    with capsys.disabled():
        print(
            f"\n{THEMES_BY_MOUSE} themes with {QUESTIONS_BY_MOUSE} questions, one {layout} a page:"
            f" {clicks.clicks} clicks, {clicks.keys} keys"
        )
    months = sum(each.kind.value == "month" for each in desk.template.questions)  # each has two boxes
    pages = THEMES_BY_MOUSE if layout == "theme" else 3
    assert clicks.clicks <= 1 + THEMES_BY_MOUSE + QUESTIONS_BY_MOUSE + months + pages


@pytest.mark.parametrize("desk", [template_of_questions(30, themes=15)], indirect=True)
def test_fifteen_themes_with_thirty_questions_are_answered_by_keys(
    desk: Desk, address: str, page: Page, capsys: pytest.CaptureFixture[str]
) -> None:
    """One click a page, on its first answer: the Tab key leads to every other, a number chooses it, Enter saves."""
    audit_id, clicks = desk.an_audit(harms=()), Clicks()
    sign_in(page, desk, address).goto(f"{address}/audits/{audit_id}")
    clicks.on(page.get_by_role("link", name="Start"))
    while "/domains/" in page.url:
        clicks.on(page.locator('label[for$="--answer"]').filter(has_text="Outstanding").first)
        at = page.url
        while _answer_in_focus(page, clicks):
            page.keyboard.press("Tab")
            clicks.keys += 1
        page.keyboard.press("Enter")
        clicks.keys += 1
        expect(page).not_to_have_url(at)
    assert {answer[0] for answer in desk.stored(audit_id).values()} == {"outstanding"}
    assert (len(desk.stored(audit_id)), len(stored_answers(desk, audit_id))) == (15, 30)
    with capsys.disabled():
        print(f"\n15 themes with 30 questions by keys: {clicks.clicks} clicks, {clicks.keys} keys")
    assert clicks.clicks == 4


def _answer_in_focus(page: Page, clicks: "Clicks") -> bool:
    """Answer what has the focus, with the first choice or a number; whether it is a field at all, and no button."""
    name, kind, is_answered = page.evaluate(
        """() => {
            const field = document.activeElement;
            const group = field.form?.elements[field.name];
            return [field.name ?? "", field.type ?? "", Boolean(field.type === "radio" ? group.value : field.value)];
        }"""
    )
    if kind in {"submit", ""} and name in {"do", ""}:
        return kind != "submit" and bool(page.evaluate("document.activeElement !== document.body"))
    keys = "1" if kind == "radio" else "2026" if name.endswith("-year") else "3" if name.endswith("-typed") else ""
    if keys and not is_answered:
        page.keyboard.type(keys)
        clicks.keys += len(keys)
    return True


def _answer_all(page: Page, clicks: Clicks | None = None) -> None:
    """Answer every question of the page."""
    counted = clicks or Clicks()
    for field in page.locator(".app-question").all():
        first = field.locator("input").first
        key = (first.get_attribute("id") or "").removeprefix("questions/")
        if first.get_attribute("type") == "radio":
            counted.on(field.locator("label").first)
            continue
        typed = field.locator(f'[name="questions/{key}-typed"]')
        year = field.locator(f'[name="questions/{key}-year"]')
        if year.count():
            counted.typing(typed, "3")
            counted.typing(year, "2026")
        else:
            counted.typing(typed, ANSWERS["days"])
