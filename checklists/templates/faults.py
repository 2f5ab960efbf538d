"""Faults of a template: where, and how to correct it, in words that never repeat what was typed."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic_core import ErrorDetails, PydanticCustomError

MOST_FAULTS: Final = 50
BETWEEN_ENTRIES: Final = "between_entries"
_LONGEST_STEP: Final = 60

Path = tuple[str | int, ...]
PlaceAndWords = tuple[Path, str]


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault to correct. `pointer` is an RFC 6901 JSON Pointer, "" for the whole file; `line` counts from 1."""

    pointer: str
    message: str
    line: int | None = None


class TemplateRefused(ValueError):
    """A template that cannot be used, with every fault found, up to fifty."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults: tuple[Fault, ...] = tuple(faults[:MOST_FAULTS])
        super().__init__("; ".join(f"{fault.pointer or 'file'}: {fault.message}" for fault in self.faults[:3]))


def pointer_to(path: Iterable[str | int]) -> str:
    """The JSON Pointer of a path. A step longer than any key allowed is cut short, and ends in three dots."""
    steps = []
    for step in path:
        text = str(step)
        shown = text if len(text) <= _LONGEST_STEP else text[:_LONGEST_STEP] + "..."
        plain = "".join(character if character.isprintable() else "?" for character in shown)
        steps.append("/" + plain.replace("~", "~0").replace("/", "~1"))
    return "".join(steps)


def refuse(found: Sequence[PlaceAndWords]) -> None:
    """Inside a Pydantic validator: raises the faults, if there are any."""
    if found:
        raise PydanticCustomError(
            BETWEEN_ENTRIES, "{words}", {"words": " ".join(words for _, words in found[:MOST_FAULTS])}
        )


def in_plain_words(error: ErrorDetails, allowed_at: Callable[[Path], Iterable[str]]) -> str:
    """A Pydantic error in words for the author of the file. Repeats nothing of the refused value.

    `allowed_at` names the entries that the object at a path may hold.
    """
    kind, place, context = error["type"], error["loc"], error.get("ctx", {})
    if kind == "missing":
        return _missing(place)
    if kind == "extra_forbidden":
        return f"Unknown entry. Allowed entries are {', '.join(allowed_at(place[:-1]))}."
    if kind == "string_pattern_mismatch":
        return _not_a_key(place)
    if kind in {"literal_error", "enum"}:
        return f"This must be {context.get('expected', 'another word')}."
    if kind in _COUNTED:
        return _COUNTED[kind](context)
    return _WORDS.get(kind, "This value is not allowed here. See the template schema for allowed values.")


NO_SCALE: Final = 'The template has no rating scale. Add "scale" with "ratings", best first, and "standard".'
_MISSING: Final[Mapping[str, str]] = {
    "standard": 'The scale has no standard. Add "standard" with the key of the lowest rating that meets the standard.',
    "themes": 'This learning domain has no themes. Add "themes" with at least one theme.',
    "learning_domains": 'The template has no learning domains. Add "learning_domains" with at least '
    "one learning domain that has at least one theme.",
    "format": 'The file has no format. Add "format" with the value "caseaudit-template/2".',
    "prompts": (
        'This theme has no prompts. Add "prompts" with at least one question that tells the auditor what to look for.'
    ),
}


def _missing(place: Path) -> str:
    name = str(place[-1]) if place else ""
    return _MISSING.get(name, f'This entry is missing. Add "{name}".')


def _not_a_key(place: Path) -> str:
    if "ratings" in place or place[-1:] == ("standard",) or "descriptors" in place:
        start = "Use lower case letters and digits"
    else:
        start = "Start with a lower case letter, then use lower case letters and digits"
    return f"This is not a key. {start}, with single hyphens between words, such as 'good-practice'."


def _entries(count: object) -> str:
    return f"{count} {'entry' if count == 1 else 'entries'}"


_COUNTED: Final[Mapping[str, Callable[[dict[str, Any]], str]]] = {
    "string_too_long": lambda found: f"This must be {found['max_length']} characters or fewer.",
    "too_short": lambda found: f"There are too few entries. Enter at least {_entries(found['min_length'])}.",
    "greater_than_equal": lambda found: f"This must be {found['ge']} or more.",
    "less_than_equal": lambda found: f"This must be {found['le']} or less.",
    "too_long": lambda found: f"There are too many entries. Enter up to {_entries(found['max_length'])}.",
}
_WORDS: Final[Mapping[str, str]] = {
    "string_too_short": "This is empty. Enter a value.",
    "string_type": "This must be text.",
    "string_sub_type": "This must be text.",
    "string_unicode": "This contains an incomplete character. Enter the text again.",
    "not_an_address": "This must be a web address starting with https, such as https://www.example.org/report.",
    "int_type": "This must be a whole number, without quotation marks.",
    "bool_type": "This must be true or false, without quotation marks.",
    "tuple_type": "This must be a list.",
    "dict_type": "This must be an object: names, each with its text.",
    "model_type": "This must be an object with named entries.",
    "model_attributes_type": "This must be an object with named entries.",
    "one_line": "This must be on one line, without control characters.",
    "no_controls": "This contains a control character that cannot be shown. Enter the text again.",
    "not_a_date": "This must be a date, written year-month-day, such as 2021-02-22.",
    "invalid_key": "The name of every entry must be text.",
}
