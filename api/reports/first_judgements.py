"""How often auditors changed their overall judgement once they saw what their answers give."""

from dataclasses import dataclass

from api.documents.document import share_of
from api.reports.counting import CHANGED, FIRST_JUDGEMENTS
from api.reports.round_counts import RoundCounts


@dataclass(frozen=True, slots=True)
class FirstJudgementCounts:
    """How many counted audits have a first judgement, and in how many the auditor's judgement is now another."""

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


def count_first_judgements(counts: RoundCounts) -> FirstJudgementCounts:
    """Count them over the counted audits of a round."""
    found = counts.beside(FIRST_JUDGEMENTS)
    return FirstJudgementCounts(sum(found.values()), found.get(CHANGED, 0))
