"""Pages and static files go out compressed, and tell nobody who watches the network what a page holds."""

import gzip
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from starlette.routing import Match

from api.app import every_route
from api.foundation.http.routing import QuickRouter, Route
from api.foundation.http.sending.compression import LEAST_BYTES, MOST_PADDING, accepts_gzip
from api.foundation.pages.rendering import STATIC
from models import Role
from tests.cast import Site

READS_GZIP = {"Accept-Encoding": "gzip, deflate, br"}


def test_a_page_is_compressed_for_a_browser_that_reads_it(site: Site) -> None:
    browser = site.browser(site.person(Role.QUALITY_LEAD))
    for path in ("/account", "/problems"):
        packed = browser.get(path, headers=READS_GZIP)
        plain = browser.get(path, headers={"Accept-Encoding": "br"})
        assert packed.headers["content-encoding"] == "gzip"
        assert "content-encoding" not in plain.headers
        assert packed.text == plain.text
        assert int(packed.headers["content-length"]) < int(plain.headers["content-length"]) / 2
        assert "Accept-Encoding" in plain.headers["vary"]


def test_a_page_that_another_site_opened_is_never_compressed(site: Site) -> None:
    browser = site.browser(site.person(Role.QUALITY_LEAD))
    for elsewhere in ("cross-site", "same-site"):
        shown = browser.get("/account", headers={**READS_GZIP, "Sec-Fetch-Site": elsewhere})
        assert shown.status_code == 200
        assert len(shown.content) > LEAST_BYTES
        assert "content-encoding" not in shown.headers
    assert "content-encoding" in browser.get("/account", headers={**READS_GZIP, "Sec-Fetch-Site": "none"}).headers


def test_the_length_of_a_compressed_page_differs_at_random(site: Site) -> None:
    browser = site.browser(site.person(Role.QUALITY_LEAD))
    lengths = {int(browser.get("/account", headers=READS_GZIP).headers["content-length"]) for _ in range(30)}
    assert len(lengths) > 5
    assert max(lengths) - min(lengths) <= MOST_PADDING + 20


@pytest.mark.parametrize(
    ("said", "reads"),
    [
        *(("gzip", True), ("br, gzip;q=0.5", True), ("*", True), ("identity, gzip; q=1.0", True)),
        *(("", False), ("br", False), ("gzip;q=0", False), ("gzip; q=0.0", False), ("gzipped", False)),
    ],
)
def test_what_a_client_reads_is_what_it_says(said: str, reads: bool) -> None:
    assert accepts_gzip({"accept-encoding": said}) is reads


def test_style_sheets_and_scripts_are_compressed_and_the_same(site: Site) -> None:
    browser = site.browser()
    for file in (STATIC / "caseaudit.css", STATIC / "caseaudit.js", STATIC / "govuk" / "govuk-frontend.min.css"):
        path = f"/static/{Path(file).relative_to(STATIC)}"
        packed = browser.get(f"{path}?v=1", headers=READS_GZIP)
        assert packed.headers["content-encoding"] == "gzip"
        assert "immutable" in packed.headers["cache-control"]
        assert packed.content == file.read_bytes()
        assert int(packed.headers["content-length"]) <= len(gzip.compress(file.read_bytes())) + 50
        again = browser.get(path, headers={**READS_GZIP, "If-None-Match": packed.headers["etag"]})
        assert again.status_code == 304
        plain = browser.get(path, headers={"Accept-Encoding": "identity"})
        assert "content-encoding" not in plain.headers
        assert plain.content == file.read_bytes()


def test_a_request_finds_the_route_that_it_would_find_among_all(site: Site) -> None:
    quick = QuickRouter(site.app.router)
    paths = {
        "/".join("0" if part.startswith("{") else part for part in route.path.split("/"))
        for route in every_route(site.app)
        if isinstance(route, Route)
    }
    paths |= {f"{path}/" for path in paths} | {"/nowhere", "/api/v1/nowhere", "/api", "/api/v1", "/static/nowhere", ""}
    for path in paths:
        for method in ("GET", "POST", "PUT", "DELETE"):
            scope: dict[str, Any] = {"type": "http", "method": method, "path": urlsplit(path).path, "headers": []}
            wanted = next((each for each in every_route(site.app) if each.matches(dict(scope))[0] is Match.FULL), None)
            assert quick._find(dict(scope)) is (wanted if isinstance(wanted, Route) else None), (method, path)
