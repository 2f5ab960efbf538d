"""A person's own worklist, the audits that they submitted, and submitted audits of others that they may read."""

from typing import Annotated, Final

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from api.access.audits import may_read_every_audit
from api.audits.outcomes import outcomes_of
from api.audits.parts import STATE_COLOURS
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
# How many of the newest submitted audits are checked for something that their auditor still has to do.
MOST_CHECKED: Final = 200


@router.get("/audits")
def show_my_audits(request: Request, acting: Reader) -> Response:
    """The worklist: returned audits first, then submitted ones with something left to do, overdue ones, the rest."""
    actor = acting.actor
    if not actor.may(Permission.SCORE_AUDITS):
        return redirect("/rounds" if may_read_every_audit(actor) else "/audits/of-others")
    worklist = list_my_audits(acting.session, actor)
    returned = [item for item in worklist if item.audit.state is AuditState.RETURNED]
    overdue = [item for item in worklist if item.overdue and item not in returned]
    due = [item for item in worklist if item not in returned and item not in overdue]
    submitted = list_my_audits(acting.session, actor, submitted=True, limit=MOST_CHECKED)
    outcomes = outcomes_of(acting.session, [item.audit for item in submitted], by=actor)
    finished = [item for item in submitted if not outcomes[item.audit.id].is_due]
    return render(
        request,
        "audits/mine.html",
        acting=acting,
        sections=_parts(returned, overdue, due),
        to_finish=[item for item in submitted if outcomes[item.audit.id].is_due],
        outcomes=outcomes,
        colours=STATE_COLOURS,
        submitted=finished[:MOST_SUBMITTED_SHOWN],
        more_submitted=len(finished) > MOST_SUBMITTED_SHOWN,
        moderates=Role.MODERATOR in actor.roles,
    )


@router.get("/audits/handed-in")
def redirect_to_submitted(
    acting: Annotated[Transaction, reading(Permission.SCORE_AUDITS)],  # noqa: ARG001 - it says who may ask
) -> Response:
    """The earlier path of the list of submitted audits."""
    return RedirectResponse("/audits/submitted", 308)


@router.get("/audits/submitted")
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
        outcomes=outcomes_of(acting.session, [each.audit for each in shown], by=acting.actor),
        colours=STATE_COLOURS,
        list_path="/audits/of-others" if of_others else "/audits/submitted",
    )
