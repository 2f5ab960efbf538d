"""Measuring change again and again: how sure each measurement in a chain of rounds has to be."""

FIRST_CHANCE_OF_ERROR = 0.05


def confidence_of(link: int) -> float:
    """The confidence of the intervals of the `link`-th change that a chain of rounds measures, from 1: 95%, 97.5%, ...

    Who measures again until something has improved will find an improvement that is chance. So each further measurement
    of a chain may be wrong half as often as the one before: 5%, 2.5%, 1.25% and so on, 10% in all, however long the
    chain. Half of that is on the side of improvement: a theme that never changes is called improved, at any time, in
    about 5 of 100 chains at most. That is Bonferroni's inequality with unequal parts, as in alpha spending (K. K. G.
    Lan and D. L. DeMets, "Discrete sequential boundaries for clinical trials", Biometrika 70 (1983), 659-663). Unlike
    equal parts, it needs no plan of how often, and no later measurement changes what an earlier one said. ValueError
    under 1.
    """
    if link < 1:
        raise ValueError("the first change is number 1")
    return 1.0 - FIRST_CHANCE_OF_ERROR / (1 << (link - 1))
