"""Resampling, repeatably: how far a figure would move if other cases like these had been read."""

import struct
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Final

RESAMPLES: Final = 1000


def resamples(n: int, times: int, seed: str) -> Iterator[list[int]]:
    """As many samples of n places out of 0..n-1 as asked for, with replacement: the same for the same seed, anywhere.

    The stream is SHA-256 over the seed and a counter, read as 64-bit numbers; a number is brought to a place by
    multiplying and dropping the low 64 bits, which favours no place by more than n parts in 2**64. ValueError if n is
    under 1.
    """
    if n < 1:
        raise ValueError("a resample needs at least one case to draw from")
    start = sha256(seed.encode())
    blocks = -(-n // 4)
    numbers = struct.Struct(f">{n}Q")
    for sample in range(times):
        drawn = bytearray()
        for block in range(blocks):
            stream = start.copy()
            stream.update(struct.pack(">QQ", sample, block))
            drawn += stream.digest()
        yield [(number * n) >> 64 for number in numbers.unpack_from(drawn)]


def percentile_interval(values: Sequence[float], times: int, *, confidence: float = 0.95) -> tuple[float, float] | None:
    """The percentile interval of B. Efron and R. J. Tibshirani, An Introduction to the Bootstrap (1993), chapter 13.

    `values` are those of the resamples that had one; the others of the `times` had none, and might have been anything.
    So an end is given only where it would be the same with all of those at that end; else there is no interval.
    ValueError if there are more values than resamples, or if confidence is not between 0 and 1.
    """
    if len(values) > times:
        raise ValueError("there cannot be more values than resamples")
    if not 0 < confidence < 1:
        raise ValueError("confidence must lie between 0 and 1")
    place = int((times + 1) * (1 - confidence) / 2) - 1 - (times - len(values))
    if place < 0:
        return None
    ordered = sorted(values)
    return ordered[place], ordered[-1 - place]
