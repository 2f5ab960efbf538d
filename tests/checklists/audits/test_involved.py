"""A theme that is not applicable in a case that involves what the theme is about is worth another look."""

import pytest

from checklists.audits.consistency import FindingKind, GivenScore, findings
from checklists.templates.library import load_library_template
from checklists.templates.scale import NOT_APPLICABLE

THEMES = load_library_template("scr-themes", 3)


def is_found(theme: str, *involves: str, answer: str = NOT_APPLICABLE) -> bool:
    scores = {theme: GivenScore(answer, "The reason for this answer is given here.")}
    found = findings(THEMES, scores, involves=involves)
    return any(finding.kind is FindingKind.INVOLVED_NOT_APPLICABLE for finding in found)


@pytest.mark.parametrize(
    ("theme", "tag"),
    [
        ("neglect", "neglect"),
        ("child-sexual-abuse", "sexual-abuse"),
        ("cumulative-harm", "cumulative-harm"),
        ("adolescent-vulnerability", "adolescent-vulnerability"),
        ("domestic-abuse", "domestic-abuse"),
        ("parental-mental-health", "parental-mental-health"),
        ("parental-substance-use", "parental-substance-misuse"),
        ("avoidance-and-resistance", "engaging-challenging-families"),
        ("disguised-compliance", "engaging-challenging-families"),
    ],
)
def test_a_tag_and_the_theme_about_it_contradict_each_other(theme: str, tag: str) -> None:
    assert is_found(theme, "low-income-or-poor-housing", tag)
    assert not is_found(theme, tag, answer="good")


@pytest.mark.parametrize(
    ("theme", "tag"),
    [
        ("neglect", "low-income-or-poor-housing"),
        ("parental-mental-health", "unborn-or-under-1"),
        ("domestic-abuse", "parental-mental-health"),
        ("multiple-referrals", "neglect"),
        ("professional-curiosity", "neglect"),
    ],
)
def test_a_tag_on_which_a_theme_only_bears_contradicts_nothing(theme: str, tag: str) -> None:
    assert not is_found(theme, tag)


def test_the_second_version_says_nothing_of_tags() -> None:
    second = load_library_template("scr-themes", 2)
    scores = {"neglect": GivenScore(NOT_APPLICABLE, "The reason for this answer is given here.")}
    found = findings(second, scores, involves=["neglect"])
    assert FindingKind.INVOLVED_NOT_APPLICABLE not in {finding.kind for finding in found}
