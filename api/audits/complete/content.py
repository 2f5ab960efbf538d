"""What the event of a complete audit says of its content: hashed from the rows at hand, before anybody waits for it."""

import uuid
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

from api.audits.complete.known import CompleteAudit
from api.foundation.permissions import Actor
from models.evidence.kept import parts_by_kind
from models.evidence.kept_audits import AUDIT, BLINDNESS
from models.evidence.sealing import content_at_hand

KIND: Final = "audit.recorded"
# Of an audit that was just recorded: the columns that its row leaves to the database.
_NOT_YET: Final[Mapping[str, Any]] = {"withdrawn_at": None, "signature": "", "signed_at": None, "signed_by_id": None}


def content_of(organisation_id: int, audit_id: uuid.UUID, tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """The hashes of a complete audit, from its rows by table. If `tables` has no record of its blindness, that is not
    known yet, and is hashed later.
    """
    (row,) = tables["audit"]
    parts = _parts(with_blindness=bool(tables["blind_record"]))
    return content_at_hand(AUDIT, organisation_id, audit_id, {**tables, "audit": [{**_NOT_YET, **row}]}, parts)


@cache
def _parts(*, with_blindness: bool) -> frozenset[str]:
    ((_, parts),) = parts_by_kind()[KIND]
    return frozenset(part.name for part in parts if with_blindness or part.name != BLINDNESS)


def recorded_by(audit: CompleteAudit, by: Actor) -> dict[str, list[dict[str, Any]]]:
    """The row with which the event of a new audit says that this person recorded it: see `having_seen`."""
    if by.person_id is None or by.person_id == audit.auditor_id:
        return {}
    return {"has_seen": [{"person_id": by.person_id}]}
