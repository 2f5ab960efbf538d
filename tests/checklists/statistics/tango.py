"""The score interval of Tango for a difference of paired shares, to compare the product's interval with.

T. Tango, "Equivalence test and confidence interval for the difference in proportions for the paired-sample design",
Statistics in Medicine 17 (1998), 891-908, equations 24 to 26.
"""

from math import sqrt
from statistics import NormalDist

from checklists.statistics.intervals import Pairs


def tango_score(pairs: Pairs, difference: float) -> float:
    """How many standard errors the difference of these pairs is above this one, if this one is the true difference."""
    n, now, before = (float(each) for each in (pairs.number, pairs.only_now, pairs.only_before))
    # The most likely share of pairs that met the standard before only, given the difference.
    half = (2 * n - now + before) * difference - now - before
    share = (sqrt(half**2 + 8 * n * before * difference * (1 - difference)) - half) / (4 * n)
    variance = n * (2 * share + difference * (1 - difference))
    distance = now - before - n * difference
    return distance / sqrt(variance) if variance > 0 else 0.0 if not distance else float("inf") * distance


def tango_interval(pairs: Pairs, *, confidence: float = 0.95) -> tuple[float, float]:
    """The differences that the test by `tango_score` does not refuse, found by halving."""
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    seen = float((pairs.only_now - pairs.only_before) / pairs.number)
    return _edge(pairs, seen, -1.0, z), _edge(pairs, seen, 1.0, z)


def _edge(pairs: Pairs, inside: float, outside: float, z: float) -> float:
    for _ in range(60):
        middle = (inside + outside) / 2
        if abs(tango_score(pairs, middle)) <= z:
            inside = middle
        else:
            outside = middle
    return inside
