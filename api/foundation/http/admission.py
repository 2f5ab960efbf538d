"""Whether a request may proceed, checked before its body is read and before it uses a thread or the writer."""

import time
import uuid
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request

from api.foundation.events import row
from api.foundation.http.capacity import Capacity
from api.foundation.http.limits import Limits
from api.foundation.http.problem_details import is_for_programs
from api.foundation.http.recording import Recorder
from api.foundation.http.security import actor_of, credential_of, uses_of
from api.foundation.permissions import Actor, Permission, check_may, check_proof
from api.foundation.problems import NotAllowed, NotFound, NotSignedIn, is_allowed
from models.storage.database import Database
from models.storage.trail import Row

# How long an admitted credential is admitted without another look-up. Each transaction looks the person up again, so
# this saves only the check beforehand, and never lets anybody do what they may no longer do.
ADMITTED_SECONDS: Final = 5
MOST_ADMITTED: Final = 10_000
NO_ORGANISATION: Final = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """What a route requires of its actor: a permission and, of a person in a browser, proof of who they are."""

    permission: Permission
    recent: bool = False
    without_second_factor: bool = False

    def check(self, actor: Actor) -> None:
        """Raise NotAllowed, SecondFactorNeeded or ProveAgain for an actor who lacks any of it."""
        check_may(actor, self.permission)
        check_proof(actor, recent=self.recent, without_second_factor=self.without_second_factor)


class AdmissionCache:
    """The credentials that were admitted a moment ago."""

    def __init__(self) -> None:
        self._until: dict[str, tuple[float, Actor]] = {}

    def get(self, credential: str) -> Actor | None:
        until, actor = self._until.get(credential, (0.0, None))
        return actor if until > time.monotonic() else None

    def add(self, credential: str, actor: Actor) -> None:
        if len(self._until) >= MOST_ADMITTED:
            self._until.clear()
        self._until[credential] = (time.monotonic() + ADMITTED_SECONDS, actor)


def capacity_of(request: Request) -> Capacity:
    capacity: Capacity = request.app.state.capacity
    return capacity


async def admit(request: Request, asked: Asked) -> Actor:
    """The actor behind the request, if they have what it asks. Does not use the writer.

    Raises NotSignedIn, what `Asked.check` raises, and TooManyRequests for a stranger who sends too many requests.
    """
    known: AdmissionCache = request.app.state.known
    credential = credential_of(request)
    actor = known.get(credential)
    # An actor who is refused is looked up again: they may have got the permission, or proved who they are, a moment
    # ago.
    if actor is None or not is_allowed(asked.check, actor):
        database: Database = request.app.state.database
        capacity = capacity_of(request)

        def look_up() -> Actor:
            with database.reading() as session:
                return actor_of(request, session)

        try:
            async with capacity.reading.hold_async(credential):
                actor = await capacity.run(look_up)
        except NotSignedIn:
            limits: Limits = request.app.state.limits
            limits.count_stranger(request.client.host if request.client else "")
            await mark_if_expired(request)
            raise
    request.state.actor = actor
    try:
        _check(request, actor, asked)
    except NotAllowed as problem:
        await record_refusal(request, problem)
        raise
    known.add(credential, actor)
    return actor


async def mark_if_expired(request: Request) -> None:
    """Mark the session or token of a request as expired, when it was found to have expired."""
    recorder: Recorder = request.app.state.recorder
    await recorder.record(NO_ORGANISATION, (), uses_of(request))


def _check(request: Request, actor: Actor, asked: Asked) -> None:
    asked.check(actor)
    if actor.person_id is None and not is_for_programs(request):
        # A page shows more than the one record for which it checks a permission.
        raise NotAllowed("Pages are for people. Programs must use /api/v1.")


async def record_refusal(request: Request, problem: NotAllowed | NotFound) -> None:
    """Record that somebody signed in was refused an audit. Raises TrailUnwritable."""
    rows = _refusal(request, problem)
    if rows:
        recorder: Recorder = request.app.state.recorder
        await recorder.record(rows[0]["organisation_id"], rows, ())


def _refusal(request: Request, problem: NotAllowed | NotFound) -> list[Row]:
    """The event when an audit is refused to somebody signed in; the same for an audit that does not exist."""
    actor: Actor | None = getattr(request.state, "actor", None)
    asked = request.path_params.get("audit_id")
    if actor is None or asked is None or (isinstance(problem, NotFound) and problem.called != "audit"):
        return []
    try:
        audit_id = uuid.UUID(str(asked))
    except ValueError:
        return []
    return [row("audit.refused", audit_id, by=actor, details={"status": int(problem.status)})]


def subject_of(request: Request, actor: Actor) -> uuid.UUID:
    """The first record that the path of the request names, or else the actor."""
    for value in request.path_params.values():
        try:
            return uuid.UUID(str(value))
        except ValueError:
            continue
    return actor.id
