"""What the event of a complete audit says of its content: hashed from the rows at hand, before anybody waits for it."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final

from models.evidence.kept import parts_by_kind
from models.evidence.kept_audits import AUDIT, BLINDNESS
from models.evidence.sealing import content_at_hand

KIND: Final = "audit.recorded"
# Of an audit that was just recorded: the columns that its row leaves to the database.
_NOT_YET: Final[Mapping[str, Any]] = {"withdrawn_at": None, "signature": "", "signed_at": None, "signed_by_id": None}


def content_of(organisation_id: int, audit_id: uuid.UUID, tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """The hashes of a complete audit, from its rows by table. Its blindness is not known yet, and hashed when it is."""
    ((_, parts),) = parts_by_kind()[KIND]
    (row,) = tables["audit"]
    return content_at_hand(
        AUDIT,
        organisation_id,
        audit_id,
        {**tables, "audit": [{**_NOT_YET, **row}]},
        [part.name for part in parts if part.name != BLINDNESS],
    )
