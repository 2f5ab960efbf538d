"""The built-in templates of the second format: what every one of them promises to an auditor."""

import re
from collections import Counter
from collections.abc import Iterator

import pytest

from checklists.audits.asking import what_is_asked
from checklists.cases import AgeBand, CaseStatus
from checklists.privacy.identifiers import find_identifiers
from checklists.templates.conditions import CaseAsAudited
from checklists.templates.library import library_keys, load_library_template, newest_number
from checklists.templates.overall import CANNOT_BE_JUDGED
from checklists.templates.questions import QuestionKind
from checklists.templates.template import FORMAT_2, Template, Theme
from tests.check_each import of_each

TEMPLATES = [load_library_template(key, newest_number(key)) for key in library_keys()]
THEMES = [(template, theme) for template in TEMPLATES for theme in template.themes]
each_template = pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.key)
each_graded = pytest.mark.parametrize(
    "template", [each for each in TEMPLATES if each.graded], ids=lambda template: template.key
)
each_theme = of_each(THEMES)
GRADES = ["outstanding", "good", "requires-improvement", "inadequate"]

# What an auditor would have to read twice: idioms, old forms, and words that judge a family.
RETIRED = [
    r"seen by many eyes",
    r"words and deeds",
    r"alive to (this|the) child",
    r"drawn along|brought along",
    r"sits? in a box",
    r"bore the cost",
    r"without a struggle",
    r"a worker the family could bear",
    r"thinly",
    r"held to account",
    r"grown used to",
    r"in harm's way",
    r"needed no further referral",
    r"as opposed to",
    r"whoever|whomever|whilst|amongst|upon|hereby|therein|albeit",
    r"rests? on|stands? (above|below|in for)",
    r"client|service user|case worker|kids?\b",
    r"non-compliant|hard to reach|refus(es|ed) to engage|lifestyle choice|beyond parental control",
    r"tick(ed)? (the )?box",
    r"the one answer",
]


def texts_of(theme: Theme) -> Iterator[str]:
    yield from (theme.finding, *theme.prompts, *theme.descriptors.values())
    yield from (theme.where_to_look, theme.not_applicable_when, *(question.text for question in theme.questions))


def sentences_of(theme: Theme) -> Iterator[str]:
    for text in texts_of(theme):
        yield from re.split(r"(?<=[.?!])\s+", text)


def every_text(template: Template) -> Iterator[str]:
    yield from (template.title, template.summary, template.own_words.advice)
    yield from (rating.description for rating in template.scale.ratings)
    for harm in template.forms_of_harm:
        yield from (harm.label, harm.description)
    for fact in template.case_facts:
        yield from (fact.title, fact.hint, *(choice.label for choice in fact.choices))
    yield from (obstacle.label for obstacle in template.obstacles)
    yield from (question.text for question in template.family_questions)
    yield from (contradiction.why for contradiction in template.contradictions)
    yield from (cap.unless for cap in template.overall_rule.caps)
    for domain in template.learning_domains:
        yield from (domain.title, domain.summary)
    for theme in template.themes:
        yield from texts_of(theme)


def test_the_library_offers_ten_templates_the_core_audit_first() -> None:
    assert library_keys() == (
        "core-case-file",
        "scr-themes",
        "front-door-contact",
        "child-protection",
        "children-in-care-and-care-leavers",
        "closure",
        "supervision-record",
        "practice-observation",
        "adult-safeguarding",
        "learning-review",
    )
    assert [template.key for template in TEMPLATES if not template.graded] == ["learning-review"]
    assert len({template.title for template in TEMPLATES}) == len(TEMPLATES)


@each_template
def test_the_file_is_named_by_its_key_and_written_in_the_second_format(template: Template) -> None:
    assert template.key in library_keys()
    assert template.format == FORMAT_2


@each_template
def test_a_source_with_its_date_and_the_month_of_writing_are_named(template: Template) -> None:
    assert template.source is not None
    assert template.source.published is not None
    assert re.search(r"written for this template in [A-Z][a-z]+ 20[0-9]{2}\b", template.source.note)
    assert template.further_sources
    sources = [template.source, *template.further_sources]
    assert len({source.title for source in sources}) == len(sources)
    for source in template.further_sources:
        assert source.address
        assert source.published or source.note


@each_graded
def test_the_four_grades_are_the_same_everywhere(template: Template) -> None:
    assert [rating.key for rating in template.scale.ratings] == GRADES
    assert template.scale.standard == "good"
    assert all(rating.description for rating in template.scale.ratings)


@each_template
def test_a_template_is_short_enough_to_use(template: Template) -> None:
    size = len(template.themes)
    assert 5 <= size <= (19 if template.key == "scr-themes" else 9)
    assert 12 <= len(template.questions) <= 30
    assert len(template.case_facts) in range(3, 11)
    assert len(template.obstacles) in range(6, 9)


@each_graded
def test_the_auditor_judges_the_whole_and_what_failed_cannot_be_called_good(template: Template) -> None:
    rule = template.overall_rule
    assert rule.auditor_chooses
    at_best = [(cap.at_best, bool(cap.unless)) for cap in rule.caps]
    assert at_best == [("inadequate", True), ("requires-improvement", False), (CANNOT_BE_JUDGED, False)]
    assert rule.caps[0].themes
    assert "at the time" in template.own_words.advice


@each_template
def test_one_box_is_asked_and_the_pointer_where_the_standard_is_met(template: Template) -> None:
    for answer in template.scale.answers:
        assert template.asks_text("rationale", answer)
        assert template.needs_text("rationale", answer) or template.scale.meets_standard(answer)
        assert not template.asks_text("impact", answer)
        assert not template.needs_text("evidence", answer)
    assert template.targets is None


@each_theme
def test_every_theme_tells_an_auditor_all_they_need(template: Template, theme: Theme) -> None:
    assert theme.source_place or theme.addition
    assert 2 <= len(theme.prompts) <= (5 if template.key == "scr-themes" else 4)
    for prompt in theme.prompts:
        assert prompt.endswith("?")
    assert list(theme.descriptors) == (GRADES if template.graded else [])
    for text in (theme.finding, theme.where_to_look, theme.not_applicable_when):
        assert len(text) >= 20
    assert re.match(r"Right|Hardly ever|Never", theme.not_applicable_when)
    assert 1 <= len(theme.questions) <= 5 or template.key == "scr-themes"


@each_theme
def test_every_grade_fits_on_four_lines_and_is_about_the_person(template: Template, theme: Theme) -> None:
    person = r"\badult" if template.own_words.subject == "adult" else r"\bchild|\byoung (person|people)"
    if template.own_words.unit in {"supervision record", "observation"}:
        person += r"|\bfamil|\bworker"
    for text in theme.descriptors.values():
        assert 30 <= len(text.split()) <= 45, text
        assert re.search(person, text, re.IGNORECASE), text


@each_theme
def test_no_sentence_is_too_long_to_read_at_a_glance(template: Template, theme: Theme) -> None:
    for sentence in sentences_of(theme):
        assert len(sentence.split()) <= 35, sentence
        assert find_identifiers(sentence) == ()


@each_template
def test_no_two_themes_share_a_descriptor_a_prompt_or_a_question(template: Template) -> None:
    said = Counter(
        text
        for theme in template.themes
        for text in (*theme.prompts, *theme.descriptors.values(), *(question.text for question in theme.questions))
    )
    assert [text for text, times in said.items() if times > 1] == []


@each_template
def test_no_idiom_no_old_form_and_no_word_that_judges_a_family(template: Template) -> None:
    found = [
        (match[0], text)
        for text in every_text(template)
        for phrase in RETIRED
        if (match := re.search(rf"\b(?:{phrase})", text, re.IGNORECASE))
    ]
    assert found == []


@each_template
def test_every_question_is_one_line_and_says_what_meets_the_standard_or_describes_only(template: Template) -> None:
    for question in template.questions:
        assert question.text.endswith("?")
        assert len(question.text) <= 130
        if question.kind in {QuestionKind.YES_NO, QuestionKind.YES_PARTLY_NO} and question.has_standard:
            assert question.meets == ("yes",)
    assert sum(question.has_standard for question in template.questions) >= len(template.questions) / 2


@each_template
def test_what_a_case_involves_is_linked_to_some_themes_and_never_to_nearly_all(template: Template) -> None:
    linked = Counter(key for theme in template.themes for key in theme.forms_of_harm)
    for theme in template.themes:
        if template.forms_of_harm:
            assert theme.bears_on_all != bool(theme.forms_of_harm), theme.key
    for key, times in linked.items():
        assert times <= len(template.themes) / 2, key
    if sum(not theme.bears_on_all for theme in template.themes) >= 5:
        assert {harm.key for harm in template.forms_of_harm} == set(linked)


@each_template
def test_one_word_on_a_case_file_means_the_same_in_every_template_about_children(template: Template) -> None:
    themes = load_library_template("scr-themes", 3)
    meant = {harm.key: (harm.label, harm.kind) for harm in themes.forms_of_harm}
    if template.own_words.subject == "child":
        for harm in template.forms_of_harm:
            assert (harm.label, harm.kind) == meant[harm.key]


@each_template
def test_every_case_is_asked_most_of_the_themes(template: Template) -> None:
    for status in CaseStatus:
        for band in AgeBand:
            asked = what_is_asked(template, CaseAsAudited(status, band))
            assert len(asked.themes) >= len(template.themes) / 2, (status, band)
            assert all(asked.reasons.values())


@each_template
def test_the_family_is_asked_only_where_it_can_be(template: Template) -> None:
    asks = template.further
    assert bool(template.family_questions) == asks.family_views
    assert asks.minutes
    for question in template.family_questions:
        assert [choice.key for choice in question.choices] == ["yes", "partly", "no"]
