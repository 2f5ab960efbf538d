"""Comments on an audit, in threads that are resolved before the audit is agreed."""

import uuid
from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlmodel import Session, col

from api.access.audits import check_can_read_audit, may_read_every_audit
from api.audits.actions import get_audit, open_round_of, template_of
from api.audits.hooks import OwnStep
from api.foundation import events
from api.foundation.permissions import Actor, Permission
from api.foundation.problems import Conflict, Fault, NotAllowed, NotFound, is_allowed
from api.foundation.text.free_text import KeepReason, NameCheck, raise_if_any
from api.moderation import notifying
from checklists.audits.audit_states import AuditState
from models import Audit, Comment, Round, RoundState, new_id, now
from models.storage.joins import linked

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
        faults.append(Fault("/words", "Enter a comment"))
    first = None
    if thread_id is not None:
        first = _thread(session, audit, thread_id)
        theme = first.theme
    elif theme and not template.has_theme(theme):
        faults.append(Fault("/theme", "This theme is not in the audit's template."))
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
    notifying.notify_of_comment(session, audit, made, by=by)
    return made


def resolve_thread(session: Session, *, audit_id: uuid.UUID, thread_id: uuid.UUID, by: Actor) -> Comment:
    """Mark a thread as resolved: see `check_can_resolve`. Raises NotFound, NotAllowed, Conflict."""
    audit = _to_comment(session, audit_id, by)
    first = _thread(session, audit, thread_id)
    comments = [each for each in comments_of(session, audit) if each.thread_id == first.id]
    check_can_resolve(audit, open_round_of(session, audit, until_done=True), comments, by=by)
    first.resolved_at, first.resolved_by_id = now(), by.id
    session.add(first)
    session.flush()
    events.record(session, "audit.comment-resolved", audit.id, by=by, details={"themes": first.theme})
    return first


def check_can_resolve(audit: Audit, audit_round: Round, thread: Sequence[Comment], *, by: Actor) -> None:
    """Raise the Problem that keeps this person from resolving a thread now: it takes both sides of the audit.

    A thread in which the auditor and a moderator or lead have written is resolved by any moderator or lead, and by the
    auditor who began it. One in which only one side has written is resolved by a quality lead who wrote none of it.
    """
    if not may_comment(by, audit) or audit_round.state is not RoundState.OPEN:
        raise NotAllowed(
            "Only the auditor, moderators and quality leads can comment, and only while the round is open."
        )
    first = next(each for each in thread if each.id == each.thread_id)
    if first.resolved_at is not None:
        raise Conflict("This thread is already resolved.")
    is_auditor = audit.auditor_id == by.person_id
    if is_auditor and first.author_id != by.person_id:
        raise NotAllowed("Only a moderator or quality lead can resolve a thread that another person started.")
    authors = {each.author_id for each in thread}
    if audit.auditor_id in authors and len(authors) > 1:
        return
    if is_auditor:
        raise NotAllowed(
            "This thread has no replies. A moderator or quality lead must reply before you can resolve it."
        )
    if not may_read_every_audit(by) or by.person_id in authors:
        waits_for = (
            "Reply before you resolve this thread"
            if audit.auditor_id in authors
            else "The auditor must reply before you resolve this thread"
        )
        raise NotAllowed(f"{waits_for}, or a quality lead who has not commented here can resolve this thread.")


def resolvable(audit: Audit, audit_round: Round, comments: Sequence[Comment], *, by: Actor) -> frozenset[uuid.UUID]:
    """The threads that this person may resolve now, of all the comments of an audit."""
    threads: dict[uuid.UUID, list[Comment]] = {}
    for each in comments:
        threads.setdefault(each.thread_id, []).append(each)
    return frozenset(
        thread_id
        for thread_id, thread in threads.items()
        if is_allowed(check_can_resolve, audit, audit_round, thread, by=by)
    )


def steps_of_auditors(session: Session, audits: Sequence[Audit], by: Actor) -> Mapping[uuid.UUID, OwnStep]:
    """The audits with an unresolved thread in which somebody else wrote last: the auditor has to reply."""
    open_audits = [audit.id for audit in audits if audit.state not in _SETTLED]
    found = session.execute(
        select(Comment)
        .join(Audit, linked(Audit.id, Comment.audit_id))
        .join(Round, linked(Round.id, Audit.round_id))
        .where(
            col(Comment.organisation_id) == by.organisation_id,
            col(Comment.audit_id).in_(open_audits),
            col(Round.state) == RoundState.OPEN,
        )
        .order_by(col(Comment.written_at), col(Comment.id))
    ).scalars()
    threads: dict[uuid.UUID, list[Comment]] = {}
    for each in found:
        threads.setdefault(each.thread_id, []).append(each)
    waiting: dict[uuid.UUID, int] = {}
    for thread in threads.values():
        is_open = all(each.resolved_at is None for each in thread)
        if is_open and thread[-1].author_id != by.person_id:
            waiting[thread[0].audit_id] = waiting.get(thread[0].audit_id, 0) + 1
    return {
        audit_id: OwnStep(
            "Reply to 1 comment thread" if number == 1 else f"Reply to {number} comment threads",
            f"/audits/{audit_id}/moderation#comments",
        )
        for audit_id, number in waiting.items()
    }


def may_comment(actor: Actor, audit: Audit) -> bool:
    """Whether the person may write comments on an audit that they may read."""
    mine = audit.auditor_id == actor.person_id
    return audit.state not in _SETTLED and actor.may(Permission.SCORE_AUDITS if mine else Permission.MODERATE_AUDITS)


def _to_comment(session: Session, audit_id: uuid.UUID, by: Actor) -> Audit:
    audit = check_can_read_audit(by, get_audit(session, audit_id, by, lock=True))
    if audit.state in _SETTLED:
        raise Conflict("You cannot comment on an agreed or withdrawn audit.")
    if not may_comment(by, audit):
        raise NotAllowed("Only the auditor, moderators and quality leads can comment on this audit.")
    return audit


def _thread(session: Session, audit: Audit, thread_id: uuid.UUID) -> Comment:
    found = session.get(Comment, (audit.organisation_id, thread_id))
    if found is None or found.audit_id != audit.id or found.thread_id != found.id:
        raise NotFound("comment thread")
    return found
