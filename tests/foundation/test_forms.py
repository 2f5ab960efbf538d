"""Forms as browsers post them, and as pages show them again."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Annotated
from urllib.parse import parse_qsl

import pytest
from fastapi import FastAPI
from sqlalchemy import func
from sqlmodel import col, select
from starlette.responses import Response

import api.app
import api.features
from api.app import create_app
from api.foundation.feature import Feature
from api.foundation.http.bodies import MEGABYTE, body
from api.foundation.http.dependencies import Transaction, public, writing
from api.foundation.http.routing import Router
from api.foundation.pages import forms
from api.foundation.pages.forms import PostedForm, ShownForm, TypedForm, submit_once
from api.foundation.pages.rendering import (
    ENVIRONMENT,
    in_words,
    is_path_of_this_site,
    moment_in_words,
    percent,
    redirect,
)
from api.foundation.permissions import Permission
from api.foundation.problems import BadRequest, Fault, Invalid
from api.foundation.settings import Settings
from checklists.plurals import plural
from models import Event, Role
from tests.cast import ORIGIN, Site
from tests.client import Client


def typed(**fields: str) -> TypedForm:
    return TypedForm(typed={name: [value] for name, value in fields.items()})


def on(day: str, month: str, year: str) -> TypedForm:
    return TypedForm(typed={"due-day": [day], "due-month": [month], "due-year": [year]})


def test_a_text_loses_only_white_space_at_its_end() -> None:
    assert typed(words="  kept\n \n").text("words") == "  kept"
    assert typed().text("words") == ""


def test_a_date_is_read_from_its_three_fields() -> None:
    assert on("31", " 03 ", "2026").date("due", "The due date") == date(2026, 3, 31)
    assert on("", "", "").date("due", "The due date", needed=False) is None


@pytest.mark.parametrize(
    ("day", "month", "year", "words"),
    [
        ("", "", "", "The due date must include a day, a month and a year"),
        ("31", "", "2026", "The due date must include a month."),
        ("", "", "2026", "The due date must include a day and a month."),
        ("31", "2", "2026", "The due date must be a real date, such as 31 3 2026"),
        ("x", "2", "2026", "The due date must be a real date, such as 31 3 2026"),
        ("1", "2", "26", "The due date must include a year with 4 digits, such as 2026"),
        ("١", "2", "2026", "The due date must be a real date, such as 31 3 2026"),
        ("-1", "2", "2026", "The due date must be a real date, such as 31 3 2026"),
    ],
)
def test_a_date_that_is_none_is_told_in_plain_words(day: str, month: str, year: str, words: str) -> None:
    form = on(day, month, year)
    assert form.date("due", "The due date") is None
    with pytest.raises(Invalid) as invalid:
        form.check()
    assert invalid.value.faults == (Fault("due", words),)


@pytest.mark.parametrize(
    ("said", "number"), [("90", 90), (" 90 % ", 90), ("1", 1), ("0", None), ("x", None), ("9e9", None)]
)
def test_a_whole_number_is_read_within_its_limits(said: str, number: int | None) -> None:
    form = typed(target=said)
    assert form.whole_number("target", "The target", least=1, most=100) == number
    assert bool(form.faults) is (number is None)


@pytest.mark.parametrize("said", ["", "-1", "1.0", "x", "9" * 20])
def test_a_form_without_its_version_is_refused(said: str) -> None:
    with pytest.raises(BadRequest):
        _ = typed(version=said).version


def test_every_fault_of_a_form_is_raised_at_once() -> None:
    form = TypedForm(typed={})
    form.date("due", "The due date")
    form.whole_number("target", "The target")
    with pytest.raises(Invalid) as invalid:
        form.check()
    assert [fault.pointer for fault in invalid.value.faults] == ["due", "target"]


@pytest.fixture(scope="module")
def echo(shared_database_url: str) -> Iterator[FastAPI]:
    """The service with a few pages more, which tell what they were posted."""
    pages = Router(include_in_schema=False)

    @pages.post("/echo", dependencies=[public("a test"), body(MEGABYTE, files=True)])
    def read(form: PostedForm) -> dict[str, list[str]]:
        return {name: list(values) for name, values in form.typed.items()}

    @pages.post("/file", dependencies=[public("a test"), body(MEGABYTE, files=True)])
    def read_file(form: PostedForm) -> int:
        return len(form.file("file") or b"")

    @pages.post("/make", response_model=None)
    def make(acting: Annotated[Transaction, writing(Permission.OWN_ACCOUNT)], form: PostedForm) -> Response:
        def make_it() -> Response:
            from api.foundation import events

            events.record(acting.session, "test.made", acting.actor.id, by=acting.actor)
            return redirect("/account")

        return submit_once(acting, form, make_it)

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(api.features, "FEATURES", (*api.features.FEATURES, Feature(pages=(pages,))))
        made = create_app(Settings(database_url=shared_database_url))
    yield made
    made.state.database.close()


@pytest.fixture(scope="module")
def browser(echo: FastAPI) -> Client:
    return Client(echo, base_url=ORIGIN)


FORM = "application/x-www-form-urlencoded"


def test_a_form_is_read_with_every_character_and_lines_ending_alike(browser: Client) -> None:
    words = "Ünïcode 🌊 & = + %\r\nsecond\rthird"
    expected = words.replace("\r\n", "\n").replace("\r", "\n")
    sent = {"words": words, "many": ["1", "2"], "empty": ""}
    read = {"words": [expected], "many": ["1", "2"], "empty": [""]}
    assert browser.post("/echo", data=sent).json() == read
    assert browser.post("/echo", data=sent, files={"file": ("a.txt", b"x")}).json() == read


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (FORM, b"words=%FF"),
        (FORM, b"words=\xff"),
        (FORM, b"words=%00"),
        (FORM, b"&".join([b"a=1"] * 2_001)),
        ("text/plain", b"words=x"),
        ("application/json", b"{}"),
        ("multipart/form-data", b"no boundary"),
        ("multipart/form-data; boundary=x", b"nonsense"),
        ("multipart/form-data; boundary=x", b"--x\r\nnonsense\r\n--x--"),
    ],
)
def test_what_is_no_form_is_a_bad_request(browser: Client, kind: str, body: bytes) -> None:
    answer = browser.post("/echo", content=body, headers={"Content-Type": kind})
    assert (answer.status_code, answer.headers["content-type"]) == (400, "text/html; charset=utf-8")


@pytest.mark.parametrize("step", [3, 4, 5, 16])
def test_escapes_are_read_wherever_a_long_form_is_cut(step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forms, "_UNQUOTED_AT_ONCE", step)
    chance = random.Random(step)
    for _ in range(500):
        quoted = "".join(chance.choice(["%", "%4", "%41", "%C3%A9", "+", "x", "é", "%2", "%25"]) for _ in range(12))
        ((_, expected),) = parse_qsl(f"a={quoted}", keep_blank_values=True)
        assert forms._unquoted(quoted.encode()) == expected


def test_a_file_is_read_whole_and_one_beside_it_but_no_third_one(browser: Client) -> None:
    assert browser.post("/file", files={"file": ("a.json", b"x" * 60_000)}).json() == 60_000
    two = {"key_file": ("a.key", b"x"), "file": ("b.json", b"xx")}
    assert browser.post("/file", files=two).json() == 2
    three = [("file", (name, b"x")) for name in ("a.json", "b.json", "c.json")]
    assert browser.post("/file", files=three).status_code == 400


@pytest.mark.both_databases
def test_a_button_that_is_pressed_twice_has_one_effect_and_a_form_filled_in_again_another(echo: FastAPI) -> None:
    site = Site(echo, echo.state.database)
    browser = site.browser(site.person(Role.AUDITOR))
    for name in ("First", "First", "Second", "First"):
        answer = browser.post("/make", data={"key": "one", "name": name})
        assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    with site.reading() as session:
        made = session.exec(select(func.count()).where(col(Event.kind) == "test.made")).one()
    assert made == 2


def test_a_form_shows_what_was_typed_and_else_what_is_stored() -> None:
    assert ShownForm().value("name", "stored") == "stored"
    assert ShownForm().value("name", None) == ""
    assert ShownForm({"name": [""]}).value("name", "stored") == ""
    assert ShownForm({}).values("ticked", ["a"]) == []
    found = (Fault("/name", "Mend it"), Fault("name", "Shorten it"), Fault("/name", "Mend it"), Fault("/other", "No"))
    assert ShownForm(faults=found).faults_at("name") == ("Mend it", "Shorten it")


def shown(macro: str, form: ShownForm) -> str:
    return ENVIRONMENT.from_string('{% import "macros/fields.html" as fields %}' + macro).render(form=form)


MACROS = {
    "words": '{{ fields.textarea(form, "words", "Words", value=stored, hint="Be brief", most=100) }}',
    "name": '{{ fields.text_input(form, "name", "Name", hint="In full") }}',
    "file": '{{ fields.file_upload(form, "file", "File", hint="JSON") }}',
    "team": '{{ fields.select(form, "team", "Team", [{"value": 1, "text": "North"}], hint="Yours") }}',
    "rating": '{{ fields.radios(form, "rating", "Rating", [{"value": 1, "text": "Good"}], hint="One") }}',
    "harms": '{{ fields.checkboxes(form, "harms", "Harms", [{"value": 1, "text": "Neglect"}], hint="All") }}',
    "due": '{{ fields.date_input(form, "due", "Due date") }}',
    "password": '{{ fields.password_input(form, "password", "Password", hint="Long") }}',
}


@pytest.mark.parametrize("name", MACROS)
def test_every_field_shows_its_faults_beside_it_and_where_the_summary_leads(name: str) -> None:
    form = ShownForm({}, (Fault(name, "Mend <this>"), Fault(f"/{name}", "Shorten <this>")))
    page = shown('{{ fields.error_summary(form) }}{% set stored = "" %}' + MACROS[name], form)
    assert f'href="#{name}"' in page
    assert f'id="{name}"' in page
    assert f'id="{name}-error"' in page
    assert f"{name}-hint {name}-error" in page
    assert page.count("Mend &lt;this&gt;") == page.count("Shorten &lt;this&gt;") == 2
    assert "govuk-form-group--error" in page


@pytest.mark.parametrize("name", MACROS)
def test_a_field_without_a_fault_shows_none(name: str) -> None:
    page = shown('{{ fields.error_summary(form) }}{% set stored = "" %}' + MACROS[name], ShownForm())
    assert "error" not in page


def test_a_text_that_begins_with_a_new_line_keeps_it() -> None:
    page = shown('{% set stored = "" %}' + MACROS["words"], ShownForm({"words": ["\n<b>second line"]}))
    assert ">\n\n&lt;b&gt;second line</textarea>" in page


def test_a_password_is_never_shown_again() -> None:
    assert "secret words" not in shown(MACROS["password"], ShownForm({"password": ["secret words"]}))


def test_dates_shares_and_counts_are_written_as_people_write_them() -> None:
    assert in_words(date(2026, 11, 3)) == "3 November 2026"
    assert in_words(None) == ""
    assert in_words(datetime(2026, 6, 30, 23, 30, tzinfo=UTC)) == "1 July 2026"
    assert moment_in_words(datetime(2026, 11, 23, 9, 5, tzinfo=UTC)) == "23 November 2026, 9:05am"
    assert moment_in_words(datetime(2026, 7, 1, 11, 5, tzinfo=UTC)) == "1 July 2026, 12:05pm"
    assert [percent(share) for share in (Fraction(7, 8), Fraction(1, 200), Fraction(1, 3), 1, 0, None)] == [
        "88%",
        "1%",
        "33%",
        "100%",
        "0%",
        "–",
    ]
    assert percent(Fraction(1, 3), 1) == "33.3%"
    assert [plural(1, "audit"), plural(1200, "audit"), plural(2, "person", "people")] == [
        "1 audit",
        "1,200 audits",
        "2 people",
    ]


@pytest.mark.parametrize("path", ["https://elsewhere.example", "//elsewhere.example", "/\\elsewhere", "account", ""])
def test_a_redirect_never_leaves_the_site(path: str) -> None:
    assert not is_path_of_this_site(path)
    with pytest.raises(ValueError, match="stays"):
        redirect(path)


def test_a_notice_is_shown_once_and_as_text(site: Site) -> None:
    browser = site.browser(site.person(Role.AUDITOR))
    form = {"version": "1", "name": "Ash", "scoring_layout": "theme"}
    assert browser.post("/account", data=form).status_code == 303
    assert "Account saved." in browser.get("/account").text
    assert "Account saved." not in browser.get("/account").text
    browser.cookies.set("caseaudit-notice", "PGI-aGk8L2I-", domain="127.0.0.1")
    assert "&lt;b&gt;hi&lt;/b&gt;" in browser.get("/account").text
    browser.cookies.set("caseaudit-notice", "%%%not base64", domain="127.0.0.1")
    assert browser.get("/account").status_code == 200


def test_the_menu_holds_what_somebody_may_use_and_marks_where_they_are(site: Site) -> None:
    auditor = site.browser(site.person(Role.AUDITOR)).get("/account").text
    administrator = site.browser(site.person(Role.ADMINISTRATOR, email="bo@northshire.example")).get("/account").text
    assert 'href="/audits"' in auditor
    assert 'href="/people"' not in auditor
    assert 'href="/people"' in administrator
    assert 'href="/audits"' not in administrator
