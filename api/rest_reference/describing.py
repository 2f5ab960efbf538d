"""Operations as the OpenAPI document describes them, in the words and the order of a reference that people read."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

MOST_NESTED: Final = 4
_JSON: Final = "application/json"
_NOT_A_WORD: Final = re.compile(r"[^a-z0-9]+")
_FORMATS: Final = {"uuid": "identifier", "date": "date", "date-time": "date and time", "binary": "file"}
_TYPES: Final = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "object": "object",
    "null": "null",
}

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter, or a field of a body or an answer. `name`: with its place, as in `scores[].theme`."""

    name: str
    kind: str
    is_required: bool
    about: str


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation. `example`: a body as JSON, or empty. `refusals`: the statuses of its own and of any operation."""

    method: str
    path: str
    title: str
    about: str
    permission: str
    parameters: tuple[Field, ...]
    body: tuple[Field, ...]
    body_kinds: tuple[str, ...]
    example: str
    success: str
    answer: tuple[Field, ...]
    answer_kinds: tuple[str, ...]
    refusals: tuple[str, ...]

    @property
    def anchor(self) -> str:
        """Its place on the page of its group."""
        return slug_of(f"{self.method} {self.path}")


@dataclass(frozen=True, slots=True)
class Group:
    """The operations of one part of the service."""

    title: str
    operations: tuple[Operation, ...]

    @property
    def slug(self) -> str:
        return slug_of(self.title)


def slug_of(words: str) -> str:
    """Words as a step of an address."""
    return _NOT_A_WORD.sub("-", words.lower()).strip("-")


def groups_of(document: Mapping[str, Any]) -> tuple[Group, ...]:
    """Every operation of an OpenAPI 3.1 document by its first tag, in the order of the tags' names and of the paths."""
    schemas = document["components"]["schemas"]
    found = [
        (operation["tags"][0], _Reader(schemas).operation(method.upper(), path, operation))
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    ]
    by_tag = groupby(sorted(found, key=itemgetter(0)), itemgetter(0))
    return tuple(Group(tag, tuple(operation for _, operation in several)) for tag, several in by_tag)


class _Reader:
    """Reads operations against the shapes that the document names."""

    def __init__(self, schemas: Mapping[str, Schema]) -> None:
        self.schemas = schemas

    def operation(self, method: str, path: str, said: Mapping[str, Any]) -> Operation:
        content = said.get("requestBody", {}).get("content", {})
        responses = said["responses"]
        success = min(status for status in responses if status.startswith("2"))
        answer = responses[success].get("content", {})
        example = content.get(_JSON, {}).get("example")
        return Operation(
            method=method,
            path=path,
            title=said["summary"],
            about=_plain(said.get("description", "")),
            permission=said.get("x-permission", ""),
            parameters=tuple(map(self._parameter, said.get("parameters", ()))),
            body=self._fields_of(content),
            body_kinds=tuple(content),
            example="" if example is None else json.dumps(example, indent=2, ensure_ascii=False),
            success=success,
            answer=self._fields_of(answer),
            answer_kinds=tuple(answer),
            refusals=tuple(status for status in responses if not status.startswith("2")),
        )

    def _parameter(self, said: Mapping[str, Any]) -> Field:
        schema = said["schema"]
        about = said.get("description") or self._about(schema)
        name = said["name"] if said["in"] != "header" else f"{said['name']} (header)"
        return Field(name, self.kind(schema), said.get("required", False), _plain(about))

    def _fields_of(self, content: Mapping[str, Any]) -> tuple[Field, ...]:
        """The fields of a body in JSON or of a form; none of any other kind."""
        described = next((shape for kind, shape in content.items() if kind in {_JSON, "multipart/form-data"}), None)
        return () if described is None else tuple(self._fields("", described.get("schema", {}), MOST_NESTED))

    def _fields(self, place: str, schema: Schema, depth: int) -> Iterator[Field]:
        shape, is_list = self._within(schema)
        place = f"{place}[]" if is_list else place
        required = shape.get("required", ())
        for name, said in shape.get("properties", {}).items():
            where = f"{place}.{name}" if place else name
            yield Field(where, self.kind(said), name in required, self._about(said))
            if depth > 1:
                yield from self._fields(where, said, depth - 1)

    def _about(self, schema: Schema) -> str:
        return _plain(schema.get("description", ""))

    def _within(self, schema: Schema) -> tuple[Schema, bool]:
        """The shape behind a reference, a list or a choice with null, and whether it is a list of them."""
        schema = self._resolved(schema)
        if schema.get("type") == "array":
            return self._within(schema.get("items", {}))[0], True
        for choice in schema.get("anyOf", ()):
            if choice.get("type") != "null":
                return self._within(choice)
        return schema, False

    def _resolved(self, schema: Schema) -> Schema:
        while "$ref" in schema:
            schema = self.schemas[schema["$ref"].rpartition("/")[2]]
        return schema

    def kind(self, schema: Schema) -> str:
        """What a value is, in words: "text, 1 to 120 characters", "list of identifier", "date or null"."""
        schema = self._resolved(schema)
        choices = schema.get("anyOf") or schema.get("oneOf")
        if choices:
            return " or ".join(dict.fromkeys(self.kind(each) for each in choices))
        if "enum" in schema or "const" in schema:
            return "one of " + ", ".join(f"“{each}”" for each in schema.get("enum", [schema.get("const")]))
        if schema.get("type") == "array":
            return f"list of {self.kind(schema.get('items', {}))}{_limits(schema, 'minItems', 'maxItems')}"
        if schema.get("format") in _FORMATS:
            return _FORMATS[schema["format"]]
        words = _TYPES.get(schema.get("type", "object"), "anything")
        if words == "text":
            return words + _limits(schema, "minLength", "maxLength", " characters")
        return words + _limits(schema, "minimum", "maximum")


def _number(number: float) -> str:
    return f"{number:,.0f}" if number == int(number) else f"{number:,}"


def _plain(words: str) -> str:
    """A description without the marks of code."""
    return words.replace("`", "")


def _limits(schema: Schema, least: str, most: str, of: str = "") -> str:
    low, high = schema.get(least), schema.get(most)
    if low is not None and high is not None:
        return f", {_number(low)} to {_number(high)}{of}"
    if high is not None:
        return f", at most {_number(high)}{of}"
    return "" if low is None else f", at least {_number(low)}{of}"


def first_sentence(words: str) -> str:
    """The first sentence of a description, for a list."""
    return words.partition("\n\n")[0].partition(". ")[0].rstrip(".")


def paragraphs_of(words: str) -> Sequence[str]:
    """The paragraphs of a description."""
    return [" ".join(each.split()) for each in words.split("\n\n") if each.strip()]
