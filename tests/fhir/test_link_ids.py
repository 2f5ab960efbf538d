"""Every item of a questionnaire has a linkId of its own, whatever the parts of its template are called."""

import json
from collections import Counter
from typing import Any, Final

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from api.audits.complete.routes import CompleteAuditIn
from api.fhir.audit_items import every_item
from api.fhir.reading import read_questionnaire
from api.fhir.responses.places import places_of
from api.fhir.writing import items_of, resource_of
from checklists.templates.faults import TemplateRefused
from checklists.templates.library import library_keys, load_library_template, newest_number
from checklists.templates.template import Template
from checklists.templates.template_file import check_template
from tests.checklists.full_template import full_template
from tests.fhir.any_audit import complete_audits
from tests.fhir.test_questionnaires import OWN
from tests.fhir.test_responses import read
from tests.fhir.test_responses import written as response_of

# Names of groups, prefixes, parts of themes and of the whole.
AWKWARD: Final = (
    *("case", "domain", "theme", "fact", "family", "view", "whole", "again", "hint", "audit", "conversation", "views"),
    *("rationale", "impact", "evidence", "sources", "strengths", "development", "exemplary", "worker-agrees"),
    *(
        "summary",
        "finding",
        "not-applicable",
        "prompt",
        "rating",
        "score",
        "status",
        "age-band",
        "involves",
        "synopsis",
    ),
    *(
        "child",
        "parent",
        "carer",
        "other",
        "how",
        "no-view",
        "words",
        "answer",
        "minutes",
        "overall",
        "mode",
        "judgement",
    ),
)
THEMES: Final = ("voice", "history", "plan", "review")
QUESTIONS: Final = ("seen-alone", "where", "visits", "chronology")
DOMAINS: Final = ("child", "practice")
FACTS: Final = ("open-for", "category")
RATINGS: Final = ("outstanding", "inadequate")
FAMILY: Final = ("listened",)
# Entries that keep what they say: the field of a case list, and texts.
_KEPT: Final = frozenset({"filled_from", "words", "title"})


def everything() -> dict[str, Any]:
    """A template with all that becomes an item, and a condition that asks for a fact."""
    plain = full_template()
    plain["asks"] = {**plain["asks"], "strengths": True}
    for domain in plain["learning_domains"]:
        domain["summary"] = "What this is about."
        for theme in domain["themes"]:
            theme |= {"where_to_look": "In the plan.", "finding": "Was missing.", "not_applicable_when": "Never."}
            theme["descriptors"] = dict.fromkeys(RATINGS, "What it looks like.")
            for question in theme.get("questions", ()):
                question["hint"] = "In the file."
    for fact in plain["case_facts"]:
        fact["hint"] = "In the system."
    plain["learning_domains"][1]["themes"][1]["applies_when"] = {"facts": [{"fact": "open-for", "answers": ["short"]}]}
    return plain


def renamed(part: Any, new: dict[str, str]) -> Any:
    """A part of a template with other keys, wherever they are named."""
    if isinstance(part, list):
        return [renamed(each, new) for each in part]
    if isinstance(part, dict):
        return {new.get(name, name): each if name in _KEPT else renamed(each, new) for name, each in part.items()}
    return new.get(part, part) if isinstance(part, str) else part


@st.composite
def awkwardly_named(draw: st.DrawFn) -> Template:
    """A template whose keys are those of items, in any combination that a template may have."""
    named: dict[str, str] = {}
    # Keys are told apart within each of these.
    for keys in ((*THEMES, *QUESTIONS), FACTS, RATINGS, FAMILY, DOMAINS):
        drawn = draw(st.lists(st.sampled_from(AWKWARD), min_size=len(keys), max_size=len(keys), unique=True))
        named |= dict(zip(keys, drawn, strict=True))
    plain = everything()
    plain["texts"] = {
        text: {"asked": draw(st.sampled_from(["always", "never", "below-standard"]))}
        for text in ("rationale", "impact", "evidence")
    }
    plain["asks"]["strengths"] = draw(st.booleans())
    if draw(st.booleans()):
        named[draw(st.sampled_from(THEMES))] = draw(st.sampled_from(["fact", "theme", "domain", "family"]))
    try:
        return check_template(renamed(plain, named))
    except TemplateRefused:
        assume(False)
        raise


def link_ids(template: Template) -> Counter[str]:
    return Counter(item["linkId"] for item in every_item(items_of(template)))


@settings(max_examples=20)
@given(awkwardly_named())
def test_no_two_items_have_one_link_id_and_the_template_comes_back(template: Template) -> None:
    assert [link_id for link_id, number in link_ids(template).items() if number > 1] == []
    assert read_questionnaire(json.loads(json.dumps(resource_of(template, OWN)))).content == template


@settings(max_examples=10)
@given(st.data())
def test_an_audit_of_such_a_template_comes_back_from_its_response(data: st.DataObject) -> None:
    template = data.draw(awkwardly_named())
    audit = CompleteAuditIn.model_validate(data.draw(complete_audits(template)))
    found = read(response_of(audit, template), template)
    assert (found.audit, found.not_recorded) == (audit, ())


def test_a_fact_and_a_text_of_a_theme_with_one_name_are_told_apart() -> None:
    template = check_template(renamed(everything(), {"history": "fact", "open-for": "rationale"}))
    found = link_ids(template)
    assert (found["fact.rationale"], found["fact.rationale.again"]) == (1, 1)
    assert places_of(template)["fact.rationale"] == ("scores", "fact", "rationale")
    assert places_of(template)["fact.rationale.again"] == ("facts", "rationale")
    (conditional,) = (each for each in every_item(items_of(template)) if each["linkId"] == "theme.review")
    assert [when["question"] for when in conditional["enableWhen"]] == ["fact.rationale.again"]


@pytest.mark.parametrize("key", library_keys())
def test_ordinary_templates_keep_the_names_of_their_parts(key: str) -> None:
    assert not any(".again" in link_id for link_id in link_ids(load_library_template(key, newest_number(key))))
