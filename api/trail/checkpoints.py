"""Checkpoints: each trail is signed at intervals of events or minutes, in the database and in a second place."""

import logging
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, col

from api.foundation.settings import Settings
from api.trail.checkpoint_signer import CheckpointSigner, Link, Signed
from checklists.chain import MARK_LENGTH
from models import Checkpoint, Event, Trail, now
from models.clock import AHEAD
from models.storage.database import Database

EVENTS_OF_A_CHECKPOINT: Final = 100
LONGEST_UNSIGNED: Final = timedelta(minutes=5)
MOST_AT_ONCE: Final = 100  # checkpoints in one transaction, for which others may have to wait
_TAIL_BYTES: Final = 2 * MOST_AT_ONCE * EVENTS_OF_A_CHECKPOINT * MARK_LENGTH
_LOCK: Final = 2022022104  # of PostgreSQL: held by the one process that writes checkpoints now
LOG: Final = logging.getLogger("caseaudit.trail")


def write_due(
    database: Database,
    signer: CheckpointSigner,
    *,
    events: int = EVENTS_OF_A_CHECKPOINT,
    longest: timedelta = LONGEST_UNSIGNED,
) -> int:
    """Sign what is due in every organisation, at most MOST_AT_ONCE checkpoints; returns how many.

    Each trail separately: one that cannot be signed is logged, and does not delay the others. Due are `events` unsigned
    events, or one that is older than `longest` or dated in the future. One process does it at a time. A line that a
    crash left only in the second place is first copied into the database.
    """
    with database.reading() as session:
        if not _due(session, events, longest):
            return 0
    with signer.locked(), database.writing() as session:
        if not _only_here(session):
            return 0
        _adopt(session, signer)
        made: list[Signed] = []
        newest = _newest(session, signer)
        for organisation_id, after, reach in _due(session, events, longest):
            try:
                with session.begin_nested():
                    of_one = _signed(session, signer, organisation_id, after, reach, events, newest)
                    fresh = list(islice(of_one, MOST_AT_ONCE - len(made)))
                    session.add_all(map(_row, fresh))
                    session.flush()
            except (SQLAlchemyError, ValueError, LookupError):
                LOG.exception("the trail of organisation %d was not signed; the others were", organisation_id)
            else:
                made += fresh
                newest = _link_of(fresh[-1]) if fresh else newest
        # In the second place first: a checkpoint that only the database has could not be compared with anything.
        signer.append(made)
        if made:
            signer.remember(made[-1])
    return len(made)


def _only_here(session: Session) -> bool:
    if session.connection().dialect.name == "sqlite":
        return True  # one process writes
    taken: bool = session.execute(text(f"SELECT pg_try_advisory_xact_lock({_LOCK})")).scalar_one()
    return taken


def _due(session: Session, events: int, longest: timedelta) -> list[tuple[int, int, int]]:
    """Each organisation with a due checkpoint: the last signed event, and the last one to be signed now."""
    signed = (
        select(func.coalesce(func.max(col(Checkpoint.number)), 0))
        .where(col(Checkpoint.organisation_id) == col(Trail.organisation_id))
        .correlate(Trail)  # also in the query for the oldest event, or other organisations' checkpoints would count
        .scalar_subquery()
    )
    oldest = (
        select(col(Event.at))
        .where(col(Event.organisation_id) == col(Trail.organisation_id), col(Event.number) == signed + 1)
        .scalar_subquery()
    )
    rows = session.execute(
        select(col(Trail.organisation_id), signed.label("signed"), col(Trail.length), oldest.label("oldest"))
        .where(col(Trail.length) > signed)
        .order_by(col(Trail.organisation_id))
    ).all()
    moment = now()
    late = moment - longest
    due = [
        (
            row.organisation_id,
            row.signed,
            row.length if _is_late(row.oldest, late, moment) else row.length - (row.length - row.signed) % events,
        )
        for row in rows
        if row.oldest is not None
    ]
    return [each for each in due if each[2] > each[1]]


def _is_late(at: datetime, late: datetime, moment: datetime) -> bool:
    """Whether an event is due for signing: one from the future was written before the clock was set back."""
    return at <= late or at > moment + AHEAD


def _newest(session: Session, signer: CheckpointSigner) -> Link:
    """The newest checkpoint that anybody knows of: after a removed one the next number shows that it is missing."""
    query = select(col(Checkpoint.signed)).where(col(Checkpoint.serial).is_not(None))
    line = session.scalars(query.order_by(col(Checkpoint.serial).desc()).limit(1)).first()
    known = [signer.read(line) if line is not None else None, signer.remembered()]
    links = [_link_of(each) for each in known if each is not None and each.serial is not None]
    return max(links, key=lambda link: link.serial, default=Link())


def _link_of(checkpoint: Signed) -> Link:
    return Link(checkpoint.serial or 0, checkpoint.digest)


def _signed(
    session: Session,
    signer: CheckpointSigner,
    organisation_id: int,
    after: int,
    reach: int,
    events: int,
    newest: Link,
) -> Iterator[Signed]:
    most = min(reach, after + MOST_AT_ONCE * events)
    hashes = session.scalars(
        select(col(Event.hash))
        .where(col(Event.organisation_id) == organisation_id, col(Event.number) > after, col(Event.number) <= most)
        .order_by(col(Event.number))
    ).all()
    for start in range(0, len(hashes), events):
        made = signer.sign(organisation_id, after + start, hashes[start : start + events], follows=newest)
        newest = _link_of(made)
        yield made


def _adopt(session: Session, signer: CheckpointSigner) -> None:
    newest = select(col(Checkpoint.organisation_id), func.max(col(Checkpoint.number)))
    signed = Counter(dict(session.execute(newest.group_by(col(Checkpoint.organisation_id))).all()))
    of_another_trail: set[int] = set()
    for checkpoint in signer.stored(last_bytes=_TAIL_BYTES):
        own = checkpoint.organisation_id
        if checkpoint.number <= signed[own] or own in of_another_trail:
            continue
        event = session.get(Event, (own, checkpoint.number))
        if event is None or event.hash != checkpoint.hash or checkpoint.after != signed[own]:
            LOG.error("the second checkpoints file belongs to another trail: run caseaudit verify-events")
            of_another_trail.add(own)
            continue
        session.add(_row(checkpoint))
        signed[own] = checkpoint.number
    session.flush()


def _row(checkpoint: Signed) -> Checkpoint:
    return Checkpoint(
        organisation_id=checkpoint.organisation_id,
        number=checkpoint.number,
        signed=checkpoint.line,
        serial=checkpoint.serial,
    )


def write_all_due(database: Database, settings: Settings) -> None:
    """Write every checkpoint that is due, as background work."""
    signer = CheckpointSigner.of(settings)
    while write_due(database, signer):
        pass
