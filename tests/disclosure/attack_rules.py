"""The attack on rules of release: what is certain for somebody who knows of the cases what a scenario says."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import combinations, product

from tests.disclosure.pinning import Known, Terms, pin
from tests.disclosure.rounds import (
    AGES,
    BELOW,
    HARMS,
    LETTERS,
    MEETS,
    STATUSES,
    TEAMS,
    Audited,
    Bands,
    Filters,
    Snapshot,
    filters_of,
    is_asked,
)
from tests.disclosure.rules import SMALLEST, Release, Row


class Knowledge(StrEnum):
    """What the attacker knows beside what is released."""

    TOTAL = "how many audits there are"
    COMBINATIONS = "and which combinations of bands there are"
    BANDS = "the bands of every audit"


@dataclass
class Told:
    """What is certain: numbers below or meeting in cells of few, or that all or none are; and numbers applicable under
    the smallest.
    """

    answers: int = 0
    sizes: int = 0
    undecided: int = 0
    what: list[str] = field(default_factory=list)

    def add(self, other: "Told") -> None:
        self.answers += other.answers
        self.sizes += other.sizes
        self.undecided += other.undecided
        self.what += other.what


@dataclass(frozen=True)
class _Class:
    """Audits that are alike for the attacker: with these bands, in these snapshots, and changed between them or not."""

    bands: Bands
    alike: tuple[tuple[int, ...], ...]


_Member = tuple[_Class, int]


def attack(snapshots: Sequence[Snapshot], theme: int, released: Sequence[Release], knowing: Knowledge) -> Told:
    """What is certain of one theme from all that is released of these snapshots."""
    if knowing is Knowledge.BANDS:
        return _knowing_bands(snapshots, theme, released)
    (snapshot,), (release,) = snapshots, released
    return _knowing_the_total(snapshot, theme, release, knowing)


def _knowing_bands(snapshots: Sequence[Snapshot], theme: int, released: Sequence[Release]) -> Told:
    return attack_themes(snapshots, {theme: released})


def attack_themes(
    snapshots: Sequence[Snapshot],
    released: Mapping[int, Sequence[Release]],
    pooled: Sequence[Sequence[Row]] = (),
    *,
    asked_of_some: Collection[int] = (),
) -> Told:
    """What is certain of some themes for somebody who knows the bands of every audit, and which of them changed.

    `pooled`: of each snapshot, what is known of the answers of all these themes together. `asked_of_some`: the themes
    that are not asked of all; bands tell of whom they are.
    """
    unknown = _Unknown(snapshots, released, asked_of_some)
    for theme, releases in released.items():
        for number, release in enumerate(releases):
            for filters, shown in release.items():
                unknown.add(shown.rows, [(theme, member) for member in unknown.members[number, filters]])
    for number, rows in enumerate(pooled):
        unknown.add(rows, [(theme, member) for theme in released for member in unknown.members[number, ()]])
    return unknown.told()


class _Unknown:
    """How many meet the standard or are below it, of each class of audits, each time that they were counted anew."""

    def __init__(self, snapshots: Sequence[Snapshot], themes: Iterable[int], asked_of_some: Collection[int]) -> None:
        self.themes, self.asked_of_some = list(themes), asked_of_some
        self.place: dict[tuple[int, _Member, str], int] = {}
        self.values: list[int] = []
        self.members: dict[tuple[int, Filters], list[_Member]] = {}
        self.known = Known([])
        mosts = list[int]()
        for theme in self.themes:
            self.sizes, truth = _classes(snapshots, theme)
            for each, part in self._every_member():
                for letter in (MEETS, BELOW):
                    self.place[theme, (each, part), letter] = len(mosts)
                    self.values.append(truth[each, part, letter])
                    mosts.append(self._asked(theme, each))
                both = {self.place[theme, (each, part), letter]: 1 for letter in (MEETS, BELOW)}
                self.known.add(both, 0, self._asked(theme, each))
        self.known.mosts = mosts
        for each, part in self._every_member():
            for number in each.alike[part]:
                for filters in filters_of(each.bands, pairs=True):
                    self.members.setdefault((number, filters), []).append((each, part))

    def _asked(self, theme: int, each: _Class) -> int:
        """How many audits of a class are asked a theme."""
        return self.sizes[each] if theme not in self.asked_of_some or is_asked(each.bands) else 0

    def _every_member(self) -> Iterator[_Member]:
        return ((each, part) for each in self.sizes for part in range(len(each.alike)))

    def add(self, rows: Sequence[Row], members: Sequence[tuple[int, _Member]]) -> None:
        """What is known of some members, each with a theme, taken together."""
        for of_meets, of_below, least, most in rows:
            times = {MEETS: of_meets, BELOW: of_below}
            terms = {
                self.place[theme, member, letter]: times[letter]
                for theme, member in members
                for letter in (MEETS, BELOW)
                if times[letter]
            }
            self.known.add(terms, least, most)

    def told(self) -> Told:
        """What is certain of the cells of each snapshot, and of each class of audits alone."""
        groups = [*self.members.values(), *([member] for member in self._every_member())]
        sums, names = list[Terms](), list[tuple[str, int]]()
        for group in {frozenset(group): group for group in groups}.values():
            for theme in self.themes:
                people = sum(self._asked(theme, each) for each, _ in group)
                if not people:
                    continue
                for what, letters in (("below", BELOW), ("meets", MEETS), ("applicable", MEETS + BELOW)):
                    sums.append({self.place[theme, member, letter]: 1 for member in group for letter in letters})
                    names.append((what, people))
        return _told(self.known, sums, names, self.values)


def _classes(
    snapshots: Sequence[Snapshot], theme: int
) -> tuple[Mapping[_Class, int], Mapping[tuple[_Class, int, str], int]]:
    seen: dict[int, list[tuple[int, Audited]]] = {}
    for number, snapshot in enumerate(snapshots):
        for audit in snapshot.audits:
            seen.setdefault(audit.number, []).append((number, audit))
    sizes: dict[_Class, int] = {}
    truth: dict[tuple[_Class, int, str], int] = {}
    for history in seen.values():
        parts: list[list[tuple[int, Audited]]] = []
        for number, audit in history:
            if parts and parts[-1][-1][1].letters == audit.letters:
                parts[-1].append((number, audit))
            else:
                parts.append([(number, audit)])
        found = _Class(history[0][1].bands, tuple(tuple(number for number, _ in part) for part in parts))
        sizes[found] = sizes.get(found, 0) + 1
        for at, part in enumerate(parts):
            for letter in LETTERS:
                key = (found, at, letter)
                truth[key] = truth.get(key, 0) + (part[0][1].letters[theme] == letter)
    return sizes, truth


def _knowing_the_total(snapshot: Snapshot, theme: int, release: Release, knowing: Knowledge) -> Told:
    harms = [two for count in range(HARMS + 1) for two in combinations(range(HARMS), count)]
    every: list[Bands] = [
        (("team", team), ("status", status), ("age", age), *(("harm", harm) for harm in of_harm))
        for team, status, age, of_harm in product(range(TEAMS), range(STATUSES), range(AGES), harms)
    ]
    if knowing is Knowledge.COMBINATIONS:
        every = sorted({audit.bands for audit in snapshot.audits})
    place = {(bands, letter): at for at, (bands, letter) in enumerate(product(every, LETTERS))}
    values = [0] * len(place)
    for audit in snapshot.audits:
        values[place[audit.bands, audit.letters[theme]]] += 1
    total = len(snapshot.audits)
    known = Known([total] * len(place))
    known.add(dict.fromkeys(range(len(place)), 1), total, total)
    cells: dict[Filters, list[Bands]] = {}
    for bands in every:
        for filters in filters_of(bands, pairs=True):
            cells.setdefault(filters, []).append(bands)
    for filters, shown in release.items():
        for of_meets, of_below, least, most in shown.rows:
            times = {MEETS: of_meets, BELOW: of_below}
            known.add(
                {
                    place[bands, letter]: times[letter]
                    for bands in cells[filters]
                    for letter in (MEETS, BELOW)
                    if times[letter]
                },
                least,
                most,
            )
    sums, names = list[Terms](), list[tuple[str, int]]()
    for filters, members in snapshot.members.items():
        if filters:
            for what, letters in (("below", BELOW), ("meets", MEETS), ("applicable", MEETS + BELOW)):
                sums.append({place[bands, letter]: 1 for bands in cells[filters] for letter in letters})
                names.append((what, len(members)))
    return _told(known, sums, names, values)


def _told(known: Known, sums: Sequence[Terms], names: Sequence[tuple[str, int]], values: Sequence[int]) -> Told:
    pinned, told = pin(known, sums, values), Told()
    told.undecided = len(pinned.undecided)
    for at in pinned.certain:
        what, people = names[at]
        true = sum(values[place] * times for place, times in sums[at].items())
        if what == "applicable":
            told.sizes += true < SMALLEST
        else:
            told.answers += people < SMALLEST or true in {0, people}
        told.what.append(f"{what} {true} of {people}")
    return told
