"""Counting a round for release: a line of letters for each audit, and what may be shown of an altered copy of these."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, TypeVar

from checklists.audits.scoring import meets_overall
from checklists.release.altered_copy import Column, EarlierCopy, NoCopyError
from checklists.release.beside import (
    BesideColumn,
    ReleasedBeside,
    columns_beside,
    columns_of_work,
    release_beside,
)
from checklists.release.copied_counts import AsCounted, Copies, PartToCopy, ToCopy, copy_parts
from checklists.release.disclosure import (
    SMALLEST,
    Record,
    Released,
    ReleasedGroup,
    ReleaseRule,
    ReleaseTable,
)
from checklists.reports.tallies import NOT_ASKED_CODE, answer_codes
from checklists.templates.overall import CappedAnswer
from checklists.templates.scale import NOT_EVIDENCED
from checklists.templates.template import Template

DIGEST_LENGTH: Final = 16
# With one cell a walk gets far in few steps.
MOST_STEPS_BESIDE: Final = 3_000
LEFT_OUT, MEETS, BELOW = LETTERS = "-mb"
_OF_OVERALL: Final[Mapping[bool | None, str]] = {None: LEFT_OUT, True: MEETS, False: BELOW}

K = TypeVar("K")


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
    places: dict[str, tuple[int, ...]] = {}
    counted = {}
    for key, record in records.items():
        digest = digests.get(id(record.bands)) or digests.setdefault(id(record.bands), digest_of(record.bands))
        overall = _OF_OVERALL[record.meets_overall] if with_overall else ""
        not_asked: tuple[int, ...] = ()
        if NOT_ASKED_CODE in record.line:
            not_asked = places.get(record.line) or places.setdefault(record.line, _not_asked(record.line))
        counted[key] = AsCounted(
            digest, record.line.translate(letters) + overall + (beside or {}).get(key, ""), not_asked
        )
    return counted


def _not_asked(line: str) -> tuple[int, ...]:
    return tuple(place for place, code in enumerate(line) if code == NOT_ASKED_CODE)


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
    """A column for each theme, those released of a learning domain in one pool, and one for the overall judgement."""
    pools = {theme.key: pool for pool, domain in enumerate(template.learning_domains) for theme in domain.themes}
    for key in themes_not_released(template):
        del pools[key]
    return [Column(LETTERS, pools.get(key)) for key in template.theme_keys] + [Column(LETTERS)] * with_overall


def themes_not_released(template: Template) -> frozenset[str]:
    """The keys of the themes that are asked because of a fact that the audit records, or of an earlier answer.

    They are copied and not released. If answers of cases that are not asked were altered, somebody who knows the facts
    could discount them. If they were not altered, a number as large as the cell would reveal the fact of every case.
    """
    return frozenset(
        theme.key
        for domain in template.learning_domains
        for theme in domain.themes
        if any(each is not None and (each.facts or each.answers) for each in (domain.applies_when, theme.applies_when))
    )


def overall_follows(template: Template) -> bool:
    """Whether every answer below the standard can rule out, whatever the reason, an overall judgement that meets it.

    Overall judgements are then copied and not released: they would be second numbers about the same answers.
    """
    caps = [cap for cap in template.overall_rule.caps if not cap.unless and not meets_overall(template, cap.at_best)]
    answers = {NOT_EVIDENCED if cap.answer is CappedAnswer.NOT_EVIDENCED else template.scale.worst for cap in caps}
    below = {answer for answer in template.scale.answers if template.counts_below(answer)}
    return bool(below) and below <= answers


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
    copies: Copies = copy_parts,
) -> ReleasedRound:
    """Release the themes of a template in every cell, of records that count so (`as_counted`); and over all of them
    what they say beside the themes, where their letters go on with it (`release.beside`).

    `copies`: computes what `copy_parts` does, here or elsewhere. ValueError and NoCopyError as `release_counts`.
    """
    columns = columns_of(template, with_overall=with_overall)
    beside = _parts_beside(template, counted, len(columns), key=key)
    parts = [PartToCopy(columns, 0, key), *(part for part, _ in beside)]
    copied = copies(_to_copy(records, counted, dimensions, parts, earlier))
    if copied is None:
        raise NoCopyError
    themes, *further = copied
    rule = ReleaseRule(smallest, themes.within)
    shown = len(template.theme_keys) if overall_follows(template) else len(columns)
    hidden = themes_not_released(template)
    is_hidden = [key in hidden for key in template.theme_keys] + [False] * with_overall
    groups = {
        filters: ReleasedGroup(
            None if filters else len(records),
            tuple(
                [
                    Released(None) if never else rule.release(meets + below, below)
                    for (_, meets, below), never in zip(of_cell[:shown], is_hidden, strict=False)
                ]
            ),
        )
        for filters, of_cell in themes.counts.items()
    }
    of_theme = dict(zip(template.theme_keys, themes.counts[()], strict=False))
    domains = {}
    for domain in template.learning_domains:
        pooled = [of_theme[theme.key] for theme in domain.themes if theme.key not in hidden]
        below = sum(numbers[2] for numbers in pooled)
        domains[domain.key] = rule.release(sum(numbers[1] for numbers in pooled) + below, below)
    released_beside = [
        each
        for (_, of_part), part in zip(beside, further, strict=True)
        for each in release_beside(rule, of_part, part.counts[()], audits=len(counted))
    ]
    lines = map("".join, zip(*(part.copied for part in copied), strict=True))
    return ReleasedRound(
        rule, ReleaseTable(dimensions, groups), domains, released_beside, dict(zip(records, lines, strict=True))
    )


def _to_copy(
    records: Mapping[K, Record],
    counted: Mapping[K, AsCounted],
    dimensions: Mapping[str, Sequence[str]],
    parts: Sequence[PartToCopy],
    earlier: Sequence[EarlierCopy],
) -> ToCopy:
    # Records mostly share their bands.
    bands = {id(record.bands): record.bands for record in records.values()}
    number_of = {each: number for number, each in enumerate(bands)}
    audits = [(number_of[id(record.bands)], *counted[audit]) for audit, record in records.items()]
    place_of: dict[Any, int] = {audit: place for place, audit in enumerate(records)} if earlier else {}
    before = [
        (each.within, [(place_of.setdefault(audit, len(place_of)), *how) for audit, how in each.audits.items()])
        for each in earlier
    ]
    return ToCopy(dimensions, list(bands.values()), audits, parts, before)


def _parts_beside(
    template: Template, counted: Mapping[K, AsCounted], start: int, *, key: bytes
) -> list[tuple[PartToCopy, Sequence[BesideColumn]]]:
    """The columns of what is said beside the themes, over all audits, where their letters go on with it from `start`.

    Bands play no part, as nothing is released by part.
    """
    found: list[tuple[PartToCopy, Sequence[BesideColumn]]] = []
    for part, columns in ((b" beside", columns_beside(template)), (b" work", columns_of_work(template))):
        end = start + len(columns)
        if columns and all(len(each.answers) >= end for each in counted.values()):
            letters = [each.column for each in columns]
            of_part = PartToCopy(letters, start, key + part, by_bands=False, most_steps=MOST_STEPS_BESIDE)
            found.append((of_part, columns))
        start = end
    return found
