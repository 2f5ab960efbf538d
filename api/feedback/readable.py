"""Which feedback a team may read: one SQL condition, for lists and for a single sheet."""

from sqlalchemy import ColumnElement, and_, exists, false
from sqlmodel import Session, col, select

from api.access.audits import may_read_every_audit
from api.access.blindness import visible_under_blind_reading
from api.foundation.permissions import Actor, Permission
from checklists.audits.audit_states import SUBMITTED_STATES
from models import Audit, FeedbackSheet, Role, TeamMember
from models.storage.joins import linked


def shared_sheets(actor: Actor) -> ColumnElement[bool]:
    """The condition under which a person reads a sheet as the team of its case, joined with its audit.

    An action owner reads what was shared with a team in which they work, or for which they are responsible. A quality
    lead reads every shared sheet, to write down what a team says on paper. Blind reading comes first.
    """
    if not actor.may(Permission.WRITE_REPRESENTATIONS):
        return false()
    shared = and_(
        col(FeedbackSheet.organisation_id) == actor.organisation_id,
        col(FeedbackSheet.shared_at).is_not(None),
        col(Audit.state).in_(SUBMITTED_STATES),
        visible_under_blind_reading(actor.person_id),
    )
    return shared if may_read_every_audit(actor) else and_(shared, of_team_of(actor))


def of_team_of(actor: Actor) -> ColumnElement[bool]:
    """The condition that an action owner works in the team of an audit's case, or is responsible for it."""
    if Role.ACTION_OWNER not in actor.roles:
        return false()
    return (
        exists()
        .where(linked(TeamMember.team_id, Audit.team_id), col(TeamMember.person_id) == actor.person_id)
        .correlate(Audit)
    )


def is_of_team(session: Session, actor: Actor, audit: Audit) -> bool:
    """Whether the person is an action owner of the team of this audit's case."""
    own = (col(Audit.organisation_id) == audit.organisation_id, col(Audit.id) == audit.id)
    return session.exec(select(Audit.id).where(*own, of_team_of(actor))).first() is not None
