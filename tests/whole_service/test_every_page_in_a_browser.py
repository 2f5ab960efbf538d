"""Every page of every role at 400% zoom: nothing scrolls sideways, and every field is on the screen."""

from collections.abc import Callable, Iterator
from typing import Final

import pytest
from playwright.sync_api import Browser, Error, Page, Response

from tests.browser import PHONE_WIDTH, axe, scrolls_sideways, tables_that_scroll
from tests.site_in_browser import served_app
from tests.thorough import is_thorough, part_of
from tests.whole_service.matrix import SIGN_IN, RouteRule, Stage, rules
from tests.whole_service.minimal_requests import path_of, query_of

Record = Callable[[str, object], None]
# The three roles first, then those who see what these do not.
ACTORS: Final = ("auditor", "quality-lead", "administrator", "moderator", "every-role", "anonymous")
ONE_IN: Final = 8
# 1280 CSS pixels at 400% zoom (WCAG 2.2, criterion 1.4.10).
HEIGHT: Final = 256
BESIDE_THE_SCREEN: Final = """() => [...document.querySelectorAll('select, input, textarea, button')]
  .filter(field => field.checkVisibility())
  .filter(field => !field.closest('.govuk-skip-link, .govuk-visually-hidden'))
  .map(field => [field, field.getBoundingClientRect()])
  .filter(([, box]) => box.width > 2 && (box.left < 0 || box.right > innerWidth))
  .map(([field]) => field.name || field.id || field.textContent.trim())"""

# The state of a thing is short. The themes of an audit give it a column of its own.
TAGS_IN_LINES: Final = """() => [...document.querySelectorAll('.govuk-tag')]
  .filter(tag => tag.checkVisibility() && !tag.closest('.app-themes'))
  .filter(tag => tag.getBoundingClientRect().height > 1.9 * parseFloat(getComputedStyle(tag).lineHeight))
  .map(tag => tag.textContent.trim())"""


def pages_of(stage: Stage) -> Iterator[tuple[str, RouteRule, str]]:
    """Every page that the service shows, once for the first role that may see it: who, the route and its address."""
    for rule in rules().values():
        method, _, path = rule.route.partition(" ")
        if method != "GET" or path.startswith(("/api/", "/odata", "/static")):
            continue
        found = (
            (actor, thing)
            for actor in ACTORS
            for thing in stage.things(rule.thing, actor)
            if rule.expected(actor, thing.state) == rule.usual == 200 and rule.expected(actor, thing.state) != SIGN_IN
        )
        for actor, thing in found:
            yield actor, rule, path_of(rule.route, stage.home, thing)
            break


def shown(browser: Browser, stage: Stage, actor: str, address: str) -> Page:
    """A browser of this actor at 400% zoom."""
    context = browser.new_context(viewport={"width": PHONE_WIDTH, "height": HEIGHT}, locale="en-GB")
    name, _, secret = stage.clients[actor].headers.get("Cookie", "").partition("=")
    if secret:
        context.add_cookies([{"name": name, "value": secret, "url": address}])
    return context.new_page()


def opened_page(page: Page, address: str) -> Response | None:
    """What the address answers; None if it is no page but a file."""
    try:
        answer = page.goto(address)
    except Error as error:
        if "Download is starting" in error.message:
            return None
        raise
    assert answer is not None
    return answer if "text/html" in answer.headers.get("content-type", "") else None


def walked(stage: Stage, browser: Browser, faults_of: Callable[[Page], list[str]]) -> tuple[int, list[str]]:
    """How many pages there are, and what is wrong with them."""
    faults, seen = [], 0
    with served_app(stage.app) as address:
        pages = {actor: shown(browser, stage, actor, address) for actor in ACTORS}
        for actor, rule, path in part_of(pages_of(stage), one_in=ONE_IN, of="pages"):
            query = "&".join(f"{name}={value}" for name, value in query_of(rule.route, stage.home).items())
            answer = opened_page(pages[actor], f"{address}{path}?{query}" if query else f"{address}{path}")
            if answer is None:
                continue
            assert answer.status == rule.usual, rule.route
            seen += 1
            faults += [f"{actor}, {rule.route}: {words}" for words in faults_of(pages[actor])]
        for page in pages.values():
            page.context.close()
    return seen, faults


def not_on_the_screen(page: Page) -> list[str]:
    beside = page.evaluate(BESIDE_THE_SCREEN)
    return [
        *(["scrolls sideways"] if scrolls_sideways(page) else []),
        *(f"the table “{name}” scrolls sideways" for name in tables_that_scroll(page)),
        *(f"{name} is beside it" for name in beside),
        *(f"the tag “{tag}” has several lines" for tag in page.evaluate(TAGS_IN_LINES)),
    ]


def test_pages_fit_the_screen_at_400_percent(stage: Stage, browser: Browser, record_property: Record) -> None:
    """An eighth of all pages, others each day; `make trials` opens them all."""
    seen, faults = walked(stage, browser, not_on_the_screen)
    figure = f"Pages at 400% zoom: {seen}, of which {len(faults)} have a fault"
    record_property("figure", figure)
    print(figure)
    assert faults == [], "\n".join(faults)
    assert seen > (100 if is_thorough() else 8)


@pytest.mark.trial
def test_axe_finds_nothing_on_any_page(stage: Stage, browser: Browser, record_property: Record) -> None:
    seen, faults = walked(stage, browser, axe)
    figure = f"Pages read by axe: {seen}, violations: {len(faults)}"
    record_property("figure", figure)
    print(figure)
    assert faults == [], "\n".join(faults)
