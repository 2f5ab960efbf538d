"""The audits of one round, for quality leads."""

import uuid
from typing import Annotated

from fastapi import Query, Request
from starlette.responses import Response

from api.access.blindness import reading_shown
from api.audits import queries
from api.audits.parts import STATE_COLOURS
from api.foundation.http.dependencies import Page, Transaction, reading
from api.foundation.http.routing import Router
from api.foundation.pages.rendering import render
from api.foundation.permissions import Permission
from api.rounds import actions as rounds
from api.rounds.progress import auditors_of, progress_of
from models import AuditState

router = Router(include_in_schema=False)


@router.get("/rounds/{round_id}/audits")
def list_audits(
    request: Request,
    acting: Annotated[Transaction, reading(Permission.ALLOCATE_AUDITS)],
    round_id: uuid.UUID,
    page: Page,
    auditor: Annotated[str, Query(max_length=40, description="Only audits by this person.")] = "",
    state: Annotated[str, Query(max_length=40, description="Only audits in this state.")] = "",
    reference: Annotated[str, Query(max_length=80, description="Only audits with this in their reference.")] = "",
) -> Response:
    """Empty values of auditor and state mean no filter: a form always sends its empty fields."""
    session = acting.session
    audit_round = rounds.find_round(session, round_id=round_id, by=acting.actor)
    auditors = auditors_of(session, audit_round, by=acting.actor)
    chosen = next((identifier for identifier in auditors if str(identifier) == auditor), None)
    found = queries.audits_of_round(
        session,
        audit_round,
        by=acting.actor,
        limit=page.to_fetch,
        after=page.after_id,
        auditor_id=chosen,
        state=AuditState(state) if state in set(AuditState) else None,
        reference=reference,
    )
    shown, after = page.cut(found, key=lambda each: each.Audit.id)
    return render(
        request,
        "audits/of_round.html",
        acting=acting,
        audit_round=audit_round,
        found=shown,
        second={row.Audit.id for row in shown if reading_shown(acting.actor, row.Audit) == 2},
        colours=STATE_COLOURS,
        auditors=[{"value": str(identifier), "text": name} for identifier, name in auditors.items()],
        states=[{"value": each.value, "text": each.label} for each in AuditState],
        chosen={"auditor": "" if chosen is None else str(chosen), "state": state, "reference": reference},
        progress=progress_of(session, audit_round, by=acting.actor),
        after=after,
        first=page.after is None,
    )
