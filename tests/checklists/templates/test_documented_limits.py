"""Every limit of a template file is the one that its documentation states."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from checklists.templates.faults import MOST_FAULTS
from checklists.templates.template import Template
from checklists.templates.template_reading import MAX_TEMPLATE_BYTES

TEXT: Final = Path("docs/templates.md").read_text("utf-8")
SCHEMA: Final = Template.model_json_schema()
# The tables under a heading, in order, each with the parts of a template that it describes.
TABLES: Final = {
    "The template": ("Template",),
    "`source`": ("Source",),
    "`scale`": ("RatingScale", "Rating"),
    "`overall`": ("OverallRule", "Cap"),
    "`texts`": ("Texts", "TextRule"),
    "`words`": ("Words",),
    "`targets`": ("Targets",),
    "`compliance`": ("Compliance", "ComplianceBand"),
    "`asks`": ("Asks",),
    "`obstacles`": ("Obstacle",),
    "`family_questions`": ("FamilyQuestion",),
    "`statuses`, `age_bands`, `categories`": ("AgeBandWord",),
    "`case_facts`": ("CaseFact", "FactChoice"),
    "`forms_of_harm`": ("FormOfHarm",),
    "`learning_domains`": ("LearningDomain",),
    "`themes`": ("Theme",),
    "`questions`": ("Question", "Choice"),
    "`applies_when`": ("Condition",),
    "Facts in a condition": ("FactIs",),
    "Questions in a condition": ("QuestionIs",),
    "`exemplars`": ("Exemplar",),
    "`contradictions`": ("Contradiction", "AnswersOf"),
}
_LIMITS: Final = ("maxLength", "maxItems", "minItems", "maximum", "minimum")
# An empty list, an empty text and a negative number need no words.
_LEAST_SAID: Final = {"minItems": 2, "minimum": 1}


def _limits(schema: Any) -> Iterator[tuple[str, int]]:
    """Every limit of one entry, but the lengths of keys, which have a section of their own."""
    if isinstance(schema, dict):
        is_key = "pattern" in schema
        for name, value in schema.items():
            if name == "propertyNames":  # keys too
                continue
            if name in _LIMITS and isinstance(value, int):
                if value >= _LEAST_SAID.get(name, 0) and not (is_key and name == "maxLength"):
                    yield name, value
            else:
                yield from _limits(value)
    elif isinstance(schema, list):
        for each in schema:
            yield from _limits(each)


def _rows(heading: str) -> list[dict[str, str]]:
    """The tables of a section: each as its entries with what is said of them."""
    section = TEXT.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    tables = re.findall(r"(?:^\|.*\n)+", section + "\n", re.MULTILINE)
    return [
        {cells[1].strip().strip("`"): "|".join(cells[3:]) for cells in (line.split("|") for line in table.splitlines())}
        for table in tables
        if table.startswith("| entry ")
    ]


def _numbers(words: str) -> set[int]:
    plain = re.sub(r"`[^`]*`|\*\d\*", "", words)
    return {int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*", plain)}


def _shape(part: str) -> Any:
    return (SCHEMA if part == "Template" else SCHEMA["$defs"][part])["properties"]


@pytest.mark.parametrize("heading", TABLES)
def test_the_documentation_states_every_entry_and_its_limits(heading: str) -> None:
    tables = _rows(heading)
    assert len(tables) == len(TABLES[heading])
    for part, rows in zip(TABLES[heading], tables, strict=True):
        entries = _shape(part)
        assert {*rows} - {"entry", "---"} >= {*entries}, part
        for entry, schema in entries.items():
            limits = {value for _, value in _limits(schema)}
            assert limits <= _numbers(rows[entry]), (part, entry, limits, rows[entry])


def test_every_part_of_a_template_is_documented() -> None:
    documented = {part for parts in TABLES.values() for part in parts}
    parts = {name for name, shape in SCHEMA["$defs"].items() if "properties" in shape}
    assert parts - documented == {"CaseWord"}  # a status or a category: an age band without its ages


def test_keys_are_as_long_as_documented() -> None:
    stated = re.search(r"has at most (\d+) characters, or (\d+) for a rating", TEXT)
    assert stated
    longest, of_rating = map(int, stated.groups())
    assert _shape("Rating")["key"]["maxLength"] == of_rating
    assert _shape("AgeBandWord")["key"]["maxLength"] == of_rating
    for part in ("Template", "LearningDomain", "Theme", "Question", "CaseFact", "FormOfHarm", "Obstacle"):
        assert _shape(part)["key"]["maxLength"] == longest, part


def test_a_file_is_as_large_as_documented() -> None:
    assert "of at most 1 MB" in TEXT
    assert MAX_TEMPLATE_BYTES == 1_000_000
    assert f"that need\ncorrecting, up to {MOST_FAULTS}, and" in TEXT
