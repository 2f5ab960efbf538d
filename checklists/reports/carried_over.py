"""Areas for development of the previous round, and what has changed: the year-on-year table of published reports."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from checklists.reports.change import Change, ThemeChange
from checklists.reports.gaps import Gap, GapState

_BELOW: Final = frozenset({GapState.GAP, GapState.POSSIBLE_GAP})


class Course(StrEnum):
    """How an area for development has changed since the previous round."""

    ON_TARGET = "on-target"
    IMPROVED = "improved"
    CONTINUES = "continues"
    WORSE = "worse"
    NEW = "new"
    TOO_FEW = "too-few-to-say"
    NOT_COMPARABLE = "not-comparable"

    @property
    def label(self) -> str:
        return {
            "on-target": "Now on target",
            "improved": "Improved, but still below target",
            "continues": "Continues",
            "worse": "Worse",
            "new": "New",
            "too-few-to-say": "Too few to say",
            "not-comparable": "Not comparable",
        }[self.value]


@dataclass(frozen=True, slots=True)
class CarriedOver:
    """A theme that was below the target in the previous round, or is below it now, and how it has changed."""

    change: ThemeChange
    course: Course


def areas_carried_over(changes: Iterable[ThemeChange]) -> tuple[CarriedOver, ...]:
    """Every theme below the target before or now, in the order of the changes.

    Those of the round before come first. A theme that only one of the rounds asks is left out.
    """
    found = [
        CarriedOver(change, _course(change, change.before, change.now))
        for change in changes
        if change.before is not None and change.now is not None and _is_area(change.before, change.now)
    ]
    return tuple(sorted(found, key=lambda each: each.course is Course.NEW))


def _is_area(before: Gap, now: Gap) -> bool:
    return before.state in _BELOW or now.state in _BELOW


def _course(change: ThemeChange, before: Gap, now: Gap) -> Course:
    if before.state not in _BELOW:
        return Course.NEW
    if change.change is Change.NOT_COMPARABLE:
        return Course.NOT_COMPARABLE
    if now.state is GapState.ON_TARGET:
        return Course.ON_TARGET
    if now.state not in _BELOW:
        return Course.TOO_FEW
    return {Change.IMPROVED: Course.IMPROVED, Change.WORSE: Course.WORSE}.get(change.change, Course.CONTINUES)
