"""Parts of a template: dates of sources, names of themes, and how little a part may have."""

from datetime import date, datetime
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from checklists.templates.parts import AnswersOf, Exemplar, LearningDomain, TagKind, Theme, WholeDate

DAY: TypeAdapter[date] = TypeAdapter(WholeDate)
VOICE: dict[str, Any] = {"key": "voice", "title": "Voice", "prompts": ["Seen?"]}


def test_a_date_is_a_whole_day_as_year_month_and_day() -> None:
    day = date(2021, 2, 22)
    assert [DAY.validate_python(said) for said in ("2021-02-22", " 2021-02-22 ", day)] == [day] * 3
    for said in ("2021-02-30", "20210222", "2021-W08-1", 20210222, datetime(2021, 2, 22), None):  # noqa: DTZ001 - refused
        with pytest.raises(ValidationError, match="not a date"):
            DAY.validate_python(said)


def test_a_theme_goes_by_its_gentler_name_where_it_has_one() -> None:
    assert Theme.model_validate(VOICE).label == "Voice"
    assert Theme.model_validate({**VOICE, "display_title": "What the child says"}).label == "What the child says"


@pytest.mark.parametrize(
    ("part", "content", "name", "shortest", "empty"),
    [
        (Theme, VOICE, "prompts", ["Seen?"], []),
        (LearningDomain, {"key": "child", "title": "Child"}, "themes", [VOICE], []),
        (Exemplar, {"rating": "good"}, "words", "x", ""),
        (AnswersOf, {"theme": "voice"}, "answers", ["good"], []),
    ],
)
def test_a_part_has_at_least_one_of_what_it_is_for(
    part: Any, content: dict[str, Any], name: str, shortest: Any, empty: Any
) -> None:
    assert getattr(part.model_validate({**content, name: shortest}), name)
    with pytest.raises(ValidationError):
        part.model_validate({**content, name: empty})


def test_each_kind_of_tag_has_a_label() -> None:
    assert [kind.label for kind in TagKind] == [
        *("Harm to the child", "Circumstances of a parent or carer", "Relationship with services", "Context"),
    ]
