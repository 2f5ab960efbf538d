"""What may be answered to a question, which answers meet its standard, and how both are said."""

from typing import Any

import pytest
from pydantic import ValidationError

from checklists.templates.questions import Question, QuestionKind, fixed_choices
from checklists.templates.scale import NOT_APPLICABLE, NOT_EVIDENCED
from checklists.templates.template_file import TemplateRefused, check_template
from tests.check_each import of_each
from tests.checklists.full_template import full_template


def a_question(kind: str, **more: Any) -> Question:
    return Question.model_validate({"key": "visits", "text": "How many?", "kind": kind, **more})


WAYS = [{"key": "phone", "label": "By telephone"}, {"key": "met", "label": "In person"}]
YES_NO = a_question("yes-no", meets=("yes",))
PARTLY = a_question("yes-partly-no", meets=("yes", "partly"), not_applicable=True)
CHOICE = a_question("choice", choices=WAYS)
NUMBER = a_question("number", at_least=2, at_most=9)
FEW = a_question("days", at_most=10)
MANY = a_question("days", at_least=3)
NONE = a_question("number", at_most=0)
MONTH = a_question("month")


@of_each(
    [
        (YES_NO, ["yes", "no", NOT_EVIDENCED], ["partly", "", NOT_APPLICABLE]),
        (PARTLY, ["yes", "partly", "no", NOT_EVIDENCED, NOT_APPLICABLE], ["maybe"]),
        (CHOICE, ["phone", "met", NOT_EVIDENCED], ["yes", "By telephone", NOT_APPLICABLE]),
        (NUMBER, ["0", "7", "9999", NOT_EVIDENCED], ["07", "10000", "-1", "1.5", "2024-05", "", NOT_APPLICABLE]),
        (MONTH, ["2024-05", "1999-12", NOT_EVIDENCED], ["2024-13", "2024-00", "1899-01", "7", NOT_APPLICABLE]),
    ]
)
def test_an_auditor_may_give_the_answers_of_the_kind_of_question(
    question: Question, accepted: list[str], refused: list[str]
) -> None:
    assert [question.is_answer(answer) for answer in accepted] == [True] * len(accepted)
    assert [question.is_answer(answer) for answer in refused] == [False] * len(refused)


@of_each(
    [
        (YES_NO, ["yes"], ["no", NOT_EVIDENCED, NOT_APPLICABLE]),
        (PARTLY, ["yes", "partly"], ["no", NOT_EVIDENCED, NOT_APPLICABLE]),
        (CHOICE, [], ["phone", "met"]),
        (NUMBER, ["2", "9"], ["1", "10", "0", NOT_EVIDENCED]),
        (FEW, ["0", "10"], ["11", NOT_APPLICABLE]),
        (MANY, ["3", "9999"], ["2", "0"]),
        (NONE, ["0"], ["1"]),
        (MONTH, [], ["2024-05", NOT_EVIDENCED]),
    ]
)
def test_an_answer_meets_the_standard_or_does_not(question: Question, meeting: list[str], below: list[str]) -> None:
    assert [question.meets_standard(answer) for answer in meeting] == [True] * len(meeting)
    assert [question.meets_standard(answer) for answer in below] == [False] * len(below)


@of_each([(each, True) for each in (YES_NO, PARTLY, NUMBER, FEW, MANY, NONE)] + [(CHOICE, False), (MONTH, False)])
def test_answers_count_where_there_is_a_standard_and_they_apply(question: Question, has_standard: bool) -> None:
    assert question.has_standard is has_standard
    assert question.is_applicable("1") is has_standard
    assert question.is_applicable(NOT_EVIDENCED) is has_standard
    assert question.is_applicable(NOT_APPLICABLE) is False


@of_each(
    [
        (YES_NO, "yes", "Yes"),
        (CHOICE, "phone", "By telephone"),
        (NUMBER, "7", "7"),
        (FEW, "1", "1 day"),
        (FEW, "0", "0 days"),
        (MONTH, "2024-05", "May 2024"),
        (MONTH, NOT_EVIDENCED, "Not evidenced"),
        (NUMBER, NOT_APPLICABLE, "Not applicable"),
    ]
)
def test_an_answer_is_said_as_people_read_it(question: Question, answer: str, said: str) -> None:
    assert question.label_of(answer) == said


def test_a_choice_that_a_question_does_not_have_has_no_label() -> None:
    with pytest.raises(KeyError):
        CHOICE.label_of("yes")


def test_one_number_alone_may_meet_a_standard_and_none_may_not() -> None:
    plain = full_template()
    visits = plain["learning_domains"][0]["themes"][0]["questions"][2]
    visits |= {"at_least": 3, "at_most": 3}
    assert check_template(plain).question("visits").standard_in_words == "3 to 3 days"
    visits["at_least"] = 4
    with pytest.raises(TemplateRefused, match="at_least or more"):
        check_template(plain)


def test_a_standard_is_said_in_words() -> None:
    said = [each.standard_in_words for each in (YES_NO, PARTLY, CHOICE, NUMBER, FEW, MANY, NONE, MONTH)]
    assert said == ["Yes", "Yes or Partly", "", "2 to 9", "10 days or fewer", "3 days or more", "0 or fewer", ""]
    assert a_question("days", at_least=2, at_most=3).standard_in_words == "2 to 3 days"


def test_each_kind_has_a_label_and_is_chosen_or_typed() -> None:
    assert {kind.label: kind.is_chosen for kind in QuestionKind} == {
        "Yes or no": True,
        "Yes, partly or no": True,
        "One of several choices": True,
        "A number": False,
        "A number of days": False,
        "A month": False,
    }


def test_the_choices_of_a_kind_are_fixed_but_for_those_that_are_listed() -> None:
    assert [[choice.label for choice in fixed_choices(kind)] for kind in (*QuestionKind, "another")] == [
        ["Yes", "No"],
        ["Yes", "Partly", "No"],
        *([], [], [], [], []),
    ]
    assert [choice.label for choice in CHOICE.offered] == ["By telephone", "In person"]
    assert NUMBER.offered == ()


@of_each([("text", "?" * 200, "?" * 201), ("text", "?", ""), ("at_least", 0, -1), ("at_most", 9999, 10000)])
def test_each_limit_of_a_question_is_kept(name: str, accepted: Any, refused: Any) -> None:
    assert getattr(a_question("number", **{name: accepted}), name) == accepted
    with pytest.raises(ValidationError):
        a_question("number", **{name: refused})
    assert {a_question("number", at_least=0).at_least, a_question("number", at_most=0).at_most} == {0}
    for limit in ("at_least", "at_most"):
        with pytest.raises(ValidationError):
            a_question("number", **{limit: -1})
