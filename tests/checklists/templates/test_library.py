import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from hashlib import sha256
from importlib.resources import files

import pytest

from checklists.audits.scoring import overall_rule_in_words
from checklists.privacy.identifiers import find_identifiers
from checklists.templates.library import (
    built_in,
    library_keys,
    library_numbers,
    load_library_template,
    newest_number,
)
from checklists.templates.scale import FOUR_GRADES
from checklists.templates.template import NotEvidencedRule, Theme

TEMPLATE = load_library_template("scr-themes", 2)
GRADES = {"outstanding", "good", "requires-improvement", "inadequate"}


def sentences_of(theme: Theme) -> Iterator[str]:
    texts = [theme.finding, *theme.prompts, *theme.descriptors.values(), theme.where_to_look, theme.not_applicable_when]
    for text in texts:
        yield from re.split(r"(?<=[.?!])\s+", text)


def test_the_library_holds_every_version_of_the_template_of_the_reviews() -> None:
    assert "scr-themes" in library_keys()
    assert library_numbers("scr-themes") == (1, 2, 3)
    assert newest_number("scr-themes") == 3
    assert TEMPLATE.key == "scr-themes"
    for key, number in (("nothing", None), ("nothing", 1), ("scr-themes", 4)):
        with pytest.raises(KeyError):
            load_library_template(key, number)


def test_without_a_number_it_is_the_newest_version() -> None:
    assert load_library_template("scr-themes") == load_library_template("scr-themes", 3) != TEMPLATE
    assert load_library_template("core-case-file") == load_library_template("core-case-file", 1)


@pytest.mark.parametrize(
    ("name", "digest"),
    [
        ("scr-themes-1.toml", "e6a7bd8da5e56b36"),
        ("scr-themes-2.toml", "171b022cf536d539"),
    ],
)
def test_a_published_version_is_never_edited(name: str, digest: str) -> None:
    content = files("checklists.templates.library").joinpath(name).read_bytes()
    assert sha256(content).hexdigest().startswith(digest)


def test_categories_of_need_give_the_tags_that_say_the_same() -> None:
    said = {"disabled-child": "childs-disability", "low-income-or-poor-housing": "low-income"}
    for key in library_keys():
        for tag in load_library_template(key).forms_of_harm:
            assert tag.categories == (said.get(tag.key, tag.key),)


def test_a_built_in_template_is_described_in_a_few_words() -> None:
    for key in library_keys():
        described = built_in(key)
        content = load_library_template(key, described.number)
        assert (described.title, described.themes) == (content.title, len(content.themes))
        assert described.questions == len(content.questions)
        assert content.summary.startswith(described.sentence)
        assert re.fullmatch(r"[^.]+\.", described.sentence)
        assert described.source
        assert described.source_published
    assert built_in("supervision-record").audits == "supervision records"


def test_the_template_has_the_sources_three_domains_of_five_themes() -> None:
    assert {domain.title: [theme.title for theme in domain.themes] for domain in TEMPLATE.learning_domains} == {
        "Children's experience": [
            "Children's lived experience",
            "Neglect",
            "Child sexual abuse",
            "Cumulative harm",
            "Adolescent vulnerability",
        ],
        "Practice issues": [
            "Professional curiosity",
            "Authoritative practice",
            "Multiple referrals and re-referrals",
            "Assessment and planning",
            "Escalation and professional dissent",
        ],
        "Parental factors": [
            "Parental capacity",
            "Domestic abuse",
            "Disguised compliance",
            "Parental mental health",
            "Avoidance and resistance",
        ],
    }


def test_the_template_has_the_sources_eight_forms_of_harm() -> None:
    assert [harm.label for harm in TEMPLATE.forms_of_harm] == [
        "Neglect",
        "Domestic abuse including coercive control",
        "Engaging challenging families",
        "Sexual abuse",
        "Parental mental health",
        "Parental substance misuse",
        "Cumulative harm",
        "Adolescent vulnerability",
    ]
    assert all(harm.description for harm in TEMPLATE.forms_of_harm)
    used = {key for theme in TEMPLATE.themes for key in theme.forms_of_harm}
    assert used == {harm.key for harm in TEMPLATE.forms_of_harm}


def test_the_template_names_its_source() -> None:
    assert TEMPLATE.source is not None
    assert TEMPLATE.source.title == "7 Minute Briefing: Themes from SCRs"
    assert TEMPLATE.source.published == date(2021, 2, 22)
    assert TEMPLATE.scale == FOUR_GRADES
    assert TEMPLATE.not_evidenced is NotEvidencedRule.BELOW_STANDARD


@pytest.mark.parametrize("theme", TEMPLATE.themes, ids=lambda theme: theme.key)
def test_every_theme_tells_an_auditor_all_they_need(theme: Theme) -> None:
    part = {"Children's experience": 3, "Practice issues": 4, "Parental factors": 5}
    domain = TEMPLATE.domain_of(theme.key).title
    assert theme.source_place == f"Part {part[domain]}, {domain}"
    assert 2 <= len(theme.prompts) <= 4
    assert all(prompt.endswith("?") for prompt in theme.prompts)
    assert set(theme.descriptors) == GRADES
    assert all(len(text) >= 80 for text in theme.descriptors.values())
    for text in (theme.finding, theme.where_to_look, theme.not_applicable_when):
        assert len(text) >= 40
    assert re.match(r"Right|Hardly ever", theme.not_applicable_when)
    assert theme.forms_of_harm


@pytest.mark.parametrize("theme", TEMPLATE.themes, ids=lambda theme: theme.key)
def test_every_grade_is_about_the_child_and_not_the_form(theme: Theme) -> None:
    for text in theme.descriptors.values():
        assert re.search(r"\bchild|\byoung person", text, re.IGNORECASE), text


@pytest.mark.parametrize("theme", TEMPLATE.themes, ids=lambda theme: theme.key)
def test_no_sentence_is_too_long_to_read_at_a_glance(theme: Theme) -> None:
    for sentence in sentences_of(theme):
        assert len(sentence.split()) <= 35, sentence
        assert find_identifiers(sentence) == ()


def test_no_two_themes_share_a_sentence() -> None:
    said = Counter(sentence for theme in TEMPLATE.themes for sentence in sentences_of(theme))
    assert [sentence for sentence, times in said.items() if times > 1] == []


def test_a_contested_label_is_kept_and_a_gentler_one_shown() -> None:
    theme = TEMPLATE.theme("disguised-compliance")
    assert theme.title == "Disguised compliance"
    assert theme.label == "Apparent co-operation without change"


def test_the_themes_that_limit_are_those_where_a_child_would_be_unsafe() -> None:
    limiting = [theme.key for theme in TEMPLATE.themes if theme.limiting]
    assert limiting == [
        "childrens-lived-experience",
        "neglect",
        "child-sexual-abuse",
        "professional-curiosity",
        "domestic-abuse",
    ]
    assert "cannot be better than Requires improvement" in overall_rule_in_words(TEMPLATE)
