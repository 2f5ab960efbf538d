"""What many audits answered to questions: by hand, against other implementations, and told apart."""

from collections import Counter
from fractions import Fraction
from statistics import median, quantiles

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from checklists.reports.beside import encode_beside
from checklists.reports.change import Change, question_changes
from checklists.reports.coded_lines import code_lines
from checklists.reports.questions import (
    ComplianceShare,
    QuestionCounts,
    compliance_of,
    count_questions,
    is_answered_alike,
    is_counted_answer,
    is_measured_alike,
    summary_of,
)
from checklists.templates.questions import Question, QuestionKind
from tests.checklists.full_template import a_full_template

TEMPLATE = a_full_template()
# By hand: 40 audits asked, 28 yes. Of visits 7 numbers, 4 of them from 2 to 10, and 2 not evidenced.
TALLIES = {
    ("seen-alone", "yes"): 28,
    ("seen-alone", "no"): 10,
    ("seen-alone", "not-evidenced"): 2,
    ("where", "home"): 15,
    ("where", "school"): 9,
    ("where", "not-applicable"): 4,
    ("where", "not-asked"): 12,
    ("visits", "1"): 1,
    ("visits", "2"): 2,
    ("visits", "10"): 2,
    ("visits", "11"): 1,
    ("visits", "100"): 1,
    ("visits", "not-evidenced"): 2,
    ("chronology", "2024-12"): 3,
    ("chronology", "2026-01"): 6,
    ("chronology", "2026-10"): 1,
}


def counted() -> dict[str, QuestionCounts]:
    return {found.question.key: found for found in count_questions(TEMPLATE, TALLIES)}


def test_a_yes_or_no_question_says_how_many_meet_its_standard_with_wilsons_interval() -> None:
    found = counted()["seen-alone"]
    assert (found.asked, found.applicable, found.meeting) == (40, 40, 28)
    assert found.share_meeting == Fraction(28, 40)
    assert found.meeting_interval == pytest.approx(proportion_confint(28, 40, method="wilson"))
    assert dict(found.counts) == {"yes": 28, "no": 10, "not-evidenced": 2}


def test_not_asked_and_not_applicable_are_told_apart() -> None:
    found = counted()["where"]
    assert (found.asked, found.applicable) == (28, 24)
    assert dict(found.counts) == {"home": 15, "school": 9, "not-evidenced": 0, "not-applicable": 4, "not-asked": 12}
    assert (found.meeting, found.share_meeting, found.meeting_interval) == (None, None, None)


def test_numbers_have_a_median_and_quartiles_and_a_range_only_when_there_are_many() -> None:
    found = counted()["visits"]
    assert (found.applicable, found.meeting, found.share_meeting) == (9, 4, Fraction(4, 9))
    assert found.numbers is not None
    # 1 2 2 10 10 11 100
    assert (found.numbers.n, found.numbers.median) == (7, Fraction(10))
    assert found.numbers.quartiles == (Fraction(2), Fraction(21, 2))
    assert found.numbers.ends is None
    assert list(found.counts)[:5] == ["1", "2", "10", "11", "100"]
    few = summary_of({3: 2, 4: 2})
    assert few is not None
    assert (few.median, few.quartiles, few.ends) == (Fraction(7, 2), None, None)
    many = summary_of({1: 9, 30: 1})
    assert many is not None
    assert many.ends == (1, 30)
    assert summary_of({}) is None


def test_months_are_counted_by_year_with_the_oldest_and_newest_of_many() -> None:
    found = counted()["chronology"]
    assert found.months is not None
    assert dict(found.months.years) == {2024: 3, 2026: 7}
    assert found.months.ends == ("2024-12", "2026-10")
    (*_, fewer) = count_questions(TEMPLATE, {("chronology", "2024-12"): 9})
    assert fewer.months is not None
    assert fewer.months.ends is None


@given(st.lists(st.integers(0, 9999), min_size=1, max_size=60))
def test_medians_and_quartiles_are_those_of_the_standard_library(numbers: list[int]) -> None:
    found = summary_of(Counter(numbers))
    assert found is not None
    assert found.median == pytest.approx(median(numbers))
    if found.quartiles is not None:
        low, _, high = quantiles(numbers, n=4, method="inclusive")
        assert [float(each) for each in found.quartiles] == pytest.approx([low, high])
    assert (found.quartiles is None) == (len(numbers) < 5)
    assert found.ends == ((min(numbers), max(numbers)) if len(numbers) >= 10 else None)


def test_compliance_is_the_share_of_all_applicable_answers_with_a_standard_and_its_band() -> None:
    found = tuple(counted().values())
    # 28 of 40 and 4 of 9; the others have no standard.
    assert compliance_of(TEMPLATE, found) == ComplianceShare(49, 32, Fraction(32, 49), "Partly")
    assert compliance_of(a_full_template(compliance=None), found) is None
    nothing = compliance_of(TEMPLATE, count_questions(TEMPLATE, {}))
    assert nothing == ComplianceShare(0, 0, None, "")
    exactly = count_questions(TEMPLATE, {("seen-alone", "yes"): 9, ("seen-alone", "no"): 1})
    band = compliance_of(TEMPLATE, exactly)
    assert band is not None
    assert band.band == "Compliant"


@pytest.mark.parametrize("pair", [("nobody", "yes"), ("seen-alone", "maybe"), ("visits", "many")])
def test_a_tally_of_another_template_is_refused(pair: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match="does not have"):
        count_questions(TEMPLATE, {pair: 1})
    with pytest.raises(ValueError, match="never negative"):
        count_questions(TEMPLATE, {("seen-alone", "yes"): -1})


def test_a_question_changes_by_more_than_chance_or_not() -> None:
    before = count_questions(TEMPLATE, {("seen-alone", "yes"): 10, ("seen-alone", "no"): 30})
    (change, *_) = question_changes(count_questions(TEMPLATE, TALLIES), before, minimum=5)
    assert (change.question.key, change.change) == ("seen-alone", Change.IMPROVED)
    assert change.difference == Fraction(28, 40) - Fraction(10, 40)
    (few, *_) = question_changes(count_questions(TEMPLATE, TALLIES), before, minimum=50)
    assert few.change is Change.TOO_FEW
    assert [each.question.key for each in question_changes(count_questions(TEMPLATE, {}), before, minimum=5)] == [
        "seen-alone",
        "visits",
    ]
    with pytest.raises(ValueError, match="at least 1"):
        question_changes(before, before, minimum=0)


def test_versions_of_a_question_are_compared_only_when_they_mean_the_same() -> None:
    one = Question(key="seen", text="Seen?", kind=QuestionKind.YES_NO, meets=("yes",))
    reworded = one.model_copy(update={"text": "Was the child seen?"})
    stricter = one.model_copy(update={"meets": ("no",)})
    other = one.model_copy(update={"kind": QuestionKind.YES_PARTLY_NO})
    assert is_measured_alike(one, reworded)
    assert is_answered_alike(one, stricter)
    assert not is_measured_alike(one, stricter)
    assert not is_answered_alike(one, other)


KEYS = ("seen-alone", "visits")
AUDITS = st.lists(
    st.none()
    | st.fixed_dictionaries(
        {"seen-alone": st.sampled_from(["yes", "no", "not-asked"]), "visits": st.integers(0, 200).map(str)}
    ),
    max_size=80,
)


@given(AUDITS, st.data())
def test_coded_lines_count_any_audits_as_the_lines_themselves_do(
    audits: list[dict[str, str] | None], data: st.DataObject
) -> None:
    lines = ["" if audit is None else encode_beside(KEYS, audit) for audit in audits]
    coded = code_lines(KEYS, lines)
    chosen = data.draw(st.lists(st.sampled_from(range(len(lines))), max_size=80)) if lines else []
    counted = Counter(answer for each in chosen for answer in (audits[each] or {}).items())
    assert coded.tally([coded.texts[each] for each in chosen]) == counted
    assert coded.column("visits") == [None if audit is None else audit["visits"] for audit in audits]


def test_a_coded_line_of_another_template_is_refused() -> None:
    with pytest.raises(ValueError, match="another number"):
        code_lines(KEYS, ["yes|3|4"])


def test_an_answer_that_nobody_gave_counts_as_none() -> None:
    (found,) = [
        each for each in count_questions(TEMPLATE, {("seen-alone", "no"): 0}) if each.question.key == "seen-alone"
    ]
    assert (found.number("no"), found.asked) == (0, 0)


def test_an_audit_can_say_an_answer_a_number_or_that_it_was_not_asked() -> None:
    of = {question.key: question for question in TEMPLATE.questions}
    said = ["0", "9999", "10000", "07", "\u0667", "not-asked", "not-applicable", "not-evidenced", "yes"]
    assert [answer for answer in said if is_counted_answer(of["visits"], answer)] == [*said[:2], *said[5:8]]
    assert is_counted_answer(of["visits"], "7") is True
    assert [is_counted_answer(of["seen-alone"], answer) for answer in ("yes", "maybe", "7")] == [True, False, False]


def test_what_an_answer_says_of_nothing_is_nothing() -> None:
    (found,) = [each for each in count_questions(TEMPLATE, {("visits", "0"): 3}) if each.question.key == "visits"]
    assert (found.asked, found.applicable, found.meeting, found.share_meeting) == (3, 3, 0, Fraction(0))
    assert (found.number("0"), found.number("1")) == (3, 0)
    (none,) = [each for each in count_questions(TEMPLATE, {}) if each.question.key == "visits"]
    assert (none.meeting, none.share_meeting, none.meeting_interval, none.numbers) == (0, None, None, None)
