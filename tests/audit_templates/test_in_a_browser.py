"""Pages of templates in a real browser: nothing to complain of, nothing to scroll sideways, no JavaScript needed."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from playwright.sync_api import Page

from api.foundation.http.security import cookie_name
from api.foundation.settings import Settings
from tests.audit_templates.template_cast import Cast, Member, template_cast
from tests.browser import axe, look
from tests.checklists.full_template import full_template
from tests.site_in_browser import served_app
from tests.thorough import part_of


@pytest.fixture(scope="module")
def cast(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite_file: Path) -> Iterator[Cast]:
    file = tmp_path_factory.mktemp("browsed") / "browsed.sqlite3"
    file.write_bytes(migrated_sqlite_file.read_bytes())
    with template_cast(f"sqlite:///{file}") as made:
        yield made


@pytest.fixture(scope="module")
def address(cast: Cast) -> Iterator[str]:
    with served_app(cast.app) as url:
        yield url


@pytest.fixture(scope="module")
def library_path(cast: Cast) -> str:
    """A draft of the built-in template: the largest that most people will ever edit."""
    added = cast.lena.post("/templates/from-library", {"key": "scr-themes"}).json()["template_id"]
    assert cast.lena.post(f"/templates/{added}/versions", {"from_number": 1}).status_code == 201
    return f"/templates/{added}/versions/2"


@pytest.fixture(scope="module")
def full_path(cast: Cast) -> str:
    """The second version of a template with everything that format 2 has, a draft that differs from the first."""
    made = cast.lena.post("/templates", full_template()).json()["template_id"]
    cast.lena.publish(f"/templates/{made}/versions/1")
    assert cast.lena.post(f"/templates/{made}/versions", {"from_number": 1}).status_code == 201
    path = f"/templates/{made}/versions/2"
    changed = full_template(summary="Changed", overall={"how": "calculated"})
    changed["learning_domains"][0]["themes"][0]["questions"][2]["at_most"] = 20
    put = cast.lena.browser.put(f"/api/v1{path}", json=changed, headers={"If-Match": '"1"'})
    assert put.status_code == 200, put.text
    return path


def sign_in(page: Page, member: Member, address: str) -> None:
    name = cookie_name(Settings())
    page.context.add_cookies([{"name": name, "value": member.browser.cookies[name], "url": address}])


# Of these pages a run opens half, the other half on other days; `make trials` opens them all.
PAGES = {
    "list": "/templates",
    "new": "/templates/new",
    "import": "/templates/import",
    "workbook": "/templates/from-workbook",
    "version": "{path}",
    "checklist": "{path}/checklist",
    "copy": "{path}/copy",
    "publish": "{path}/publish",
    "discard": "{path}/discard",
    "edit": "{path}/edit",
    "details": "{path}/edit/details",
    "scale": "{path}/edit/scale",
    "forms-of-harm": "{path}/edit/forms-of-harm",
    "new-domain": "{path}/edit/new-domain",
    "domain": "{path}/edit/domains/practice-issues",
    "theme": "{path}/edit/themes/neglect",
    "remove": "{path}/edit/themes/neglect/remove",
    "own-places": "{template}/where-to-look",
    "own-place": "{template}/where-to-look/neglect",
}


@pytest.mark.parametrize("name", part_of(PAGES, one_in=2, of="pages of templates"))
def test_a_page_of_templates_has_no_barrier_and_fits_a_phone(
    name: str, cast: Cast, address: str, library_path: str, page: Page
) -> None:
    sign_in(page, cast.lena, address)
    answer = page.goto(address + PAGES[name].format(path=library_path, template=library_path.partition("/versions")[0]))
    assert answer is not None
    assert answer.status == 200
    look(page)


FULL_PAGES = {
    "version": "",
    "checklist": "/checklist",
    "changes": "/changes",
    "edit": "/edit",
    "use-format-2": "/edit/use-format-2",
    "details": "/edit/details",
    "forms-of-harm": "/edit/forms-of-harm",
    "theme": "/edit/themes/voice",
    "questions": "/edit/themes/voice/questions",
    "new-question": "/edit/themes/voice/new-question",
    "question": "/edit/questions/where",
    "condition": "/edit/questions/where/applies-when",
    "condition-of-a-theme": "/edit/themes/plan/applies-when",
    "remove-question": "/edit/questions/seen-alone/remove",
    "facts": "/edit/facts",
    "fact": "/edit/facts/open-for",
    **{
        name: f"/edit/parts/{name}"
        for name in ("words", "overall", "texts", "targets", "compliance", "asks", "obstacles", "family-questions")
    },
    **{name: f"/edit/parts/{name}" for name in ("statuses", "age-bands", "categories")},
    "further-sources": "/edit/parts/further-sources",
    "contradictions": "/edit/parts/contradictions",
}


@pytest.mark.parametrize("name", part_of(FULL_PAGES, one_in=2, of="pages of format 2"))
def test_a_page_of_format_2_has_no_barrier_and_fits_a_phone(
    name: str, cast: Cast, address: str, full_path: str, page: Page
) -> None:
    sign_in(page, cast.lena, address)
    answer = page.goto(address + full_path + FULL_PAGES[name])
    assert answer is not None
    assert answer.status == 200
    look(page)


def test_the_page_of_a_question_shows_only_what_its_kind_needs(
    cast: Cast, address: str, full_path: str, page: Page
) -> None:
    sign_in(page, cast.lena, address)
    page.goto(f"{address}{full_path}/edit/themes/voice/new-question")
    page.get_by_label("A number of days").check()
    assert page.get_by_label("Lowest number that meets the standard").locator("visible=true").count() == 1
    assert not page.get_by_label("Choice 1").is_visible()
    page.get_by_label("One of several choices").check()
    assert page.get_by_label("Choice 1").is_visible()
    assert axe(page) == []


def test_a_tool_of_forty_questions_is_entered_without_javascript(
    cast: Cast, address: str, page_without_javascript: Page
) -> None:
    """The first of each kind by hand, the others as a file; what was typed is what auditors are asked."""
    page = page_without_javascript
    sign_in(page, cast.lena, address)
    made = cast.lena.post("/templates", _tool_of(questions=36)).json()["template_id"]
    path = f"/templates/{made}/versions/1"
    page.goto(f"{address}{path}/edit/themes/theme-0/new-question")
    for text, kind, typed in (
        ("Was the child seen alone?", "Yes or no", {"Yes": True}),
        ("Is the chronology current?", "Yes, partly or no", {}),
        ("How many visits were there?", "A number", {"number-at_least": "4"}),
        ("Where was the child seen?", "One of several choices", {"choice-0-label": "Home", "choice-1-label": "School"}),
    ):
        page.get_by_label("Question", exact=True).fill(text)
        page.get_by_label(kind, exact=True).check()
        for name, value in typed.items():
            if value is True:
                page.locator("#of-yes-no").get_by_label(name, exact=True).check()
            else:
                page.locator(f"[name='{name}']").fill(str(value))
        page.get_by_role("button", name="Save and add another").click()
        assert "Saved." in page.inner_text("main")
    page.goto(f"{address}{path}/edit/questions/where-was-the-child-seen/applies-when")
    page.locator("details", has_text="Theme 0").locator("summary").click()
    page.get_by_role("group", name="Was the child seen alone?").get_by_label("Yes").check()
    page.get_by_role("button", name="Save").click()
    page.goto(f"{address}{path}/publish")
    page.get_by_role("button", name="Publish version 1").click()
    said = page.inner_text("main")
    assert "How many visits were there?\nA number. Meets the standard: 4 or more." in said
    assert "One of: Home, School." in said
    assert "This applies only when “Was the child seen alone?” is answered Yes." in said
    content = cast.lena.get(path).json()["content"]
    themes = [theme for domain in content["learning_domains"] for theme in domain["themes"]]
    assert sum(len(theme["questions"]) for theme in themes) == 40


def _tool_of(*, questions: int) -> dict[str, Any]:
    """A council's tool of four themes with so many questions, as its file has it."""
    each = questions // 4
    themes = [
        {
            "key": f"theme-{place}",
            "title": f"Theme {place}",
            "prompts": ["What does the file show?"],
            "questions": [
                {"key": f"q-{place}-{number}", "text": f"Was step {number} done?", "kind": "yes-no", "meets": ["yes"]}
                for number in range(each)
            ],
        }
        for place in range(4)
    ]
    return {
        "format": "caseaudit-template/2",
        "key": "tool-of-forty",
        "title": "A council's tool",
        "scale": full_template()["scale"],
        "learning_domains": [{"key": "all", "title": "All", "themes": themes}],
    }


def test_a_fault_leads_to_its_field(cast: Cast, address: str, library_path: str, page: Page) -> None:
    sign_in(page, cast.lena, address)
    page.goto(f"{address}{library_path}/edit/themes/neglect")
    page.get_by_label("Prompts").fill("")
    page.get_by_role("button", name="Save").click()
    assert page.title().startswith("Error: ")
    assert axe(page) == []
    page.locator(".govuk-error-summary a").first.click()
    assert page.evaluate("document.activeElement.id") == "prompts"


def test_a_draft_is_made_edited_and_published_without_javascript(
    cast: Cast, address: str, page_without_javascript: Page
) -> None:
    page = page_without_javascript
    sign_in(page, cast.lena, address)
    page.goto(f"{address}/templates/new")
    page.get_by_label("Title").first.fill("Made without scripts")
    page.get_by_label("Met, partly met, not met").check()
    page.get_by_label("First learning domain").fill("The child")
    page.get_by_label("First theme", exact=True).fill("Voice")
    page.get_by_label("Prompts for the first theme").fill("Was the child heard?")
    page.get_by_role("button", name="Create draft").click()
    page.get_by_role("link", name="Add a theme").click()
    page.get_by_label("Title").first.fill("The day")
    page.get_by_label("Prompts").fill("What is a day like?")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Move up The day").click()
    page.get_by_role("link", name="Publish").click()
    page.get_by_role("button", name="Publish version 1").click()
    assert "Published on" in page.inner_text("main")
    assert page.inner_text("main").index("The day") < page.inner_text("main").index("Voice")


def test_a_workbook_is_uploaded_corrected_and_becomes_a_draft(
    cast: Cast, address: str, full_path: str, page: Page, tmp_path: Path
) -> None:
    sign_in(page, cast.lena, address)
    book = openpyxl.load_workbook(io.BytesIO(cast.lena.browser.get(f"{full_path}/workbook").content))
    file = tmp_path / "template.xlsx"
    for key, faults in (("Not a key", True), ("voice-of-parents", False)):
        book["Themes"]["B4"] = key
        book["Themes"]["C4"] = None if faults else "Voice of parents"
        book["Prompts"]["A4"] = key
        book.save(file)
        page.goto(f"{address}/templates/from-workbook")
        page.get_by_label("Template workbook").set_input_files(file)
        page.get_by_role("button", name="Check workbook").click()
        look(page)
        assert page.get_by_text("Sheet “Themes”, cell B4: ").is_visible() is faults
    assert page.get_by_text("Voice of parents: added").is_visible()
    page.get_by_role("button", name="Save as draft").click()
    page.get_by_text("Draft saved from the workbook.").wait_for()
    assert page.url == f"{address}{full_path}"
