"""An auditor's desk, what they have handed in, and what others have submitted for moderators to read."""

import uuid
from dataclasses import dataclass
from typing import Annotated

from fastapi import Request
from sqlmodel import Session, col, select
from starlette.responses import Response

from api.access.audits import may_read_every_audit, readable_audits
from api.audits.worklists import DeskItem, desk_of
from api.foundation.http.dependencies import Acting, Page, PageQuery, reading
from api.foundation.http.routing import Router
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Actor, Permission
from checklists.audit_states import HANDED_IN
from models import Audit, AuditState, CaseFile, Person, Role, Round

router = Router(include_in_schema=False)

Reader = Annotated[Acting, reading(Permission.READ_AUDITS)]
HANDED_IN_SHOWN = 10


@dataclass(frozen=True, slots=True)
class SubmittedAudit:
    audit: Audit
    reference: str
    round_title: str
    auditor: str


@router.get("/audits")
def show_desk(request: Request, acting: Reader) -> Response:
    """What is to do: returned audits first, then the overdue ones, then the rest by their due date."""
    actor = acting.actor
    if not actor.may(Permission.SCORE_AUDITS):
        return redirect("/rounds" if may_read_every_audit(actor) else "/audits/of-others")
    desk = desk_of(acting.session, actor)
    returned = [item for item in desk if item.audit.state is AuditState.RETURNED]
    overdue = [item for item in desk if item.overdue and item not in returned]
    due = [item for item in desk if item not in returned and item not in overdue]
    handed_in = desk_of(acting.session, actor, handed_in=True, limit=HANDED_IN_SHOWN + 1)
    return render(
        request,
        "audits/mine.html",
        acting=acting,
        parts_of_desk=_parts(returned, overdue, due),
        handed_in=handed_in[:HANDED_IN_SHOWN],
        more_handed_in=len(handed_in) > HANDED_IN_SHOWN,
        moderates=Role.MODERATOR in actor.roles,
    )


@router.get("/audits/handed-in")
def list_handed_in(
    request: Request, acting: Annotated[Acting, reading(Permission.SCORE_AUDITS)], page: Page
) -> Response:
    """The audits that this auditor has submitted, of every round."""
    return _list(request, acting, page, of_others=False)


@router.get("/audits/of-others")
def list_of_others(request: Request, acting: Reader, page: Page) -> Response:
    """The submitted audits of other people that this person may read."""
    return _list(request, acting, page, of_others=True)


def _parts(
    returned: list[DeskItem], overdue: list[DeskItem], due: list[DeskItem]
) -> list[tuple[str, str, list[DeskItem]]]:
    parts = [("returned", "Returned to you", returned), ("overdue", "Overdue", overdue), ("due", "To do", due)]
    return [part for part in parts if part[2]]


def _list(request: Request, acting: Acting, page: PageQuery, *, of_others: bool) -> Response:
    found = _submitted(acting.session, acting.actor, page, of_others=of_others)
    shown = found[: page.limit]
    return render(
        request,
        "audits/list.html",
        acting=acting,
        found=shown,
        after=str(shown[-1].audit.id) if len(found) > page.limit else None,
        first=page.after is None,
        of_others=of_others,
        list_path="/audits/of-others" if of_others else "/audits/handed-in",
    )


def _submitted(session: Session, actor: Actor, page: PageQuery, *, of_others: bool) -> list[SubmittedAudit]:
    """A page of submitted audits, those allocated last first, and one more if there are more."""
    after: uuid.UUID | None = page.after_id
    own = col(Audit.auditor_id) == actor.person_id
    query = (
        select(Audit, CaseFile.reference, Round.title, Person.name)
        .join(
            CaseFile,
            (col(CaseFile.organisation_id) == col(Audit.organisation_id))
            & (col(CaseFile.id) == col(Audit.case_file_id)),
        )
        .join(
            Round, (col(Round.organisation_id) == col(Audit.organisation_id)) & (col(Round.id) == col(Audit.round_id))
        )
        .join(
            Person,
            (col(Person.organisation_id) == col(Audit.organisation_id)) & (col(Person.id) == col(Audit.auditor_id)),
        )
        .where(
            readable_audits(actor),
            col(Audit.organisation_id) == actor.organisation_id,
            ~own if of_others else own,
            col(Audit.state).in_(HANDED_IN),
        )
        .order_by(col(Audit.id).desc())
    )
    if after is not None:
        query = query.where(col(Audit.id) < after)
    return [SubmittedAudit(*row) for row in session.exec(query.limit(page.limit + 1))]
