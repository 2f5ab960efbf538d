"""Who is still to be told by e-mail that there is an urgent concern: each told once."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import update
from sqlmodel import col, select

from models import ConcernNotice, ConcernState, Person, UrgentConcern, now
from models.database import Database, rows_changed


@dataclass(frozen=True, slots=True)
class DueNotice:
    """Whom to tell. Nothing of a case, and no word that anybody wrote."""

    organisation_id: int
    concern_id: uuid.UUID
    person_id: uuid.UUID
    email: str


def due(database: Database) -> Sequence[DueNotice]:
    """Everybody who is to be told of a concern that nobody has acknowledged: of every organisation."""
    with database.reading() as session:
        rows = session.exec(
            select(ConcernNotice.organisation_id, ConcernNotice.concern_id, ConcernNotice.person_id, Person.email)
            .join(
                UrgentConcern,
                (col(UrgentConcern.organisation_id) == col(ConcernNotice.organisation_id))
                & (col(UrgentConcern.id) == col(ConcernNotice.concern_id)),
            )
            .join(
                Person,
                (col(Person.organisation_id) == col(ConcernNotice.organisation_id))
                & (col(Person.id) == col(ConcernNotice.person_id)),
            )
            .where(
                col(ConcernNotice.sent_at).is_(None),
                col(UrgentConcern.state) == ConcernState.RAISED,
                col(Person.active),
            )
            .order_by(col(ConcernNotice.made_at))
        ).all()
    return [DueNotice(*row) for row in rows]


def take(database: Database, notice: DueNotice) -> bool:
    """Take an e-mail on, so that no other server process sends it; False when another has."""
    return _mark(database, notice, sent=True)


def give_back(database: Database, notice: DueNotice) -> None:
    """It could not be sent: let it be tried again later."""
    _mark(database, notice, sent=False)


def _mark(database: Database, notice: DueNotice, *, sent: bool) -> bool:
    stands = col(ConcernNotice.sent_at).is_(None) if sent else col(ConcernNotice.sent_at).is_not(None)
    with database.writing() as session:
        return bool(
            rows_changed(
                session,
                update(ConcernNotice)
                .where(
                    col(ConcernNotice.organisation_id) == notice.organisation_id,
                    col(ConcernNotice.concern_id) == notice.concern_id,
                    col(ConcernNotice.person_id) == notice.person_id,
                    stands,
                )
                .values(sent_at=now() if sent else None),
            )
        )
