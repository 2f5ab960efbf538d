"""Counting lines of answers: every answer once, none lost."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklists.reports.tallies import answer_codes, decode_answers, encode_answers, tally
from checklists.templates.library import load_library_template

TEMPLATE = load_library_template("scr-themes", 2)
ANSWERS = [*(rating.key for rating in TEMPLATE.scale.ratings), "not-evidenced", "not-applicable"]
AN_AUDIT = st.lists(st.sampled_from(ANSWERS), min_size=len(TEMPLATE.theme_keys), max_size=len(TEMPLATE.theme_keys))


@given(st.lists(AN_AUDIT, max_size=40))
def test_the_tally_of_lines_is_the_plain_count_of_every_answer(audits: list[list[str]]) -> None:
    by_theme = [dict(zip(TEMPLATE.theme_keys, answers, strict=True)) for answers in audits]
    plain = Counter(pair for audit in by_theme for pair in audit.items())
    assert tally(TEMPLATE, [encode_answers(TEMPLATE, audit) for audit in by_theme]) == plain


@pytest.mark.parametrize("line", ["", "a", "a" * 16, "z" * 15])
def test_a_line_of_another_template_is_not_counted(line: str) -> None:
    with pytest.raises(ValueError, match="a line has"):
        tally(TEMPLATE, ["a" * 15, line])


def test_an_audit_that_lacks_an_answer_makes_no_line() -> None:
    with pytest.raises(KeyError):
        encode_answers(TEMPLATE, {})


@given(AN_AUDIT)
def test_a_line_tells_the_answers_that_it_was_made_from(answers: list[str]) -> None:
    audit = dict(zip(TEMPLATE.theme_keys, answers, strict=True))
    line = encode_answers(TEMPLATE, audit)
    assert decode_answers(TEMPLATE, line) == audit
    assert answer_codes(TEMPLATE, set(answers)) == set(line)


@pytest.mark.parametrize("line", ["", "a" * 16, "z" * 15])
def test_no_answers_are_read_from_a_line_of_another_template(line: str) -> None:
    with pytest.raises(ValueError, match=r"a line has|zip"):
        decode_answers(TEMPLATE, line)
