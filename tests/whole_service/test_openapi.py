"""The OpenAPI document tells whoever writes a client all that can be answered, and gives no secret away."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.app import OPENAPI_PATH, PREFIX, create_app
from api.foundation.permissions import Permission
from api.foundation.settings import Settings
from models.storage.database import open_database
from tests.client import Client
from tests.thorough import is_thorough
from tests.whole_service.matrix import declared

ROOT = Path(__file__).parent.parent.parent
Operations = list[tuple[str, str, dict[str, Any]]]


@pytest.fixture(scope="module")
def document(migrated_sqlite_file: Path) -> Iterator[dict[str, Any]]:
    database = open_database(f"sqlite:///{migrated_sqlite_file}")
    with Client(create_app(Settings(), database)) as client:
        yield client.get(OPENAPI_PATH).json()
    database.close()


@pytest.fixture(scope="module")
def operations(document: dict[str, Any]) -> Operations:
    return [
        (path, method, operation)
        for path, of_path in document["paths"].items()
        for method, operation in of_path.items()
    ]


def test_every_json_route_and_no_page_is_in_the_document(document: dict[str, Any], operations: Operations) -> None:
    itself = f"GET {OPENAPI_PATH}"
    routes = {route for route in declared(create_app(Settings())) if f" {PREFIX}/" in route and route != itself}
    assert {f"{method.upper()} {path}" for path, method, _ in operations} == routes
    assert len(routes) > 50


def test_every_operation_has_a_tag_a_summary_and_a_name_of_its_own(operations: Operations) -> None:
    assert [where for *where, operation in operations if not operation["tags"] or not operation["summary"]] == []
    names = [operation["operationId"] for *_, operation in operations]
    assert len(set(names)) == len(names)
    assert [name for name in names if re.fullmatch(r"[a-z]+(_[a-z0-9]+)+", name) is None] == []


def test_every_shape_has_a_name_of_its_own(document: dict[str, Any]) -> None:
    """Two classes of one name would be told apart by the names of their modules, which generated clients cannot use."""
    assert [name for name in document["components"]["schemas"] if "__" in name] == []


def test_every_operation_says_which_permission_it_needs(operations: Operations) -> None:
    words = set(Permission)
    for path, method, operation in operations:
        if path.startswith(f"{PREFIX}/health"):
            assert operation["security"] == []
        else:
            assert operation["x-permission"] in words, (path, method)
            assert operation["security"] == [{"token": []}, {"session": []}]


def test_every_success_has_a_shape_and_every_refusal_is_a_problem(operations: Operations) -> None:
    for path, method, operation in operations:
        successes = {status for status in operation["responses"] if status.startswith("2")}
        assert len(successes) == 1 or successes == {"201", "202"}, (path, method)
        for status, response in operation["responses"].items():
            content = response.get("content", {})
            if status == "204":
                assert content == {}
            elif status.startswith("2"):
                schemas = [shape["schema"] for shape in content.values()]
                assert schemas, (path, method)
                assert all(schemas), f"{method} {path} answers what nobody has described"
            else:
                problem = {"schema": {"$ref": "#/components/schemas/ProblemOut"}}
                assert content == {"application/problem+json": problem}, (path, method, status)


def test_every_operation_declares_the_refusals_that_any_may_give(operations: Operations) -> None:
    for path, method, operation in operations:
        expected = {"400", "404", "413", "422", "500", "503"}
        if operation["security"]:
            expected |= {"401", "403"}
        if "requestBody" in operation:
            expected |= {"415"}
        if _takes(operation, "if-match"):
            expected |= {"412", "428"}
        if _takes(operation, "idempotency-key"):
            expected |= {"400"}
        assert expected <= set(operation["responses"]), (path, method)


def _takes(operation: dict[str, Any], header: str) -> bool:
    return any(parameter["name"].lower() == header for parameter in operation.get("parameters", ()))


# A draft is one person's own and has no version; what was typed since is in the draft that follows.
WITHOUT_A_VERSION = {("/api/v1/audits/{audit_id}/drafts/{theme}", "delete")}


def test_whatever_creates_takes_a_key_and_whatever_changes_takes_a_version(operations: Operations) -> None:
    for path, method, operation in operations:
        if "201" in operation["responses"]:
            assert _takes(operation, "idempotency-key"), (path, method)
        if method in {"put", "patch", "delete"} and (path, method) not in WITHOUT_A_VERSION:
            assert _takes(operation, "if-match"), (path, method)


def test_a_header_that_is_needed_is_said_to_be_and_in_which_form(operations: Operations) -> None:
    fits = {
        "if-match": (('"3"', 'W/"3"', "3"), ('"three"', '"3", "4"', "*", '"1234567890"')),
        "idempotency-key": (("one", '"a key"', "k" * 200), ("", " ", '"', "k" * 201, "café")),
    }
    found = [
        parameter
        for _, _, operation in operations
        for parameter in operation.get("parameters", ())
        if parameter["in"] == "header"
    ]
    assert {parameter["name"] for parameter in found} == set(fits)
    for parameter in found:
        assert parameter["required"]
        right, wrong = fits[parameter["name"]]
        assert all(re.search(parameter["schema"]["pattern"], text) for text in right)
        assert not any(re.search(parameter["schema"]["pattern"], text) for text in wrong)


# Shown once, to whoever made it.
SHOWN_ONCE = {
    *(("OfferedCodesOut", "secret"), ("NewTokenOut", "secret"), ("NewWebhookOut", "secret")),
    *(("InvitedOut", "link"), ("LinkOut", "link")),
}
SECRET = re.compile(r"secret|password|hash|session|cookie|link", re.IGNORECASE)
# Says whether there is one, or whether people may use one.
TELLS_NO_SECRET = {
    *(("SingleSignOnIn", "passwords"), ("SingleSignOnOut", "passwords")),
    ("AccessRequestOut", "has_link"),
    ("PersonOut", "has_password"),
    ("SampleOut", "frame_hash"),
    ("FrameOut", "frame_hash"),
}


def test_no_secret_is_in_any_shape_but_those_shown_once(document: dict[str, Any]) -> None:
    found = {
        (name, entry)
        for name, schema in document["components"]["schemas"].items()
        for entry in schema.get("properties", {})
        if SECRET.search(entry)
    }
    assert found == SHOWN_ONCE | TELLS_NO_SECRET


def test_no_shape_names_the_organisation_by_its_number(document: dict[str, Any]) -> None:
    assert "organisation_id" not in json.dumps(document)


def test_every_body_refuses_entries_that_it_does_not_know(document: dict[str, Any], operations: Operations) -> None:
    schemas = document["components"]["schemas"]
    loose = []
    for path, method, operation in operations:
        for shape in operation.get("requestBody", {}).get("content", {}).values():
            loose += [(method, path, where) for where in _open_objects(shape["schema"], schemas)]
    assert loose == []


def _open_objects(schema: dict[str, Any], schemas: dict[str, Any], seen: tuple[str, ...] = ()) -> Iterator[str]:
    """Objects with named entries that take others too."""
    reference = schema.get("$ref", "").rpartition("/")[2]
    if reference:
        if reference not in seen:
            yield from _open_objects(schemas[reference], schemas, (*seen, reference))
        return
    if schema.get("properties") and schema.get("additionalProperties") is not False:
        yield schema.get("title", "?")
    parts = [*schema.get("properties", {}).values(), schema.get("items"), schema.get("additionalProperties")]
    for part in [*parts, *schema.get("anyOf", ()), *schema.get("allOf", ()), *schema.get("oneOf", ())]:
        if isinstance(part, dict):
            yield from _open_objects(part, schemas, seen)


def test_the_document_is_the_same_each_time_it_is_made(document: dict[str, Any]) -> None:
    make = (
        "import json; from api.app import create_app; from api.foundation.settings import Settings;"
        " print(json.dumps(create_app(Settings()).openapi()))"
    )
    # What is compared was made in a process of another seed; in a thorough run there is a third.
    for seed in ("1", "2") if is_thorough() else ("1",):
        made = subprocess.run(
            [sys.executable, "-c", make],
            check=True,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=ROOT,
        )
        assert made.stdout.strip() == json.dumps(document)
