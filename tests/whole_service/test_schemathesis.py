"""Whatever is sent to the API, it answers what its own document says, and never fails."""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from functools import cache
from http import HTTPStatus
from typing import Any, cast

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.python import asgi
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.app import OPENAPI_PATH, PREFIX
from api.foundation.problems import Problem
from api.people.teams import actions as teams
from tests.thorough import part_of
from tests.whole_service.council import Thing
from tests.whole_service.matrix import Stage, rules

ACTORS = ("auditor", "moderator", "quality-lead", "administrator", "integration")
Operation = APIOperation[Any, Any, Any, Any]
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
EXAMPLES, EXAMPLES_OF_A_TRIAL = 3, 25
ONE_IN = 10


def undeclared() -> Problem:
    # Not a class of its own, which would be one more in the list of what the service refuses.
    problem = Problem("short and stout")
    problem.status = HTTPStatus.IM_A_TEAPOT
    return problem


def test_a_few_requests_of_many_kinds_are_answered_as_documented(
    stage: Stage, database_kind: str, record_property: Callable[[str, object], None]
) -> None:
    """A tenth of the operations, another one each day; the trial below sends more to all of them."""
    said = Counter[int]()
    for operation in part_of(operations(stage), one_in=ONE_IN, of="operations"):
        holders = rules()[f"{operation.method.upper()} {operation.path}"].holders
        said += explore(stage, operation, next((actor for actor in ACTORS if actor in holders), ACTORS[0]), EXAMPLES)
    record_property("figure", f"Schemathesis on {database_kind}: {told(said)}")
    assert min(said) < 300


@pytest.mark.parametrize("failure", [RuntimeError("broken"), undeclared()])
def test_a_failure_and_an_undeclared_answer_are_noticed(
    stage: Stage, failure: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise failure

    monkeypatch.setattr(teams, "list_teams", fail)
    (teams_list,) = (each for each in operations(stage) if (each.method, each.path) == ("get", f"{PREFIX}/teams"))
    with pytest.raises(FailureGroup, match=r"Server error|Undocumented status code"):
        explore(stage, teams_list, "quality-lead", EXAMPLES)


@pytest.mark.trial
@pytest.mark.parametrize("actor", ACTORS)
def test_every_operation_answers_every_role_as_documented(
    stage: Stage, actor: str, database_kind: str, record_property: Callable[[str, object], None]
) -> None:
    said = Counter[int]()
    for operation in operations(stage):
        said += explore(stage, operation, actor, EXAMPLES_OF_A_TRIAL)
    record_property("figure", f"Schemathesis on {database_kind}, {actor}: {told(said)}")
    assert min(said) < 300


def told(said: Mapping[int, int]) -> str:
    """How many requests were answered what; undeclared answers and failures have stopped the test before this."""
    each = ", ".join(f"{status} {count:,}" for status, count in sorted(said.items()))
    return f"{sum(said.values()):,} requests ({each}), 0 server errors, 0 undeclared answers"


def operations(stage: Stage) -> list[Operation]:
    return operations_of(stage.app)


@cache
def operations_of(app: FastAPI) -> list[Operation]:
    # The first answer makes the document, which takes long on a busy machine.
    schema = schemathesis.openapi.from_asgi(OPENAPI_PATH, app, timeout=120)
    found = [each.ok() for each in schema.get_all_operations() if isinstance(each, Ok)]
    # The document does not describe itself.
    described = [path for route in rules() if (path := route.partition(" ")[2]) != OPENAPI_PATH]
    assert len(found) == sum(path.startswith(PREFIX) for path in described)
    return found


def explore(stage: Stage, operation: Operation, actor: str, examples: int) -> Counter[int]:
    """Send requests that fit the document and some that do not, half of them about things that exist."""
    said = Counter[int]()
    credential = {
        name: value
        for name, value in stage.client(actor).headers.items()
        if name in {"cookie", "sec-fetch-site", "authorization"}
    }
    fitting = operation.as_strategy(GenerationMode.POSITIVE)
    cases = st.one_of(fitting, fitting, operation.as_strategy(GenerationMode.NEGATIVE))
    with asgi.get_client(cast("Any", stage.app)) as session:

        @given(case=cases, choice=st.integers(0, 10_000))
        @settings(
            max_examples=examples,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def send(case: Case[Any], choice: int) -> None:
            if choice % 2 == 0:
                about_what_exists(stage, case, actor, choice // 2)
            case.headers.pop("Authorization", None)
            case.cookies = {}
            answer = case.call(headers=credential, session=session)
            session.cookies.clear()
            said[answer.status_code] += 1
            case.validate_response(answer, checks=CHECKS)

        send()
    return said


def about_what_exists(stage: Stage, case: Case[Any], actor: str, choice: int) -> None:
    """Put things that exist into the address and the body, and the version that the thing is at."""
    rule = rules()[f"{case.method.upper()} {case.path}"]
    things = stage.things(rule.thing, actor)
    thing = things[choice % len(things)] if things else Thing((), {})
    for name in case.path_parameters:
        case.path_parameters[name] = thing.address.get(name, case.path_parameters[name])
    if case.method.upper() not in {"GET", "HEAD"}:
        case.headers["If-Match"] = f'"{thing.version}"'
        case.headers["Idempotency-Key"] = f"key-{choice}"
    case.body = _existing(stage, case.body)
    case.query = _existing(stage, case.query)


def _existing(stage: Stage, value: Any, name: str = "") -> Any:
    home = stage.home
    known = {
        "round": home.rounds["open"],
        "round_id": home.rounds["open"],
        "auditor": home.people["colleague"].id,
        "auditor_id": home.people["colleague"].id,
        "case_file_id": home.unread_case_file,
        "team": home.teams["in-use"],
        "team_id": home.teams["in-use"],
        "template_id": home.template_id,
        "follows_id": home.rounds["closed"],
    }
    if isinstance(value, dict):
        return type(value)({key: _existing(stage, each, key) for key, each in value.items()})
    if isinstance(value, list):
        return [_existing(stage, each, name) for each in value]
    return str(known[name]) if name in known and isinstance(value, str) and UUID.fullmatch(value) else value
