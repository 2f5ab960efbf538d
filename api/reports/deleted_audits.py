"""Audits that are deleted after their round is closed: figures that are counted afresh no longer have them.

They go at the end of their retention period, or are erased with their case. What was stored on closing stays.
"""

import uuid
from collections.abc import Collection
from typing import Final

from sqlalchemy import func, select
from sqlmodel import Session, col

from api.reports.breakdowns import Breakdown
from api.reports.tallies import Tallies
from checklists.plurals import plural
from models import Audit, Round, RoundTally

FROM_WHAT_IS_LEFT: Final = "Everything here comes from the audits that are left."


def count_deleted(session: Session, rounds: Collection[Round]) -> dict[uuid.UUID, int]:
    """How many audits of each round have been deleted since it was closed, counted or not; rounds with any."""
    if not rounds:
        return {}
    own, ids = next(iter(rounds)).organisation_id, [each.id for each in rounds]
    stored = session.execute(
        select(col(RoundTally.round_id), col(RoundTally.counts)).where(
            col(RoundTally.organisation_id) == own,
            col(RoundTally.round_id).in_(ids),
            col(RoundTally.breakdown) == Breakdown.WHOLE.value,
        )
    ).all()
    left = dict(
        session.execute(
            select(col(Audit.round_id), func.count())
            .where(col(Audit.organisation_id) == own, col(Audit.round_id).in_([key for key, _ in stored]))
            .group_by(col(Audit.round_id))
        ).all()
    )
    deleted = {key: _number(counts) - left.get(key, 0) for key, counts in stored}
    return {key: number for key, number in deleted.items() if number > 0}


def deleted_in_words(session: Session, rounds: Collection[Round], *, then: str = FROM_WHAT_IS_LEFT) -> str:
    """A sentence that audits of these rounds were deleted, and what that means for the reader; empty if none was."""
    number = sum(count_deleted(session, rounds).values())
    if not number:
        return ""
    audits = plural(number, "audit has", "audits have")
    return f"{audits} been deleted since {'its' if number == 1 else 'their'} round was closed. {then}"


def _number(counts: str) -> int:
    """How many audits a round had when it was closed."""
    found = Tallies.from_json(counts)
    return sum(found.audits.values()) + sum(found.left_out.values())
