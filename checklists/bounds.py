"""Whole numbers that are known to lie between bounds and to add up: narrowing the bounds until nothing moves."""

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from checklists.steps import Steps


class ContradictionError(Exception):
    """No numbers lie within all of the bounds and add up."""


class Span(NamedTuple):
    """The least and the most that a number can be."""

    least: int
    most: int


class Shape:
    """So many numbers, numbered from 0, and the sums that hold among them."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.sums: list[tuple[int, tuple[int, ...]]] = []
        self.sums_of: list[list[int]] = [[] for _ in range(count)]
        self.under: list[list[int]] = [[] for _ in range(count)]
        self.over: list[list[int]] = [[] for _ in range(count)]

    def add_up(self, whole: int, parts: Sequence[int]) -> None:
        """Say that the parts, of which there is one at least, make up the whole."""
        for number in (whole, *parts):
            self.sums_of[number].append(len(self.sums))
        self.sums.append((whole, tuple(parts)))

    def stay_within(self, part: int, whole: int) -> None:
        """Say that one number is at most another."""
        self.over[part].append(whole)
        self.under[whole].append(part)


class Bounds:
    """The numbers of a shape in each of several layers, with the span that each lies in: at first from nought to the
    layer's most.

    Number by number, some layers may make up another. Narrowing comes to the same spans whatever the order in which it
    looks at the sums; it looks only at those of numbers that have moved.
    """

    def __init__(self, shape: Shape, mosts: Sequence[int]) -> None:
        self._shape = shape
        self.least = [[0] * shape.count for _ in mosts]
        self.most = [[most] * shape.count for most in mosts]
        self._across: list[tuple[int, tuple[int, ...]]] = []
        self._across_of: list[list[tuple[int, int]]] = [[] for _ in mosts]
        # A sum of a layer, and then a number over layers that add up, waits under a number of its own.
        self._first_across = len(shape.sums) * len(mosts)
        self._waiting: deque[int] = deque()
        self._is_waiting = bytearray(self._first_across)

    def add_up_layers(self, whole: int, parts: Sequence[int], *, every: int = 1) -> None:
        """Say that the numbers of some layers, or one of every so many, make up those of another.

        What is the most of the parts is together the most of the whole.
        """
        for layer in (whole, *parts):
            self._across_of[layer].append((len(self._across), every))
        self._across.append((whole, tuple(parts)))
        self._is_waiting.extend(bytes(self._shape.count))

    def tighten(self, layer: int, number: int, span: Span) -> None:
        """Take in that a number lies in this span too. Raises ContradictionError when no number lies in both."""
        if span.least > self.least[layer][number]:
            self._raise_least(layer, number, span.least)
        if span.most < self.most[layer][number]:
            self._lower_most(layer, number, span.most)

    def spans(self) -> tuple[list[list[int]], list[list[int]]]:
        """A copy of all spans, for `go_back`."""
        return [each.copy() for each in self.least], [each.copy() for each in self.most]

    def go_back(self, spans: tuple[list[list[int]], list[list[int]]]) -> None:
        """Take the spans of an earlier moment, at which nothing was left to narrow."""
        self.least, self.most = [each.copy() for each in spans[0]], [each.copy() for each in spans[1]]
        while self._waiting:
            self._is_waiting[self._waiting.pop()] = 0

    def narrow(self, steps: Steps) -> None:
        """Until nothing moves; a step is one number of a sum.

        Raises ContradictionError when bounds cross, and OutOfStepsError.
        """
        waiting, sums = self._waiting, self._shape.sums
        while waiting:
            place = waiting.popleft()
            self._is_waiting[place] = 0
            if place < self._first_across:
                layer, which = divmod(place, len(sums))
                whole, parts = sums[which]
                steps.take(1 + len(parts))
                self._narrow_sum(place, layer, whole, parts)
            else:
                which, number = divmod(place - self._first_across, self._shape.count)
                whole, parts = self._across[which]
                steps.take(1 + len(parts))
                self._narrow_across(place, number, whole, parts)

    def _narrow_sum(self, place: int, layer: int, whole: int, parts: Sequence[int]) -> None:
        least, most = self.least[layer], self.most[layer]
        floor, ceiling = sum([least[part] for part in parts]), sum([most[part] for part in parts])
        if floor > least[whole]:
            self._raise_least(layer, whole, floor, place)
        if ceiling < most[whole]:
            self._lower_most(layer, whole, ceiling, place)
        spare, wanting = most[whole] - floor, ceiling - least[whole]
        if spare >= ceiling - floor <= wanting:
            return  # no part is wider than that
        for part in parts:
            low, high = least[part], most[part]
            if high - low > spare:
                self._lower_most(layer, part, low + spare, place)
            if high - low > wanting:
                self._raise_least(layer, part, high - wanting, place)

    def _narrow_across(self, place: int, number: int, whole: int, parts: Sequence[int]) -> None:
        least, most = self.least, self.most
        floor, ceiling = sum([least[part][number] for part in parts]), sum([most[part][number] for part in parts])
        if floor > least[whole][number]:
            self._raise_least(whole, number, floor, place)
        if ceiling < most[whole][number]:
            self._lower_most(whole, number, ceiling, place)
        spare, wanting = most[whole][number] - floor, ceiling - least[whole][number]
        if spare >= ceiling - floor <= wanting:
            return
        for part in parts:
            low, high = least[part][number], most[part][number]
            if high - low > spare:
                self._lower_most(part, number, low + spare, place)
            if high - low > wanting:
                self._raise_least(part, number, high - wanting, place)

    def _raise_least(self, layer: int, number: int, least: int, but: int = -1) -> None:
        if least > self.most[layer][number]:
            raise ContradictionError
        self.least[layer][number] = least
        self._look_again(layer, number, but)
        for whole in self._shape.over[number]:
            if self.least[layer][whole] < least:
                self._raise_least(layer, whole, least)

    def _lower_most(self, layer: int, number: int, most: int, but: int = -1) -> None:
        if most < self.least[layer][number]:
            raise ContradictionError
        self.most[layer][number] = most
        self._look_again(layer, number, but)
        for part in self._shape.under[number]:
            if self.most[layer][part] > most:
                self._lower_most(layer, part, most)

    def _look_again(self, layer: int, number: int, but: int) -> None:
        """Let all sums of a number wait but the one that has just moved it."""
        is_waiting, first = self._is_waiting, layer * len(self._shape.sums)
        for which in self._shape.sums_of[number]:
            place = first + which
            if place != but and not is_waiting[place]:
                is_waiting[place] = 1
                self._waiting.append(place)
        for which, every in self._across_of[layer]:
            place = self._first_across + which * self._shape.count + number
            if place != but and not is_waiting[place] and number % every == 0:
                is_waiting[place] = 1
                self._waiting.append(place)
