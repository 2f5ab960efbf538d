"""Rounds that are awkward to report, and what their report has to say, worked out again from what the data feed holds.

Nothing here uses the service's own arithmetic: shares are counted row by row, intervals are those of statsmodels, and
figures are rounded in decimals as people round them.
"""

import random
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import sqrt
from typing import Any, Final

from statsmodels.stats.proportion import proportion_confint

from api.case_files import actions as case_files
from api.case_files.actions import NewCaseFile
from checklists.reports.tallies import encode_answers
from checklists.templates.scale import NOT_ASKED
from checklists.templates.template import Template
from models import AgeBand, Audit, AuditHarm, AuditMode, AuditState, CaseStatus, Score, new_id, now
from tests.desk import Desk
from tests.factories import an_actor
from tests.writing_times import filling_for_a_test

WEIGHTS: Final = (16.0, 4.0, 2.5, 1 / 3)
GRADES: Final = ("outstanding", "good", "requires-improvement", "inadequate", "not-evidenced", "not-applicable")
# Every fifth or so cannot be judged, or gives nothing to judge by.
JUDGEMENTS: Final = (*GRADES[:4], "cannot-be-judged", "")
BELOW: Final = {"requires-improvement", "inadequate", "not-evidenced"}


@dataclass(frozen=True)
class Said:
    """What one audit says, and where it is counted. `agreed`: the answers that moderation changed."""

    answers: Mapping[str, str]
    agreed: Mapping[str, str] = field(default_factory=dict)
    overall: str = "good"
    weight: float | None = None
    team: uuid.UUID | None = None
    age_band: AgeBand = AgeBand.FROM_5_TO_9
    harms: tuple[str, ...] = ()
    case: uuid.UUID | None = None

    @property
    def counted(self) -> dict[str, str]:
        return {**self.answers, **self.agreed}


def record(desk: Desk, content: Template, round_id: uuid.UUID, said: Iterable[Said]) -> list[uuid.UUID]:
    """Store these audits as submitted or agreed ones; the case of each."""
    lena, own, cases = an_actor(desk.cast.lena), desk.cast.organisation.id, []
    with filling_for_a_test(), desk.database.writing() as session:
        for each in said:
            team = each.team or desk.team_id
            new = NewCaseFile(team, CaseStatus.CHILD_IN_NEED, each.age_band, forms_of_harm=each.harms)
            case_id = each.case or case_files.create_case_file(session, case_file=new, by=lena).case_file.id
            cases.append(case_id)
            audit_id = new_id()
            agreed: dict[str, Any] = {}
            if each.agreed:
                answers = encode_answers(content, each.counted)
                agreed = {"agreed_answers": answers, "agreed_at": now(), "agreed_overall": each.overall}
            session.add(
                Audit(
                    organisation_id=own,
                    id=audit_id,
                    round_id=round_id,
                    case_file_id=case_id,
                    auditor_id=desk.cast.asha.id,
                    mode=AuditMode.RECORDS_ONLY,
                    state=AuditState.AGREED if each.agreed else AuditState.SUBMITTED,
                    version=2,
                    submitted_at=now(),
                    answers=encode_answers(content, each.answers),
                    overall_calculated="requires-improvement" if each.agreed else each.overall,
                    sampling_weight=each.weight,
                    team_id=team,
                    status=CaseStatus.CHILD_IN_NEED,
                    age_band=each.age_band,
                    **agreed,
                )
            )
            session.flush()
            key: dict[str, Any] = {"organisation_id": own, "audit_id": audit_id}
            session.add_all(AuditHarm(**key, form_of_harm=harm) for harm in each.harms)
            session.add_all(
                Score(**key, theme=theme, answer=answer, rationale="Seen in the notes.", version=1)
                for theme, answer in each.answers.items()
                if answer != NOT_ASKED
            )
    return cases


def awkward_audits(content: Template, teams: Sequence[uuid.UUID], *, audits: int, seed: int) -> list[Said]:
    """Audits of strata with different weights. One theme meets the standard in all, one in none, and one is asked of
    nobody; the last team and the oldest children have a single audit; every fifth answer is changed by moderation.
    """
    chance = random.Random(seed)
    always, never, unasked, *others = content.theme_keys
    made = []
    for place in range(audits):
        is_last = place == audits - 1
        mixed = {theme: chance.choices(GRADES, (3, 6, 4, 2, 2, 3))[0] for theme in others}
        answers = {always: chance.choice(GRADES[:2]), never: chance.choice(GRADES[2:5]), unasked: NOT_ASKED, **mixed}
        agreed = {others[0]: chance.choice(GRADES)} if place % 5 == 0 else {}
        made.append(
            Said(
                answers={theme: answers[theme] for theme in content.theme_keys},
                agreed=agreed,
                overall=chance.choice(JUDGEMENTS),
                weight=WEIGHTS[place % len(WEIGHTS)],
                team=teams[-1] if is_last else teams[place % (len(teams) - 1)],
                age_band=AgeBand.NOT_KNOWN if is_last else chance.choice([AgeBand.UNBORN, AgeBand.FROM_5_TO_9]),
                harms=("neglect",) if chance.random() < 0.5 else (),
            )
        )
    return made


@dataclass
class Recount:
    """A theme, or the overall judgements, counted again: pairs of a weight and whether it meets the standard."""

    answers: Counter[str] = field(default_factory=Counter)
    applicable: list[tuple[float | None, bool]] = field(default_factory=list)

    @property
    def n(self) -> int:
        return len(self.applicable)

    @property
    def meeting(self) -> int:
        return sum(meets for _, meets in self.applicable)

    @property
    def share(self) -> Fraction | None:
        return Fraction(self.meeting, self.n) if self.n else None

    @property
    def interval(self) -> tuple[float, float]:
        return wilson_of(self.meeting, self.n)

    @property
    def plain(self) -> tuple[Fraction, Fraction] | None:
        """The share and its size."""
        return None if self.share is None else (self.share, Fraction(self.n))

    @property
    def weighted(self) -> tuple[Fraction, Fraction] | None:
        """Hájek's ratio, and Kish's effective size, of the audits that have a weight."""
        known = [(Fraction(weight), meets) for weight, meets in self.applicable if weight is not None]
        if not known:
            return None
        whole = sum((weight for weight, _ in known), Fraction(0))
        squares = sum((weight * weight for weight, _ in known), Fraction(0))
        return sum((weight for weight, meets in known if meets), Fraction(0)) / whole, whole * whole / squares


def wilson_of(hits: float, n: float) -> tuple[float, float]:
    low, high = proportion_confint(hits, n, method="wilson")
    return max(0.0, float(low)), min(1.0, float(high))


def difference_of(now: tuple[Fraction, float], before: tuple[Fraction, float]) -> tuple[float, float]:
    """The interval of a difference of two shares, each with its size: squared and added."""
    (share, n), (was, n_before) = (float(now[0]), now[1]), (float(before[0]), before[1])
    low, high = wilson_of(share * n, n)
    low_before, high_before = wilson_of(was * n_before, n_before)
    down = sqrt((share - low) ** 2 + (high_before - was) ** 2)
    up = sqrt((high - share) ** 2 + (was - low_before) ** 2)
    return max(-1.0, share - was - down), min(1.0, share - was + up)


def recount(audits: Sequence[Mapping[str, Any]], answers: Iterable[Mapping[str, Any]]) -> dict[str, Recount]:
    """What the rows of the feed say of each theme."""
    weights = {row["AuditId"]: row["SamplingWeight"] for row in audits}
    found: dict[str, Recount] = {}
    for row in answers:
        if row["AuditId"] in weights:
            of_theme = found.setdefault(row["ThemeKey"], Recount())
            of_theme.answers[row["CountedAnswer"]] += 1
            if row["CountedAnswer"] not in {"not-applicable", NOT_ASKED}:
                of_theme.applicable.append((weights[row["AuditId"]], row["CountedAnswer"] not in BELOW))
    return found


def recount_overall(audits: Sequence[Mapping[str, Any]]) -> Recount:
    """What the rows of the feed say of overall judgements."""
    found = Recount()
    for row in audits:
        if row["OverallCounted"] is not None:
            found.answers[row["OverallCounted"]] += 1
            found.applicable.append((None, row["OverallCounted"] in {"outstanding", "good"}))
    return found


def as_people_round(number: Fraction | float, digits: int) -> str:
    """Halves go up, and those under 0 down."""
    exact = Fraction(number)
    # So many places that no half is made or lost.
    decimal = Decimal(exact.numerator) / Decimal(exact.denominator)
    return str(decimal.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))


def percent_of(share: Fraction | float | None) -> str:
    """As a report has it: "0%" is said of nothing, and "100%" of all."""
    if share is None:
        return ""
    for digits in range(3):
        shown = as_people_round(Fraction(share) * 100, digits)
        if share in (0, 1) or Decimal(shown) not in (0, 100):
            return f"{shown}%"
    return f"{as_people_round(Fraction(share) * 100, 0)}%"


def interval_of(ends: tuple[float, float]) -> str:
    return f"{percent_of(ends[0])} to {percent_of(ends[1])}"


def points_of(difference: Fraction | float) -> str:
    shown = as_people_round(Fraction(difference) * 100, 1)
    if Decimal(shown) == 0:
        return "0.0"
    return shown if shown.startswith("-") else f"+{shown}"


def share_with_numbers(found: Recount, audits: int) -> str:
    """ "78%", or "7 of 9 (78%)" of fewer than 20 answers or audits."""
    if found.share is None:
        return ""
    alone = percent_of(found.share)
    return f"{found.meeting} of {found.n} ({alone})" if min(found.n, audits) < 20 else alone
