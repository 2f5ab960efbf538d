"""The page of an audit's history."""

import uuid
from typing import Annotated

from fastapi import Request
from starlette.responses import Response

from api.audits.hooks import AuditLink, ShownAudit
from api.foundation.http.dependencies import Page, Transaction, reading
from api.foundation.http.routing import Router
from api.foundation.pages.rendering import render
from api.foundation.permissions import Permission
from api.trail.history.queries import history_of_audit

router = Router(include_in_schema=False)


@router.get("/audits/{audit_id}/history")
def show_history(
    request: Request, acting: Annotated[Transaction, reading(Permission.READ_AUDITS)], audit_id: uuid.UUID, page: Page
) -> Response:
    found = history_of_audit(
        acting.session, audit_id=audit_id, by=acting.actor, limit=page.to_fetch, before=page.after_number
    )
    shown, after = page.cut(found, key=lambda each: each.number)
    return render(
        request,
        "trail/history/history.html",
        acting=acting,
        lines=shown,
        audit_path=f"/audits/{audit_id}",
        after=after,
        first=page.after is None,
    )


def link_to_history(seen: ShownAudit) -> AuditLink:
    """The link to the history of an audit."""
    return AuditLink("History of this audit", f"/audits/{seen.found.audit.id}/history")
