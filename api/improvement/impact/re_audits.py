"""The re-audits of an action: the rounds that show whether it has changed practice, and planning one."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from api.foundation.permissions import Actor, Permission
from api.foundation.problems import is_allowed
from api.re_audits.queries import check_can_plan as check_can_plan_re_audit
from models import Action, ActionKind, Round


def re_audits_of(session: Session, by: Actor, action: Action) -> Sequence[Round]:
    """The re-audits of a practice action: rounds that follow the round of its finding and ask one of its themes.

    None for somebody who may not read rounds.
    """
    if action.round_id is None or action.kind is not ActionKind.PRACTICE or not by.may(Permission.READ_ROUNDS):
        return ()
    following = (col(Round.organisation_id) == by.organisation_id, col(Round.follows_id) == action.round_id)
    found = session.exec(select(Round).where(*following).order_by(col(Round.period_to), col(Round.id))).all()
    themes = set(action.themes.split())
    return [each for each in found if not each.scope or not themes or themes & set(each.scope.split())]


def round_to_re_audit(session: Session, by: Actor, action: Action) -> Round | None:
    """The round of a practice action's finding; None where this person cannot plan a re-audit of it."""
    if action.round_id is None or action.kind is not ActionKind.PRACTICE:
        return None
    earlier = session.get_one(Round, (action.organisation_id, action.round_id))
    return earlier if is_allowed(check_can_plan_re_audit, earlier, by=by) else None
