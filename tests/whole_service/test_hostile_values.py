"""No value in a form or a query makes a page fail, however odd it is."""

import uuid
from collections.abc import Callable
from itertools import product

import pytest
from fastapi.routing import APIRoute, iter_route_contexts

from api.app import every_route
from api.foundation.http.dependencies import encode_key
from tests.thorough import is_thorough, many, part_of
from tests.whole_service.council import Thing
from tests.whole_service.matrix import Stage, rules, usable
from tests.whole_service.minimal_requests import FORMS, request_of

pytestmark = pytest.mark.both_databases

ODD = (
    "",
    "x" * 140_000,
    "9" * 40,
    "\ud7ff\u202e\U0001f600 é\r\n\t\x0b'\"<>{}%_\\;--",
)


def drawn(place: str, kind: str, *values: str) -> list[str]:
    """The last value, which has the characters that databases differ in, at one place in four, on PostgreSQL at one in
    eight; and on SQLite a part of the others. Another part each day; `make trials` sends them all."""
    *others, last = values
    if kind == "sqlite" or is_thorough():
        return [*part_of(others, one_in=20, of=place), *part_of([last], one_in=4, of=f"{place}, last")]
    return part_of([last], one_in=8, of=place)


def test_no_field_of_a_form_makes_its_page_fail(
    stage: Stage, database_kind: str, record_property: Callable[[str, object], None]
) -> None:
    tried, failed = 0, []
    for route in FORMS:
        # Hashing passwords would take the most time, and its forms have tests of their own.
        if rules()[route].permission == "public" or route == "POST /account/password":
            continue
        actor, thing = usable(stage, route)
        for name in request_of(route, stage.home, thing)["data"]:
            for value in drawn(f"{route} {name}", database_kind, *ODD):
                request = request_of(route, stage.home, thing)
                answer = stage.send(actor, route, thing, {**request, "data": {**request["data"], name: value}})
                tried += 1
                if answer.status_code >= 500:
                    failed.append((route, name, value[:30]))
    record_property("figure", f"Odd values in forms on {database_kind}: {tried:,} sent, {len(failed)} failures")
    assert not failed
    assert tried > many(60, thorough=250)


def test_no_value_in_a_query_makes_a_page_or_a_list_fail(stage: Stage, database_kind: str) -> None:
    tried, failed = 0, []
    for found in iter_route_contexts(every_route(stage.app)):
        if not isinstance(found.original_route, APIRoute) or "GET" not in (found.methods or ()):
            continue
        route = f"GET {found.path}"
        names = [field.alias for field in found.dependant.query_params]
        names += [field.alias for needed in found.dependant.dependencies for field in needed.query_params]
        actor, thing = usable(stage, route) if names else ("every-role", Thing((), {}))
        for name in names:
            values = (*ODD[:1], *ODD[2:], "-1", "gA", "MTg0NDY3NDQwNzM3MDk1NTE2MTY", "\x00")  # no client sends 140,000
            for value in drawn(f"{route} {name}", database_kind, *values):
                answer = stage.send(actor, route, thing, {"params": {name: value}})
                tried += 1
                if answer.status_code >= 500:
                    failed.append((route, name, value))
    assert not failed
    assert tried > many(10, thorough=50)


# Values that are keys of some list: days and times at their ends and without a time zone, names, numbers.
KEYS = [
    encode_key(*values)
    for values in product(
        ("2026-01-01", "0001-01-01", "9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00+14:00", str(uuid.UUID(int=7))),
        (str(uuid.UUID(int=7)), "\x00", "\ud7ff\U0001f600", "0", "9999999"),
    )
]


def test_no_key_of_a_page_makes_a_list_fail(stage: Stage, database_kind: str) -> None:
    tried, failed = 0, []
    for found in iter_route_contexts(every_route(stage.app)):
        if not isinstance(found.original_route, APIRoute) or "GET" not in (found.methods or ()):
            continue
        route = f"GET {found.path}"
        needed = [field.alias for each in found.dependant.dependencies for field in each.query_params]
        if "after" not in needed:
            continue
        actor, thing = usable(stage, route)
        for key in part_of(KEYS, one_in=12, of=f"{route} after"):
            answer = stage.send(actor, route, thing, {"params": {"after": key}})
            tried += 1
            if answer.status_code >= 500:
                failed.append((route, key))
    assert not failed
    assert tried > many(20, thorough=500)
