"""The altered copy: within the stated number in every cell, the same letters for the same audits, not the truth."""

import hashlib
import random
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence

import pytest

from checklists.release import altered_copy
from checklists.release.altered_copy import NOISE, Column, EarlierCopy, InCopy, NoCopyError, Subject, make_copy
from tests.disclosure.histories import a_history, a_lived_round

COLUMNS = (Column("-mb", 0), Column("-mb", 0), Column("wxyz"))
CELLS = 12


def a_subject(chance: random.Random) -> Subject:
    cells = (0, *sorted(chance.sample(range(1, CELLS), 4)))
    return Subject(cells, str(cells), "".join(chance.choice(column.letters) for column in COLUMNS))


def some_subjects(number: int, seed: int) -> dict[int, Subject]:
    chance = random.Random(seed)
    return {at: a_subject(chance) for at in range(number)}


def kept(subjects: Mapping[int, Subject], copied: Mapping[int, str], within: int) -> EarlierCopy:
    audits: dict[Hashable, InCopy] = {at: InCopy(its.bands, its.letters, copied[at]) for at, its in subjects.items()}
    return EarlierCopy(within, audits)


def furthest(subjects: Mapping[int, Subject], copied: Mapping[int, str]) -> int:
    """How far any number of a cell, or of a pool, is from the truth."""
    off: Counter[tuple[object, ...]] = Counter()
    for at, subject in subjects.items():
        for place, column in enumerate(COLUMNS):
            for letters, way in ((copied[at], 1), (subject.letters, -1)):
                for cell in subject.cells:
                    off[place, cell, letters[place]] += way
                if column.pool is not None:
                    off["pool", letters[place]] += way
    return max(map(abs, off.values()))


@pytest.mark.parametrize("number", [1, 3, 12, 60, 300])
def test_every_cell_and_pool_is_within_the_stated_number_of_the_truth(number: int) -> None:
    for seed in range(10):
        subjects = some_subjects(number, seed)
        copied, within = make_copy(subjects, COLUMNS, key=b"%d" % seed)
        assert within == NOISE == 2
        assert furthest(subjects, copied) <= within


def test_many_audits_have_other_letters_and_which_depends_on_the_key() -> None:
    subjects = some_subjects(100, 1)
    one, again, other = (make_copy(subjects, COLUMNS, key=key)[0] for key in (b"one", b"one", b"other"))
    assert one == again
    assert one != other
    changed = sum(one[at] != its.letters for at, its in subjects.items())
    assert 20 < changed < 95


def test_whoever_is_in_a_cell_alone_may_have_any_letter() -> None:
    subject = Subject((0, 1), "", "mbw")
    shown = {make_copy({0: subject}, COLUMNS, key=b"%d" % seed)[0][0] for seed in range(200)}
    assert {letters[0] for letters in shown} == set("-mb")
    assert {letters[2] for letters in shown} == set("wxyz")


def test_an_audit_that_counts_as_before_keeps_its_letters_and_one_that_changed_gets_others() -> None:
    subjects = some_subjects(120, 2)
    copied, within = make_copy(subjects, COLUMNS, key=b"key")
    later = dict(subjects)
    chance = random.Random(3)
    later[0] = Subject(later[0].cells, "another", "bbz")
    for at in range(120, 140):
        later[at] = a_subject(chance)
    again, stated = make_copy(later, COLUMNS, key=b"another key", earlier=[kept(subjects, copied, within)])
    assert stated == within + 1
    assert furthest(later, again) <= stated
    assert sum(again[at] != copied[at] for at in range(1, 120)) <= 2


def test_where_too_much_is_gone_no_copy_is_made() -> None:
    subjects = {at: Subject((0,), "", "m") for at in range(40)}
    audits: dict[Hashable, InCopy] = {at: InCopy("", "m", "b" if at < 10 else "m") for at in range(40)}
    left = {at: its for at, its in subjects.items() if at < 20}
    with pytest.raises(NoCopyError):
        make_copy(left, [Column("-mb")], key=b"", earlier=[EarlierCopy(2, audits)])


def test_each_letter_of_a_gone_audit_that_moved_leaves_an_earlier_copy_one_move_less() -> None:
    """Of ten audits four have another letter than in truth, so that one has to move; the first copy allows for two."""
    subjects = {at: Subject((0,), "", "m") for at in range(10)}
    held: dict[Hashable, InCopy] = {at: InCopy("", "m", "b" if at < 4 else "m") for at in range(10)}
    for gone, is_made in ((["a"], True), (["a", "c"], False)):
        first, second = ({**held, **dict.fromkeys(gone, InCopy("", "m", letter))} for letter in "mb")
        earlier = [EarlierCopy(3, first), EarlierCopy(3, second)]
        if is_made:
            copied, within = make_copy(subjects, [Column("mb")], key=b"", earlier=earlier)
            assert list(copied.values()).count("b") == within == 3
        else:
            with pytest.raises(NoCopyError):
                make_copy(subjects, [Column("mb")], key=b"", earlier=earlier)


def test_cells_beyond_the_stated_number_matter_most() -> None:
    worse = altered_copy._Worse(2)
    assert [worse[excess] for excess in (-3, -1, 0, 1, 2)] == [-5 - 12, -1, 1, 3, 5 + 12]


def test_no_earlier_copy_is_further_from_the_newest_letters_than_it_states_less_one() -> None:
    """Then any audit may have any answer, in all snapshots together."""
    moved = 0
    for seed in range(12):
        copies = a_lived_round(seed).copies
        for number, earlier in enumerate(copies):
            newest = newest_letters(copies)
            off: Counter[tuple[int, str]] = Counter()
            for audit, its in earlier.audits.items():
                for column, letter in enumerate(its.copied):
                    anchor = newest[audit, its.bands, column, its.letters[column]]
                    if anchor != letter:
                        moved += 1
                        off[column, letter] += 1
                        off[column, anchor] -= 1
            assert max(map(abs, off.values()), default=0) <= earlier.within - 1, (seed, number)
    assert moved > 0


def newest_letters(copies: Sequence[EarlierCopy]) -> dict[tuple[Hashable, str, int, str], str]:
    return {
        (audit, its.bands, column, its.letters[column]): letter
        for copy in copies
        for audit, its in copy.audits.items()
        for column, letter in enumerate(its.copied)
    }


def test_random_histories_are_short() -> None:
    outcomes = [each for seed in range(4) for each in a_history(seed)]
    assert {each.what for each in outcomes} <= {"made", "refused", "too soon"}
    assert max(each.seconds for each in outcomes) < 2


def test_without_a_bound_a_copy_is_further_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(altered_copy._Letters, "off", lambda _: [])
    subjects = some_subjects(120, 2)
    copied, _ = make_copy(subjects, COLUMNS, key=b"key", noise=30)
    assert furthest(subjects, copied) > NOISE


def test_a_copy_is_the_same_on_every_machine() -> None:
    """Who has the key can make it again and compare."""
    fresh, _ = make_copy(some_subjects(120, 2), COLUMNS, key=b"key")
    lived = [its.copied for seed in range(3) for copy in a_lived_round(seed).copies for its in copy.audits.values()]
    made = [hashlib.sha256("".join(letters).encode()).hexdigest()[:16] for letters in (fresh.values(), lived)]
    assert made == [
        "eb574d5eac0d4039",
        "bb26476161a87059",
    ]
