"""The state of the daily backup over REST."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from api.backup.seen import last_seen
from api.foundation.http.dependencies import Transaction, reading
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from models import now

router = Router(prefix="/backups", tags=["Backups"])


class BackupsOut(BaseModel):
    made_daily: Annotated[bool, Field(description="Whether the service makes a backup every day.")]
    newest_at: Annotated[datetime | None, Field(description="Null: there is none, or the service makes none.")]
    missing: Annotated[
        bool | None,
        Field(
            description="Whether there is none, or the newest is more than 36 hours old. Null: in the first minute "
            "after the start of the service."
        ),
    ]
    problem: Annotated[str, Field(description="Why the last attempt failed; empty when it did not.")]


@router.get("", response_model=BackupsOut)
def show_backups(acting: Annotated[Transaction, reading(Permission.VERIFY_EVIDENCE)]) -> BackupsOut:
    """The newest backup that the service made, as it saw the folder within the last minute."""
    is_made = acting.settings.backup_folder is not None
    state = last_seen(acting.settings)
    if state is None:
        return BackupsOut(made_daily=is_made, newest_at=None, missing=None if is_made else False, problem="")
    is_missing = state.is_missing(now())
    return BackupsOut(made_daily=is_made, newest_at=state.newest, missing=is_missing, problem=state.problem)
