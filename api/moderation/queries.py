"""Queries of what there is to moderate and to sign, and of an audit's moderation status."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, and_, func, or_, select, true
from sqlmodel import Session, col

from api.access.audits import may_read_every_audit, readable_audits
from api.access.seen import has_read_its_case
from api.audits.actions import ReadAudit, template_of
from api.foundation import access_log
from api.foundation.permissions import Actor, Permission, check_may
from api.moderation import comments, sign_off
from api.moderation.actions import (
    answers_after_review,
    is_overall_reviewed,
    is_reviewed,
    moderation_of,
    reviews_of,
)
from api.moderation.limits import LIMITS
from api.moderation.rules import causes_of
from checklists.audits.audit_states import SUBMITTED_STATES, WHOSE_TURN, AuditState, Turn
from checklists.audits.moderation import Cause
from checklists.audits.scoring import exceeds_rule, overall_judgement
from checklists.reports.tallies import decode_answers
from models import Audit, CaseFile, Comment, ModeratedScore, Moderation, Person, Reopening, Round, RoundState
from models.storage.joins import linked


@dataclass(frozen=True, slots=True)
class QueueItem:
    """One audit waiting for a moderator or for sign-off, with why it is moderated."""

    audit: Audit
    round: Round
    reference: str
    auditor: str
    moderator_id: uuid.UUID | None
    causes: tuple[Cause, ...]


def queue(session: Session, *, limit: int, after: uuid.UUID | None = None, by: Actor) -> list[QueueItem]:
    """The audits of open rounds that this person may moderate or sign off, in the order of creation.

    Neither their own, nor of a case that they read in the same round. At most `limit` and one more.
    """
    check_may(by, Permission.MODERATE_AUDITS)
    query = (
        select(Audit, Round, col(CaseFile.reference), col(Person.name), col(Moderation.moderator_id))
        .join(Round, linked(Round.id, Audit.round_id))
        .join(CaseFile, linked(CaseFile.id, Audit.case_file_id))
        .join(Person, linked(Person.id, Audit.auditor_id))
        .outerjoin(Moderation, linked(Moderation.audit_id, Audit.id))
        .where(*_waits_for(by))
        .order_by(col(Audit.id))
        .limit(limit + 1)
    )
    if after is not None:
        query = query.where(col(Audit.id) > after)
    rows = session.execute(query).all()
    by_round: dict[uuid.UUID, list[Audit]] = defaultdict(list)
    for audit, audit_round, *_ in rows:
        by_round[audit_round.id].append(audit)
    why: dict[uuid.UUID, tuple[Cause, ...]] = {}
    for audit_round in {row[1].id: row[1] for row in rows}.values():
        why |= causes_of(session, audit_round, template_of(session, audit_round), by_round[audit_round.id])
    return [
        QueueItem(audit, audit_round, reference, auditor, moderator_id, why[audit.id])
        for audit, audit_round, reference, auditor, moderator_id in rows
    ]


# They tell something of the answers.
_TELLING: Final = frozenset({Cause.LOWEST, Cause.OVERRIDE, Cause.ABOVE_RULE})


def record_seen(session: Session, by: Actor, shown: Iterable[QueueItem]) -> None:
    """Note that the queue shows these audits: who reads why one is moderated has seen something of its answers."""
    for item in shown:
        if _TELLING & {*item.causes}:
            access_log.record_view(session, "audit.causes-read", item.audit.id, by=by)


def count_waiting(session: Session, *, by: Actor) -> int:
    """How many audits are in this person's queue."""
    check_may(by, Permission.MODERATE_AUDITS)
    number: int = session.execute(
        select(func.count())
        .select_from(Audit)
        .join(Round, linked(Round.id, Audit.round_id))
        .outerjoin(Moderation, linked(Moderation.audit_id, Audit.id))
        .where(*_waits_for(by))
    ).scalar_one()
    return number


def _waits_for(by: Actor) -> tuple[ColumnElement[bool], ...]:
    waiting = [state for state, turn in WHOSE_TURN.items() if turn in {Turn.MODERATOR, Turn.SIGNER}]
    return (
        col(Audit.organisation_id) == by.organisation_id,
        readable_audits(by),
        col(Audit.state).in_(waiting),
        col(Round.state) == RoundState.OPEN,
        ~has_read_its_case(by),
        or_(col(Audit.state) == AuditState.AGREED, and_(true(), *(limit.allows(by) for limit in LIMITS))),
        # The moderator of an audit does not sign it.
        or_(
            col(Audit.state) != AuditState.AGREED,
            col(Moderation.moderator_id).is_(None),
            col(Moderation.moderator_id) != by.person_id,
        ),
    )


@dataclass(frozen=True, slots=True)
class ModeratedTheme:
    """One theme's answer from its auditor, from a moderator, and as agreed."""

    theme: str
    auditor: str
    review: ModeratedScore | None
    # Whether the moderator reviewed the current answer.
    is_reviewed: bool
    agreed: str


@dataclass(frozen=True, slots=True)
class OverallStatus:
    """The overall judgements of an audit, as far as this person may see them; "" where there is none.

    `calculated`: what the answers give by the template's rule as they are reviewed, or agreed, now.
    """

    auditor_calculated: str
    exceeds_rule: bool
    calculated: str
    moderator: str
    moderator_reason: str
    # Whether the moderator judged beside what the answers give now.
    is_reviewed: bool


@dataclass(frozen=True, slots=True)
class ModerationStatus:
    """The state of an audit in moderation and sign-off, as far as this person may see it."""

    turn: Turn
    causes: tuple[Cause, ...]
    moderation: Moderation
    themes: tuple[ModeratedTheme, ...]
    overall: OverallStatus
    comments: tuple[Comment, ...]
    reopenings: tuple[Reopening, ...]
    is_as_signed: bool | None

    @property
    def unresolved(self) -> int:
        """How many comment threads are unresolved."""
        return sum(each.id == each.thread_id and each.resolved_at is None for each in self.comments)


def moderation_status_of(session: Session, found: ReadAudit, *, by: Actor) -> ModerationStatus:
    """The audit's moderation status. Its auditor sees the moderator's reviews once it is agreed or returned."""
    audit, template = found.audit, found.template
    submitted = audit.state in SUBMITTED_STATES
    shown = audit.auditor_id != by.person_id or may_read_every_audit(by) or audit.state is not AuditState.IN_MODERATION
    judged = reviews_of(session, audit) if shown else {}
    auditors = decode_answers(template, audit.answers) if submitted else found.answers
    agreed = found.agreed_answers
    moderation = moderation_of(session, audit)
    return ModerationStatus(
        turn=WHOSE_TURN[audit.state],
        causes=causes_of(session, found.round, template, [audit])[audit.id] if submitted else (),
        moderation=moderation,
        overall=_overall_status(found, moderation if shown else None, judged),
        themes=tuple(
            ModeratedTheme(
                theme,
                auditors.get(theme, ""),
                judged.get(theme),
                is_reviewed(judged.get(theme), auditors.get(theme, "")),
                agreed.get(theme, ""),
            )
            for theme in template.theme_keys
        ),
        comments=tuple(comments.comments_of(session, audit)),
        reopenings=tuple(sign_off.reopenings_of(session, audit)),
        is_as_signed=sign_off.is_as_signed(session, audit) if audit.state is AuditState.SIGNED_OFF else None,
    )


def _overall_status(
    found: ReadAudit, moderation: Moderation | None, reviews: Mapping[str, ModeratedScore]
) -> OverallStatus:
    """Without `moderation` and reviews, for somebody who does not see them yet."""
    audit, template = found.audit, found.template
    reviewed = found.answers_in_force
    if audit.state is AuditState.IN_MODERATION:
        reviewed = answers_after_review(template, audit, reviews)
    calculated = overall_judgement(template, reviewed) or ""
    override = audit.overall_override
    return OverallStatus(
        auditor_calculated=found.auditor_calculated or "",
        exceeds_rule=bool(override) and exceeds_rule(template, found.answers, override),
        calculated=calculated,
        moderator=moderation.overall if moderation else "",
        moderator_reason=moderation.overall_reason if moderation else "",
        is_reviewed=moderation is not None and is_overall_reviewed(moderation, calculated),
    )
