import pytest

from checklists.samples.expected_counts import UNIT, available_under_cap, expected_counts


def test_a_worker_needed_in_one_stratum_is_taken_from_another_that_can_do_without() -> None:
    cells = {"a": {"u": 4, "v": 5}, "b": {"u": 6}}
    assert available_under_cap({"a": 2, "b": 2}, cells, 2) == {"a": 2, "b": 2}
    assert expected_counts({"a": 2, "b": 2}, cells, 2) == {"a": {"u": 0, "v": 2 * UNIT}, "b": {"u": 2 * UNIT}}


def test_a_worker_is_passed_on_through_several_strata() -> None:
    cells = {"a": {"u": 4, "v": 4}, "b": {"v": 4, "w": 4}, "c": {"u": 4}}
    assert available_under_cap({"a": 2, "b": 2, "c": 2}, cells, 2) == {"a": 2, "b": 2, "c": 2}


def test_a_stratum_can_give_what_is_left_when_those_before_it_have_theirs() -> None:
    cells = {"b": {"u": 6, "v": 1}, "a": {"u": 4}}
    assert available_under_cap({"a": 2, "b": 2}, cells, 2) == {"a": 2, "b": 1}


def test_strata_that_could_not_give_their_size_by_themselves_come_first() -> None:
    cells = {"a": {"u": 4}, "b": {"u": 6, "v": 1}}
    assert available_under_cap({"a": 3, "b": 2}, cells, 2) == {"a": 2, "b": 2}


def test_expecting_what_the_cap_forbids_is_refused() -> None:
    with pytest.raises(ValueError, match="under the cap"):
        expected_counts({"a": 3}, {"a": {"u": 4}}, 2)
