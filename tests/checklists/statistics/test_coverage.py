"""How often the intervals of measured changes hold the true difference, summed over everything samples may show."""

from fractions import Fraction
from itertools import product
from math import sqrt

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import binom, multinomial

from checklists.reports.chains import confidence_of
from checklists.reports.change import compare_weighted
from checklists.reports.weighting import weighted_share
from checklists.statistics.intervals import Pairs, newcombe_difference, newcombe_paired

SHARES = (0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9)
LEAST_ON_AVERAGE, LEAST_ANYWHERE = 0.94, 0.92
Floats = NDArray[np.float64]


def covered_apart(n: int) -> list[float]:
    ends = np.array([[newcombe_difference(now, n, before, n) for before in range(n + 1)] for now in range(n + 1)])
    found = []
    for now, before in product(SHARES, SHARES):
        difference = now - before
        chances = np.outer(binom.pmf(range(n + 1), n, now), binom.pmf(range(n + 1), n, before))
        holds = (ends[:, :, 0] <= difference + 1e-9) & (difference <= ends[:, :, 1] + 1e-9)
        found.append(float(chances[holds].sum()))
    return found


def covered_in_pairs(n: int) -> list[float]:
    tables = [
        (both, now, before, n - both - now - before)
        for both in range(n + 1)
        for now in range(n + 1 - both)
        for before in range(n + 1 - both - now)
    ]
    ends = np.array([newcombe_paired(Pairs(*table)) for table in tables])
    found = []
    for now, before, correlation in product(SHARES, SHARES, (0.0, 0.25, 0.5)):
        both = now * before + correlation * sqrt(now * (1 - now) * before * (1 - before))
        cells = [both, now - both, before - both, 1 - now - before + both]
        if min(cells) < 0:
            continue
        difference = now - before
        holds = (ends[:, 0] <= difference + 1e-9) & (difference <= ends[:, 1] + 1e-9)
        found.append(float(multinomial.pmf(tables, n, cells)[holds].sum()))
    return found


def say(what: str, n: int, covered: list[float]) -> None:
    print(f"{what}, n {n}: on average {sum(covered) / len(covered):.4f}, least {min(covered):.4f} of {len(covered)}")


@pytest.mark.parametrize("n", [10, 20, 40])
def test_intervals_of_different_cases_hold_the_true_difference(n: int) -> None:
    covered = covered_apart(n)
    say("different cases", n, covered)
    assert sum(covered) / len(covered) >= LEAST_ON_AVERAGE
    assert min(covered) >= LEAST_ANYWHERE


@pytest.mark.parametrize("n", [10, 20, pytest.param(40, marks=pytest.mark.long)])
def test_intervals_of_the_same_cases_hold_the_true_difference(n: int) -> None:
    covered = covered_in_pairs(n)
    say("the same cases", n, covered)
    assert sum(covered) / len(covered) >= LEAST_ON_AVERAGE
    assert min(covered) >= LEAST_ANYWHERE


def covered_weighted(n: int, runs: int) -> list[float]:
    """Samples of three strata, of which the first is drawn half as thickly as its size and the last twice."""
    weights, parts = (Fraction(4), Fraction(2), Fraction(1)), (n // 5, 2 * n // 5, n - n // 5 - 2 * n // 5)
    drawn = np.random.default_rng(1129)
    found = []
    for now, before in ((0.5, 0.5), (0.7, 0.5), (0.8, 0.6), (0.3, 0.3)):
        # Strata differ in their shares; what they represent is as many cases as weights say.
        shares = [np.clip(np.array([share - 0.1, share, share + 0.1]), 0.02, 0.98) for share in (now, before)]
        whole = float(sum(weight * part for weight, part in zip(weights, parts, strict=True)))
        sizes = [float(weight * part) / whole for weight, part in zip(weights, parts, strict=True)]
        difference = float(np.dot(shares[0], sizes) - np.dot(shares[1], sizes))
        held = 0
        for _ in range(runs):
            sides = [
                weighted_share(
                    [
                        (weight, int(drawn.binomial(part, share)), part)
                        for weight, part, share in zip(weights, parts, of_round, strict=True)
                    ]
                )
                for of_round in shares
            ]
            compared = compare_weighted(*sides)
            assert compared is not None
            held += compared.interval[0] <= difference <= compared.interval[1]
        found.append(held / runs)
    return found


@pytest.mark.parametrize(
    ("n", "runs"),
    [(40, 800), *(pytest.param(n, 20_000, marks=pytest.mark.trial) for n in (10, 20, 40))],
)
def test_intervals_of_weighted_samples_hold_the_true_difference(n: int, runs: int) -> None:
    covered = covered_weighted(n, runs)
    say("weighted", n, covered)
    assert sum(covered) / len(covered) >= LEAST_ON_AVERAGE


@pytest.mark.parametrize("share", [0.3, 0.5, 0.8])
def test_a_theme_that_never_changes_is_hardly_ever_called_improved_however_often_it_is_measured(share: float) -> None:
    n, links, chains = 40, 8, 20_000
    hits = np.random.default_rng(7).binomial(n, share, (chains, links + 1))
    wrong: NDArray[np.bool_] = np.zeros(chains, dtype=bool)
    plain: NDArray[np.bool_] = np.zeros(chains, dtype=bool)
    usual = lowest_ends(n, 0.95)
    for link in range(1, links + 1):
        found = lowest_ends(n, confidence_of(link))
        wrong |= found[hits[:, link], hits[:, link - 1]] > 0
        plain |= usual[hits[:, link], hits[:, link - 1]] > 0
    print(
        f"share {share}: {wrong.mean():.4f} called improved in {links} changes, {plain.mean():.4f} with 95% each time"
    )
    assert wrong.mean() <= 0.06
    assert plain.mean() > 0.1


def lowest_ends(n: int, confidence: float) -> Floats:
    return np.array(
        [
            [newcombe_difference(now, n, before, n, confidence=confidence)[0] for before in range(n + 1)]
            for now in range(n + 1)
        ]
    )
