"""Which cases of a round have been read twice, and whether their readings are agreed."""

import uuid
from dataclasses import dataclass

from sqlalchemy import select
from sqlmodel import Session, col

from api.access.audits import may_read_every_audit
from api.access.blindness import visible_under_blind_reading
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import NotAllowed
from checklists.audits.audit_states import AGREED_STATES, SUBMITTED_STATES
from models import Audit, CaseFile, Person, Round
from models.storage.joins import linked, table_alias

MOST_PAIRS = 1000


@dataclass(frozen=True, slots=True)
class DoubleReadingLine:
    """A case with both readings submitted. `differing`: in how many themes they differ."""

    audit_id: uuid.UUID
    reference: str
    first: str
    second: str
    differing: int
    is_agreed: bool


_SECOND, _READER, _OTHER = table_alias(Audit), table_alias(Person), table_alias(Person)


def list_double_readings(session: Session, audit_round: Round, *, by: Actor) -> list[DoubleReadingLine]:
    """The cases of the round with both readings submitted, starting with those not agreed yet."""
    check_may(by, Permission.READ_REPORTS)
    if not may_read_every_audit(by):
        raise NotAllowed("You can only see which cases are read twice if you have permission to read all audits.")
    rows = session.execute(
        select(
            col(Audit.id),
            col(CaseFile.reference),
            col(_READER.name),
            col(_OTHER.name).label("other"),
            col(Audit.answers),
            col(_SECOND.answers).label("others"),
            col(Audit.state),
        )
        .join(
            _SECOND,
            linked(_SECOND.round_id, Audit.round_id)
            & (col(_SECOND.case_file_id) == col(Audit.case_file_id))
            & (col(_SECOND.reading) == 2),
        )
        .join(CaseFile, linked(CaseFile.id, Audit.case_file_id))
        .join(_READER, linked(_READER.id, Audit.auditor_id))
        .join(_OTHER, linked(_OTHER.id, _SECOND.auditor_id))
        .where(
            col(Audit.organisation_id) == audit_round.organisation_id,
            col(Audit.round_id) == audit_round.id,
            col(Audit.reading) == 1,
            col(Audit.state).in_(SUBMITTED_STATES),
            col(_SECOND.state).in_(SUBMITTED_STATES),
            visible_under_blind_reading(by.person_id),
        )
        .order_by(col(Audit.state).in_(AGREED_STATES), col(CaseFile.reference))
        .limit(MOST_PAIRS)
    )
    return [
        DoubleReadingLine(
            row.id,
            row.reference,
            row.name,
            row.other,
            sum(one != another for one, another in zip(row.answers, row.others, strict=False)),
            row.state in AGREED_STATES,
        )
        for row in rows
    ]
