"""Repeatable resampling: how far a figure would move if other cases like these had been read."""

import struct
from array import array
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from statistics import NormalDist
from typing import Final

from checklists.statistics import seeded_random

RESAMPLES: Final = 1000


def resamples(n: int, times: int, seed: str) -> Iterator[list[int]]:
    """The requested number of samples of n places out of 0..n-1, with replacement: the same for the same seed on any
    machine.

    Each seeded number gives four of 64 bits. Each of those becomes a place by multiplying by n and dropping the low 64
    bits, which favours no place by more than n parts in 2**64. ValueError if n is under 1.
    """
    if n < 1:
        raise ValueError("a resample needs at least one case to draw from")
    return (sample.tolist() for sample in _drawn(n, times, seed))


# The themes of a round have the same number of cases: one draw serves for all.
@lru_cache(maxsize=2)
def _drawn(n: int, times: int, seed: str) -> Sequence["array[int]"]:
    numbers = struct.Struct(f">{n}Q")
    samples = []
    for sample in range(times):
        blocks = (
            seeded_random.seeded_number(seed, "resample", f"{sample}.{block}").to_bytes(32)
            for block in range(-(-n // 4))
        )
        samples.append(array("I", [(number * n) >> 64 for number in numbers.unpack_from(b"".join(blocks))]))
    return samples


def interval(
    value: float, resampled: Sequence[float], times: int, left_out: Mapping[float, int]
) -> tuple[float, float] | None:
    """The 95% interval of a figure from its resamples, corrected for bias and skew (BCa).

    B. Efron, "Better bootstrap confidence intervals", JASA 82 (1987), 171-185. Plain percentiles are too high for
    figures that cannot exceed 1, most of all at the low end. `resampled` holds the figure in those of the `times`
    resamples where it is defined; `left_out` the figure with one case left out, and for how many cases it is that.

    Where a figure is not defined it might have been anything. So an end is given only where it holds with all undefined
    resamples beyond it, and there is no interval without both ends, nor with under 100 resamples. ValueError if more
    resamples are defined than there were.
    """
    if len(resampled) > times:
        raise ValueError("there cannot be more values than resamples")
    undefined = times - len(resampled)
    if times < 100 or len(resampled) <= undefined:
        return None
    normal = NormalDist()
    under = sum(one < value for one in resampled) + sum(one == value for one in resampled) / 2
    # Kept off 0 and 1, where the correction is not defined.
    bias = normal.inv_cdf(min(max(under / len(resampled), 0.001), 0.999))
    skew = _acceleration(left_out)
    ends = [bias + z / (1 - skew * z) for z in (bias - _REACH, bias + _REACH)]
    low = int((times + 1) * normal.cdf(ends[0])) - 1 - undefined
    high = int((times + 1) * normal.cdf(-ends[1])) - 1 - undefined
    if undefined and min(low, high) < 0:
        return None
    ordered = sorted(resampled)
    return ordered[max(low, 0)], ordered[-1 - max(high, 0)]


_REACH: Final = NormalDist().inv_cdf(0.975)


def _acceleration(left_out: Mapping[float, int]) -> float:
    """The skewness of the figure, from the influence of each case: between -1/6 and 1/6."""
    if not left_out:
        return 0.0
    mean = sum(one * cases for one, cases in left_out.items()) / sum(left_out.values())
    squares = sum((mean - one) ** 2 * cases for one, cases in left_out.items())
    cubes = sum((mean - one) ** 3 * cases for one, cases in left_out.items())
    return cubes / (6 * squares**1.5) if squares > 1e-20 else 0.0
