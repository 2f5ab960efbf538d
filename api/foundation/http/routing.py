"""Routes: what each declares, and how its request comes in: the body is read once its sender is known."""

import gc
from collections.abc import Callable, Coroutine, Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial, wraps
from importlib import import_module
from inspect import get_annotations, iscoroutinefunction
from typing import Any

from fastapi import APIRouter, FastAPI, Request, params
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, compile_path
from starlette.types import Receive, Scope, Send

from api.foundation.feature import Routes, RoutesAt
from api.foundation.http import bodies
from api.foundation.http.admission import Asked, admit, capacity_of
from api.foundation.http.bodies import Body
from api.foundation.http.capacity import IMPORTING
from api.foundation.http.dependencies import AdmittedRequest, Allow, Needs, Public
from api.foundation.http.json_bodies.arriving import check_ordinary, read_beside
from api.foundation.http.json_bodies.reading import LargeModel
from api.foundation.http.problem_details import is_for_programs
from api.foundation.http.request_checks import ready_to_work
from api.foundation.http.running import Run
from api.foundation.http.security import credential_of
from api.foundation.http.sending.compression import compress_page
from api.foundation.identity.sessions import session_exists
from api.foundation.problems import NotSignedIn, ProveAgain, SecondFactorNeeded, TooLarge
from api.foundation.systems.limits import return_memory

Endpoint = Callable[..., Any]
Handler = Callable[[Request], Coroutine[Any, Any, Response]]

# The modules of every room together, from a slow disk.


class Route(APIRoute):
    """A route whose function runs in one thread, with the transaction that it declares.

    Matching a request needs only its path and methods. The rest is built when it is first needed: it takes some
    milliseconds a route, and a start need not wait for that.
    """

    def __init__(self, path: str, endpoint: Endpoint, **options: Any) -> None:
        self.path, self.name = path, endpoint.__name__
        self.methods = {method.upper() for method in options["methods"]}
        self.include_in_schema = options.get("include_in_schema", True)
        self.path_regex, self.path_format, self.param_convertors = compile_path(path)
        self._beginning = path.partition("{")[0]
        self.declared = _declared(endpoint, options.get("dependencies") or ())
        needs = self.declared.needs if isinstance(self.declared, Public) else None
        answer = _in_a_thread(endpoint, needs, options.get("status_code") or 200)
        self._build = partial(super().__init__, path, answer, **options)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """As Starlette's, but quick for most of the several hundred routes that a request does not match."""
        if not scope.get("root_path") and not scope["path"].startswith(self._beginning):
            return Match.NONE, {}
        return super().matches(scope)

    @property
    def fixed_beginning(self) -> str:
        """What `_beginning_of` gives for every path that the route fits; "" where that depends on a parameter."""
        found = _beginning_of(self._beginning)
        return found if found == _beginning_of(f"{self._beginning}x") or "{" not in self.path else ""

    def build(self) -> None:
        """Build all that answering a request needs, unless it has been built."""
        if (build := self.__dict__.get("_build")) is not None:
            build()
            self.__dict__.pop("_build", None)

    def __getattr__(self, name: str) -> Any:
        """Build the route when an attribute is missing that only a built route has."""
        if "_build" not in self.__dict__:
            raise AttributeError(name)
        self.build()
        return getattr(self, name)

    def get_route_handler(self) -> Handler:
        answer = super().get_route_handler()
        asked = self.declared.asked if isinstance(self.declared, Allow) else None
        limit = next((each.call for each in self.dependant.dependencies if isinstance(each.call, Body)), Body())
        large = (
            LargeModel.of(self.body_field.field_info.annotation, limit.long_list)
            if self.body_field is not None and limit.most > bodies.ORDINARY
            else None
        )

        async def handle(request: Request) -> Response:
            request.state.body = limit
            first: bytes | None = getattr(request.state, "first_part", None)
            if first is None:
                return await whole(request)
            await ready_to_work(request)
            await _check_who_sends(request, limit, asked)
            async with AsyncExitStack() as place:
                place.push_async_callback(run_in_threadpool, return_memory)
                await place.enter_async_context(capacity_of(request).large_bodies.hold_async(credential_of(request)))
                request.state.place_of_large_body = place
                if large is not None:
                    return await answer(await read_beside(request, first, limit, large))
                return await whole(await _with_large_body(request, first, limit))

        async def whole(request: Request) -> Response:
            if self.body_field is not None:
                await check_ordinary(request)
            return await answer(request)

        return handle


class Router(APIRouter):
    """Declares such routes. They are added to the app once, without being built."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._declared: list[tuple[str, Callable[..., Any], dict[str, Any]]] = []

    @property
    def paths(self) -> list[str]:
        """The declared paths."""
        return [f"{self.prefix}{path}" for path, _, _ in self._declared]

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        """Remember a route; `get`, `post` and the others end here."""
        self._declared.append((path, endpoint, options))

    def add_to(self, app: FastAPI, *, prefix: str = "") -> None:
        """Add the declared routes to the app, below `prefix` and the router's own."""
        for path, endpoint, options in self._declared:
            app.router.add_api_route(
                prefix + self.prefix + path,
                endpoint,
                **{
                    **options,
                    "tags": [*self.tags, *(options.get("tags") or ())],
                    "dependencies": [*self.dependencies, *(options.get("dependencies") or ())],
                    "include_in_schema": self.include_in_schema and options.get("include_in_schema", True),
                    "route_class_override": Route,
                },
            )


@dataclass(slots=True, eq=False)
class _Group:
    """The routes of one router, in their place among all; none until the module that declares them is imported."""

    declared: Routes
    prefix: str
    routes: list[BaseRoute] | None = None

    @property
    def addresses(self) -> list[list[str]]:
        """The parts of the addresses at which the module is needed."""
        named = self.declared.addresses if isinstance(self.declared, RoutesAt) else ()
        return [f"{self.prefix}{address}".split("/") for address in named]

    def may_answer(self, path: list[str]) -> bool:
        return any(is_at(path, address) for address in self.addresses)


class RoutesInOrder:
    """Adds routes to an app, in the order in which they were declared, whenever their modules are imported.

    `admit` is called with new routes before they are served, and raises where one may not be. A request for one of
    `everything_at`, or below it, needs all of them.
    """

    def __init__(
        self, app: FastAPI, *, admit: Callable[[Sequence[BaseRoute]], None], everything_at: Sequence[str] = ()
    ) -> None:
        self._app, self._admit, self._everything_at = app, admit, everything_at
        self._groups: list[_Group] = []
        self._waiting: dict[str, list[_Group]] = {}

    def add(self, declared: Routes, *, prefix: str = "") -> None:
        """Add routes: at once or, if they name addresses, when one of those is first requested."""
        group = _Group(declared, prefix)
        self._groups.append(group)
        for beginning in {_beginning_of("/".join(address)) for address in group.addresses}:
            self._waiting.setdefault(beginning, []).append(group)
        if not isinstance(declared, RoutesAt):
            self._put([group])

    async def import_for(self, path: str) -> None:
        """Import, in a thread, every module whose routes may answer this path, and add its routes.

        Raises what an import raises, and tries again at the next request; Busy where others import for too long.
        """
        if self._missing(path):
            async with IMPORTING.hold_async():
                if wanted := self._missing(path):
                    await run_in_threadpool(_import, wanted)
                    self._put(wanted)

    def import_at_once(self, *paths: str) -> None:
        """The same in this thread, for these paths, or for all paths."""
        if self._missing(*paths):
            with IMPORTING.hold():
                wanted = self._missing(*paths)
                _import(wanted)
                self._put(wanted)

    def _missing(self, *paths: str) -> list[_Group]:
        if not paths or any(f"{path}/".startswith(f"{each}/") for path in paths for each in self._everything_at):
            return [group for group in self._groups if group.routes is None]
        found: dict[_Group, None] = {}
        for path in paths:
            waiting = self._waiting.get(_beginning_of(path), ())
            parts = path.split("/") if waiting else []
            found |= dict.fromkeys(group for group in waiting if group.may_answer(parts))
        return list(found)

    def _put(self, groups: Iterable[_Group]) -> None:
        """Add routes whose modules are imported: within one step of the event loop, which never sees some of them."""
        routes = self._app.router.routes
        before = list(routes)
        placed = {id(route) for group in self._groups for route in group.routes or ()}
        others = [route for route in before if id(route) not in placed]
        added: dict[int, list[BaseRoute]] = {}
        try:
            for group in groups:
                start = len(routes)
                group.declared.add_to(self._app, prefix=group.prefix)
                added[id(group)] = routes[start:]
        finally:
            routes[:] = before  # none of them is served before all are admitted
        self._admit([route for some in added.values() for route in some])
        for group in groups:
            group.routes = added[id(group)]
        routes[:] = [*others, *(route for group in self._groups for route in group.routes or ())]
        self._waiting = {
            beginning: left
            for beginning, waiting in self._waiting.items()
            if (left := [group for group in waiting if group.routes is None])
        }


def _import(groups: Iterable[_Group]) -> None:
    for group in groups:
        if isinstance(group.declared, RoutesAt):
            import_module(group.declared.module)
    gc.freeze()  # what is imported stays, and the garbage collector need not look through it


def is_at(path: list[str], address: list[str]) -> bool:
    """Whether a path is an address, or below it; both by their parts."""
    return len(path) >= len(address) and all(
        part.startswith(wanted[:-1]) if wanted.endswith("*") else part == wanted
        for part, wanted in zip(path, address, strict=False)
    )


class QuickRouter:
    """Finds the route of a request among the few whose paths begin as its own does, in their order.

    The router itself asks each of several hundred routes in turn. It still answers whatever fits none of these fully.
    """

    def __init__(self, router: APIRouter, ordered: RoutesInOrder | None = None) -> None:
        self._router = router
        self._ordered = ordered
        self._number = 0
        self._others: list[BaseRoute] = []
        self._by_beginning: dict[str, list[BaseRoute]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._ordered is not None and scope["type"] == "http":
            await self._ordered.import_for(scope["path"])
        route = None if scope["type"] != "http" or scope.get("root_path") else self._find(scope)
        await (route.handle if route is not None else self._router.app)(scope, receive, send)

    def _find(self, scope: Scope) -> "Route | None":
        """The route that a request fits, noted in its scope."""
        if self._number != len(self._router.routes):
            self._list_routes()
        for route in self._by_beginning.get(_beginning_of(scope["path"]), self._others):
            match, found = route.matches(scope)
            if match is Match.FULL:
                if not isinstance(route, Route):
                    return None
                scope["router"] = self._router
                scope.update(found)
                return route
        return None

    def _list_routes(self) -> None:
        routes = list(self._router.routes)
        beginnings = [route.fixed_beginning if isinstance(route, Route) else "" for route in routes]
        self._by_beginning = {
            wanted: [route for route, each in zip(routes, beginnings, strict=True) if each in {"", wanted}]
            for wanted in set(beginnings)
        }
        self._others = self._by_beginning.setdefault("", [])
        self._number = len(routes)


def _beginning_of(path: str) -> str:
    """The first part of a path; of one below /api/v1, the first three."""
    parts = path.split("/", 4)
    return "/".join(parts[:4] if parts[1:3] == ["api", "v1"] else parts[:2])


def _declared(endpoint: Endpoint, dependencies: Iterable[params.Depends]) -> Allow | Public | None:
    """The permission that a function asks for in its signature, or why its route is public."""
    asked = [
        each for annotation in get_annotations(endpoint).values() for each in getattr(annotation, "__metadata__", ())
    ]
    calls = (each.dependency for each in (*dependencies, *asked) if isinstance(each, params.Depends))
    return next((call for call in calls if isinstance(call, Allow | Public)), None)


async def _with_large_body(request: Request, first: bytes, limit: Body) -> Request:
    receive = request.receive
    if limit.files:
        # Nothing else is ever this large: a form without a file is read whole.
        if not request.headers.get("content-type", "").lower().startswith("multipart/"):
            limit = Body()
        else:
            return Request(request.scope, bodies.replay_then_stream(first, receive, limit))
    return Request(request.scope, bodies.replay_body(await bodies.read_rest(first, receive, limit), receive))


async def _check_who_sends(request: Request, limit: Body, asked: Asked | None) -> None:
    """Raise unless the sender of the body is known, and its declared size is within the limit.

    A browser whose session has ended, began too long ago for this, or needs a second factor first, is known too: what
    was typed in it is kept until its person has proved who they are.
    """
    if bodies.declared_length(request.headers) > limit.most:
        raise limit.too_large()
    try:
        if asked is not None:
            await admit(request, asked)
            return
    except (NotSignedIn, ProveAgain, SecondFactorNeeded):
        if is_for_programs(request):
            raise
    capacity, credential = capacity_of(request), credential_of(request)
    database = request.app.state.database
    async with capacity.reading.hold_async(credential):
        known = bool(credential) and await capacity.run(lambda: session_exists(database, secret_hash=credential))
    if not known:
        raise TooLarge(f"Send no more than {bodies.FIRST_BYTES // bodies.KILOBYTE} kB before you sign in.")


def _in_a_thread(endpoint: Endpoint, needs_of_public: Needs | None, status: int) -> Endpoint:
    """The same route, run in a thread once it has its slot. A coroutine runs as it is."""
    if iscoroutinefunction(endpoint):
        return endpoint

    @wraps(endpoint)
    async def answer(**values: Any) -> Any:
        name, call = next(
            ((name, value) for name, value in values.items() if isinstance(value, AdmittedRequest)), ("", None)
        )
        if call is None:
            return await _publicly(lambda: endpoint(**values), needs_of_public, values)
        sent = tuple(value for value in values.values() if value is not call)
        return await Run(call, lambda acting: _as_bytes(endpoint(**{**values, name: acting}), status), sent).answer()

    return answer


async def _publicly(work: Callable[[], Response], needs: Needs | None, values: dict[str, Any]) -> Response:
    request = next((value for value in values.values() if isinstance(value, Request)), None)
    if request is None:
        return await run_in_threadpool(work)
    capacity = capacity_of(request)
    slots = capacity.reading
    if needs is not None:
        slots = {Needs.PASSWORD: capacity.passwords, Needs.OUTSIDE: capacity.outside}.get(needs, slots)
    await ready_to_work(request)
    asked: Request = request

    def answer() -> Response:
        answered = work()
        if isinstance(answered, Response):
            compress_page(answered, asked.headers)
        return answered

    async with slots.hold_async(request.client.host if request.client else ""):
        return await capacity.run(answer)


def _as_bytes(result: Any, status: int) -> Any:
    """A result as bytes: a long list must not be serialised on the event loop."""
    if isinstance(result, BaseModel):
        return Response(result.model_dump_json().encode(), status, media_type="application/json")
    return result
