"""Nothing is certain of any answer to a question, fact, view, conversation, source or barrier, however often snapshots
are made.

The attacker knows which audits each snapshot counts, which of them changed in between, and the template.
"""

from collections.abc import Callable

import pytest

from tests.disclosure.beside import ToldBeside, a_history, attack_former, attack_round
from tests.thorough import chance_of, is_thorough

RecordProperty = Callable[[str, object], None]
SNAPSHOTS = (1, 2, 1, 3, 1, 2, 1, 4, 1, 5)
ROUNDS = 200
# A seed, and how many snapshots are made.
ROUNDS_ATTACKED = ((0, 1), (3, 2))
ENOUGH = 3


def test_the_attacker_is_certain_of_nothing_beside_the_themes() -> None:
    """One of two organisations, the other one on other days; `make trials` attacks both."""
    for seed, count in ROUNDS_ATTACKED if is_thorough() else [chance_of("attacker").choice(ROUNDS_ATTACKED)]:
        assert attack_round(seed, count) == ToldBeside()


def test_where_the_stated_number_is_too_small_beside_the_themes_the_attacker_sees_it() -> None:
    with pytest.raises(ValueError, match="misreads"):
        [attack_round(seed, 1, nearer=1) for seed in range(5)]


def test_the_same_attacker_is_certain_of_much_beside_the_themes_under_the_former_rule() -> None:
    told = ToldBeside()
    for seed in range(1, 10):
        told.add(attack_former(a_history(seed, 3)))
        if told.answers + told.sizes >= ENOUGH:
            return
    pytest.fail(f"certain of {told.answers} answers and {told.sizes} sizes only")


@pytest.mark.trial
def test_the_attacker_is_certain_of_nothing_beside_the_themes_of_200_rounds(record_property: RecordProperty) -> None:
    told, made, refused, seed = ToldBeside(), 0, 0, 2_000
    while made < ROUNDS:
        found = attack_round(seed, SNAPSHOTS[seed % len(SNAPSHOTS)])
        seed += 1
        refused += found is None
        if found is not None:
            made += 1
            told.add(found)
        if made % 10 == 0:
            print(seed, made, refused, told, flush=True)
    figure = (
        f"Attacker on questions, facts, views, conversations, sources and barriers of {made} rounds of 25 to 150 "
        f"audits, one to five snapshots: "
        f"{told.answers} answers and {told.sizes} sizes certain, {told.undecided} undecided; {refused} refused"
    )
    print(figure)
    record_property("figure", figure)
    assert told == ToldBeside()
