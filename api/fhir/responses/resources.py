"""The parts of a FHIR R4 QuestionnaireResponse that are read. What they do not name is kept, so that it is refused."""

from typing import Annotated, Any

from pydantic import Field, StrictBool, StrictInt, StrictStr

from api.fhir.resources import MOST_ITEMS, Coding, Element, Identifier, Text

MOST_ANSWERS = 100
# Longer than a text of an audit may be, so that the audit's own rule says how long it may be.
Words = Annotated[StrictStr, Field(max_length=100_000)]


class Reference(Element):
    """Whom or what a response is about, by an identifier of this service."""

    identifier: Identifier | None = None
    display: Text | None = None
    type: Text | None = None


class ResponseAnswer(Element):
    """One answer. An answer without a value says why there is none, in an extension of the value."""

    value_coding: Coding | None = None
    value_string: Words | None = None
    value_integer: StrictInt | None = None
    value_date: Text | None = None
    value_boolean: StrictBool | None = None
    beside_string: Annotated[Element | None, Field(alias="_valueString")] = None
    no_integer: Annotated[Element | None, Field(alias="_valueInteger")] = None
    no_date: Annotated[Element | None, Field(alias="_valueDate")] = None
    item: Annotated[list["ResponseItem"], Field(max_length=MOST_ITEMS)] = []


class ResponseItem(Element):
    """A group, or a question with its answers."""

    link_id: Annotated[StrictStr, Field(max_length=255)]
    text: Text | None = None
    answer: Annotated[list[ResponseAnswer], Field(max_length=MOST_ANSWERS)] = []
    item: Annotated[list["ResponseItem"], Field(max_length=MOST_ITEMS)] = []


class QuestionnaireResponse(Element):
    """A response."""

    resource_type: Text
    id: Text | None = None
    meta: dict[str, Any] | None = None
    language: Text | None = None
    text: dict[str, Any] | None = None
    questionnaire: Text | None = None
    status: Text | None = None
    subject: Reference | None = None
    authored: Text | None = None
    author: Reference | None = None
    item: Annotated[list[ResponseItem], Field(max_length=MOST_ITEMS)] = []

    def pointer_to(self, url: str) -> str:
        """The place of an extension of the whole; that of all extensions where it is not there."""
        return next((f"/extension/{at}" for at, each in enumerate(self.extension) if each.url == url), "/extension")

    def value_of(self, url: str) -> Any:
        """The value of an extension of the whole; None where there is none."""
        for each in self.extensions(url):
            return each.value_string if each.value_string is not None else each.value_decimal
        return None
