"""Counts of codes: in how many audits a code is, of those with a passage, as a whole and by team."""

from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

Audit = TypeVar("Audit", bound=Hashable)
Passage = TypeVar("Passage", bound=Hashable)
Code = TypeVar("Code", bound=Hashable)
Coder = TypeVar("Coder", bound=Hashable)


@dataclass(frozen=True, slots=True)
class CodeCount:
    """In how many of `of` audits a code is.

    `audits`: where every coder gave it to the same passage. `disputed`: the further audits where only some did.
    """

    audits: int
    disputed: int
    of: int

    @property
    def sentence(self) -> str:
        """For people: "6 of 9 audits"."""
        return f"{self.audits:,} of {self.of:,} audits" if self.of != 1 else f"{self.audits} of 1 audit"


def count_codes(
    passages: Mapping[Passage, Audit],
    codings: Mapping[Coder, Mapping[Passage, Collection[Code]]],
    codes: Sequence[Code],
) -> dict[Code, CodeCount]:
    """How many audits have each code. `passages`: every passage with its audit. `codings`: what each coder gave.

    An audit counts once for a code, however many of its passages have it. Codings of passages that are no longer there
    count nothing. Without a coder nothing is counted.
    """
    everybody: dict[Code, set[Audit]] = {code: set() for code in codes}
    somebody: dict[Code, set[Audit]] = {code: set() for code in codes}
    for passage in {passage for coding in codings.values() for passage in coding if passage in passages}:
        audit = passages[passage]
        given = Counter(code for coding in codings.values() for code in set(coding.get(passage, ())))
        for code, coders in given.items():
            if code not in somebody:
                continue
            somebody[code].add(audit)
            if coders == len(codings):
                everybody[code].add(audit)
    number = len(set(passages.values()))
    return {code: CodeCount(len(everybody[code]), len(somebody[code] - everybody[code]), number) for code in codes}


def count_by_group(
    passages: Mapping[Passage, Audit],
    codings: Mapping[Coder, Mapping[Passage, Collection[Code]]],
    codes: Sequence[Code],
    groups: Mapping[Audit, str],
) -> dict[str, dict[Code, CodeCount]]:
    """The same for each group of audits, such as a team."""
    split: dict[str, dict[Passage, Audit]] = {}
    for passage, audit in passages.items():
        split.setdefault(groups[audit], {})[passage] = audit
    return {group: count_codes(split[group], codings, codes) for group in sorted(split)}


def differing(
    passages: Iterable[Passage], codings: Mapping[Coder, Mapping[Passage, Collection[Code]]]
) -> list[Passage]:
    """The passages to which the coders did not all give the same codes, in the order given."""
    coded = {passage for coding in codings.values() for passage in coding}
    return [
        passage
        for passage in passages
        if passage in coded and len({frozenset(coding.get(passage, ())) for coding in codings.values()}) > 1
    ]


def as_categories(
    passages: Iterable[Passage], codings: Mapping[Coder, Mapping[Passage, Collection[Code]]]
) -> tuple[list[Mapping[Hashable, int | None]], int] | None:
    """For agreement on all codes at once: of each passage, which code each coder gave it, and how many answers there
    are. No code is an answer too, the last one.

    None where nobody gave a code, or somebody gave a passage several: those are not answers to one question.
    """
    used = sorted({code for coding in codings.values() for codes in coding.values() for code in codes}, key=str)
    if not used or any(len(codes) > 1 for coding in codings.values() for codes in coding.values()):
        return None
    places = {code: place for place, code in enumerate(used)}

    def answer(codes: Collection[Code]) -> int:
        return next((places[code] for code in codes), len(used))

    units: list[Mapping[Hashable, int | None]] = [
        {coder: answer(coding.get(passage, ())) for coder, coding in codings.items()} for passage in passages
    ]
    return units, len(used) + 1


def as_units(
    passages: Iterable[Passage], codings: Mapping[Coder, Mapping[Passage, Collection[Code]]], code: Code
) -> list[Mapping[Hashable, int | None]]:
    """For agreement: of each passage, whether each coder gave it the code, as 1 or 0."""
    return [{coder: int(code in coding.get(passage, ())) for coder, coding in codings.items()} for passage in passages]
