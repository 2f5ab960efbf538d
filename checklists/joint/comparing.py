"""How the answers of agencies to the same theme of one case compare.

Agencies answer from their own records, and each sees another side of the child's life: so a difference is a finding
and no error, and their agreement is no measure of how reliably one file is read. It is never mixed with that of blind
double reading.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from checklists.templates.scale import NOT_APPLICABLE, RatingScale

# An answer that is no rating differs from one that is by more than any two ratings do.
_BEYOND: Final = 100


@dataclass(frozen=True, slots=True)
class Agreement:
    """In how many comparisons of two agencies about one theme of one case both gave the same answer."""

    same: int = 0
    compared: int = 0

    def __add__(self, other: "Agreement") -> "Agreement":
        return Agreement(self.same + other.same, self.compared + other.compared)


def difference(scale: RatingScale, answers: Iterable[str]) -> int:
    """How far these answers to one theme are apart: 0 for the same, the steps between ratings, and more where one is
    not evidenced and another is a rating. *Not applicable* is compared with nothing.
    """
    applicable = {answer for answer in answers if answer != NOT_APPLICABLE}
    rated = [scale.position(answer) for answer in applicable if scale.is_rating(answer)]
    steps = max(rated) - min(rated) if rated else 0
    return steps + (_BEYOND if rated and len(rated) < len(applicable) else 0)


def differences_first(scale: RatingScale, themes: Sequence[tuple[str, Iterable[str]]]) -> list[str]:
    """The keys of these themes, the furthest apart first; the others in the order in which they were given."""
    apart = {key: difference(scale, answers) for key, answers in themes}
    return sorted(apart, key=lambda key: -apart[key])


def agreement_of(themes: Iterable[Mapping[str, str]]) -> dict[tuple[str, str], Agreement]:
    """For each two agencies how often they gave the same answer, from the answers by agency to each theme of each case.

    Agencies are in the order of their keys. *Not applicable* is compared with nothing, and neither is an agency that
    does not know the child, or was not asked.
    """
    found: dict[tuple[str, str], Agreement] = {}
    for answers in themes:
        applicable = sorted((agency, answer) for agency, answer in answers.items() if answer != NOT_APPLICABLE)
        for (one, first), (other, second) in combinations(applicable, 2):
            pair = (one, other)
            found[pair] = found.get(pair, Agreement()) + Agreement(int(first == second), 1)
    return found
