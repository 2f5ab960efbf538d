"""People who have seen audits of others, by what they did or opened: recorded with the event, for good."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import bindparam, literal, or_, select
from sqlmodel import Session, col

from api.foundation.identity.showing import SHOWS_AUDIT, SHOWS_ROUND, kinds_of
from models import Audit, Export, HasListed, HasSeen, HowSeen, Round, Snapshot, now
from models.storage.bulk import table_of
from models.storage.dialects import dialect_named, is_among
from models.storage.trail import Row

_MOST: Final = 500
_SEEN: Final = table_of(HasSeen)
_LISTED: Final = table_of(HasListed)


def note(session: Session, rows: Iterable[Row]) -> None:
    """Record what people have seen, according to these events. In the transaction that writes the events."""
    if not (rows := list(rows)):
        return
    audits, rounds = kinds_of(SHOWS_AUDIT), kinds_of(SHOWS_ROUND)
    seen: dict[tuple[int, uuid.UUID, HowSeen], list[uuid.UUID]] = defaultdict(list)
    for row in rows:
        kind, person_id = row["kind"], row["person_id"]
        if person_id is None:
            continue
        if (how := audits.get(kind)) is not None:
            seen[row["organisation_id"], person_id, how].append(row["subject_id"])
        elif (how := rounds.get(kind)) is not None:
            _note_round(session, row["organisation_id"], person_id, how, row["subject_id"])
    for (organisation_id, person_id, how), subjects in seen.items():
        wrote = how is HowSeen.RECORDED
        has_seen(session, organisation_id, person_id, subjects, how=how, wrote=wrote)


def has_seen(
    session: Session,
    organisation_id: int,
    person_id: uuid.UUID,
    audits: Sequence[uuid.UUID],
    *,
    how: HowSeen,
    wrote: bool = False,
) -> None:
    """Record that a person has seen these audits; their own are left out. Recorded once, for good."""
    connection = session.connection()
    for start in range(0, len(audits), _MOST):
        named = {"own": organisation_id, "person": person_id, "audits": audits[start : start + _MOST]}
        connection.execute(
            _seen_now(connection.dialect.name, wrote=wrote), {**named, "moment": now(), "how": how, "wrote": wrote}
        )


def insert_seen(session: Session, found: Any) -> None:
    """Insert these rows, a SELECT of all columns of has_seen in order; what is recorded already stays."""
    session.execute(insertion_of_seen(session.connection().dialect.name, found))


def insertion_of_seen(dialect: str, found: Any, *, wrote: bool = False) -> Any:
    """The statement that inserts these rows, a SELECT of all columns of has_seen in order."""
    new = dialect_named(dialect).insert(_SEEN).from_select([column.name for column in _SEEN.columns], found)
    if not wrote:
        return new.on_conflict_do_nothing()
    keys = [column.name for column in _SEEN.primary_key]
    return new.on_conflict_do_update(index_elements=keys, set_={"wrote": True})


# Made once: they run with every view and every save, and take longer to build than to run.
_OF_PERSON: Final = select(
    col(Audit.organisation_id),
    col(Audit.round_id),
    col(Audit.case_file_id),
    bindparam("person", type_=_SEEN.c.person_id.type),
    col(Audit.id),
    bindparam("moment", type_=_SEEN.c.first_seen_at.type),
    bindparam("how", type_=_SEEN.c.how.type),
    bindparam("wrote", type_=_SEEN.c.wrote.type),
).where(
    col(Audit.organisation_id) == bindparam("own"),
    is_among(col(Audit.id), "audits"),
    col(Audit.auditor_id) != bindparam("person", type_=_SEEN.c.person_id.type),
)


@cache
def _seen_now(dialect: str, *, wrote: bool) -> Any:
    return insertion_of_seen(dialect, _OF_PERSON, wrote=wrote)


def _note_round(
    session: Session, organisation_id: int, person_id: uuid.UUID, how: HowSeen, subject_id: uuid.UUID
) -> None:
    own_export = (col(Export.organisation_id) == organisation_id, col(Export.id) == subject_id)
    own_snapshot = (col(Snapshot.organisation_id) == organisation_id, col(Snapshot.id) == subject_id)
    found = select(
        col(Round.organisation_id),
        col(Round.id),
        literal(person_id, type_=_LISTED.c.person_id.type),
        literal(now(), type_=_LISTED.c.first_seen_at.type),
        literal(how, type_=_LISTED.c.how.type),
    ).where(
        col(Round.organisation_id) == organisation_id,
        or_(
            col(Round.id) == subject_id,
            col(Round.id).in_(select(col(Export.round_id)).where(*own_export)),
            col(Round.id).in_(select(col(Snapshot.round_id)).where(*own_snapshot)),
        ),
    )
    new = dialect_named(session.connection().dialect.name).insert(_LISTED)
    new = new.from_select([column.name for column in _LISTED.columns], found)
    session.execute(new.on_conflict_do_nothing())
