"""The page of a person's notices, and the newest of them on their home page."""

import uuid
from typing import Annotated, Final

from fastapi import Request
from starlette.responses import Response

from api.foundation.http.dependencies import Page, Transaction, reading, writing
from api.foundation.http.routing import Router
from api.foundation.pages.menu import Fragment, PageContext
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.notices import actions, paging
from api.notices.queries import visible_notices
from api.people.key_holder.queries import key_holder_of

router = Router(include_in_schema=False)

Reader = Annotated[Transaction, reading(Permission.OWN_ACCOUNT)]
Writer = Annotated[Transaction, writing(Permission.OWN_ACCOUNT)]
MOST_ON_HOME_PAGE: Final = 5


@router.get("/notices")
def list_notices(request: Request, acting: Reader, page: Page) -> Response:
    found = visible_notices(acting.session, by=acting.actor, before=paging.place_of(page), limit=page.to_fetch)
    shown, after = page.cut(found, key=paging.key_of)
    return render(
        request,
        "notices/list.html",
        acting=acting,
        found=shown,
        after=after,
        first=page.after is None,
        kept_days=actions.KEPT.days,
        key_holder=key_holder_of(acting.session, acting.actor.organisation_id),
        may_read_cases=acting.actor.may(Permission.READ_CASE_FILES),
    )


@router.post("/notices/{notice_id}/read")
def open_notice(acting: Writer, notice_id: uuid.UUID) -> Response:
    """Mark a notice as read, and go to what it is about."""
    return redirect(actions.mark_read(acting.session, notice_id=notice_id, by=acting.actor).path)


@router.post("/notices/read-all")
def mark_all_read(acting: Writer) -> Response:
    actions.mark_all_read(acting.session, by=acting.actor)
    return redirect("/notices", notice="All notices marked as read.")


def on_home_page(page: PageContext) -> Fragment | None:
    """The newest unread notices, on the person's home page."""
    if page.session is None or page.actor is None or page.path != "/":
        return None
    unread = visible_notices(page.session, by=page.actor, unread=True)
    if not unread:
        return None
    return Fragment("notices/_on_home_page.html", {"notices": unread[:MOST_ON_HOME_PAGE], "unread": len(unread)})
