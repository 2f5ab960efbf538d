"""Overall judgements that follow from answers to themes would be second numbers about the same answers."""

from typing import Any

import pytest

from checklists.release.counting import as_counted, overall_follows, release_round
from checklists.release.disclosure import Record
from checklists.reports.tallies import encode_answers
from checklists.templates.library import library_keys, load_library_template
from checklists.templates.template import Template
from tests.checklists.small_template import a_template, theme

TWO_GRADES = {
    "ratings": [{"key": "met", "label": "Met"}, {"key": "not-met", "label": "Not met"}],
    "standard": "met",
}


def template_with(not_evidenced: str, *caps: dict[str, Any]) -> Template:
    return a_template(
        format="caseaudit-template/2",
        scale=TWO_GRADES,
        not_evidenced=not_evidenced,
        overall={"caps": [{"themes": ["seen"], "at_best": "not-met", **cap} for cap in caps]},
        learning_domains=[{"key": "practice", "title": "Practice", "themes": [theme("seen"), theme("plan")]}],
        forms_of_harm=[],
    )


LOWEST, UNSEEN = {"answer": "lowest"}, {"answer": "not-evidenced"}


@pytest.mark.parametrize(
    ("template", "follows"),
    [
        (template_with("left-out", LOWEST), True),
        (template_with("below-standard", LOWEST, UNSEEN), True),
        (template_with("below-standard", LOWEST), False),
        (template_with("left-out", LOWEST | {"unless": "Say why."}), False),
        (template_with("left-out"), False),
    ],
)
def test_overall_judgements_that_follow_from_a_theme_are_copied_and_not_released(
    template: Template, follows: bool
) -> None:
    answers = [{"seen": "met" if at % 3 else "not-met", "plan": "met"} for at in range(40)]
    records = {at: Record(encode_answers(template, each), {}, each["seen"] == "met") for at, each in enumerate(answers)}
    counted = as_counted(template, records, with_overall=True)
    released = release_round(template, records, counted, {}, key=b"key", with_overall=True)
    assert len(released.table.groups[()].themes) == (2 if follows else 3)
    assert {len(letters) for letters in released.copied.values()} == {3}


def test_the_newest_templates_of_the_library_release_overall_judgements() -> None:
    assert not any(overall_follows(load_library_template(key)) for key in library_keys())
