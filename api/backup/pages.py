"""The page that says when the newest backup was made."""

from typing import Annotated

from fastapi import Request
from starlette.responses import Response

from api.backup.seen import last_seen
from api.backup.watching import since_in_words
from api.foundation.http.dependencies import Transaction, reading
from api.foundation.http.routing import Router
from api.foundation.pages.rendering import render
from api.foundation.permissions import Permission
from models import now

router = Router(include_in_schema=False)


@router.get("/backups")
def show_backups(request: Request, acting: Annotated[Transaction, reading(Permission.VERIFY_EVIDENCE)]) -> Response:
    state = last_seen(acting.settings)
    return render(
        request,
        "backup/state.html",
        acting=acting,
        is_made=acting.settings.backup_folder is not None,
        state=state,
        missing=since_in_words(state.newest) if state is not None and state.is_missing(now()) else "",
    )
