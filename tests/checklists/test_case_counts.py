"""Counts of a case: written and read as a line, never more than ten, and answering only a band that holds them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklists.audits.facts import filled_facts
from checklists.case_counts import MOST, CaseCount, counts_line, counts_of
from checklists.templates.library import library_keys, load_library_template
from tests.audits.beside_template import a_beside_template

BANDS = [
    {"key": "none", "label": "None", "at_least": 0, "below": 1},
    {"key": "few", "label": "1 to 3", "at_least": 1, "below": 4},
    {"key": "many", "label": "4 to 14", "at_least": 4, "below": 15},
    {"key": "most", "label": "15 or more", "at_least": 15},
]
REFERRALS = CaseCount.REFERRALS
AUGUST = date(2026, 8, 31)


@given(st.dictionaries(st.sampled_from(CaseCount), st.integers(0, 300)))
def test_counts_are_read_as_they_were_written_up_to_ten(counts: dict[CaseCount, int]) -> None:
    assert counts_of(counts_line(counts)) == {count: min(number, MOST) for count, number in counts.items()}
    assert len(counts_line(counts)) <= 80


@pytest.mark.parametrize("line", ["referrals", "referrals:x", "visits:1", "referrals:11", "placements:1 referrals:1"])
def test_what_is_no_line_of_counts_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        counts_of(line)
    with pytest.raises(ValueError, match="below 0"):
        counts_line({REFERRALS: -1})


@pytest.mark.parametrize(
    ("number", "expected"), [(0, "none"), (1, "few"), (3, "few"), (4, "many"), (9, "many"), (10, None), (None, None)]
)
def test_a_fact_is_filled_by_the_band_that_holds_the_number_for_certain(
    number: int | None, expected: str | None
) -> None:
    fact = {"key": "referred", "title": "Referrals", "filled_from": "referrals", "choices": BANDS}
    template = a_beside_template(case_facts=[fact])
    counts = {} if number is None else {REFERRALS: number}
    filled = filled_facts(template, category=None, started=None, until=AUGUST, counts=counts)
    assert filled == ({} if expected is None else {"referred": expected})
    other = filled_facts(template, category=None, started=None, until=AUGUST, counts={CaseCount.PLACEMENTS: 2})
    assert other == {}


def test_each_fact_is_filled_from_its_own_column_alone() -> None:
    bands = [{"key": "neglect", "label": "Neglect"}, {"key": "yes", "label": "Yes"}, {"key": "no", "label": "No"}]
    facts = [
        {"key": "category", "title": "Category", "filled_from": "category", "choices": bands},
        {"key": "again", "title": "Referred again", "filled_from": "re-referral", "choices": bands},
    ]
    template = a_beside_template(case_facts=facts)
    assert filled_facts(template, category="neglect", started=None, until=AUGUST) == {"category": "neglect"}
    assert filled_facts(template, category=None, started=None, until=AUGUST, re_referral=False) == {"again": "no"}


@pytest.mark.parametrize("key", library_keys())
def test_every_number_of_a_list_answers_the_facts_of_a_built_in_template(key: str) -> None:
    facts = [fact for fact in load_library_template(key).case_facts if fact.filled_from and fact.filled_from.counted]
    assert all(fact.choice_of_count(number) for fact in facts for number in range(MOST + 1))
    assert {fact.key for fact in facts} <= {"referrals-in-12-months", "missing"}
