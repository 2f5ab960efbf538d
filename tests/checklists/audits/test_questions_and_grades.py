"""Grades held against the questions under them, tags against "not applicable", and the texts that answers need."""

import pytest

from checklists.audits.asking import what_is_asked
from checklists.audits.consistency import FindingKind, GivenScore, findings
from checklists.audits.scoring import lacking_texts, missing_questions, overall_judgement
from checklists.cases import AgeBand, CaseStatus
from checklists.templates.conditions import CaseAsAudited
from checklists.templates.template import Template
from checklists.templates.template_file import check_template
from tests.checklists.full_template import a_full_template, full_template
from tests.checklists.small_template import a_template, theme


def template_of(number: int) -> Template:
    """One theme with so many yes-no questions, and one that only describes."""
    questions = [
        {"key": f"q-{place}", "text": "Was it done?", "kind": "yes-no", "meets": ["yes"]} for place in range(number)
    ]
    questions.append({"key": "when", "text": "When?", "kind": "month"})
    domain = {"key": "child", "title": "Child", "themes": [theme("voice", questions=questions, forms_of_harm=["fear"])]}
    return check_template(full_template(learning_domains=[domain], overall={"how": "calculated"}, case_facts=[]))


def sentences(template: Template, answer: str, answers: str, **more: str) -> list[str]:
    """What is found of a grade with these answers to its questions: y, n, e (not evidenced) or - for none."""
    keys = {"y": "yes", "n": "no", "e": "not-evidenced"}
    given = {f"q-{place}": keys[letter] for place, letter in enumerate(answers) if letter in keys}
    score = GivenScore(answer, "Why.", "Felt.", "Note 3")
    found = findings(template, {"voice": score}, questions={**given, "when": "2026-03", **more})
    return [each.sentence for each in found if each.kind is FindingKind.QUESTIONS]


WHAT_TO_DO = " Check the rating and the answers, or explain the difference in the rationale."


@pytest.mark.parametrize(
    ("answer", "answers", "said"),
    [
        (
            "good",
            "ynnnn",
            "Voice is Good, but 4 of 5 answered questions do not meet their standard." + WHAT_TO_DO,
        ),
        ("good", "yyynn", ""),
        ("good", "yn---", ""),
        (
            "good",
            "ne---",
            "Voice is Good, but 2 of 2 answered questions do not meet their standard." + WHAT_TO_DO,
        ),
        (
            "good",
            "n----",
            "Voice is Good, but 1 of 1 answered question does not meet its standard." + WHAT_TO_DO,
        ),
        ("good", "-----", ""),
        (
            "inadequate",
            "yyyyn",
            "Voice is Inadequate, but 4 of 5 answered questions meet their standard." + WHAT_TO_DO,
        ),
        ("inadequate", "y----", ""),
        ("inadequate", "ynn--", ""),
        ("not-evidenced", "yyyyy", ""),
        ("not-applicable", "nnnnn", ""),
    ],
)
def test_a_grade_against_most_answers_to_its_questions_is_found(answer: str, answers: str, said: str) -> None:
    found = sentences(template_of(5), answer, answers)
    assert [each.partition(" Look")[0] for each in found] == ([said] if said else [])


def test_questions_never_change_the_overall_judgement() -> None:
    template = template_of(5)
    assert overall_judgement(template, {"voice": "good"}) == "good"
    assert sentences(template, "good", "nnnnn") != []


def test_not_applicable_against_a_tag_of_the_case_is_found_in_format_2() -> None:
    given = {"plan": GivenScore("not-applicable", "No plan."), "review": GivenScore("not-applicable", "No review.")}
    kinds = [each.kind for each in findings(a_full_template(), given, involves=["fear"])]
    assert kinds == [FindingKind.INVOLVED_NOT_APPLICABLE]
    assert findings(a_full_template(), given, involves=["illness"]) == []
    assert findings(a_template(), {"plan": given["plan"]}, involves=["fear"]) == []


def test_an_answer_lacks_the_texts_that_the_template_requires_with_it() -> None:
    template = a_full_template()
    assert lacking_texts(template, "good", {}) == ()
    assert lacking_texts(template, "inadequate", {}) == ("rationale", "impact")
    assert lacking_texts(template, "inadequate", {"rationale": "Why."}) == ("impact",)
    always = a_full_template(texts={"evidence": {"asked": "always", "required": "always"}})
    assert lacking_texts(always, "good", {}) == ("evidence",)
    assert lacking_texts(always, "not-asked", {}) == ()


def test_only_questions_that_are_asked_are_missing() -> None:
    template = a_full_template()
    case = CaseAsAudited(CaseStatus.CHILD_IN_NEED, AgeBand.FROM_5_TO_9, answers={"seen-alone": "no"})
    assert missing_questions(what_is_asked(template, case), case.answers) == ("visits", "chronology")
