"""A theme that a template asks of some cases only: its figures leave every answer of these cases open."""

from collections.abc import Hashable, Iterator
from typing import Any

import pytest

from checklists.release.altered_copy import Column, EarlierCopy, InCopy, Subject, make_copy
from checklists.release.counting import ReleasedRound, as_counted, release_round
from checklists.release.disclosure import Record
from checklists.reports.tallies import encode_answers
from checklists.templates.scale import NOT_ASKED
from checklists.templates.template import Template
from tests.checklists.small_template import a_template, theme

AGES = ("under-1", "1-to-4", "5-to-9")
ASKED = {"under-1": 12, "1-to-4": 0, "5-to-9": 0}
OTHERS = 24
TEAMS = ("north", "south")
KEYS = 40
YES_OR_NO = [{"key": "yes", "label": "Yes"}, {"key": "no", "label": "No"}]


def template_with(**condition: Any) -> Template:
    themes = [theme("plan"), theme("sleep", applies_when=condition)]
    return a_template(
        format="caseaudit-template/2",
        learning_domains=[{"key": "practice", "title": "Practice", "themes": themes}],
        forms_of_harm=[],
    )


def releases(letter: str) -> Iterator[ReleasedRound]:
    """Releases of a round in which every case that is asked the theme has the same answer, each under another key."""
    template = template_with(age_bands=["under-1"])
    answer = template.scale.standard if letter == "m" else template.scale.worst
    records = {}
    for age in AGES:
        for number in range(ASKED[age] or OTHERS):
            answers = {"plan": template.scale.standard, "sleep": answer if ASKED[age] else NOT_ASKED}
            bands = {"age": [age], "team": [TEAMS[number % 2]]}
            records[age, number] = Record(encode_answers(template, answers), bands)
    for key in range(KEYS):
        counted = as_counted(template, records, with_overall=True)
        yield release_round(template, records, counted, {"age": AGES, "team": TEAMS}, key=b"%d" % key)


@pytest.mark.parametrize("letter", ["m", "b"])
def test_no_release_shows_that_all_cases_asked_have_the_same_answer(letter: str) -> None:
    """With altered answers of cases that are not asked, 14 for 12 cases would show that at least 12 have it."""
    for released in releases(letter):
        for filters, group in released.table.groups.items():
            asked = ASKED["under-1"] // (2 if "team" in dict(filters) else 1)
            shown = group.themes[1]
            if shown.applicable is not None and shown.below is not None:
                number = shown.below if letter == "b" else shown.applicable - shown.below
                assert number - released.rule.within < asked


def test_a_release_alters_no_answer_of_a_case_that_is_not_asked() -> None:
    altered = 0
    for released in releases("b"):
        for (age, _), letters in released.copied.items():
            assert ASKED[age] or letters[1] == "-"
            altered += ASKED[age] and letters[1] != "b"
    assert altered


def test_a_fixed_letter_stays_where_others_are_brought_nearer_to_the_truth() -> None:
    subjects = {at: Subject((0,), "", "-" if at < 30 else "m", (0,) if at < 30 else ()) for at in range(40)}
    # The kept letters are too far from the truth.
    before: dict[Hashable, InCopy] = {
        at: InCopy("", its.letters, "b" if 30 <= at < 33 else its.letters) for at, its in subjects.items()
    }
    for key in range(KEYS):
        copied, _ = make_copy(subjects, [Column("-mb")], key=b"%d" % key, earlier=[EarlierCopy(3, before)], noise=1)
        assert {copied[at] for at in range(30)} == {"-"}
        assert list(copied.values()).count("b") <= 2


def _asking(condition: dict[str, Any], *, of_domain: bool) -> Template:
    question = {"key": "seen-alone", "text": "Was the child seen alone?", "kind": "yes-no", "meets": ["yes"]}
    asked = {"applies_when": condition}
    themes = [theme("plan", questions=[question]), theme("sleep", **({} if of_domain else asked))]
    other = {"key": "first", "title": "First", "themes": [themes[0]]}
    return a_template(
        format="caseaudit-template/2",
        case_facts=[{"key": "moved", "title": "Has the child moved?", "choices": YES_OR_NO}],
        learning_domains=[
            *([other] if of_domain else []),
            {
                "key": "practice",
                "title": "Practice",
                "themes": themes[1:] if of_domain else themes,
                **(asked if of_domain else {}),
            },
        ],
        forms_of_harm=[],
    )


@pytest.mark.parametrize("of_domain", [False, True])
@pytest.mark.parametrize(
    "condition",
    [
        {"facts": [{"fact": "moved", "answers": ["yes"]}]},
        {"age_bands": ["under-1"], "answers": [{"question": "seen-alone", "answers": ["yes"]}]},
    ],
)
def test_a_theme_asked_because_of_what_the_audit_says_is_neither_released_nor_pooled(
    condition: dict[str, Any], of_domain: bool
) -> None:
    template = _asking(condition, of_domain=of_domain)
    answers = encode_answers(template, dict.fromkeys(("plan", "sleep"), template.scale.standard))
    records = {at: Record(answers, {}) for at in range(40)}
    released = release_round(template, records, as_counted(template, records), {}, key=b"key")
    plan, sleep = released.table.groups[()].themes
    assert plan.applicable is not None
    assert sleep.applicable is None
    pooled = released.domains["practice"].applicable
    assert pooled is None if of_domain else pooled is not None and pooled <= 40
