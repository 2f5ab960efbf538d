"""Requests made up from the service's own OpenAPI document, sent as each role, and what Schemathesis says of them."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from itertools import cycle
from typing import Any, cast

import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case
from schemathesis.checks import CheckFunction, not_a_server_error
from schemathesis.core import NOT_SET
from schemathesis.core.errors import SerializationNotPossible
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.python import asgi
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    content_type_conformance,
    ignored_auth,
    missing_required_header,
    negative_data_rejection,
    positive_data_acceptance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from api.app import OPENAPI_PATH, PREFIX
from tests.whole_service.council import Thing
from tests.whole_service.matrix import Stage, rules

ACTORS = ("auditor", "moderator", "quality-lead", "administrator", "integration")
Operation = APIOperation[Any, Any, Any, Any]
ANSWERS: tuple[CheckFunction, ...] = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
)
# `ignored_auth`, which sends a request three times more, is asked once of each operation and role.
ALL_OF_ONE_REQUEST: tuple[CheckFunction, ...] = (
    *ANSWERS,
    allow_header_conformance,
    missing_required_header,
    negative_data_rejection,
    positive_data_acceptance,
    unsupported_method,
)
OF_METHODS: tuple[CheckFunction, ...] = (allow_header_conformance, unsupported_method)
# A document of shapes cannot say that a version has moved on, that a body of texts that each fit is too large together,
# or that a word is no theme of the template.
OF_RULES = ("412", "413", "422")
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass
class Said:
    """What was answered to how many requests, and what was wrong with it."""

    statuses: Counter[int] = field(default_factory=Counter)
    sent: Counter[str] = field(default_factory=Counter)
    asked_without_credential: set[tuple[str, str]] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        each = ", ".join(f"{status} {count:,}" for status, count in sorted(self.statuses.items()))
        errors = sum(count for status, count in self.statuses.items() if status >= 500)
        kinds = "".join(f", {kind} {count}" for kind, count in sorted(self.kinds.items()))
        return (
            f"{len(self.sent)} operations, {self.statuses.total():,} requests, at least "
            f"{min(self.sent.values(), default=0)} of each ({each}); {errors} server errors, "
            f"{len(self.asked_without_credential)} asked without a credential too, {len(self.wrong)} violations{kinds}"
        )

    def note(self, case: Case[Any], actor: str, found: FailureGroup) -> None:
        for failure in cast("Sequence[Failure]", found.exceptions):
            kind = type(failure).__name__
            self.kinds[kind] += 1
            self.wrong.append(f"{kind}: {actor} {case.operation.label}\n{failure}\n{found.message}")


@cache
def is_also_answered_elsewhere(label: str) -> bool:
    """Whether the address of an operation fits the pattern of another, as /templates/from-library fits
    /templates/{template_id}: it is answered for the methods of both.
    """
    own = label.partition(" ")[2]
    patterns = {route.partition(" ")[2] for route in rules()} - {own}
    example = re.sub(r"{\w+}", "x", own)
    return any(re.fullmatch(re.sub(r"{\w+}", "[^/]+", pattern), example) for pattern in patterns if "{" in pattern)


def operations(stage: Stage) -> list[Operation]:
    return operations_of(stage.app)


@cache
def operations_of(app: FastAPI) -> list[Operation]:
    found = [each.ok() for each in schema_of(app).get_all_operations() if isinstance(each, Ok)]
    # The document does not describe itself.
    described = [path for route in rules() if (path := route.partition(" ")[2]) != OPENAPI_PATH]
    assert len(found) == sum(path.startswith(PREFIX) for path in described)
    return found


@cache
def schema_of(app: FastAPI) -> Any:
    # The first answer makes the document, which takes long on a busy machine.
    schema = schemathesis.openapi.from_asgi(OPENAPI_PATH, app, timeout=120)
    accepted = schema.config.checks.positive_data_acceptance
    accepted.expected_statuses = [*accepted.expected_statuses, *OF_RULES]
    # A version that is missing has a status of its own (RFC 6585).
    missing = schema.config.checks.missing_required_header
    missing.expected_statuses = [*missing.expected_statuses, "428"]
    return schema


def credential_of(stage: Stage, actor: str) -> dict[str, str]:
    """The headers that say who asks, named as Schemathesis looks for them when it takes them away."""
    return {
        name.title(): value
        for name, value in stage.client(actor).headers.items()
        if name in {"cookie", "sec-fetch-site", "authorization"}
    }


@dataclass
class Explorer:
    """Sends requests to the service on a stage, checks each answer, and says what was answered.

    What is wrong ends it, unless it `collects`.
    """

    stage: Stage
    checks: Sequence[CheckFunction] = ANSWERS
    collects: bool = False
    said: Said = field(default_factory=Said)

    def explore(self, operation: Operation, actors: Sequence[str], examples: int) -> None:
        """Send requests that fit the document and some that do not, half of them about things that exist.

        The roles take turns.
        """
        fitting = operation.as_strategy(GenerationMode.POSITIVE)
        cases = st.one_of(fitting, fitting, operation.as_strategy(GenerationMode.NEGATIVE))
        turns = cycle(actors)
        with self._connected() as session:

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
                actor = next(turns)
                if choice % 2 == 0:
                    about_what_exists(self.stage, case, actor, choice // 2)
                self.send(case, actor, session)

            send()

    def explore_edges(self, operation: Operation, actors: Sequence[str]) -> None:
        """Send the smallest, largest, missing and wrong of each parameter and field, and other methods."""
        modes = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
        schema = operation.schema
        edges = schema.iter_coverage_cases(
            operation, generation_modes=modes, generation_config=schema.config.generation_for(operation=operation)
        )
        with self._connected() as session:
            for choice, (case, actor) in enumerate(zip(edges, cycle(actors), strict=False)):
                if choice % 2 == 0:
                    about_what_exists(self.stage, case, actor, choice // 2)
                with suppress(SerializationNotPossible):  # it cannot write TOML, in which templates may be sent
                    self.send(case, actor, session)

    @contextmanager
    def _connected(self) -> Iterator[Any]:
        with asgi.get_client(cast("Any", self.stage.app)) as session:
            yield session

    def send(self, case: Case[Any], actor: str, session: Any) -> None:
        credential = credential_of(self.stage, actor)
        case.headers.pop("Authorization", None)
        case.cookies = {}
        answer = case.call(headers=credential, session=session)
        session.cookies.clear()
        label = case.operation.label
        self.said.statuses[answer.status_code] += 1
        self.said.sent[label] += 1
        checks = [check for check in self.checks if check not in OF_METHODS or not is_also_answered_elsewhere(label)]
        checks = without_false_ones(checks, case)
        asks_again = self.checks is not ANSWERS and answer.status_code < 300
        if asks_again and (label, actor) not in self.said.asked_without_credential:
            self.said.asked_without_credential.add((label, actor))
            checks.append(ignored_auth)
        try:
            case.validate_response(
                answer, checks=checks, headers=credential, transport_kwargs={"headers": dict(credential)}
            )
        except FailureGroup as found:
            if not self.collects:
                raise
            self.said.note(case, actor, found)


def without_false_ones(checks: Sequence[CheckFunction], case: Case[Any]) -> list[CheckFunction]:
    """Without what Schemathesis would take for a mistake: a body that is null or missing where it may be left out."""
    if case.body in (None, NOT_SET) and not case.operation.definition.raw.get("requestBody", {}).get("required"):
        return [check for check in checks if check is not negative_data_rejection]
    return list(checks)


def about_what_exists(stage: Stage, case: Case[Any], actor: str, choice: int) -> None:
    """Put things that exist into the address and the body, and the version that the thing is at.

    What is wrong with a request on purpose is left as it is.
    """
    rule = rules()[case.operation.label]
    things = stage.things(rule.thing, actor)
    thing = things[choice % len(things)] if things else Thing((), {})
    if not is_wrong(case, ParameterLocation.PATH):
        for name in case.path_parameters:
            case.path_parameters[name] = thing.address.get(name, case.path_parameters[name])
    if case.operation.method.upper() not in {"GET", "HEAD"} and not is_wrong(case, ParameterLocation.HEADER):
        case.headers["If-Match"] = f'"{thing.version}"'
        case.headers["Idempotency-Key"] = f"key-{choice}"
    if not is_wrong(case, ParameterLocation.BODY):
        case.body = with_existing(stage, case.body)
    if not is_wrong(case, ParameterLocation.QUERY):
        case.query = with_existing(stage, case.query)


def is_wrong(case: Case[Any], place: ParameterLocation) -> bool:
    """Whether something in this place of a request is wrong on purpose."""
    return case.meta is not None and bool(case.meta.is_negative_at(place))


def with_existing(stage: Stage, value: Any, name: str = "") -> Any:
    """The value with identifiers in it of things that exist."""
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
        return type(value)({key: with_existing(stage, each, key) for key, each in value.items()})
    if isinstance(value, list):
        return [with_existing(stage, each, name) for each in value]
    return str(known[name]) if name in known and isinstance(value, str) and UUID.fullmatch(value) else value
