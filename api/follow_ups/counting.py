"""How many audits of rounds were at the lowest rating, who was notified in time, and what was corrected."""

import uuid
from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import select
from sqlmodel import Session, col

from api.access.audits import readable_audits
from api.foundation.permissions import Actor
from checklists.audits.follow_up import (
    FollowedUp,
    FollowUpCounts,
    FollowUpOutcome,
    FollowUpState,
    counts_of_follow_ups,
)
from models import Audit, FollowUp, FollowUpTheme
from models.storage.joins import linked


def follow_ups_of_rounds(
    session: Session, round_ids: Collection[uuid.UUID], *, by: Actor
) -> dict[uuid.UUID, list[FollowedUp]]:
    """The audits at the lowest rating of each of these rounds, as they are today, without the ones that are no longer.

    Not of readings that are hidden from the person.
    """
    of_rounds = (readable_audits(by), col(Audit.round_id).in_(round_ids))
    outcomes: dict[uuid.UUID, list[FollowUpOutcome]] = defaultdict(list)
    for audit_id, outcome in session.execute(
        select(col(FollowUpTheme.audit_id), col(FollowUpTheme.outcome))
        .join(Audit, linked(Audit.id, FollowUpTheme.audit_id))
        .where(*of_rounds)
    ):
        outcomes[audit_id].append(outcome)
    rows = session.execute(
        select(FollowUp, col(Audit.round_id))
        .join(Audit, linked(Audit.id, FollowUp.audit_id))
        .where(*of_rounds, col(FollowUp.state) != FollowUpState.NOT_NEEDED)
        .order_by(col(FollowUp.audit_id))
    )
    found: dict[uuid.UUID, list[FollowedUp]] = defaultdict(list)
    for each, round_id in rows:
        found[round_id].append(
            FollowedUp(
                notified_in_time=None if each.notified_on is None else each.notified_on <= each.notify_by,
                outcomes=tuple(outcomes.get(each.audit_id, ())),
                days=None if each.done_on is None else (each.done_on - each.found_on).days,
            )
        )
    return dict(found)


def counts_of_rounds(session: Session, round_ids: Collection[uuid.UUID], *, by: Actor) -> FollowUpCounts:
    """The counts of all these rounds together."""
    found = follow_ups_of_rounds(session, round_ids, by=by)
    return counts_of_follow_ups(each for of_round in found.values() for each in of_round)
