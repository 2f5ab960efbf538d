"""The file of a template: reading it with every fault that it can have, writing it, and its JSON Schema."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal

from pydantic import BaseModel, ValidationError

from checklists.templates.asks import (
    Asks,
    CaseFact,
    Compliance,
    ComplianceBand,
    FactChoice,
    FamilyQuestion,
    Obstacle,
    Targets,
    TextRule,
    Texts,
    Words,
)
from checklists.templates.case_words import AgeBandWord, CaseWord
from checklists.templates.conditions import Condition
from checklists.templates.faults import BETWEEN_ENTRIES, Fault, Path, TemplateRefused, in_plain_words, pointer_to
from checklists.templates.overall import Cap, OverallRule
from checklists.templates.parts import AnswersOf, Contradiction, Exemplar, FormOfHarm, LearningDomain, Source, Theme
from checklists.templates.questions import Choice, Question
from checklists.templates.rules import size_faults
from checklists.templates.scale import Rating, RatingScale
from checklists.templates.template import Template, faults_between
from checklists.templates.template_reading import MAX_TEMPLATE_BYTES, plain_value

__all__ = [
    "MAX_TEMPLATE_BYTES",
    "Fault",
    "TemplateRefused",
    "check_template",
    "read_template",
    "template_json_schema",
    "write_template",
]

# The part of a template at each path, with every number read as "*".
_PARTS: Final[Mapping[Path, type[BaseModel]]] = {
    (): Template,
    ("source",): Source,
    ("scale",): RatingScale,
    ("scale", "ratings", "*"): Rating,
    ("forms_of_harm", "*"): FormOfHarm,
    ("learning_domains", "*"): LearningDomain,
    ("learning_domains", "*", "themes", "*"): Theme,
    ("contradictions", "*"): Contradiction,
    ("contradictions", "*", "one"): AnswersOf,
    ("contradictions", "*", "other"): AnswersOf,
    ("further_sources", "*"): Source,
    ("words",): Words,
    ("overall",): OverallRule,
    ("overall", "caps", "*"): Cap,
    ("texts",): Texts,
    **{("texts", name): TextRule for name in Texts.model_fields},
    ("targets",): Targets,
    ("compliance",): Compliance,
    ("compliance", "bands", "*"): ComplianceBand,
    ("asks",): Asks,
    ("obstacles", "*"): Obstacle,
    ("family_questions", "*"): FamilyQuestion,
    ("family_questions", "*", "choices", "*"): Choice,
    ("statuses", "*"): CaseWord,
    ("age_bands", "*"): AgeBandWord,
    ("categories", "*"): CaseWord,
    ("case_facts", "*"): CaseFact,
    ("case_facts", "*", "choices", "*"): FactChoice,
    ("learning_domains", "*", "applies_when"): Condition,
    ("learning_domains", "*", "themes", "*", "applies_when"): Condition,
    ("learning_domains", "*", "themes", "*", "questions", "*"): Question,
    ("learning_domains", "*", "themes", "*", "questions", "*", "choices", "*"): Choice,
    ("learning_domains", "*", "themes", "*", "questions", "*", "applies_when"): Condition,
    ("learning_domains", "*", "themes", "*", "exemplars", "*"): Exemplar,
}


def _allowed_at(path: Path) -> Iterable[str]:
    part = _PARTS.get(tuple("*" if isinstance(step, int) else step for step in path))
    return part.model_fields if part else ()


def check_template(value: object) -> Template:
    """The template in a value already parsed from JSON or TOML. Raises TemplateRefused with every fault."""
    template, faults = _checked(value)
    if template is None:
        raise TemplateRefused(faults)
    return template


def _checked(value: object) -> tuple[Template | None, list[Fault]]:
    too_big = size_faults(value)
    if too_big:
        return None, [Fault(pointer_to(path), words) for path, words in too_big]
    try:
        return Template.model_validate(value), []
    except ValidationError as error:
        errors = [
            each for each in error.errors(include_url=False, include_input=False) if each["type"] != BETWEEN_ENTRIES
        ]
    except RecursionError:
        return None, [Fault("", "The template is nested too deeply. Remove levels of nesting.")]
    # Pydantic marks a fault in the name of an entry with a step of its own, and counts only the valid entries: a list
    # with a bad entry is not too short for that reason.
    paths = [tuple(step for step in each["loc"] if step != "[key]") for each in errors]
    parents = {path[:size] for path in paths for size in range(len(path))}
    faults = [
        Fault(pointer_to(path), in_plain_words({**each, "loc": path}, _allowed_at))
        for path, each in zip(paths, errors, strict=True)
        if not (each["type"] == "too_short" and path in parents)
    ]
    pointed = {fault.pointer for fault in faults}
    between = [Fault(pointer_to(path), words) for path, words in faults_between(value)]
    return None, faults + [fault for fault in between if fault.pointer not in pointed]


def read_template(content: bytes, *, kind: Literal["json", "toml"]) -> Template:
    """The template in a file. Raises TemplateRefused with every fault and its place."""
    value, repeats = plain_value(content, kind=kind)
    template, faults = _checked(value)
    if template is None or repeats:
        raise TemplateRefused(repeats + faults)
    return template


def write_template(template: Template) -> bytes:
    """The template as a JSON file: UTF-8, entries in the order of the schema, empty ones left out.

    The same template gives the same bytes, and reading them gives the same template.
    """
    written = template.model_dump(mode="json", exclude_defaults=True)
    order = [rating.key for rating in template.scale.ratings]
    for domain in written["learning_domains"]:
        for theme in domain["themes"]:
            if "descriptors" in theme:
                theme["descriptors"] = {key: theme["descriptors"][key] for key in order if key in theme["descriptors"]}
    return (json.dumps(written, ensure_ascii=False, indent=2) + "\n").encode()


def template_json_schema() -> dict[str, Any]:
    """The structure of a template file as JSON Schema 2020-12. Rules between entries are checked on reading only."""
    schema = Template.model_json_schema(mode="validation")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "Case Audit template",
        "description": "Learning domains with their themes, a rating scale with its standard, and forms of harm.",
    }
