"""Answers beside the themes: encoded, decoded and counted without loss."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklists.reports.beside import decode_beside, encode_beside

KEYS = ("seen-alone", "visits", "chronology")
ANSWERS = st.fixed_dictionaries(
    {
        "seen-alone": st.sampled_from(["yes", "no", "not-evidenced", "not-asked"]),
        "visits": st.integers(0, 9999).map(str),
        "chronology": st.sampled_from(["2026-03", "not-applicable"]),
    }
)


@given(st.lists(ANSWERS, max_size=20))
def test_lines_give_their_answers_back(audits: list[dict[str, str]]) -> None:
    lines = [encode_beside(KEYS, answers) for answers in audits]
    assert [decode_beside(KEYS, line) for line in lines] == audits


def test_a_line_of_another_template_is_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        decode_beside(KEYS, "yes|3")
    with pytest.raises(KeyError):
        encode_beside(KEYS, {"visits": "1"})


def test_an_empty_line_holds_no_answers() -> None:
    assert decode_beside(KEYS, "") == {}
