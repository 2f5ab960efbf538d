"""Counting a round for release: a line of letters for each audit, the altered copy of these, and what may be shown.

`release_counts` releases any table of counts: cells by columns by letters. `release_round` does it for the themes of a
template.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeVar

from checklists.release.altered_copy import MOST_STEPS, Column, EarlierCopy, InCopy, Subject, make_copy
from checklists.release.beside import ReleasedBeside, columns_beside, columns_of_work, release_beside
from checklists.release.disclosure import (
    SMALLEST,
    Cells,
    Filters,
    Record,
    Released,
    ReleasedGroup,
    ReleaseRule,
    ReleaseTable,
)
from checklists.reports.tallies import answer_codes
from checklists.templates.template import Template

DIGEST_LENGTH: Final = 16
# With one cell a walk gets far in few steps.
MOST_STEPS_BESIDE: Final = 3_000
LEFT_OUT, MEETS, BELOW = LETTERS = "-mb"
_OF_OVERALL: Final[Mapping[bool | None, str]] = {None: LEFT_OUT, True: MEETS, False: BELOW}

K = TypeVar("K")


class AsCounted(NamedTuple):
    """How a snapshot counts an audit: a digest of its bands, and a letter for each theme, for the overall judgement
    where it is released, and for what it says beside the themes (`release.beside`). See `as_counted`.
    """

    bands: str
    answers: str


def digest_of(bands: Mapping[str, Sequence[str]]) -> str:
    """A digest of the bands of an audit: the same for the same values of the same dimensions, in any order."""
    return _digest(tuple(sorted((name, tuple(sorted(values))) for name, values in bands.items())))


@lru_cache(maxsize=4_096)
def _digest(bands: tuple[tuple[str, tuple[str, ...]], ...]) -> str:
    return hashlib.sha256(json.dumps(bands).encode()).hexdigest()[:DIGEST_LENGTH]


def as_counted(
    template: Template,
    records: Mapping[K, Record],
    *,
    with_overall: bool = False,
    beside: Mapping[K, str] | None = None,
) -> dict[K, AsCounted]:
    """What a release counts of each audit's answers and bands: two equal ones change no true number.

    `beside`: the letters of what each audit says beside its themes, of all audits or of none.
    """
    answers = template.scale.answers
    below = answer_codes(template, [answer for answer in answers if template.counts_below(answer)])
    applicable = answer_codes(template, [answer for answer in answers if template.is_applicable(answer)])
    letters = {
        ord(letter): BELOW if letter in below else MEETS if letter in applicable else LEFT_OUT
        for letter in answer_codes(template, answers)
    }
    # Records mostly share their bands.
    digests: dict[int, str] = {}
    counted = {}
    for key, record in records.items():
        digest = digests.get(id(record.bands)) or digests.setdefault(id(record.bands), digest_of(record.bands))
        overall = _OF_OVERALL[record.meets_overall] if with_overall else ""
        counted[key] = AsCounted(digest, record.line.translate(letters) + overall + (beside or {}).get(key, ""))
    return counted


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
        audit: Subject(of_bands[id(bands)], counted.bands, counted.answers)
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


@dataclass(frozen=True, slots=True)
class ReleasedRound:
    """What a snapshot may show of a round: its cells, the pooled answers of each learning domain, and what its audits
    say beside the themes, over all of them.
    """

    rule: ReleaseRule
    table: ReleaseTable
    domains: Mapping[str, Released]
    beside: Sequence[ReleasedBeside]
    copied: Mapping[Any, str] = field(repr=False)


def columns_of(template: Template, *, with_overall: bool) -> list[Column]:
    """A column for each theme, those of a learning domain in one pool, and one for the overall judgement."""
    pools = {theme.key: pool for pool, domain in enumerate(template.learning_domains) for theme in domain.themes}
    return [Column(LETTERS, pools[key]) for key in template.theme_keys] + [Column(LETTERS)] * with_overall


def release_round(
    template: Template,
    records: Mapping[K, Record],
    counted: Mapping[K, AsCounted],
    dimensions: Mapping[str, Sequence[str]],
    *,
    key: bytes,
    smallest: int = SMALLEST,
    earlier: Sequence[EarlierCopy] = (),
    with_overall: bool = False,
) -> ReleasedRound:
    """Release the themes of a template in every cell, of records that count so (`as_counted`); and over all of them
    what they say beside the themes, where their letters go on with it (`release.beside`).

    ValueError and NoCopyError as `release_counts`.
    """
    columns = columns_of(template, with_overall=with_overall)
    own = len(columns)
    released = release_counts(
        {
            audit: (record.bands, AsCounted(counted[audit].bands, counted[audit].answers[:own]))
            for audit, record in records.items()
        },
        dimensions,
        columns,
        key=key,
        earlier=[_part_of(each, 0, own) for each in earlier],
    )
    rule = ReleaseRule(smallest, released.within)
    further, copied_further = _release_beside(template, counted, own, rule, key=key, earlier=earlier)
    groups = {
        filters: ReleasedGroup(
            None if filters else len(records), tuple([rule.release(meets + below, below) for _, meets, below in themes])
        )
        for filters, themes in released.counts.items()
    }
    of_theme = dict(zip(template.theme_keys, released.counts[()], strict=False))
    domains = {}
    for domain in template.learning_domains:
        pooled = [of_theme[theme.key] for theme in domain.themes]
        below = sum(numbers[2] for numbers in pooled)
        domains[domain.key] = rule.release(sum(numbers[1] for numbers in pooled) + below, below)
    copied = {audit: line + copied_further[audit] for audit, line in released.copied.items()}
    return ReleasedRound(rule, ReleaseTable(dimensions, groups), domains, further, copied)


def _release_beside(
    template: Template,
    counted: Mapping[K, AsCounted],
    start: int,
    rule: ReleaseRule,
    *,
    key: bytes,
    earlier: Sequence[EarlierCopy],
) -> tuple[list[ReleasedBeside], dict[K, str]]:
    """What is released of the letters from `start` on, over all audits, and these letters in the altered copies.

    Bands play no part, as nothing is released by part.
    """
    found: list[ReleasedBeside] = []
    copied = dict.fromkeys(counted, "")
    for part, columns in ((b" beside", columns_beside(template)), (b" work", columns_of_work(template))):
        end = start + len(columns)
        if columns and all(len(each.answers) >= end for each in counted.values()):
            released = release_counts(
                {audit: ({}, AsCounted("", each.answers[start:end])) for audit, each in counted.items()},
                {},
                [each.column for each in columns],
                key=key + part,
                most_steps=MOST_STEPS_BESIDE,
                # Snapshots that released nothing of this part have no such letters.
                earlier=[kept for each in earlier if (kept := _part_of(each, start, end, bands=False)).audits],
            )
            found += release_beside(rule, columns, released.counts[()], audits=len(counted))
            copied = {audit: line + released.copied[audit] for audit, line in copied.items()}
        start = end
    return found, copied


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
