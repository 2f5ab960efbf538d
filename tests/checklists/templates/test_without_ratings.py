"""Templates without ratings: words only, and nothing that only ratings have."""

from typing import Any

import pytest

from checklists.audits.consistency import GivenScore, findings
from checklists.audits.moderation import Rule, causes
from checklists.audits.scoring import overall_choices, overall_judgement
from checklists.reports.gaps import theme_gaps
from checklists.templates.library import load_library_template
from checklists.templates.scale import DESCRIBED, NOT_APPLICABLE, NOT_EVIDENCED
from checklists.templates.template import Template
from checklists.templates.template_file import (
    TemplateRefused,
    check_template,
    read_template,
    template_json_schema,
    write_template,
)
from checklists.templates.versions.differences import differences

REVIEW = load_library_template("learning-review")
WORDS: dict[str, Any] = {
    "format": "caseaudit-template/2",
    "key": "words",
    "title": "Words",
    "graded": False,
    "learning_domains": [
        {"key": "one", "title": "One", "themes": [{"key": "voice", "title": "Voice", "prompts": ["What was said?"]}]}
    ],
}


@pytest.mark.parametrize("template", [REVIEW, check_template(WORDS)], ids=["built-in", "small"])
def test_it_is_written_without_a_scale_and_read_again_as_it_was(template: Template) -> None:
    written = write_template(template)
    assert b'"scale"' not in written
    assert b'"graded": false' in written
    assert read_template(written, kind="json") == template
    for plain in (template.model_dump(), template.model_dump(mode="json")):
        assert check_template(plain) == template


@pytest.mark.parametrize(
    ("entries", "pointer", "words"),
    [
        ({"graded": True}, "/scale", "has no rating scale"),
        ({"scale": load_library_template("closure").scale.model_dump()}, "/scale", 'has no "scale"'),
        ({"overall": {"how": "judged"}}, "/overall", 'has no "overall"'),
        ({"targets": {"meeting_percent": 80}}, "/targets", 'has no "targets"'),
        ({"format": "caseaudit-template/1"}, "/graded", "Only format 2"),
    ],
)
def test_what_only_ratings_have_is_refused(entries: dict[str, Any], pointer: str, words: str) -> None:
    with pytest.raises(TemplateRefused) as refused:
        check_template({**WORDS, **entries})
    assert [(fault.pointer, words in fault.message) for fault in refused.value.faults] == [(pointer, True)]


def test_descriptors_of_ratings_are_refused() -> None:
    domain = WORDS["learning_domains"][0]
    theme = {**domain["themes"][0], "descriptors": {"good": "Well done."}}
    with pytest.raises(TemplateRefused, match="descriptors"):
        check_template({**WORDS, "learning_domains": [{**domain, "themes": [theme]}]})


def test_the_schema_asks_for_no_scale_and_offers_none_by_itself() -> None:
    schema = template_json_schema()
    assert "scale" not in schema["required"]
    assert "default" not in schema["properties"]["scale"]


def test_every_answer_needs_words_and_none_counts_in_a_share() -> None:
    for answer in REVIEW.scale.answers:
        assert REVIEW.needs_text("rationale", answer)
        assert not REVIEW.is_applicable(answer)
        assert not REVIEW.counts_below(answer)
    small = check_template(WORDS)
    assert all(small.needs_text("rationale", answer) for answer in small.scale.answers)
    (gap,) = theme_gaps(small, {("voice", DESCRIBED): 9}, audits=9, target=None, minimum=5)
    assert (gap.counts[DESCRIBED], gap.applicable, gap.share_meeting, gap.rank) == (9, 0, None, None)


def test_there_is_no_overall_judgement_and_no_finding_about_ratings() -> None:
    answers = dict.fromkeys(REVIEW.theme_keys, DESCRIBED) | {"learning": NOT_EVIDENCED}
    assert overall_judgement(REVIEW, answers) is None
    assert overall_choices(REVIEW) == ()
    assert "grade" not in check_template(WORDS).own_words.advice
    given = {theme: GivenScore(answer, f"Words on {theme}.", sources=("worker",)) for theme, answer in answers.items()}
    assert findings(REVIEW, given, questions=dict.fromkeys(("view-tested", "workers-asked"), "no")) == []
    rule = Rule(seed="s", share_percent=0, lowest=True, first_audits=0)
    assert causes(rule, REVIEW, audit="a", answers=answers, override="", earlier=5, by_hand=False) == ()


def test_losing_its_ratings_is_a_difference_after_which_no_theme_compares() -> None:
    domain = WORDS["learning_domains"]
    graded = check_template({**WORDS, "graded": True, "scale": load_library_template("closure").scale.model_dump()})
    now = check_template({**WORDS, "learning_domains": domain})
    whole, *others = differences(now, graded)
    assert "graded" in whole.entries
    assert [each.comparable for each in others if each.key == "voice"] == [False]
    assert NOT_APPLICABLE in now.scale.answers
