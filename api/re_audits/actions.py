"""Planning a re-audit: a round that follows a closed one, with the same template version and chosen themes."""

import uuid
from dataclasses import dataclass
from datetime import date, timedelta

from sqlmodel import Session

from api.foundation.permissions import Actor
from api.re_audits.queries import check_can_plan
from api.rounds import actions as rounds
from api.rounds.actions import LONGEST_TITLE, RoundPlan
from models import Round


@dataclass(frozen=True, slots=True)
class NewReAudit:
    """What is chosen for a re-audit. `scope`: the keys of its themes; none for all."""

    title: str
    scope: tuple[str, ...]
    period_from: date
    period_to: date
    due_on: date


def proposed(earlier: Round, scope: tuple[str, ...]) -> NewReAudit:
    """A re-audit of a period as long as the earlier round's, right after it."""
    days = earlier.period_to - earlier.period_from
    begins = earlier.period_to + timedelta(days=1)
    gap = earlier.due_on - earlier.period_to
    return NewReAudit(
        title=f"Re-audit: {earlier.title}"[:LONGEST_TITLE],
        scope=scope,
        period_from=begins,
        period_to=begins + days,
        due_on=begins + days + max(gap, timedelta(days=28)),
    )


def plan_re_audit(session: Session, *, round_id: uuid.UUID, new: NewReAudit, by: Actor) -> Round:
    """Plan a round that follows a closed one: the same template version, targets and minimum; no new template.

    Raises NotFound, Conflict for a round that is not closed, and what planning any round raises.
    """
    earlier = rounds.find_round(session, round_id=round_id, by=by)
    check_can_plan(earlier, by=by)
    plan = RoundPlan(
        title=new.title,
        template_id=earlier.template_id,
        template_version=earlier.template_version,
        period_from=new.period_from,
        period_to=new.period_to,
        due_on=new.due_on,
        target_percent=earlier.target_percent,
        lowest_percent=earlier.lowest_percent,
        minimum_applicable=earlier.minimum_applicable,
        follows_id=earlier.id,
        scope=new.scope,
    )
    return rounds.create_round(session, plan=plan, by=by)
