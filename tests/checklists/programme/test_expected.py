"""What a programme expects adds up, however it is cut into months and teams."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklists.programme.expected import Expectation, Part, add_up, first_of_month


@st.composite
def parts(draw: st.DrawFn) -> Part:
    expected = draw(st.integers(0, 40))
    counts = Expectation(
        expected, draw(st.integers(0, expected)), draw(st.integers(0, expected)), draw(st.integers(0, 40))
    )
    day = draw(st.dates(date(2027, 4, 1), date(2028, 3, 31)))
    return Part(day, draw(st.sampled_from(("", "North", "South"))), counts)


@given(st.lists(parts(), max_size=30))
def test_every_audit_is_in_one_month_and_one_team(given_parts: list[Part]) -> None:
    table = add_up(given_parts)
    whole = sum((part.counts for part in given_parts), Expectation())
    for cut in (table.by_month, table.by_team, table.by_both):
        assert sum(cut.values(), Expectation()) == whole == table.whole
    assert list(table.by_month) == sorted(table.by_month)
    assert all(month.day == 1 for month in table.by_month)
    named = [team for team in table.by_team if team]
    assert named == sorted(named)
    teams = list(table.by_team)
    assert list(table.by_both) == sorted(table.by_both, key=lambda cell: (cell[0], teams.index(cell[1])))
    assert "" not in list(table.by_team)[:-1]  # what has no team yet comes last


def test_a_cell_holds_its_month_and_team() -> None:
    found = add_up(
        [
            Part(date(2027, 4, 5), "North", Expectation(4, 3, 1, 0)),
            Part(date(2027, 4, 30), "North", Expectation(2, 0, 2, 1)),
            Part(date(2027, 5, 1), "", Expectation(6)),
        ]
    )
    assert found.by_both == {
        (date(2027, 4, 1), "North"): Expectation(6, 3, 3, 1),
        (date(2027, 5, 1), ""): Expectation(6, 0, 0, 0),
    }
    assert found.whole == Expectation(12, 3, 3, 1)
    assert first_of_month(date(2028, 2, 29)) == date(2028, 2, 1)


@pytest.mark.parametrize("numbers", [(1, 2, 0, 0), (1, 0, 2, 0), (-1, 0, 0, 0), (1, 0, 0, -1)])
def test_more_than_is_expected_is_refused(numbers: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="not negative"):
        Expectation(*numbers)


def test_what_nothing_is_expected_of_is_empty() -> None:
    assert Expectation() == Expectation(expected=0, done=0, late=0, exempt=0)
    found = [Expectation().is_empty, Expectation(1).is_empty, Expectation(exempt=1).is_empty]
    assert found == [True, False, False]


def test_months_come_in_order_before_teams_by_name() -> None:
    may, june = date(2027, 5, 1), date(2027, 6, 1)
    found = add_up([Part(month, team, Expectation(1)) for month in (june, may) for team in ("", "South", "North")])
    assert list(found.by_both) == [(month, team) for month in (may, june) for team in ("North", "South", "")]
    assert list(found.by_team) == ["North", "South", ""]
