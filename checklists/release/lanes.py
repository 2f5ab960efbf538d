"""Many small numbers packed in one large one: added, compared and selected all at once.

What is done alike for every theme of a template is then done once for all of them.
"""

from array import array
from collections.abc import Iterable
from typing import Final

_BITS: Final = 8 * array("I").itemsize
LARGEST: Final = (1 << _BITS - 1) - 1


class Lanes:
    """A number of lanes, each with a number from 0 to LARGEST. Callers that add and subtract must stay within that.

    The highest bit of each lane is kept free: comparing two lanes borrows from it.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self.ones = sum(1 << _BITS * lane for lane in range(count))
        self.high = self.ones << _BITS - 1

    def packed(self, numbers: Iterable[int]) -> int:
        """One number for each lane, side by side."""
        return int.from_bytes(array("I", numbers).tobytes(), "little")

    def unpacked(self, packed: int) -> list[int]:
        """The number of each lane."""
        lanes = array("I")
        lanes.frombytes(packed.to_bytes(self.count * lanes.itemsize, "little"))
        return lanes.tolist()

    def reaching(self, one: int, other: int) -> int:
        """All lower bits of the lanes in which one is at least the other."""
        marks = ((one | self.high) - other) & self.high
        return marks - (marks >> _BITS - 1)

    def larger(self, one: int, other: int) -> int:
        """The larger of two in each lane."""
        return other ^ ((one ^ other) & self.reaching(one, other))

    def smaller(self, one: int, other: int) -> int:
        """The smaller of two in each lane."""
        return one ^ ((one ^ other) & self.reaching(one, other))

    def excess(self, one: int, other: int) -> int:
        """By how much one is over the other in each lane, and 0 where it is not."""
        differences = (one | self.high) - other
        marks = differences & self.high
        return differences & (marks - (marks >> _BITS - 1))

    def places(self, mask: int) -> list[int]:
        """Which lanes have any bit in the mask."""
        return [lane for lane, number in enumerate(self.unpacked(mask)) if number]
