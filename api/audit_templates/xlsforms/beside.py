"""What a form does not say of a template: the entries that differ once it is read back, and putting them in again.

A part is named by a path of entries, keys of lists whose entries have keys, and places of other lists.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from checklists.templates.faults import Path

# A cell of a workbook can hold 32,767 characters.
_LONGEST_VALUE: Final = 8_000
_DEEPEST: Final = 12
_NAMES: Final[Mapping[str, str]] = {
    "addition": "Whether it is in the source",
    "applies_when": "When it applies",
    "asks": "Other parts of the audit",
    "bears_on_all": "Whether it is relevant to every case",
    "compliance": "Compliance percentage",
    "contradictions": "Contradictory answers",
    "exemplars": "Agreed answers to practice cases",
    "family_questions": "Questions for the family",
    "forms_of_harm": "Forms of harm",
    "kind": "Kind",
    "limiting": "Whether it limits the overall judgement",
    "not_evidenced": "How “not evidenced” is counted",
    "obstacles": "Barriers to the work",
    "of_case_list": "Words of a case list",
    "overall": "Overall judgement",
    "source_place": "Place in the source",
    "texts": "Rules for the texts of an answer",
    "words": "The template’s own words",
}


class NoSuchPart(Exception):
    """A path that names nothing in the template of the form."""


@dataclass(frozen=True, slots=True)
class Beside:
    """One part that the form does not say: its path, and its value; None where the template has no such entry."""

    path: tuple[str, ...]
    value: Any

    @property
    def pointer(self) -> str:
        return "/".join(self.path)

    @property
    def in_words(self) -> str:
        """What it is, for a person: entries by their headings, keys as they are."""
        return ": ".join(_NAMES.get(step, step.replace("_", " ").capitalize()) for step in self.path)

    @property
    def written(self) -> str:
        return json.dumps(self.value, ensure_ascii=False)


def differences(whole: Any, said: Any, path: tuple[str, ...] = ()) -> Iterator[Beside]:
    """Every part of a plain template that differs from what its form says, in the order in which to put them back."""
    if whole == said:
        return
    if isinstance(whole, Mapping) and isinstance(said, Mapping):
        for name in [*whole, *(name for name in said if name not in whole)]:
            if name not in said:
                yield from _whole(whole[name], (*path, name))
            else:
                yield from differences(whole.get(name), said[name], (*path, name))
    elif _keys(whole) and _keys(whole) == _keys(said):
        for entry, other in zip(whole, said, strict=True):
            yield from differences(entry, other, (*path, entry["key"]))
    else:
        yield from _whole(whole, path)


def _whole(value: Any, path: tuple[str, ...]) -> Iterator[Beside]:
    """A value on one row; one that is too long for a cell is emptied first, and then has a row for each entry."""
    if len(json.dumps(value, ensure_ascii=False)) <= _LONGEST_VALUE or not isinstance(value, Mapping | list):
        yield Beside(path, value)
        return
    yield Beside(path, type(value)())
    names = value if isinstance(value, Mapping) else _keys(value) or [str(place) for place in range(len(value))]
    entries = value.values() if isinstance(value, Mapping) else value
    for name, entry in zip(names, entries, strict=True):
        yield from _whole(entry, (*path, name))


def _keys(entries: Any) -> list[str]:
    """The keys of a list whose entries all have one of their own; none of another value."""
    if not isinstance(entries, list):
        return []
    keys = [entry.get("key") for entry in entries if isinstance(entry, Mapping)]
    named = [key for key in keys if isinstance(key, str)]
    return named if len(named) == len(entries) and len(set(named)) == len(named) else []


def put(plain: dict[str, Any], path: Sequence[str], value: Any) -> Path:
    """Put a value at a path; None removes what is there. Returns its path in the plain template.

    Raises NoSuchPart when the template has nothing of a key that the path names.
    """
    if not path or len(path) > _DEEPEST:
        raise NoSuchPart
    part: Any = plain
    at: list[str | int] = []
    for step in path[:-1]:
        place = _place(part, step)
        at.append(place)
        if isinstance(part, dict):
            part = part.setdefault(str(place), {})
        elif isinstance(place, int) and place < len(part):
            part = part[place]
        else:
            raise NoSuchPart
    last = _place(part, path[-1])
    _set(part, last, value)
    return (*at, last)


def _place(part: Any, step: str) -> str | int:
    """The step into an object, or the place of an entry in a list: one past its end for a new entry."""
    if isinstance(part, dict):
        return step
    if not isinstance(part, list):
        raise NoSuchPart
    for place, entry in enumerate(part):
        if isinstance(entry, dict) and entry.get("key") == step:
            return place
    if step.isascii() and step.isdecimal() and len(step) < 4 and not _keys(part) and int(step) <= len(part):
        return int(step)
    return len(part)


def _set(part: Any, place: str | int, value: Any) -> None:
    if isinstance(part, dict):
        if value is None:
            part.pop(place, None)
        else:
            part[place] = value
    elif isinstance(place, int) and place < len(part):
        part[place] = value
    else:
        part.append(value)
