"""What is written about template files is whole, and its example works."""

import re
from pathlib import Path
from typing import Any

import pytest

from checklists.templates.library import built_in, library_keys
from checklists.templates.template_file import read_template, template_json_schema

DOCUMENT = (Path(__file__).parent.parent.parent / "docs" / "templates.md").read_text("utf-8")
HEADINGS = {
    "Template": "The template",
    "Source": "`source`",
    "RatingScale": "`scale`",
    "Rating": "`scale`",
    "FormOfHarm": "`forms_of_harm`",
    "LearningDomain": "`learning_domains`",
    "Theme": "`themes`",
    "Exemplar": "`exemplars`",
    "Contradiction": "`contradictions`",
    "AnswersOf": "`contradictions`",
    "OverallRule": "`overall`",
    "Cap": "`overall`",
    "Texts": "`texts`",
    "TextRule": "`texts`",
    "Words": "`words`",
    "Targets": "`targets`",
    "Compliance": "`compliance`",
    "ComplianceBand": "`compliance`",
    "Asks": "`asks`",
    "Obstacle": "`obstacles`",
    "FamilyQuestion": "`family_questions`",
    "CaseWord": "`statuses`, `age_bands`, `categories`",
    "AgeBandWord": "`statuses`, `age_bands`, `categories`",
    "CaseFact": "`case_facts`",
    "FactChoice": "`case_facts`",
    "Question": "`questions`",
    "Choice": "`questions`",
    "Condition": "`applies_when`",
    "FactIs": "Facts in a condition",
    "QuestionIs": "Questions in a condition",
}


def parts() -> dict[str, dict[str, Any]]:
    """Every kind of object in a template, by name, with its JSON Schema."""
    schema = template_json_schema()
    objects = {name: part for name, part in schema["$defs"].items() if part.get("type") == "object"}
    return {"Template": schema, **objects}


def section(heading: str) -> str:
    return DOCUMENT.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def test_every_kind_of_object_has_its_section() -> None:
    assert parts().keys() == HEADINGS.keys()
    assert [heading for heading in HEADINGS.values() if not section(heading)] == []


@pytest.mark.parametrize("name", HEADINGS)
def test_every_key_is_explained_and_said_to_be_needed_or_not(name: str) -> None:
    part = parts()[name]
    rows = dict(re.findall(r"^\| `(\w+)` \| (yes)? ?\|", section(HEADINGS[name]), re.MULTILINE))
    assert part["properties"].keys() <= rows.keys()
    assert {key for key in part["properties"] if rows[key]} == set(part.get("required", ()))


def test_nothing_is_explained_that_is_no_key() -> None:
    known = {key for part in parts().values() for key in part["properties"]}
    explained = set(re.findall(r"^\| `(\w+)` \|", DOCUMENT, re.MULTILINE))
    assert explained == known


def test_the_smallest_template_can_be_imported() -> None:
    assert read_template(_example(0), kind="toml").theme_keys == ("reflection",)


def test_the_built_in_templates_are_listed_as_they_are() -> None:
    document = (Path(__file__).parent.parent.parent / "docs" / "built-in-templates.md").read_text("utf-8")
    described = [built_in(key) for key in library_keys()]
    rows = [
        f"| {each.title} | `{each.key}` | {each.number} | {each.audits} | {each.themes} | {each.questions} |"
        for each in described
    ]
    assert re.findall(r"^\| .* \| `.*$", document, re.MULTILINE) == rows


def test_the_example_with_questions_can_be_imported_and_holds_what_the_text_says() -> None:
    template = read_template(_example(1), kind="toml")
    assert [question.has_standard for question in template.questions] == [True, False, True]
    assert [question.applies_when is None for question in template.questions] == [True, False, False]
    assert "*not asked*" in " ".join(section("A theme with three questions").split())


def _example(number: int) -> bytes:
    written: str = re.findall(r"```toml\n(.*?)```", DOCUMENT, re.DOTALL)[number]
    return written.encode()
