"""Fetching results from the service: page by page, each page again where it did not arrive."""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from api.foundation.local_time import local_date
from api.foundation.outgoing.service import Service, reading_the_answer
from checklists.actions.action_states import ActionState
from checklists.audits.audit_states import AGREED_STATES, AuditState

_PATH: Final = "/api/v1/case-results"
_PAGE: Final = "100"


@dataclass(frozen=True, slots=True)
class FetchedAction:
    """An action for the child."""

    words: str
    state: ActionState
    due_on: date


@dataclass(frozen=True, slots=True)
class FetchedResult:
    """What came of a case in a round, as the service says it. Days are those in Britain."""

    reference: str
    key_id: str
    round_title: str
    state: AuditState
    overall: str
    submitted_on: date | None
    agreed_on: date | None
    signed_on: date | None
    actions: tuple[FetchedAction, ...]
    # Whether the token may read actions at all.
    has_actions: bool

    @property
    def is_agreed(self) -> bool:
        return self.state in AGREED_STATES

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> "FetchedResult":
        """Raises KeyError, TypeError or ValueError for what is no result."""
        actions = said["actions"]
        return cls(
            reference=str(said["reference"]),
            key_id=str(said["key_id"]),
            round_title=str(said["round_title"]),
            state=AuditState(said["state"]),
            overall=str(said["overall_label"] or ""),
            submitted_on=_day(said["submitted_at"]),
            agreed_on=_day(said["agreed_at"]),
            signed_on=_day(said["signed_at"]),
            actions=tuple(
                FetchedAction(str(each["words"]), ActionState(each["state"]), date.fromisoformat(each["due_on"]))
                for each in actions or ()
            ),
            has_actions=actions is not None,
        )


def fetch_results(
    service: Service, *, round_id: uuid.UUID | None = None, since: datetime | None = None
) -> Iterator[FetchedResult]:
    """The results that the token may read, in the order of the service. Raises ServiceRefused, ServiceAway."""
    query = {"limit": _PAGE}
    if round_id is not None:
        query["round"] = str(round_id)
    if since is not None:
        query["since"] = since.isoformat()
    while True:
        said = service.get(_PATH, query).said
        with reading_the_answer():
            after = said["after"]
            found = [FetchedResult.of(each) for each in said["items"]]
        yield from found
        if after is None:
            return
        query["after"] = str(after)


def _day(moment: str | None) -> date | None:
    return None if moment is None else local_date(datetime.fromisoformat(moment))
