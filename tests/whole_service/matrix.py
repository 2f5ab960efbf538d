"""The permission matrix: what `permission_matrix.toml` promises, the cases that follow from it, and asking them."""

import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import httpx2
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts

from api.app import _dependants, create_app
from api.foundation.http.dependencies import Allow
from api.foundation.http.security import cookie_name
from api.foundation.permissions import Permission
from api.foundation.settings import Settings
from models.database import Database, open_database
from tests.client import Client
from tests.factories import program_for, signed_in, stranger_to
from tests.whole_service.council import Council, Thing, a_council, a_narrow_token
from tests.whole_service.minimal_requests import path_of, request_of
from tests.whole_service.rehearsal import Rehearsal

DATA = Path(__file__).with_name("permission_matrix.toml")
SIGN_IN = "sign-in"
CANARY = "canary"


@dataclass(frozen=True, slots=True)
class Line:
    """An exception: who, in which state of the thing, gets which answer."""

    who: tuple[str, ...]
    states: tuple[tuple[str, ...], ...]
    answer: str

    @classmethod
    def read(cls, text: str) -> "Line":
        who, _, rest = text.partition(":")
        states, _, answer = rest.partition("->")
        return cls(_either(who), tuple(_either(word) for word in states.split()), answer.strip())

    def fits(self, actor: str, state: tuple[str, ...]) -> bool:
        return _is_one_of(actor, self.who) and all(
            _is_one_of(word, wanted) for word, wanted in zip(state, self.states, strict=False)
        )


def _either(words: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in words.split("|"))


def _is_one_of(word: str, patterns: Collection[str]) -> bool:
    return any(fnmatchcase(word, pattern) for pattern in patterns)


@dataclass(frozen=True, slots=True)
class RouteRule:
    """What one route promises."""

    route: str
    permission: str
    thing: str
    usual: int
    lines: tuple[Line, ...]
    holders: frozenset[str]

    def stops_at_the_door(self, actor: str) -> bool:
        """Whether the actor lacks the permission itself, whatever thing it is asked for."""
        if self.permission == "public" or actor == "outsider":
            return False
        return actor not in self.holders or (actor == "integration" and " /api/" not in self.route)

    def expected(self, actor: str, state: tuple[str, ...]) -> int | str:
        """The status that the actor is answered, or "sign-in" for the way there."""
        is_page = " /api/" not in self.route
        if self.permission != "public":
            if actor == "anonymous":
                return SIGN_IN if is_page and self.route.startswith("GET ") else 401
            if self.stops_at_the_door(actor):
                return 403
            if actor == "outsider" and self.thing:
                return 404
        for line in self.lines:
            if line.fits(actor, state):
                return self.usual if line.answer == "OK" else int(line.answer)
        return self.usual


@cache
def rules() -> dict[str, RouteRule]:
    """Every route in the data, by `METHOD path`. Raises AssertionError for one that is there twice."""
    data = tomllib.loads(DATA.read_text())
    found: dict[str, RouteRule] = {}
    for group in data["groups"]:
        lines = tuple(Line.read(line) for line in group.get("lines", ()))
        unknown = [who for line in lines for who in line.who if not any(fnmatchcase(a, who) for a in data["actors"])]
        assert not unknown, f"{unknown} are no actors"
        for route, usual in group["routes"].items():
            assert route not in found, f"{route} is in the matrix twice"
            permission = group["permission"]
            holders = frozenset() if permission == "public" else frozenset(data["holders"][permission])
            found[route] = RouteRule(route, permission, group.get("thing", ""), usual, lines, holders)
    return found


@cache
def actors() -> tuple[str, ...]:
    return tuple(tomllib.loads(DATA.read_text())["actors"])


def declared(app: FastAPI) -> dict[str, str]:
    """Every route of the service, with the permission it declares or "public"."""
    found = {}
    for route in iter_route_contexts(app.routes):
        if not isinstance(route.original_route, APIRoute):
            continue
        calls = [needed.call for needed in _dependants(route.dependant)]
        permission = next((call.permission.value for call in calls if isinstance(call, Allow)), "public")
        for method in route.methods or ():
            found[f"{method} {route.path}"] = permission
    return found


@dataclass
class Stage:
    """The service on a rehearsal database with two councils, and a client for each actor."""

    app: FastAPI
    rehearsal: Rehearsal
    home: Council
    elsewhere: Council
    clients: dict[str, Client] = field(default_factory=dict)

    def client(self, actor: str, rule_permission: str = "") -> Client:
        if actor != "narrow-token":
            return self.clients[actor]
        other = Permission.READ_TEAMS if rule_permission != Permission.READ_TEAMS else Permission.READ_TEMPLATES
        return self.clients[f"narrow {other.value}"]

    def things(self, kind: str, actor: str) -> list[Thing]:
        if kind:
            return list(self.home.of(kind, actor))
        council = self.elsewhere if actor == "outsider" else self.home
        person = "every-role" if actor == "outsider" else actor.removesuffix("-token")
        return [Thing((), {}, council.version_of_person.get(person, 1))]

    def ask(self, actor: str, route: str, thing: Thing, permission: str = "") -> httpx2.Response:
        """Send the least that the route takes."""
        return self.send(actor, route, thing, request_of(route, self.home, thing), permission)

    def send(
        self, actor: str, route: str, thing: Thing, request: Mapping[str, Any], permission: str = ""
    ) -> httpx2.Response:
        """Send what the request says to the route, for this thing."""
        client = self.client(actor, permission)
        answer: httpx2.Response = client.request(route.partition(" ")[0], path_of(route, self.home, thing), **request)
        client.cookies.clear()  # the credential stands in the headers; what answers set is for nobody
        return answer


@contextmanager
def a_stage(url: str) -> Iterator[Stage]:
    """Two councils in every state, on this database; the texts of the other one all hold a canary."""
    database = open_database(url)
    home, elsewhere = a_council(database, "Northshire"), a_council(database, "Canary shire", word=CANARY)
    settings = Settings(database_url=url, allow_combined_administrator=True)
    rehearsal = Rehearsal(database.engine)
    app = create_app(settings, rehearsal)
    clients = {"anonymous": stranger_to(app), "outsider": _browser(app, database, elsewhere, "every-role")}
    for actor in ("auditor", "moderator", "quality-lead", "administrator", "every-role"):
        clients[actor] = _browser(app, database, home, actor)
    for actor in ("integration", "administrator-token"):
        clients[actor] = program_for(app, home.tokens[actor])
    for scope in (Permission.READ_TEAMS, Permission.READ_TEMPLATES):
        clients[f"narrow {scope.value}"] = program_for(app, a_narrow_token(home, scope))
    yield Stage(app, rehearsal, home, elsewhere, clients)
    database.close()


def _browser(app: FastAPI, database: Database, council: Council, actor: str) -> Client:
    cookie = f"{cookie_name(app.state.settings)}={signed_in(database, council.people[actor])}"
    return Client(app, headers={"Cookie": cookie, "Sec-Fetch-Site": "same-origin"})


def _leads_to_sign_in(answer: httpx2.Response) -> bool:
    return answer.status_code == 303 and answer.headers["location"].partition("?")[0] == "/sign-in"


@dataclass(frozen=True, slots=True)
class Mismatch:
    actor: str
    route: str
    state: tuple[str, ...]
    expected: int | str
    answered: int | str

    def __str__(self) -> str:
        where = f" ({' '.join(self.state)})" if self.state else ""
        return f"{self.actor}: {self.route}{where} answers {self.answered}, not {self.expected}"


def play(
    stage: Stage, wanted: Callable[[RouteRule], bool] = lambda _: True, *, who: Collection[str] | None = None
) -> tuple[int, list[Mismatch]]:
    """Ask every case of the wanted routes, as everybody or as these actors; how many there were, and what was
    answered otherwise than promised."""
    cases, wrong = 0, []
    for rule in filter(wanted, rules().values()):
        for actor in who or actors():
            things = stage.things(rule.thing, actor)
            # At the door nobody looks at the thing: one of them tells as much as all.
            if rule.stops_at_the_door(actor):
                things = things[:1]
            for thing in things:
                answer = stage.ask(actor, rule.route, thing, rule.permission)
                cases += 1
                answered: int | str = answer.status_code
                if rule.permission != "public" and actor == "anonymous" and _leads_to_sign_in(answer):
                    answered = SIGN_IN
                expected = rule.expected(actor, thing.state)
                if answered != expected:
                    wrong.append(Mismatch(actor, rule.route, thing.state, expected, answered))
    return cases, wrong
