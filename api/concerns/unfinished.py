"""Open concerns of a round: while there is one, the round cannot be closed."""

import uuid
from typing import Final

from sqlalchemy import func, select
from sqlmodel import Session, col

from api.access.blindness import visible_under_blind_reading
from api.concerns.queries import OPEN
from api.rounds.hooks import Unfinished, UnfinishedItem, UnfinishedKind
from models import Audit, CaseFile, Person, Round, UrgentConcern
from models.storage.joins import linked


def find_open_concerns(session: Session, audit_round: Round, person_id: uuid.UUID | None, named: int) -> Unfinished:
    """The concerns of a round that are not closed, each by its case and the person who was asked to act."""
    query = (
        select(col(UrgentConcern.id), col(CaseFile.reference), col(Person.name))
        .select_from(UrgentConcern)
        .join(Audit, linked(Audit.id, UrgentConcern.audit_id))
        .join(CaseFile, linked(CaseFile.id, Audit.case_file_id))
        .join(Person, linked(Person.id, UrgentConcern.person_id))
        .where(
            col(Audit.organisation_id) == audit_round.organisation_id,
            col(Audit.round_id) == audit_round.id,
            col(UrgentConcern.state).in_(OPEN),
            visible_under_blind_reading(person_id),
        )
    )
    number = int(session.execute(select(func.count()).select_from(query.subquery())).scalar_one())
    if not named or not number:
        return Unfinished(number)
    rows = session.execute(query.order_by(col(UrgentConcern.id)).limit(named))
    return Unfinished(
        number,
        tuple(UnfinishedItem(f"{row.reference}, {row.name} asked to act", f"/concerns/{row.id}") for row in rows),
    )


OPEN_CONCERNS: Final = UnfinishedKind(
    "open-concerns",
    "urgent concern still open",
    "urgent concerns still open",
    1,
    find_open_concerns,
    refusal="This round has an open urgent concern. Record what was done and close the concern first.",
)
