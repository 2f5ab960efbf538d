"""Reads the passages of a round's counted audits."""

import uuid
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select
from sqlmodel import Session, col

from api.access.blindness import visible_under_blind_reading
from api.coding.rules import CodedRound
from api.foundation.permissions import Actor
from api.reports.tallies import is_counted
from checklists.audits.conclusion import FOR_REPORTS
from checklists.passages.parts import WHOLE_AUDIT, Passage, Place, ThemePart, conclusion_part, family_part, passages
from models import Audit, CaseFile, Conclusion, FamilyView, Score, ThemeNote
from models.storage.joins import linked

DIGEST_LENGTH = 16


@dataclass(frozen=True, slots=True)
class AuditPassages:
    """A counted audit with its passages of one theme, or of the whole audit."""

    audit_id: uuid.UUID
    reference: str
    team_id: uuid.UUID
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class AuditPlaces:
    """A counted audit with the places of its passages."""

    audit_id: uuid.UUID
    team_id: uuid.UUID
    places: tuple[Place, ...]


def digest_of(text: str) -> str:
    """A short digest of a passage, to see that it has changed."""
    return sha256(text.encode()).hexdigest()[:DIGEST_LENGTH]


def read_passages(
    session: Session,
    coded: CodedRound,
    theme: str,
    *,
    by: Actor,
    audits: Sequence[uuid.UUID] | None = None,
    after: uuid.UUID | None = None,
    limit: int | None = None,
) -> list[AuditPassages]:
    """The counted audits with a passage of this theme, in the order in which they were made.

    Those of `audits` only, or after the audit `after`, and `limit` of them at most. A reading that is blind to the
    person is left out.
    """
    chosen = _of_whole_audit() if theme == WHOLE_AUDIT else _of_theme(theme)
    query = chosen.where(*_are_counted(coded, by)).order_by(col(Audit.id))
    if audits is not None:
        query = query.where(col(Audit.id).in_(audits))
    if after is not None:
        query = query.where(col(Audit.id) > after)
    rows = session.execute(query if limit is None else query.limit(limit)).all()
    if theme != WHOLE_AUDIT:
        return [_found(theme, row, dict(zip(_PARTS, row[3:], strict=True))) for row in rows]
    views = _family_views(session, coded, [row.id for row in rows] if limit is not None else None)
    texts = [conclusion_part(part) for part in FOR_REPORTS]
    return [_found(theme, row, dict(zip(texts, row[3:], strict=True)) | views[row.id]) for row in rows]


def read_places(session: Session, coded: CodedRound, theme: str, *, by: Actor) -> list[AuditPlaces]:
    """Where the passages are that `read_passages` reads in all audits: for counts, which need no text."""
    if theme == WHOLE_AUDIT:
        read = read_passages(session, coded, theme, by=by)
        return [AuditPlaces(each.audit_id, each.team_id, tuple(text.place for text in each.passages)) for each in read]
    is_there = [func.trim(func.coalesce(column, "")) != "" for column in _OF_THEME]
    query = _with_theme(select(col(Audit.id), col(Audit.team_id), *is_there).select_from(Audit), theme)
    rows = session.execute(query.where(or_(*is_there), *_are_counted(coded, by)).order_by(col(Audit.id)))
    places = [Place(theme, part) for part in _PARTS]
    return [
        AuditPlaces(audit_id, team_id, tuple(place for place, has in zip(places, parts, strict=True) if has))
        for audit_id, team_id, *parts in rows
    ]


def count_passages(session: Session, coded: CodedRound, *, by: Actor) -> Mapping[str, int]:
    """How many passages each theme has, and the whole audit, in the audits that `read_passages` reads."""
    counted = _are_counted(coded, by)
    found: Counter[str] = Counter()
    for model, columns in _TEXTS:
        theme: Any = getattr(model, "theme", literal(WHOLE_AUDIT))
        number = func.sum(
            sum((case((func.trim(getattr(model, name)) != "", 1), else_=0) for name in columns), literal(0))
        )
        query = select(theme, number).select_from(Audit).join(model, linked(model.audit_id, Audit.id)).where(*counted)
        for key, passages_of_theme in session.execute(query.group_by(theme) if hasattr(model, "theme") else query):
            found[key] += int(passages_of_theme or 0)
    return found


_TEXTS: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (Score, ("rationale", "impact")),
    (ThemeNote, ("strengths", "development")),
    (Conclusion, tuple(part.value for part in FOR_REPORTS)),
    (FamilyView, ("words",)),
)
_PARTS = tuple(part.value for part in ThemePart)
_HEAD: tuple[Any, ...] = (col(Audit.id), col(CaseFile.reference), col(Audit.team_id))


def _found(theme: str, row: Any, texts: Mapping[str, str | None]) -> AuditPassages:
    of_audit = passages(theme, {part: text for part, text in texts.items() if text})
    return AuditPassages(row.id, row.reference, row.team_id, tuple(of_audit))


_OF_THEME: tuple[Any, ...] = (
    *(col(Score.rationale), col(Score.impact)),
    *(col(ThemeNote.strengths), col(ThemeNote.development)),
)


def _are_counted(coded: CodedRound, by: Actor) -> tuple[ColumnElement[bool], ...]:
    return (
        col(Audit.organisation_id) == coded.round.organisation_id,
        col(Audit.round_id) == coded.round.id,
        is_counted(Audit),
        visible_under_blind_reading(by.person_id),
    )


def _of_theme(theme: str) -> Any:
    query = select(*_HEAD, *_OF_THEME).select_from(Audit).join(CaseFile, linked(CaseFile.id, Audit.case_file_id))
    return _with_theme(query, theme).where(or_(*(column != "" for column in _OF_THEME)))


def _with_theme(query: Any, theme: str) -> Any:
    """The query with what was written of this theme."""
    return query.join(Score, and_(linked(Score.audit_id, Audit.id), col(Score.theme) == theme), isouter=True).join(
        ThemeNote, and_(linked(ThemeNote.audit_id, Audit.id), col(ThemeNote.theme) == theme), isouter=True
    )


def _of_whole_audit() -> Any:
    columns: list[ColumnElement[str]] = [getattr(Conclusion, part.value) for part in FOR_REPORTS]
    has_view = (
        select(col(FamilyView.who)).where(linked(FamilyView.audit_id, Audit.id), col(FamilyView.words) != "").exists()
    )
    return (
        select(*_HEAD, *columns)
        .select_from(Audit)
        .join(CaseFile, linked(CaseFile.id, Audit.case_file_id))
        .join(Conclusion, linked(Conclusion.audit_id, Audit.id), isouter=True)
        .where(or_(*(column != "" for column in columns), has_view))
    )


def _family_views(
    session: Session, coded: CodedRound, audits: Sequence[uuid.UUID] | None
) -> Mapping[uuid.UUID, dict[str, str]]:
    query = (
        select(col(FamilyView.audit_id), col(FamilyView.who), col(FamilyView.words))
        .join(Audit, linked(FamilyView.audit_id, Audit.id))
        .where(
            col(Audit.organisation_id) == coded.round.organisation_id,
            col(Audit.round_id) == coded.round.id,
            col(FamilyView.words) != "",
        )
    )
    if audits is not None:
        query = query.where(col(FamilyView.audit_id).in_(audits))
    found: defaultdict[uuid.UUID, dict[str, str]] = defaultdict(dict)
    for audit_id, who, words in session.execute(query):
        found[audit_id][family_part(who)] = words
    return found
