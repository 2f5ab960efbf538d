"""The altered copy of the answers: released figures are counted from it, and never from the answers themselves.

In the copy some audits have another answer than in truth, chosen at random under a secret key. In every cell that can
be released, and for every letter (such as "meets the standard"), the copy has as many answers as the truth, give or
take a stated number.

Why nothing is certain, whatever somebody knows of the cases: the copy itself could be the truth, since it differs from
itself by nothing. So could every file that differs from the copy in the answers of as many audits as the stated number,
whichever audits these are. No answer is the same in all of these files.

This holds for several snapshots together because an audit that counts as it did before has the same letter in all of
their copies. Where so many audits were withdrawn or changed that the rest would miss the stated number, the letters of
a few others are changed, but of so few that every earlier copy still lies within its stated number, less one, of the
newest letters: then any one audit could have any answer.
"""

import hashlib
from array import array
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, NamedTuple, TypeVar

K = TypeVar("K", bound=Hashable)

NOISE: Final = 2
"""How far fresh letters take a copy from the truth in any cell. It is the stated number of a first copy; later ones,
which keep letters of the copies before, state one more.
"""
STEPS_OF_AN_AUDIT, MOST_STEPS = 3, 15_000
TURNS, REPAIRS_OF_AN_AUDIT, MOST_REPAIRS = 4, 20, 3_000
FAR_OFF: Final = 12
ATTEMPTS: Final = 2
WHOLE: Final = 0
_FREE: Final = " "


class NoCopyError(Exception):
    """No copy was found within the stated number of the truth."""


class Column(NamedTuple):
    """What each audit has one letter of: a theme or a question. `letters` are all that there are, at least two.

    Of columns in the same pool, the answers of all audits added up are within the stated number too.
    """

    letters: str
    pool: int | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """An audit: the cells that it is in (WHOLE holds every audit), its bands, and its letter in each column.

    `fixed`: the columns in which its letter follows from its bands, so that it is not altered: such a copy could not be
    the truth.
    """

    cells: tuple[int, ...]
    bands: str
    letters: str
    fixed: tuple[int, ...] = ()


class InCopy(NamedTuple):
    """How an audit counted when a copy was made, and its letters in that copy."""

    bands: str
    letters: str
    copied: str


@dataclass(frozen=True, slots=True)
class EarlierCopy:
    """An earlier copy of audits of the same round, with its stated number."""

    within: int
    audits: Mapping[Hashable, InCopy] = field(repr=False)


def make_copy(
    subjects: Mapping[K, Subject],
    columns: Sequence[Column],
    *,
    key: bytes,
    earlier: Sequence[EarlierCopy] = (),
    noise: int = NOISE,
    most_steps: int = MOST_STEPS,
) -> tuple[dict[K, str], int]:
    """The letters of each audit in the altered copy, and the stated number: the same for the same input.

    `most_steps`: how many changes of a column are tried at most.

    `earlier`: the copies before, the oldest first. Raises NoCopyError when too many of their audits are gone or have
    changed.
    """
    within = noise + 1 if earlier else noise
    history = _History(subjects, columns, earlier)
    for attempt in range(ATTEMPTS):
        try:
            making = _Copy(list(subjects.values()), columns, history, within, noise, most_steps)
            copied = making.made(b"%s %d" % (key, attempt))
        except NoCopyError:
            continue
        return dict(zip(subjects, copied, strict=True)), within
    raise NoCopyError


class _Moved(NamedTuple):
    """A letter that an earlier copy has of an audit, and another one that the newest copy has of it.

    `at`: the place of the subject; None where it counts otherwise now or not at all.
    """

    copy: int
    at: int | None
    column: int
    was: str
    now: str


class _History:
    """The letters that subjects have in the newest copy in which they counted as they do now."""

    def __init__(
        self, subjects: Mapping[K, Subject], columns: Sequence[Column], earlier: Sequence[EarlierCopy]
    ) -> None:
        self.withins = [each.within for each in earlier]
        self.moved: list[_Moved] = []
        self.copies_of: list[Sequence[Sequence[int]]] = []
        """For each subject and column, the earlier copies in which it counted as it does now."""
        self._free = _FREE * len(columns)
        self._in_none: Sequence[Sequence[int]] = [()] * len(columns)
        before: dict[Hashable, list[tuple[int, InCopy]]] = {}
        for number, each in enumerate(earlier):
            for audit, counted in each.audits.items():
                before.setdefault(audit, []).append((number, counted))
        self.held = [
            self._held(at, subject, before.pop(audit, [])) for at, (audit, subject) in enumerate(subjects.items())
        ]
        for of_gone in before.values():
            self._held(None, None, of_gone)

    def _held(self, at: int | None, subject: Subject | None, before: Sequence[tuple[int, InCopy]]) -> str:
        if not before:
            self.copies_of.append(self._in_none)
            return self._free
        newest = before[-1][1]
        if all(each == newest for _, each in before) and (
            subject is None or (subject.bands, subject.letters) == (newest.bands, newest.letters)
        ):
            self.copies_of.append([[number for number, _ in before]] * len(self._free))
            return newest.copied
        held: list[str] = []
        copies_of: list[Sequence[int]] = []
        for column in range(len(self._free)):
            alike: dict[tuple[str, str], list[tuple[int, str]]] = {}
            for number, each in before:
                alike.setdefault((each.bands, each.letters[column]), []).append((number, each.copied[column]))
            now = None if subject is None else (subject.bands, subject.letters[column])
            for how, copies in alike.items():
                place, letter = (at if how == now else None), copies[-1][1]
                self.moved += [_Moved(copy, place, column, was, letter) for copy, was in copies if was != letter]
            current = alike.get(now, ()) if now is not None else ()
            held.append(current[-1][1] if current else _FREE)
            copies_of.append([number for number, _ in current])
        self.copies_of.append(copies_of)
        return "".join(held)


class _Copy:
    """A copy in the making."""

    def __init__(
        self,
        subjects: Sequence[Subject],
        columns: Sequence[Column],
        history: _History,
        within: int,
        noise: int,
        most_steps: int,
    ) -> None:
        self.most_steps = most_steps
        self.subjects, self.columns, self.history, self.within, self.noise = subjects, columns, history, within, noise
        alike = {each.cells for each in subjects}
        self.pooled = 1 + max((max(cells) for cells in alike), default=WHOLE)
        # The last cell of each subject stands for all audits in all columns of the pool.
        with_pool = {cells: (*cells, self.pooled) for cells in alike}
        self.cells_of = [with_pool[each.cells] for each in subjects]
        # The letters of all subjects in one text: a stride through it gives the letters of one column.
        self.every = list(range(len(subjects)))
        self.truth, self.held = "".join([each.letters for each in subjects]), "".join(history.held)
        self.letters = [_Letters(self, place) for place in range(len(columns))]
        self._drifts: dict[int, _Drift] = {}
        self.worse = _Worse(within)

    @cached_property
    def members(self) -> list[list[int]]:
        """The subjects in each cell."""
        members: list[list[int]] = [[] for _ in range(self.pooled + 1)]
        for place, cells in enumerate(self.cells_of):
            for cell in cells:
                members[cell].append(place)
        return members

    def made(self, key: bytes) -> list[str]:
        """The letters of each subject. Raises NoCopyError."""
        for turn in range(TURNS):
            for letters in self.letters:
                self._pool(letters)
                if letters.off():
                    letters.settle(b"settle %s %d %d" % (key, turn, letters.place))
        for letters in self.letters:
            self._pool(letters)
            letters.walk(b"walk %s %d" % (key, letters.place))
        for letters in self.letters:
            self._pool(letters)
            if letters.off():
                raise NoCopyError
        return ["".join(row) for row in zip(*(letters.shown() for letters in self.letters), strict=True)]

    def _pool(self, letters: "_Letters") -> None:
        """Add up how far the columns of the pool are off in all."""
        for letter, excess in enumerate(letters.excess):
            excess[self.pooled] = sum(each.excess[letter][WHOLE] for each in self._pool_of(letters))

    def _pool_of(self, letters: "_Letters") -> list["_Letters"]:
        pool = letters.column.pool
        return [each for each in self.letters if each is letters or (pool is not None and each.column.pool == pool)]

    def drift(self, letters: "_Letters") -> "_Drift":
        """How far the letters have moved from earlier copies, kept while columns of its pool are settled."""
        for each in self._pool_of(letters):
            self._drifts.setdefault(each.place, _Drift(each))
        self._drifts[letters.place].pool = [self._drifts[each.place] for each in self._pool_of(letters)]
        return self._drifts[letters.place]


class _Worse(dict[int, int]):
    """How much further from the truth a cell is with one more, by how much it is off before; less than 0 if nearer.

    Cells that are further off than the stated number matter most.
    """

    def __init__(self, within: int) -> None:
        super().__init__()
        self._within = within

    def __missing__(self, excess: int) -> int:
        self[excess] = self._harm(excess + 1) - self._harm(excess)
        return self[excess]

    def _harm(self, excess: int) -> int:
        return excess**2 + FAR_OFF * max(0, abs(excess) - self._within) ** 2


class _Letters:
    """One column of a copy: the letter of each subject, and how many more of each letter a cell has than in truth."""

    def __init__(self, copy: _Copy, place: int) -> None:
        self.copy, self.place, self.column = copy, place, copy.columns[place]
        self.number_of = {letter: number for number, letter in enumerate(self.column.letters)}
        self.held = copy.held[place :: len(copy.columns)]
        self.free = [at for at in copy.every if place not in copy.subjects[at].fixed]
        self.now = self._numbers_of(copy.truth[place :: len(copy.columns)])
        self.excess = [[0] * (copy.pooled + 1) for _ in self.number_of]
        if self.held.count(_FREE) == len(self.held):
            return
        self.free = [at for at in self.free if self.held[at] == _FREE]
        for at, held in enumerate(self.held):
            if held == _FREE or self.number_of[held] == self.now[at]:
                continue
            _move(self.excess, copy.cells_of[at], self.now[at], self.number_of[held])
            self.now[at] = self.number_of[held]

    def _numbers_of(self, letters: str) -> list[int]:
        # By way of bytes, which takes a tenth of the time of looking up each letter.
        numbers = letters.translate({ord(letter): number for letter, number in self.number_of.items()})
        return list(numbers.encode("latin-1"))

    def shown(self) -> str:
        """The letter of each subject in the copy."""
        return bytes(self.now).decode("latin-1").translate(dict(enumerate(self.column.letters)))

    def off(self) -> list[tuple[int, int]]:
        """Each letter and cell in which the copy is further from the truth than the stated number."""
        within = self.copy.within
        return [
            (letter, cell)
            for letter, excess in enumerate(self.excess)
            for cell, more in enumerate(excess)
            if not -within <= more <= within
        ]

    def walk(self, key: bytes) -> None:
        """Change free letters at random, one after another, as long as no cell is further off than a fresh one."""
        noise, least, pooled = self.copy.noise, -self.copy.noise, self.copy.pooled
        cells_of, now, excess, free, letters = self.copy.cells_of, self.now, self.excess, self.free, len(self.excess)
        many, others = len(free), letters - 1
        for number in _numbers(key, min(self.copy.most_steps, STEPS_OF_AN_AUDIT * many)):
            at = free[(number >> 8) % many]
            letter = now[at]
            to = (letter + 1 + (number & 255) % others) % letters
            more, fewer, cells = excess[to], excess[letter], cells_of[at]
            if more[pooled] >= noise or fewer[pooled] <= least:
                continue  # as most are
            for cell in cells:
                if more[cell] >= noise or fewer[cell] <= least:
                    break
            else:
                _move(excess, cells, letter, to)
                now[at] = to

    def settle(self, key: bytes) -> None:
        """Bring every cell within the stated number: free letters change, and held ones where these do not do."""
        self._anneal(b"free %s" % key, self.free)
        wrong = self.off()
        if wrong:
            subjects, members = self.copy.subjects, self.copy.members
            found = dict.fromkeys(at for _, cell in wrong for at in members[cell] if self.held[at] != _FREE)
            near = [at for at in found if self.place not in subjects[at].fixed]
            self._anneal(b"held %s" % key, near, self.copy.drift(self))

    def _anneal(self, key: bytes, places: Sequence[int], drift: "_Drift | None" = None) -> None:
        """Change letters in these places one after another wherever that takes cells nearer to the truth."""
        if not places:
            return
        cells_of, now, excess, letters = self.copy.cells_of, self.now, self.excess, len(self.excess)
        worse = self.copy.worse
        for number in _numbers(key, min(MOST_REPAIRS, REPAIRS_OF_AN_AUDIT * len(places))):
            at = places[(number >> 16) % len(places)]
            letter = now[at]
            to = (letter + 1 + (number & 255) % (letters - 1)) % letters
            more, fewer, cells = excess[to], excess[letter], cells_of[at]
            harm = 0
            for cell in cells:
                harm += worse[more[cell]] + worse[-fewer[cell]]
            if harm < 0 if drift else harm <= number >> 8 & 7:
                if drift is not None:
                    if not drift.allows(at, letter, to):
                        continue
                    drift.move(at, letter, to)
                _move(excess, cells, letter, to)
                now[at] = to


class _Drift:
    """How far the newest letters of a column have moved from those of each earlier copy that counted audits alike."""

    def __init__(self, letters: _Letters) -> None:
        history = letters.copy.history
        self._cells_of = [each.cells for each in letters.copy.subjects]
        self._copies_of = [each[letters.place] for each in history.copies_of]
        self._most = [within - 1 for within in history.withins]
        self.lost = [0] * len(history.withins)
        self.by = [[[0] * letters.copy.pooled for _ in letters.excess] for _ in history.withins]
        self.pool: Sequence[_Drift] = (self,)
        for moved in history.moved:
            if moved.column != letters.place:
                continue
            if moved.at is None:
                # It is not known any more which cells it was in: it may have been in any.
                self.lost[moved.copy] += 1
            else:
                numbers = letters.number_of[moved.was], letters.number_of[moved.now]
                _move(self.by[moved.copy], self._cells_of[moved.at], *numbers)

    def allows(self, at: int, letter: int, to: int) -> bool:
        """Whether a subject may have another letter, and each earlier copy would still be near enough."""
        return all(
            self._stays_near(copy, at, to, 1) and self._stays_near(copy, at, letter, -1) for copy in self._copies_of[at]
        )

    def _stays_near(self, copy: int, at: int, letter: int, more: int) -> bool:
        by, most = self.by[copy][letter], self._most[copy]
        pooled = abs(sum(each.by[copy][letter][WHOLE] for each in self.pool) + more)
        return pooled + sum(each.lost[copy] for each in self.pool) <= most and all(
            abs(by[cell] + more) + self.lost[copy] <= most for cell in self._cells_of[at]
        )

    def move(self, at: int, letter: int, to: int) -> None:
        """Count a change that `allows`."""
        for copy in self._copies_of[at]:
            _move(self.by[copy], self._cells_of[at], letter, to)


def _move(excess: Sequence[list[int]], cells: Sequence[int], letter: int, to: int) -> None:
    """Count one subject under another letter in all of its cells."""
    more, fewer = excess[to], excess[letter]
    for cell in cells:
        more[cell] += 1
        fewer[cell] -= 1


def _numbers(key: bytes, count: int) -> Sequence[int]:
    """As many numbers under 2 to the power of 64, which nobody can tell from random ones without the key."""
    numbers = array("Q")
    numbers.frombytes(hashlib.shake_256(key).digest(8 * count))
    return numbers
