"""Repeatable random numbers: every number comes from SHA-256 over a seed and what the number is for."""

from collections.abc import Iterable
from hashlib import sha256
from typing import Final

_ABOVE_EVERY_NUMBER: Final = 1 << 256


def seeded_number(*texts: str) -> int:
    """A number from 0 to 2**256 - 1 that depends only on these texts in this order.

    It is SHA-256 over the texts, read as one big-endian number. Each text is hashed as the length of its UTF-8 in
    decimal digits, a colon, and the UTF-8 itself, so that no other texts give the same bytes.
    """
    parts = (text.encode() for text in texts)
    return int.from_bytes(sha256(b"".join(b"%d:%b" % (len(part), part) for part in parts)).digest())


def seeded_shuffle(seed: str, label: str, names: Iterable[str]) -> list[str]:
    """The names sorted by `seeded_number(seed, label, name)`: each order is as likely as any other.

    The order in which they are given makes no difference, and neither do other names among them.
    """
    return sorted(names, key=lambda name: seeded_number(seed, label, name))


class Numbers:
    """A stream of whole numbers, one after the other from a seed and a label."""

    def __init__(self, seed: str, label: str) -> None:
        self._seed, self._label, self._taken = seed, label, 0

    def below(self, limit: int) -> int:
        """The next number from 0 to limit - 1, each as likely as any other. ValueError if the limit is under 1.

        The k-th number of the stream is `seeded_number(seed, label, k)`, k in decimal digits from 0. Numbers in the
        last, incomplete run of `limit` numbers are skipped; the answer is the remainder of dividing by the limit.
        """
        if not 1 <= limit <= _ABOVE_EVERY_NUMBER:
            raise ValueError("a limit lies between 1 and 2**256")
        fair = _ABOVE_EVERY_NUMBER - _ABOVE_EVERY_NUMBER % limit
        while True:
            found = seeded_number(self._seed, self._label, str(self._taken))
            self._taken += 1
            if found < fair:
                return found % limit
