"""The browser that tests use hears every complaint; a deaf one would pass any page."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, Page

import tests.browser
from tests.browser import _listen, axe, scrolls_sideways

ROWS = "<tr><td>One of many</td></tr>" * 9
PAGES = {
    "/sound": "<h1>Sound</h1>Nothing wrong here",
    "/refused": "<h1>Refused</h1>This page answers 422",
    "/inline-script": "<h1>Script</h1><script>document.title = 'ran'</script>",
    "/inline-style": "<h1 style='color: red'>Style</h1>",
    "/throws": "<h1>Throws</h1><script src='/throws.js'></script>",
    "/elsewhere": "<h1>Elsewhere</h1><img alt='' src='http://127.0.0.1:9/picture.png'>",
    "/no-label": "<h1>No label</h1><input type='text'>",
    "/rows": f"<h1>Rows</h1><table><tr><th>Name</th></tr>{ROWS}<tr><td><input></td></tr>{ROWS}</table>",
    "/wide": "<h1>Wide</h1><pre>" + "wide " * 400 + "</pre>",
}


POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: *"
HEAD = """
<title>Page</title>
<link rel="icon" href="data:,">
<meta name="viewport" content="width=device-width">
"""


class Pages(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        script = self.path == "/throws.js"
        body = "throw new Error('as planned')" if script else self._document()
        self.send_response(422 if self.path == "/refused" else 200)
        self.send_header("Content-Type", "text/javascript" if script else "text/html; charset=utf-8")
        self.send_header("Content-Security-Policy", POLICY)
        self.end_headers()
        self.wfile.write(body.encode())

    def _document(self) -> str:
        body = f"<body><main>{PAGES[self.path]}</main></body>"
        return f"<!doctype html><html lang='en'><head>{HEAD}</head>{body}</html>"

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("path", ["/sound", "/refused"])
def test_a_sound_page_draws_no_complaint(path: str, site: str, page: Page) -> None:
    page.goto(site + path)
    assert axe(page) == []


@pytest.mark.parametrize(
    ("path", "complaint"),
    [
        ("/inline-script", "Content Security Policy"),
        ("/inline-style", "Content Security Policy"),
        ("/throws", "as planned"),
        ("/elsewhere", "asked another host"),
    ],
)
def test_a_page_that_breaks_a_rule_is_heard(
    path: str,
    complaint: str,
    site: str,
    browser: Browser,
) -> None:
    complaints: list[str] = []
    page = browser.new_page()
    _listen(page, complaints)
    page.goto(site + path)
    page.close()
    assert any(complaint in heard for heard in complaints), complaints


def test_axe_finds_a_field_without_a_label_under_a_strict_policy(site: str, page: Page) -> None:
    page.goto(f"{site}/no-label")
    assert [found.partition(":")[0] for found in axe(page)] == ["label"]


def test_one_thing_that_differs_among_many_alike_is_read_and_the_page_is_left_as_it_was(site: str, page: Page) -> None:
    page.goto(f"{site}/rows")
    before = page.content()
    for _ in range(2):
        assert [found.partition(":")[0] for found in axe(page)] == ["label"], "a page with a fault is read again"
    assert page.content() == before


@pytest.mark.parametrize("thorough", [False, True])
def test_a_page_made_of_the_same_things_as_a_sound_one_is_read_again_in_a_thorough_run_only(
    site: str, page: Page, monkeypatch: pytest.MonkeyPatch, thorough: bool
) -> None:
    page.goto(f"{site}/sound")
    assert axe(page) == []
    monkeypatch.setattr(tests.browser, "is_thorough", lambda: thorough)
    monkeypatch.setattr(tests.browser, "_sentence", str)
    page.evaluate("document.documentElement.lang = ''")
    assert axe(page), "made of other things"
    page.evaluate("document.documentElement.lang = 'en'")
    monkeypatch.setattr(tests.browser, "_axe_source", lambda: "axe.run = () => ({violations: ['read']})")
    page.set_viewport_size({"width": 375, "height": 800})
    assert axe(page) == (["read"] if thorough else [])
    page.evaluate(HIDE_ALL_PARTS)
    assert axe(page) == ["read"], "made of the same things, of which others are shown"


HIDE_ALL_PARTS = """() => {
  const styles = new CSSStyleSheet();
  styles.replaceSync('main * { display: none }');
  document.adoptedStyleSheets = [styles];
}"""


def test_axe_refuses_a_page_without_javascript_rather_than_wait_for_ever(
    site: str,
    page_without_javascript: Page,
) -> None:
    page_without_javascript.goto(f"{site}/sound")
    with pytest.raises(ValueError, match="JavaScript"):
        axe(page_without_javascript)


def test_a_page_wider_than_a_phone_is_seen(site: str, phone_page: Page) -> None:
    phone_page.goto(f"{site}/sound")
    assert not scrolls_sideways(phone_page)
    phone_page.goto(f"{site}/wide")
    assert scrolls_sideways(phone_page)
