"""What is said to be certain of released figures is what every table says that may be behind them, and no less."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import product

import pytest

from checklists.release.certain import (
    CertainGap,
    Theme,
    applicable_span,
    certain_gaps,
    cut_to,
    has_enough,
    interval_around,
    may_be_strongest,
    may_be_widest,
    worst_and_best,
)
from checklists.release.disclosure import Possible, Released, Span
from checklists.reports.gaps import Numbers, state_of
from checklists.statistics.intervals import wilson

TARGET, MINIMUM = Fraction(3, 4), 5


def possible(applicable: tuple[int, int], below: tuple[int, int], meeting: tuple[int, int]) -> Possible:
    return Possible(Span(*applicable), Span(*below), Span(*meeting))


BEHIND = [
    possible((4, 6), (0, 2), (3, 5)),
    possible((5, 6), (2, 4), (2, 3)),
    possible((5, 5), (0, 1), (4, 5)),
    possible((5, 7), (1, 3), (3, 9)),
    possible((6, 6), (3, 3), (3, 3)),
    possible((3, 4), (1, 2), (1, 3)),
]


def tables(behind: Possible) -> list[Numbers]:
    """Every table that may be behind what is shown."""
    applicable, below, meeting = behind
    pairs = product(range(below.least, below.most + 1), range(meeting.least, meeting.most + 1))
    return [Numbers(low + good, low) for low, good in pairs if applicable.least <= low + good <= applicable.most]


def share(numbers: Numbers) -> Fraction:
    return 1 - Fraction(numbers.below, numbers.applicable)


def gap(numbers: Numbers, target: Fraction | None) -> Fraction:
    return max(Fraction(0), (Fraction(1) if target is None else target) - share(numbers))


def gaps_of(behind: Sequence[Possible], target: Fraction | None = TARGET) -> tuple[CertainGap, ...]:
    themes = [Theme(str(at), str(at), Released(6, 2), each) for at, each in enumerate(behind)]
    return certain_gaps(themes, target=target, minimum=MINIMUM)


def combinations(behind: Sequence[Possible], at: int) -> Iterator[tuple[Numbers, list[Numbers]]]:
    """Each table of one theme with tables of the others that have enough answers."""
    for numbers in product(*map(tables, behind)):
        others = [each for place, each in enumerate(numbers) if place != at and each.applicable >= MINIMUM]
        yield numbers[at], others


@pytest.mark.parametrize("behind", BEHIND)
def test_shares_answers_and_intervals_go_from_the_worst_to_the_best_table(behind: Possible) -> None:
    every = tables(behind)
    worst, best = worst_and_best(behind)
    assert {worst, best} <= set(every)
    assert (share(worst), share(best)) == (min(map(share, every)), max(map(share, every)))
    counted = [each.applicable for each in every]
    assert applicable_span(behind) == Span(min(counted), max(counted))
    (found,) = gaps_of([behind])
    assert found.between == (share(worst), share(best))
    ends = [wilson(each.applicable - each.below, each.applicable) for each in every]
    assert found.interval == pytest.approx((min(low for low, _ in ends), max(high for _, high in ends)))
    assert (found.share_meeting, found.gap) == (Fraction(2, 3), Fraction(1, 12))
    assert has_enough(found, MINIMUM) is (min(counted) >= MINIMUM)


@pytest.mark.parametrize("behind", BEHIND)
@pytest.mark.parametrize("target", [TARGET, Fraction(1, 2), None])
def test_a_state_is_said_where_every_table_has_it(behind: Possible, target: Fraction | None) -> None:
    states = {state_of(each, target=target, minimum=MINIMUM) for each in tables(behind)}
    (found,) = gaps_of([behind], target)
    assert found.state == (states.pop() if len(states) == 1 else None)


@pytest.mark.parametrize("target", [TARGET, None])
def test_ranks_and_extremes_are_those_that_some_table_has(target: Fraction | None) -> None:
    for behind in product(BEHIND, repeat=2):
        found = gaps_of([*behind, BEHIND[4]], target)
        widest, strongest = (ask(found, minimum=MINIMUM) for ask in (may_be_widest, may_be_strongest))
        for at, each in enumerate(found):
            cases = list(combinations([*behind, BEHIND[4]], at))
            ranks = {1 + sum(gap(other, target) > gap(own, target) for other in others) for own, others in cases}
            if has_enough(each, MINIMUM):
                assert each.ranks == Span(min(ranks), max(ranks))
                assert each.rank == (min(ranks) if len(ranks) == 1 else None)
            else:
                assert (each.ranks, each.rank) == (None, None)
            enough = [(share(own), [*map(share, others)]) for own, others in cases if own.applicable >= MINIMUM]
            assert (each in widest) is any(own <= min(others, default=own) for own, others in enough)
            assert (each in strongest) is any(own >= max(others, default=own) for own, others in enough)


def test_what_may_have_no_applicable_answer_has_any_share_and_no_interval() -> None:
    nothing = possible((0, 2), (0, 2), (0, 2))
    (found,) = gaps_of([nothing])
    assert found.between == (Fraction(0), Fraction(1))
    assert interval_around(Numbers(0, 0), Numbers(1, 0)) is None
    assert interval_around(Numbers(1, 0), Numbers(0, 0)) is None
    (none,) = gaps_of([possible((0, 0), (0, 0), (0, 0))])
    assert none.between == (Fraction(0), Fraction(1))
    assert (none.interval, none.ranks) == (None, None)
    hidden = certain_gaps([Theme("a", "A", Released(None), nothing)], target=TARGET, minimum=MINIMUM)[0]
    assert (hidden.share_meeting, hidden.gap, hidden.interval) == (None, None, None)
    (met,) = gaps_of([BEHIND[2]], Fraction(1, 2))
    assert met.gap == 0


def test_numbers_are_cut_to_the_most_that_there_can_be() -> None:
    assert cut_to(BEHIND[0], None) == BEHIND[0]
    assert cut_to(BEHIND[0], 3) == possible((3, 3), (0, 2), (3, 3))


@pytest.mark.parametrize(
    "behind",
    [((1, 2), (3, 4), (0, 1)), ((9, 9), (0, 2), (0, 2)), ((0, 1), (0, 1), (2, 3)), ((5, 5), (0, 1), (2, 3))],
)
def test_numbers_that_contradict_each_other_are_refused(behind: tuple[tuple[int, int], ...]) -> None:
    with pytest.raises(ValueError, match="no numbers"):
        worst_and_best(possible(*behind))
    assert worst_and_best(possible((4, 4), (1, 1), (3, 3))) == (Numbers(4, 1), Numbers(4, 1))
