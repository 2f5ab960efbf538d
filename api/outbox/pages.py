"""The page of emails that could not be sent."""

import uuid
from typing import Annotated

from fastapi import Request
from starlette.responses import Response

from api.foundation.http.dependencies import Page, Transaction, reading, writing
from api.foundation.http.routing import Router
from api.foundation.outbox import queue as actions
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission

router = Router(include_in_schema=False)

ReadingWriter = Annotated[Transaction, reading(Permission.WRITE_OUTBOX)]
WritingWriter = Annotated[Transaction, writing(Permission.WRITE_OUTBOX)]


@router.get("/outbox")
def list_parked_messages(request: Request, acting: ReadingWriter, page: Page) -> Response:
    found = actions.list_parked(acting.session, by=acting.actor, limit=page.to_fetch, after=page.after_id)
    shown, after = page.cut(found, key=lambda each: each.message.id)
    return render(
        request,
        "outbox/list.html",
        acting=acting,
        parked=shown,
        after=after,
        first=page.after is None,
        waiting_since=actions.waiting_since(acting.session, by=acting.actor),
        sends_mail=bool(acting.settings.smtp_host),
    )


@router.post("/outbox/{message_id}/try-again")
def try_message_again(acting: WritingWriter, message_id: uuid.UUID) -> Response:
    actions.try_again(acting.session, message_id=message_id, by=acting.actor)
    return redirect(
        "/outbox",
        notice=("The email is being sent again. If sending fails permanently, the email returns to this list."),
    )


@router.post("/outbox/{message_id}/give-up")
def give_message_up(acting: WritingWriter, message_id: uuid.UUID) -> Response:
    actions.give_up_message(acting.session, message_id=message_id, by=acting.actor)
    return redirect("/outbox", notice="Email discarded. It will not be sent.")
