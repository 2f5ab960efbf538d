"""Figures as people read them. Each is rounded here and nowhere else, so that it is the same wherever it is shown.

Halves are rounded away from zero, as spreadsheets do, so that a fall reads as the rise of the same size does.
"""

from fractions import Fraction
from typing import Final

# A share that would read as none or as all, and is neither, is shown with up to so many more decimals.
_MOST_MORE: Final = 2


def in_parts(number: Fraction | float, parts: int) -> int:
    """How many of these parts of 1 a number is: in whole numbers, many times as quickly as in fractions."""
    over, of = number.as_integer_ratio()
    size = (2 * abs(over) * parts + of) // (2 * of)
    return -size if over < 0 else size


def rounded(number: Fraction | float, digits: int = 0) -> Fraction:
    """The number with so many decimals."""
    return Fraction(in_parts(number, 10**digits), 10**digits)


def in_figures(number: Fraction | float, digits: int = 0, *, signed: bool = False) -> str:
    """The number with so many decimals as text; with its sign if `signed`, unless it is shown as 0."""
    parts = in_parts(number, 10**digits)
    return f"{parts / 10**digits:{'+' if signed and parts else ''}.{digits}f}"


def percent_digits(share: Fraction | float, digits: int = 0) -> int:
    """With how many decimals, at least `digits`, a share of 1 is shown in percent: only nothing is 0% and only all is
    100%.
    """
    for more in range(_MOST_MORE + 1):
        scale = 10 ** (digits + more)
        if 0 < in_parts(share, 100 * scale) < 100 * scale or share in (0, 1):
            return digits + more
    return digits


def in_percent(share: Fraction | float, digits: int = 0) -> str:
    """A share of 1 in percent, such as "63%": "0.3%" where "0%" would say that there is none."""
    digits = percent_digits(share, digits)
    return f"{in_figures(Fraction(share) * 100, digits)}%"
