"""Counts of an altered copy: of a table of cells by columns by letters, or of several parts of the audits' letters.

Imports no template: a process that only computes this has started in a moment.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypeVar

from checklists.release.altered_copy import MOST_STEPS, Column, EarlierCopy, InCopy, NoCopyError, Subject, make_copy
from checklists.release.disclosure import Cells, Filters

K = TypeVar("K")
# No bands, for columns that are released for the whole round only.
_NO_BANDS: Final[Mapping[str, Sequence[str]]] = {}


class AsCounted(NamedTuple):
    """How a snapshot counts an audit: a digest of its bands, and a letter for each theme, for the overall judgement
    where it is released, and for what it says beside the themes (`release.beside`). See `as_counted`.

    `not_asked`: the places of the themes that the template does not ask of such a case.
    """

    bands: str
    answers: str
    not_asked: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ReleasedCounts:
    """Counts of an altered copy: by cell, column and letter, in the order of the columns and of their letters; and each
    audit's letters in the copy, which are kept for the snapshots after this one and shown to nobody.
    """

    within: int
    counts: Mapping[Filters, Sequence[Sequence[int]]]
    copied: Mapping[Any, str] = field(repr=False)


def release_counts(
    audits: Mapping[K, tuple[Mapping[str, Sequence[str]], AsCounted]],
    dimensions: Mapping[str, Sequence[str]],
    columns: Sequence[Column],
    *,
    key: bytes,
    earlier: Sequence[EarlierCopy] = (),
    most_steps: int = MOST_STEPS,
) -> ReleasedCounts:
    """Release a table of counts: how many audits have each letter of each column, in every cell of the dimensions.

    Every number is within `ReleasedCounts.within` of the true one. `audits`: the bands and letters of each. ValueError
    for a band that its dimension does not list; NoCopyError (`make_copy`).
    """
    cells = Cells(dimensions)
    # Audits mostly share their bands.
    of_bands = {id(bands): cells.of(bands) for bands in {id(bands): bands for bands, _ in audits.values()}.values()}
    subjects = {
        audit: Subject(of_bands[id(bands)], counted.bands, counted.answers, counted.not_asked)
        for audit, (bands, counted) in audits.items()
    }
    copied, within = make_copy(subjects, columns, key=key, earlier=earlier, most_steps=most_steps)
    # Many audits are in the same cells: their lines go there together.
    alike: dict[tuple[int, ...], list[str]] = {}
    for audit, subject in subjects.items():
        alike.setdefault(subject.cells, []).append(copied[audit])
    texts: list[list[str]] = [[] for _ in cells.numbers]
    for of_cells, lines in alike.items():
        text = "".join(lines)
        for cell in of_cells:
            texts[cell].append(text)
    return ReleasedCounts(
        within, {filters: _counts("".join(texts[number]), columns) for filters, number in cells.numbers.items()}, copied
    )


def _counts(together: str, columns: Sequence[Column]) -> list[list[int]]:
    # A stride through the text of all lines for each column.
    found = []
    for place, column in enumerate(columns):
        of_column = together[place :: len(columns)]
        found.append([of_column.count(letter) for letter in column.letters])
    return found


class PartToCopy(NamedTuple):
    """Columns of the audits' letters that are released together: those from `start` on.

    `by_bands`: in every cell of the dimensions; else over all audits only.
    """

    columns: Sequence[Column]
    start: int
    key: bytes
    by_bands: bool = True
    most_steps: int = MOST_STEPS


@dataclass(frozen=True, slots=True)
class ToCopy:
    """Audits to be copied and counted, in plain values that go to another process quickly.

    `audits`: of each its number among `bands`, and how it is counted (`AsCounted`). `earlier`: the stated number of
    each earlier copy, and its audits by their place among `audits`; one that is not among them has a number of its own.
    """

    dimensions: Mapping[str, Sequence[str]]
    bands: Sequence[Mapping[str, Sequence[str]]] = field(repr=False)
    audits: Sequence[tuple[int, str, str, tuple[int, ...]]] = field(repr=False)
    parts: Sequence[PartToCopy]
    earlier: Sequence[tuple[int, Sequence[tuple[int, str, str, str]]]] = field(default=(), repr=False)


class CopiedPart(NamedTuple):
    """The released counts of a part, and the letters of each audit in its copy."""

    within: int
    counts: Mapping[Filters, Sequence[Sequence[int]]]
    copied: Sequence[str]


Copies = Callable[[ToCopy], Sequence[CopiedPart] | None]


def copy_parts(wanted: ToCopy) -> list[CopiedPart] | None:
    """The counts of each part; None where one has no copy (`make_copy`). ValueError as `release_counts`."""
    earlier = [
        EarlierCopy(within, {place: InCopy(*counted) for place, *counted in audits})
        for within, audits in wanted.earlier
    ]
    try:
        return [_copied(wanted, part, earlier) for part in wanted.parts]
    except NoCopyError:
        return None


def _copied(wanted: ToCopy, part: PartToCopy, earlier: Sequence[EarlierCopy]) -> CopiedPart:
    start, end, by_bands = part.start, part.start + len(part.columns), part.by_bands
    before = [_part_of(each, start, end, bands=by_bands) for each in earlier]
    released = release_counts(
        {
            place: (
                wanted.bands[bands] if by_bands else _NO_BANDS,
                AsCounted(digest, letters[start:end], not_asked) if by_bands else AsCounted("", letters[start:end]),
            )
            for place, (bands, digest, letters, not_asked) in enumerate(wanted.audits)
        },
        wanted.dimensions if by_bands else {},
        part.columns,
        key=part.key,
        # Earlier copies that released nothing beside the themes have no such letters.
        earlier=before if by_bands else [each for each in before if each.audits],
        most_steps=part.most_steps,
    )
    return CopiedPart(released.within, released.counts, list(released.copied.values()))


def _part_of(earlier: EarlierCopy, start: int, end: int, *, bands: bool = True) -> EarlierCopy:
    """These columns of an earlier copy, of the audits that have them."""
    return EarlierCopy(
        earlier.within,
        {
            audit: InCopy(each.bands if bands else "", each.letters[start:end], each.copied[start:end])
            for audit, each in earlier.audits.items()
            if len(each.copied) > start
        },
    )
