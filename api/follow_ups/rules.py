"""Who may do what with follow-ups, and when: asked by actions, which refuse, and by pages, which offer."""

from sqlalchemy import ColumnElement, and_, exists, or_
from sqlmodel import Session, col

from api.access.audits import may_read_every_audit
from api.access.blindness import visible_under_blind_reading
from api.access.seen import has_read_the_case
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Conflict, NotAllowed
from checklists.audits.audit_states import AGREED_STATES, SUBMITTED_STATES
from checklists.audits.follow_up import OPEN_FOLLOW_UPS, FollowUpState
from models import Audit, FollowUp, FollowUpRule, Role, Round, RoundState
from models.storage.joins import linked


def readable_follow_ups(actor: Actor) -> ColumnElement[bool]:
    """The SQL condition under which a person knows of a follow-up, joined with its audit.

    Quality leads, its reader, and who is notified of the audit. Blind reading comes first.
    """
    mine = and_(col(FollowUp.organisation_id) == actor.organisation_id, visible_under_blind_reading(actor.person_id))
    if may_read_every_audit(actor):
        return mine
    is_contact, reads = col(FollowUp.contact_id) == actor.person_id, col(FollowUp.reader_id) == actor.person_id
    return and_(mine, or_(is_contact, reads) if actor.may(Permission.SCORE_AUDITS) else is_contact)


def may_see_answers(actor: Actor, found: FollowUp) -> bool:
    """Whether the person sees the answers that fell short, and not only that there is a follow-up."""
    is_reader = found.reader_id == actor.person_id and actor.may(Permission.SCORE_AUDITS)
    return actor.may(Permission.READ_AUDITS) and (may_read_every_audit(actor) or is_reader)


def check_can_set_rule(by: Actor, audit_round: Round) -> None:
    """Raise the Problem for which the person cannot set the rule of a round."""
    check_may(by, Permission.WRITE_ROUNDS)
    if audit_round.state is RoundState.CLOSED:
        raise Conflict("This round is closed and cannot be changed.")


def check_can_record_notified(by: Actor, found: FollowUp) -> None:
    """Raise the Problem for which the person cannot record that somebody was notified of an audit."""
    check_may(by, Permission.WRITE_ROUNDS)
    if found.state is FollowUpState.NOT_NEEDED:
        raise Conflict("This audit is no longer at the lowest rating, so nobody needs to be notified.")
    if found.notified_on is not None:
        raise Conflict("It is already recorded that they were notified.")


def check_can_allocate(session: Session, by: Actor, found: FollowUp, audit: Audit, audit_round: Round) -> None:
    """Raise the Problem for which the person cannot choose who reads a follow-up: what fell short must stand.

    Nor may who read the case: whom they cannot choose would show that there is another reading.
    """
    check_may(by, Permission.ALLOCATE_AUDITS)
    if not may_read_every_audit(by):
        raise NotAllowed("Only a quality lead can allocate a follow-up.")
    if has_read_the_case(session, by, audit):
        raise NotAllowed("You read this case in this round, so another quality lead must allocate its follow-up.")
    _check_is_open(found)
    stands = audit.state in AGREED_STATES or (
        audit.state in SUBMITTED_STATES and audit_round.state is RoundState.CLOSED
    )
    if not stands:
        raise Conflict(
            "The answers of this audit are not agreed yet. Agree the audit before you allocate its follow-up."
        )


def check_can_record(by: Actor, found: FollowUp) -> None:
    """Raise the Problem for which the person cannot record what a follow-up has found: only its reader does."""
    check_may(by, Permission.SCORE_AUDITS)
    _check_is_open(found)
    if found.reader_id != by.person_id:
        raise NotAllowed("Only the reader to whom a follow-up is allocated can record its result.")


def _check_is_open(found: FollowUp) -> None:
    if found.state is FollowUpState.DONE:
        raise Conflict("This follow-up is done and cannot be changed.")
    if found.state not in OPEN_FOLLOW_UPS:
        raise Conflict("This audit is no longer at the lowest rating, so it needs no follow-up.")


def check_role_of_moderator(session: Session, audit: Audit, by: Actor) -> None:
    """Raise NotAllowed where a moderator of this audit must hold a role that the person does not hold."""
    found = session.get(FollowUp, (audit.organisation_id, audit.id))
    rule = session.get(FollowUpRule, (audit.organisation_id, audit.round_id))
    if found is None or rule is None or found.state is FollowUpState.NOT_NEEDED or not rule.moderator_role:
        return
    role = Role(rule.moderator_role)
    if role not in by.roles:
        raise NotAllowed(f"The rule of this round asks for a {role.label.lower()} to moderate this audit.")


def moderated_by_role(by: Actor) -> ColumnElement[bool]:
    """The SQL condition of `check_role_of_moderator` raising nothing, for an audit."""
    needs_another = (
        exists()
        .where(
            linked(FollowUp.audit_id, Audit.id),
            linked(FollowUpRule.round_id, Audit.round_id),
            col(FollowUp.state) != FollowUpState.NOT_NEEDED,
            col(FollowUpRule.moderator_role).not_in(["", *sorted(role.value for role in by.roles)]),
        )
        .correlate(Audit)
    )
    return ~needs_another
