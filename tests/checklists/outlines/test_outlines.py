"""From documents to trees: how many corrections a person makes to what is proposed."""

from difflib import SequenceMatcher

import pytest

from checklists.outlines.lines import LONGEST_LINE, MOST_LINES, Line, LineKind, lines_of_text, own_line
from checklists.outlines.proposing import Mark, Marked, propose
from checklists.outlines.tree import outline_of
from tests.checklists.outlines.shapes import SEVEN_MINUTES, SHAPES, Shape


def wanted(shape: Shape) -> list[tuple[str, str]]:
    tree = [
        entry
        for domain, themes in shape.tree.items()
        for entry in [("domain", domain), *(("theme", theme) for theme in themes)]
    ]
    return [*tree, *(("harm", harm) for harm in shape.harms)]


def proposed(shape: Shape) -> list[tuple[str, str]]:
    outline = outline_of(propose(lines_of_text(shape.text)))
    tree = [
        entry
        for domain, themes in outline.domains
        for entry in [("domain", domain), *(("theme", theme.title) for theme in themes)]
    ]
    return [*tree, *(("harm", harm) for harm in outline.harms)]


def corrections(shape: Shape) -> int:
    """How many entries of the tree have to be added, taken out, moved or marked otherwise, and advice likewise."""
    found, right = proposed(shape), wanted(shape)
    steps = SequenceMatcher(None, found, right, autojunk=False).get_opcodes()
    outline = outline_of(propose(lines_of_text(shape.text)))
    return sum(max(b - a, d - c) for name, a, b, c, d in steps if name != "equal") + abs(
        len(outline.recommendations) - shape.recommendations
    )


def test_a_seven_minute_briefing_gives_its_tree_back() -> None:
    assert corrections(SEVEN_MINUTES) == 0
    outline = outline_of(propose(lines_of_text(SEVEN_MINUTES.text)))
    assert (len(outline.domains), len(outline.themes), len(outline.harms)) == (3, 15, 8)
    assert not outline.faults


@pytest.mark.parametrize("name", SHAPES)
def test_usual_shapes_need_few_corrections(name: str) -> None:
    number = corrections(SHAPES[name])
    print(f"{name}: {number} corrections of {len(wanted(SHAPES[name]))} entries")
    assert number <= 2, (proposed(SHAPES[name]), wanted(SHAPES[name]))


def test_every_theme_keeps_the_sentence_and_the_place_it_comes_from() -> None:
    parts = propose(lines_of_text(SEVEN_MINUTES.text))
    neglect = next(part for part in parts if part.mark is Mark.THEME and part.text == "Neglect")
    assert neglect.sentence == "Neglect: it was not treated as urgent."
    assert neglect.place.startswith("Children's experience, line ")
    theme = next(each for each in outline_of(parts).themes if each.title == "Cumulative harm")
    assert theme.finding == "each event was seen alone, although together they would have shown a pattern."
    assert theme.place.startswith("Children's experience")


def test_a_part_in_the_wrong_place_is_said_to_be() -> None:
    parts = [
        Marked("Voice", Mark.THEME, "Line 1", "Voice"),
        Marked("Child", Mark.DOMAIN, "Line 2", "Child"),
        Marked("Was the child seen?", Mark.PROMPT, "Line 3", ""),
        Marked(" ", Mark.THEME, "Line 4", ""),
    ]
    assert outline_of(parts).faults == {
        0: "Mark a line above as a learning domain first.",
        2: "Mark a line above as a theme first.",
        3: "Enter some text, or leave this out.",
    }


def test_a_heading_and_a_line_of_a_list_say_how_deep_they_are() -> None:
    assert own_line("# Child") == Line("Child", LineKind.HEADING, 0)
    assert own_line("### Was seen") == Line("Was seen", LineKind.HEADING, 2)
    assert own_line("- Voice") == Line("Voice", LineKind.BULLET, 0)
    assert own_line("    - Voice") == Line("Voice", LineKind.BULLET, 2)
    assert own_line("2.1 Voice") == Line("Voice", LineKind.NUMBERED, 1)


def test_lines_are_numbered_from_1_and_cut_at_2000_characters() -> None:
    short, cut = lines_of_text("- Voice\n- " + "a" * 2_001)
    assert (short.text, short.number) == ("Voice", 1)
    assert (cut.text, cut.number) == ("a" * 2_000, 2)
    assert LONGEST_LINE == 2_000


def test_long_and_odd_texts_are_read_without_an_error() -> None:
    assert lines_of_text("") == ()
    assert len(lines_of_text("\n\n".join(f"- item {n}" for n in range(5_000)))) == MOST_LINES
    assert propose(lines_of_text("\x00\x07 **\n\n# \n- \n" + "a" * 100_000))
