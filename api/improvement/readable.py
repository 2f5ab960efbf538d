"""Which actions a person may read: one SQL condition, for lists and for a single action."""

from sqlalchemy import ColumnElement, and_, exists, false, or_, true
from sqlmodel import Session, col

from api.access.audits import may_read_every_audit, readable_audits
from api.access.blindness import every_hidden_reading, visible_under_blind_reading
from api.foundation.permissions import Actor, Permission
from models import Action, ActionKind, ActionState, ActionTeam, Audit, Event, TeamMember
from models.storage.joins import linked


def readable_actions(actor: Actor) -> ColumnElement[bool]:
    """The condition under which a person may read an action, which is joined with its audit if it has one.

    Quality leads read all, an owner their own, and people of a team the agreed practice actions about it. Who may read
    an audit reads its child-level actions; their owner reads them from when the audit was submitted, and never one
    that was dropped before. Blind reading comes first: what would tell a reader of another reading is hidden,
    whatever their role.
    """
    if not actor.may(Permission.READ_ACTIONS):
        return false()
    child_level = and_(
        visible_under_blind_reading(actor.person_id),
        or_(readable_audits(actor), and_(owned_by(actor), has_been_live())),
    )
    return or_(
        readable_practice_actions(actor),
        and_(
            col(Action.organisation_id) == actor.organisation_id,
            col(Action.kind) == ActionKind.CHILD_LEVEL,
            child_level,
        ),
    )


def readable_practice_actions(actor: Actor) -> ColumnElement[bool]:
    """The condition under which a person may read a practice action, which needs no audit beside it."""
    if not actor.may(Permission.READ_ACTIONS):
        return false()
    of_own = or_(owned_by(actor), and_(_has_been_agreed(), of_teams_of(actor)))
    readable = true() if may_read_every_audit(actor) else of_own
    return and_(col(Action.organisation_id) == actor.organisation_id, col(Action.kind) == ActionKind.PRACTICE, readable)


def live_child_level_actions(session: Session, actor: Actor) -> ColumnElement[bool]:
    """The condition of `readable_actions` for child-level actions that have been live, for counting them.

    For somebody who may read every audit it names what blind reading hides, which is little, and asks no action for it.
    """
    live = (col(Action.kind) == ActionKind.CHILD_LEVEL, has_been_live())
    if not may_read_every_audit(actor) or not actor.may(Permission.READ_ACTIONS):
        return and_(readable_actions(actor), *live)
    hidden = every_hidden_reading(session, actor.organisation_id, actor.person_id)
    return and_(
        col(Action.organisation_id) == actor.organisation_id,
        *live,
        *([col(Action.audit_id).not_in(hidden)] if hidden else []),
    )


def has_been_live() -> ColumnElement[bool]:
    """The condition that a child-level action is or was live: one that is dropped before stays with its auditor."""
    return and_(col(Action.state) != ActionState.PROPOSED, col(Action.due_days).is_(None))


def _has_been_agreed() -> ColumnElement[bool]:
    """The condition that a practice action is or was agreed: its team never reads a proposal that was dropped."""
    agreed = exists().where(
        col(Event.organisation_id) == col(Action.organisation_id),
        col(Event.subject_id) == col(Action.id),
        col(Event.kind) == "action.agreed",
    )
    return or_(
        col(Action.state).not_in((ActionState.PROPOSED, ActionState.NOT_PURSUED)),
        and_(col(Action.state) == ActionState.NOT_PURSUED, agreed.correlate(Action)),
    )


def owned_by(actor: Actor) -> ColumnElement[bool]:
    """The condition that the person owns an action."""
    return col(Action.owner_id) == actor.person_id if actor.person_id is not None else false()


def of_teams_of(actor: Actor) -> ColumnElement[bool]:
    """The condition that an action is about a team in which the person works, or for which they are responsible."""
    return (
        exists()
        .where(
            linked(ActionTeam.action_id, Action.id),
            linked(TeamMember.team_id, ActionTeam.team_id),
            col(TeamMember.person_id) == actor.person_id,
        )
        .correlate(Action)
    )


def join_with_audit() -> ColumnElement[bool]:
    """How an action is joined with its audit."""
    return linked(Audit.id, Action.audit_id)
