"""Fisher's exact test: how likely two shares differ as much as they do, or more, where nothing but chance differs."""

from math import exp, lgamma
from typing import Final

# Of two tables that are equally likely, one must not count as less likely for the last bits of a number.
_ALIKE: Final = 1 + 1e-7


def fisher_two_sided(hits: int, n: int, other_hits: int, other_n: int) -> float:
    """The two-sided p-value of two shares, each as how many of how many, between 0 and 1.

    The chance of every table with the same margins that is as unlikely as this one or less (R. A. Fisher, "Statistical
    Methods for Research Workers", 5th edition (1934), section 21.02; two-sided as J. O. Irwin, Metron 12 (1935),
    83-94). It never calls chance a difference more often than it says. ValueError for negative numbers and for more
    hits than there are.
    """
    if not (0 <= hits <= n and 0 <= other_hits <= other_n):
        raise ValueError("hits must lie between 0 and n")
    both = hits + other_hits
    least, most = max(0, both - other_n), min(n, both)
    whole = _log_choose(n + other_n, both)
    chances = [exp(_log_choose(n, k) + _log_choose(other_n, both - k) - whole) for k in range(least, most + 1)]
    limit = chances[hits - least] * _ALIKE
    return min(1.0, sum(chance for chance in chances if chance <= limit))


def _log_choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
