"""Comments on an audit, in threads that are resolved before the audit is agreed."""

import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlmodel import Session, col

from api.access.audits import check_can_read_audit
from api.audits.actions import get_audit, open_round_of, template_of
from api.foundation import events
from api.foundation.permissions import Actor, Permission
from api.foundation.problems import Conflict, Fault, NotAllowed, NotFound
from api.foundation.text.free_text import KeepReason, NameCheck, raise_if_any
from checklists.audits.audit_states import AuditState
from models import Audit, Comment, new_id, now

_SETTLED = frozenset({AuditState.AGREED, AuditState.SIGNED_OFF, AuditState.WITHDRAWN})


def comments_of(session: Session, audit: Audit) -> list[Comment]:
    """The audit's comments, the oldest thread first, and in each the oldest first."""
    return list(
        session.execute(
            select(Comment)
            .where(col(Comment.organisation_id) == audit.organisation_id, col(Comment.audit_id) == audit.id)
            .order_by(col(Comment.thread_id), col(Comment.written_at), col(Comment.id))
        ).scalars()
    )


def unresolved(session: Session, audit: Audit) -> Sequence[Comment]:
    """The first comment of every unresolved thread."""
    return [each for each in comments_of(session, audit) if each.id == each.thread_id and each.resolved_at is None]


def add_comment(
    session: Session,
    *,
    audit_id: uuid.UUID,
    words: str,
    theme: str = "",
    thread_id: uuid.UUID | None = None,
    by: Actor,
    keep_names: KeepReason | None = None,
) -> Comment:
    """Begin a thread on a theme, or on the whole audit, or reply in one; a resolved thread is reopened.

    By moderators and leads who may read the audit, and by its auditor. Raises NotFound, NotAllowed, Conflict, Invalid.
    """
    audit = _to_comment(session, audit_id, by)
    template = template_of(session, open_round_of(session, audit, until_done=True))
    names = NameCheck.of(session, by)
    faults = names.check("/words", words, keep=keep_names)
    if not words.strip():
        faults.append(Fault("/words", "Say what there is to look at."))
    first = None
    if thread_id is not None:
        first = _thread(session, audit, thread_id)
        theme = first.theme
    elif theme and not template.has_theme(theme):
        faults.append(Fault("/theme", "The audit's template has no such theme."))
    raise_if_any(faults)
    made = Comment(
        organisation_id=audit.organisation_id,
        id=(own := new_id()),
        audit_id=audit.id,
        thread_id=first.id if first else own,
        theme=theme,
        words=words,
        author_id=by.id,
        written_at=now(),
    )
    session.add(made)
    if first is not None and first.resolved_at is not None:
        first.resolved_at = first.resolved_by_id = None
        session.add(first)
    session.flush()
    events.record(session, "audit.commented", audit.id, by=by, details={"themes": theme})
    names.record(session, audit.id, by=by)
    return made


def resolve_thread(session: Session, *, audit_id: uuid.UUID, thread_id: uuid.UUID, by: Actor) -> Comment:
    """Mark a thread as resolved. The auditor resolves only threads that they began themselves."""
    audit = _to_comment(session, audit_id, by)
    first = _thread(session, audit, thread_id)
    if first.resolved_at is not None:
        raise Conflict("This thread has been resolved already.")
    if audit.auditor_id == by.person_id and first.author_id != by.person_id:
        raise NotAllowed("Whoever began this thread, or another moderator, resolves it.")
    first.resolved_at, first.resolved_by_id = now(), by.id
    session.add(first)
    session.flush()
    events.record(session, "audit.comment-resolved", audit.id, by=by, details={"themes": first.theme})
    return first


def may_comment(actor: Actor, audit: Audit) -> bool:
    """Whether the person may write comments on an audit that they may read."""
    mine = audit.auditor_id == actor.person_id
    return audit.state not in _SETTLED and actor.may(Permission.SCORE_AUDITS if mine else Permission.MODERATE_AUDITS)


def _to_comment(session: Session, audit_id: uuid.UUID, by: Actor) -> Audit:
    audit = check_can_read_audit(by, get_audit(session, audit_id, by, lock=True))
    if audit.state in _SETTLED:
        raise Conflict("This audit is agreed or withdrawn: there is nothing left to comment on.")
    if not may_comment(by, audit):
        raise NotAllowed("Its auditor, moderators and quality leads comment on an audit.")
    return audit


def _thread(session: Session, audit: Audit, thread_id: uuid.UUID) -> Comment:
    found = session.get(Comment, (audit.organisation_id, thread_id))
    if found is None or found.audit_id != audit.id or found.thread_id != found.id:
        raise NotFound("thread of comments")
    return found
