"""Builds the application from its rooms."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from importlib.metadata import version
from threading import Lock
from typing import Any, Final

from fastapi import FastAPI
from fastapi.routing import RouteContext, iter_route_contexts
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount

from api import features
from api.foundation.access_log import AccessRecorder
from api.foundation.background import background_work, housekeeping, leading
from api.foundation.health.metrics import RequestCounts
from api.foundation.health.readiness import CHECKS, Readiness, check_slots, check_workers, report_clock
from api.foundation.hooks import REFUSING
from api.foundation.http.admission import AdmissionCache
from api.foundation.http.capacity import Capacity, prepare_for
from api.foundation.http.dependencies import Allow
from api.foundation.http.limits import Limits
from api.foundation.http.openapi import complete_openapi
from api.foundation.http.problem_details import answer_failure, answer_problems, respond
from api.foundation.http.recording import Recorder
from api.foundation.http.request_checks import RequestChecks
from api.foundation.http.routing import QuickRouter, Route, RoutesInOrder
from api.foundation.http.security import SecurityHeaders, cookie_name
from api.foundation.http.sending.below_path import BelowPath
from api.foundation.http.sending.static_files import StaticTexts
from api.foundation.jobs.ahead import end_ahead
from api.foundation.key_files import event_key_at
from api.foundation.keys.database import key_of
from api.foundation.logs import RequestLog
from api.foundation.pages import refusal_page, rendering
from api.foundation.problems import NotSignedIn, Problem, ProveAgain, SecondFactorNeeded
from api.foundation.settings import Settings
from api.foundation.systems.supervision import supervised
from api.foundation.workers import Workers
from api.people.sign_in import pages as sign_in
from api.people.sign_in import proving_pages as proving
from api.rest_reference.examples import bodies
from models.storage.database import Database, open_database
from models.storage.postgresql.leading import Leader
from models.storage.slots import Busy

PREFIX: Final = "/api/v1"
OPENAPI_PATH: Final = f"{PREFIX}/openapi.json"
REFERENCE_PATH: Final = "/rest"

# Paths that are no routes of ours and so declare no permission: public, for these reasons.
WITHOUT_PERMISSION: Final = {
    "/static": "Style sheets and scripts hold no records, and the sign-in page needs them.",
}


class NoPermissionDeclaredError(RuntimeError):
    """A route declares neither the permission that it needs nor why it is public: it is not served."""


def create_app(settings: Settings, database: Database | None = None) -> FastAPI:
    """The application on one database, ready to be served.

    Opens the database in the settings unless one is given; closes only what it opened. Does not migrate. Raises
    NoPermissionDeclaredError when a route declares no permission. Routes whose module is imported when it is first
    needed are refused then: none of the module's routes is served.
    """
    opened = database if database is not None else _open(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            if database is None:
                stack.callback(opened.close)
            leader = app.state.leader
            await stack.enter_async_context(leading(leader, app.state.workers))
            if database is None:
                stack.callback(end_ahead)
                await stack.enter_async_context(background_work(opened, settings, app.state.workers, leader))
            await stack.enter_async_context(housekeeping(opened, app.state.workers, leader))
            await stack.enter_async_context(supervised())
            yield

    paths: dict[int, str] = {}
    requests = RequestCounts()
    app = FastAPI(
        title="Case Audit",
        summary="Audits of pseudonymised children's case files against what case reviews have taught.",
        version=version("caseaudit"),
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # a redirect would be built from the Host header
        # Would record what failed validation, which may be what somebody wrote.
        telemetry={"logs": False, "tracing": False, "metrics": False},
        lifespan=lifespan,
        middleware=[
            *([Middleware(BelowPath, path=settings.public_path)] if settings.public_path else ()),
            Middleware(SecurityHeaders, settings=settings),
            Middleware(RequestLog, answer_failure=answer_failure, templates=paths, count=requests.count),
            Middleware(RequestChecks, settings=settings, refuse=respond),
        ],
    )
    app.state.settings = settings
    app.state.requests = requests
    app.state.capacity = Capacity()
    app.state.limits = Limits(settings)
    use_database(app, opened)
    app.mount("/static", StaticTexts(directory=rendering.STATIC), name="static")
    _add_routes(app, paths)
    answer_problems(app, page_of_problem)
    app.state.methods_at = lambda path: methods_at(app, path)
    if settings.show_api_documentation:
        _document(app, settings)
    return app


def _add_routes(app: FastAPI, paths: dict[int, str]) -> None:
    """Add the routes of every room, and note in `paths` the path of each that is served."""

    def admit(new: Sequence[BaseRoute]) -> None:
        check_every_route_declares_a_permission(new)
        paths.update({id(route.original_route): str(route.path) for route in iter_route_contexts(new)})

    admit(app.routes)
    app.state.routes = RoutesInOrder(app, admit=admit, everything_at=(OPENAPI_PATH, REFERENCE_PATH))
    for feature in features.FEATURES:
        for router in feature.routes:
            app.state.routes.add(router, prefix=PREFIX)
        for router in feature.pages:
            app.state.routes.add(router)
    app.router.middleware_stack = QuickRouter(app.router, app.state.routes)


def _open(settings: Settings) -> Database:
    through = bool(settings.pgbouncer_url)
    opened = open_database(
        settings.pgbouncer_url if through else settings.database_url,
        key_of(settings),
        through_pgbouncer=through,
        standby_url=settings.standby_url,
    )
    opened.event_key = event_key_at(settings.trail_key_path)
    return opened


def use_database(app: FastAPI, database: Database) -> None:
    """Serve this database from now on: nothing is remembered of another."""
    app.state.database = database
    app.state.reads = AccessRecorder(database)
    app.state.workers = Workers()
    app.state.leader = Leader(database)
    app.state.readiness = Readiness(database)
    app.state.readiness.more += [
        lambda: check_slots(app.state.capacity, database),
        lambda: check_workers(app.state.workers),
        report_clock,
        *(partial(check, app.state.settings) for check in CHECKS),
    ]
    app.state.known = AdmissionCache()
    app.state.recorder = Recorder(database, app.state.reads, app.state.capacity)


async def page_of_problem(request: Request, problem: Problem) -> Response:
    """The page for a refusal: the problem page, or the one on which the person proves who they are."""
    with suppress(Busy):  # a late refusal is better than none
        await prepare_for(REFUSING)
    if isinstance(problem, NotSignedIn):
        return await sign_in.ask_to_sign_in(request, problem)
    if isinstance(problem, ProveAgain):
        return await proving.ask_to_prove(request)
    if isinstance(problem, SecondFactorNeeded):
        return await proving.ask_to_set_up(request)
    return await refusal_page.problem_page(request, problem)


def check_every_route_declares_a_permission(routes: Sequence[BaseRoute]) -> None:
    """Raise NoPermissionDeclaredError, naming the routes that declare neither a permission nor why they are public."""
    bare = [f"{_methods(route)} {route.path}" for route in iter_route_contexts(routes) if not _is_declared(route)]
    if bare:
        raise NoPermissionDeclaredError(f"These routes declare no permission: {', '.join(sorted(bare))}.")


def _is_declared(route: RouteContext) -> bool:
    if not isinstance(route.original_route, Route):
        return route.path in WITHOUT_PERMISSION
    return route.original_route.declared is not None


def _methods(route: RouteContext) -> str:
    return "/".join(sorted(route.methods or {"ANY"}))


def every_route(app: FastAPI) -> Sequence[BaseRoute]:
    """Every route of the app, those too that no request has asked for yet."""
    app.state.routes.import_at_once()
    return app.routes


def methods_at(app: FastAPI, path: str) -> set[str]:
    """Every method that some route accepts at this path."""
    found: set[str] = set()
    for route in iter_route_contexts(app.routes):
        if route.methods and route.path_regex.match(path):
            found |= route.methods
    return found | ({"HEAD"} if "GET" in found else set())


def _document(app: FastAPI, settings: Settings) -> None:
    made_by_framework = app.openapi
    # Made once: it takes seconds, and pages of the reference are asked for in threads.
    one_at_a_time = Lock()

    def openapi() -> dict[str, Any]:
        with one_at_a_time:
            return app.openapi_schema or describe()

    def describe() -> dict[str, Any]:
        permissions = {
            (str(route.path_format), method): _permission_of(route.original_route)
            for route in iter_route_contexts(every_route(app))
            if not isinstance(route.original_route, Mount)
            for method in route.methods or ()
        }
        document = made_by_framework()
        complete_openapi(document, permissions, bodies(), cookie=cookie_name(settings), below=settings.public_path)
        app.openapi_schema = document
        return document

    app.openapi = openapi  # type: ignore[method-assign]


def _permission_of(route: BaseRoute) -> str | None:
    declared = route.declared if isinstance(route, Route) else None
    return declared.permission.value if isinstance(declared, Allow) else None
