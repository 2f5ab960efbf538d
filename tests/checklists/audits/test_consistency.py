"""What is odd in an audit is found, each oddity by itself, and in an audit without any nothing is."""

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from checklists.audits.consistency import FindingKind, GivenScore, findings
from checklists.templates.library import load_library_template
from checklists.templates.scale import NOT_APPLICABLE, NOT_EVIDENCED
from checklists.templates.template import Template
from checklists.templates.template_file import TemplateRefused, check_template, read_template, write_template

TEMPLATE = load_library_template("scr-themes", 2)
RATINGS = [rating.key for rating in TEMPLATE.scale.ratings]
HIGH, LOW = RATINGS[:2], RATINGS[2:]
THEMES = TEMPLATE.theme_keys
WORDS = [
    f"{start}{end}" for start in ("ta", "ro", "mi", "ke", "lu", "so") for end in ("ren", "dal", "fim", "pok", "gus")
]
Scores = dict[str, GivenScore]


def a_text(seed: int, length: int = 14) -> str:
    """Words in an order that no other seed gives."""
    chosen = random.Random(seed)
    return " ".join(chosen.choice(WORDS) for _ in range(length)).capitalize() + "."


def kinds(scores: Scores, override: str = "", template: Template = TEMPLATE) -> set[FindingKind]:
    return {finding.kind for finding in findings(template, scores, overall_override=override)}


@st.composite
def clean(draw: st.DrawFn) -> Scores:
    """Every theme answered with all that its answer rests on, and no words twice."""
    # From 1,000: the tests plant texts of small and of negative seeds, and chance takes no notice of the sign.
    seed = draw(st.integers(1, 10_000)) * 1000
    scores = {}
    for place, theme in enumerate(THEMES):
        answer = draw(st.sampled_from([*RATINGS, NOT_EVIDENCED, NOT_APPLICABLE]))
        rated = answer in RATINGS
        scores[theme] = GivenScore(
            answer,
            a_text(seed + 2 * place),
            a_text(seed + 2 * place + 1) if rated else "",
            f"Case note {place}" if rated else "",
        )
    for contradiction in TEMPLATE.contradictions:
        sides = (contradiction.one, contradiction.other)
        assume(not all(scores[side.theme].answer in side.answers for side in sides))
    return scores


@given(clean())
def test_nothing_is_odd_in_a_clean_audit(scores: Scores) -> None:
    assert findings(TEMPLATE, scores) == []


def _no_evidence(score: GivenScore) -> GivenScore:
    return replace(score, answer=HIGH[0], impact=score.impact or a_text(-1), evidence="  ")


def _no_rationale(score: GivenScore) -> GivenScore:
    return replace(score, answer=LOW[0], rationale="", impact=score.impact or a_text(-1), evidence="page 3")


def _no_impact(score: GivenScore) -> GivenScore:
    return replace(score, answer=HIGH[1], impact="", evidence="page 3")


def _not_evidenced(score: GivenScore) -> GivenScore:
    return replace(score, answer=NOT_EVIDENCED, evidence="page 3")


def _not_applicable(score: GivenScore) -> GivenScore:
    return replace(score, answer=NOT_APPLICABLE, evidence="page 3")


PLANTED: dict[FindingKind, Callable[[GivenScore], GivenScore]] = {
    FindingKind.NO_EVIDENCE: _no_evidence,
    FindingKind.NO_RATIONALE: _no_rationale,
    FindingKind.NO_IMPACT: _no_impact,
    FindingKind.EVIDENCE_OF_NOT_EVIDENCED: _not_evidenced,
    FindingKind.EVIDENCE_OF_NOT_APPLICABLE: _not_applicable,
}


@given(clean(), st.sampled_from(THEMES), st.sampled_from(sorted(PLANTED)))
def test_what_is_planted_in_one_theme_is_found_there_and_alone(scores: Scores, theme: str, kind: FindingKind) -> None:
    scores[theme] = PLANTED[kind](scores[theme])
    found = [each for each in findings(TEMPLATE, scores) if each.kind is not FindingKind.CONTRADICTION]
    assert [(each.kind, each.themes) for each in found] == [(kind, (theme,))]
    assert TEMPLATE.theme(theme).label in found[0].sentence
    assert len(found[0].fields) == 1


@given(clean(), st.lists(st.sampled_from(THEMES), min_size=2, max_size=5, unique=True), st.integers(0, 10_000))
def test_words_that_stand_in_several_themes_are_found_once_with_all_of_them(
    scores: Scores, themes: list[str], seed: int
) -> None:
    same = a_text(-seed, 20)
    for place, theme in enumerate(themes):
        touched_up = same.upper().replace(" ", ",  ") if place % 2 else f"{same} Also."
        scores[theme] = GivenScore("good", touched_up, a_text(place - 40), "page 3")
    (found,) = [each for each in findings(TEMPLATE, scores) if each.kind is not FindingKind.CONTRADICTION]
    assert found.kind is FindingKind.SAME_WORDS
    assert found.themes == tuple(theme for theme in THEMES if theme in themes)
    assert set(found.fields) == {"rationale"}


@given(clean(), st.sampled_from(TEMPLATE.contradictions), st.data())
def test_answers_that_the_template_calls_contradictory_are_found(
    scores: Scores, contradiction: Any, data: st.DataObject
) -> None:
    for side in (contradiction.one, contradiction.other):
        scores[side.theme] = replace(scores[side.theme], answer=data.draw(st.sampled_from(side.answers)))
    found = [each for each in findings(TEMPLATE, scores) if each.kind is FindingKind.CONTRADICTION]
    themes = (contradiction.one.theme, contradiction.other.theme)
    assert themes in [each.themes for each in found]
    assert contradiction.why in next(each.sentence for each in found if each.themes == themes)


@given(clean(), st.sampled_from(RATINGS))
def test_a_judgement_on_the_other_side_of_most_answers_is_found_and_no_other(scores: Scores, override: str) -> None:
    applicable = [score.answer for score in scores.values() if score.answer != NOT_APPLICABLE]
    below = sum(TEMPLATE.counts_below(answer) for answer in applicable)
    against = below if override in HIGH else len(applicable) - below
    found = FindingKind.OVERALL in kinds(scores, override)
    if found:
        assert 2 * against > len(applicable)
    assert FindingKind.OVERALL not in kinds(scores)
    everything_low = {theme: replace(score, answer=LOW[1]) for theme, score in scores.items()}
    assert (FindingKind.OVERALL in kinds(everything_low, override)) == (override in HIGH)


@given(
    clean(), st.lists(st.tuples(st.sampled_from(THEMES), st.sampled_from(sorted(PLANTED))), max_size=6), st.randoms()
)
def test_the_order_in_which_scores_come_changes_nothing(
    scores: Scores, planted: list[tuple[str, FindingKind]], chance: random.Random
) -> None:
    for theme, kind in planted:
        scores[theme] = replace(PLANTED[kind](scores[theme]), rationale=a_text(-2, 20))
    shuffled = list(scores.items())
    chance.shuffle(shuffled)
    assert findings(TEMPLATE, dict(shuffled)) == findings(TEMPLATE, scores)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Seen alone. No worries.", "Seen alone. No worries.", False),
        ("One two three four five six seven.", "One two three four five six seven.", False),
        ("One two three four five six seven eight.", "One two three four five six seven eight.", True),
        (
            "The worker saw the child alone at school and wrote down what the child said about home.",
            "The worker saw the child alone at school, and wrote down what the child said about home!",
            True,
        ),
        (
            "The worker saw the child alone at school and wrote down what the child said about home.",
            "The worker saw the child alone at school twice, and wrote down what the child said about home.",
            True,
        ),
        (
            "The worker saw the child alone at school and wrote down what the child said about home.",
            "The plan names who does what by when, and the family has a copy in their own language.",
            False,
        ),
        (
            "The worker saw the child alone at school and wrote down what the child said about home.",
            "The worker saw the mother alone at the clinic and wrote down what the doctor said about her.",
            False,
        ),
        (  # the same pairs of words, and no three words in the same order
            "she today seen she seen today alone today was alone seen alone was she alone she was seen was today she",
            "she today alone she alone was alone today she seen she today was seen alone seen today seen was she",
            False,
        ),
    ],
)
def test_near_sameness_is_of_words_and_not_of_short_or_merely_alike_texts(one: str, other: str, same: bool) -> None:
    scores = {
        theme: GivenScore("good", text, a_text(place), "page 3")
        for place, (theme, text) in enumerate(zip(THEMES, (one, other), strict=False))
    }
    assert (FindingKind.SAME_WORDS in kinds(scores)) is same


def test_the_same_words_as_rationale_and_impact_of_one_theme_are_not_several_themes() -> None:
    assert kinds({THEMES[0]: GivenScore("good", a_text(1), a_text(1), "page 3")}) == set()


@pytest.mark.parametrize("answer", [NOT_EVIDENCED, NOT_APPLICABLE])
def test_one_reason_why_there_is_nothing_to_rate_may_stand_in_several_themes(answer: str) -> None:
    assert kinds({theme: GivenScore(answer, a_text(1)) for theme in THEMES}) == set()


@pytest.mark.long
def test_the_longest_texts_of_the_largest_template_are_compared() -> None:
    theme = {"title": "A theme", "prompts": ["What?"]}
    content = check_template(
        {
            "format": "caseaudit-template/1",
            "key": "large",
            "title": "Large",
            "scale": TEMPLATE.scale.model_dump(mode="json"),
            "learning_domains": [
                {"key": "all", "title": "All", "themes": [{**theme, "key": f"theme-{each}"} for each in range(300)]}
            ],
        }
    )
    scores = {
        key: GivenScore("good", a_text(2 * place, 1300), a_text(2 * place + 1, 1300), "page 3")
        for place, key in enumerate(content.theme_keys)
    }
    assert findings(content, scores) == []


def a_template(*contradictions: Any) -> dict[str, Any]:
    themes = [{"key": key, "title": key, "prompts": ["What?"]} for key in ("voice", "planning")]
    return {
        "format": "caseaudit-template/1",
        "key": "small",
        "title": "Small",
        "scale": {"ratings": [{"key": "met", "label": "Met"}, {"key": "not-met", "label": "Not"}], "standard": "met"},
        "learning_domains": [{"key": "child", "title": "The child", "themes": themes}],
        "contradictions": list(contradictions),
    }


VOICE = {"theme": "voice", "answers": ["met"]}
PLANNING = {"theme": "planning", "answers": ["not-applicable"]}


def test_a_template_may_say_which_answers_do_not_go_together() -> None:
    content = check_template(a_template({"one": VOICE, "other": PLANNING, "why": "One rests on the other."}))
    scores = {"voice": GivenScore("met", "", "heard", "page 3"), "planning": GivenScore("not-applicable", "closed")}
    (found,) = findings(content, scores)
    assert found.sentence == (
        "voice is Met and planning is Not applicable. One rests on the other. Check both answers."
    )


def test_a_template_with_contradictions_is_read_as_it_was_written() -> None:
    content = check_template(a_template({"one": VOICE, "other": PLANNING, "why": "One rests on the other."}))
    assert read_template(write_template(content), kind="json") == content


@pytest.mark.parametrize(
    ("contradiction", "pointer", "words"),
    [
        (
            {"one": VOICE, "other": {**PLANNING, "theme": "play"}, "why": "So."},
            "/other/theme",
            "no theme with this key",
        ),
        ({"one": VOICE, "other": VOICE, "why": "So."}, "/other/theme", "the same theme"),
        ({"one": {**VOICE, "answers": ["good"]}, "other": PLANNING, "why": "So."}, "/one/answers/0", "this answer"),
        ({"one": {**VOICE, "answers": ["met", "met"]}, "other": PLANNING, "why": "So."}, "/one/answers/1", "twice"),
        ({"one": {**VOICE, "answers": []}, "other": PLANNING, "why": "So."}, "/one/answers", "too few"),
        ({"one": VOICE, "other": PLANNING}, "/why", "missing"),
        ({"one": VOICE, "other": PLANNING, "why": " "}, "/why", "empty"),
        ({"one": VOICE, "other": {**PLANNING, "sort": 1}, "why": "So."}, "/other/sort", "theme, answers"),
    ],
)
def test_a_contradiction_that_cannot_be_used_is_refused_with_its_place(
    contradiction: dict[str, Any], pointer: str, words: str
) -> None:
    with pytest.raises(TemplateRefused) as refused:
        check_template(a_template(contradiction))
    (fault,) = refused.value.faults
    assert fault.pointer == f"/contradictions/0{pointer}"
    assert words in fault.message


def test_every_contradiction_of_the_built_in_template_can_happen_and_is_told_in_a_sentence() -> None:
    assert len(TEMPLATE.contradictions) >= 4
    for contradiction in TEMPLATE.contradictions:
        assert contradiction.one.theme != contradiction.other.theme
        assert contradiction.why.endswith(".")
        assert len(contradiction.why.split()) <= 35


def test_themes_and_answers_that_the_template_does_not_have_are_ignored() -> None:
    scores = {"no-such-theme": GivenScore("good", "", "", ""), THEMES[0]: GivenScore("splendid", "", "", "")}
    assert findings(TEMPLATE, scores) == []
