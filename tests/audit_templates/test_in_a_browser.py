"""Pages of templates in a real browser: nothing to complain of, nothing to scroll sideways, no JavaScript needed."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Page

from api.foundation.http.security import cookie_name
from api.foundation.settings import Settings
from tests.audit_templates.template_cast import Cast, Member, template_cast
from tests.browser import NewPage, axe, scrolls_sideways


@pytest.fixture(scope="module")
def cast(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite_file: Path) -> Iterator[Cast]:
    file = tmp_path_factory.mktemp("browsed") / "browsed.sqlite3"
    file.write_bytes(migrated_sqlite_file.read_bytes())
    with template_cast(f"sqlite:///{file}") as made:
        yield made


@contextmanager
def served(app: Any) -> Iterator[str]:
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="module")
def address(cast: Cast) -> Iterator[str]:
    with served(cast.app) as url:
        yield url


@pytest.fixture(scope="module")
def library_path(cast: Cast) -> str:
    """A draft of the built-in template: the largest that most people will ever edit."""
    added = cast.lena.post("/templates/from-library", {"key": "scr-themes"}).json()["template_id"]
    assert cast.lena.post(f"/templates/{added}/versions", {"from_number": 1}).status_code == 201
    return f"/templates/{added}/versions/2"


def sign_in(page: Page, member: Member, address: str) -> None:
    name = cookie_name(Settings())
    page.context.add_cookies([{"name": name, "value": member.browser.cookies[name], "url": address}])


PAGES = {
    "list": "/templates",
    "new": "/templates/new",
    "import": "/templates/import",
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
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_templates_has_no_barrier_and_fits_a_phone(
    name: str, cast: Cast, address: str, library_path: str, new_page: NewPage
) -> None:
    for width in (1280, 320):
        page = new_page(width=width)
        sign_in(page, cast.lena, address)
        answer = page.goto(address + PAGES[name].format(path=library_path))
        assert answer is not None
        assert answer.status == 200
        assert axe(page) == []
        assert not scrolls_sideways(page)


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
    page.get_by_label("Prompts of the first theme").fill("Was the child heard?")
    page.get_by_role("button", name="Make the draft").click()
    page.get_by_role("link", name="Add a theme").click()
    page.get_by_label("Title").first.fill("The day")
    page.get_by_label("Prompts").fill("What is a day like?")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Move up The day").click()
    page.get_by_role("link", name="Publish").click()
    page.get_by_role("button", name="Publish version 1").click()
    assert "Published on" in page.inner_text("main")
    assert page.inner_text("main").index("The day") < page.inner_text("main").index("Voice")
