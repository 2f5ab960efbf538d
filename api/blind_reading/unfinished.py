"""Unfinished work of a round that waits for two readers: double readings that are not settled."""

from typing import Final

from sqlalchemy import ColumnElement, select
from sqlmodel import col

from api.rounds.hooks import UnfinishedKind
from api.rounds.unfinished import find_audits
from checklists.audits.audit_states import SUBMITTED_STATES, AuditState
from models import Audit
from models.storage.joins import linked, table_alias

_OTHER: Final = table_alias(Audit)


def other_is_submitted() -> ColumnElement[bool]:
    """The condition that the other reading of an audit's case is submitted too."""
    return (
        select(col(_OTHER.id))
        .where(
            linked(_OTHER.round_id, Audit.round_id),
            col(_OTHER.case_file_id) == col(Audit.case_file_id),
            col(_OTHER.id) != col(Audit.id),
            col(_OTHER.state).in_(SUBMITTED_STATES),
        )
        .exists()
    )


# The agreement is recorded with the first reading. One that is in moderation is counted as that.
UNSETTLED: Final = UnfinishedKind(
    "unsettled",
    "double reading not agreed",
    "double readings not agreed",
    50,
    find_audits(
        col(Audit.reading) == 1,
        col(Audit.state) == AuditState.SUBMITTED,
        other_is_submitted(),
        path="/audits/{}/pair",
        describe=lambda row: str(row.reference),
    ),
)
