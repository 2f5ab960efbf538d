"""Refusals: one shape for programs, a page for people, and nothing of what was sent."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import text

import api.app
import api.features
from api.app import create_app
from api.foundation.feature import Feature
from api.foundation.http.dependencies import public
from api.foundation.http.routing import Router
from api.foundation.pages.problems import what_to_do
from api.foundation.permissions import Permission
from api.foundation.problems import Invalid, Problem, Stale, every_problem
from api.foundation.settings import Settings
from models import Organisation, Role
from tests.cast import ORIGIN, Site
from tests.client import Client

CANARY = "Canary-Words"


class ThingIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=2, max_length=5)
    count: int = Field(ge=1, le=9)
    parts: list[int] = Field(default=[], max_length=2)


@pytest.fixture(scope="module")
def faulty_app(shared_database_url: str) -> Iterator[FastAPI]:
    """The service with a few routes more, which go wrong in every way."""
    router = Router(prefix="/things", dependencies=[public("a test")])
    pages = Router(dependencies=[public("a test")], include_in_schema=False)

    @router.post("")
    def make(thing: ThingIn, limit: int = 1) -> str:
        return f"{thing.name} {limit}"

    @router.get("/{number}")
    def show(number: int) -> int:
        return number

    @router.post("/refused/stale")
    @pages.get("/refused/stale")
    def stale() -> None:
        raise Stale

    @router.post("/refused/invalid")
    @pages.get("/refused/invalid")
    def invalid() -> None:
        raise Invalid.at("name", "Enter a name for it.")

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(
            api.features, "FEATURES", (*api.features.FEATURES, Feature(routes=(router,), pages=(pages,)))
        )
        made = create_app(Settings(database_url=shared_database_url))
    database = made.state.database

    @made.get("/api/v1/broken/{how}", dependencies=[public("a test")])
    def broken(how: str) -> None:
        with database.writing() as session:
            if how == "unique":
                session.add_all([Organisation(name=CANARY), Organisation(name=CANARY)])
                session.flush()
            elif how == "reference":
                session.execute(
                    text("INSERT INTO role_grant (organisation_id, person_id, role) VALUES (1, :id, 'auditor')"),
                    {"id": "0" * 32},
                )
            else:
                session.execute(text(f"SELECT * FROM no_such_table WHERE said = '{CANARY}'"))

    yield made
    database.close()


@pytest.fixture(scope="module")
def program(faulty_app: FastAPI) -> Client:
    return Client(faulty_app, base_url=ORIGIN)


def problem_in(answer: Any, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["status"] == status
    assert {"type", "title", "status", "detail", "instance", "request_id", "errors"} == set(body)
    assert CANARY not in json.dumps({**body, "instance": ""})
    return body


@pytest.mark.fast
def test_a_refusal_of_ours_has_the_shape_of_the_standard(program: Client) -> None:
    body = problem_in(program.post("/api/v1/things/refused/stale"), 412)
    assert body["type"] == "/problems/stale"
    assert body["title"] == Stale.title
    assert body["instance"] == "/api/v1/things/refused/stale"


def test_a_page_tells_of_a_refusal_in_the_same_words(program: Client) -> None:
    answer = program.get("/refused/stale")
    assert answer.status_code == 412
    assert answer.headers["content-type"].startswith("text/html")
    assert Stale.title in answer.text
    assert answer.headers["x-request-id"] in answer.text


def test_faults_are_pointers_into_the_body(program: Client) -> None:
    body = problem_in(program.post("/api/v1/things/refused/invalid"), 422)
    assert body["errors"] == [{"pointer": "/name", "detail": "Enter a name for it", "places": [], "may_be_kept": False}]


@pytest.mark.parametrize(
    ("sent", "errors"),
    [
        ({"name": CANARY, "count": 1}, {"/name": "Must be 5 characters or fewer"}),
        ({"name": "abc", "count": CANARY}, {"/count": "Enter a whole number"}),
        ({"name": "abc", "count": 10}, {"/count": "Enter 9 or less"}),
        ({"name": "abc", "count": 1.5}, {"/count": "Enter a whole number"}),
        ({"name": "abc"}, {"/count": "Enter a value. This is missing."}),
        ({"name": ["x"], "count": 1}, {"/name": "Enter text"}),
        ({"name": "abc", "count": 1, "more": CANARY}, {"/more": "There is no such field. Remove the field."}),
        ({"name": "abc", "count": 1, f"{CANARY} of a child": 1}, {"": "There is no such field. Remove the field."}),
        ({"name": "abc", "count": 1, "parts": [1, CANARY]}, {"/parts/1": "Enter a whole number"}),
        ({"name": "abc", "count": 1, "parts": [1, 2, 3]}, {"/parts": "Enter no more than 2"}),
        ([], {"": "Send an object."}),
        (CANARY, {"": "Send an object."}),
    ],
)
def test_what_does_not_fit_is_named_with_its_place_in_plain_words_without_what_was_sent(
    program: Client, sent: object, errors: dict[str, str]
) -> None:
    body = problem_in(program.post("/api/v1/things", json=sent), 422)
    assert {fault["pointer"]: fault["detail"] for fault in body["errors"]} == errors


def test_a_fault_in_the_query_says_so(program: Client) -> None:
    answer = program.post("/api/v1/things", params={"limit": CANARY}, json={"name": "abc", "count": 1})
    assert [fault["pointer"] for fault in problem_in(answer, 422)["errors"]] == ["query: limit"]


def test_an_identifier_that_is_none_answers_as_one_that_does_not_exist(program: Client) -> None:
    problem_in(program.get("/api/v1/things/seven"), 404)


@pytest.mark.parametrize("body", [b'{"name": "' + CANARY.encode(), b"{" * 60_000, b'{"name": "\xff"}', b"\x00"])
def test_what_is_no_json_is_a_bad_request(program: Client, body: bytes) -> None:
    answer = program.post("/api/v1/things", content=body, headers={"Content-Type": "application/json"})
    assert problem_in(answer, 400)["type"] == "/problems/bad-request"


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "application/x-www-form-urlencoded", None])
def test_another_kind_of_content_is_refused_as_such(program: Client, kind: str | None) -> None:
    headers = {"Content-Type": kind} if kind else {}
    answer = program.post("/api/v1/things", content=b'{"name": "abc", "count": 1}', headers=headers)
    assert problem_in(answer, 415)["type"] == "/problems/unsupported"


def test_json_of_a_named_kind_is_taken(program: Client) -> None:
    headers = {"Content-Type": "application/merge-patch+json; charset=utf-8"}
    answer = program.post("/api/v1/things", content=b'{"name": "abc", "count": 1}', headers=headers)
    assert answer.status_code == 200


def test_no_body_at_all_is_named(program: Client) -> None:
    body = problem_in(program.post("/api/v1/things", headers={"Content-Type": "application/json"}), 422)
    assert [fault["pointer"] for fault in body["errors"]] == [""]


def test_an_unknown_path_is_not_found(program: Client) -> None:
    problem_in(program.get("/api/v1/nowhere"), 404)
    page = program.get("/nowhere")
    assert page.status_code == 404
    assert "<h1" in page.text


def test_a_method_that_is_not_taken_is_answered_with_all_that_are(program: Client) -> None:
    answer = program.delete("/api/v1/rounds")
    problem_in(answer, 405)
    assert answer.headers["allow"] == "GET, HEAD, POST"


@pytest.mark.parametrize(
    ("path", "size", "status"),
    [
        ("/api/v1/things", 1024 * 1024 + 1, 413),
        ("/api/v1/things", 65 * 1024 + 1, 413),
        ("/api/v1/complete-audits/batch", 2 * 1024 * 1024, 401),
        ("/api/v1/case-files/batch", 2 * 1024 * 1024, 401),
    ],
)
@pytest.mark.parametrize("in_parts", [False, True])
def test_a_stranger_sends_sixty_four_kilobytes_at_most(
    program: Client, path: str, size: int, status: int, in_parts: bool
) -> None:
    content = (b"x" * 65_536 for _ in range(size // 65_536 + 1)) if in_parts else b"x" * size
    answer = program.post(path, content=content, headers={"Content-Type": "application/json"})
    problem_in(answer, status)


def test_a_page_says_that_a_form_is_too_large(site: Site) -> None:
    answer = site.browser().post("/account", data={"name": "x" * (1024 * 1024)})
    assert answer.status_code == 413
    assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.both_databases
@pytest.mark.parametrize(("how", "status"), [("unique", 409), ("reference", 409), ("table", 500)])
def test_what_a_database_refuses_is_told_without_the_values_it_names(program: Client, how: str, status: int) -> None:
    problem_in(program.get(f"/api/v1/broken/{how}"), status)


@pytest.mark.both_databases
def test_a_name_that_is_taken_is_told_in_plain_words(program: Client) -> None:
    body = problem_in(program.get("/api/v1/broken/unique"), 409)
    assert body["detail"] == "An organisation with this name already exists."


def test_a_database_that_is_away_is_a_503_that_says_when_to_try_again(tmp_path_factory: pytest.TempPathFactory) -> None:
    nowhere = tmp_path_factory.mktemp("gone") / "deeper" / "gone.sqlite3"
    for url in (f"sqlite:///{nowhere}", "postgresql://nobody@127.0.0.1:9/nothing?connect_timeout=2"):
        kept = nowhere.parent.parent
        app = create_app(
            Settings(database_url=url, trail_key_file=kept / "trail", risky_terms_key_file=kept / "risky-terms")
        )
        with Client(app, base_url=ORIGIN) as client:
            answer = client.get("/api/v1/health/ready")
            problem_in(answer, 503)
            assert int(answer.headers["retry-after"]) > 0
            assert client.get("/api/v1/health/live").status_code == 200


@pytest.mark.fast
@pytest.mark.parametrize("kind", every_problem(), ids=lambda kind: kind.__name__)
def test_every_kind_of_problem_has_a_page_that_says_what_to_do(kind: type[Problem]) -> None:
    assert len(what_to_do(kind)) > 20


def test_the_type_of_every_problem_leads_to_its_page(site: Site) -> None:
    browser = site.browser()
    for kind in every_problem():
        page = browser.get(f"/problems/{kind.slug}")
        assert page.status_code == 200
        assert kind.title in page.text
        assert f"/problems/{kind.slug}" in browser.get("/problems").text
    assert browser.get("/problems/no-such-problem").status_code == 404


def test_no_two_kinds_of_problem_share_a_name() -> None:
    slugs = [kind.slug for kind in every_problem()]
    assert len(slugs) == len(set(slugs))


def test_the_document_declares_every_refusal_in_our_shape_and_what_each_operation_needs(site: Site) -> None:
    document = site.browser().get("/api/v1/openapi.json").json()
    assert "HTTPValidationError" not in document["components"]["schemas"]
    assert set(document["components"]["securitySchemes"]) == {"token", "session"}
    operations = [
        (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    assert len(operations) > 10
    assert document["paths"]["/api/v1/rounds"]["get"]["security"]
    needed = {"400", "404", "413", "422", "500", "503"}
    for path, _, operation in operations:
        assert needed <= set(operation["responses"]), path
        for status, response in operation["responses"].items():
            if int(status) >= 400:
                assert list(response["content"]) == ["application/problem+json"]
        is_open = not operation["security"]
        assert is_open or {"401", "403"} <= set(operation["responses"])
        assert is_open or operation["x-permission"] in set(Permission)


def test_a_head_request_is_answered_as_a_get_without_its_body(site: Site) -> None:
    browser = site.browser(site.person(Role.AUDITOR))
    answer = browser.head("/account")
    assert (answer.status_code, answer.content) == (200, b"")
