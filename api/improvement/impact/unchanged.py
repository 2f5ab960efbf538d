"""What was counted of actions, remembered by this process until one may have changed: the trail says so.

Whatever changes anything adds its event in the same transaction. So what was counted when the trail had some length is
right as long as every later event is of a kind that changes no action.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, Final, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Dialect
from sqlmodel import Session, col, select

from models import Event
from models.storage.trail import Trail

MOST_REMEMBERED: Final = 100
# More would take longer to look through than to count again.
MOST_EVENTS: Final = 2_000
# Kinds of events that come all day, and change no action, no team or name of a person, and no team of an audit. After
# an event of any other kind everything is counted again, so that a new kind can make nothing wrong.
CHANGE_NO_ACTION: Final = frozenset(
    {
        *("audit.actions-read", "audit.read", "audit.causes-read", "audit.feedback-read"),
        *("audit.questions-answered", "audit.score-cleared", "audit.scored"),
        *("audit.case-described", "audit.concluded", "audit.conversation-written"),
        *("audit.family-views-written", "audit.theme-notes-written"),
        *("case-file.made", "concern.read", "report.changed-fetched"),
        *("person.sign-in-failed", "person.signed-in", "person.signed-out"),
        *("round.answers-read", "round.audits-listed", "round.report-fetched", "round.report-read"),
    }
)
T = TypeVar("T")


class _Counted:
    """The newest counts of one database, each with the length that the trail had before."""

    def __init__(self) -> None:
        self._counts: OrderedDict[Hashable, tuple[int, Any]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable) -> tuple[int, Any] | None:
        with self._lock:
            return self._counts.get(key)

    def put(self, key: Hashable, length: int, value: Any) -> None:
        with self._lock:
            if (known := self._counts.get(key)) is not None and known[0] > length:
                return  # a later request has counted meanwhile
            self._counts[key] = (length, value)
            self._counts.move_to_end(key)
            while len(self._counts) > MOST_REMEMBERED:
                self._counts.popitem(last=False)


# By what all connections to one database have in common.
_OF_DATABASES: Final[WeakKeyDictionary[Dialect, _Counted]] = WeakKeyDictionary()


def counted_once(session: Session, organisation_id: int, key: Hashable, compute: Callable[[], T]) -> T:
    """What `compute` counts of the organisation's actions, counted again only when one may have changed.

    `key` names all else that it depends on: who asks, the period, and the day.
    """
    counted = _OF_DATABASES.setdefault(session.connection().dialect, _Counted())
    key = (organisation_id, key)
    # Before it is counted: what comes meanwhile is in the trail after this length, and makes it be counted again.
    length = session.exec(select(Trail.length).where(col(Trail.organisation_id) == organisation_id)).first() or 0
    known = counted.get(key)
    if known is not None and _changed_nothing(session, organisation_id, known[0], length):
        value: T = known[1]
    else:
        value = compute()
    counted.put(key, length, value)
    return value


def forget() -> None:
    """Forget all that is remembered, so that it is counted again."""
    _OF_DATABASES.clear()


def _changed_nothing(session: Session, organisation_id: int, before: int, length: int) -> bool:
    """Whether no event after the first `before` of so many may have changed an action."""
    if length == before:
        return True
    if not 0 < length - before <= MOST_EVENTS:
        return False
    changed = select(Event.number).where(
        col(Event.organisation_id) == organisation_id,
        col(Event.number) > before,
        col(Event.number) <= length,
        col(Event.kind).not_in(CHANGE_NO_ACTION),
    )
    return session.exec(changed.limit(1)).first() is None
