"""Requests that follow from one another, as Schemathesis makes them up, are answered as documented."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from schemathesis import Case
from schemathesis.core.failures import FailureGroup
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.transport import Response
from schemathesis.engine.recorder import ScenarioRecorder
from schemathesis.generation.stateful.state_machine import StepInput, StepOutput
from schemathesis.python import asgi
from schemathesis.specs.openapi.checks import ensure_resource_availability, negative_data_rejection, use_after_free

from api.app import PREFIX
from tests.conftest import DatabaseKind, fresh_database
from tests.whole_service.conftest import SetStage
from tests.whole_service.exploring import (
    ACTORS,
    ALL_OF_ONE_REQUEST,
    Said,
    about_what_exists,
    credential_of,
    is_wrong,
    schema_of,
    with_existing,
    without_false_ones,
)
from tests.whole_service.matrix import Stage, a_stage, rules

CHECKS = (*ALL_OF_ONE_REQUEST, use_after_free, ensure_resource_availability)
SCENARIOS, STEPS = 500, 8
# What is done lasts, so Hypothesis, which expects the same answers to the same steps, begins anew after so many: its
# simplest scenario and one other.
AT_ONCE = 2
# What can be deleted and read: there the same requests follow one another often.
DELETED = rf"^{PREFIX}/(webhooks|templates|audits/{{audit_id}}/scores)"
BESIDE_THE_ADDRESS = (ParameterLocation.BODY, ParameterLocation.QUERY, ParameterLocation.HEADER)
Figure = Callable[[str, object], None]


@dataclass
class Followed(Said):
    """What was answered in steps, how many steps followed a link, and what became of what was deleted."""

    links: Counter[str] = field(default_factory=Counter)
    deleted: int = 0
    read_after_deletion: Counter[int] = field(default_factory=Counter)

    def __str__(self) -> str:
        after = ", ".join(f"{status} {count}" for status, count in sorted(self.read_after_deletion.items()))
        return (
            f"{super().__str__()}; {self.links.total():,} steps followed {len(self.links):,} kinds of links; "
            f"{self.deleted} deletions, then read: {after or 'never'}"
        )


@pytest.fixture
def lasting_stage(
    request: pytest.FixtureRequest,
    database_kind: DatabaseKind,
    set_stage: Callable[[DatabaseKind], SetStage],
    tmp_path: Path,
) -> Iterator[Stage]:
    """The service on a copy on which what is done lasts."""
    url, councils = set_stage(database_kind)
    with (
        fresh_database(request, database_kind, tmp_path, like=url) as copy,
        a_stage(copy, councils, lasting=True) as made,
    ):
        yield made


@pytest.mark.trial
@pytest.mark.parametrize("actor", ACTORS)
def test_steps_that_follow_from_one_another_are_answered_as_documented(
    lasting_stage: Stage, actor: str, database_kind: str, record_property: Figure
) -> None:
    """The role begins; what it may not do is done by one that may."""
    said = follow(lasting_stage, [actor], SCENARIOS)
    record_property("figure", f"Schemathesis in steps on {database_kind}, {actor}: {said}")
    assert not said.wrong, "\n\n".join(said.wrong[:50])
    assert len(said.links) > 100


@pytest.mark.trial
def test_what_was_deleted_is_gone(lasting_stage: Stage, database_kind: str, record_property: Figure) -> None:
    said = follow(lasting_stage, ["quality-lead", "administrator"], SCENARIOS, only=DELETED)
    record_property("figure", f"Deleted, and then read, on {database_kind}: {said}")
    assert not said.wrong, "\n\n".join(said.wrong[:50])
    assert said.read_after_deletion.keys() == {404}


def follow(stage: Stage, actors: list[str], scenarios: int, *, only: str = "") -> Followed:
    """Run so many scenarios of a few steps each, the roles in turn; `only` is a pattern of paths."""
    schema = schema_of(stage.app)
    if only:
        schema = schema.include(path_regex=only)
    said = Followed()
    given = {"stage": stage, "said": said, "turns": cycle(actors), "client": asgi.get_client(cast("Any", stage.app))}
    workflow: Any = type("Workflow", (InSteps, schema.as_state_machine()), given)
    few = settings(
        max_examples=AT_ONCE,
        stateful_step_count=STEPS,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    for number in range(scenarios // AT_ONCE):
        seed(number)(workflow).run(settings=few)
    return said


class InSteps:
    """What is added to the state machine of Schemathesis: who sends, about what exists, and keeping count."""

    stage: Stage
    said: Followed
    turns: Iterator[str]
    client: Any
    recorder: ScenarioRecorder

    def setup(self) -> None:
        self.actor = next(self.turns)
        self.versions: dict[str, int] = {}

    def step(self, given: StepInput) -> StepOutput:
        case = given.case
        self.sender = sender_of(case, self.actor)
        self.follows = given.transition is not None and given.is_applied
        if given.transition is not None and self.follows:
            self.said.links[given.transition.id] += 1
            linked = {name for _, name in given.applied_parameters if name}
            keep_linked(self.stage, case, linked, self.versions)
        else:
            about_what_exists(self.stage, case, self.sender, len(self.recorder.cases))
        output: StepOutput = super().step(given)  # type: ignore[misc]
        return output

    def call(self, case: Case[Any], **_: Any) -> Response:
        case.headers.pop("Authorization", None)
        case.cookies = {}
        answer = case.call(headers=credential_of(self.stage, self.sender), session=self.client)
        self.client.cookies.clear()
        return answer

    def after_call(self, response: Response, case: Case[Any]) -> None:
        super().after_call(response, case)  # type: ignore[misc]
        self.said.statuses[response.status_code] += 1
        self.said.sent[case.operation.label] += 1
        self.versions |= versions_in(response)
        if response.status_code == 401 and self.sender in self.stage.home.people:
            self.stage.sign_in_again(self.sender)  # a step ended the session
        if case.method.upper() == "DELETE" and response.status_code < 300:
            self.said.deleted += 1
            self.read_what_is_gone(case)

    def read_what_is_gone(self, case: Case[Any]) -> None:
        """Ask for what was deleted, and for all that was below it."""
        for route in rules():
            method, _, path = route.partition(" ")
            below = path.removeprefix(case.path)
            if method == "GET" and path.startswith(case.path) and "{" not in below:
                answer = self.stage.client(self.sender).get(f"{case.formatted_path}{below}")
                self.said.read_after_deletion[answer.status_code] += 1

    def validate_response(self, response: Response, case: Case[Any], *_: Any, **__: Any) -> None:
        credential = credential_of(self.stage, self.sender)
        checks = without_false_ones(CHECKS, case)
        if self.follows and not any(is_wrong(case, place) for place in BESIDE_THE_ADDRESS):
            # What was wrong with the address is not there any more: the link gave another.
            checks = [check for check in checks if check is not negative_data_rejection]
        try:
            case.validate_response(response, checks=checks, headers=credential, recorder=self.recorder)
        except FailureGroup as found:
            self.said.note(case, self.sender, found)


def sender_of(case: Case[Any], actor: str) -> str:
    """The role itself, or another if it lacks the permission."""
    holders = rules()[case.operation.label].holders
    return actor if actor in holders else next((other for other in ACTORS if other in holders), actor)


def keep_linked(stage: Stage, case: Case[Any], linked: set[str], versions: Mapping[str, int]) -> None:
    """Leave what a link gave, and add what else there must be: the version that was seen, and things that exist.

    What is wrong with a request on purpose is left as it is.
    """
    if isinstance(case.body, dict) and not is_wrong(case, ParameterLocation.BODY):
        case.body = {
            name: value if name in linked else with_existing(stage, value, name) for name, value in case.body.items()
        }
    version = next((versions[each] for each in map(str, case.path_parameters.values()) if each in versions), None)
    changes = case.operation.method.upper() != "GET" and not is_wrong(case, ParameterLocation.HEADER)
    if version is not None and changes:
        case.headers["If-Match"] = f'"{version}"'


def versions_in(response: Response) -> dict[str, int]:
    """The version of everything that an answer shows."""
    found: dict[str, int] = {}

    def look(value: Any) -> None:
        if isinstance(value, dict):
            if isinstance(value.get("id"), str) and isinstance(value.get("version"), int):
                found[value["id"]] = value["version"]
            for each in value.values():
                look(each)
        elif isinstance(value, list):
            for each in value:
                look(each)

    if "json" in " ".join(response.headers.get("content-type", [])) and response.content:
        look(response.json())
    return found
