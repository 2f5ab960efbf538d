"""A passage is one text of one theme or of the whole audit; empty texts are none."""

from checklists.passages.parts import (
    PARTS_OF_A_THEME,
    PARTS_OF_THE_WHOLE,
    WHOLE_AUDIT,
    Place,
    family_part,
    label_of_part,
    passages,
)
from checklists.templates.asks import Words


def test_passages_are_in_a_fixed_order_without_empty_ones() -> None:
    found = list(passages("voice", {"impact": "Heard.", "rationale": " Seen alone. ", "strengths": "  ", "other": "x"}))
    assert [(each.place, each.text) for each in found] == [
        (Place("voice", "rationale"), "Seen alone."),
        (Place("voice", "impact"), "Heard."),
    ]
    (whole,) = passages(WHOLE_AUDIT, {family_part("child"): "It helped.", "rationale": "not of the whole audit"})
    assert label_of_part(whole.place.part, Words()) == "Family views: the child"


def test_every_part_has_its_label() -> None:
    assert all(label_of_part(part, Words()) for part in (*PARTS_OF_A_THEME, *PARTS_OF_THE_WHOLE))


def test_labels_are_in_the_words_of_the_template() -> None:
    adults = Words(subject="adult", subjects="adults", impact="Difference for the adult")
    assert label_of_part("impact", adults) == "Difference for the adult"
    assert label_of_part(family_part("child"), adults) == "Family views: the adult"
