"""What the auditors of a round conclude, as a page."""

import uuid
from typing import Annotated

from fastapi import Query, Request
from starlette.responses import Response

from api.foundation.http.dependencies import Page, Transaction, heavy_reading
from api.foundation.http.routing import Router
from api.foundation.pages.rendering import render
from api.foundation.permissions import Permission
from api.reports.conclusions.queries import list_conclusions
from api.rounds import actions as rounds
from checklists.audits.conclusion import ConclusionPart

router = Router(include_in_schema=False)


@router.get("/rounds/{round_id}/conclusions")
def show_conclusions(
    request: Request,
    acting: Annotated[Transaction, heavy_reading(Permission.READ_REPORTS)],
    round_id: uuid.UUID,
    page: Page,
    part: Annotated[
        str, Query(max_length=20, description="Return only audits with this part, and only this part.")
    ] = "",
) -> Response:
    """All parts, or one; a part that does not exist is read as all."""
    chosen = next((each for each in ConclusionPart if each.value == part), None)
    found = list_conclusions(
        acting.session, round_id=round_id, part=chosen, limit=page.to_fetch, after=page.after_id, by=acting.actor
    )
    shown, after = page.cut(found, key=lambda each: each.audit_id)
    return render(
        request,
        "reports/conclusions/conclusions.html",
        acting=acting,
        audit_round=rounds.find_round(acting.session, round_id=round_id, by=acting.actor),
        found=[
            (each, {key: text for key, text in each.texts.items() if chosen is None or key is chosen}) for each in shown
        ],
        chosen=chosen,
        choices=[{"value": each.value, "text": each.label} for each in ConclusionPart],
        after=after,
        first=page.after is None,
    )
