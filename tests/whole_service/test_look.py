"""The ground of every page in a real browser: readable by everybody, and careful with words."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from fastapi import Request
from playwright.sync_api import Browser, Dialog, Page
from starlette.responses import HTMLResponse

import api.app
import api.features
from api.app import create_app
from api.foundation.feature import Feature
from api.foundation.http.dependencies import public
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, ShownForm
from api.foundation.pages.menu import Navigation
from api.foundation.pages.narrow_tables import with_names_of_columns
from api.foundation.pages.rendering import ENVIRONMENT
from api.foundation.problems import Fault
from api.foundation.settings import Settings
from models import Role
from models.storage.database import open_database
from tests.browser import NewPage, axe, look
from tests.cast import PASSWORD, Site, Someone
from tests.site_in_browser import served_app

# Every macro once, with and without a fault.
GALLERY: Final = """
{% extends "base.html" %}{% import "macros/fields.html" as fields %}{% import "macros/parts.html" as parts %}
{% block title %}Gallery{% endblock %}
{% block before_content %}{{ parts.breadcrumbs([{"path": "/", "text": "Start"}, {"path": "/x", "text": "Here"}]) }}
{{ parts.back_link("/", "start") }}{% endblock %}
{% block content %}
{{ fields.error_summary(form) }}<h1 class="govuk-heading-l">Gallery</h1>
<form method="post" action="/gallery" data-keep novalidate>
{{ fields.creates() }}{{ fields.edits(form, 3) }}
{{ fields.text_input(form, "name", "Name", hint="In full", width=20, suffix="kg") }}
{{ fields.password_input(form, "password", "Password", hint="Long") }}
{{ fields.textarea(form, "words", "Words", value="As stored", hint="Be brief", most=100) }}
{{ fields.radios(form, "rating", "Rating", [{"value": 1, "text": "Good", "hint": "Meets it"}, {"divider": "or"},
   {"value": 2, "text": "None"}], hint="Choose one") }}
{{ fields.radios(form, "size", "Size", [{"value": 1, "text": "S"}, {"value": 2, "text": "L"}], inline=true,
   small=true) }}
{{ fields.checkboxes(form, "harms", "Harms", [{"value": 1, "text": "One", "hint": "First"},
   {"value": 2, "text": "Two"}], values=[2]) }}
{{ fields.select(form, "team", "Team", [{"value": 1, "text": "North"}], empty="Choose a team") }}
{{ fields.date_input(form, "due", "Due date") }}
{{ fields.file_upload(form, "file", "File", hint="JSON") }}
{{ fields.button("Save") }}{{ fields.button("Save later", kind="secondary", name="later", value="yes") }}
{{ parts.link_button("Go on", "/", kind="secondary") }}
</form>
{{ parts.summary_list([{"key": "Name", "value": "Ash", "links": [{"path": "/", "text": "Change", "about": "name"},
   {"path": "/", "text": "Remove", "about": "name"}]}, {"key": "Team", "value": "North"}]) }}
{{ parts.task_list([{"text": "First", "path": "/", "status": "Done", "hint": "Short"},
   {"text": "Second", "status": "Not yet", "colour": "blue"}]) }}
{{ parts.table("A wide table", ["Name"] + ["A long heading"] * 12, [["Row"] + ["1,234"] * 12], numeric=[1, 2]) }}
{% for colour in ("", "grey", "green", "teal", "blue", "purple", "magenta", "red", "orange", "yellow") %}
{{ parts.tag("Tag", colour) }}{% endfor %}
{{ parts.notification_banner("Something to know") }}
{{ parts.pagination("/x?team=1", "a b", first=false) }}
{% call parts.details("More") %}Text{% endcall %}
{{ parts.inset("Inset") }}{{ parts.warning_text("Take care") }}
{% endblock %}
"""
FIELDS: Final = ("name", "password", "words", "rating", "size", "harms", "team", "due", "file")
posted: list[dict[str, list[str]]] = []


def gallery(request: Request, faults: tuple[Fault, ...] = ()) -> HTMLResponse:
    page = ENVIRONMENT.from_string(GALLERY).render(
        banners=[],
        page_actions=[],
        form=ShownForm(None, faults),
        actor=None,
        organisation="",
        session_left=None,
        navigation=Navigation(),
        notice="It worked.",
        path=request.url.path,
    )
    return HTMLResponse(with_names_of_columns(page))


def gallery_pages() -> Router:
    pages = Router(include_in_schema=False, dependencies=[public("a test")])

    @pages.get("/gallery")
    def show(request: Request) -> HTMLResponse:
        return gallery(request)

    @pages.get("/gallery/faults")
    def show_faults(request: Request) -> HTMLResponse:
        return gallery(request, tuple(Fault(name, f"Mend the {name}") for name in FIELDS))

    @pages.post("/gallery")
    def take(request: Request, form: PostedForm) -> HTMLResponse:
        posted.append({name: list(values) for name, values in form.typed.items()})
        time.sleep(0.5)
        return gallery(request)

    return pages


@pytest.fixture(scope="module")
def living_site(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite_file: Path) -> Iterator[Site]:
    file = tmp_path_factory.mktemp("looked-at") / "looked-at.sqlite3"
    file.write_bytes(migrated_sqlite_file.read_bytes())
    database = open_database(f"sqlite:///{file}")
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(api.features, "FEATURES", (*api.features.FEATURES, Feature(pages=(gallery_pages(),))))
        yield Site(create_app(Settings(database_url=f"sqlite:///{file}"), database), database)
    database.close()


@pytest.fixture(scope="module")
def address(living_site: Site) -> Iterator[str]:
    with served_app(living_site.app) as found:
        yield found


@pytest.fixture(scope="module")
def lena(living_site: Site) -> Someone:
    return living_site.person(
        Role.QUALITY_LEAD, Role.AUDITOR, name="Lena Okafor-Whitfield", email="lena@northshire.example"
    )


def sign_in(page: Page, address: str, person: Someone) -> None:
    page.goto(f"{address}/sign-in?next=/account")
    page.fill("#email", person.email)
    page.fill("#password", PASSWORD)
    page.click("main button:has-text('Sign in')")
    assert page.url == f"{address}/account"


@pytest.mark.parametrize(
    "path", ["/sign-in", "/problems", "/problems/stale", "/nowhere", "/link/spent", "/gallery", "/gallery/faults"]
)
def test_a_page_for_everybody_is_sound_at_every_width(address: str, page: Page, path: str) -> None:
    page.goto(address + path)
    look(page)


def test_the_pages_of_an_account_are_sound_at_every_width(
    address: str, living_site: Site, lena: Someone, phone_page: Page
) -> None:
    page = phone_page
    page.goto(f"{address}/link/{living_site.link(lena)}")
    look(page)
    sign_in(page, address, lena)
    look(page)
    page.fill("#name", "")
    page.click("main button:has-text('Save')")
    look(page)
    assert page.evaluate("document.activeElement.className") == "govuk-error-summary"
    page.click("a[href='#name']")
    assert page.evaluate("document.activeElement.id") == "name"
    page.fill("#name", lena.name)
    page.click("main button:has-text('Save')")
    assert "Account saved." in page.inner_text("main")
    page.goto(f"{address}/account/password")
    look(page)


@pytest.mark.parametrize("javascript", [True, False])
def test_typed_words_come_back_after_a_session_has_ended(
    address: str, lena: Someone, new_page: NewPage, javascript: bool
) -> None:
    page = new_page(javascript=javascript)
    sign_in(page, address, lena)
    page.fill("#name", "Lena “O” & <b>Co</b>")
    page.context.clear_cookies()
    page.click("main button:has-text('Save')")
    page.fill("#email", lena.email)
    page.fill("#password", PASSWORD)
    page.click("main button:has-text('Sign in')")
    assert "have not been saved yet" in page.inner_text("h1")
    assert axe(page) == [] if javascript else page.inner_text("main")
    page.click("main button:has-text('Save changes')")
    assert page.url == f"{address}/account"
    assert page.input_value("#name") == "Lena “O” & <b>Co</b>"
    page.fill("#name", lena.name)
    page.click("main button:has-text('Save')")


def test_the_menu_folds_with_javascript_and_stands_open_without(address: str, lena: Someone, new_page: NewPage) -> None:
    with_script, without = new_page(width=390), new_page(width=390, javascript=False)
    for page in (with_script, without):
        sign_in(page, address, lena)
    link = "nav a[href='/reports/gaps']"
    assert not with_script.is_visible(link)
    with_script.click("text=Menu")
    assert with_script.is_visible(link)
    assert without.is_visible(link)


def test_leaving_words_unsaved_asks_first_and_saving_them_does_not(address: str, new_page: NewPage) -> None:
    page = new_page(fresh=True)
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", stay)
    page.goto(f"{address}/gallery")
    page.goto(f"{address}/sign-in")
    assert asked == []
    page.goto(f"{address}/gallery")
    page.type("#words", "more")
    page.click("main button:text-is('Save')")
    assert page.input_value("#words") == "As stored"
    assert asked == []
    page.type("#words", "more")
    page.goto(f"{address}/sign-in")
    assert asked == ["beforeunload"]


def test_a_button_pressed_twice_sends_once_and_says_which_it_was(address: str, page: Page) -> None:
    page.goto(f"{address}/gallery")
    posted.clear()
    with page.expect_navigation():
        page.evaluate(
            "() => { const button = document.querySelector('button[name=later]'); button.click(); button.click(); "
            "setTimeout(() => button.click(), 100); }"
        )
    assert [form["later"] for form in posted] == [["yes"]]


def test_words_stay_in_the_form_while_the_service_cannot_be_reached(address: str, browser: Browser) -> None:
    # A context of its own: what cannot be reached is complained of in the console, as it should be.
    page = browser.new_context().new_page()
    page.goto(f"{address}/gallery")
    page.context.set_offline(True)
    posted.clear()
    page.fill("#words", "typed on a train")
    page.wait_for_selector("#said")
    assert "cannot be reached" in page.inner_text("#said")
    page.click("main button:text-is('Save')")
    page.wait_for_timeout(300)
    assert page.input_value("#words") == "typed on a train"
    page.context.set_offline(False)
    page.wait_for_selector("#said", state="hidden")
    page.wait_for_timeout(1500)  # a second click within a second counts as a double click
    with page.expect_navigation():
        page.click("main button:text-is('Save')")
    assert [form["words"] for form in posted] == [["typed on a train"]]
    page.context.close()
