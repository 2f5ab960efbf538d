"""Values in portions for one statement each: databases limit the number of parameters."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final, TypeVar

_MOST: Final = 500
_Value = TypeVar("_Value")


def in_portions(values: Iterable[_Value]) -> Iterator[list[_Value]]:
    """The values in their order, as many at once as one statement names."""
    left = iter(values)
    while portion := list(islice(left, _MOST)):
        yield portion
