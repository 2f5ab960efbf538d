"""Moderation rules: what is moderated in a round, and why an audit is."""

import secrets
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Integer, Select, bindparam, select, union_all
from sqlmodel import Session, col

from api.foundation import events
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Conflict, Fault, check_version
from api.foundation.text.free_text import raise_if_any
from api.rounds import actions as rounds
from checklists.audits.audit_states import SUBMITTED_STATES, AuditState
from checklists.audits.moderation import Cause, Rule, causes
from checklists.reports.tallies import decode_answers
from checklists.templates.template import Template as TemplateContent
from models import Audit, Moderation, ModerationRule, Person, Round, RoundState
from models.storage.dialects import is_among
from models.storage.joins import linked
from models.storage.portions import in_portions


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
    last_of_first = _last_of_first(session, own, {audit.auditor_id for audit in audits}, rule.first_audits)

    def earlier(audit: Audit) -> int:
        last = last_of_first.get(audit.auditor_id)
        is_first = last is None or audit.submitted_at is None or audit.submitted_at <= last
        return 0 if is_first else rule.first_audits

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
            earlier=earlier(audit),
            by_hand=audit.id in by_hand,
        )
        for audit in audits
    }


def _last_of_first(
    session: Session, organisation_id: int, auditors: Collection[uuid.UUID], number: int
) -> Mapping[uuid.UUID, datetime]:
    """When each of these auditors submitted the last of their first so many audits; none for an auditor who has fewer.

    Looked up by the index of auditors: an auditor with thousands of audits takes no longer than one with ten.
    """
    found: dict[uuid.UUID, datetime] = {}
    if not number:
        return found
    for some in in_portions(auditors):
        asked = {"own": organisation_id, "auditors": some, "number": number, "before": number - 1}
        rows = session.connection().execute(LAST_OF_FIRST, asked)
        found |= {auditor: at for auditor, at in rows if at is not None}
    return found


def _first_in(state: AuditState) -> Select[datetime | None]:
    """The times of a person's first submissions that are in this state, in the order of an index."""
    first = (
        select(col(Audit.submitted_at).label("at"))
        .where(linked(Audit.auditor_id, Person.id), col(Audit.state) == state)
        .order_by(col(Audit.submitted_at))
        .limit(bindparam("number", type_=Integer))
        .correlate(Person)
        .subquery()
    )
    return select(first.c.at)


# Made once: it is long to build, and asked with every page of a queue.
_FIRST: Final = union_all(*(_first_in(state) for state in sorted(SUBMITTED_STATES))).subquery()
LAST_OF_FIRST: Final = select(
    col(Person.id),
    select(_FIRST.c.at).order_by(_FIRST.c.at).limit(1).offset(bindparam("before", type_=Integer)).scalar_subquery(),
).where(col(Person.organisation_id) == bindparam("own"), is_among(col(Person.id), "auditors"))
