"""Counting actions of a period: how many were due, done in time and closed, and how long they took."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from checklists.actions.action_states import ActionState


class ActionDates(NamedTuple):
    """What counting needs of an action, with days in British time.

    `first_due_on` stays as it was when the due date moves. `done_on`: None until it is done. `closed_on`: None until it
    is closed, whether with impact, without, or not pursued.
    """

    state: ActionState
    created_on: date
    first_due_on: date
    done_on: date | None = None
    closed_on: date | None = None


@dataclass(frozen=True, slots=True)
class Period:
    """The days from the first to the last, both included. ValueError when the last comes before the first."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError("a period ends on its first day or later")


@dataclass(frozen=True, slots=True)
class ActionCounts:
    """The actions of one kind in a period.

    `due` = `in_time` + `late` + `not_done`: those whose first due date is in the period, without those not pursued.
    `in_time` were done by the first due date, however often it moved; `late` after it, and by the end of the period.
    `with_impact`, `without_impact` and `not_pursued` were closed in the period. `median_days`: from planning to done,
    of those done in the period; None of none.
    """

    planned: int
    due: int
    in_time: int
    late: int
    not_done: int
    with_impact: int
    without_impact: int
    not_pursued: int
    median_days: Fraction | None


def counts_of_actions(actions: Iterable[ActionDates], period: Period) -> ActionCounts:
    """The counts of these actions in a period."""
    first, last = period.first, period.last
    planned = due = in_time = late = 0
    took: list[int] = []
    closed: list[ActionState] = []
    # In one pass, without a call for each day: reports count thousands.
    for each in actions:
        done_on, due_on = each.done_on, each.first_due_on
        planned += first <= each.created_on <= last
        if first <= due_on <= last and each.state is not ActionState.NOT_PURSUED:
            due += 1
            if done_on is not None:
                in_time += done_on <= due_on
                late += due_on < done_on <= last
        if done_on is not None and first <= done_on <= last:
            took.append((done_on - each.created_on).days)
        if each.closed_on is not None and first <= each.closed_on <= last:
            closed.append(each.state)
    return ActionCounts(
        planned=planned,
        due=due,
        in_time=in_time,
        late=late,
        not_done=due - in_time - late,
        with_impact=closed.count(ActionState.IMPACT_SHOWN),
        without_impact=closed.count(ActionState.NO_IMPACT),
        not_pursued=closed.count(ActionState.NOT_PURSUED),
        median_days=_median(took),
    )


def _median(numbers: Iterable[int]) -> Fraction | None:
    ordered = sorted(numbers)
    if not ordered:
        return None
    middle = len(ordered) // 2
    return Fraction(ordered[middle] + ordered[-middle - 1], 2)
