"""Which audits a person may read, score or review: the rule in Python, and the same rule in SQL."""

import uuid
from collections.abc import Collection

from sqlalchemy import ColumnElement, and_, false, or_
from sqlmodel import Session, col

from api.access.blindness import visible_under_blind_reading
from api.access.seen import wrote_audit
from api.foundation.permissions import Actor, Permission
from api.foundation.problems import Conflict, NotAllowed, NotFound
from checklists.audits.audit_states import EDITABLE_STATES, SUBMITTED_STATES
from models import Audit, AuditState, Role


def may_read_every_audit(actor: Actor) -> bool:
    """Quality leads read every audit of their organisation, and so may see true counts."""
    return Role.QUALITY_LEAD in actor.roles and actor.may(Permission.READ_AUDITS)


def may_read_audit(actor: Actor, audit: Audit) -> bool:
    """Leads read all; auditors their own; moderators what others have submitted."""
    if audit.organisation_id != actor.organisation_id or not actor.may(Permission.READ_AUDITS):
        return False
    if may_read_every_audit(actor) or (audit.auditor_id == actor.person_id and Role.AUDITOR in actor.roles):
        return True
    return Role.MODERATOR in actor.roles and audit.state in SUBMITTED_STATES and audit.auditor_id != actor.person_id


def check_can_read_audit(actor: Actor, audit: Audit | None) -> Audit:
    """The audit. Raises NotFound for one that the person may not see, as for one that does not exist."""
    if audit is None or not may_read_audit(actor, audit):
        raise NotFound("audit")
    return audit


def may_score(actor: Actor, audit: Audit) -> bool:
    """Only its own auditor, and only until it is submitted."""
    return (
        audit.organisation_id == actor.organisation_id
        and audit.auditor_id == actor.person_id
        and actor.may(Permission.SCORE_AUDITS)
        and audit.state in EDITABLE_STATES
    )


def check_can_score(actor: Actor, audit: Audit) -> None:
    """Raise NotAllowed for another person's audit, Conflict for one that its auditor can no longer edit."""
    if audit.auditor_id != actor.person_id or not actor.may(Permission.SCORE_AUDITS):
        raise NotAllowed("Only the auditor to whom an audit is allocated can score it.")
    if audit.state in {AuditState.AGREED, AuditState.SIGNED_OFF}:
        raise Conflict("The answers of this audit have been agreed. Ask a quality lead to reopen it.")
    if audit.state in SUBMITTED_STATES:
        raise Conflict("This audit has been submitted. Ask a moderator or a quality lead to return it to you.")
    if audit.state is AuditState.WITHDRAWN:
        raise Conflict("This audit has been withdrawn.")


def check_not_own_audit(actor: Actor, audit: Audit) -> None:
    """Raise NotAllowed for the audit's auditor."""
    if audit.auditor_id == actor.person_id:
        raise NotAllowed("This is your own audit, so another person must do this.")


def check_not_own_work(session: Session, actor: Actor, audit: Audit) -> None:
    """Raise NotAllowed when the audit is the person's own work: nobody reviews it, whatever their roles.

    Their own is also one that they recorded in another person's name, or were the auditor of before.
    """
    check_not_own_audit(actor, audit)
    if wrote_audit(session, actor, audit):
        raise NotAllowed("You recorded this audit or were its auditor before, so another person must do this.")


def readable_audits(actor: Actor) -> ColumnElement[bool]:
    """The SQL condition of `may_read_audit`, combined with that of blind reading."""
    mine = and_(col(Audit.organisation_id) == actor.organisation_id, visible_under_blind_reading(actor.person_id))
    if not actor.may(Permission.READ_AUDITS):
        return false()
    if may_read_every_audit(actor):
        return mine
    own = col(Audit.auditor_id) == actor.person_id
    ways = []
    if Role.AUDITOR in actor.roles:
        ways.append(own)
    if Role.MODERATOR in actor.roles:
        ways.append(and_(~own, col(Audit.state).in_(SUBMITTED_STATES)))
    return and_(mine, or_(false(), *ways))


def may_resolve_double_reading(actor: Actor, readers: Collection[uuid.UUID]) -> bool:
    """Whether the person may help resolve a double reading: its readers, moderators and leads."""
    if actor.person_id in readers:
        return actor.may(Permission.SCORE_AUDITS)
    return may_read_every_audit(actor) or Role.MODERATOR in actor.roles
