"""Whoever asks for anything gets the answer that the permission matrix promises, and no check can be left out."""

import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import api.audits.actions
import api.audits.submission.actions
import api.foundation.permissions
from api.foundation.permissions import Permission
from models import Role
from tests.client import Client
from tests.page_forms import SeenPage
from tests.whole_service.matrix import RouteRule, Stage, a_stage, declared, play, rules


@pytest.fixture(scope="module")
def stage(shared_database_url: str) -> Iterator[Stage]:
    with a_stage(shared_database_url) as made:
        yield made


def test_the_matrix_has_every_route_and_the_permission_it_declares(stage: Stage) -> None:
    promised = {route: rule.permission for route, rule in rules().items()}
    assert declared(stage.app) == promised, "add or mend the routes in tests/whole_service/permission_matrix.toml"


def test_everybody_gets_the_answer_that_the_matrix_promises(
    stage: Stage, database_kind: str, record_property: Callable[[str, object], None]
) -> None:
    # What stops the others at the door is the same on both databases; these get to the things behind it.
    through_the_door = ("moderator", "quality-lead", "every-role", "outsider")
    cases, mismatches = play(stage, who=through_the_door if database_kind == "postgresql" else None)
    record_property("figure", f"Permission matrix on {database_kind}: {cases:,} cases, {len(mismatches)} mismatches")
    assert cases >= 1_500
    assert not mismatches, "\n".join(map(str, mismatches))


# Each check, taken out or opened wide, and the routes on which its loss shows.
def _nothing(*_: Any, **__: Any) -> None:
    return None


def _about(*words: str) -> Callable[[RouteRule], bool]:
    return lambda rule: any(word in rule.route for word in words)


LOOSENED: dict[str, tuple[Any, str, Any, Callable[[RouteRule], bool]]] = {
    "a permission is needed": (api.foundation.permissions, "check_may", _nothing, _about("POST /api/v1/teams")),
    "only its auditor scores an audit": (
        api.audits.actions,
        "check_can_score",
        _nothing,
        _about("PUT /api/v1/audits/{audit_id}/scores/{theme}"),
    ),
    "nobody returns their own audit": (
        api.audits.submission.actions,
        "check_not_own_work",
        _nothing,
        _about("/api/v1/audits/{audit_id}/return"),
    ),
    "what may not be read is not there": (
        api.audits.actions,
        "check_can_read_audit",
        lambda _, audit: audit,
        _about("GET /api/v1/audits/{audit_id}"),
    ),
    "a token lets nobody in": (api.foundation.permissions, "check_in_person", _nothing, _about("POST /api/v1/people")),
    "auditors do not write templates": (
        api.foundation.permissions,
        "ALLOWED",
        {role: frozenset(Permission) for role in Role},
        _about("POST /api/v1/templates"),
    ),
}


@pytest.mark.parametrize("promise", LOOSENED)
def test_the_matrix_notices_when_a_check_is_taken_out(
    stage: Stage, promise: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, name, instead, wanted = LOOSENED[promise]
    checked = getattr(module, name)
    for place in (module, *_importers(checked)):
        monkeypatch.setattr(place, name, instead)
    _, mismatches = play(stage, wanted)
    assert mismatches, f"nothing fails without this: {promise}"


def _importers(checked: Any) -> list[Any]:
    name = getattr(checked, "__name__", "ALLOWED")
    modules = [module for key, module in list(sys.modules.items()) if key.startswith("api.")]
    return [module for module in modules if getattr(module, name, None) is checked]


@pytest.mark.parametrize("actor", ["auditor", "moderator", "quality-lead", "administrator", "every-role"])
def test_everything_that_the_navigation_offers_opens(stage: Stage, actor: str) -> None:
    client: Client = stage.client(actor)
    start = client.get("/").headers["location"]
    offered = {link for link in SeenPage(_followed(client, start)).links if link.startswith("/")} - {"/"}
    answers = {link: _followed(client, link).status_code for link in offered | {start}}
    assert {link: status for link, status in answers.items() if status != 200} == {}


def _followed(client: Client, path: str) -> Any:
    """The page to which the path leads. The client would drop its credential on the way."""
    answer = client.get(path)
    return answer if answer.status_code != 303 else client.get(answer.headers["location"])
