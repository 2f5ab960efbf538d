"""Texts are searched for identifiers before the writer is requested, since a long request takes long to search.

Results are cached for a while, by a digest of the text: kinds and places, and nothing of the text.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from hashlib import blake2b
from typing import Any, Final

from pydantic import BaseModel

from checklists.privacy.identifiers import Found, find_identifiers

MOST_REMEMBERED: Final = 4_096
# Shorter texts are searched in no time.
LEAST_CHARACTERS: Final = 200

_remembered: OrderedDict[bytes, tuple[Found, ...]] = OrderedDict()
_guard: Final = threading.Lock()


def identifiers_in(text: str) -> tuple[Found, ...]:
    """The identifiers in a text, from the cache or by a search."""
    if len(text) < LEAST_CHARACTERS:
        return find_identifiers(text)
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    with _guard:
        found = _remembered.get(digest)
    if found is None:
        found = find_identifiers(text)
        with _guard:
            _remembered[digest] = found
            if len(_remembered) > MOST_REMEMBERED:
                _remembered.popitem(last=False)
    return found


def search_beforehand(values: Iterable[Any], *, longest: int) -> None:
    """Search each text of what was sent, unless it is longer than `longest`: then it is refused for that."""
    for text in _texts(list(values)):
        # Pages remove trailing white space and carriage returns, which browsers add.
        for each in {text, text.replace("\r\n", "\n").rstrip()}:
            if LEAST_CHARACTERS <= len(each) <= longest:
                identifiers_in(each)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, BaseModel):
        yield from _texts(list(value.__dict__.values()))
    elif is_dataclass(value) and not isinstance(value, type):
        yield from _texts([getattr(value, each.name) for each in fields(value)])
    elif isinstance(value, Mapping):
        yield from _texts(list(value.values()))
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)
