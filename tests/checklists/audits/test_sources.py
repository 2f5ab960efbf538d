"""Where answers come from: stored and encoded without loss, and recording gaps told apart from practice gaps."""

from itertools import chain, combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklists.audits.sources import (
    AnswerSource,
    count_answers_with_a_source,
    count_recording_gaps,
    decode_sources,
    encode_sources,
    is_recording_gap,
    names_a_source,
    sources_in_words,
    sources_line,
)
from tests.check_each import of_each
from tests.checklists.full_template import a_full_template

TEMPLATE = a_full_template()
EVERY_SET = list(chain.from_iterable(combinations(AnswerSource, number) for number in range(len(AnswerSource) + 1)))


@given(st.dictionaries(st.sampled_from(TEMPLATE.theme_keys), st.sets(st.sampled_from(AnswerSource))))
def test_sources_are_stored_and_encoded_without_loss(said: dict[str, set[AnswerSource]]) -> None:
    stored = {theme: sources_line(sources) for theme, sources in said.items()}
    line = encode_sources(TEMPLATE, stored)
    assert bool(line) == any(said.values()) == names_a_source(line)
    decoded = decode_sources(TEMPLATE, line) or dict.fromkeys(TEMPLATE.theme_keys, ())
    assert {theme: set(sources) for theme, sources in decoded.items()} == {
        theme: set(said.get(theme, ())) for theme in TEMPLATE.theme_keys
    }
    assert decode_sources(TEMPLATE, "") == {}
    assert not names_a_source("|" * (len(TEMPLATE.theme_keys) - 1))


def test_a_line_of_another_template_and_unknown_sources_are_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        decode_sources(TEMPLATE, "worker|seen")
    with pytest.raises(ValueError, match="gravity"):
        sources_line(["gravity"])


@of_each(product([*TEMPLATE.scale.answers, "not-asked"], EVERY_SET))
def test_only_a_good_answer_that_rests_on_nothing_but_words_is_a_recording_gap(
    answer: str, sources: tuple[AnswerSource, ...]
) -> None:
    told = {AnswerSource.WORKER, AnswerSource.FAMILY}
    expected = answer in {"outstanding", "good"} and bool(sources) and set(sources) <= told
    assert is_recording_gap(TEMPLATE, answer, sources) == expected


def test_recording_gaps_are_counted_by_theme() -> None:
    voice = ({"voice": "good", "history": "good"}, {"voice": ("worker",), "history": ("worker", "on-record")})
    both = ({"voice": "outstanding", "history": "good"}, {"voice": ("family",), "history": ("worker",)})
    low = ({"voice": "inadequate"}, {"voice": ("worker",)})
    assert count_recording_gaps(TEMPLATE, [voice, both, low]) == {"voice": 2, "history": 1}


def test_answers_that_meet_the_standard_and_say_where_they_come_from_are_counted_by_theme() -> None:
    audits = [
        (
            {"voice": "good", "history": "inadequate", "plan": "not-evidenced"},
            {theme: ["file"] for theme in TEMPLATE.theme_keys},
        ),
        ({"voice": "outstanding", "history": "good"}, {"voice": ["file", "worker"], "history": []}),
        ({"voice": "good"}, {}),
    ]
    found = count_answers_with_a_source(TEMPLATE, audits)
    assert found == {"voice": 2, "history": 0, "plan": 0, "review": 0}


def test_sources_are_read_in_the_order_of_the_list() -> None:
    assert sources_in_words(sources_line(["seen", "on-record", "seen"])) == "On the record; Observed"
    assert sources_in_words("") == ""
