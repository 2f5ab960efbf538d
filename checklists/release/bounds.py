"""Whole numbers with known bounds and sums: the bounds are narrowed until nothing changes.

Each number is many, one in each lane (`checklists.release.lanes`). The same sums hold in all lanes, and lanes are
independent.
"""

from collections import deque
from collections.abc import Sequence
from typing import Final, NamedTuple

from checklists.release.lanes import Lanes
from checklists.release.steps import Steps


class ContradictionError(Exception):
    """In these lanes no numbers are within all of the bounds and add up."""

    def __init__(self, lanes: Sequence[int]) -> None:
        super().__init__(f"in lanes {lanes}")
        self.lanes = lanes


class Span(NamedTuple):
    """The least and the most that a number can be."""

    least: int
    most: int


Sum = tuple[int, Sequence[int]]
"""A number, and those that make it up."""


class Shape:
    """A number of variables, numbered from 0, and the sums among them. In each layer the same sums hold."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.under: list[list[int]] = [[] for _ in range(count)]
        self.over: list[list[int]] = [[] for _ in range(count)]
        self.sums_of: list[list[int]] = [[] for _ in range(count)]
        self.sums: list[Sum] = []
        self._sums_of_layers: list[Sum] = []
        self._of_layers: list[tuple[int, ...]] = []

    def add_up(self, whole: int, parts: Sequence[int]) -> None:
        """Declare that the parts, at least one, add up to the whole."""
        for number in (whole, *parts):
            self.sums_of[number].append(len(self.sums))
        self.sums.append((whole, tuple(parts)))

    def stay_within(self, part: int, whole: int) -> None:
        """Declare that one number is at most another."""
        self.over[part].append(whole)
        self.under[whole].append(part)

    def layers(self, layers: int) -> tuple[Sequence[Sum], Sequence[Sequence[int]]]:
        """The sums of a number of layers one after another, and for each number the places of its sums.

        The numbers of each layer come after those of the one before it.
        """
        while len(self._of_layers) < layers * self.count:
            first, place = len(self._of_layers), len(self._sums_of_layers)
            self._of_layers += [tuple([place + each for each in sums]) for sums in self.sums_of]
            self._sums_of_layers += [
                (first + whole, tuple([first + part for part in parts])) for whole, parts in self.sums
            ]
        return self._sums_of_layers, self._of_layers


SUMS_IN_A_LOT: Final = 100


class Bounds:
    """The numbers of a shape in each of several layers, with the span of each: at first from 0 to the layer's maximum.

    Number by number, some layers may add up to another. Narrowing gives the same spans whatever the order of the sums;
    it looks only at sums of numbers that have changed.
    """

    def __init__(self, shape: Shape, lanes: Lanes, mosts: Sequence[int]) -> None:
        self._shape, self._lanes = shape, lanes
        self.least = [0] * shape.count * len(mosts)
        self.most = [most for most in mosts for _ in range(shape.count)]
        self._sums, self._within_of = shape.layers(len(mosts))
        self._across: list[Sum] = []
        self._across_of: list[list[int]] = [[] for _ in mosts]
        # The queue of sums, by their places; after those within layers come, number by number, those over layers.
        self._waiting: deque[int] = deque()
        self._first_across = len(shape.sums) * len(mosts)
        self._is_waiting = bytearray(self._first_across)

    def add_up_layers(self, whole: int, parts: Sequence[int]) -> None:
        """Declare that number by number some layers add up to another.

        The maxima of the parts add up to the maximum of the whole.
        """
        for layer in (whole, *parts):
            self._across_of[layer].append(len(self._is_waiting))
        self._across.append((whole * self._shape.count, [part * self._shape.count for part in parts]))
        self._is_waiting.extend(bytes(self._shape.count))

    def tighten(self, number: int, least: int, most: int) -> None:
        """Restrict a number to this span as well. Raises ContradictionError when no number is in both."""
        if self._lanes.excess(least, self.least[number]):
            self._raise_least(number, self._lanes.larger(least, self.least[number]))
        if self._lanes.excess(self.most[number], most):
            self._lower_most(number, self._lanes.smaller(most, self.most[number]))

    def spans(self) -> tuple[list[int], list[int]]:
        """A copy of all spans, for `restore`."""
        return self.least.copy(), self.most.copy()

    def restore(self, spans: tuple[list[int], list[int]]) -> None:
        """Restore earlier spans, at which nothing was left to narrow."""
        self.least, self.most = spans[0].copy(), spans[1].copy()
        while self._waiting:
            self._is_waiting[self._waiting.pop()] = 0

    def narrow(self, steps: Steps) -> None:
        """Narrow until nothing changes; a step is one number of a sum.

        Raises ContradictionError when bounds cross, and OutOfStepsError.
        """
        while self._waiting:
            # Counted in batches, since counting each one takes as long as a sum.
            steps.take(self._narrow_some(SUMS_IN_A_LOT))

    def _narrow_some(self, lot: int) -> int:
        least, most, within, first_across = self.least, self.most, self._sums, self._first_across
        waiting, is_waiting, taken = self._waiting, self._is_waiting, 0
        high, larger, smaller = self._lanes.high, self._lanes.larger, self._lanes.smaller
        while waiting and lot:
            place = waiting.popleft()
            is_waiting[place] = 0
            whole, parts = within[place] if place < first_across else self._sum_across(place)
            lot, taken = lot - 1, taken + 1 + len(parts)
            lows, highs = [least[part] for part in parts], [most[part] for part in parts]
            floor, ceiling = sum(lows), sum(highs)
            if ((least[whole] | high) - floor) & high != high:
                self._raise_least(whole, larger(least[whole], floor), place)
            if ((ceiling | high) - most[whole]) & high != high:
                self._lower_most(whole, smaller(most[whole], ceiling), place)
            spare, wanting = most[whole] - floor, ceiling - least[whole]
            widest = smaller(spare, wanting) | high
            for part, lower, upper in zip(parts, lows, highs, strict=True):
                if (widest - (upper - lower)) & high != high:
                    self._narrow_part(part, spare, wanting, place)
        return taken

    def _narrow_part(self, part: int, spare: int, wanting: int, place: int) -> None:
        least, most = self.least[part], self.most[part]
        too_far_up = self._lanes.excess(most - least, spare)
        too_far_down = self._lanes.excess(most - least, wanting)
        if too_far_up:
            self._lower_most(part, most - too_far_up, place)
        if too_far_down:
            self._raise_least(part, least + too_far_down, place)

    def _sum_across(self, place: int) -> Sum:
        which, number = divmod(place - self._first_across, self._shape.count)
        whole, parts = self._across[which]
        return whole + number, [part + number for part in parts]

    def _raise_least(self, number: int, least: int, but: int = -1) -> None:
        if crossed := self._lanes.excess(least, self.most[number]):
            raise ContradictionError(self._lanes.places(crossed))
        self.least[number] = least
        self._queue_others(number, but)
        within = number % self._shape.count
        for place in self._shape.over[within]:
            whole = number - within + place
            if self._lanes.excess(least, self.least[whole]):
                self._raise_least(whole, self._lanes.larger(least, self.least[whole]))

    def _lower_most(self, number: int, most: int, but: int = -1) -> None:
        if crossed := self._lanes.excess(self.least[number], most):
            raise ContradictionError(self._lanes.places(crossed))
        self.most[number] = most
        self._queue_others(number, but)
        within = number % self._shape.count
        for place in self._shape.under[within]:
            part = number - within + place
            if self._lanes.excess(self.most[part], most):
                self._lower_most(part, self._lanes.smaller(most, self.most[part]))

    def _queue_others(self, number: int, but: int) -> None:
        """Queue all sums of a number except the one that has just changed it."""
        is_waiting = self._is_waiting
        for place in self._within_of[number]:
            if not is_waiting[place] and place != but:
                is_waiting[place] = 1
                self._waiting.append(place)
        layer, within = divmod(number, self._shape.count)
        for first in self._across_of[layer]:
            place = first + within
            if not is_waiting[place] and place != but:
                is_waiting[place] = 1
                self._waiting.append(place)
