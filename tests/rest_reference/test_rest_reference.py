"""The reference of the REST interface: every operation is there, in words, with an example; readable by everybody."""

import json
from typing import Any

import pytest

from api.app import OPENAPI_PATH, create_app
from api.foundation.settings import Settings
from api.rest_reference.describing import groups_of
from models.storage.database import open_database
from tests.browser import NewPage, look
from tests.cast import Site
from tests.client import Client
from tests.page_forms import SeenPage
from tests.site_in_browser import served
from tests.thorough import some_of


def document(**shapes: Any) -> dict[str, Any]:
    """A document with one operation, whose body and answer are the shape `Body`."""
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Body"}, "example": {"title": "Spring"}}}
    operation = {
        "tags": ["Rounds"],
        "summary": "Plan round",
        "description": "Plan a round. It is not open yet.",
        "x-permission": "rounds:write",
        "parameters": [
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": True,
                "schema": {"type": "string", "maxLength": 200},
            },
            {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1.0, "maximum": 100}},
        ],
        "requestBody": {"content": content},
        "responses": {
            "201": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Body"}}}},
            "409": {},
        },
    }
    return {"paths": {"/api/v1/rounds": {"post": operation}}, "components": {"schemas": shapes}}


def fields(shape: dict[str, Any], **others: Any) -> list[tuple[str, str, bool]]:
    (group,) = groups_of(document(Body=shape, **others))
    return [(field.name, field.kind, field.is_required) for field in group.operations[0].body]


def test_an_operation_is_described_with_its_example_and_refusals() -> None:
    (group,) = groups_of(document(Body={"type": "object"}))
    (operation,) = group.operations
    assert (group.title, group.slug, operation.anchor) == ("Rounds", "rounds", "post-api-v1-rounds")
    assert json.loads(operation.example) == {"title": "Spring"}
    assert (operation.success, operation.refusals) == ("201", ("409",))
    assert [(each.name, each.kind) for each in operation.parameters] == [
        ("Idempotency-Key (header)", "text, at most 200 characters"),
        ("limit", "whole number, 1 to 100"),
    ]


def test_fields_within_fields_have_their_place_in_the_name() -> None:
    score = {"type": "object", "required": ["theme"], "properties": {"theme": {"type": "string"}}}
    case = {"type": "object", "properties": {"team_id": {"type": "string", "format": "uuid"}}}
    body = {
        "type": "object",
        "required": ["scores"],
        "properties": {
            "scores": {"type": "array", "maxItems": 60, "items": {"$ref": "#/components/schemas/Score"}},
            "case_file": {"anyOf": [{"$ref": "#/components/schemas/Case"}, {"type": "null"}]},
            "mode": {"enum": ["records", "observation"]},
        },
    }
    assert fields(body, Score=score, Case=case) == [
        ("scores", "list of object, at most 60", True),
        ("scores[].theme", "text", True),
        ("case_file", "object or null", False),
        ("case_file.team_id", "identifier", False),
        ("mode", "one of “records”, “observation”", False),
    ]


def test_a_shape_within_itself_ends() -> None:
    part = {
        "type": "object",
        "properties": {"parts": {"type": "array", "items": {"$ref": "#/components/schemas/Body"}}},
    }
    names = [name for name, _, _ in fields(part)]
    assert names == ["parts", "parts[].parts", "parts[].parts[].parts", "parts[].parts[].parts[].parts"]


def test_every_operation_is_on_a_page_before_anybody_signs_in(site: Site) -> None:
    browser = site.browser()
    found = browser.get(OPENAPI_PATH).json()
    operations = [
        (method.upper(), path, operation)
        for path, several in found["paths"].items()
        for method, operation in several.items()
    ]
    pages = {slug: SeenPage(browser.get(f"/rest/{slug}")).words for slug in ("rounds", "audits", "people")}
    listed = SeenPage(browser.get("/rest")).words
    assert len(operations) > 300
    for method, path, operation in operations:
        assert operation["summary"] in listed
        page = pages.get(operation["tags"][0].lower())
        assert page is None or f"{method} {path}" in page
    assert '"round_id"' in pages["audits"]
    assert browser.get("/rest/nothing").status_code == 404


def test_without_the_document_there_is_no_reference(migrated_sqlite_file: Any) -> None:
    database = open_database(f"sqlite:///{migrated_sqlite_file}")
    with Client(create_app(Settings(show_api_documentation=False), database)) as client:
        assert client.get("/rest").status_code == 404
    database.close()


@pytest.mark.parametrize("javascript", some_of([True, False], 1, of="the reference with a script or without"))
def test_the_reference_is_read_on_a_telephone(new_page: NewPage, site: Site, javascript: bool) -> None:
    site.organisation()
    with served(site.database) as address:
        page = new_page(width=320, javascript=javascript)
        page.goto(f"{address}/rest")
        look(page, javascript=javascript)
        page.get_by_role("link", name="Snapshots", exact=True).click()
        page.get_by_role("heading", name="Make snapshot", exact=True).scroll_into_view_if_needed()
        look(page, javascript=javascript)
