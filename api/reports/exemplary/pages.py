"""What auditors of a round marked as exemplary practice, as a page."""

import uuid
from typing import Annotated

from fastapi import Request
from starlette.responses import Response

from api.foundation.http.dependencies import Page, Transaction, heavy_reading
from api.foundation.http.routing import Router
from api.foundation.pages.rendering import render
from api.foundation.permissions import Permission
from api.foundation.problems import is_allowed
from api.reports.exemplary.queries import check_can_read_exemplary, list_exemplary, template_of_round
from api.rounds import actions as rounds
from api.rounds.hooks import ShownRound, Step
from models import RoundState

router = Router(include_in_schema=False)


@router.get("/rounds/{round_id}/exemplary")
def show_exemplary(
    request: Request,
    acting: Annotated[Transaction, heavy_reading(Permission.READ_REPORTS)],
    round_id: uuid.UUID,
    page: Page,
) -> Response:
    found = list_exemplary(acting.session, round_id=round_id, limit=page.to_fetch, after=page.after_id, by=acting.actor)
    shown, after = page.cut(found, key=lambda each: each.audit_id)
    return render(
        request,
        "reports/exemplary/exemplary.html",
        acting=acting,
        audit_round=rounds.find_round(acting.session, round_id=round_id, by=acting.actor),
        found=shown,
        after=after,
        first=page.after is None,
    )


def exemplary(seen: ShownRound) -> Step | None:
    """The step of reading what is marked, in a round whose template asks."""
    if seen.round.state is RoundState.PLANNED or not is_allowed(check_can_read_exemplary, by=seen.actor):
        return None
    template = template_of_round(seen.session, seen.round)
    if template is None or not template.further.strengths:
        return None
    return Step("Exemplary practice", f"/rounds/{seen.round.id}/exemplary", 7)
