"""What auditors of a round note on themes: how many, and the texts."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, case, func, select
from sqlmodel import Session, col

from api.access.audits import may_read_every_audit
from api.access.blindness import visible_under_blind_reading
from api.foundation import access_log
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import NotAllowed
from api.reports.tallies import is_counted
from api.rounds import actions as rounds
from checklists.templates.template import Template as TemplateContent
from models import Audit, CaseFile, Round, Score, ThemeNote
from models.storage.joins import linked


@dataclass(frozen=True, slots=True)
class NoteCounts:
    """In how many counted audits a theme has strengths, areas for development and a mark of exemplary practice.

    `shared`: marks that the practitioner agrees to share. An empty theme is the whole audit.
    """

    theme: str
    strengths: int
    development: int
    exemplary: int
    shared: int


@dataclass(frozen=True, slots=True)
class WrittenNote:
    """What an auditor wrote on a theme of a case, and whether others may see it as exemplary practice."""

    reference: str
    theme: str
    strengths: str
    development: str
    is_shared: bool


@dataclass(frozen=True, slots=True)
class Description:
    """What an auditor wrote of a theme of a case."""

    reference: str
    theme: str
    words: str


def count_notes(
    session: Session, audit_round: Round, template: TemplateContent, *, by: Actor
) -> tuple[NoteCounts, ...] | None:
    """The counts of every theme with notes, in template order, the whole audit first; None where none are asked."""
    if not template.further.strengths:
        return None
    has = [
        col(ThemeNote.strengths) != "",
        col(ThemeNote.development) != "",
        col(ThemeNote.exemplary),
        col(ThemeNote.exemplary) & col(ThemeNote.worker_agrees),
    ]
    counts: Any = select(col(ThemeNote.theme), *(func.sum(case((each, 1), else_=0)) for each in has))
    query = _counted(counts.select_from(Audit), audit_round, by).group_by(col(ThemeNote.theme))
    found = {theme: NoteCounts(theme, *map(int, numbers)) for theme, *numbers in session.execute(query)}
    return tuple(found[theme] for theme in ("", *template.theme_keys) if theme in found)


def list_notes(
    session: Session, *, round_id: uuid.UUID, template: TemplateContent, limit: int, by: Actor
) -> Sequence[WrittenNote]:
    """The notes of a round's counted audits by theme in template order. Raises NotAllowed, NotFound.

    For people who may read every audit; a reading that is blind to them is left out.
    """
    audit_round = _readable_round(session, round_id, by)
    names = (ThemeNote.theme, ThemeNote.strengths, ThemeNote.development)
    is_shared = col(ThemeNote.exemplary) & col(ThemeNote.worker_agrees)
    chosen: Any = select(col(CaseFile.reference), *map(col, names), is_shared).select_from(Audit)
    with_case = chosen.join(CaseFile, linked(CaseFile.id, Audit.case_file_id))
    order = _template_order(template, col(ThemeNote.theme))
    query = _counted(with_case, audit_round, by).where(col(ThemeNote.theme) != "")
    rows = session.execute(query.order_by(order, col(Audit.id)).limit(limit))
    return [
        WrittenNote(reference, theme, strengths, development, bool(shared))
        for reference, theme, strengths, development, shared in rows
    ]


def list_descriptions(
    session: Session, *, round_id: uuid.UUID, template: TemplateContent, limit: int, by: Actor
) -> Sequence[Description]:
    """What auditors of a round's counted audits describe, by theme in template order. Raises NotAllowed, NotFound.

    For people who may read every audit; a reading that is blind to them is left out.
    """
    audit_round = _readable_round(session, round_id, by)
    chosen: Any = select(col(CaseFile.reference), col(Score.theme), col(Score.rationale)).select_from(Audit)
    rows = session.execute(
        chosen.join(CaseFile, linked(CaseFile.id, Audit.case_file_id))
        .join(Score, linked(Score.audit_id, Audit.id))
        .where(*_of_round(audit_round, by), col(Score.rationale) != "", col(Score.theme).in_(template.theme_keys))
        .order_by(_template_order(template, col(Score.theme)), col(Audit.id))
        .limit(limit)
    )
    return [Description(*row) for row in rows]


def _readable_round(session: Session, round_id: uuid.UUID, by: Actor) -> Round:
    check_may(by, Permission.READ_REPORTS)
    if not may_read_every_audit(by):
        raise NotAllowed("Only people who can read all audits can view what auditors wrote in a round.")
    audit_round = rounds.find_round(session, round_id=round_id, by=by)
    access_log.record_view(session, "round.exemplary-read", audit_round.id, by=by)
    return audit_round


def _template_order(template: TemplateContent, theme: Any) -> Any:
    return case({key: place for place, key in enumerate(template.theme_keys)}, value=theme)


def _counted(query: Any, audit_round: Round, by: Actor) -> Any:
    return query.join(ThemeNote, linked(ThemeNote.audit_id, Audit.id)).where(*_of_round(audit_round, by))


def _of_round(audit_round: Round, by: Actor) -> tuple[ColumnElement[bool], ...]:
    return (
        col(Audit.organisation_id) == audit_round.organisation_id,
        col(Audit.round_id) == audit_round.id,
        is_counted(Audit),
        visible_under_blind_reading(by.person_id),
    )
