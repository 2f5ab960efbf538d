"""What retention adds to the page of a closed round: when its audits are deleted, or were."""

from api.foundation.local_time import day_in_words, local_date
from api.foundation.pages.menu import Fragment
from api.retention.queries import AHEAD, period_of_kind
from api.rounds.hooks import ShownRound
from checklists.retention import RetentionKind
from models import now


def of_round(seen: ShownRound) -> Fragment | None:
    """That the audits of a closed round are deleted soon, or are deleted."""
    if seen.round.closed_at is None:
        return None
    today = local_date(now())
    period = period_of_kind(seen.session, seen.actor.organisation_id, RetentionKind.AUDITS, today)
    day = period.goes_on(local_date(seen.round.closed_at))
    if day > today + AHEAD:
        return None
    return Fragment("retention/_of_round.html", {"gone": day <= today, "retention_day": day_in_words(day)})
