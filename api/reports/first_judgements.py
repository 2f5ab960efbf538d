"""How often auditors judged the whole otherwise once they saw what their answers give."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, func, select
from sqlmodel import Session, col

from api.access.blindness import visible_under_blind_reading
from api.documents.document import share_of
from api.foundation.permissions import Actor
from api.reports.tallies import is_counted
from models import Audit, FirstJudgement, Round
from models.storage.joins import linked


@dataclass(frozen=True, slots=True)
class FirstJudgementCounts:
    """Of the counted audits with a first judgement: in how many the auditor's own is another one now."""

    judged: int
    changed: int

    @property
    def sentence(self) -> str:
        """For a report; "" where no audit has a first judgement."""
        if not self.judged:
            return ""
        share = share_of(self.changed, self.judged, few=True).text
        return (
            f"Auditors changed their overall judgement after they saw the calculated judgement in {share} of the "
            "audits that they judged first."
        )


def count_first_judgements(session: Session, audit_round: Round, *, by: Actor) -> FirstJudgementCounts:
    """Over the counted audits of a round; a reading that is blind to the actor is left out."""
    is_changed = case((col(FirstJudgement.overall) != col(Audit.overall_override), 1))
    query: Any = select(func.count(), func.count(is_changed)).select_from(Audit)
    judged, changed = session.execute(
        query.join(FirstJudgement, linked(FirstJudgement.audit_id, Audit.id)).where(
            col(Audit.organisation_id) == audit_round.organisation_id,
            col(Audit.round_id) == audit_round.id,
            is_counted(Audit),
            visible_under_blind_reading(by.person_id),
        )
    ).one()
    return FirstJudgementCounts(judged, changed)
