"""A real browser for tests of pages: the machine's own Chromium, and ears for every complaint of a page."""

import functools
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, Playwright, Request, Response, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ON_A_MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
ARGUMENTS = [
    "--headless=new",
    "--no-sandbox",  # Chromium has no sandbox as root, and tests open only pages of our own
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
AXE = Path(__file__).parent.parent / "node_modules" / "axe-core" / "axe.min.js"
DESKTOP_WIDTH = 1280
FAILED = 500  # a page that says so has no barriers, and is not the page that was to be tested
PHONE_WIDTH = 320  # the width at which WCAG 2.2 asks that nothing needs to be scrolled sideways


def find_chromium() -> Path:
    """Where Chromium is. Raises FileNotFoundError, with what to do about it."""
    for name in NAMES:
        found = shutil.which(name)
        if found:
            return Path(found)
    if ON_A_MAC.exists():
        return ON_A_MAC
    raise FileNotFoundError("Chromium is not on the PATH. Debian and Ubuntu: apt-get install chromium.")


class NewPage(Protocol):
    """Opens a page with cookies of its own; the test fails at its end if the page complained of anything."""

    def __call__(self, *, width: int = ..., height: int = ..., javascript: bool = ...) -> Page: ...


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """One Chromium for the whole run. Where there is none, tests that ask for it fail."""
    launched = playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
    yield launched
    launched.close()


@pytest.fixture
def new_page(browser: Browser) -> Iterator[NewPage]:
    """Opens pages of any width, with or without JavaScript, that each must stay free of complaints."""
    opened: list[Page] = []
    complaints: list[str] = []

    def open_page(*, width: int = DESKTOP_WIDTH, height: int = 900, javascript: bool = True) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            java_script_enabled=javascript,
            locale="en-GB",
        )
        page = context.new_page()
        opened.append(page)
        _listen(page, complaints)
        return page

    yield open_page
    for page in opened:
        page.context.close()
    assert complaints == []


@pytest.fixture
def page(new_page: NewPage) -> Page:
    """A page as wide as a desk's, with JavaScript."""
    return new_page()


@pytest.fixture
def phone_page(new_page: NewPage) -> Page:
    """A page as narrow as a small phone's."""
    return new_page(width=PHONE_WIDTH, height=640)


@pytest.fixture
def page_without_javascript(new_page: NewPage) -> Page:
    return new_page(javascript=False)


def _listen(page: Page, complaints: list[str]) -> None:
    """Note errors in the console (refusals by the content security policy among them), errors thrown, pages that the
    service failed to make, and requests to any host but the page's own.
    """
    documents: set[str] = set()

    def asked(request: Request) -> None:
        if request.is_navigation_request():
            documents.add(request.url)
        home = urlsplit(page.url).netloc
        there = urlsplit(request.url)
        if home and there.scheme in {"http", "https"} and there.netloc != home:
            complaints.append(f"{page.url} asked another host: {request.url}")

    def said(message: ConsoleMessage) -> None:
        # Chromium also reports a page refused on purpose (403, 404, 422); its test looks at the status.
        unloaded = message.text.startswith("Failed to load resource")
        refused_page = unloaded and message.location["url"] in documents
        if message.type == "error" and not refused_page:
            complaints.append(f"{page.url} said: {message.text}")

    def threw(error: Error) -> None:
        complaints.append(f"{page.url} threw: {error}")

    def answered(response: Response) -> None:
        if response.request.is_navigation_request() and response.status == FAILED:
            complaints.append(f"{response.url} failed with status {response.status}")

    page.on("request", asked)
    page.on("response", answered)
    page.on("console", said)
    page.on("pageerror", threw)


@functools.cache
def _axe_source() -> str:
    return AXE.read_text("utf-8")


def axe(page: Page) -> list[str]:
    """What axe-core finds wrong with the page as it stands now, one sentence for each rule broken.

    Raises ValueError for a page opened without JavaScript, in which axe-core would never finish.
    """
    if page.evaluate("() => matchMedia('(scripting: none)').matches"):
        raise ValueError("axe-core needs a page with JavaScript.")
    page.evaluate(_axe_source())
    found: dict[str, Any] = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    return [_sentence(violation) for violation in found["violations"]]


def _sentence(violation: dict[str, Any]) -> str:
    places = ", ".join(" ".join(map(str, node["target"])) for node in violation["nodes"])
    return f"{violation['id']}: {violation['help']}: {places}"


def scrolls_sideways(page: Page) -> bool:
    """Whether the page is wider than the window that shows it."""
    # Right after a form is sent the old document is gone and the new one has no element yet.
    page.wait_for_load_state()
    wider: bool = page.locator("html").evaluate("html => html.scrollWidth > html.clientWidth")
    return wider
