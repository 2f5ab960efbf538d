"""Unfinished work of a round after submission: moderation, sign-off, reopenings that wait, and open comment threads."""

import uuid
from collections.abc import Collection, Iterator
from typing import Final

from sqlalchemy import ColumnElement, func, select
from sqlmodel import Session, col

from api.access.blindness import visible_under_blind_reading
from api.access.people import can_still
from api.audits.actions import template_of
from api.blind_reading.unfinished import other_is_submitted
from api.foundation.permissions import Permission
from api.moderation.rules import causes_of, rule_of
from api.rounds.hooks import Candidates, OneByOne, Unfinished, UnfinishedItem, UnfinishedKind
from api.rounds.unfinished import find_audits, named_audits
from checklists.audits.audit_states import AuditState
from models import Audit, CaseFile, Comment, Moderation, Person, Reopening, Round
from models.storage.joins import linked
from models.storage.portions import in_portions

_PATH: Final = "/audits/{}/moderation"


def _waiting() -> tuple[ColumnElement[bool], ...]:
    # A case with both readings submitted waits for its readers to settle it, or is settled.
    return (col(Audit.state) == AuditState.SUBMITTED, ~other_is_submitted())


def _of_round(audit_round: Round) -> tuple[ColumnElement[bool], ...]:
    return (col(Audit.organisation_id) == audit_round.organisation_id, col(Audit.round_id) == audit_round.id)


_find_waiting: Final = find_audits(*_waiting(), path=_PATH)


def find_unmoderated(session: Session, audit_round: Round, person_id: uuid.UUID | None, named: int) -> Unfinished:
    """The submitted audits that the round's rule selects for moderation, and that nobody moderates yet."""
    if rule_of(session, audit_round).share_percent >= 100:
        return _find_waiting(session, audit_round, person_id, named)
    where = (*_of_round(audit_round), visible_under_blind_reading(person_id), *_waiting())
    selected = list(_selected(session, audit_round, where))
    if not named or not selected:
        return Unfinished(len(selected))
    rows = session.execute(named_audits().where(col(Audit.id).in_(selected[:named])))
    items = tuple(UnfinishedItem(f"{row.reference}, {row.auditor}", _PATH.format(row.id)) for row in rows)
    return Unfinished(len(selected), items)


def _selected(session: Session, audit_round: Round, where: tuple[ColumnElement[bool], ...]) -> Iterator[uuid.UUID]:
    template = template_of(session, audit_round)
    for portion in in_portions(session.execute(select(Audit).where(*where).order_by(col(Audit.id))).scalars().all()):
        causes = causes_of(session, audit_round, template, portion)
        yield from (audit.id for audit in portion if causes[audit.id])


def _candidates(session: Session, audit_round: Round) -> Candidates:
    """The submitted audits of a round that may wait for moderation."""
    rows = session.execute(select(col(Audit.id), col(Audit.version)).where(*_of_round(audit_round), *_waiting()))
    rule = rule_of(session, audit_round)
    # Which audits are an auditor's first depends on those before.
    return Candidates(rule.version, dict(rows.all()), depend_on_each_other=rule.first_audits > 0)


def _unmoderated(session: Session, audit_round: Round, audits: Collection[uuid.UUID]) -> Collection[uuid.UUID]:
    if rule_of(session, audit_round).share_percent >= 100:
        return audits
    own = _of_round(audit_round)
    return [
        audit_id
        for some in in_portions(audits)
        for audit_id in _selected(session, audit_round, (*own, col(Audit.id).in_(some)))
    ]


def _moderator_has_left() -> ColumnElement[bool]:
    return (
        select(col(Moderation.audit_id))
        .where(
            linked(Moderation.audit_id, Audit.id),
            ~can_still(Moderation.moderator_id, Permission.MODERATE_AUDITS),
        )
        .exists()
    )


def find_threads(session: Session, audit_round: Round, person_id: uuid.UUID | None, named: int) -> Unfinished:
    """The threads of comments that nobody has resolved, each by its case and the person who began it."""
    query = (
        select(col(Audit.id), col(CaseFile.reference), col(Person.name))
        .select_from(Comment)
        .join(Audit, linked(Audit.id, Comment.audit_id))
        .join(CaseFile, linked(CaseFile.id, Audit.case_file_id))
        .join(Person, linked(Person.id, Comment.author_id))
        .where(
            col(Audit.organisation_id) == audit_round.organisation_id,
            col(Audit.round_id) == audit_round.id,
            col(Audit.state) != AuditState.WITHDRAWN,
            col(Comment.id) == col(Comment.thread_id),
            col(Comment.resolved_at).is_(None),
            visible_under_blind_reading(person_id),
        )
    )
    number = int(session.execute(select(func.count()).select_from(query.subquery())).scalar_one())
    if not named or not number:
        return Unfinished(number)
    rows = session.execute(query.order_by(col(CaseFile.reference), col(Comment.id)).limit(named))
    return Unfinished(
        number,
        tuple(UnfinishedItem(f"{row.reference}, started by {row.name}", _PATH.format(row.id)) for row in rows),
    )


def _asked_to_reopen() -> ColumnElement[bool]:
    return (
        select(col(Reopening.id))
        .where(linked(Reopening.audit_id, Audit.id), col(Reopening.decided_at).is_(None))
        .exists()
    )


NOT_MODERATED: Final = UnfinishedKind(
    "not-moderated",
    "audit waiting for moderation",
    "audits waiting for moderation",
    60,
    find_unmoderated,
    one_by_one=OneByOne(_candidates, _unmoderated),
)
IN_MODERATION: Final = UnfinishedKind(
    "in-moderation",
    "audit in moderation",
    "audits in moderation",
    70,
    find_audits(col(Audit.state) == AuditState.IN_MODERATION, ~_moderator_has_left(), path=_PATH),
)
WITHOUT_MODERATOR: Final = UnfinishedKind(
    "without-moderator",
    "audit in moderation with a person who can no longer moderate it",
    "audits in moderation with people who can no longer moderate them",
    75,
    find_audits(col(Audit.state) == AuditState.IN_MODERATION, _moderator_has_left(), path=_PATH),
)
NOT_SIGNED_OFF: Final = UnfinishedKind(
    "not-signed-off",
    "audit agreed and not signed off",
    "audits agreed and not signed off",
    80,
    find_audits(col(Audit.state) == AuditState.AGREED, path=_PATH),
)
REOPENING_UNDECIDED: Final = UnfinishedKind(
    "reopening-undecided",
    "request to reopen waiting for a decision",
    "requests to reopen waiting for a decision",
    85,
    find_audits(_asked_to_reopen(), path=_PATH),
)
OPEN_COMMENTS: Final = UnfinishedKind(
    "open-comments",
    "comment thread not resolved",
    "comment threads not resolved",
    90,
    find_threads,
)
