"""What others ask of a template: its parts by their keys, what an answer counts as, and which texts it needs."""

from typing import Any

import pytest

from checklists.templates.asks import WORDS_ONLY_TEXTS, Asks, Texts, Words
from checklists.templates.scale import NOT_APPLICABLE, NOT_ASKED, NOT_EVIDENCED, WORDS_ONLY
from checklists.templates.template import Template
from checklists.templates.template_file import check_template
from tests.checklists.full_template import a_full_template, full_template
from tests.checklists.small_template import a_template
from tests.checklists.templates.test_without_ratings import WORDS

FULL, SMALL, WORDS_ALONE = a_full_template(), a_template(), check_template(WORDS)


def test_parts_are_found_by_their_keys_and_others_are_not() -> None:
    assert [FULL.has_theme(key) for key in ("voice", "visits", "")] == [True, False, False]
    assert [FULL.has_question(key) for key in ("visits", "voice")] == [True, False]
    assert [FULL.has_fact(key) for key in ("open-for", "voice")] == [True, False]
    assert FULL.theme("plan") == FULL.learning_domains[1].themes[0]
    assert FULL.domain_of("plan") == FULL.learning_domains[1]
    assert FULL.question("where") == FULL.themes[0].questions[1]
    assert FULL.theme_of("where") == FULL.themes[0]
    assert FULL.fact("category") == FULL.case_facts[1]
    assert FULL.harm_label("illness") == "A parent's illness"
    assert FULL.theme_keys == ("voice", "history", "plan", "review")
    assert [question.key for question in FULL.questions] == ["seen-alone", "where", "visits", "chronology"]
    for ask in (FULL.theme, FULL.domain_of, FULL.question, FULL.theme_of, FULL.fact, FULL.harm_label):
        with pytest.raises(KeyError):
            ask("nothing")


def test_a_template_knows_its_format_its_conditions_and_the_facts_in_them() -> None:
    assert [template.is_format_1 for template in (SMALL, FULL)] == [True, False]
    assert [template.has_conditions for template in (SMALL, FULL)] == [False, True]
    assert SMALL.counted_answers == SMALL.scale.answers
    assert FULL.counted_answers == (*FULL.scale.answers, NOT_ASKED)
    assert FULL.facts_of_conditions == frozenset()
    content = full_template()
    content["learning_domains"][0]["applies_when"] = {"facts": [{"fact": "open-for", "answers": ["long"]}]}
    assert check_template(content).facts_of_conditions == {"open-for"}


@pytest.mark.parametrize(
    ("template", "answer", "is_answer", "below", "applicable", "texts"),
    [
        # Texts: what is asked and what is required, of rationale, impact and evidence.
        (FULL, "outstanding", True, False, True, "TF FF TF"),
        (FULL, "inadequate", True, True, True, "TT TT FF"),
        (FULL, NOT_EVIDENCED, True, True, True, "TT TT FF"),
        (FULL, NOT_APPLICABLE, True, False, False, "TT TT FF"),
        (FULL, NOT_ASKED, False, False, False, "TF FF FF"),
        (WORDS_ALONE, "described", True, False, True, ""),
        (WORDS_ALONE, NOT_EVIDENCED, True, False, False, ""),
    ],
)
def test_an_answer_counts_and_needs_texts_by_the_templates_rules(
    template: Template, answer: str, is_answer: bool, below: bool, applicable: bool, texts: str
) -> None:
    assert template.is_answer(answer) is is_answer
    assert template.counts_below(answer) is below
    assert template.is_applicable(answer) is (applicable and template.graded)
    names: Any = ("rationale", "impact", "evidence")
    found = [(template.asks_text(name, answer), template.needs_text(name, answer)) for name in names]
    if texts:
        assert found == [(pair[0] == "T", pair[1] == "T") for pair in texts.split()]
    assert template.needs_rationale(answer) is found[0][1]


def test_without_words_texts_and_asks_of_its_own_a_template_has_the_usual_ones() -> None:
    assert FULL.own_words.unit == "contact"
    assert SMALL.own_words == Words(advice="")
    assert a_full_template(words=None).own_words == Words()
    assert WORDS_ALONE.own_words.advice not in {"", Words().advice}
    assert FULL.text_rules == FULL.texts
    assert a_full_template(texts=None).text_rules == Texts()
    assert WORDS_ALONE.text_rules == WORDS_ONLY_TEXTS
    assert FULL.further == FULL.asks
    assert SMALL.further == Asks()


def test_a_cap_of_one_theme_limits_the_overall_judgement_by_that_theme_alone() -> None:
    assert [FULL.limits_overall(key) for key in FULL.theme_keys] == [True, False, True, False]
    for number, limits in ((1, True), (2, False)):
        caps = [{"themes": ["voice", "plan"], "in_at_least": number, "at_best": "inadequate"}]
        template = a_full_template(overall={"how": "judged", "caps": caps})
        assert [template.limits_overall(key) for key in ("voice", "history")] == [limits, False]
    assert FULL.overall_rule == FULL.overall
    assert a_full_template(overall=None).overall_rule.caps == ()
    assert [cap.at_best for cap in SMALL.overall_rule.caps] in ([], ["requires-improvement"])


def test_a_case_that_a_template_is_not_for_is_said_to_be_none_of_its_cases() -> None:
    assert [FULL.has_own_case_words, SMALL.has_own_case_words] == [False, False]
    statuses = [{"key": "open", "label": "Open"}]
    content = full_template(statuses=statuses)
    del content["learning_domains"][1]["themes"][0]["applies_when"]
    own = check_template(content)
    assert own.has_own_case_words is True
    assert own.case_fault("open", "1-to-4") == ""
    assert "The status of this case is not" in own.case_fault("child-in-need", "1-to-4")
    assert "The age band of this case is not" in own.case_fault("open", "65-and-over")
    assert "The status and the age band of this case are not" in own.case_fault("child-in-need", "65-and-over")


@pytest.mark.parametrize("template", [FULL, SMALL, WORDS_ALONE])
def test_a_template_that_is_written_out_whole_is_read_again(template: Template) -> None:
    assert Template.model_validate(template.model_dump()) == template
    assert Template.model_validate(template.model_dump(mode="json")) == template
    assert (template.scale == WORDS_ONLY) is (not template.graded)
