"""The built-in templates. A published version is never edited: a change is a new file with the next number."""

import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Final

from checklists.templates.template import Template
from checklists.templates.template_file import read_template, write_template

_FILE_NAME = re.compile(r"(?P<key>[a-z][a-z0-9-]*)-(?P<number>[0-9]+)\.toml")
_ORDER: Final = (
    "core-case-file",
    "scr-themes",
    "front-door-contact",
    "child-protection",
    "children-in-care-and-care-leavers",
    "closure",
    "supervision-record",
    "practice-observation",
    "adult-safeguarding",
    "learning-review",
)
# What a new organisation has from its first day, in the newest version.
STARTING_KEYS: Final = ("scr-themes",)


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """The newest version of a built-in template in a few words, for choosing between them.

    `audits`: what one audit reads, of several. `source_published`: the day of the document it comes from.
    """

    key: str
    number: int
    title: str
    sentence: str
    audits: str
    themes: int
    questions: int
    source: str
    source_published: date | None


@cache
def _numbers() -> dict[str, tuple[int, ...]]:
    """The numbers of the versions of every built-in template, by its key, in the order in which they are offered."""
    found: dict[str, list[int]] = {}
    for entry in files(__name__).iterdir():
        match = _FILE_NAME.fullmatch(entry.name)
        if match is not None:
            found.setdefault(match["key"], []).append(int(match["number"]))
    known = {key: place for place, key in enumerate(_ORDER)}
    order = sorted(found, key=lambda key: (known.get(key, len(_ORDER)), key))
    return {key: tuple(sorted(found[key])) for key in order}


def library_keys() -> tuple[str, ...]:
    """The keys of the built-in templates, in the order in which they are offered."""
    return tuple(_numbers())


def library_numbers(key: str) -> tuple[int, ...]:
    """The numbers of the versions of a built-in template, the newest last. KeyError if there is none of that key."""
    return _numbers()[key]


def newest_number(key: str) -> int:
    """The number of the newest version of a built-in template. KeyError if there is none of that key."""
    return library_numbers(key)[-1]


def load_library_template(key: str, number: int | None = None) -> Template:
    """A version of a built-in template; without a number the newest.

    KeyError if there is none of that key and number.
    """
    return _load(key, newest_number(key) if number is None else number)


@cache
def _load(key: str, number: int) -> Template:
    if number not in library_numbers(key):
        raise KeyError(number)
    return read_template(files(__name__).joinpath(f"{key}-{number}.toml").read_bytes(), kind="toml")


@cache
def library_document(key: str, number: int) -> str:
    """A version of a built-in template as it is stored when it is added. KeyError if there is none."""
    return write_template(_load(key, number)).decode()


@cache
def built_in(key: str) -> BuiltIn:
    """The newest version of a built-in template in a few words. KeyError if there is none of that key."""
    content = load_library_template(key, newest_number(key))
    return BuiltIn(
        key=key,
        number=newest_number(key),
        title=content.title,
        sentence=re.split(r"(?<=[.?!])\s+", content.summary, maxsplit=1)[0],
        audits=content.own_words.units,
        themes=len(content.themes),
        questions=len(content.questions),
        source=content.source.title if content.source else "",
        source_published=content.source.published if content.source else None,
    )
