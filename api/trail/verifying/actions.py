"""Request a verification, and do it in a process of its own: once a day also without a request."""

import json
import logging
import time
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from tempfile import gettempdir
from typing import Any, Final

from sqlalchemy import ColumnElement, delete, update
from sqlmodel import Session, col, or_, select

from api.foundation import events
from api.foundation.identity.showing import ShowingKinds
from api.foundation.own_process import connection_environment, own_process
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Conflict
from api.foundation.settings import Settings
from models import Organisation, Verification, now
from models.clock import AHEAD, earliest
from models.storage.database import Database, rows_changed
from models.storage.trail import lock_trail

EVERY: Final = timedelta(days=1)
KEPT: Final = timedelta(days=90)
MOST_LISTED: Final = 10
PROCESS: Final = "api.trail.verifying.process"
# A verification that takes longer than this was lost with its server.
LONGEST: Final = timedelta(hours=1)
NOT_COMPLETED: Final = (
    "The verification was not completed. Ask the operator to run `caseaudit verify-events`, which says why."
)
LOG: Final = logging.getLogger("caseaudit.trail")


def check_can_ask(session: Session, *, by: Actor) -> None:
    """Raise the Problem that keeps this person from requesting a verification now."""
    check_may(by, Permission.VERIFY_EVIDENCE)
    if any(each.finished_at is None for each in verifications(session, by=by)):
        raise Conflict("A verification is waiting or in progress. Check the result in a few minutes.")


def ask(session: Session, *, by: Actor) -> Verification:
    """Ask for a verification of the organisation's trail and records; it is done in the background. Raises Conflict."""
    lock_trail(session, by.organisation_id)  # of two who ask at the same moment, one is refused
    check_can_ask(session, by=by)
    asked = Verification(organisation_id=by.organisation_id, asked_by_id=by.person_id)
    session.add(asked)
    session.flush()
    events.record(session, "evidence.verification-asked", events.THE_ORGANISATION, by=by)
    return asked


def verifications(session: Session, *, by: Actor) -> Sequence[Verification]:
    """The newest verifications, newest first; those from the future, of a clock that was ahead, come last."""
    check_may(by, Permission.VERIFY_EVIDENCE)
    asked = col(Verification.asked_at)
    return session.exec(
        select(Verification)
        .where(col(Verification.organisation_id) == by.organisation_id)
        .order_by(asked > now() + AHEAD, asked.desc(), col(Verification.id).desc())
        .limit(MOST_LISTED)
    ).all()


def do_due(database: Database, settings: Settings) -> bool:
    """Do one waiting verification, as background work; returns whether one was done.

    A verification that loses the database is done again, because it has no result.
    """
    with database.reading() as session:
        due = _due(session, now())
    if due is None or not _begin(database, due):
        return False
    started = time.monotonic()
    found = _verify_elsewhere(database, settings, due.organisation_id)
    if found.get("is_lost"):
        _begin_again(database, due)
        return False
    values = {**found, "finished_at": now(), "seconds": round(time.monotonic() - started, 1)}
    if not found["is_whole"]:
        LOG.error("a verification of organisation %d found a problem: see its page", due.organisation_id)
    with database.writing() as session:
        session.execute(update(Verification).where(*_this(due.organisation_id, due.id)).values(values))
    return True


def do_daily(database: Database, settings: Settings) -> None:
    """Verify each organisation whose last verification is a day old, as background work."""
    while True:
        with database.reading() as session:
            own = _unasked(session, now())
        if own is None:
            return
        with database.writing() as session:
            if _unasked(session, now()) == own:  # one of several processes
                session.add(Verification(organisation_id=own))
        while do_due(database, settings):
            pass


def task_of(database: Database, settings: Settings, organisation_id: int) -> dict[str, Any]:
    """What the separate process needs to know to verify an organisation."""
    showing = ShowingKinds.registered()
    return {
        "show_audits": [*showing.audits],
        "show_rounds": [*showing.rounds],
        "database": database.opened_with,
        "key": str(settings.trail_key_path),
        "place": str(settings.trail_checkpoints_path),
        "memory": str(settings.trail_memory_path),
        "organisation_id": organisation_id,
    }


def _verify_elsewhere(database: Database, settings: Settings, organisation_id: int) -> dict[str, Any]:
    """Verify in a process of its own with a low priority, so that requests and memory of the server do not suffer."""
    task = task_of(database, settings, organisation_id)
    environment = {**connection_environment(), "TMPDIR": gettempdir()}
    with own_process(PROCESS, seconds=LONGEST.total_seconds(), environment=environment) as worker:
        said, _ = worker.communicate(json.dumps(task).encode())
    try:
        found: dict[str, Any] = json.loads(said)
    except ValueError:
        LOG.exception("a verification of organisation %d was not completed", organisation_id)
        return {"is_whole": False, "events": 0, "said": NOT_COMPLETED}
    return found


def _due(session: Session, moment: datetime) -> Verification | None:
    begun = col(Verification.begun_at)
    # Begun in the future: by a process that has ended since, while the clock was ahead.
    lost = or_(begun.is_(None), begun < moment - LONGEST, begun > moment + AHEAD)
    query = select(Verification).where(col(Verification.finished_at).is_(None), lost)
    return session.exec(query.order_by(col(Verification.asked_at)).limit(1)).first()


def _unasked(session: Session, moment: datetime) -> int | None:
    """An organisation whose last verification is a day old."""
    asked = col(Verification.asked_at)
    # One dated in the future was asked for while the clock was ahead: it does not count until then.
    lately = select(Verification.organisation_id).where(asked > moment - EVERY, asked <= moment + AHEAD)
    query = select(Organisation.id).where(col(Organisation.id).not_in(lately))
    return session.exec(query.order_by(col(Organisation.id)).limit(1)).first()


def _begin(database: Database, due: Verification) -> bool:
    """Whether this process does it: only one of several does."""
    before = col(Verification.begun_at)
    same = before.is_(None) if due.begun_at is None else before == due.begun_at
    with database.writing() as session:
        begun = update(Verification).where(*_this(due.organisation_id, due.id), same).values(begun_at=now())
        return bool(rows_changed(session, begun))


def _begin_again(database: Database, due: Verification) -> None:
    with database.writing() as session:
        session.execute(update(Verification).where(*_this(due.organisation_id, due.id)).values(begun_at=None))


def _this(organisation_id: int, verification_id: uuid.UUID) -> tuple[ColumnElement[bool], ...]:
    return col(Verification.organisation_id) == organisation_id, col(Verification.id) == verification_id


def delete_old(database: Database) -> None:
    """Delete the results of old verifications, as housekeeping."""
    with database.writing() as session:
        session.execute(delete(Verification).where(col(Verification.asked_at) < earliest() - KEPT))
