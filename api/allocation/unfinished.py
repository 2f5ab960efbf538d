"""Unfinished work of a round that nobody can do as it is: audits of people who left, and cases that nobody reads."""

import uuid
from typing import Final

from sqlmodel import Session, col

from api.access.people import can_still
from api.allocation.queries import count_unallocated, first_unallocated
from api.foundation.permissions import Permission
from api.rounds.hooks import Unfinished, UnfinishedItem, UnfinishedKind
from api.rounds.unfinished import find_audits
from checklists.audits.audit_states import EDITABLE_STATES
from models import Audit, Round

WITHOUT_AUDITOR: Final = UnfinishedKind(
    "without-auditor",
    "audit allocated to a person who can no longer sign in or is no longer an auditor",
    "audits allocated to people who can no longer sign in or are no longer auditors",
    30,
    find_audits(col(Audit.state).in_(EDITABLE_STATES), ~can_still(Audit.auditor_id, Permission.SCORE_AUDITS)),
)


def find_unallocated(session: Session, audit_round: Round, _: uuid.UUID | None, named: int) -> Unfinished:
    """The sampled cases that nobody reads: blind reading hides none of them."""
    number = count_unallocated(session, audit_round)
    if not named or not number:
        return Unfinished(number)
    path = f"/rounds/{audit_round.id}/proposal"
    references = first_unallocated(session, audit_round, limit=named)
    return Unfinished(number, tuple(UnfinishedItem(reference, path) for reference in references))


UNALLOCATED: Final = UnfinishedKind(
    "unallocated",
    "sampled case not allocated",
    "sampled cases not allocated",
    40,
    find_unallocated,
)
