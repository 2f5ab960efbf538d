"""Unfinished work of a round that waits for auditors: audits not submitted, and audits returned."""

from typing import Final

from sqlmodel import col

from api.access.people import can_still
from api.foundation.permissions import Permission
from api.rounds.hooks import UnfinishedKind
from api.rounds.unfinished import find_audits
from checklists.audits.audit_states import AuditState
from models import Audit

_HAS_AN_AUDITOR: Final = can_still(Audit.auditor_id, Permission.SCORE_AUDITS)

NOT_SUBMITTED: Final = UnfinishedKind(
    "not-submitted",
    "audit not submitted",
    "audits not submitted",
    10,
    find_audits(col(Audit.state) == AuditState.DRAFT, _HAS_AN_AUDITOR),
)
RETURNED: Final = UnfinishedKind(
    "returned",
    "audit returned and not submitted again",
    "audits returned and not submitted again",
    20,
    find_audits(col(Audit.state) == AuditState.RETURNED, _HAS_AN_AUDITOR),
)
