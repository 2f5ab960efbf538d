"""Answers beside the themes: encoded, decoded and counted without loss."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklists.reports.beside import asked_only, decode_beside, encode_beside, tally_beside

KEYS = ("seen-alone", "visits", "chronology")
ANSWERS = st.fixed_dictionaries(
    {
        "seen-alone": st.sampled_from(["yes", "no", "not-evidenced", "not-asked"]),
        "visits": st.integers(0, 9999).map(str),
        "chronology": st.sampled_from(["2026-03", "not-applicable"]),
    }
)


@given(st.lists(ANSWERS, max_size=20))
def test_lines_give_their_answers_back_and_are_counted(audits: list[dict[str, str]]) -> None:
    lines = [encode_beside(KEYS, answers) for answers in audits]
    assert [decode_beside(KEYS, line) for line in lines] == audits
    tallies = tally_beside(KEYS, [*lines, ""])
    for key in KEYS:
        for answer in {answers[key] for answers in audits}:
            assert tallies[key, answer] == sum(answers[key] == answer for answers in audits)
    assert sum(tallies.values()) == len(audits) * len(KEYS)


def test_a_line_of_another_template_is_refused() -> None:
    for ask in (lambda: decode_beside(KEYS, "yes|3"), lambda: tally_beside(KEYS, ["yes|3"])):
        with pytest.raises(ValueError, match=r"zip|another number"):
            ask()
    with pytest.raises(KeyError):
        encode_beside(KEYS, {"visits": "1"})


def test_what_was_not_asked_is_told_apart() -> None:
    assert asked_only({"a": "yes", "b": "not-asked"}) == {"a": "yes"}
    assert decode_beside(KEYS, "") == {}
