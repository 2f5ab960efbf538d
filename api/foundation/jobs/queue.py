"""Jobs: requested, claimed by a server, done or cancelled, and followed by the person who requested them."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, delete, func, not_, or_, update
from sqlalchemy.orm import defer
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from api.foundation import events
from api.foundation.jobs.long_work import LongWork, encode_request, work_of
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Conflict, Fault, Invalid, NotFound, Place, Problem
from api.foundation.text.free_text import refused_events
from models import Job, JobKind, JobState, now
from models.clock import AHEAD, earliest, latest
from models.service.job import OVER
from models.storage.database import Database, rows_changed
from models.storage.joins import table_alias

SILENT_AFTER: Final = timedelta(minutes=1)
KEPT: Final = timedelta(days=7)
MOST_ATTEMPTS: Final = 3
MOST_OF_ONE: Final = 20
SHOWN: Final = 100

_OTHER: Final = table_alias(Job)


@dataclass(frozen=True, slots=True)
class Order:
    """Long work, ready to be requested."""

    kind: JobKind
    round_id: uuid.UUID | None
    size: int
    asked: bytes = field(repr=False)


def order_if_long(session: Session, work: LongWork, *, by: Actor) -> Order | None:
    """The work ready to be requested as a job, if it takes too long for a response; writes nothing."""
    size = work.size(session, by)
    is_long = work.is_long(session, by, size)
    return Order(work.kind, work.round_id, size, encode_request(work)) if is_long else None


def request_job(session: Session, order: Order, *, by: Actor) -> Job:
    """Request long work. Raises Conflict when the actor already has MOST_OF_ONE jobs waiting."""
    mine = (*_is_own(by), not_(col(Job.state).in_(OVER)))
    if session.execute(select(func.count()).select_from(Job).where(*mine)).scalar_one() >= MOST_OF_ONE:
        raise Conflict(f"You have {MOST_OF_ONE} jobs waiting or in progress. Wait for a job to end, or cancel a job.")
    made = Job(
        organisation_id=by.organisation_id,
        kind=order.kind,
        person_id=by.person_id,
        token_id=by.token_id,
        round_id=order.round_id,
        asked=order.asked,
        size=order.size,
    )
    session.add(made)
    session.flush()
    return made


def find_job(session: Session, *, job_id: uuid.UUID, by: Actor) -> Job:
    """The actor's own job. Raises NotFound, also for another person's."""
    check_may(by, Permission.FOLLOW_JOBS)
    query = select(Job).where(*_is_own(by), col(Job.id) == job_id)
    found = session.exec(_without_order(query)).first()
    if found is None:
        raise NotFound("job")
    return found


def list_own_jobs(session: Session, *, by: Actor) -> Sequence[Job]:
    """The actor's own jobs, the newest first. They are kept for seven days."""
    check_may(by, Permission.FOLLOW_JOBS)
    return session.exec(_without_order(select(Job)).where(*_is_own(by)).order_by(col(Job.id).desc()).limit(SHOWN)).all()


def cancel_job(session: Session, *, job_id: uuid.UUID, by: Actor) -> Job:
    """Cancel the actor's own job: nothing is stored. Raises NotFound, and Conflict for one that has finished."""
    found = find_job(session, job_id=job_id, by=by)
    if not rows_changed(
        session,
        update(Job)
        .where(*_is_own(by), col(Job.id) == job_id, not_(col(Job.state).in_(OVER)))
        .values(state=JobState.CANCELLED, finished_at=now(), asked=b""),
    ):
        raise Conflict("This job has ended, so it cannot be cancelled.")
    session.refresh(found)
    return found


def stored_so_far(session: Session, job: Job) -> int:
    """How many of its cases or audits are stored already; for work stored all at once, 0 until it is done."""
    if job.state is JobState.DONE:
        return job.size
    return work_of(job.kind).stored_so_far(session, job.organisation_id) if job.state is JobState.WORKING else 0


def write_refusal(problem: Problem) -> str:
    """A refusal as JSON, to be read by `read_refusal`."""
    faults = [{**asdict(fault), "places": [tuple(place) for place in fault.places]} for fault in problem.faults]
    return json.dumps({"detail": problem.detail, "faults": faults, "headers": problem.headers})


def read_refusal(text: str) -> Problem:
    """The problem that a job was refused with, in the same words as for a request."""
    said = json.loads(text)
    faults = tuple(
        Fault(each["pointer"], each["detail"], tuple(Place(*place) for place in each["places"]), each["may_be_kept"])
        for each in said["faults"]
    )
    return Invalid(said["detail"], faults=faults) if faults else Conflict(said["detail"], headers=said.get("headers"))


@dataclass(frozen=True, slots=True)
class Claim:
    """A job that this process does."""

    organisation_id: int
    job_id: uuid.UUID
    attempt: int
    person_id: uuid.UUID | None
    token_id: uuid.UUID | None
    kind: JobKind
    asked: bytes = field(repr=False)

    @property
    def by(self) -> Actor:
        """The person who requested it, for events; what they may do is looked up when it runs."""
        return Actor(self.organisation_id, self.person_id, self.token_id)


def claim_job(database: Database) -> Claim | None:
    """Claim a waiting job, or one whose server stopped responding; None when there is none. Two processes never claim
    the same.

    Each organisation has one job running at a time. Organisations take turns: the one whose jobs have been started
    least often comes first. A job that was started MOST_ATTEMPTS times, and abandoned each time by a server that
    stopped, is marked failed.
    """
    with database.reading() as session:
        if session.exec(select(Job.id).where(_can_be_claimed()).limit(1)).first() is None:
            return None
    with database.writing() as session:
        found = session.exec(
            select(Job).where(_can_be_claimed()).order_by(_times_started(), col(Job.made_at)).limit(1)
        ).first()
        if found is None:
            return None
        claimed = Claim(
            found.organisation_id,
            found.id,
            found.attempts + 1,
            found.person_id,
            found.token_id,
            found.kind,
            found.asked,
        )
        if claimed.attempt > MOST_ATTEMPTS:
            words = f"The service stopped {MOST_ATTEMPTS} times while working on this job. Request less at once."
            _end(session, claimed, _can_be_claimed(), state=JobState.FAILED, refusal=write_refusal(Conflict(words)))
            return None
        begun = update(Job).where(*_this(claimed), _can_be_claimed())
        taken = rows_changed(session, begun.values(state=JobState.WORKING, beat_at=now(), attempts=claimed.attempt))
        return claimed if taken else None


def requeue_interrupted(database: Database) -> None:
    """Return interrupted jobs to the queue: for the start of the only server."""
    working = col(Job.state) == JobState.WORKING
    with database.reading() as session:
        if session.exec(select(Job.id).where(working).limit(1)).first() is None:
            return
    with database.writing() as session:
        session.execute(update(Job).where(working).values(state=JobState.WAITING))


def extend_claim(database: Database, claimed: Claim) -> bool:
    """Extend the claim; False when the job is no longer wanted."""
    with database.reading() as session:
        beat_at = session.exec(select(Job.beat_at).where(*_this(claimed), _is_claimed_by(claimed))).one_or_none()
    if beat_at is None or beat_at > now() - SILENT_AFTER / 4:
        return beat_at is not None
    with database.writing() as session:
        return bool(
            rows_changed(session, update(Job).where(*_this(claimed), _is_claimed_by(claimed)).values(beat_at=now()))
        )


def finish_job(session: Session, claimed: Claim, made_id: uuid.UUID) -> None:
    """Mark the job done, in the transaction that stores its effect. Raises Conflict when it has been cancelled."""
    if not _end(session, claimed, _is_claimed_by(claimed), state=JobState.DONE, made_id=made_id):
        raise Conflict("This job has been cancelled.")


def fail_job(database: Database, claimed: Claim, problem: Problem) -> None:
    """Mark the job failed, with the refusal, unless it has been cancelled."""
    with database.writing(claimed.organisation_id) as session:
        _end(session, claimed, _is_claimed_by(claimed), state=JobState.FAILED, refusal=write_refusal(problem))
        if isinstance(problem, Invalid):
            events.record_many(session, refused_events(problem, claimed.job_id, by=claimed.by))


def delete_old_jobs(database: Database) -> None:
    """Delete the jobs that were requested longer ago than KEPT; one dated in the future is dated now."""
    with database.writing() as session:
        session.execute(update(Job).where(col(Job.made_at) > latest() + AHEAD).values(made_at=now()))
        session.execute(delete(Job).where(col(Job.made_at) < earliest() - KEPT))


def _end(session: Session, claimed: Claim, still: ColumnElement[bool], **values: Any) -> bool:
    ended = update(Job).where(*_this(claimed), still).values(finished_at=now(), asked=b"", **values)
    return bool(rows_changed(session, ended))


def _without_order(query: SelectOfScalar[Job]) -> SelectOfScalar[Job]:
    """Without the request, which may be megabytes: it is not needed to show a job's progress."""
    return query.options(defer(Job.asked))  # type: ignore[arg-type]


def _is_own(by: Actor) -> tuple[ColumnElement[bool], ...]:
    """For a person: whatever program requested them; for an integration: its own."""
    own = col(Job.organisation_id) == by.organisation_id
    if by.person_id is not None:
        return (own, col(Job.person_id) == by.person_id)
    return (own, col(Job.person_id).is_(None), col(Job.token_id) == by.token_id)


def _this(claimed: Claim) -> tuple[ColumnElement[bool], ...]:
    return (col(Job.organisation_id) == claimed.organisation_id, col(Job.id) == claimed.job_id)


def _is_claimed_by(claimed: Claim) -> ColumnElement[bool]:
    """Whether this claim still holds the job."""
    return and_(col(Job.state) == JobState.WORKING, col(Job.attempts) == claimed.attempt)


def _can_be_claimed() -> ColumnElement[bool]:
    moment = now()
    beats, other_beats = (col(each.beat_at).between(moment - SILENT_AFTER, moment + AHEAD) for each in (Job, _OTHER))
    is_its_turn = not_(
        select(col(_OTHER.id))
        .where(
            col(_OTHER.organisation_id) == col(Job.organisation_id), col(_OTHER.state) == JobState.WORKING, other_beats
        )
        .exists()
    )
    waits = and_(col(Job.state) == JobState.WAITING, is_its_turn)
    return or_(waits, and_(col(Job.state) == JobState.WORKING, not_(beats)))


def _times_started() -> ColumnElement[int]:
    turn: ColumnElement[int] = (
        select(func.count())
        .select_from(_OTHER)
        .where(col(_OTHER.organisation_id) == col(Job.organisation_id), col(_OTHER.attempts) > 0)
        .scalar_subquery()
    )
    return turn
