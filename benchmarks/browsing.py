"""What people on slow laptops see: Chromium with its processor four times slower, on a slow 4G network."""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from benchmarks.table import Figures
from tests.browser import ARGUMENTS, DESKTOP_WIDTH, find_chromium
from tests.live import THEMES, Server

TURNS = 3
SLOWER = 4
# What Lighthouse calls slow 4G.
NETWORK = {"offline": False, "latency": 150, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 0.75e6 / 8}
USABLE = """() => {
    const shown = performance.getEntriesByName('first-contentful-paint')[0];
    const read = performance.getEntriesByType('navigation')[0];
    return Math.max(shown ? shown.startTime : 0, read.domContentLoadedEventEnd);
}"""
WATCH_SHIFTS = """
    window.shifted = 0;
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
    }).observe({type: 'layout-shift', buffered: true});
"""
# The moment of the first change of the page after the form is sent, kept for the page that follows.
WATCH_SIGN = """
    document.addEventListener('submit', () => {
        const sent = performance.now();
        new MutationObserver(() => {
            if (!sessionStorage.sign) requestAnimationFrame(() => {
                sessionStorage.sign = sessionStorage.sign || String(performance.now() - sent);
            });
        }).observe(document.body, {subtree: true, childList: true, attributes: true, characterData: true});
    }, {capture: true});
"""


@dataclass(frozen=True, slots=True)
class Address:
    """A page to look at, and the secret of the person who looks at it."""

    called: str
    path: str
    secret: str


def measure(figures: Figures, server: Server, cookie: str, addresses: Mapping[str, Address], audit: uuid.UUID) -> None:
    """First views, the bytes of the next, and layout shifts of the pages; and the sign that a theme is being saved."""
    home, shifts = f"http://127.0.0.1:{server.port}", []
    with _browser() as browser:
        for address in addresses.values():
            firsts, sizes = [], []
            for _ in range(TURNS):
                with _laptop(browser, home, cookie, address.secret) as (page, received):
                    page.goto(home + address.path, wait_until="load")
                    firsts.append(page.evaluate(USABLE))
                    shifts.append(page.evaluate("() => window.shifted"))
                    received.clear()
                    page.goto(home + address.path, wait_until="load")
                    sizes.append(sum(received) / 1000)
            limit = f"network {NETWORK['latency']} ms, 200 kB a second"
            figures.judge(f"first view of {address.called}, slow laptop", median(firsts), limit=limit)
            name = address.called.removeprefix("a ")
            figures.judge(f"{name} over the wire after the first", median(sizes))
        with _laptop(browser, home, cookie, addresses["theme"].secret) as (page, _):
            page.goto(f"{home}/audits/{audit}/themes/{THEMES[0]}", wait_until="load")
            page.evaluate(WATCH_SIGN)
            page.locator("main form button").first.click()
            page.wait_for_load_state("load")
            sign = page.evaluate("() => Number(sessionStorage.sign || 'Infinity')")
        figures.judge("sign of saving", float(sign) if sign is not None else float("inf"))
    figures.judge("layout shift", max(shifts))


@contextmanager
def _browser() -> Iterator[Browser]:
    with sync_playwright() as started:
        launched = started.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        yield launched
        launched.close()


@contextmanager
def _laptop(browser: Browser, home: str, cookie: str, secret: str) -> Iterator[tuple[Page, list[float]]]:
    """A page of a slow laptop with nothing cached, and the bytes of each response over the wire."""
    context: BrowserContext = browser.new_context(viewport={"width": DESKTOP_WIDTH, "height": 900}, locale="en-GB")
    context.add_cookies([{"name": cookie, "value": secret, "url": home}])
    page = context.new_page()
    page.add_init_script(WATCH_SHIFTS)
    received: list[float] = []
    tools = context.new_cdp_session(page)
    tools.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    tools.send("Network.enable")
    tools.send("Network.emulateNetworkConditions", NETWORK)
    tools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    yield page, received
    context.close()
