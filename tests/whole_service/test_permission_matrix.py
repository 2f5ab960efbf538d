"""Whoever asks for anything gets the answer that the permission matrix promises, and no check can be left out."""

import sys
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest
from fastapi import FastAPI

import api.audits.actions
import api.audits.submission.actions
import api.foundation.permissions
from api.foundation.permissions import Permission
from api.foundation.problems import NotAllowed
from models import Role
from tests.client import Client
from tests.page_forms import SeenPage
from tests.thorough import is_thorough, part_of
from tests.whole_service.matrix import (
    RouteRule,
    Stage,
    actors,
    chosen_cases,
    declared,
    every_case,
    mismatches_of,
    rules,
    who_asks,
)

Record = Callable[[str, object], None]
# Besides what each route is for and its lines, one in so many of the others is asked.
ONE_IN = {"sqlite": 100, "postgresql": 1_000}


@pytest.mark.fast
def test_the_matrix_has_every_route_and_the_permission_it_declares(app: FastAPI) -> None:
    promised = {route: rule.permission for route, rule in rules().items()}
    assert declared(app) == promised, "add or mend the routes in tests/whole_service/permission_matrix.toml"


@pytest.mark.fast
def test_whoever_holds_the_permission_of_a_route_is_who_the_matrix_says() -> None:
    asked = 0
    for rule in rules().values():
        for actor in actors():
            known = who_asks(actor, rule.permission)
            # The outsider holds everything, in vain: what they ask for belongs to somebody else.
            if rule.permission == "public" or known is None or actor == "outsider":
                continue
            asked += 1
            held = actor in rule.holders
            assert known.may(Permission(rule.permission)) is held, (actor, rule.route)
            with nullcontext() if held else pytest.raises(NotAllowed):
                api.foundation.permissions.check_may(known, Permission(rule.permission))
    assert asked > 2_000


@pytest.mark.both_databases
def test_everybody_gets_the_answer_that_the_matrix_promises(
    stage: Stage, database_kind: str, record_property: Record
) -> None:
    """Of every route what it is for, a twelfth of the lines of its own, and a part of the rest, another part each day;
    the trial below asks all. No answer may hold a word of the other organisation."""
    # On PostgreSQL a part of what can be done is done; who is refused, and why, does not depend on the database.
    on_sqlite = database_kind == "sqlite"
    cases = chosen_cases(stage, one_in=ONE_IN[database_kind], lines=12, reasons=() if on_sqlite else ("usual",))
    cases = cases if on_sqlite else part_of(cases, one_in=12, of="on PostgreSQL")
    mismatches = mismatches_of(stage, cases)
    record_property("figure", f"Permission matrix on {database_kind}: {len(cases):,} cases, 0 mismatches")
    assert not mismatches, "\n".join(map(str, mismatches))
    used = {case.rule.route for case in cases if case.reason == "usual"}
    assert used == rules().keys() - answered_by_lines_alone(stage) or not (on_sqlite or is_thorough())


def answered_by_lines_alone(stage: Stage) -> set[str]:
    """Routes on which nobody gets the usual answer, so that it is never sent."""
    return set(rules()) - {case.rule.route for case in every_case(stage) if case.reason == "usual"}


@pytest.mark.trial
def test_everybody_asks_for_everything(stage: Stage, database_kind: str, record_property: Record) -> None:
    cases = list(every_case(stage))
    mismatches = mismatches_of(stage, cases)
    record_property("figure", f"Permission matrix on {database_kind}: {len(cases):,} cases, 0 mismatches")
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
        "check_not_own_audit",
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
    mismatches = mismatches_of(stage, chosen_cases(stage, one_in=12, refused_alike=1, wanted=wanted))
    assert mismatches, f"nothing fails without this: {promise}"


def _importers(checked: Any) -> list[Any]:
    name = getattr(checked, "__name__", "ALLOWED")
    modules = [module for key, module in list(sys.modules.items()) if key.startswith("api.")]
    return [module for module in modules if getattr(module, name, None) is checked]


@pytest.mark.parametrize(
    "actor", ["auditor", "moderator", "quality-lead", "administrator", "action-owner", "agency-auditor", "every-role"]
)
def test_everything_that_the_navigation_offers_opens(stage: Stage, actor: str) -> None:
    """Every page that the home page offers, and a third of what those offer, another third each day."""
    client: Client = stage.client(actor)
    sections = {link: _followed(client, link) for link in sorted(_links(client.get("/")))}
    offered = sorted(set().union(*map(_links, sections.values())) - sections.keys())
    answers = {link: answer.status_code for link, answer in sections.items()}
    answers |= {
        link: _followed(client, link).status_code for link in part_of(offered, one_in=3, of=f"links of {actor}")
    }
    assert {link: status for link, status in answers.items() if status != 200} == {}


def _links(answer: Any) -> set[str]:
    return {link for link in SeenPage(answer).links if link.startswith("/")}


def _followed(client: Client, path: str) -> Any:
    """The page to which the path leads. The client would drop its credential on the way."""
    answer = client.get(path)
    return answer if answer.status_code != 303 else client.get(answer.headers["location"])
