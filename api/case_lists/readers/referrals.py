"""What a column of numbers says: of a child's referrals or enquiries in the last twelve months, and of re-referrals.

Annex A does not say whether the number includes the referral or enquiry of its own row, and councils differ. A column
with a 0 counts earlier ones only. About four in five referrals are no re-referrals (children in need census), and there
are fewer enquiries than referrals, so that a long column of earlier ones without any 0 does not occur: such a column
counts the row's own too.
"""

import re
from collections.abc import Iterable
from typing import Final

from api.case_lists.readers.cells.values import text_of
from api.documents.reading.sheets import Cell

_NUMBER: Final = re.compile(r"[0-9]{1,3}(?:\.0+)?")
# Where one in five is a re-referral, this many in a row are by chance less often than once in 10^13.
_LONG: Final = 20


def number_in(cell: Cell) -> int | None:
    """The number in a cell; None for anything else."""
    text = text_of(cell)
    return int(float(text)) if _NUMBER.fullmatch(text) else None


def counts_own(numbers: Iterable[int | None]) -> bool | None:
    """Whether the numbers of a column include the event of their row; None when the column is too short to tell."""
    known = [each for each in numbers if each is not None]
    if 0 in known:
        return False
    return True if len(known) >= _LONG else None


def says_re_referral(number: int | None, *, with_own: bool | None) -> bool | None:
    """Whether a number of referrals says that the row's referral was a re-referral; None when it says neither."""
    if number == 1:
        return None if with_own is None else not with_own
    return None if number is None else number > 1


def number_with_own(number: int | None, *, with_own: bool | None) -> int | None:
    """The number of events with the one of the row; None where the column does not say it."""
    if number is None or with_own is None:
        return None
    return number if with_own else number + 1
