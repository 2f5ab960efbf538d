"""A value of the wrong type in a request body is refused, not guessed at: 0 is not false, and 0 is no day."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import BaseModel, TypeAdapter

from api.app import PREFIX, every_route
from tests.desk import Desk

STRICT = ("bool", "int", "float")
# Parts of pydantic's schemas that hold no type of a value.
BESIDE = ("metadata", "serialization", "ref", "schema_ref", "cls", "config", "default", "computed_fields")


def guessing(schema: Any, where: str, *, is_checked: bool = False) -> Iterator[str]:
    """The places in a schema where a value of another type is converted. `is_checked`: a function of ours sees it."""
    if isinstance(schema, dict):
        kind = schema.get("type")
        if (kind in STRICT and not schema.get("strict")) or (kind in {"date", "datetime"} and not is_checked):
            yield f"{where}: {kind}"
        if kind == "model":
            where, is_checked = schema["cls"].__name__, False
        is_checked = is_checked or kind == "function-before"
        for name, part in schema.items():
            if name not in BESIDE:
                yield from guessing(part, f"{where}.{name}", is_checked=is_checked)
    elif isinstance(schema, list | tuple):
        for part in schema:
            yield from guessing(part, where, is_checked=is_checked)


def bodies(app: FastAPI) -> Iterator[tuple[str, Any]]:
    for found in iter_route_contexts(every_route(app)):
        route = found.original_route
        if isinstance(route, APIRoute) and str(found.path).startswith(PREFIX) and route.body_field is not None:
            yield str(found.path), route.body_field.field_info.annotation


def test_no_body_converts_what_is_of_another_type(app: FastAPI) -> None:
    every_body = list(bodies(app))
    found = {place for path, body in every_body for place in guessing(TypeAdapter(body).core_schema, path)}
    assert sorted(found) == []
    assert len(every_body) > 100


def test_a_body_that_converts_is_noticed() -> None:
    class Lax(BaseModel):
        flag: bool = False
        numbers: list[int]

    assert list(guessing(TypeAdapter(Lax).core_schema, "")) == [
        "Lax.schema.fields.flag.schema.schema: bool",
        "Lax.schema.fields.numbers.schema.items_schema: int",
    ]


@pytest.mark.parametrize("wanted", [0, 1, "false", None])
def test_a_number_or_a_word_is_no_yes_or_no(desk: Desk, wanted: object) -> None:
    answer = desk.browser(desk.cast.asha).post(
        "/api/v1/me/notice-mail", json={"wanted": wanted}, headers={"If-Match": '"1"', "Idempotency-Key": "one"}
    )
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/wanted"), answer.text
