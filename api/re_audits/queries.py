"""What a re-audit of a closed round could look like: its themes, its size, and how likely it is to show a change."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Any, Final

from sqlmodel import Session

from api.case_lists import actions as case_lists
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Conflict, Fault, Invalid
from api.reports.gaps.queries import gap_report
from api.rounds import actions as rounds
from api.rounds.queries import chain_of
from api.sampling.actions import samples_of_round
from api.sampling.plans import plan_like
from checklists.reports.chains import confidence_of
from checklists.reports.gaps import Gap, GapState
from checklists.statistics.power import chance_of_seeing, size_to_see
from checklists.statistics.rounding import rounded
from checklists.templates.template import Template as TemplateContent
from models import Round, RoundState

USUAL_RISE, LARGEST_RISE = 20, 100
MOST_CASES: Final = 1000
OFTEN_ENOUGH: Final = 0.8
MOST_ROUNDS: Final = 60
NOT_CLOSED: Final = "A re-audit is planned from a closed round. Close this round first."


@dataclass(frozen=True, slots=True)
class Outlook:
    """How likely a re-audit is to show that a theme has risen by what is hoped for.

    `gap`: the theme in the earlier round. `hoped`: the share after the rise, None for a theme without an answer.
    `chance`: how likely a re-audit of that size shows it. `needed`: how many cases show it 8 times in 10, None where no
    number up to MOST_CASES does.
    """

    gap: Gap
    domain: str
    hoped: Fraction | None
    chance: float | None
    needed: int | None

    @property
    def chance_in_words(self) -> str:
        """Such as "5 times in 10"."""
        return "" if self.chance is None else times_in_10(self.chance)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A re-audit that could follow a closed round. `sampling`: the earlier sample's plan with the newest case list, as
    REST takes it; None where the earlier round had no sample or there is no list.
    """

    earlier: Round
    template: TemplateContent
    rise: int
    size: int
    confidence: float
    themes: tuple[Outlook, ...]
    sampling: dict[str, Any] | None

    @property
    def below_target(self) -> tuple[str, ...]:
        """The themes that are proposed: the ones that may be below the target; all, if there are none."""
        found = [each.gap.key for each in self.themes if each.gap.state in {GapState.GAP, GapState.POSSIBLE_GAP}]
        return tuple(found) or self.template.theme_keys


def check_can_plan(earlier: Round, *, by: Actor) -> None:
    """Raise the Problem for which this person cannot plan a re-audit of a round."""
    check_may(by, Permission.WRITE_ROUNDS)
    if earlier.state is not RoundState.CLOSED:
        raise Conflict(NOT_CLOSED)


def propose(
    session: Session, *, round_id: uuid.UUID, rise: int = USUAL_RISE, size: int | None = None, by: Actor
) -> Proposal:
    """Propose a re-audit, for a rise of so many percentage points and so many cases; by default, as many as before.

    Raises NotFound, Conflict for a round that is not closed, Invalid.
    """
    earlier = rounds.find_round(session, round_id=round_id, by=by)
    check_can_plan(earlier, by=by)
    check_numbers(rise, size)
    report = gap_report(session, round_ids=[round_id], by=by)
    whole, template = report.groups[0], report.template
    wanted = size or min(max(whole.audits, 1), MOST_CASES)
    link = len(chain_of(session, audit_round=earlier, most=MOST_ROUNDS))
    confidence = confidence_of(link)
    return Proposal(
        earlier=earlier,
        template=template,
        rise=rise,
        size=wanted,
        confidence=confidence,
        themes=tuple(
            _outlook(gap, template.domain_of(gap.key).title, Fraction(rise, 100), wanted, confidence)
            for gap in whole.themes
        ),
        sampling=_sampling(session, earlier, wanted, by),
    )


def check_numbers(rise: int, size: int | None) -> None:
    """Raise Invalid for a rise or a number of cases that cannot be."""
    faults = []
    if not 1 <= rise <= LARGEST_RISE:
        faults.append(Fault("/rise", f"Rise must be a whole number of percentage points from 1 to {LARGEST_RISE}."))
    if size is not None and not 1 <= size <= MOST_CASES:
        faults.append(Fault("/size", f"Number of cases must be a whole number from 1 to {MOST_CASES:,}."))
    if faults:
        raise Invalid(faults[0].detail, faults=tuple(faults))


def _outlook(gap: Gap, domain: str, rise: Fraction, size: int, confidence: float) -> Outlook:
    if gap.share_meeting is None or not gap.audits or gap.share_meeting == 1:
        return Outlook(gap, domain, None, None, None)
    hoped = min(gap.share_meeting + rise, Fraction(1))
    # Not every theme applies to every case.
    applies = Fraction(gap.applicable, gap.audits)
    answers = max(1, int(rounded(size * applies)))
    chance = chance_of_seeing(gap.share_meeting, gap.applicable, hoped, answers, confidence=confidence)
    most = max(1, int(rounded(MOST_CASES * applies)))
    needed = size_to_see(
        gap.share_meeting, gap.applicable, hoped, chance=OFTEN_ENOUGH, most=most, confidence=confidence
    )
    return Outlook(gap, domain, hoped, chance, None if needed is None else ceil(needed / applies))


def _sampling(session: Session, earlier: Round, size: int, by: Actor) -> dict[str, Any] | None:
    samples: Sequence[Any] = samples_of_round(session, round_id=earlier.id, by=by)
    lists = case_lists.list_case_lists(session, by=by, limit=1)
    return plan_like(samples[-1], case_list_id=lists[0].id, size=size) if samples and lists else None


def times_in_10(chance: float) -> str:
    """A probability in words: how often in 10 times."""
    if chance >= 0.95:
        return "almost always"
    times = int(rounded(10 * chance))
    if not times:
        return "almost never"
    return "1 time in 10" if times == 1 else f"{times} times in 10"
