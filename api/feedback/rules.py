"""Who may do what with feedback, and when: asked by actions, which refuse, and by pages, which offer."""

from sqlmodel import Session

from api.access.audits import check_not_own_work, may_read_every_audit
from api.access.seen import has_read_the_case
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Conflict, NotAllowed
from checklists.audits.audit_states import SUBMITTED_STATES
from models import Audit, FeedbackSheet, Representation


def check_can_write(by: Actor, audit: Audit, sheet: FeedbackSheet | None) -> None:
    """Raise the Problem for which the person cannot write the feedback on an audit, which they may read."""
    check_may(by, Permission.WRITE_FEEDBACK)
    if audit.state not in SUBMITTED_STATES:
        raise Conflict("This audit is not submitted, so no feedback on it can be given yet.")
    if sheet is None:
        return
    if sheet.reflected_at is not None:
        raise Conflict("The practitioner has reflected on this feedback, so it can no longer be changed.")
    if sheet.shared_at is not None:
        raise Conflict("This feedback is shared with the team, so it can no longer be changed.")


def check_can_share(by: Actor, audit: Audit, sheet: FeedbackSheet) -> None:
    """Raise the Problem for which the person cannot share a sheet with the team of the case: quality leads do."""
    check_may(by, Permission.WRITE_FEEDBACK)
    if not may_read_every_audit(by):
        raise NotAllowed("Only a quality lead can share feedback with the team.")
    if audit.state not in SUBMITTED_STATES:
        raise Conflict("This audit is not submitted, so its feedback cannot be shared.")
    if sheet.shared_at is not None:
        raise Conflict("This feedback is already shared with the team.")


def check_can_reflect(audit: Audit, sheet: FeedbackSheet) -> None:
    """Raise Conflict when no reflection on a sheet can be recorded now."""
    if audit.state not in SUBMITTED_STATES:
        raise Conflict("This audit is not submitted, so no reflection on it can be recorded.")
    if sheet.reflected_at is not None:
        raise Conflict("A reflection on this feedback is already recorded.")


def check_can_disagree(session: Session, by: Actor, audit: Audit, sheet: FeedbackSheet) -> None:
    """Raise the Problem for which the person cannot disagree, for a team, with a sheet that they may read."""
    check_may(by, Permission.WRITE_REPRESENTATIONS)
    if sheet.shared_at is None or audit.state not in SUBMITTED_STATES:
        raise Conflict("This feedback is not shared with the team.")
    check_not_own_work(session, by, audit)


def check_can_decide(session: Session, by: Actor, audit: Audit, representation: Representation) -> None:
    """Raise the Problem for which the person cannot answer a representation: a moderator does, and never the auditor,
    somebody who read the case in the round, or who made the representation.
    """
    check_may(by, Permission.MODERATE_AUDITS)
    check_not_own_work(session, by, audit)
    if has_read_the_case(session, by, audit):
        raise NotAllowed("You read this case in this round, so another person must answer.")
    if representation.made_by_id == by.person_id:
        raise NotAllowed("You made or entered this representation, so another person must answer it.")
    if audit.state not in SUBMITTED_STATES:
        raise Conflict("This audit is not submitted, so a representation about it cannot be answered.")
    if representation.decided_at is not None:
        raise Conflict("This representation is already answered.")
