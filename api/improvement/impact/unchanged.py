"""What was counted of actions, remembered by this process until one may have changed: the trail says so.

Whatever changes anything adds its event in the same transaction. So what was counted is right as long as every later
event is of a kind that changes no action.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, Final, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Pool
from sqlmodel import Session

from api.foundation import events

MOST_REMEMBERED: Final = 100
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
    """The newest counts of one database, each with the number of the newest event before it."""

    def __init__(self) -> None:
        self._counts: OrderedDict[Hashable, tuple[int, Any]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable) -> tuple[int, Any] | None:
        with self._lock:
            return self._counts.get(key)

    def put(self, key: Hashable, newest: int, value: Any) -> None:
        with self._lock:
            if (known := self._counts.get(key)) is not None and known[0] > newest:
                return  # a later request has counted meanwhile
            self._counts[key] = (newest, value)
            self._counts.move_to_end(key)
            while len(self._counts) > MOST_REMEMBERED:
                self._counts.popitem(last=False)


# By what all connections to one database have in common.
_OF_DATABASES: Final[WeakKeyDictionary[Pool, _Counted]] = WeakKeyDictionary()


def counted_once(
    session: Session, organisation_id: int, depends_on: Callable[[], Hashable], compute: Callable[[], T]
) -> T:
    """What `compute` counts of the organisation's actions, counted again only when one may have changed.

    `depends_on` reads all else that it depends on, such as who asks, the period and the day. It is called after the
    newest event is read: where what is hidden from somebody changes meanwhile, everything is counted again.
    """
    counted = _OF_DATABASES.setdefault(session.connection().engine.pool, _Counted())
    newest = events.number_of_newest(session, organisation_id)
    key = (organisation_id, depends_on())
    known = counted.get(key)
    if known is not None and events.has_only(session, organisation_id, CHANGE_NO_ACTION, after=known[0], up_to=newest):
        value: T = known[1]
    else:
        value = compute()
    counted.put(key, newest, value)
    return value


def forget() -> None:
    """Forget all that is remembered, so that it is counted again."""
    _OF_DATABASES.clear()
