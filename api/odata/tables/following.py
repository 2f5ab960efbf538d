"""Actions without their text, and how many urgent concerns there are."""

from typing import Final

from sqlalchemy import String, func, or_, select, type_coerce
from sqlmodel import Session, col

from api.concerns.queries import readable_concerns
from api.foundation.permissions import Actor, Permission
from api.improvement.readable import live_child_level_actions, readable_practice_actions
from api.odata.shapes import Column, Kind, Rows, Table, whole
from models import Action, Audit, CaseFile, UrgentConcern
from models.storage.joins import linked


def _actions(session: Session, by: Actor) -> Rows:
    """Practice actions, and those for children whose audit was submitted, as lists of actions show them."""
    return select(
        col(Action.id).label("ActionId"),
        type_coerce(Action.kind, String).label("Kind"),
        type_coerce(Action.cause, String).label("Cause"),
        type_coerce(Action.state, String).label("State"),
        col(Action.round_id).label("RoundId"),
        col(Action.audit_id).label("AuditId"),
        col(Action.follows_id).label("FollowsActionId"),
        col(Action.themes).label("ThemeKeys"),
        col(Action.due_on).label("DueOn"),
        col(Action.first_due_on).label("FirstDueOn"),
        col(Action.due_moves).label("DueMoves"),
        type_coerce(Action.measure_from, String).label("MeasureFrom"),
        col(Action.measure_by).label("MeasureBy"),
        type_coerce(Action.impact_from, String).label("ImpactFrom"),
        col(Action.impact_on).label("ImpactOn"),
        col(Action.impact_round_id).label("ImpactRoundId"),
        col(Action.created_at).label("CreatedAt"),
        col(Action.done_at).label("DoneAt"),
        col(Action.closed_at).label("ClosedAt"),
    ).where(or_(readable_practice_actions(by), live_child_level_actions(session, by)))


def _concerns(_: Session, by: Actor) -> Rows:
    team = func.coalesce(col(Audit.team_id), col(CaseFile.team_id))
    state = type_coerce(UrgentConcern.state, String)
    return (
        select(
            col(Audit.round_id).label("RoundId"),
            team.label("TeamId"),
            state.label("State"),
            func.count().label("Concerns"),
        )
        .select_from(UrgentConcern)
        .join(Audit, linked(Audit.id, UrgentConcern.audit_id))
        .join(CaseFile, linked(CaseFile.id, Audit.case_file_id))
        .where(readable_concerns(by))
        .group_by(col(Audit.round_id), team, state)
    )


ACTIONS: Final = Table(
    "Actions",
    "Action",
    "An action, with its state and dates.",
    Permission.READ_FEED_RECORDS,
    (
        Column("ActionId", Kind.IDENTIFIER),
        Column("Kind", Kind.TEXT),
        Column("Cause", Kind.TEXT),
        Column("State", Kind.TEXT),
        Column("RoundId", Kind.IDENTIFIER, nullable=True),
        Column("AuditId", Kind.IDENTIFIER, nullable=True),
        Column("FollowsActionId", Kind.IDENTIFIER, nullable=True),
        Column("ThemeKeys", Kind.TEXT),
        Column("DueOn", Kind.DAY),
        Column("FirstDueOn", Kind.DAY),
        Column("DueMoves", Kind.WHOLE),
        Column("MeasureFrom", Kind.TEXT, nullable=True),
        Column("MeasureBy", Kind.DAY, nullable=True),
        Column("ImpactFrom", Kind.TEXT, nullable=True),
        Column("ImpactOn", Kind.DAY, nullable=True),
        Column("ImpactRoundId", Kind.IDENTIFIER, nullable=True),
        Column("CreatedAt", Kind.MOMENT),
        Column("DoneAt", Kind.MOMENT, nullable=True),
        Column("ClosedAt", Kind.MOMENT, nullable=True),
    ),
    key=("ActionId",),
    order=("ActionId",),
    part_at=whole(_actions),
    round_column="RoundId",
)
CONCERNS: Final = Table(
    "Concerns",
    "ConcernCount",
    "How many urgent concerns a team has in a round, by state.",
    Permission.READ_FEED_RECORDS,
    (
        Column("RoundId", Kind.IDENTIFIER),
        Column("TeamId", Kind.IDENTIFIER),
        Column("State", Kind.TEXT),
        Column("Concerns", Kind.WHOLE),
    ),
    key=("RoundId", "TeamId", "State"),
    order=("RoundId", "TeamId", "State"),
    part_at=whole(_concerns),
    round_column="RoundId",
)
