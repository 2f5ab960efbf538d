"""Strangers send little and reach nothing; whoever computes holds nothing that others wait for."""

import threading
from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from fastapi import FastAPI
from pydantic import Field, RootModel

import api.app
import api.features
from api.app import create_app
from api.foundation.feature import Feature
from api.foundation.http.bodies import MEGABYTE, body
from api.foundation.http.dependencies import ActorRequest, Computed, Transaction, computing, writing
from api.foundation.http.replies import json_reply
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.foundation.problems import Moved
from api.foundation.settings import Settings
from models import Role
from tests.api.cast import ORIGIN, Site
from tests.client import Client

JSON = {"Content-Type": "application/json"}
KILOBYTES_65 = b"x" * (65 * 1024)


class Words(RootModel[Annotated[list[str], Field(max_length=4)]]):
    """Texts."""


class Steps:
    """What happened in a route that computes, and what is to happen next time."""

    def __init__(self) -> None:
        self.prepared = 0
        self.moves = 0
        self.goes_on = threading.Event()


@pytest.fixture
def steps() -> Steps:
    return Steps()


@pytest.fixture
def site(database_url: str, steps: Steps) -> Iterator[Site]:
    """The service with a few routes more."""
    router = Router(prefix="/trying")

    @router.post("/large", dependencies=[body(2 * MEGABYTE)])
    def large(acting: Annotated[Transaction, writing(Permission.OWN_ACCOUNT)], sent: Words) -> int:
        return sum(map(len, sent.root))

    @router.post("/computed", response_model=None)
    def computed(asking: Annotated[ActorRequest, computing(Permission.OWN_ACCOUNT)]) -> Computed:
        def prepare(acting: Transaction) -> int:
            steps.prepared += 1
            if steps.moves == 0:
                steps.goes_on.wait(20)
            return steps.prepared

        def store(acting: Transaction, prepared: int) -> Any:
            if prepared <= steps.moves:
                raise Moved
            return json_reply(None, status=204)

        return Computed(prepare, store)

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(api.features, "FEATURES", (*api.features.FEATURES, Feature(routes=(router,))))
        app: FastAPI = create_app(Settings(database_url=database_url))
    made = Site(app, app.state.database)
    yield made
    steps.goes_on.set()
    for client in made.clients:
        client.close()
    app.state.database.close()


def lead(site: Site) -> Client:
    return site.browser(site.person(Role.QUALITY_LEAD))


def test_a_stranger_may_not_send_more_than_sixty_four_kilobytes(site: Site) -> None:
    stranger = Client(site.app, base_url=ORIGIN)
    assert stranger.post("/api/v1/trying/large", content=KILOBYTES_65, headers=JSON).status_code == 401
    assert stranger.post("/sign-in", data={"email": "x" * (65 * 1024)}).status_code == 413


def test_a_stranger_is_refused_before_the_rest_of_the_body_is_read(site: Site) -> None:
    taken = 0

    def parts() -> Iterator[bytes]:
        nonlocal taken
        for _ in range(64):
            taken += 1
            yield b"x" * 16_384

    answered = Client(site.app, base_url=ORIGIN).post("/api/v1/trying/large", content=parts(), headers=JSON)
    assert answered.status_code == 401


def test_somebody_known_may_send_as_much_as_the_route_takes_and_no_more(site: Site) -> None:
    browser = lead(site)
    fits = b'["' + b'", "'.join([b"x" * (MEGABYTE // 2)] * 2) + b'"]'
    assert browser.post("/api/v1/trying/large", content=fits, headers=JSON).json() == MEGABYTE
    assert browser.post("/api/v1/trying/large", content=fits * 2, headers=JSON).status_code == 413
    in_parts = (fits[:MEGABYTE] for _ in range(3))
    assert browser.post("/api/v1/trying/large", content=in_parts, headers=JSON).status_code == 413
    assert browser.post("/api/v1/teams", content=fits, headers=JSON).status_code == 413


def test_whoever_asks_for_too_much_is_told_to_wait_and_nobody_else_is(database_url: str) -> None:
    few = Settings(database_url=database_url, requests_a_minute=60, strangers_requests_a_minute=60)
    app = create_app(few)
    site = Site(app, app.state.database)
    other = site.browser(site.person(Role.QUALITY_LEAD, email="other@northshire.example"))
    greedy, stranger = lead(site), Client(app, base_url=ORIGIN)
    for each, allowed in ((greedy, 200), (stranger, 401)):
        answers = [each.get("/api/v1/teams") for _ in range(40)]
        assert {answered.status_code for answered in answers} == {allowed, 429}
        assert int(answers[-1].headers["retry-after"]) >= 1
    guessing = [
        Client(app, base_url=ORIGIN).get("/api/v1/teams", headers={"Authorization": f"Bearer ca_guess{place}"})
        for place in range(3)
    ]
    assert {answered.status_code for answered in guessing} == {429}, "another guess is no other stranger"
    assert other.get("/api/v1/teams").status_code == 200
    app.state.database.close()


def test_a_compressed_body_is_not_taken(site: Site) -> None:
    answered = lead(site).post("/api/v1/teams", content=b"x", headers={**JSON, "Content-Encoding": "gzip"})
    assert answered.status_code == 415


def test_strangers_take_no_writer(site: Site) -> None:
    stranger = Client(site.app, base_url=ORIGIN)
    with site.database.writing():
        assert stranger.post("/api/v1/case-files", json={}).status_code == 401
        assert stranger.post("/api/v1/complete-audits", json={}).status_code == 401


def test_others_save_while_somebody_computes(site: Site, steps: Steps) -> None:
    browser = lead(site)
    answers: list[int] = []
    thread = threading.Thread(target=lambda: answers.append(browser.post("/api/v1/trying/computed").status_code))
    thread.start()
    while not steps.prepared:
        pass
    with site.database.writing():
        pass
    steps.goes_on.set()
    thread.join(20)
    assert answers == [204]


@pytest.mark.parametrize(("moves", "status", "prepared"), [(1, 204, 2), (2, 204, 3), (3, 409, 3)])
def test_what_moved_is_computed_again_three_times_at_most(
    site: Site, steps: Steps, moves: int, status: int, prepared: int
) -> None:
    steps.moves = moves
    assert lead(site).post("/api/v1/trying/computed").status_code == status
    assert steps.prepared == prepared


def test_a_save_that_waits_too_long_for_the_writer_is_told_when_to_come_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = lead(site)
    monkeypatch.setattr(site.database.writer, "longest_wait", 0.05)
    monkeypatch.setattr(site.database.writer, "number", 0)
    answered = browser.post("/api/v1/trying/large", json=["x"])
    assert answered.status_code == 503
    assert int(answered.headers["retry-after"]) > 0
