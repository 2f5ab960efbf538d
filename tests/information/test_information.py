"""Help, accessibility, privacy and cookie pages: open to everybody, with an organisation’s own text if it has one."""

import pytest

from api.information.built_in import TEXTS, Page
from api.information.markup import blocks_of, faults_of
from models import Role
from tests.browser import NewPage, axe, scrolls_sideways
from tests.cast import Site
from tests.page_forms import SeenPage
from tests.site_in_browser import served


@pytest.mark.parametrize("page", Page)
def test_everybody_reads_the_service_s_own_text_also_before_signing_in(site: Site, page: Page) -> None:
    site.organisation()
    answer = site.browser().get(f"/{page.value}")
    assert answer.status_code == 200
    assert page.heading in answer.text
    assert f'href="/{page.value}"' in site.browser().get("/sign-in").text
    assert faults_of(TEXTS[page]) == []


@pytest.mark.both_databases
def test_an_organisation_replaces_a_text_and_every_version_is_kept(site: Site) -> None:
    ada = site.browser(site.person(Role.ADMINISTRATOR))
    assert ada.post("/information-pages/help", data={"version": 0, "text": "Ask Sam.\n\n- One"}).status_code == 303
    assert "Ask Sam." in site.browser().get("/help").text
    late = ada.post("/information-pages/help", data={"version": 0, "text": "Mine"})
    assert late.status_code == 412
    assert "Mine" in late.text  # what was typed stays
    put = ada.put("/api/v1/information-pages/help", json={"text": "Ask Nia."}, headers={"If-Match": '"1"'})
    assert (put.status_code, put.json()["number"], put.headers["etag"]) == (200, 2, '"2"')
    first = ada.get("/api/v1/information-pages/help/versions/1").json()
    assert first["text"] == "Ask Sam.\n\n- One"
    assert ada.get("/api/v1/information-pages/help/versions/0").json()["text"] == TEXTS[Page.HELP]
    assert ada.get("/api/v1/information-pages/help/versions/3").status_code == 404
    assert site.events().count("information.changed") == 2
    lead = site.browser(site.person(Role.QUALITY_LEAD, email="lena@north.example"))
    assert lead.get("/information-pages").status_code == 403


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("  ", "Enter the text"),
        ("x" * 20_001, "20,000 characters"),
        ("[run](javascript:alert(1))", ""),
        ("[run](javascript:alert)", "must begin with https://"),
        ("[there](//elsewhere.example)", "must begin with https://"),
        ("a\x07b", "cannot be shown"),
    ],
)
def test_a_text_is_checked_and_never_becomes_anything_but_text_and_links(site: Site, text: str, fault: str) -> None:
    ada = site.browser(site.person(Role.ADMINISTRATOR))
    answer = ada.post("/information-pages/privacy", data={"version": 0, "text": text})
    if fault:
        assert answer.status_code == 422
        assert fault in SeenPage(answer).words
    else:
        assert 'href="javascript' not in site.browser().get("/privacy").text


def test_markup_of_a_text_is_shown_as_text(site: Site) -> None:
    ada = site.browser(site.person(Role.ADMINISTRATOR))
    ada.post(
        "/information-pages/cookies", data={"version": 0, "text": "<b>bold</b>\n## Head\n[us](https://a.example/x)"}
    )
    shown = site.browser().get("/cookies").text
    assert "&lt;b&gt;bold" in shown
    assert '<a class="govuk-link" href="https://a.example/x">us</a>' in shown
    assert [block.kind for block in blocks_of("One\ntwo\n- a\n- b\nthree\n## Four")] == [
        "paragraph",
        "list",
        "paragraph",
        "heading",
    ]


@pytest.mark.parametrize("width", [1280, 320])
def test_the_pages_are_sound_at_every_width(site: Site, new_page: NewPage, width: int) -> None:
    site.organisation()
    with served(site.database) as address:
        page = new_page(width=width)
        for each in Page:
            page.goto(f"{address}/{each.value}")
            assert axe(page) == []
            assert not scrolls_sideways(page)
