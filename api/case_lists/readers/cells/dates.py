"""Whether the day or the month comes first in a column of dates: decided by its own dates, or else by a person."""

from collections.abc import Iterable
from datetime import date
from typing import Final

from api.case_lists.readers.cells.values import DateOrder, UnorderedDate

# This many real dates that all fall on the first twelve days of a month are not a coincidence.
_TOO_MANY_TO_BE_CHANCE: Final = 5


class MixedOrderError(Exception):
    """Some dates of a column can only be day first, and others only month first."""


class DateColumn:
    """The dates of one column, counted by what they can mean."""

    def __init__(self) -> None:
        self._only = dict.fromkeys(DateOrder, 0)
        self._either = 0
        self._real = 0
        self._real_late_in_month = 0

    def add(self, found: UnorderedDate) -> None:
        could_be = [order for order in DateOrder if found.could_be(order)]
        if len(could_be) == 1:
            self._only[could_be[0]] += 1
        elif found.first != found.second:
            self._either += 1

    def add_real(self, found: date) -> None:
        """A cell that the spreadsheet itself stores as a date."""
        self._real += 1
        self._real_late_in_month += found.day > 12

    def order(self) -> DateOrder | None:
        """The order of the column; None when no date decides and one of them needs the order.

        Raises MixedOrderError. A column is mixed too when every date written as text can only be day first, and every
        real one falls on the first twelve days: a spreadsheet has then swapped day and month where it could.
        """
        of_day, of_month = self._only[DateOrder.DAY_FIRST], self._only[DateOrder.MONTH_FIRST]
        turned = self._real >= _TOO_MANY_TO_BE_CHANCE and not self._real_late_in_month
        if (of_day and of_month) or (turned and (of_day or of_month) and not self._either):
            raise MixedOrderError
        if of_month:
            return DateOrder.MONTH_FIRST
        return DateOrder.DAY_FIRST if of_day or not self._either else None

    def could_all_be(self, order: DateOrder) -> bool:
        """Whether every date of the column is possible in this order."""
        return not any(count for other, count in self._only.items() if other is not order)


def order_of(dates: Iterable[UnorderedDate]) -> DateOrder | None:
    """The order in which all these dates were written; None when none of them decides. Raises MixedOrderError."""
    column = DateColumn()
    for found in dates:
        column.add(found)
    return column.order()
