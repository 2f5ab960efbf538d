"""From documents to trees: how many corrections a person makes to what is proposed."""

from difflib import SequenceMatcher

import pytest

from checklists.outlines.lines import LONGEST_LINE, MOST_LINES, Line, LineKind, lines_of_text, own_line, with_headings
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


def marked(text: str) -> str:
    """Everything that is proposed but what is left out, each with its mark."""
    parts = propose(lines_of_text(text))
    return "; ".join(f"{part.mark.value} {part.text}" for part in parts if part.mark is not Mark.LEAVE_OUT)


LONG, LONGER = "a" * 90, "b" * 91


@pytest.mark.parametrize(
    ("text", "proposed_parts"),
    [
        # A heading above others, or above numbered lines, is the title; one above a list alone is a learning domain.
        ("# Review\n## Child\n- Voice", "domain Child; theme Voice"),
        ("# Review\n1. Child\n- Voice", "domain Child; theme Voice"),
        ("# Child\n- Voice", "domain Child; theme Voice"),
        ("Child\n\n- Voice\n- Plan", "domain Child; theme Voice; theme Plan"),
        ("# Child\n- Voice\n# Plan\n- Plan", "domain Child; theme Voice; domain Plan; theme Plan"),
        # A title has up to 90 characters, and the finding may follow it; a sentence is a finding or advice.
        (f"# C\n- {LONG}: late\n- {LONGER}: late", f"domain C; theme {LONG}; finding late; finding {LONGER}: late"),
        (f"# C\n- {LONG}\n- {LONGER}", f"domain C; theme {LONG}; finding {LONGER}"),
        (
            "# C\n- Voice - heard late\n- It was late.",
            "domain C; theme Voice; finding heard late; finding It was late.",
        ),
        ("# C\n- Voice\n- Staff should ask.", "domain C; theme Voice; recommendation Staff should ask."),
        ("# C\n- Voice\n- Was she seen?", "domain C; theme Voice; prompt Was she seen?"),
        ("# C\n- Voice\n\nIt was late.", "domain C; theme Voice; finding It was late."),
        ("# C\n- Voice\n\nStaff must ask.", "domain C; theme Voice; recommendation Staff must ask."),
        # Forms of harm have up to eight words each, and no sentence is one.
        ("# Harms\n- a b c d e f g h\n- a b c d e f g h i", "harm a b c d e f g h"),
        ("# Harms\n- fear, loss and want (all)\n- one.two, three", "harm fear; harm loss; harm want"),
        ("# R\n## Harms: fear, loss.\n## C\n- Voice", "harm fear; harm loss; domain C; theme Voice"),
        ("# R\n## What to do: Tell; Write.\n- Meet", "recommendation Tell; recommendation Write; recommendation Meet"),
        # Numbered lines begin sections where they have items, or say what follows and no heading is above them.
        ("1. Child\n- Voice\n2. Plan\n2.1 Review", "domain Child; theme Voice; domain Plan; theme Review"),
        ("1. Background\n2. Child\n- Voice\n3. Next steps\n4. Meet", "domain Child; theme Voice; recommendation Meet"),
        ("# R\n## C\n1. Background reading\n2. Plan", "domain C; theme Background reading; theme Plan"),
        ("# R\n## C\n- Voice\n## Summary\n- Late", "domain C; theme Voice"),
    ],
)
def test_exactly_these_parts_are_proposed(text: str, proposed_parts: str) -> None:
    assert marked(text) == proposed_parts


def test_a_short_line_of_few_words_above_others_is_a_heading() -> None:
    for text, is_one in {"a" * 70: True, "a" * 71: False, "a " * 9: True, "a " * 10: False, "Seen.": False}.items():
        first, last = with_headings([Line(text.strip()), Line("Plan")])
        assert (first.kind is LineKind.HEADING) is is_one
        assert last.kind is LineKind.TEXT


def test_a_line_says_its_place() -> None:
    assert Line("Voice") == Line("Voice", LineKind.TEXT, depth=0, number=0, page=0)
    assert [Line("", number=3).place, Line("", number=3, page=1).place] == ["line 3", "page 1, line 3"]


def test_what_is_too_long_for_its_mark_is_said_to_be() -> None:
    above = [Marked("Child", Mark.DOMAIN, "", ""), Marked("Voice", Mark.THEME, "p" * 201, "")]
    for mark, longest, said in (
        (Mark.DOMAIN, 200, "Use 200 characters or fewer."),
        (Mark.THEME, 200, "Use 200 characters or fewer."),
        (Mark.HARM, 80, "Use 80 characters or fewer for a form of harm."),
        (Mark.FINDING, 2_000, "Use 2,000 characters or fewer for a theme."),
        (Mark.GOOD, 2_000, "Use 2,000 characters or fewer for a theme."),
    ):
        assert outline_of([*above, Marked("x" * longest, mark, "", "")]).faults == {}
        assert outline_of([*above, Marked("x" * (longest + 1), mark, "", "")]).faults == {2: said}
    prompts = [Marked("Seen?", Mark.PROMPT, "", "")] * 11
    assert outline_of([*above, *prompts[:10]]).faults == {}
    assert outline_of([*above, *prompts]).faults == {12: "A theme has up to 10 prompts."}
    assert [len(theme.place) for theme in outline_of(above).themes] == [200]


def test_an_outline_has_each_form_of_harm_once_and_says_which_themes_lack_prompts() -> None:
    marks = [
        *((Mark.DOMAIN, "Child"), (Mark.THEME, "Voice"), (Mark.PROMPT, "Seen?"), (Mark.THEME, "Plan")),
        *((Mark.GOOD, "Kept"), (Mark.HARM, "Fear"), (Mark.HARM, "fear"), (Mark.RECOMMENDATION, "Meet")),
        (Mark.LEAVE_OUT, ""),
    ]
    found = outline_of([Marked(text, mark, "p" * 201, "s" * 2_001) for mark, text in marks])
    assert (found.harms, found.without_prompts, found.faults) == (["Fear"], 1, {})
    assert [(theme.title, theme.prompts, theme.good) for theme in found.themes] == [
        ("Voice", ["Seen?"], ""),
        ("Plan", [], "Kept"),
    ]
    (advice,) = found.recommendations
    assert (advice.words, len(advice.place), len(advice.sentence), advice.part) == ("Meet", 200, 2_000, 7)


def test_each_mark_has_a_label() -> None:
    assert [mark.label for mark in Mark] == [
        *("Learning domain", "Theme", "What the source found", "Prompt", "What good looks like", "Form of harm"),
        *("Recommendation", "Leave out"),
    ]
