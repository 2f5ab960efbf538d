"""Items of a long list: each is read with a model, and kept as what the actions take."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema


@dataclass(frozen=True, slots=True)
class ReadWith:
    """`list[Annotated[Thing, ReadWith(ThingIn, ThingIn.to_thing)]]`: what comes in is a ThingIn, what is kept a Thing.

    A model takes three times the memory of the value made from it, and a list has thousands of them at once.
    """

    model: type[BaseModel]
    make: Callable[[Any], Any]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        def read(value: Any, validate: Callable[[Any], Any]) -> Any:
            # A long list is read piece by piece, and put into its model when every piece has been read.
            return value if isinstance(value, source) else self.make(validate(value))

        return core_schema.no_info_wrap_validator_function(read, handler.generate_schema(self.model))
