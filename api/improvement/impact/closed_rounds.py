"""What closed rounds found and measured, remembered by this process.

A closed round never changes: neither its audits nor its plan nor its stored counts, and blind reading hides nothing of
it. So its gaps and its measured change are the same for everybody, and are computed once.
"""

import uuid
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Pool
from sqlmodel import Session

from api.foundation.permissions import Actor
from api.foundation.problems import is_allowed
from api.reports.gaps.queries import gap_report
from api.reports.measured_change.queries import check_can_measure, measured_change
from api.rounds.queries import round_before
from checklists.reports.change import ThemeChange
from checklists.reports.gaps import GapState
from models import Round, RoundState

MOST_REMEMBERED: Final = 2_000
_FOUND: Final = {GapState.GAP, GapState.POSSIBLE_GAP}
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ChangeOfRound:
    """The measured change of a closed round: its themes, and the round that it follows with its title."""

    earlier_id: uuid.UUID
    earlier_title: str
    confidence: float
    themes: tuple[ThemeChange, ...]


class _Remembered:
    """The newest answers to questions about one database."""

    def __init__(self) -> None:
        self._answers: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = Lock()

    def once(self, key: Hashable, compute: Callable[[], T]) -> T:
        with self._lock:
            if key in self._answers:
                self._answers.move_to_end(key)
                answer: T = self._answers[key]
                return answer
        # Not under the lock: two requests may compute the same, and nobody waits.
        answer = compute()
        with self._lock:
            self._answers[key] = answer
            while len(self._answers) > MOST_REMEMBERED:
                self._answers.popitem(last=False)
        return answer


# By what all connections to one database have in common.
_OF_DATABASES: Final[WeakKeyDictionary[Pool, _Remembered]] = WeakKeyDictionary()


def _remembered(session: Session) -> _Remembered:
    return _OF_DATABASES.setdefault(session.connection().engine.pool, _Remembered())


def gaps_of(session: Session, audit_round: Round, *, by: Actor) -> tuple[str, ...]:
    """The themes of a closed round that have a gap or a possible gap."""

    def compute() -> tuple[str, ...]:
        report = gap_report(session, round_ids=[audit_round.id], by=by)
        return tuple(gap.key for group in report.groups for gap in group.themes if gap.state in _FOUND)

    return _once(session, "gaps", audit_round, compute)


def change_of(session: Session, audit_round: Round, *, by: Actor) -> ChangeOfRound | None:
    """What a closed round measured; None where it follows no closed round."""

    def compute() -> ChangeOfRound | None:
        if not is_allowed(check_can_measure, audit_round, round_before(session, audit_round)):
            return None
        found = measured_change(session, round_id=audit_round.id, by=by)
        (earlier,) = found.earlier.rounds
        return ChangeOfRound(earlier.id, earlier.title, found.confidence, found.themes)

    return _once(session, "change", audit_round, compute)


def remembered_section(session: Session, key: Hashable, compute: Callable[[], T]) -> T:
    """What `compute` gives of a closed round for this key, which names all else that it depends on."""
    return _remembered(session).once(("section", key), compute)


def _once(session: Session, what: str, audit_round: Round, compute: Callable[[], T]) -> T:
    if audit_round.state is not RoundState.CLOSED:
        raise ValueError("only a closed round never changes")
    return _remembered(session).once((what, audit_round.organisation_id, audit_round.id), compute)
