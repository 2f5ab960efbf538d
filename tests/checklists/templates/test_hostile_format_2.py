"""Any plain value at any place of a format 2 template gives a template or faults in plain words, never an exception."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklists.audits.asking import condition_in_words, what_is_asked
from checklists.audits.scoring import overall_judgement, overall_rule_in_words
from checklists.cases import AgeBand, CaseStatus
from checklists.templates.conditions import CaseAsAudited
from checklists.templates.faults import Fault, TemplateRefused
from checklists.templates.template import Template
from checklists.templates.template_file import MAX_TEMPLATE_BYTES, check_template, read_template, write_template
from checklists.templates.versions.differences import differences
from tests.checklists.full_template import a_full_template, full_template
from tests.checklists.templates.test_format_2 import QUESTION, SCHEMA, THEME, changed


def _places(value: Any, at: str = "") -> Iterator[str]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, each in inside:
        yield f"{at}/{step}"
        yield from _places(each, f"{at}/{step}")


PLACES = sorted(_places(full_template()))
WORDS = sorted({part for place in PLACES for part in place.split("/") if part} | {"yes-no", "days", "voice", "no", ""})
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(WORDS),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text() | st.sampled_from(WORDS), inner, max_size=4),
    max_leaves=12,
)


@given(st.lists(st.tuples(st.sampled_from(PLACES), values), min_size=1, max_size=2))
def test_any_value_anywhere_makes_a_template_or_faults_in_plain_words(wrong: list[tuple[str, Any]]) -> None:
    plain = full_template()
    for pointer, value in wrong:
        try:
            plain = changed(pointer, value, plain)
        except (KeyError, IndexError, ValueError, TypeError, AttributeError):
            continue
    faults: tuple[Fault, ...] = ()
    template = None
    try:
        template = check_template(plain)
    except TemplateRefused as refused:
        faults = refused.faults
    assert (template is None) == bool(faults)
    if template is not None:
        _works(template)
    for fault in faults:
        assert fault.message.endswith("."), fault
        assert "pydantic" not in fault.message.lower()
        assert "See the template schema for allowed values" not in fault.message, fault


def _works(template: Template) -> None:
    """What is accepted can be written, read again, compared and judged by."""
    written = write_template(template)
    assert read_template(written, kind="json") == template
    assert SCHEMA.is_valid(json.loads(written))
    assert overall_rule_in_words(template)
    assert differences(template, a_full_template()) is not None
    overall_judgement(template, dict.fromkeys(template.theme_keys, "not-evidenced"))
    case = CaseAsAudited(CaseStatus.CLOSED, AgeBand.UNBORN)
    assert set(what_is_asked(template, case).themes) <= set(template.theme_keys)
    conditions = [domain.applies_when for domain in template.learning_domains]
    conditions += [theme.applies_when for theme in template.themes]
    conditions += [question.applies_when for question in template.questions]
    assert all(condition_in_words(template, each) for each in conditions if each is not None)


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        (f"{THEME}/questions", [{"key": "a", "text": "A?", "kind": "yes-no"}] * 20_000),
        (f"{THEME}/questions/1/choices", [{"key": "a", "label": "A"}] * 30_000),
        (f"{QUESTION}/meets", ["yes"] * 100_000),
        ("/overall/caps", [{"at_best": "inadequate", "themes": ["voice"]}] * 15_000),
        ("/overall/caps/0/themes", ["voice"] * 90_000),
        ("/case_facts", [{"key": "a", "title": "A", "choices": []}] * 20_000),
        ("/learning_domains/1/themes/0/applies_when/involves", ["fear"] * 90_000),
        (
            "/learning_domains/1/themes/0/applies_when/answers",
            [{"question": "seen-alone", "answers": ["yes"]}] * 15_000,
        ),
    ],
)
def test_a_file_of_many_thousand_faults_is_refused_at_once(pointer: str, value: Any) -> None:
    plain = changed(pointer, value)
    content = json.dumps(plain, separators=(",", ":")).encode()
    assert len(content) < MAX_TEMPLATE_BYTES
    started = time.process_time()
    with pytest.raises(TemplateRefused):
        read_template(content, kind="json")
    assert time.process_time() - started < 10


def test_the_largest_template_that_is_allowed_is_read_in_a_moment() -> None:
    """120 questions, each naming the ones before it."""
    themes = [
        {
            "key": f"t{place}",
            "title": "T",
            "prompts": ["What?"],
            "questions": [
                {
                    "key": f"q{place}-{number}",
                    "text": "Q?",
                    "kind": "yes-no",
                    **(
                        {"applies_when": {"answers": [{"question": "q0-0", "answers": ["yes"]}]}}
                        if place + number
                        else {}
                    ),
                }
                for number in range(20)
            ],
        }
        for place in range(6)
    ]
    plain = full_template(learning_domains=[{"key": "all", "title": "All", "themes": themes}], overall=None)
    plain["compliance"] = None
    started = time.process_time()
    template = check_template(plain)
    assert len(template.questions) == 120
    assert time.process_time() - started < 3
