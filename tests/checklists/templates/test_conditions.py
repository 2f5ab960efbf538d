"""Whether a condition of a template holds for a case, and how little one may name."""

from typing import Any

import pytest
from pydantic import ValidationError

from checklists.templates.conditions import CaseAsAudited, Condition, FactIs, QuestionIs
from tests.check_each import of_each

CASE = CaseAsAudited(
    status="closed",
    age_band="1-to-4",
    involves=frozenset({"fear"}),
    facts={"open-for": "long"},
    answers={"seen": "yes"},
)


@of_each(
    [
        ({}, True),
        ({"statuses": ["closed", "open"]}, True),
        ({"statuses": ["open"]}, False),
        ({"age_bands": ["1-to-4"]}, True),
        ({"age_bands": ["5-to-9"]}, False),
        ({"involves": ["fear", "neglect"]}, True),
        ({"involves": ["neglect"]}, False),
        ({"facts": [{"fact": "open-for", "answers": ["short", "long"]}]}, True),
        ({"facts": [{"fact": "open-for", "answers": ["short"]}]}, False),
        ({"facts": [{"fact": "other", "answers": ["long"]}]}, False),
        ({"answers": [{"question": "seen", "answers": ["yes"]}]}, True),
        ({"answers": [{"question": "seen", "answers": ["no"]}]}, False),
        ({"answers": [{"question": "seen", "answers": ["yes"]}, {"question": "else", "answers": ["yes"]}]}, False),
        ({"statuses": ["closed"], "age_bands": ["5-to-9"]}, False),
        ({"statuses": ["open"], "age_bands": ["1-to-4"]}, False),
    ]
)
def test_a_condition_holds_where_everything_that_it_names_is_so(content: dict[str, Any], holds: bool) -> None:
    assert Condition.model_validate(content).holds(CASE) is holds


def test_what_a_condition_asks_for_has_at_least_one_answer() -> None:
    assert FactIs.model_validate({"fact": "open-for", "answers": ["long"]}).answers == ("long",)
    assert QuestionIs.model_validate({"question": "seen", "answers": ["yes"]}).answers == ("yes",)
    for part, name in ((FactIs, "fact"), (QuestionIs, "question")):
        with pytest.raises(ValidationError):
            part.model_validate({name: "a", "answers": []})
