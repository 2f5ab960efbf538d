"""The audits of one round, for those who lead it."""

import uuid
from typing import Annotated, Any

from fastapi import Query, Request
from sqlalchemy import select
from sqlmodel import col
from starlette.responses import Response

from api.access.blindness import reading_shown, seen_by
from api.audits.parts import STATE_COLOURS
from api.foundation.http.dependencies import Acting, Page, reading
from api.foundation.http.routing import Router
from api.foundation.pages.rendering import render
from api.foundation.permissions import Permission
from api.rounds import actions as rounds
from api.rounds.progress import auditors_of
from models import Audit, AuditState, CaseFile, Person

router = Router(include_in_schema=False)


@router.get("/rounds/{round_id}/audits")
def list_audits(
    request: Request,
    acting: Annotated[Acting, reading(Permission.ALLOCATE_AUDITS)],
    round_id: uuid.UUID,
    page: Page,
    auditor: Annotated[str, Query(max_length=40, description="Only this person's.")] = "",
    state: Annotated[str, Query(max_length=40, description="Only those in this state.")] = "",
) -> Response:
    """Choices that name nobody and no state are read as no choice: a form always sends its empty fields."""
    session = acting.session
    standing = rounds.find(session, round_id=round_id, by=acting.actor)
    auditors = auditors_of(session, standing, by=acting.actor)
    query: Any = (
        select(Audit, col(CaseFile.reference), col(Person.name).label("auditor"))
        .join(
            CaseFile,
            (col(CaseFile.organisation_id) == col(Audit.organisation_id))
            & (col(CaseFile.id) == col(Audit.case_file_id)),
        )
        .join(
            Person,
            (col(Person.organisation_id) == col(Audit.organisation_id)) & (col(Person.id) == col(Audit.auditor_id)),
        )
        .where(
            col(Audit.organisation_id) == standing.organisation_id,
            col(Audit.round_id) == standing.id,
            seen_by(acting.actor.person_id),
        )
        .order_by(col(Audit.id))
    )
    chosen = next((identifier for identifier in auditors if str(identifier) == auditor), None)
    if chosen is not None:
        query = query.where(col(Audit.auditor_id) == chosen)
    if state in set(AuditState):
        query = query.where(col(Audit.state) == AuditState(state))
    if page.after_id is not None:
        query = query.where(col(Audit.id) > page.after_id)
    found = session.execute(query.limit(page.limit + 1)).all()
    shown = found[: page.limit]
    return render(
        request,
        "audits/of_round.html",
        acting=acting,
        standing=standing,
        found=shown,
        second={row.Audit.id for row in shown if reading_shown(acting.actor, row.Audit) == 2},
        colours=STATE_COLOURS,
        auditors=[{"value": str(identifier), "text": name} for identifier, name in auditors.items()],
        states=[{"value": each.value, "text": each.label} for each in AuditState],
        chosen={"auditor": "" if chosen is None else str(chosen), "state": state},
        after=str(shown[-1].Audit.id) if len(found) > page.limit else None,
        first=page.after is None,
    )
