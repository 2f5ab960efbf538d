"""A passage is one text of one theme or of the whole audit; empty texts are none."""

from checklists.passages.parts import (
    PARTS_OF_A_THEME,
    PARTS_OF_THE_WHOLE,
    WHOLE_AUDIT,
    Place,
    family_part,
    is_place,
    label_of_part,
    passages,
)


def test_passages_are_in_a_fixed_order_without_empty_ones() -> None:
    found = list(passages("voice", {"impact": "Heard.", "rationale": " Seen alone. ", "strengths": "  ", "other": "x"}))
    assert [(each.place, each.text) for each in found] == [
        (Place("voice", "rationale"), "Seen alone."),
        (Place("voice", "impact"), "Heard."),
    ]
    (whole,) = passages(WHOLE_AUDIT, {family_part("child"): "It helped.", "rationale": "not of the whole audit"})
    assert whole.label == "Family views: the child"


def test_every_part_has_its_label_and_its_place() -> None:
    for theme, own, others in (
        ("voice", PARTS_OF_A_THEME, PARTS_OF_THE_WHOLE),
        (WHOLE_AUDIT, PARTS_OF_THE_WHOLE, PARTS_OF_A_THEME),
    ):
        assert all(is_place(Place(theme, part)) and label_of_part(part) for part in own)
        assert not any(is_place(Place(theme, part)) for part in others)
