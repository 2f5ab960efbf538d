"""What is asked of one case: conditions on its status, age, tags, facts and earlier answers."""

from typing import Any

from checklists.audits.asking import answers_waited_for, what_is_asked
from checklists.cases import AgeBand, CaseStatus
from checklists.templates.conditions import CaseAsAudited
from tests.checklists.full_template import a_full_template


def a_case(**entries: Any) -> CaseAsAudited:
    known: dict[str, Any] = {
        "status": CaseStatus.CHILD_PROTECTION_PLAN,
        "age_band": AgeBand.UNDER_1,
        "involves": frozenset({"fear"}),
    }
    return CaseAsAudited(**{**known, **entries})


def test_a_theme_is_asked_only_of_the_cases_it_applies_to_and_says_why_not() -> None:
    template = a_full_template()
    assert what_is_asked(template, a_case()).themes == ("voice", "history", "plan", "review")
    not_asked = what_is_asked(template, a_case(status=CaseStatus.CLOSED))
    assert not_asked.themes == ("voice", "history", "review")
    assert not_asked.reasons["plan"] == (
        "This applies only when the status is Child protection plan, and the case involves Fear or A parent's illness."
    )


def test_a_question_follows_the_answer_to_an_earlier_one() -> None:
    template = a_full_template()
    assert "where" not in what_is_asked(template, a_case()).questions
    assert "where" not in what_is_asked(template, a_case(answers={"seen-alone": "no"})).questions
    asked = what_is_asked(template, a_case(answers={"seen-alone": "yes"}))
    assert asked.questions == ("seen-alone", "where", "visits", "chronology")
    assert asked.reasons == {}


def test_the_answer_to_a_question_that_is_no_longer_asked_opens_nothing() -> None:
    domains = a_full_template().model_dump(mode="json", exclude_defaults=True)["learning_domains"]
    voice, history = domains[0]["themes"]
    voice["applies_when"] = {"statuses": ["closed"]}
    history["applies_when"] = {"answers": [{"question": "seen-alone", "answers": ["yes"]}]}
    template = a_full_template(learning_domains=domains, compliance=None)
    answers = {"seen-alone": "yes"}
    assert "history" in what_is_asked(template, a_case(status=CaseStatus.CLOSED, answers=answers)).themes
    assert "history" not in what_is_asked(template, a_case(answers=answers)).themes


def test_a_fact_opens_what_depends_on_it() -> None:
    domains = a_full_template().model_dump(mode="json", exclude_defaults=True)["learning_domains"]
    domains[1]["applies_when"] = {"facts": [{"fact": "open-for", "answers": ["long"]}]}
    template = a_full_template(learning_domains=domains)
    assert what_is_asked(template, a_case()).themes == ("voice", "history")
    assert what_is_asked(template, a_case(facts={"open-for": "long"})).themes[-1] == "review"
    reason = what_is_asked(template, a_case(facts={"open-for": "short"})).reasons["review"]
    assert reason == "This applies only when “How long the case has been open” is 6 months or more."


def test_what_waits_for_answers_on_a_page_is_known_before_they_are_given() -> None:
    case = CaseAsAudited(CaseStatus.CHILD_IN_NEED, AgeBand.FROM_5_TO_9)
    template = a_full_template()
    here = answers_waited_for(template, case, {"seen-alone", "where"})
    assert {key: [(each.question, each.answers) for each in waits] for key, waits in here.items() if waits} == {
        "where": [("seen-alone", ("yes",))]
    }
    assert "voice" in here
    assert "plan" not in here  # whatever is answered, the case is not asked for a plan
    elsewhere = answers_waited_for(template, case, {"visits"})
    assert "where" not in elsewhere


def test_a_theme_without_an_answer_has_none_and_one_that_is_not_asked_says_so() -> None:
    template = a_full_template()
    asked = what_is_asked(template, CaseAsAudited(CaseStatus.CHILD_IN_NEED, AgeBand.FROM_5_TO_9))
    assert asked.answers_to(template.theme_keys, {"voice": "good", "plan": "good"}) == {
        "voice": "good",
        "plan": "not-asked",
    }


def test_a_template_without_conditions_asks_every_case_all_and_what_is_no_longer_asked_opens_nothing() -> None:
    template = a_full_template()
    plain = template.model_dump(mode="json", exclude_defaults=True)["learning_domains"]
    del plain[1]["themes"][0]["applies_when"], plain[0]["themes"][0]["questions"][1]["applies_when"]
    asked = what_is_asked(a_full_template(learning_domains=plain), a_case())
    assert (asked.themes, dict(asked.reasons)) == (template.theme_keys, {})
    assert asked.questions == ("seen-alone", "where", "visits", "chronology")
    given = a_case(answers={"seen-alone": "yes"})
    assert {key: waits for key, waits in answers_waited_for(template, given, {"visits"}).items() if waits} == {}
    assert "where" in answers_waited_for(template, given, {"visits"})


def test_the_first_condition_that_does_not_hold_is_the_reason() -> None:
    domains = a_full_template().model_dump(mode="json", exclude_defaults=True)["learning_domains"]
    domains[1]["applies_when"] = {"age_bands": ["5-to-9"]}
    reasons = what_is_asked(a_full_template(learning_domains=domains), a_case(status=CaseStatus.CLOSED)).reasons
    assert reasons["plan"] == reasons["review"] == "This applies only when the age band is 5 to 9."
