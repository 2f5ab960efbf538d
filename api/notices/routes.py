"""Notices over REST: one's own, and marking them as read."""

import uuid
from datetime import datetime
from typing import Annotated, Self

from fastapi import Query
from pydantic import BaseModel, Field

from api.foundation.http.dependencies import Page, Transaction, reading, writing
from api.foundation.http.problem_details import refusals
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.notices import actions, paging
from api.notices.kinds import Subject
from api.notices.queries import ShownNotice, visible_notices
from models import NoticeKind

router = Router(prefix="/notices", tags=["Notices"])

Reader = Annotated[Transaction, reading(Permission.OWN_ACCOUNT)]
Writer = Annotated[Transaction, writing(Permission.OWN_ACCOUNT)]


class NoticeOut(BaseModel):
    """A notice for you. Its text includes a round title or a case file reference, but no answers."""

    id: uuid.UUID
    kind: NoticeKind
    subject: Annotated[Subject, Field(description="The type of record that `subject_id` identifies.")]
    subject_id: uuid.UUID
    number: Annotated[
        int, Field(description="Number of audits, cases, comments, themes or changed answers that the notice is about.")
    ]
    text: str
    path: Annotated[str, Field(description="The page that shows what the notice is about.")]
    made_at: datetime
    read_at: datetime | None

    @classmethod
    def of(cls, found: ShownNotice) -> Self:
        own = ("id", "kind", "subject_id", "number", "made_at", "read_at")
        return cls(
            subject=found.kind.subject,
            text=found.text,
            path=found.path,
            **{name: getattr(found.notice, name) for name in own},
        )


class NoticeList(BaseModel):
    items: list[NoticeOut]
    after: str | None


class NoticesRead(BaseModel):
    read: Annotated[int, Field(description="Number of notices that were unread.")]


@router.get("", response_model=NoticeList)
def list_notices(
    acting: Reader, page: Page, unread: Annotated[bool, Query(description="Return only unread notices.")] = False
) -> NoticeList:
    """Your own notices, newest first. Notices are kept for 90 days."""
    found = visible_notices(
        acting.session, by=acting.actor, unread=unread, before=paging.place_of(page), limit=page.to_fetch
    )
    shown, after = page.cut(found, key=paging.key_of)
    return NoticeList(items=[NoticeOut.of(each) for each in shown], after=after)


@router.post("/read-all", response_model=NoticesRead)
def mark_all_notices_read(acting: Writer) -> NoticesRead:
    """Mark all your notices as read."""
    return NoticesRead(read=actions.mark_all_read(acting.session, by=acting.actor))


@router.post("/{notice_id}/read", response_model=NoticeOut, responses=refusals(404))
def mark_notice_read(acting: Writer, notice_id: uuid.UUID) -> NoticeOut:
    """Mark a notice as read. Repeating the request changes nothing."""
    return NoticeOut.of(actions.mark_read(acting.session, notice_id=notice_id, by=acting.actor))
