"""The actions that a person owns and that are not done, on the home page."""

from collections.abc import Sequence

from sqlalchemy import case, func
from sqlalchemy import select as select_columns
from sqlmodel import Session, col

from api.foundation.local_time import local_date
from api.foundation.pages.home_page import Task
from api.foundation.permissions import Actor, Permission
from api.improvement.readable import join_with_audit, owned_by, readable_actions
from models import Action, ActionKind, ActionState, Audit, now

_TO_DO = (ActionState.AGREED, ActionState.IN_PROGRESS)


def own_actions(session: Session, by: Actor) -> Sequence[Task]:
    """How many actions of each kind this person owns and has not done, and how many of them are overdue."""
    if by.person_id is None or not by.may(Permission.PROGRESS_ACTIONS):
        return []
    overdue = func.sum(case((col(Action.due_on) < local_date(now()), 1), else_=0))
    rows = session.execute(
        select_columns(col(Action.kind), func.count(), overdue)
        .select_from(Action)
        .outerjoin(Audit, join_with_audit())
        .where(readable_actions(by), owned_by(by), col(Action.state).in_(_TO_DO))
        .group_by(col(Action.kind))
        .order_by(col(Action.kind).desc())
    ).all()
    return [_task(kind, number, late) for kind, number, late in rows]


def _task(kind: ActionKind, number: int, late: int) -> Task:
    words = f"{number:,} {kind.label.lower()}{'' if number == 1 else 's'} that you own"
    path = f"/actions?kind={kind.value}&worklist=mine"
    return Task(words, path, status=f"{late:,} overdue" if late else "", colour="red" if late else "")
