"""Running a route for an admitted request: its slot, then its thread, then its transaction.

Nothing is held while something else is waited for. The response is sent when the transaction has been committed and
the thread released.
"""

import asyncio
import logging
import uuid
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack
from itertools import zip_longest
from typing import Any, Final

from anyio import CancelScope
from fastapi import Request
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.foundation.access_log import AccessRecorder, pending_views
from api.foundation.hooks import WRITING
from api.foundation.http.admission import capacity_of, mark_if_expired, record_refusal, subject_of
from api.foundation.http.capacity import prepare_for
from api.foundation.http.dependencies import (
    ActorRequest,
    AdmittedRequest,
    Computed,
    ComputedInParts,
    Long,
    Needs,
    Piece,
    RequestKey,
    Transaction,
)
from api.foundation.http.recording import Recorder
from api.foundation.http.replies import replayed, run_once
from api.foundation.http.request_checks import ready_to_work
from api.foundation.http.security import actor_of, uses_of
from api.foundation.http.sending.compression import compress_page
from api.foundation.jobs import queue as jobs
from api.foundation.jobs.ahead import does_jobs, start_ahead
from api.foundation.jobs.long_work import WORKERS, work_of
from api.foundation.permissions import Actor
from api.foundation.problems import Invalid, Moved, NotAllowed, NotFound, NotSignedIn, Problem, SavedOrNot
from api.foundation.text.free_text import MOST_CHARACTERS, refused_events
from api.foundation.text.identifier_search import search_beforehand
from api.foundation.text.sensitive_terms import use_key_of
from models import JobState
from models.storage.database import OutcomeUnknown
from models.storage.slots import Busy, Slots
from models.storage.trail import TrailUnwritable, pending_events

# How long a client waits for long work to finish, and how often that is checked meanwhile.
WAIT_FOR_JOB_SECONDS: Final = 8
JOB_POLL_SECONDS: Final = 0.05
# How often a computation is repeated because its input changed meanwhile.
MOST_PREPARATIONS: Final = 3
# What says that the service cannot do something at this moment.
_NOT_NOW: Final = (OperationalError, InterfaceError, PoolTimeoutError, TrailUnwritable, OutcomeUnknown, Busy)


async def _release_large_body_slot(request: Request) -> None:
    """Release the place of a large body: what this request held has been stored."""
    place: AsyncExitStack | None = getattr(request.state, "place_of_large_body", None)
    if place is not None:
        await place.aclose()


def _prefers_not_to_wait(request: Request) -> bool:
    """Whether a program asks for a response at once (RFC 7240, section 4.1)."""
    preferences = request.headers.get("prefer", "").lower().split(",")
    return any(preference.partition(";")[0].strip() == "respond-async" for preference in preferences)


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
                # Not what was sent with a body: a file can be read once, and a report may have to be read twice.
                is_report = self.request.method in {"GET", "HEAD"}
                return await self._read(self.capacity.heavy_reading, self.endpoint, is_report=is_report)
            case Needs.WRITING:
                await self._search_long_texts()
                return await self.write(self.endpoint)
            case Needs.COMPUTING:
                computed = self.endpoint(self._asking())
                if isinstance(computed, ComputedInParts):
                    return computed.join(await self._compute_parts(computed))
                return await self._compute(computed)
            case Needs.PASSWORD | Needs.OUTSIDE as needs:
                slots = self.capacity.passwords if needs is Needs.PASSWORD else self.capacity.outside
                async with slots.hold_async(self.owner):
                    return await self.capacity.run(lambda: self.endpoint(self._asking()))

    def _asking(self) -> ActorRequest:
        return ActorRequest(self.call.actor, self.settings, self.database)

    def acting(self, session: Any) -> Transaction:
        """The actor, looked up in this same transaction: they may have been deactivated while they waited."""
        actor = actor_of(self.request, session)
        self.call.asked.check(actor)
        self.database.narrow(session, actor.organisation_id)
        return self._acting_in(session, actor)

    def _acting_in(self, session: Session, actor: Actor) -> Transaction:
        use_key_of(session, lambda: self.settings.risky_terms_key_path)
        return Transaction(actor, session, self.settings, subject_of(self.request, actor))

    async def _read(self, slots: Slots, work: Callable[[Transaction], Any], *, is_report: bool = False) -> Any:
        def read() -> tuple[Any, Any]:
            with self.database.reading() as session:
                acting = self.acting(session)
                if is_report:  # who may see it the primary has said; what they see may come from a standby
                    by = acting.actor
                    answered, views = self.database.read_report(
                        session, by.organisation_id, lambda there: report(by, there)
                    )
                else:
                    answered, views = work(acting), pending_views(session)
            return self._ready_to_send(answered), views

        def report(by: Actor, there: Session) -> tuple[Any, Any]:
            return work(self._acting_in(there, by)), pending_views(there)

        async with slots.hold_async(self.owner):
            answered, rows = await self.capacity.run(read)
        await self.recorder.record(self.owner, rows, uses_of(self.request) if rows else ())
        return answered

    def _ready_to_send(self, answered: Any) -> Any:
        """The same, compressed if it is a page: in this thread, when nothing is held any more."""
        if isinstance(answered, Response):
            compress_page(answered, self.request.headers)
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
            return self._ready_to_send(answered)

        await prepare_for(WRITING)
        async with self.database.writer.hold_async(self.owner):
            return await self.capacity.run(write)

    async def _compute_parts(self, computed: ComputedInParts) -> list[Any]:
        answers: list[Any] = []
        try:
            async for answered in self._ahead(computed.parts) if computed.ahead else self._each(computed.parts):
                answers.append(answered)  # noqa: PERF401 - what came before a failure must be known
        except _NOT_NOW as error:
            if answers:  # and so it is not true that nothing was saved
                raise SavedOrNot.in_part() from error
            raise
        return answers

    async def _each(self, parts: Iterable[Computed]) -> AsyncIterator[Any]:
        for part in parts:
            yield await self._compute(part)

    async def _ahead(self, computed: Iterable[Computed]) -> AsyncIterator[Any]:
        parts = list(computed)
        ahead = [asyncio.create_task(self._prepared(part)) for part in parts[:1]]
        try:
            for part, following in zip_longest(parts, parts[1:]):
                prepared = await ahead.pop()
                if following is not None:
                    ahead.append(asyncio.create_task(self._prepared(following)))
                yield await self._compute(part, prepared)
        finally:
            if ahead:  # it holds a slot for as long as its thread runs, and nobody wants to know what it made of it
                with CancelScope(shield=True):
                    await asyncio.gather(*ahead, return_exceptions=True)

    async def _prepared(self, computed: Computed) -> Any:
        return await self._read(
            self.capacity.computing, lambda acting: self._prepare(computed, acting), is_report=computed.is_report
        )

    async def _compute(self, computed: Computed, first: Any = None) -> Any:
        """Prepare it, unless it was prepared already at `first`, and store it."""
        try:
            for time in range(MOST_PREPARATIONS):
                prepared = await self._prepared(computed) if first is None or time else first
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

        if does_jobs(self.request.app.state.workers):
            await run_in_threadpool(lambda: start_ahead(work_of(order.kind)))
        accepted: Response = await self.write(ask)
        await _release_large_body_slot(self.request)
        self.request.app.state.workers.wake(*WORKERS)
        looks = (
            round(WAIT_FOR_JOB_SECONDS / JOB_POLL_SECONDS) if asked and not _prefers_not_to_wait(self.request) else 0
        )
        for _ in range(looks):
            await asyncio.sleep(JOB_POLL_SECONDS)
            try:
                shown = await self._read(self.capacity.reading, lambda acting: _response_of_job(acting, asked[0], long))
            except _NOT_NOW:  # the job is stored, whatever becomes of looking at it
                break
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
