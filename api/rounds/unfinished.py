"""Unfinished work of a round: kinds that higher rooms add, each counted and named before the round is closed."""

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, func, select
from sqlmodel import Session, col

from api.access.blindness import visible_under_blind_reading
from api.rounds.hooks import UNFINISHED, FindUnfinished, Unfinished, UnfinishedItem, UnfinishedKind
from models import Audit, CaseFile, Person, Round
from models.storage.joins import linked

# How much of each kind is named; the rest is counted.
MOST_NAMED: Final = 50


@dataclass(frozen=True, slots=True)
class FoundWork:
    """A kind of unfinished work that a round has."""

    kind: UnfinishedKind
    found: Unfinished

    @property
    def words(self) -> str:
        return self.kind.words(self.found.number)

    @property
    def unnamed(self) -> int:
        """How much is counted and not named."""
        return self.found.number - len(self.found.items)


def kinds() -> list[UnfinishedKind]:
    """Every kind, in the order in which they are shown."""
    return sorted(UNFINISHED, key=lambda kind: kind.place)


def unfinished_in(session: Session, audit_round: Round, *, person_id: uuid.UUID | None) -> list[FoundWork]:
    """What is unfinished in a round, as far as this person may know of it; MOST_NAMED of each kind by name."""
    found = [FoundWork(kind, kind.find(session, audit_round, person_id, MOST_NAMED)) for kind in kinds()]
    return [work for work in found if work.found.number]


def find_audits(
    *where: ColumnElement[bool],
    path: str = "/audits/{}",
    describe: Callable[[Any], str] = lambda row: f"{row.reference}, {row.auditor}",
) -> FindUnfinished:
    """Finds the audits of a round that meet a condition, in the order of their cases' references.

    `describe` names one of them: it has its `reference` and its `auditor`.
    """

    def find(session: Session, audit_round: Round, person_id: uuid.UUID | None, named: int) -> Unfinished:
        mine = (
            col(Audit.organisation_id) == audit_round.organisation_id,
            col(Audit.round_id) == audit_round.id,
            visible_under_blind_reading(person_id),
            *where,
        )
        number = int(session.execute(select(func.count()).select_from(Audit).where(*mine)).scalar_one())
        if not named or not number:
            return Unfinished(number)
        rows = session.execute(named_audits().where(*mine).limit(named))
        return Unfinished(number, tuple(UnfinishedItem(describe(row), path.format(row.id)) for row in rows))

    return find


def named_audits() -> Any:
    """A query of audits with what names them: the reference of the case, and the auditor."""
    return (
        select(col(Audit.id), col(CaseFile.reference), col(Person.name).label("auditor"))
        .select_from(Audit)
        .join(CaseFile, linked(CaseFile.id, Audit.case_file_id))
        .join(Person, linked(Person.id, Audit.auditor_id))
        .order_by(col(CaseFile.reference), col(Audit.id))
    )


def encode_counts(counts: Mapping[str, int]) -> str:
    """Counts by the key of their kind, as they are stored with a closed round; "" when nothing was unfinished."""
    found = {key: number for key, number in counts.items() if number}
    return json.dumps(found, separators=(",", ":")) if found else ""


def counts_at_closing(audit_round: Round) -> list[tuple[str, str, int]]:
    """What was unfinished when a round was closed: key, text and number of each kind, in the order of the kinds."""
    stored: dict[str, int] = json.loads(audit_round.unfinished) if audit_round.unfinished else {}
    known = {kind.key: kind for kind in kinds()}
    # A kind that no room adds any more is still stated.
    order: Sequence[str] = [*(key for key in known if key in stored), *(key for key in stored if key not in known)]
    return [
        (
            key,
            known[key].words(stored[key]) if key in known else f"{stored[key]:,} {key.replace('-', ' ')}",
            stored[key],
        )
        for key in order
    ]


def closing_statement(audit_round: Round) -> str:
    """What a report states of a round that was closed with unfinished work; "" for any other."""
    found = counts_at_closing(audit_round)
    if not found:
        return ""
    reason = audit_round.closing_reason or (
        "none given, because blind reading hid this work from the person who closed the round."
    )
    return f"Closed with unfinished work: {', '.join(words for _, words, _ in found)}. Reason: {reason}"
