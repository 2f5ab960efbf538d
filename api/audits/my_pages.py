"""An auditor's desk, what they have handed in, and what others have submitted for moderators to read."""

from typing import Annotated

from fastapi import Request
from starlette.responses import Response

from api.access.audits import may_read_every_audit
from api.audits.queries import submitted_audits
from api.audits.worklists import WorklistItem, list_my_audits
from api.foundation.http.dependencies import Page, PageQuery, Transaction, reading
from api.foundation.http.routing import Router
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from models import AuditState, Role

router = Router(include_in_schema=False)

Reader = Annotated[Transaction, reading(Permission.READ_AUDITS)]
MOST_SUBMITTED_SHOWN = 10


@router.get("/audits")
def show_my_audits(request: Request, acting: Reader) -> Response:
    """What is to do: returned audits first, then the overdue ones, then the rest by their due date."""
    actor = acting.actor
    if not actor.may(Permission.SCORE_AUDITS):
        return redirect("/rounds" if may_read_every_audit(actor) else "/audits/of-others")
    desk = list_my_audits(acting.session, actor)
    returned = [item for item in desk if item.audit.state is AuditState.RETURNED]
    overdue = [item for item in desk if item.overdue and item not in returned]
    due = [item for item in desk if item not in returned and item not in overdue]
    handed_in = list_my_audits(acting.session, actor, handed_in=True, limit=MOST_SUBMITTED_SHOWN + 1)
    return render(
        request,
        "audits/mine.html",
        acting=acting,
        sections=_parts(returned, overdue, due),
        handed_in=handed_in[:MOST_SUBMITTED_SHOWN],
        more_handed_in=len(handed_in) > MOST_SUBMITTED_SHOWN,
        moderates=Role.MODERATOR in actor.roles,
    )


@router.get("/audits/handed-in")
def list_submitted(
    request: Request, acting: Annotated[Transaction, reading(Permission.SCORE_AUDITS)], page: Page
) -> Response:
    """The audits that this auditor has submitted, of every round."""
    return _list(request, acting, page, of_others=False)


@router.get("/audits/of-others")
def list_of_others(request: Request, acting: Reader, page: Page) -> Response:
    """The submitted audits of other people that this person may read."""
    return _list(request, acting, page, of_others=True)


def _parts(
    returned: list[WorklistItem], overdue: list[WorklistItem], due: list[WorklistItem]
) -> list[tuple[str, str, list[WorklistItem]]]:
    parts = [("returned", "Returned to you", returned), ("overdue", "Overdue", overdue), ("due", "To do", due)]
    return [part for part in parts if part[2]]


def _list(request: Request, acting: Transaction, page: PageQuery, *, of_others: bool) -> Response:
    found = submitted_audits(
        acting.session, by=acting.actor, limit=page.to_fetch, after=page.after_id, of_others=of_others
    )
    shown, after = page.cut(found, key=lambda each: each.audit.id)
    return render(
        request,
        "audits/list.html",
        acting=acting,
        found=shown,
        after=after,
        first=page.after is None,
        of_others=of_others,
        list_path="/audits/of-others" if of_others else "/audits/handed-in",
    )
