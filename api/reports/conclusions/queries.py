"""Conclusions of the audits that a round's report counts."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select
from sqlmodel import Session, col

from api.access.audits import may_read_every_audit
from api.access.blindness import visible_under_blind_reading
from api.foundation import access_log
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import NotAllowed
from api.reports.counting import CONCLUSIONS
from api.reports.round_counts import RoundCounts
from api.reports.tallies import is_counted
from api.rounds import actions as rounds
from checklists.audits.conclusion import ConclusionPart
from models import Audit, CaseFile, Conclusion, Round
from models.storage.joins import linked


@dataclass(frozen=True, slots=True)
class ConclusionCounts:
    """How many counted audits of a round have a conclusion, and how many have each part of one."""

    concluded: int
    parts: Mapping[ConclusionPart, int]


@dataclass(frozen=True, slots=True)
class RoundConclusion:
    """The conclusion of a counted audit: the text of each part that has one."""

    audit_id: uuid.UUID
    reference: str
    texts: Mapping[ConclusionPart, str]


def check_can_read_conclusions(*, by: Actor) -> None:
    """Raise NotAllowed for a person who may not read the conclusions of a whole round."""
    check_may(by, Permission.READ_REPORTS)
    if not may_read_every_audit(by):
        raise NotAllowed("Only people who can read all audits can view the conclusions of a round.")


def list_conclusions(
    session: Session,
    *,
    round_id: uuid.UUID,
    part: ConclusionPart | None = None,
    limit: int,
    after: uuid.UUID | None = None,
    by: Actor,
) -> Sequence[RoundConclusion]:
    """The conclusions of a round's counted audits, in the order in which the audits were made; only those with `part`.

    For people who may read every audit; a reading that is blind to them is left out. Raises NotAllowed, NotFound.
    """
    check_can_read_conclusions(by=by)
    audit_round = rounds.find_round(session, round_id=round_id, by=by)
    access_log.record_view(session, "round.conclusions-read", audit_round.id, by=by)
    chosen: Any = select(col(Audit.id), col(CaseFile.reference), *map(_text, ConclusionPart)).select_from(Audit)
    with_case = chosen.join(CaseFile, linked(CaseFile.id, Audit.case_file_id))
    wanted = or_(*map(_has, ConclusionPart)) if part is None else _has(part)
    query = _counted(with_case, audit_round, by).where(wanted).order_by(col(Audit.id))
    if after is not None:
        query = query.where(col(Audit.id) > after)
    return [
        RoundConclusion(
            audit_id, reference, {each: text for each, text in zip(ConclusionPart, texts, strict=True) if text}
        )
        for audit_id, reference, *texts in session.execute(query.limit(limit))
    ]


def count_conclusions(counts: RoundCounts) -> ConclusionCounts:
    """How many counted audits of a round say what works well, and so on."""
    found = counts.beside(CONCLUSIONS)
    return ConclusionCounts(found.get("", 0), {part: found.get(part.value, 0) for part in ConclusionPart})


def _text(part: ConclusionPart) -> ColumnElement[str]:
    column: ColumnElement[str] = getattr(Conclusion, part.value)
    return column


def _has(part: ConclusionPart) -> ColumnElement[bool]:
    return _text(part) != ""


def _counted(query: Any, audit_round: Round, by: Actor) -> Select[Any]:
    counted: Select[Any] = query.join(Conclusion, linked(Conclusion.audit_id, Audit.id)).where(
        col(Audit.organisation_id) == audit_round.organisation_id,
        col(Audit.round_id) == audit_round.id,
        is_counted(Audit),
        visible_under_blind_reading(by.person_id),
    )
    return counted
