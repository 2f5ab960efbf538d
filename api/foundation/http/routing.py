"""Running a route: its body once the sender is known, its slot, and all of its work in one thread.

Nothing is held while something else is waited for: first the slot, then the thread, then the transaction. The response
is sent when the transaction has been committed and the thread released.
"""

import asyncio
import logging
import uuid
from collections.abc import Callable, Coroutine, Iterable
from contextlib import AsyncExitStack
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, Final

from anyio import CancelScope
from fastapi import APIRouter, FastAPI, Request, params
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.foundation.access_log import AccessRecorder, pending_views
from api.foundation.http import bodies
from api.foundation.http.admission import admit, capacity_of, mark_if_expired, record_refusal, subject_of
from api.foundation.http.bodies import Body
from api.foundation.http.dependencies import (
    ActorRequest,
    AdmittedRequest,
    Allow,
    Computed,
    Long,
    Needs,
    Piece,
    Public,
    RequestKey,
    Transaction,
)
from api.foundation.http.json_bodies.arriving import check_ordinary, read_beside
from api.foundation.http.json_bodies.reading import LargeModel
from api.foundation.http.problem_details import is_for_programs
from api.foundation.http.recording import Recorder
from api.foundation.http.replies import replayed, run_once
from api.foundation.http.request_checks import ready_to_work
from api.foundation.http.security import actor_of, credential_of, uses_of
from api.foundation.identity.sessions import session_exists
from api.foundation.jobs import queue as jobs
from api.foundation.permissions import Permission, check_may
from api.foundation.problems import Invalid, Moved, NotAllowed, NotFound, NotSignedIn, Problem, TooLarge
from api.foundation.text.free_text import MOST_CHARACTERS, refused_events
from api.foundation.text.identifier_search import search_beforehand
from api.foundation.text.sensitive_terms import use_key_of
from models import JobState
from models.storage.slots import Slots
from models.storage.trail import pending_events

Endpoint = Callable[..., Any]
Handler = Callable[[Request], Coroutine[Any, Any, Response]]
# How long a client waits for long work to finish, and how often that is checked meanwhile.
WAIT_FOR_JOB_SECONDS: Final = 8
JOB_POLL_SECONDS: Final = 0.5
# How often a computation is repeated because its input changed meanwhile.
MOST_PREPARATIONS: Final = 3


class Route(APIRoute):
    """A route whose function runs in one thread, with the transaction that it declares."""

    def __init__(self, path: str, endpoint: Endpoint, **options: Any) -> None:
        declared = [each.dependency for each in options.get("dependencies") or () if isinstance(each, params.Depends)]
        needs = next((each.needs for each in declared if isinstance(each, Public)), None)
        super().__init__(path, _in_a_thread(endpoint, needs, options.get("status_code") or 200), **options)

    def get_route_handler(self) -> Handler:
        answer = super().get_route_handler()
        declared = [each.call for each in _all_of(self.dependant)]
        permission = next((each.permission for each in declared if isinstance(each, Allow)), None)
        limit = next((each for each in declared if isinstance(each, Body)), Body())
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
            await _check_who_sends(request, limit, permission)
            async with AsyncExitStack() as place:
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
    """Declares such routes. They are built once, when they are added to the app, because building slows the start."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._declared: list[tuple[str, Callable[..., Any], dict[str, Any]]] = []

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        """Remember a route; `get`, `post` and the others end here."""
        self._declared.append((path, endpoint, options))

    def add_to(self, app: FastAPI, *, prefix: str = "") -> None:
        """Build the declared routes in the app, below `prefix` and the router's own."""
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


def _all_of(dependant: Dependant) -> list[Dependant]:
    return [dependant, *(deeper for each in dependant.dependencies for deeper in _all_of(each))]


async def _with_large_body(request: Request, first: bytes, limit: Body) -> Request:
    receive = request.receive
    if limit.files:
        # Nothing else is ever this large: a form without a file is read whole.
        if not request.headers.get("content-type", "").lower().startswith("multipart/"):
            limit = Body()
        else:
            return Request(request.scope, bodies.replay_then_stream(first, receive, limit))
    return Request(request.scope, bodies.replay_body(await bodies.read_rest(first, receive, limit), receive))


async def _check_who_sends(request: Request, limit: Body, permission: Permission | None) -> None:
    """Raise unless the sender of the body is known, and its declared size is within the limit.

    A browser whose session has ended is known too: what was typed in it is kept until its person has signed in again.
    """
    if bodies.declared_length(request.headers) > limit.most:
        raise limit.too_large()
    try:
        if permission is not None:
            await admit(request, permission)
            return
    except NotSignedIn:
        if is_for_programs(request):
            raise
    capacity, credential = capacity_of(request), credential_of(request)
    database = request.app.state.database
    async with capacity.reading.hold_async(credential):
        known = bool(credential) and await capacity.run(lambda: session_exists(database, secret_hash=credential))
    if not known:
        raise TooLarge(f"Send at most {bodies.FIRST_BYTES // bodies.KILOBYTE} kB before you have signed in.")


async def _release_large_body_slot(request: Request) -> None:
    """Release the place of a large body: what this request held has been stored."""
    place: AsyncExitStack | None = getattr(request.state, "place_of_large_body", None)
    if place is not None:
        await place.aclose()


def _prefers_not_to_wait(request: Request) -> bool:
    """Whether a program asks for a response at once (RFC 7240, section 4.1)."""
    preferences = request.headers.get("prefer", "").lower().split(",")
    return any(preference.partition(";")[0].strip() == "respond-async" for preference in preferences)


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
    slots = capacity.passwords if needs is Needs.PASSWORD else capacity.reading
    await ready_to_work(request)
    async with slots.hold_async(request.client.host if request.client else ""):
        return await capacity.run(work)


def _as_bytes(result: Any, status: int) -> Any:
    """A result as bytes: a long list must not be serialised on the event loop."""
    if isinstance(result, BaseModel):
        return Response(result.model_dump_json().encode(), status, media_type="application/json")
    return result


def _response_of_job(acting: Transaction, job_id: uuid.UUID, long: Long) -> Response | None:
    job = jobs.find_job(acting.session, job_id=job_id, by=acting.actor)
    if job.state is JobState.FAILED:
        raise jobs.read_refusal(job.refusal)
    if job.made_id is None:
        return None
    return long.shown(acting, job.made_id) if long.shown is not None else long.asked(acting, job)


class Run:
    """One run of a route for an admitted request."""

    def __init__(self, call: AdmittedRequest, endpoint: Callable[[Any], Any], sent: tuple[Any, ...] = ()) -> None:
        state = call.request.app.state
        self.call, self.request, self.endpoint, self.sent = call, call.request, endpoint, sent
        self.database, self.settings, self.capacity = state.database, state.settings, capacity_of(call.request)
        self.reads: AccessRecorder = state.reads
        self.recorder: Recorder = state.recorder
        self.owner = call.actor.organisation_id

    async def answer(self) -> Any:
        await ready_to_work(self.request)
        try:
            answered = await self._answer()
        except (NotAllowed, NotFound) as problem:
            await record_refusal(self.request, problem)
            raise
        except NotSignedIn:
            await mark_if_expired(self.request)
            raise
        except Invalid as problem:
            await self._record_refused_words(problem)
            raise
        await self.recorder.record(self.owner, (), uses_of(self.request))
        return answered

    async def _answer(self) -> Any:
        match self.call.needs:
            case Needs.READING:
                return await self._read(self.capacity.reading, self.endpoint)
            case Needs.HEAVY_READING:
                return await self._read(self.capacity.heavy_reading, self.endpoint)
            case Needs.WRITING:
                await self._search_long_texts()
                return await self.write(self.endpoint)
            case Needs.COMPUTING:
                return await self._compute(self.endpoint(self._asking()))
            case Needs.PASSWORD:
                async with self.capacity.passwords.hold_async(self.owner):
                    return await self.capacity.run(lambda: self.endpoint(self._asking()))

    def _asking(self) -> ActorRequest:
        return ActorRequest(self.call.actor, self.settings, self.database)

    def acting(self, session: Any) -> Transaction:
        """The actor, looked up in this same transaction: they may have been deactivated while they waited."""
        actor = actor_of(self.request, session)
        check_may(actor, self.call.permission)
        use_key_of(session, self.settings.risky_terms_key_path)
        return Transaction(actor, session, self.settings, subject_of(self.request, actor))

    async def _read(self, slots: Slots, work: Callable[[Transaction], Any]) -> Any:
        def read() -> tuple[Any, Any]:
            with self.database.reading() as session:
                return work(self.acting(session)), pending_views(session)

        async with slots.hold_async(self.owner):
            answered, rows = await self.capacity.run(read)
        await self.recorder.record(self.owner, rows, uses_of(self.request) if rows else ())
        return answered

    async def _search_long_texts(self) -> None:
        """Search long texts before the writer is requested; the route then uses the result."""
        if getattr(self.request.state, "first_part", None) is not None:
            async with self.capacity.computing.hold_async(self.owner):
                await self.capacity.run(lambda: search_beforehand(self.sent, longest=MOST_CHARACTERS))

    async def write(self, work: Callable[[Transaction], Any]) -> Any:
        def write() -> Any:
            with self.database.writing_in_held_slot() as session:
                answered = work(self.acting(session))
                self.reads.record_with(session)
                return answered

        async with self.database.writer.hold_async(self.owner):
            return await self.capacity.run(write)

    async def _compute(self, computed: Computed) -> Any:
        try:
            for time in range(MOST_PREPARATIONS):
                prepared = await self._read(self.capacity.computing, lambda acting: self._prepare(computed, acting))
                if isinstance(prepared, Response):
                    return prepared
                if isinstance(prepared, jobs.Order) and computed.long is not None:
                    return await self._as_job(computed.key, computed.long, prepared)
                try:
                    return await self._stored(computed, prepared)
                except Moved:
                    if time == MOST_PREPARATIONS - 1:
                        raise
        except Problem as problem:
            if computed.refused is None or isinstance(problem, NotAllowed | NotFound | NotSignedIn):
                raise
            if isinstance(problem, Invalid):
                await self._record_refused_words(problem)
            refused, found = computed.refused, problem
            return await self._read(self.capacity.reading, lambda acting: refused(acting, found))
        raise AssertionError("unreachable")

    async def _as_job(self, key: RequestKey | None, long: Long, order: jobs.Order) -> Response:
        """Request a job, and wait a while for it to finish. Raises the problem that the job was refused with."""
        asked: list[uuid.UUID] = []

        def ask(acting: Transaction) -> Response:
            def make() -> Response:
                job = jobs.request_job(acting.session, order, by=acting.actor)
                asked.append(job.id)
                return long.asked(acting, job)

            return make() if key is None else run_once(acting, key, make)

        accepted: Response = await self.write(ask)
        await _release_large_body_slot(self.request)
        looks = (
            round(WAIT_FOR_JOB_SECONDS / JOB_POLL_SECONDS) if asked and not _prefers_not_to_wait(self.request) else 0
        )
        for _ in range(looks):
            await asyncio.sleep(JOB_POLL_SECONDS)
            shown = await self._read(self.capacity.reading, lambda acting: _response_of_job(acting, asked[0], long))
            if isinstance(shown, Response):
                return shown
        return accepted

    async def _stored(self, computed: Computed, prepared: Any) -> Any:
        """Store what was prepared, piece by piece; nothing stays when a piece fails or the request ends early."""
        try:
            await self._write_each(computed.pieces(prepared))
            return await self.write(lambda acting: self._store(computed, acting, prepared))
        except BaseException:
            with CancelScope(shield=True):
                try:
                    await self._write_each(computed.give_up(prepared))
                except Exception:  # report the refusal, not that something is left to clear away
                    logging.getLogger("caseaudit").exception("what was given up is not taken out yet")
            raise

    async def _write_each(self, pieces: Iterable[Piece]) -> None:
        for piece in pieces:
            await self.write(lambda acting: piece(acting.session, acting.actor))  # noqa: B023 - runs now

    def _prepare(self, computed: Computed, acting: Transaction) -> Any:
        """The response that was given before, or what was prepared, or the order for a job when there is much to do."""
        answered = replayed(acting, computed.key) if computed.key is not None else None
        if answered is not None:
            return answered
        if computed.long is not None:
            order = jobs.order_if_long(acting.session, computed.long.work(acting), by=acting.actor)
            if order is not None:
                return order
        return computed.prepare(acting)

    def _store(self, computed: Computed, acting: Transaction, prepared: Any) -> Any:
        if computed.key is None:
            return computed.store(acting, prepared)
        return run_once(acting, computed.key, lambda: computed.store(acting, prepared))

    async def _record_refused_words(self, problem: Invalid) -> None:
        """The refused change was rolled back with its transaction, so its event needs a transaction of its own."""
        rows = refused_events(problem, subject_of(self.request, self.call.actor), by=self.call.actor)
        if not rows:
            return

        def write() -> None:
            with self.database.writing_in_held_slot() as session:
                pending_events(session).extend(rows)

        async with self.database.writer.hold_async(self.owner):
            await self.capacity.run(write)
