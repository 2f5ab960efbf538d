"""Nothing that is released contradicts the true figures: every statement is held against the table behind it."""

import os
from collections import Counter
from collections.abc import Callable, Sequence
from fractions import Fraction

import pytest

from api.release.snapshots import columns, queries
from checklists.release import certain
from checklists.release.certain import CertainGap, Theme
from checklists.release.disclosure import Possible, Released, ReleaseRule, Span
from checklists.reports.gaps import GapState
from tests.release.statements import a_release, false_statements

RecordProperty = Callable[[str, object], None]
TABLES = int(os.environ.get("CASEAUDIT_TRIAL_TABLES", "10000"))
KINDS = {
    *("state", "rank", "ranks", "share between", "95% interval", "chart", "strength", "learning domain", "heat map"),
    *("briefing", "k of n themes", "widest gap", "widest gap, one theme", "strongest", "strongest, one theme"),
}


def hold(seeds: Sequence[int]) -> tuple[Counter[str], list[str]]:
    said: Counter[str] = Counter()
    false: list[str] = []
    for seed in seeds:
        each, wrong = false_statements(a_release(seed))
        said += each
        false += [f"{seed} {words}" for words in wrong]
    return said, false


def test_no_statement_of_a_snapshot_or_a_briefing_is_false_of_the_true_table() -> None:
    said, false = hold(range(120))
    assert false == []
    assert said.keys() == KINDS


@pytest.mark.trial
def test_no_statement_is_false_over_many_tables(record_property: RecordProperty) -> None:
    said, false = hold(range(1_000_000, 1_000_000 + TABLES))
    counted = ", ".join(f"{kind} {number:,}" for kind, number in sorted(said.items()))
    record_property("figure", f"Statements held against {TABLES:,} random tables: {counted}; false: {len(false)}")
    assert false == []


def taking_the_released_numbers_for_the_true_ones(
    themes: Sequence[Theme], *, target: Fraction, minimum: int
) -> tuple[CertainGap, ...]:
    exact = [
        Theme(
            each.key,
            each.label,
            each.shown,
            each.possible
            if each.shown.applicable is None or each.shown.below is None
            else Possible(
                *(
                    Span(number, number)
                    for number in (
                        each.shown.applicable,
                        each.shown.below,
                        each.shown.applicable - each.shown.below,
                    )
                )
            ),
        )
        for each in themes
    ]
    return certain.certain_gaps(exact, target=target, minimum=minimum)


def test_statements_of_the_released_numbers_alone_are_found_false(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "certain_gaps", taking_the_released_numbers_for_the_true_ones)
    _, false = hold(range(20))
    kinds = {words.split(" ", 1)[1].partition(":")[0] for words in false}
    assert kinds >= {"state", "rank", "share between", "chart", "heat map", "k of n themes"}


def test_a_state_that_is_open_has_the_words_for_it() -> None:
    assert columns.STATES[GapState.TOO_FEW] == "Not certain"


def test_a_theme_that_is_hidden_shows_nothing_but_its_name_and_that_its_state_cannot_be_told() -> None:
    rule = ReleaseRule()
    hidden = Theme("voice", "Voice", Released(None), rule.possible(Released(None)))
    shown = Theme("plan", "Plan", Released(40, 3), rule.possible(Released(40, 3)))
    gaps = certain.certain_gaps([hidden, shown], target=Fraction(9, 10), minimum=5)
    table = columns.released_table("themes", "", gaps, columns.THEME_COLUMNS)
    assert [cell.text for cell in table.rows[0]] == ["Voice", "c", "", "c", "c", "", "", "c", "c"]
    assert [cell.text for cell in table.rows[1][:6]] == ["Plan", "Not certain", "1 to 2", "0.0", "93%", "87% to 98%"]


def test_without_a_target_themes_are_ranked_by_their_share_below_the_standard() -> None:
    rule = ReleaseRule()
    few, many = (
        Theme(key, key, Released(1000, n), rule.possible(Released(1000, n))) for key, n in (("a", 100), ("b", 500))
    )
    assert [gap.rank for gap in certain.certain_gaps([few, many], target=None, minimum=5)] == [2, 1]


@pytest.mark.parametrize("target", [Fraction(9, 10), None])
def test_themes_stand_by_their_released_gap_and_hidden_ones_last(target: Fraction | None) -> None:
    rule = ReleaseRule()
    themes = [
        Theme(key, key, shown, rule.possible(shown))
        for key, shown in (
            ("hidden", Released(None)),
            ("narrow", Released(100, 20)),
            ("wide", Released(100, 60)),
            ("as narrow", Released(50, 10)),
        )
    ]
    gaps = certain.by_released_gap(certain.certain_gaps(themes, target=target, minimum=5))
    assert [gap.key for gap in gaps] == ["wide", "narrow", "as narrow", "hidden"]


def test_numbers_behind_which_no_table_can_be_are_refused() -> None:
    with pytest.raises(ValueError, match="no numbers"):
        certain.worst_and_best(Possible(Span(5, 5), Span(1, 1), Span(1, 1)))
