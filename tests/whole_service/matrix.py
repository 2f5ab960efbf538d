"""The permission matrix: what `permission_matrix.toml` promises, the cases that follow from it, and asking them."""

import random
import tomllib
import uuid
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import httpx2
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts

from api.app import create_app, every_route
from api.foundation.http.dependencies import Allow
from api.foundation.http.security import cookie_name
from api.foundation.identity.secrets import hash_of
from api.foundation.permissions import INTEGRATION_SCOPES, Actor, Permission
from api.people.sessions.queries import id_of
from models.storage.database import Database, open_database
from models.storage.postgresql.standby import Standby
from tests.client import Client
from tests.factories import MadeToken, a_token_for, program_for, signed_in, stranger_to
from tests.odata.feed import basic
from tests.thorough import part_of
from tests.whole_service.council import COMBINED, ROLES, Council, Thing, a_council, a_narrow_token
from tests.whole_service.minimal_requests import path_of, request_of
from tests.whole_service.rehearsal import Rehearsal

DATA = Path(__file__).with_name("permission_matrix.toml")
SIGN_IN = "sign-in"
# No word, so that it may also be in a reference.
CANARY = "cnrxqzvt"


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

    def reason(self, actor: str, state: tuple[str, ...]) -> str | Line:
        """Why the actor is answered as they are: the first that fits of those in the file, which the answer follows."""
        if self.permission != "public":
            if actor == "anonymous":
                return "nobody signed in"
            if self.stops_at_the_door(actor):
                return "no permission"
            if actor == "outsider" and self.thing:
                return "another organisation"
        return next((line for line in self.lines if line.fits(actor, state)), "usual")

    def expected(self, actor: str, state: tuple[str, ...]) -> int | str:
        """The status that the actor is answered, or "sign-in" for the way there."""
        reason = self.reason(actor, state)
        if isinstance(reason, Line):
            return self.usual if reason.answer == "OK" else int(reason.answer)
        is_page = " /api/" not in self.route and not is_feed(self.route)
        nobody = SIGN_IN if is_page and self.route.startswith("GET ") else 401
        answers = {"nobody signed in": nobody, "no permission": 403, "another organisation": 404, "usual": self.usual}
        return answers[reason]


def is_feed(route: str) -> bool:
    """Whether a route is of the data feed, which only tokens read."""
    return " /odata" in route


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
    """Every route of the service, with the permission that it asks for when it runs, or "public"."""
    found = {}
    for route in iter_route_contexts(every_route(app)):
        if not isinstance(route.original_route, APIRoute):
            continue
        calls = [needed.call for needed in _dependants(route.dependant)]
        permission = next((call.permission.value for call in calls if isinstance(call, Allow)), "public")
        for method in route.methods or ():
            found[f"{method} {route.path}"] = permission
    return found


def _dependants(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for needed in dependant.dependencies:
        yield from _dependants(needed)


def a_scope_beside(permission: str) -> Permission:
    """What a narrow token holds when the route asks for this permission."""
    return Permission.READ_TEAMS if permission != Permission.READ_TEAMS else Permission.READ_TEMPLATES


def who_asks(actor: str, permission: str) -> Actor | None:
    """Whom the service takes the actor for, when a route asks for this permission; None for nobody signed in."""
    if actor == "anonymous":
        return None
    person_id, token_id = uuid.uuid4(), uuid.uuid4()
    if actor == "integration":
        return Actor(1, token_id=token_id, scopes=INTEGRATION_SCOPES)
    if actor == "narrow-token":
        narrow = frozenset({a_scope_beside(permission)})
        return Actor(1, person_id, token_id, roles=ROLES["every-role"], scopes=narrow)
    roles = ROLES["every-role" if actor == "outsider" else actor.removesuffix("-token")]
    person = Actor(1, person_id, roles=roles)
    return replace(person, token_id=token_id, scopes=person.scopes_to_give) if actor.endswith("-token") else person


@dataclass
class Stage:
    """The service on a rehearsal database with two councils, and a client for each actor."""

    app: FastAPI
    rehearsal: Rehearsal
    home: Council
    elsewhere: Council
    clients: dict[str, Client] = field(default_factory=dict)
    # The token with which a person's program reads the data feed, which takes nothing else.
    feeds: dict[str, MadeToken] = field(default_factory=dict)

    def client(self, actor: str, rule_permission: str = "") -> Client:
        if actor != "narrow-token":
            return self.clients[actor]
        return self.clients[f"narrow {a_scope_beside(rule_permission).value}"]

    def sign_in_again(self, actor: str) -> None:
        """Give a person of the home council a new session."""
        self.clients[actor] = _browser(self.app, self.home.database, self.home, actor)

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
        if is_feed(route) and actor in self.feeds:
            request = {**request, "headers": {**request.get("headers", {}), **basic(self.feeds[actor].secret)}}
        answer: httpx2.Response = client.request(route.partition(" ")[0], path_of(route, self.home, thing), **request)
        client.cookies.clear()  # the credential stands in the headers; what answers set is for nobody
        return answer


def two_councils(database: Database) -> tuple[Council, Council]:
    """Two councils in every state; the texts of the other one all hold a canary."""
    return a_council(database, "Northshire"), a_council(database, f"{CANARY.capitalize()} shire", word=CANARY)


@contextmanager
def a_stage(
    url: str,
    councils: tuple[Council, Council],
    *,
    standby: Standby | None = None,
    through_pgbouncer: bool = False,
    lasting: bool = False,
) -> Iterator[Stage]:
    """The service on the database at `url`, a copy of the one that the councils were made in.

    What is done on it is given up again, unless it is to be `lasting`.
    """
    database = open_database(url, through_pgbouncer=through_pgbouncer)
    home, elsewhere = (replace(council, database=database) for council in councils)
    settings = COMBINED.model_copy(update={"database_url": url})
    rehearsal = Rehearsal(database.engine, standby)
    app = create_app(settings, database if lasting else rehearsal)
    for council in (home, elsewhere):
        council.things["session"] = [
            Thing((), {"session_id": _session_of(database, council, actor)}, owner=actor) for actor in council.people
        ]
    clients = {"anonymous": stranger_to(app), "outsider": _browser(app, database, elsewhere, "every-role")}
    for actor in (
        "auditor",
        "moderator",
        "quality-lead",
        "administrator",
        "action-owner",
        "agency-auditor",
        "every-role",
    ):
        clients[actor] = _browser(app, database, home, actor)
    for actor in ("integration", "administrator-token"):
        clients[actor] = program_for(app, home.tokens[actor])
    for scope in (Permission.READ_TEAMS, Permission.READ_TEMPLATES):
        clients[f"narrow {scope.value}"] = program_for(app, a_narrow_token(home, scope))
    people = {actor: home.people[actor] for actor in home.people} | {"outsider": elsewhere.people["every-role"]}
    feeds = {actor: a_token_for(database, person) for actor, person in people.items()}
    yield Stage(app, rehearsal, home, elsewhere, clients, feeds)
    database.close()


def _session_of(database: Database, council: Council, actor: str) -> str:
    """The identifier of a new session of this person."""
    return str(id_of(hash_of(signed_in(database, council.people[actor]))))


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


@dataclass(frozen=True, slots=True)
class MatrixCase:
    """A request that somebody sends: to this route, for this thing."""

    rule: RouteRule
    actor: str
    thing: Thing

    @property
    def reason(self) -> str | Line:
        return self.rule.reason(self.actor, self.thing.state)


def every_case(stage: Stage, wanted: Callable[[RouteRule], bool] = lambda _: True) -> Iterator[MatrixCase]:
    """Everybody asks the wanted routes for everything that there is."""
    for rule in filter(wanted, rules().values()):
        for actor in actors():
            things = stage.things(rule.thing, actor)
            # At the door nobody looks at the thing: one of them tells as much as all.
            for thing in things[:1] if rule.stops_at_the_door(actor) else things:
                yield MatrixCase(rule, actor, thing)


def usable(stage: Stage, route: str) -> tuple[str, Thing]:
    """Somebody, and a thing, for whom the route does what it is for: whoever holds every role, where they may, and a
    program for what programs alone may read.
    """
    rule = rules()[route]
    for actor in ("every-role", "quality-lead", "integration"):
        for thing in stage.things(rule.thing, actor):
            if rule.expected(actor, thing.state) == rule.usual:
                return actor, thing
    raise AssertionError(f"nobody may use {route}")


# Reasons that hold on every route alike: which routes ask for whom is compared without a request. One route in so many
# is asked too.
ROUTES_REFUSED_ALIKE = 8
AT_EVERY_ROUTE = ("nobody signed in", "no permission", "another organisation")


def chosen_cases(
    stage: Stage,
    *,
    one_in: int,
    lines: int = 1,
    refused_alike: int = ROUTES_REFUSED_ALIKE,
    reasons: Collection[str] = (),
    wanted: Callable[[RouteRule], bool] = lambda _: True,
) -> list[MatrixCase]:
    """Of every wanted route one case of what it is for, and of the rest one in so many.

    Of the lines that hold for a route one in `lines` is asked there too. Those who are refused for what holds on every
    route ask one route in `refused_alike`. Only cases of these reasons are chosen if any are given; "line" means all
    lines of a group.
    """
    by_reason: dict[tuple[str, str | Line], list[MatrixCase]] = defaultdict(list)
    for case in every_case(stage, wanted):
        word = "line" if isinstance(case.reason, Line) else case.reason
        if not reasons or word in reasons:
            by_reason[case.rule.route, case.reason].append(case)
    chance = random.Random("permission matrix")
    always: list[MatrixCase] = []
    at_times: list[MatrixCase] = []
    for (_, reason), cases in by_reason.items():
        one = chance.choice(cases)
        if isinstance(reason, Line):
            always += part_of([one], one_in=lines, of=f"{one.rule.route} {reason}, once")
        else:
            (at_times if reason in AT_EVERY_ROUTE else always).append(one)
        others = [case for case in cases if case is not one]
        always += part_of(others, one_in=one_in, of=f"{one.rule.route} {reason}")
    return [*always, *part_of(at_times, one_in=refused_alike, of="refused alike")]


def mismatches_of(stage: Stage, cases: Iterable[MatrixCase]) -> list[Mismatch]:
    """Send the requests; what was answered otherwise than promised."""
    wrong = []
    for case in cases:
        rule, actor, thing = case.rule, case.actor, case.thing
        answer = stage.ask(actor, rule.route, thing, rule.permission)
        answered: int | str = answer.status_code
        if rule.permission != "public" and actor == "anonymous" and _leads_to_sign_in(answer):
            answered = SIGN_IN
        if actor != "outsider" and CANARY in f"{answer.headers} {answer.text}".lower():
            answered = "with a word of another organisation"
        expected = rule.expected(actor, thing.state)
        if answered != expected:
            wrong.append(Mismatch(actor, rule.route, thing.state, expected, answered))
    return wrong
