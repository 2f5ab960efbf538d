"""Whatever is sent to the API, it answers what its own document says, and never fails."""

from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from typing import Any

import pytest
from schemathesis.core.failures import FailureGroup

from api.app import PREFIX
from api.foundation.http import security
from api.foundation.permissions import Actor
from api.foundation.problems import NotSignedIn, Problem
from api.people.teams import actions as teams
from tests.thorough import part_of
from tests.whole_service.exploring import ACTORS, ALL_OF_ONE_REQUEST, Explorer, operations
from tests.whole_service.matrix import Stage, rules

EXAMPLES, EXAMPLES_OF_A_TRIAL = 3, 200
ONE_IN = 10
# The trial's operations in shares: two processes do it in half the time, and each share says what it found.
SHARES = 8


def undeclared() -> Problem:
    # Not a class of its own, which would be one more in the list of what the service refuses.
    problem = Problem("short and stout")
    problem.status = HTTPStatus.IM_A_TEAPOT
    return problem


def test_a_few_requests_of_many_kinds_are_answered_as_documented(
    stage: Stage, database_kind: str, record_property: Callable[[str, object], None]
) -> None:
    """A tenth of the operations, another one each day; the trial below sends more to all of them."""
    explorer = Explorer(stage)
    for operation in part_of(operations(stage), one_in=ONE_IN, of="operations"):
        holders = rules()[operation.label].holders
        explorer.explore(operation, [next((actor for actor in ACTORS if actor in holders), ACTORS[0])], EXAMPLES)
    record_property("figure", f"Schemathesis on {database_kind}: {explorer.said}")
    assert min(explorer.said.statuses) < 300


@pytest.mark.parametrize("failure", [RuntimeError("broken"), undeclared()])
def test_a_failure_and_an_undeclared_answer_are_noticed(
    stage: Stage, failure: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise failure

    monkeypatch.setattr(teams, "list_teams", fail)
    with pytest.raises(FailureGroup, match=r"Server error|Undocumented status code"):
        explore_teams(Explorer(stage))


def test_an_operation_that_answers_anybody_is_noticed(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    known: list[Actor] = []
    real = security._actor_of_credential

    def anybody(*asked: Any) -> Actor:
        with suppress(NotSignedIn):
            known.append(real(*asked))
        return known[-1]

    monkeypatch.setattr(security, "_actor_of_credential", anybody)
    with pytest.raises(FailureGroup, match="without authentication"):
        explore_teams(Explorer(stage, ALL_OF_ONE_REQUEST))


def explore_teams(explorer: Explorer) -> None:
    of_teams = f"GET {PREFIX}/teams"
    (teams_list,) = (each for each in operations(explorer.stage) if each.label == of_teams)
    explorer.explore(teams_list, ["quality-lead"], EXAMPLES)


@pytest.mark.trial
@pytest.mark.parametrize("share", range(SHARES))
def test_every_operation_answers_every_role_as_documented(
    stage: Stage, share: int, database_kind: str, record_property: Callable[[str, object], None]
) -> None:
    """At least 200 requests of each operation on each database, in turn by the five roles, and the edges of each
    parameter and field; every check of a single request."""
    explorer = Explorer(stage, ALL_OF_ONE_REQUEST, collects=True)
    for operation in operations(stage)[share::SHARES]:
        explorer.explore(operation, ACTORS, EXAMPLES_OF_A_TRIAL)
        explorer.explore_edges(operation, ACTORS)
    said = explorer.said
    record_property("figure", f"Schemathesis on {database_kind}, share {share + 1} of {SHARES}: {said}")
    assert not said.wrong, f"{said}\n" + "\n\n".join(said.wrong[:50])
    assert min(said.statuses) < 300
    assert min(said.sent.values()) >= EXAMPLES_OF_A_TRIAL
