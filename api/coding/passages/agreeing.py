"""How far the people who finished a theme agree, from their codes as they stood before anybody saw the others'."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlmodel import Session

from api.coding.passages.given import Key, given_codes
from api.coding.rules import CodedRound
from checklists.passages.counting import as_categories, as_units
from checklists.reliability.agreement import Coefficient, Unit, agreement
from checklists.reliability.coefficients import Measure

OF_TWO: Final = (Measure.EXACT, Measure.KAPPA)
OF_MORE: Final = (Measure.EXACT, Measure.FLEISS)
# Few, because every code has an interval; the same draw serves for all of them.
RESAMPLES: Final = 200

Figures = Mapping[Measure, Coefficient]


@dataclass(frozen=True, slots=True)
class CoderAgreement:
    """Agreement on each code, and on all codes at once where nobody gave a passage several; empty for fewer than two
    coders.
    """

    of_all: Figures
    of_code: Mapping[uuid.UUID, Figures]


def coder_agreement(
    session: Session,
    coded: CodedRound,
    theme: str,
    passages: Mapping[Key, uuid.UUID],
    *,
    coders: Sequence[uuid.UUID],
    codes: Sequence[uuid.UUID],
) -> CoderAgreement:
    """The agreement of these coders on a theme. `passages`: every passage with its audit."""
    if len(coders) < 2:
        return CoderAgreement({}, {})
    blind = given_codes(session, coded, theme, coders, blind=True)
    cases = list(passages.values())

    def figures(units: Sequence[Unit], answers: int) -> Figures:
        return agreement(units, answers, cases=cases, measures=OF_TWO if len(coders) == 2 else OF_MORE, times=RESAMPLES)

    categories = as_categories(passages, blind)
    return CoderAgreement(
        {} if categories is None else figures(*categories),
        {code: figures(as_units(passages, blind, code), 2) for code in codes},
    )
