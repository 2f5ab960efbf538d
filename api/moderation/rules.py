"""Moderation rules: what is moderated in a round, and why an audit is."""

import secrets
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlmodel import Session, col

from api.foundation import events
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Conflict, Fault, check_version
from api.foundation.text.free_text import raise_if_any
from api.rounds import actions as rounds
from checklists.audits.audit_states import SUBMITTED_STATES
from checklists.audits.moderation import Cause, Rule, causes
from checklists.reports.tallies import decode_answers
from checklists.templates.template import Template as TemplateContent
from models import Audit, Moderation, ModerationRule, Round, RoundState


@dataclass(frozen=True, slots=True)
class RuleChange:
    """What a lead may set of a round's rule."""

    share_percent: int
    lowest: bool
    first_audits: int


def rule_of(session: Session, audit_round: Round) -> ModerationRule:
    """The round's rule; until one is set, every audit is moderated. A rule that is not stored has version 0."""
    found = session.get(ModerationRule, (audit_round.organisation_id, audit_round.id))
    return found or ModerationRule(
        organisation_id=audit_round.organisation_id, round_id=audit_round.id, seed="", version=0
    )


def set_rule(session: Session, *, round_id: uuid.UUID, change: RuleChange, version: int, by: Actor) -> ModerationRule:
    """Set what is moderated in the round. The seed is drawn once and stays. Raises Stale, Conflict, Invalid."""
    check_may(by, Permission.WRITE_ROUNDS)
    audit_round = rounds.lock_for_planning(session, round_id=round_id, by=by)
    if audit_round.state is RoundState.CLOSED:
        raise Conflict("This round is closed and cannot be changed.")
    rule = rule_of(session, audit_round)
    check_version(rule.version, version)
    faults = []
    if not 0 <= change.share_percent <= 100:
        faults.append(Fault("/share_percent", "Enter a whole number from 0 to 100"))
    if not 0 <= change.first_audits <= 100:
        faults.append(Fault("/first_audits", "Enter a whole number from 0 to 100"))
    raise_if_any(faults)
    rule.seed = rule.seed or secrets.token_hex(16)
    rule.share_percent, rule.lowest, rule.first_audits = change.share_percent, change.lowest, change.first_audits
    rule.version += 1
    session.add(rule)
    session.flush()
    events.record(session, "round.moderation-rule-set", audit_round.id, by=by, details=asdict(change))
    return rule


def causes_of(
    session: Session, audit_round: Round, template: TemplateContent, audits: Sequence[Audit]
) -> dict[uuid.UUID, tuple[Cause, ...]]:
    """Why each of these submitted audits of one round is moderated; an empty tuple where no rule selects it."""
    found = rule_of(session, audit_round)
    rule = Rule(found.seed, found.share_percent, lowest=found.lowest, first_audits=found.first_audits)
    ids = [audit.id for audit in audits]
    own = audit_round.organisation_id
    first = _first_submissions(session, own, {audit.auditor_id for audit in audits}, rule.first_audits)
    by_hand = set(
        session.execute(
            select(col(Moderation.audit_id)).where(
                col(Moderation.organisation_id) == own, col(Moderation.audit_id).in_(ids), col(Moderation.by_hand)
            )
        ).scalars()
    )
    return {
        audit.id: causes(
            rule,
            template,
            audit=str(audit.id),
            answers=decode_answers(template, audit.answers),
            override=audit.overall_override,
            earlier=sum(at < audit.submitted_at for at in first[audit.auditor_id] if audit.submitted_at is not None),
            by_hand=audit.id in by_hand,
        )
        for audit in audits
    }


def _first_submissions(
    session: Session, organisation_id: int, auditors: Collection[uuid.UUID], number: int
) -> Mapping[uuid.UUID, Sequence[datetime]]:
    """When each of these auditors submitted the first so many of their submitted audits, in all rounds."""
    found: dict[uuid.UUID, list[datetime]] = {auditor: [] for auditor in auditors}
    if not number:
        return found
    in_order = func.row_number().over(partition_by=col(Audit.auditor_id), order_by=col(Audit.submitted_at))
    every = (
        select(col(Audit.auditor_id), col(Audit.submitted_at), in_order.label("place"))
        .where(
            col(Audit.organisation_id) == organisation_id,
            col(Audit.auditor_id).in_(auditors),
            col(Audit.state).in_(SUBMITTED_STATES),
        )
        .subquery()
    )
    for auditor, at in session.execute(select(every.c.auditor_id, every.c.submitted_at).where(every.c.place <= number)):
        found[auditor].append(at)
    return found
