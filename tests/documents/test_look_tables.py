"""Tables of looks that must agree: charts in the style sheet and in files, and a colour for every state."""

import ast
import importlib
import re
from enum import StrEnum
from pathlib import Path

import pytest

from api.documents.document import Tone
from api.documents.terminal import STYLES
from api.documents.writers import docx, xlsx
from api.documents.writers.pdf import LOOKS
from api.reports.gaps.columns import TONES
from checklists.reports.gaps import GapState
from tests.sources import parsed

API = Path(__file__).parent.parent.parent / "api"
(STYLE_SHEET,) = API.rglob("caseaudit.css")
# Containers of a chart, which say nothing of its lines and marks.
LAYOUT = {"app-chart--wide", "app-chart--narrow"}


def in_style_sheet() -> dict[str, dict[str, str]]:
    """What the style sheet says of each part of a chart, colours in full."""
    css = STYLE_SHEET.read_text("utf-8")
    colours = dict(re.findall(r"(--app-[\w-]+): (#[0-9a-f]+);", css))
    rules = re.findall(r"^\.(app-chart__\w+) \{ (.*?) \}$", css, re.MULTILINE)
    return {name: {key: plain(value, colours) for key, value in said(rule)} for name, rule in rules}


def said(rule: str) -> list[tuple[str, str]]:
    return re.findall(r"([\w-]+): ([^;]+);", rule)


def plain(value: str, colours: dict[str, str]) -> str:
    value = re.sub(r"var\((--[\w-]+)\)", lambda found: colours[found[1]], value)
    return {"#fff": "#ffffff", "700": "bold"}.get(value, value)


def test_a_chart_looks_the_same_on_the_page_and_in_a_file() -> None:
    in_files = {name: dict(re.findall(r'([\w-]+)="([^"]*)"', look)) for name, look in LOOKS.items()}
    assert in_style_sheet() == in_files
    assert len(in_files) > 10


def test_every_part_of_a_chart_has_a_look() -> None:
    used = {name for file in API.rglob("chart.py") for name in re.findall(r"app-chart__\w+", file.read_text("utf-8"))}
    assert used == set(LOOKS)


def tables_of_colours() -> list[tuple[str, dict[StrEnum, str]]]:
    """Every table of the pages that gives a state its colour, with its module."""
    found = []
    for file, tree in parsed("STATE_COLOURS", "api"):
        targets = [
            target.id
            for node in tree.body
            for target in ([*node.targets] if isinstance(node, ast.Assign) else [getattr(node, "target", None)])
            if isinstance(target, ast.Name) and target.id == "STATE_COLOURS"
        ]
        if targets:
            module = ".".join(file.relative_to(API.parent).with_suffix("").parts)
            found.append((module, importlib.import_module(module).STATE_COLOURS))
    return found


def test_every_state_has_one_colour_and_every_kind_of_state_one_table() -> None:
    tables = tables_of_colours()
    kinds = [type(next(iter(table))) for _, table in tables]
    assert len(set(kinds)) == len(kinds) >= 6
    for (module, table), kind in zip(tables, kinds, strict=True):
        assert set(table) == set(kind), module


@pytest.mark.parametrize("table", [STYLES, docx.FILLS | {Tone.NONE: ""}, xlsx.FILLS | {Tone.NONE: ""}])
def test_every_tone_has_a_look_in_every_kind_of_output(table: dict[Tone, str]) -> None:
    assert set(table) == set(Tone)


def test_word_and_excel_fill_the_cells_of_a_tone_alike() -> None:
    assert {tone: f"#{fill}" for tone, fill in docx.FILLS.items()} == xlsx.FILLS


def test_every_state_of_a_gap_has_a_tone_and_every_tone_a_mark_of_its_own() -> None:
    assert set(TONES) == set(GapState)
    marks = [tone.mark for tone in TONES.values()]
    assert len(set(marks)) == len(marks)
    # Without a target there is no state to tell by a mark.
    assert [state for state, tone in TONES.items() if not tone.mark] == [GapState.NO_TARGET]
