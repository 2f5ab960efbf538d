import pytest

from checklists.reports.chains import confidence_of


def test_each_further_change_of_a_chain_has_to_be_surer() -> None:
    assert [confidence_of(link) for link in (1, 2, 3)] == [0.95, 0.975, 0.9875]


def test_all_changes_of_a_chain_are_wrong_in_at_most_1_of_10_chains() -> None:
    assert sum(1 - confidence_of(link) for link in range(1, 40)) < 0.1 + 1e-9


def test_there_is_no_change_before_the_first() -> None:
    with pytest.raises(ValueError, match="number 1"):
        confidence_of(0)
