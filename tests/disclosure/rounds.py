"""Random rounds to compare rules of release: audits with bands, and answers that meet, fall below or are left out."""

import random
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Final

LEFT_OUT, MEETS, BELOW = LETTERS = "-mb"
TEAMS, STATUSES, AGES, HARMS, SEXES = 4, 3, 3, 3, 2
TARGET: Final = 0.9
# The ages of the cases that a theme is asked of which is not asked of all.
ASKED_AGES: Final = frozenset({0, 1})

Filters = tuple[tuple[str, int], ...]
Bands = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Audited:
    """An audit: which it is, its bands, and a letter for each theme."""

    number: int
    bands: Bands
    letters: str


@dataclass(frozen=True)
class Tally:
    """The true numbers of a cell and theme."""

    meets: int
    below: int

    @property
    def applicable(self) -> int:
        return self.meets + self.below


@dataclass(frozen=True)
class Snapshot:
    """The audits that count at one moment."""

    audits: Sequence[Audited]
    pairs: bool = True

    @cached_property
    def members(self) -> dict[Filters, list[Audited]]:
        """The audits of each cell that anybody is in."""
        found: dict[Filters, list[Audited]] = {}
        for audit in self.audits:
            for filters in filters_of(audit.bands, pairs=self.pairs):
                found.setdefault(filters, []).append(audit)
        return found

    def tally(self, filters: Filters, theme: int) -> Tally:
        letters = [audit.letters[theme] for audit in self.members[filters]]
        return Tally(letters.count(MEETS), letters.count(BELOW))


def filters_of(bands: Bands, *, pairs: bool) -> Iterator[Filters]:
    """The cells that an audit with these bands is in."""
    yield ()
    for one in bands:
        yield (one,)
    if pairs:
        yield from (two for two in combinations(bands, 2) if two[0][0] != two[1][0])


def is_asked(bands: Bands) -> bool:
    """Whether a theme that is asked of some cases only is asked of one with these bands."""
    return any(name == "age" and value in ASKED_AGES for name, value in bands)


class Organisation:
    """Audits of one round: the same for the same seed. Between snapshots some come, some go, some change.

    `by_sex`: bands have the sex too, which is not known of some. `asked_of_some`: the themes that are not asked of all.
    """

    def __init__(
        self,
        size: int,
        seed: int,
        *,
        themes: int = 1,
        pairs: bool = True,
        by_sex: bool = False,
        asked_of_some: Collection[int] = (),
    ) -> None:
        self.chance = random.Random(f"{size} {seed} {themes}")
        self.pairs, self.by_sex, self.asked_of_some, self.next = pairs, by_sex, asked_of_some, 0
        self._weights = {
            name: [self.chance.uniform(0.3, 1) ** 2 for _ in range(count)]
            for name, count in (("team", TEAMS), ("status", STATUSES), ("age", AGES), ("harm", HARMS))
        }
        self._left_out = [self.chance.uniform(0, 0.25) for _ in range(themes)]
        self._below = [self.chance.choice((0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.95)) for _ in range(themes)]
        self.audits: list[Audited] = []
        self.add(size)

    def _letters(self, bands: Bands) -> str:
        drawn = [
            LEFT_OUT if self.chance.random() < left_out else BELOW if self.chance.random() < below else MEETS
            for left_out, below in zip(self._left_out, self._below, strict=True)
        ]
        for theme in self.asked_of_some:
            drawn[theme] = drawn[theme] if is_asked(bands) else LEFT_OUT
        return "".join(drawn)

    def add(self, count: int) -> None:
        for _ in range(count):
            single = [
                (name, self.chance.choices(range(len(self._weights[name])), self._weights[name])[0])
                for name in ("team", "status", "age")
            ]
            harms = [
                ("harm", at) for at, weight in enumerate(self._weights["harm"]) if self.chance.random() < weight * 0.6
            ]
            bands = (*single, *harms, *self._sex())
            self.audits.append(Audited(self.next, bands, self._letters(bands)))
            self.next += 1

    def _sex(self) -> Bands:
        known = self.by_sex and self.chance.random() < 0.9
        return (("sex", self.chance.randrange(SEXES)),) if known else ()

    def go_on(self) -> None:
        """Ten or more are added, and a few are withdrawn or changed."""
        gone = set(self.chance.sample(range(len(self.audits)), self.chance.choice((0, 0, 1, 3))))
        changed = set(self.chance.sample(range(len(self.audits)), self.chance.choice((0, 1, 1, 4))))
        self.audits = [
            Audited(each.number, each.bands, self._letters(each.bands)) if at in changed else each
            for at, each in enumerate(self.audits)
            if at not in gone
        ]
        self.add(self.chance.choice((10, 12, 20)))

    def snapshot(self) -> Snapshot:
        return Snapshot(tuple(self.audits), self.pairs)

    def snapshots(self, count: int) -> list[Snapshot]:
        found = [self.snapshot()]
        for _ in range(count - 1):
            self.go_on()
            found.append(self.snapshot())
        return found
