"""A code is counted by audits, where every coder gave it to the same passage."""

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from checklists.passages.counting import CodeCount, as_categories, as_units, count_by_group, count_codes, differing

PASSAGES = {"a1": "a", "a2": "a", "b1": "b", "c1": "c"}
CODES = ("late", "seen")

codings = st.dictionaries(
    st.sampled_from(["one", "two", "three"]),
    st.dictionaries(st.sampled_from(sorted(PASSAGES)), st.sets(st.sampled_from(CODES))),
)


def test_an_audit_counts_once_and_only_where_all_gave_the_code_to_the_same_passage() -> None:
    one = {"a1": {"late"}, "a2": {"late"}, "b1": {"late"}}
    assert count_codes(PASSAGES, {"one": one}, CODES)["late"] == CodeCount(2, 0, 3)
    two = {"a2": {"late"}, "c1": {"late"}, "b1": {"seen"}}
    found = count_codes(PASSAGES, {"one": one, "two": two}, CODES)
    assert found["late"] == CodeCount(1, 2, 3), "b by one only, c by two only"
    assert found["seen"] == CodeCount(0, 1, 3)
    assert differing(PASSAGES, {"one": one, "two": two}) == ["a1", "b1", "c1"]


def test_without_a_coder_nothing_is_counted() -> None:
    assert count_codes(PASSAGES, {}, CODES)["late"] == CodeCount(0, 0, 3)


def test_the_sentence_is_of_one_audit_or_of_many() -> None:
    assert CodeCount(6, 0, 9).sentence == "6 of 9 audits"
    assert CodeCount(1, 0, 1).sentence == "1 of 1 audit"


@given(codings)
def test_counts_are_those_of_their_definition(given_by: Mapping[str, Mapping[str, set[str]]]) -> None:
    found = count_codes(PASSAGES, given_by, CODES)
    for code in CODES:
        all_gave = {
            audit
            for passage, audit in PASSAGES.items()
            if given_by and all(code in coding.get(passage, set()) for coding in given_by.values())
        }
        some_gave = {
            audit
            for passage, audit in PASSAGES.items()
            if any(code in coding.get(passage, set()) for coding in given_by.values())
        }
        assert found[code] == CodeCount(len(all_gave), len(some_gave - all_gave), 3)


@given(codings, st.fixed_dictionaries({audit: st.sampled_from(["North", "South"]) for audit in "abc"}))
def test_groups_add_up_to_the_whole(given_by: Mapping[str, Mapping[str, set[str]]], groups: Mapping[str, str]) -> None:
    split = count_by_group(PASSAGES, given_by, CODES, groups)
    whole = count_codes(PASSAGES, given_by, CODES)
    for code in CODES:
        assert sum(each[code].audits for each in split.values()) == whole[code].audits
        assert sum(each[code].of for each in split.values()) == 3


def test_units_for_agreement_say_who_gave_the_code() -> None:
    found = as_units(["a1", "b1"], {"one": {"a1": {"late"}}, "two": {}}, "late")
    assert found == [{"one": 1, "two": 0}, {"one": 0, "two": 0}]


def test_codes_become_answers_to_one_question_where_nobody_gave_a_passage_several() -> None:
    one, two = {"a1": {"late"}, "b1": {"seen"}}, {"a1": {"seen"}}
    assert as_categories(["a1", "b1", "c1"], {"one": one, "two": two}) == (
        [{"one": 0, "two": 1}, {"one": 1, "two": 2}, {"one": 2, "two": 2}],
        3,
    )
    assert as_categories(["a1"], {"one": {"a1": {"late", "seen"}}}) is None
    assert as_categories(["a1"], {"one": {}}) is None
