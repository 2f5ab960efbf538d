"""How likely a comparison of two samples is to show that a share has risen, and how large a sample must be for that."""

from collections.abc import Sequence
from fractions import Fraction
from math import ceil, exp, floor, lgamma, log, sqrt

from checklists.statistics.intervals import newcombe_difference

# Numbers of hits further from the expected one than this many standard deviations are left out: under 1 in 10**8.
_FURTHEST = 6


def chance_of_seeing(
    share_before: Fraction, n_before: int, share: Fraction, n: int, *, confidence: float = 0.95
) -> float:
    """How likely Newcombe's interval of the difference lies wholly above 0 when these are the true shares.

    Summed over what both samples may show, each a binomial number of hits: exact but for under 1 in 10**6. The samples
    are of different cases. ValueError for a share outside 0..1, a number under 1, or confidence outside 0..1.
    """
    if not (0 <= share_before <= 1 and 0 <= share <= 1):
        raise ValueError("a share lies between 0 and 1")
    if min(n_before, n) < 1:
        raise ValueError("a sample has at least one case")
    least_before, before = _binomial(n_before, float(share_before))
    least, now = _binomial(n, float(share))
    # How likely at least this many hits are.
    at_least = [0.0]
    for chance in reversed(now):
        at_least.append(at_least[-1] + chance)
    at_least.reverse()
    found, place = 0.0, 0
    for hits_before, chance in enumerate(before, start=least_before):
        # More hits before never need fewer hits now.
        while place < len(now) and not _is_seen(least + place, n, hits_before, n_before, confidence):
            place += 1
        found += chance * at_least[place]
    return min(1.0, found)


def size_to_see(
    share_before: Fraction, n_before: int, share: Fraction, *, chance: float, most: int, confidence: float = 0.95
) -> int | None:
    """The least size, up to `most`, with at least this chance of seeing the rise; None where none is enough.

    The chance goes up and down a little from one size to the next: this is the end of a halving search, and one of a
    few such sizes. ValueError as `chance_of_seeing`.
    """

    def is_enough(size: int) -> bool:
        return chance_of_seeing(share_before, n_before, share, size, confidence=confidence) >= chance

    if not is_enough(most):
        return None
    least, enough = 1, most
    while least < enough:
        middle = (least + enough) // 2
        if is_enough(middle):
            enough = middle
        else:
            least = middle + 1
    return enough


def _is_seen(hits: int, n: int, hits_before: int, n_before: int, confidence: float) -> bool:
    return newcombe_difference(hits, n, hits_before, n_before, confidence=confidence)[0] > 0


def _binomial(n: int, share: float) -> tuple[int, Sequence[float]]:
    """The least number of hits that is looked at, and how likely it and each that follows is."""
    if share in {0.0, 1.0}:
        return round(n * share), [1.0]
    reach = _FURTHEST * sqrt(n * share * (1 - share)) + 1
    least, greatest = max(0, floor(n * share - reach)), min(n, ceil(n * share + reach))
    constant = lgamma(n + 1)
    return least, [
        exp(constant - lgamma(k + 1) - lgamma(n - k + 1) + k * log(share) + (n - k) * log(1 - share))
        for k in range(least, greatest + 1)
    ]
