"""A real browser for tests of pages: the machine's own Chromium, and ears for every complaint of a page."""

import functools
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, Playwright, Request, Response, sync_playwright

from tests.once import folder
from tests.thorough import is_thorough

HEADLESS_SHELL = "chromium-headless-shell"  # has no windows, so it draws a page for half the processor time
NAMES = (HEADLESS_SHELL, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
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
    "--in-process-gpu",  # draws without a process of its own, which it would talk to for every frame
    "--window-size=400,400",  # of the browser's own frame, which it draws; pages are as wide as their tests say
    "--process-per-site",  # what a process has compiled serves the next page too
    "--js-flags=--no-opt",  # nothing runs for long enough to be worth compiling at length
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
    """Opens a page with cookies of its own; the test fails at its end if the page complained of anything.

    The page may have served another test, of which nothing is left but what the browser has compiled. Whoever changes
    more than where it is and how wide it is (its clock, what it is asked or told) asks for a fresh one.
    """

    def __call__(self, *, width: int = ..., height: int = ..., javascript: bool = ..., fresh: bool = ...) -> Page: ...


class Pages:
    """Pages of one browser that serve one test after another: to start one takes longer than to look at most pages."""

    def __init__(self, browser: Browser, nowhere: str) -> None:
        """`nowhere`: an empty page on the host that serves all tests, for which the browser keeps its process."""
        self._browser = browser
        self._nowhere = nowhere
        self._free: dict[bool, list[tuple[Page, list[str]]]] = {True: [], False: []}

    def take(self, *, javascript: bool, fresh: bool) -> tuple[Page, list[str]]:
        """A page without cookies, and the list of its complaints."""
        if self._free[javascript] and not fresh:
            page, complaints = self._free[javascript].pop()
            complaints.clear()
            return page, complaints
        context = self._browser.new_context(java_script_enabled=javascript, locale="en-GB")
        complaints = []
        page = context.new_page()
        _listen(page, complaints, nowhere=self._nowhere)
        return page, complaints

    def give_back(self, page: Page, complaints: list[str], *, javascript: bool) -> None:
        """Leave nothing of the test on the page; a page that cannot be left is closed."""
        try:
            for each in page.context.pages:
                if each is not page:
                    each.close()
            page.evaluate("() => { localStorage.clear(); sessionStorage.clear(); }")
            page.emulate_media(media="null", forced_colors="null")
            page.context.clear_cookies()
            page.goto(self._nowhere)
        except Error:
            page.context.close()
        else:
            self._free[javascript].append((page, complaints))


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


class _EmptyPage(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>Nowhere</title><link rel=icon href='data:,'>")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def pages(browser: Browser) -> Iterator[Pages]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _EmptyPage) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Pages(browser, f"http://127.0.0.1:{server.server_port}/")
        server.shutdown()


@pytest.fixture
def new_page(pages: Pages) -> Iterator[NewPage]:
    """Opens pages of any width, with or without JavaScript, that each must stay free of complaints."""
    opened: list[tuple[Page, list[str], bool, bool]] = []

    def open_page(
        *, width: int = DESKTOP_WIDTH, height: int = 900, javascript: bool = True, fresh: bool = False
    ) -> Page:
        page, complaints = pages.take(javascript=javascript, fresh=fresh)
        opened.append((page, complaints, javascript, fresh))
        page.set_viewport_size({"width": width, "height": height})
        return page

    yield open_page
    heard = [complaint for _, complaints, _, _ in opened for complaint in complaints]
    for page, complaints, javascript, fresh in opened:
        if fresh or heard:
            page.context.close()
        else:
            pages.give_back(page, complaints, javascript=javascript)
    assert heard == []


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


def _listen(page: Page, complaints: list[str], *, nowhere: str = "") -> None:
    """Note errors in the console (refusals by the content security policy among them), errors thrown, pages that the
    service failed to make, and requests to any host but the page's own.
    """
    documents: set[str] = set()

    def asked(request: Request) -> None:
        if request.is_navigation_request():
            documents.add(request.url)
        home = "" if page.url == nowhere else urlsplit(page.url).netloc
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

    Of things alike beside each other, such as the rows of a table, it reads the first few; and a page that is made of
    the same things as one in which nothing was found in this run of the tests, at whatever width, is not read again. In
    a thorough run everything is read.

    Raises ValueError for a page opened without JavaScript, in which axe-core would never finish.
    """
    if page.evaluate("() => matchMedia('(scripting: none)').matches"):
        raise ValueError("axe-core needs a page with JavaScript.")
    sound = None if is_thorough() else folder() / f"sound-{page.evaluate(_SHAPE_OF_PAGE)}"
    if sound is not None and sound.exists():
        return []
    page.evaluate(_axe_source())
    found: list[dict[str, Any]] = page.evaluate(_RUN_AXE, is_thorough())
    if sound is not None and not found:
        sound.touch()
    return [_sentence(violation) for violation in found]


# `shape` tells things apart by their elements, the names of their attributes, what is styled or read by the value of
# an attribute, where they have text, and whether they are shown, as on a phone alone; things alike that follow each
# other count once.
_SHAPES = """
  const TELLING = new Set(['class', 'role', 'type', 'scope', 'style', 'lang', 'aria-hidden', 'aria-current']);
  const shapes = new Map();
  const hash = text => {
    let [a, b] = [0xdeadbeef, 0x41c6ce57];
    for (const sign of text) {
      a = Math.imul(a ^ sign.charCodeAt(0), 2654435761);
      b = Math.imul(b ^ sign.charCodeAt(0), 1597334677);
    }
    return (4294967296 * (2097151 & b) + (a >>> 0)).toString(36);
  };
  const shape = element => {
    const named = [...element.attributes].map(({name, value}) => TELLING.has(name) ? `${name}=${value}` : name);
    const hasText = [...element.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.data.trim());
    const inside = new Set([...element.children].map(shape));
    const own = hash(`${element.tagName} ${named.sort()} ${hasText} ${element.checkVisibility()} ${[...inside]}`);
    shapes.set(element, own);
    return own;
  };
"""
_SHAPE_OF_PAGE = f"""() => {{
  {_SHAPES}
  const media = matchMedia('(forced-colors: active)').matches;
  return `${{shape(document.documentElement)}}-${{media}}`;
}}"""
_RUN_AXE = f"""async everything => {{
  {_SHAPES}
  const FEW = 3;
  const more = [];
  const find = parent => {{
    const seen = new Map();
    for (const child of parent.tagName === 'SELECT' ? [] : parent.children) {{
      const number = (seen.get(shapes.get(child)) ?? 0) + 1;
      seen.set(shapes.get(child), number);
      if (number > FEW && !child.contains(document.activeElement)) more.push(child); else find(child);
    }}
  }};
  if (!everything) {{ shape(document.body); find(document.body); }}
  const [top, places] = [scrollY, more.map(each => [each, each.parentNode, each.nextSibling])];
  more.forEach(each => each.remove());
  try {{
    // Nothing is preloaded: only a rule that is an experiment, and not asked for, reads style sheets.
    const {{violations}} = await axe.run(document, {{resultTypes: ['violations'], preload: false}});
    return violations;
  }} finally {{
    places.reverse().forEach(([each, parent, next]) => parent.insertBefore(each, next));
    scrollTo(scrollX, top);
  }}
}}"""


def _sentence(violation: dict[str, Any]) -> str:
    places = ", ".join(" ".join(map(str, node["target"])) for node in violation["nodes"])
    return f"{violation['id']}: {violation['help']}: {places}"


def look(page: Page, *, javascript: bool = True) -> None:
    """Fail unless the page reads well as it stands: axe finds nothing, and nothing scrolls sideways (on a phone, no
    table either), at its own width and at that of a desktop or of a small phone.

    So a way through the pages is gone once and looked at on both. Axe, which takes longer than all the rest and whose
    rules see the same elements on both, reads the other width in a thorough run only; it is left out of a page without
    JavaScript.
    """
    assert page.viewport_size is not None
    own = page.viewport_size
    other = DESKTOP_WIDTH if own["width"] < DESKTOP_WIDTH else PHONE_WIDTH
    for width in (other, own["width"]):
        page.set_viewport_size({"width": width, "height": own["height"]})
        found = axe(page) if javascript and (width == own["width"] or is_thorough()) else []
        assert (found, scrolls_sideways(page), tables_that_scroll(page)) == ([], False, []), f"{page.url} at {width} px"


def tables_that_scroll(page: Page) -> list[str]:
    """The tables of which part is out of sight on a screen as narrow as a phone's. On a wider one they may scroll."""
    page.wait_for_load_state()
    names: list[str] = page.evaluate(_TABLES_THAT_SCROLL)
    return names


_TABLES_THAT_SCROLL = """() => matchMedia('(max-width: 40em)').matches
  ? [...document.querySelectorAll('.app-table')]
    .filter(each => each.checkVisibility() && each.scrollWidth > each.clientWidth)
    .map(each => each.getAttribute('aria-label'))
  : []"""


def scrolls_sideways(page: Page) -> bool:
    """Whether the page is wider than the window that shows it."""
    # Right after a form is sent the old document is gone and the new one has no element yet.
    page.wait_for_load_state()
    wider: bool = page.locator("html").evaluate("html => html.scrollWidth > html.clientWidth")
    return wider
