"""What is shown of some audits, and the range of the true numbers behind it."""

import hashlib
import json
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypeVar

from checklists.release.bounds import Span
from checklists.release.disclosure import Record, Released, ReleaseRule, ReleaseTable
from checklists.reports.tallies import answer_codes
from checklists.templates.template import Template

DIGEST_LENGTH: Final = 16
_LEFT_OUT, _MEETS, _BELOW = "-", "m", "b"
_OF_OVERALL: Final[Mapping[bool | None, str]] = {None: _LEFT_OUT, True: _MEETS, False: _BELOW}

K = TypeVar("K")


class AsCounted(NamedTuple):
    """How a snapshot counts an audit: a digest of its bands, and a letter for each theme and for the overall judgement
    where it is released. See `as_counted`.
    """

    bands: str
    answers: str


@dataclass(frozen=True, slots=True)
class ShownCounts:
    """What is shown of some audits, and under which rule; and how each of them counted, where that is known."""

    lattice: ReleaseTable
    rule: ReleaseRule
    audits: AbstractSet[object]
    as_counted: Mapping[Any, AsCounted] = field(default_factory=dict, repr=False)

    @property
    def says_how_it_counted(self) -> bool:
        """Whether it is known of every audit how it counted."""
        return self.audits <= self.as_counted.keys()


def as_counted(template: Template, records: Mapping[K, Record], *, with_overall: bool = False) -> dict[K, AsCounted]:
    """What a release counts of each audit's answers and bands: two equal ones change no shown number."""
    answers = template.scale.answers
    below = answer_codes(template, [answer for answer in answers if template.counts_below(answer)])
    applicable = answer_codes(template, [answer for answer in answers if template.is_applicable(answer)])
    letters = {
        ord(letter): _BELOW if letter in below else _MEETS if letter in applicable else _LEFT_OUT
        for letter in answer_codes(template, answers)
    }
    digests: dict[tuple[tuple[str, tuple[str, ...]], ...], str] = {}
    counted = {}
    for key, record in records.items():
        bands = tuple(sorted((name, tuple(sorted(values))) for name, values in record.bands.items()))
        if bands not in digests:
            digests[bands] = hashlib.sha256(json.dumps(bands).encode()).hexdigest()[:DIGEST_LENGTH]
        overall = _OF_OVERALL[record.meets_overall] if with_overall else ""
        counted[key] = AsCounted(digests[bands], record.line.translate(letters) + overall)
    return counted


def span_of_count(shown: int | None, rule: ReleaseRule) -> Span:
    """The range of the number that `release_count` shows so."""
    if shown is None:
        return Span(0, rule.smallest - 1)
    return Span(max(rule.smallest, shown - rule.rounding // 2), shown + (rule.rounding - 1) // 2)


def spans_of_theme(shown: Released, rule: ReleaseRule) -> tuple[Span, Span, Span]:
    """The ranges of the applicable answers that `release` shows so, of those below the standard, of the others."""
    few = Span(0, rule.small_gap)
    if shown.applicable is None:
        most = max(rule.smallest - 1, 2 * rule.small_gap)
        return Span(0, most), Span(0, rule.smallest - 1), Span(0, rule.smallest - 1)
    applicable = span_of_count(shown.applicable, rule)
    many = Span(rule.small_gap + 1, applicable.most)
    if shown.all_but_few:
        return applicable, many, few
    if shown.below is None:
        return applicable, few, many
    below = Span(
        max(many.least, shown.below - rule.rounding // 2), min(many.most, shown.below + (rule.rounding - 1) // 2)
    )
    return applicable, below, many
