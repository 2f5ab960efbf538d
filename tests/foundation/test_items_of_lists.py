"""Items of a long list are read with a model, and kept as what the actions take: in a third of the memory."""

from dataclasses import dataclass
from typing import Annotated, Self

import pytest
from pydantic import BaseModel, Field, RootModel, ValidationError

from api.audits.complete.known import CompleteAudit
from api.audits.complete.routes import CompleteAudits
from api.case_lists.routes import CaseListIn
from api.foundation.http.json_bodies.kept import ReadWith
from checklists.case_list import ListedCase


@dataclass(frozen=True, slots=True)
class Thing:
    name: str


class ThingIn(BaseModel):
    name: Annotated[str, Field(max_length=3)]

    def to_thing(self: Self) -> Thing:
        return Thing(self.name)


class Models(RootModel[list[ThingIn]]):
    """As sent."""


class Things(RootModel[list[Annotated[Thing, ReadWith(ThingIn, ThingIn.to_thing)]]]):
    """As sent."""


def test_items_are_kept_as_what_is_made_of_them() -> None:
    kept = Things.model_validate([{"name": "a"}, {"name": "b"}])
    assert kept.root == [Thing("a"), Thing("b")]
    # The pieces of a long list are put together so.
    assert [*map(id, Things.model_validate(kept.root).root)] == [*map(id, kept.root)]


def test_faults_and_schema_are_those_of_the_model() -> None:
    with pytest.raises(ValidationError) as of_things:
        Things.model_validate([{"name": "a"}, {"name": "long"}])
    with pytest.raises(ValidationError) as of_models:
        Models.model_validate([{"name": "a"}, {"name": "long"}])
    assert of_things.value.errors() == of_models.value.errors()
    assert {**Things.model_json_schema(), "title": ""} == {**Models.model_json_schema(), "title": ""}


def test_long_lists_keep_no_models() -> None:
    for field, kept in (
        (CompleteAudits.model_fields["root"], CompleteAudit),
        (CaseListIn.model_fields["cases"], ListedCase),
    ):
        (item,) = field.annotation.__args__  # type: ignore[union-attr]
        assert item.__origin__ is kept
