"""A template's own statuses, age bands and categories of cases, where those of children's services do not fit."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Final

from pydantic import Field, StrictInt

from checklists.cases import (
    CHILDRENS_WORDS,
    CLOSED,
    NOT_KNOWN,
    OLDEST_PERSON,
    AgeRange,
    CaseKey,
    CaseWords,
)
from checklists.templates.faults import PlaceAndWords
from checklists.templates.part import Part
from checklists.templates.scale import keys_in, listed, may_be_key, shown_key
from checklists.templates.template_strings import Label

MOST_CASE_WORDS: Final = 20
OLDEST: Final = 150
# The list of a template, and the list of the same kind that is built in.
BUILT_IN: Final[Mapping[str, Mapping[str, str]]] = {
    "statuses": CHILDRENS_WORDS.statuses,
    "age_bands": CHILDRENS_WORDS.age_bands,
    "categories": CHILDRENS_WORDS.categories,
}
_LISTS_OF_CONDITIONS: Final = ("statuses", "age_bands")


class CaseWord(Part):
    """A status or a category that a case may have."""

    key: CaseKey = Field(description="Names it on case files and in case lists.")
    label: Label = Field(description="The label people see.")


class AgeBandWord(CaseWord):
    """A band of ages that a case may have."""

    at_least: Annotated[StrictInt, Field(ge=0, le=OLDEST)] | None = Field(
        default=None, description="The smallest age in completed years; without it, no age of an export is in the band."
    )
    below: Annotated[StrictInt, Field(ge=1, le=OLDEST)] | None = Field(
        default=None, description="The age that the band ends before; without it, it has no end."
    )


def case_words_of(
    statuses: Sequence[CaseWord], age_bands: Sequence[AgeBandWord], categories: Sequence[CaseWord]
) -> CaseWords:
    """The words of a template: its own lists, and of each kind that it has no list of, those of children's services.

    Every list has "closed", and every list of age bands "not known". Of its own statuses the last is the most serious.
    """
    own = {key: label for key, label in _labels(statuses).items() if key != CLOSED}
    bands = _labels(age_bands)
    return CaseWords(
        statuses={**own, CLOSED: CHILDRENS_WORDS.status_label(CLOSED)} if own else CHILDRENS_WORDS.statuses,
        age_bands={**bands, NOT_KNOWN: CHILDRENS_WORDS.age_label(NOT_KNOWN)} if bands else CHILDRENS_WORDS.age_bands,
        categories=_labels(categories) or CHILDRENS_WORDS.categories,
        ages=tuple(AgeRange(each.key, each.at_least, each.below) for each in age_bands if each.at_least is not None)
        if bands
        else CHILDRENS_WORDS.ages,
        oldest=OLDEST_PERSON if bands else CHILDRENS_WORDS.oldest,
        unborn=(CHILDRENS_WORDS.unborn if CHILDRENS_WORDS.unborn in bands or not bands else ""),
        seriousness={CLOSED: 0, **{key: rank for rank, key in enumerate(own, start=1)}}
        if own
        else CHILDRENS_WORDS.seriousness,
    )


def _labels(words: Iterable[CaseWord]) -> dict[str, str]:
    return {word.key: word.label for word in words}


def case_word_faults(template: Mapping[str, object]) -> Iterator[PlaceAndWords]:
    """The faults of a template's own lists, in a value that may be malformed."""
    for name, built_in in BUILT_IN.items():
        entries = template.get(name)
        seen: set[str] = set()
        for place, key in keys_in(entries):
            if key in seen:
                yield (name, place, "key"), f"Two entries have the key '{shown_key(key)}'. Give each its own key."
            seen.add(key)
            label = entries[place].get("label") if isinstance(entries, list | tuple) else None
            known = built_in.get(key)
            if known is not None and isinstance(label, str) and label.strip().casefold() != known.casefold():
                words = f"This key is kept for “{known}”. Give it that label, or give this entry another key."
                yield (name, place, "key"), words
    yield from _faults_of_ages(template.get("age_bands"))


def _faults_of_ages(bands: object) -> Iterator[PlaceAndWords]:
    ranges: list[tuple[int, int]] = []
    for place, band in enumerate(bands) if isinstance(bands, list | tuple) else ():
        least, below = (band.get("at_least"), band.get("below")) if isinstance(band, Mapping) else (None, None)
        if not isinstance(least, int):
            if isinstance(below, int):
                yield ("age_bands", place, "at_least"), "Say at which age the band begins, or take out where it ends."
            continue
        end = below if isinstance(below, int) else OLDEST + 1
        if end <= least:
            yield ("age_bands", place, "below"), "The band ends before it begins. Give a greater age."
        elif any(least < other_end and start < end for start, other_end in ranges):
            words = "An age would be in two bands. Let each band end where another begins."
            yield ("age_bands", place, "at_least"), words
        ranges.append((least, end))


def words_named_by(template: Mapping[str, object]) -> dict[str, list[str]]:
    """The statuses and age bands that conditions of a template may name, in a value that may be malformed."""
    found = {}
    for name, always in zip(_LISTS_OF_CONDITIONS, (CLOSED, NOT_KNOWN), strict=True):
        own = [key for _, key in keys_in(template.get(name))]
        found[name] = [*own, *([always] if always not in own else [])] if own else list(BUILT_IN[name])
    return found


def faults_of_named_words(condition: Mapping[str, object], known: Mapping[str, list[str]]) -> Iterator[PlaceAndWords]:
    """The faults of the statuses and age bands that a condition names."""
    called = {"statuses": "status", "age_bands": "age band"}
    for name, keys in known.items():
        entries = condition.get(name)
        for place, key in enumerate(entries) if isinstance(entries, list | tuple) else ():
            if may_be_key(key) and key.strip() not in keys:
                yield (name, place), f"The template has no {called[name]} with this key. Use one of {listed(keys)}."
