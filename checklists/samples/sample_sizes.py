"""How precisely a sample of some size estimates the share in the whole list."""

from dataclasses import dataclass
from fractions import Fraction

from checklists.statistics.intervals import wilson


@dataclass(frozen=True, slots=True)
class Interval:
    """A 95% interval for a share, both ends between 0 and 1."""

    low: float
    high: float


def expected_interval(size: int, population: int, share: Fraction | float) -> Interval:
    """The interval to expect around a share, from 0 to 1, for a sample of this size from a population.

    Wilson's, on the size that without replacement is worth as much: n (N - 1) / (N - n), from the variance of a share
    in simple random sampling, W. G. Cochran, Sampling Techniques, 3rd edition (1977), section 3.2. Sampling all of the
    population leaves no uncertainty. ValueError if size lies outside 1..population, or share outside 0..1.
    """
    if not 1 <= size <= population:
        raise ValueError("a size lies between 1 and the population")
    exact = Fraction(share)
    if not 0 <= exact <= 1:
        raise ValueError("a share lies between 0 and 1")
    if size == population:
        return Interval(float(exact), float(exact))
    worth = Fraction(size * (population - 1), population - size)
    return Interval(*wilson(exact * worth, worth))
