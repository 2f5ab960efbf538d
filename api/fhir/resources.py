"""The parts of a FHIR R4 Questionnaire that are read. What they do not name is kept, so that it can be named."""

from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, StrictStr
from pydantic.alias_generators import to_camel

MOST_ITEMS: Final = 3_000
MOST_OPTIONS: Final = 500
Text = Annotated[StrictStr, Field(max_length=20_000)]
Number = StrictInt | StrictFloat


class Element(BaseModel):
    """What every part of a resource may have."""

    model_config = ConfigDict(extra="allow", alias_generator=to_camel)

    extension: Annotated[list["Extension"], Field(max_length=MOST_ITEMS)] = []
    # It changes what the part means, so nothing that has one can be read.
    modifier_extension: Annotated[list[Any], Field(max_length=0)] = []

    @property
    def unread(self) -> list[str]:
        """The names of its entries that are not read."""
        return sorted(self.model_extra or ())

    def extensions(self, url: str) -> list["Extension"]:
        """The extensions of this address."""
        return [each for each in self.extension if each.url == url]


class Extension(Element):
    """An extension with the values that are read."""

    url: Text
    value_string: Text | None = None
    value_decimal: Number | None = None
    value_integer: StrictInt | None = None
    value_boolean: StrictBool | None = None
    value_code: Text | None = None
    value_base64_binary: Annotated[StrictStr | None, Field(alias="valueBase64Binary", max_length=100_000)] = None
    value_codeable_concept: "CodeableConcept | None" = None

    @property
    def says_more(self) -> bool:
        """Whether it has anything beside its address and one value."""
        values = [
            name for name in type(self).model_fields if name.startswith("value") and getattr(self, name) is not None
        ]
        return bool(self.unread or self.extension or len(values) > 1)


class Coding(Element):
    """A code of a system."""

    system: Text | None = None
    code: Text | None = None
    display: Text | None = None


class CodeableConcept(Element):
    """A concept by its codes."""

    coding: Annotated[list[Coding], Field(max_length=20)] = []
    text: Text | None = None


class Identifier(Element):
    """A name of something in a system."""

    system: Text | None = None
    value: Text | None = None


class AnswerOption(Element):
    """One answer that is offered."""

    value_coding: Coding | None = None
    value_string: Text | None = None
    value_integer: StrictInt | None = None


class EnableWhen(Element):
    """One comparison of an answer."""

    question: Text
    operator: Text
    answer_coding: Coding | None = None
    answer_string: Text | None = None
    answer_boolean: StrictBool | None = None


class Item(Element):
    """A group, a question or a text."""

    link_id: Annotated[StrictStr, Field(max_length=255)]
    type: Text
    text: Text | None = None
    prefix: Text | None = None
    required: StrictBool | None = None
    repeats: StrictBool | None = None
    answer_option: Annotated[list[AnswerOption], Field(max_length=MOST_OPTIONS)] = []
    answer_value_set: Text | None = None
    enable_when: Annotated[list[EnableWhen], Field(max_length=100)] = []
    enable_behavior: Text | None = None
    item: Annotated[list["Item"], Field(max_length=MOST_ITEMS)] = []


class Property(Element):
    """A property of a concept."""

    code: Text | None = None
    value_decimal: Number | None = None
    value_integer: StrictInt | None = None


class Concept(Element):
    """A concept of a value set or code system."""

    system: Text | None = None
    code: Text | None = None
    display: Text | None = None
    property: Annotated[list[Property], Field(max_length=100)] = []


class Include(Element):
    """The concepts of one code system in a value set."""

    system: Text | None = None
    concept: Annotated[list[Concept], Field(max_length=MOST_OPTIONS)] = []


class Compose(Element):
    """What a value set includes."""

    include: Annotated[list[Include], Field(max_length=100)] = []


class Expansion(Element):
    """The concepts of a value set, listed."""

    contains: Annotated[list[Concept], Field(max_length=MOST_OPTIONS)] = []


class Contained(Element):
    """A value set or code system inside a questionnaire; anything else is not read."""

    resource_type: Text
    id: Text | None = None
    url: Text | None = None
    compose: Compose | None = None
    expansion: Expansion | None = None
    concept: Annotated[list[Concept], Field(max_length=MOST_OPTIONS)] = []


class Questionnaire(Element):
    """A questionnaire."""

    resource_type: Text
    id: Text | None = None
    url: Text | None = None
    version: Text | None = None
    name: Text | None = None
    title: Text | None = None
    status: Text | None = None
    identifier: Annotated[list[Identifier], Field(max_length=20)] = []
    contained: Annotated[list[Contained], Field(max_length=200)] = []
    item: Annotated[list[Item], Field(max_length=MOST_ITEMS)] = []


# Other modules subclass it without importing Extension, so its forward reference is resolved here.
Element.model_rebuild()
